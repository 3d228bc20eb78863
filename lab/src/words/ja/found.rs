//! What was found, and where it was seen. What was found is a detail line: in the plain form, without a full stop at its end.

use crate::check::Request;
use crate::facts::ReplayFrom;
use crate::report::text::one_line;
use crate::verdict::{AnswerSummary, Evidence, Found, SeenIn};
use crate::words::{answer_between, free};

/// Causes that a sentence names; the picture has them all.
const NAMED: usize = 5;
/// Scenarios that a sentence names.
const SCENARIOS: usize = 3;

pub(super) fn listed<T: AsRef<str>>(names: &[T]) -> String {
    crate::words::listed(names, "、")
}

/// In parentheses, where there is anything: the words of others stand at the end.
pub(super) fn in_parentheses(text: &str) -> String {
    match free(text) {
        text if text.is_empty() => text,
        text => format!("（{text}）"),
    }
}

/// `30,000`.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `400 M0902「パスキーを使えません。」`.
#[must_use]
pub fn answer(answer: &AnswerSummary) -> String {
    answer_between(answer, "「", "」")
}

/// Plain form, without a full stop at the end.
#[must_use]
pub fn found(found: &Found) -> String {
    match found {
        Found::Answered { answer: summary } => answered(summary),
        Found::ClientThrew { name, message } => format!("クライアントで{}が発生した{}", one_line(name), in_parentheses(message)),
        Found::NoAnswer { problem } => format!("応答が完了しなかった{}", in_parentheses(problem)),
        Found::StoppedAnswering => "このリクエストまでは応答していたが、その後は接続を受け付けない".to_owned(),
        Found::SessionExists => "操作は失敗したのに、ユーザーがログイン状態になっている".to_owned(),
        Found::NoSession => "応答では成立しているのに、ユーザーがログイン状態になっていない".to_owned(),
        Found::Sessions { before, after } => format!("アカウントのセッションが{before}件から{after}件になった"),
        Found::Locked => "アカウントがロックされている".to_owned(),
        Found::PasswordTries { before, after } => format!("パスワードの残り回数が{before}回から{after}回になった"),
        Found::RowsDeleted { ids } => match ids.as_slice() {
            [id] => format!("保存済みのクレデンシャル{}がなくなった", one_line(id)),
            ids => format!("保存済みのクレデンシャル{}件がなくなった：{}", ids.len(), listed(ids)),
        },
        Found::RowsChanged { ids } => match ids.as_slice() {
            [id] => format!("保存済みのクレデンシャル{}の公開鍵、署名カウンター、またはバックアップ可否が変わった", one_line(id)),
            ids => format!(
                "保存済みのクレデンシャル{}件の公開鍵、署名カウンター、またはバックアップ可否が変わった：{}",
                ids.len(),
                listed(ids)
            ),
        },
        Found::Rows { rows, registrations } => format!("{registrations}回の登録の後、アカウントにクレデンシャルが{rows}件ある"),
        Found::NotStored { rows: 0 } => "アカウントにクレデンシャルがない".to_owned(),
        Found::NotStored { rows } => format!("アカウントにクレデンシャルが{rows}件あるが、登録したものがない"),
        Found::Draft { saved, found } if found.trim().is_empty() => format!("ユーザーが入力した「{}」が消えた", one_line(saved)),
        Found::Draft { saved, found } => format!("ユーザーが入力した「{}」が「{}」に変わった", one_line(saved), one_line(found)),
        Found::Offers { ways, answer: summary } => match ways.as_slice() {
            [] => format!("応答に次の手段がない：{}", answer(summary)),
            ways => format!("応答にある次の手段は{}だけである：{}", listed(ways), answer(summary)),
        },
        Found::LeadsNowhere { ways } => match ways.as_slice() {
            [way] => format!("応答が示す手段{}を使えない", one_line(way)),
            ways => format!("応答が示す手段{}をどれも使えない", listed(ways)),
        },
        Found::Signals { methods } => match methods.as_slice() {
            [] => "応答に、クライアントへの通知がない".to_owned(),
            methods => format!("応答に、クライアントへの通知{}がある", listed(methods)),
        },
        Found::SameChallenge => "新しいオプションのチャレンジが、失敗した試行のものと同じである".to_owned(),
        Found::NoChallenge { answer: summary } => format!("新しいオプションを要求したが、チャレンジが返らなかった：{}", answer(summary)),
        Found::ChallengeBytes { bytes } => format!("チャレンジの長さが{bytes}バイトである"),
        Found::ChallengeRepeated { options, challenges } => {
            format!("オプションを{options}回要求したが、チャレンジは{challenges}種類だけである")
        }
        Found::AcceptedAgain { from: ReplayFrom::NoSession, answer: summary } => {
            format!("同じ応答を、Cookieなしでもう一度受理した：{}", answer(summary))
        }
        Found::AcceptedAgain { from: ReplayFrom::AnotherSession, answer: summary } => {
            format!("同じ応答を、別のセッションでもう一度受理した：{}", answer(summary))
        }
        Found::AcceptedAgain { from: ReplayFrom::SameCookies, answer: summary } => {
            format!("同じ応答を、同じCookieでもう一度受理した：{}", answer(summary))
        }
        Found::AcceptedTwice { answer: summary } => format!("同時に2回届いた同じ応答を、2回とも受理した：{}", answer(summary)),
        Found::ChallengeAccepted { answer: summary } => {
            format!("拒否した試行のチャレンジに対する、新しい署名を受理した：{}", answer(summary))
        }
        Found::NothingLogged => "この失敗がログに記録されていない".to_owned(),
        Found::ReasonsShared { reasons, failures } => format!("原因の異なる{failures}件の失敗が、ログでは{reasons}種類の理由になっている"),
        Found::SharedAnswer { causes, of, answer: summary } => shared(causes, *of, summary),
        Found::Statuses { existing, missing } => {
            format!("アカウントのある名前にはステータス{existing}、ない名前には{missing}を返す")
        }
        Found::Shapes { existing, missing } => {
            format!("アカウントのある名前には形が{}のオプション、ない名前には{}のオプションを返す", one_line(existing), one_line(missing))
        }
        Found::Timeout { milliseconds } => format!("オプションのtimeoutが{}msである", grouped(*milliseconds)),
        Found::UserIdBytes { bytes } => format!("ユーザーハンドルの長さが{bytes}バイトである"),
        Found::UserIdHolds { name } => format!("ユーザーハンドルに名前「{}」が含まれる", one_line(name)),
        Found::NotExcluded { registered, excluded: 0 } => {
            format!("アカウントにクレデンシャル{}があるが、オプションでは1件も除外していない", one_line(registered))
        }
        Found::NotExcluded { registered, excluded } => {
            format!("オプションでクレデンシャルを{excluded}件除外しているが、登録済みの{}を除外していない", one_line(registered))
        }
        Found::NoAllowCredentials { resident_key: Some(asked) } => {
            format!("登録ではresidentKeyを「{}」とし、認証のオプションにはallowCredentialsがない", one_line(asked))
        }
        Found::NoAllowCredentials { resident_key: None } => {
            "登録ではディスカバラブルクレデンシャルを求めず、認証のオプションにはallowCredentialsがない".to_owned()
        }
        Found::Trace { marker } => format!("応答に「{}」が含まれる", one_line(marker)),
        Found::WaysTried { ways, answer: summary } => tried(ways, summary.as_ref()),
    }
}

