//! Japanese.

mod connection;
mod met;
mod problem;

use faultkey_client::DomException;
use faultkey_relying_party::{Arrived, Lost, Unreachable};

use super::place::name_of_algorithm;
use crate::check::Request;
use crate::exercise::{CleanUp, Learnt, NameForm, NotExercisable, Probe, Tried};
pub use met::met;
pub use problem::words;

pub const TRIED: &str = "試したこと";
pub const REQUEST: &str = "リクエスト";
pub const ANSWER: &str = "応答";
pub const MEANING: &str = "考えられる原因";
pub const ADVICE: &str = "対処";
/// Between a line and what it met.
pub const COLON: &str = "：";
pub const NO_REQUEST: &str = "応答のあったリクエストはありません。";

pub fn title(problem: &NotExercisable) -> String {
    format!(
        "RPをテストできなかったため、判定していません（{}）。判定の前に、正常な登録と正常な認証が受理される必要があります。",
        problem.problem.id()
    )
}

/// The clean attempt.
pub fn attempt(problem: &NotExercisable) -> String {
    let NotExercisable { adapter, profile, origin, account, request, .. } = problem;
    let ended = match request {
        Request::RegistrationOptions => "登録のオプションのリクエストで終わりました。",
        Request::RegistrationVerify => "登録の検証リクエストで終わりました。",
        Request::AuthenticationOptions => "登録は受理され、認証のオプションのリクエストで終わりました。",
        Request::AuthenticationVerify => "登録は受理され、認証の検証リクエストで終わりました。",
        Request::FailureReport => "失敗の報告で終わりました。",
        Request::Fallback => "別のログイン方法で終わりました。",
    };
    format!("マッピング`{adapter}`、端末プロファイル`{profile}`、オリジン{origin}、アカウント`{account}`。{ended}")
}

/// What else was tried.
pub fn tried(tried: &Tried) -> String {
    let result = if tried.accepted { "受理されます" } else { "受理されません" };
    match &tried.probe {
        Probe::Origin(origin) => format!("オリジンを{origin}にすると、{result}。"),
        Probe::Account { username, form: NameForm::Short } => format!("短いアカウント名`{username}`にすると、{result}。"),
        Probe::Account { username, form: NameForm::Email } => {
            format!("アカウント名をメールアドレス`{username}`にすると、{result}。")
        }
        Probe::Attestation { profile, asked } => {
            format!("アテステーション`{asked}`を要求し、端末プロファイル`{profile}`を使うと、{result}。")
        }
        Probe::Algorithm(algorithm) => {
            format!("アルゴリズム{}だけに対応する端末を使うと、{result}。", name_of_algorithm(*algorithm))
        }
    }
}

pub fn unreachable(unreachable: &Unreachable) -> String {
    format!("{}から応答がありません。エラーの内容：「{}」", unreachable.url, unreachable.problem)
}

/// What became of an answer that did not come whole.
fn lost(lost: &Lost) -> String {
    match lost {
        Lost::TimedOut => "時間内に応答なし".to_owned(),
        Lost::Refused => "接続の拒否".to_owned(),
        Lost::Closed => "応答の途中で切断".to_owned(),
        Lost::Reset => "接続のリセット".to_owned(),
        Lost::TooLong => "応答が長すぎる".to_owned(),
        Lost::NameUnresolved => "名前を解決できない".to_owned(),
        Lost::TlsAlert => "ハンドシェイクでTLSアラート".to_owned(),
        Lost::Other(text) => text.clone(),
    }
}

pub fn arrived(arrived: &Arrived, status: u16, content_type: Option<&str>) -> String {
    match (arrived, content_type) {
        (Arrived::Nothing(why), _) => format!("応答がありません（{}）。", lost(why)),
        (Arrived::Part(why), _) => format!("ステータス{status}。応答は一部だけ届きました（{}）。", lost(why)),
        (Arrived::Whole, Some(kind)) => format!("ステータス{status}、{kind}"),
        (Arrived::Whole, None) => format!("ステータス{status}、Content-Typeなし"),
    }
}