fn answered(summary: &AnswerSummary) -> String {
    if summary.accepted {
        format!("RPが受理した：{}", answer(summary))
    } else if summary.status >= 500 {
        // No refusal: it failed.
        format!("RPがエラーで応答した：{}", answer(summary))
    } else {
        format!("RPが拒否した：{}", answer(summary))
    }
}

fn shared(causes: &[String], of: usize, summary: &AnswerSummary) -> String {
    let (answer, count) = (answer(summary), causes.len());
    match causes.get(NAMED..).map_or(0, <[String]>::len) {
        0 => format!("{of}件中{count}件の原因に{answer}を返す：{}", listed(causes)),
        more => {
            let named = causes.get(..NAMED).unwrap_or_default();
            format!("{of}件中{count}件の原因に{answer}を返す：{}、ほか{more}件", listed(named))
        }
    }
}

fn tried(ways: &[String], summary: Option<&AnswerSummary>) -> String {
    match (ways, summary.map(answer)) {
        ([], None) => "試せる復旧手段がなかった".to_owned(),
        ([], Some(last)) => format!("試せる復旧手段がなかった。最後の応答は{last}"),
        ([way], None) => format!("{}では、使えるパスキーを取り戻せなかった", one_line(way)),
        ([way], Some(last)) => format!("{}では、使えるパスキーを取り戻せなかった。最後の応答は{last}", one_line(way)),
        (ways, None) => format!("{}のどれでも、使えるパスキーを取り戻せなかった", listed(ways)),
        (ways, Some(last)) => format!("{}のどれでも、使えるパスキーを取り戻せなかった。最後の応答は{last}", listed(ways)),
    }
}

/// A request as a person says it, within a sentence.
#[must_use]
pub const fn request(request: Request) -> &'static str {
    match request {
        Request::RegistrationOptions => "登録のオプションのリクエスト",
        Request::RegistrationVerify => "登録の検証リクエスト",
        Request::AuthenticationOptions => "認証のオプションのリクエスト",
        Request::AuthenticationVerify => "認証の検証リクエスト",
        Request::FailureReport => "クライアントで起きた失敗の報告",
        Request::Fallback => "別のログイン方法",
    }
}

/// Whose cookies a repetition carried, as a label.
#[must_use]
pub const fn replay_from(from: ReplayFrom) -> &'static str {
    match from {
        ReplayFrom::NoSession => "Cookieなし",
        ReplayFrom::AnotherSession => "別のセッション",
        ReplayFrom::SameCookies => "同じCookie",
    }
}

/// `POST /assertion/result -> 200`.
#[must_use]
pub fn evidence(evidence: &Evidence) -> String {
    let (method, path) = (one_line(&evidence.method), one_line(&evidence.path));
    match evidence.status {
        Some(status) => format!("{method} {path} -> {status}"),
        None => format!("{method} {path} -> 応答なし"),
    }
}

/// `シナリオ2件：double-tap（iphone、ステップ3）、double-tap（pixel-chrome、ステップ4）`
#[must_use]
pub fn seen(seen: &[SeenIn]) -> String {
    let named: Vec<String> = seen.iter().take(SCENARIOS).map(seen_in).collect();
    let (count, named) = (seen.len(), named.join("、"));
    match count.saturating_sub(SCENARIOS) {
        0 => format!("シナリオ{count}件：{named}"),
        more => format!("シナリオ{count}件：{named}、ほか{more}件"),
    }
}

/// `interrupted-double-tap（pixel-chrome、ステップ4、6回中2回）`.
#[must_use]
pub fn seen_in(seen: &SeenIn) -> String {
    let (scenario, profile, step) = (one_line(&seen.scenario), one_line(&seen.profile), seen.step);
    match seen.times {
        None => format!("{scenario}（{profile}、ステップ{step}）"),
        Some((times, of)) => format!("{scenario}（{profile}、ステップ{step}、{of}回中{times}回）"),
    }
}