pub fn location(location: &str) -> String {
    format!("Location: {location}")
}

pub fn cut(more: usize) -> String {
    format!("（ほか{more}文字）")
}

pub fn exception(exception: &DomException) -> String {
    format!("これに対して、クライアントで例外が発生しました：{exception}")
}

/// Optional sections of an adapter file, and what each lets be seen.
const SECTIONS: [(&str, &str); 7] = [
    ("session", "ユーザーがログイン状態か"),
    ("report", "ページだけで起きた失敗への応答"),
    ("fallback.password", "別のログイン方法を使えるか"),
    ("hooks.credentials", "保存されているパスキー"),
    ("hooks.account", "アカウントのロックの有無とセッション"),
    ("hooks.log", "失敗がログにどう残るか"),
    ("hooks.reset", "サポート窓口で解決できるか"),
];

/// A sentence each.
pub fn learnt(target: &str, learnt: &Learnt) -> Vec<String> {
    let Learnt { profile, took, missing, insecure } = learnt;
    let mut sentences =
        vec![format!("{target}：端末プロファイル`{profile}`で、正常な登録と正常な認証が受理されました（{}ms）。", took.as_millis())];
    if *insecure {
        sentences.push("マッピングファイルに`insecure = true`とあるため、サーバーの証明書を検証しません。".to_owned());
    }
    let (missing, seen): (Vec<_>, Vec<_>) = SECTIONS.into_iter().partition(|(section, _)| missing.contains(section));
    let observed: Vec<&str> = std::iter::once("応答").chain(seen.into_iter().map(|(_, shows)| shows)).collect();
    sentences.push(format!("確認できるもの：{}。", observed.join("、")));
    if !missing.is_empty() {
        let add: Vec<String> = missing.into_iter().map(|(section, shows)| format!("`[{section}]`（{shows}）")).collect();
        sentences.push(format!("さらに確認するには、次のセクションをマッピングファイルに追加してください：{}。", add.join("、")));
    }
    sentences
}

/// One sentence or two.
pub fn cleaned_up(target: &str, clean_up: &CleanUp) -> String {
    match clean_up {
        CleanUp::NoHook { accounts } => format!(
            "{target}：この実行で作成したアカウント{accounts}件が残っています。マッピングファイルに`[hooks.clean-up]`を書くと、実行後に削除します。"
        ),
        CleanUp::Interrupted { accounts } => {
            format!("{target}：この実行で作成したアカウント{accounts}件が残っています。途中で終了したためです。")
        }
        CleanUp::Gone { accounts } => {
            format!("{target}：この実行で作成したアカウント{accounts}件が残っています。RPが応答しなくなったためです。")
        }
        CleanUp::Done { accounts, failed: 0, .. } => {
            format!("{target}：この実行で作成したアカウント{accounts}件を、`[hooks.clean-up]`ですべて削除しました。")
        }
        CleanUp::Done { accounts, failed, first } => format!(
            "{target}：この実行で作成したアカウント{accounts}件のうち、{failed}件を`[hooks.clean-up]`で削除できませんでした。最初のもの：{}",
            first.as_deref().unwrap_or_default()
        ),
    }
}

/// Before the lines.
pub fn checked(target: &str, file: &str, profile: &str, took: std::time::Duration) -> String {
    format!(
        "{target}：端末プロファイル`{profile}`で、正常な登録と正常な認証が受理されました（全体で{}ms）。{file}の各行の結果：",
        took.as_millis()
    )
}

/// No client takes the options.
pub fn unusable(target: &str, exception: Option<&DomException>) -> String {
    match exception {
        Some(exception) => format!("{target}：このRPのオプションは、どのクライアントでも使えません：{exception}"),
        None => format!("{target}：このRPのオプションは、どのクライアントでも使えません。"),
    }
}
