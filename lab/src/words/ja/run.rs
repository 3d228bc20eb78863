//! How scenarios and runs stand, and why.

use crate::check::Gravity;
use crate::confusion::Grouping;
use crate::report::text::one_line;
use crate::scenario::OutcomeClass;
use crate::verdict::{Blind, BlindSpot, Happened, Incomplete, KeyEffect, Reason, Standing, TargetRun};
use crate::words::{Noun, View, free};

use super::found;
use super::found::{in_parentheses, listed};

/// `検査1件`, `検査2件`.
#[must_use]
pub fn counted(count: u64, noun: Noun) -> String {
    match noun {
        Noun::Answer => format!("応答{count}種類"),
        Noun::Cause => format!("原因{count}件"),
        Noun::Check => format!("検査{count}件"),
        Noun::Finding => format!("指摘{count}件"),
        Noun::Scenario => format!("シナリオ{count}件"),
        Noun::Step => format!("{count}ステップ"),
    }
}

/// A label.
#[must_use]
pub const fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Passed => "合格",
        Standing::Failed => "不合格",
        Standing::NotSetUp => "実施不可",
        Standing::DoesNotApply => "対象外",
        Standing::NotObservable => "確認不可",
        Standing::NotPlayed => "未実施",
    }
}

/// A label.
#[must_use]
pub const fn gravity(gravity: Gravity) -> &'static str {
    match gravity {
        Gravity::Security => "セキュリティ",
        Gravity::State => "状態の不整合",
        Gravity::NoWayOut => "行き止まり",
        Gravity::Unclear => "説明不足",
        Gravity::Advice => "改善提案",
    }
}

#[must_use]
pub const fn gravity_means(gravity: Gravity) -> &'static str {
    match gravity {
        Gravity::Security => "権限のない人がログインできるか、サービスを止められます。",
        Gravity::State => "操作の後、RPの記録が事実と食い違います。",
        Gravity::NoWayOut => "ユーザーが先に進めません。",
        Gravity::Unclear => "何が起きたかが、ユーザーにもサポート窓口にも分かりません。",
        Gravity::Advice => "WebAuthnがRPの選択に任せているか、影響が小さいものです。",
    }
}

/// `指摘4件（セキュリティ1件、説明不足1件、改善提案2件）。`
#[must_use]
pub fn findings_counted(target: &TargetRun) -> String {
    if target.findings.is_empty() {
        return "指摘はありません。".to_owned();
    }
    let count = |gravity| target.findings.iter().filter(|finding| finding.gravity == gravity).count();
    let by_gravity: Vec<String> = Gravity::ALL
        .into_iter()
        .map(|gravity| (gravity, count(gravity)))
        .filter(|(_, count)| *count > 0)
        .map(|(kind, count)| format!("{}{count}件", gravity(kind)))
        .collect();
    format!("指摘{}件（{}）。", target.findings.len(), by_gravity.join("、"))
}

/// `シナリオ14件中12件が合格、2件が不合格。`
#[must_use]
pub fn scenarios_counted(target: &TargetRun) -> String {
    if target.scenarios.is_empty() {
        return "シナリオはありません。".to_owned();
    }
    let order =
        [Standing::Passed, Standing::Failed, Standing::NotSetUp, Standing::NotObservable, Standing::DoesNotApply, Standing::NotPlayed];
    let by_standing: Vec<String> = order
        .into_iter()
        .map(|standing| (standing, target.count(standing)))
        .filter(|(_, count)| *count > 0)
        .map(|(kind, count)| format!("{count}件が{}", standing(kind)))
        .collect();
    format!("シナリオ{}件中{}。", target.scenarios.len(), by_standing.join("、"))
}

/// Why a scenario has no verdict.
#[must_use]
pub fn reason(reason: &Reason) -> String {
    match reason {
        Reason::ImpossibleOnProfile { problem } => {
            format!("対象外：この端末プロファイルでは起こりません{}。", in_parentheses(&problem.ja))
        }
        Reason::NeedsWait => "未実施：RPの時計が進むまで待つ必要があります。`--wait`を付けると実施します。".to_owned(),
        Reason::RunEnded => "未実施：その前に実行が終了しました。".to_owned(),
        Reason::CleanStepFailed { step, found: what } => {
            format!("実施不可：ステップ{step}はフォールトのない操作ですが、受理されませんでした（{}）。", found(what))
        }
        Reason::DeviceLacks { step, lacks } => {
            format!("対象外：ステップ{step}に必要な機能が、この端末プロファイルにありません{}。", in_parentheses(lacks))
        }
        Reason::RateLimited { step } => format!("確認不可：ステップ{step}で、RPがリクエストの頻度を制限しました。"),
        Reason::AdapterDoesNotFit { step, problem } => {
            format!("確認不可：ステップ{step}の応答に、マッピングファイルが合いません{}。", in_parentheses(problem))
        }
        Reason::StoppedAnswering { step } => format!("不合格：ステップ{step}で、RPが応答しなくなりました。"),
        Reason::FaultDidNotFire { fault } => format!("確認不可：フォールト`{}`が作動しませんでした。", one_line(fault)),
        Reason::NothingSeen => "確認不可：シナリオが期待する結果を、マッピングファイルの範囲では確認できません。".to_owned(),
        Reason::VerificationNotRequired => "対象外：オプションで、ユーザー検証が必須になっていません。".to_owned(),
    }
}

/// The same for several scenarios.
#[must_use]
pub fn reason_of(scenarios: usize, why: &Reason) -> String {
    format!("{}（シナリオ{scenarios}件）", reason(why))
}

/// Why a check could not be made.
#[must_use]
pub fn blind(blind: &Blind) -> String {
    match blind {
        Blind::Section { section } => format!("確認不可：マッピングファイルにセクション`[{}]`がありません。", one_line(section)),
        Blind::Field { section, field } => {
            format!("確認不可：マッピングファイルのセクション`[{}]`に`{}`がありません。", one_line(section), one_line(field))
        }
        Blind::HookFailed { section, problem } if section.is_empty() => {
            format!("確認不可：RPの状態を読み取れませんでした{}。", in_parentheses(problem))
        }
        Blind::HookFailed { section, problem } => {
            format!("確認不可：マッピングファイルの`[{}]`を使えませんでした{}。", one_line(section), in_parentheses(problem))
        }
        Blind::NotReached => "確認不可：操作がそこまで進みませんでした。".to_owned(),
        Blind::RateLimited => "確認不可：RPがリクエストの頻度を制限しました。".to_owned(),
        Blind::FaultDidNotFire => "確認不可：フォールトが作動しませんでした。".to_owned(),
        Blind::NothingToCompare => "確認不可：比較できる原因がほかにありません。".to_owned(),
    }
}

/// What to add to the adapter file, and what that shows. Told once for a run.
#[must_use]
pub fn blind_spot(spot: &BlindSpot) -> String {
    let names: Vec<&str> = spot.checks.iter().map(|check| check.name()).collect();
    let checks = format!("検査{}件（{}）を実施できます。", names.len(), listed(&names));
    match &spot.blind {
        Blind::Section { section } => format!("マッピングファイルに`[{}]`を追加すると、{checks}", one_line(section)),
        Blind::Field { section, field } => {
            format!("マッピングファイルの`[{}]`に`{}`を追加すると、{checks}", one_line(section), one_line(field))
        }
        Blind::HookFailed { section, problem } if section.is_empty() => {
            format!("RPの状態を読み取れるようにすると、{checks}問題：{}。", free(problem))
        }
        Blind::HookFailed { section, problem } => {
            format!("マッピングファイルの`[{}]`を修正すると、{checks}問題：{}。", one_line(section), free(problem))
        }
        Blind::NotReached => format!("操作が先に進むようにすると、{checks}"),
        Blind::RateLimited => format!("頻度の制限を緩めるか、`--pace`で間隔を空けると、{checks}"),
        Blind::FaultDidNotFire => format!("フォールトが作動する状況を用意すると、{checks}"),
        Blind::NothingToCompare => format!("失敗の原因がもっと多いシナリオを実施すると、{checks}"),
    }
}

/// Said once for a run.
#[must_use]
pub const fn rate_limited() -> &'static str {
    "RPがリクエストの頻度を制限したため、一部のシナリオで確認できない結果があります。`--pace`で間隔を空けるか、テストの間は制限を緩めてください。"
}

/// Said first: what follows is not everything.
#[must_use]
pub const fn incomplete(incomplete: Incomplete) -> &'static str {
    match incomplete {
        Incomplete::Interrupted => "途中終了：キーボードから中断されました。",
        Incomplete::Terminated => "途中終了：シグナルで終了しました。",
        Incomplete::TimeLimit => "途中終了：実行時間の上限に達しました。",
        Incomplete::Gone => "途中終了：RPが応答しなくなり、復帰しませんでした。",
    }
}

/// What happened to the device, or on its way to the relying party.
#[must_use]
pub fn happened(happened: &Happened) -> String {
    match happened {
        Happened::Fault { fault, text } => format!("フォールト`{}`が作動しました{}。", one_line(fault), in_parentheses(&text.ja)),
        Happened::Event { effect } => key_effect(*effect).to_owned(),
    }
}

const fn key_effect(effect: KeyEffect) -> &'static str {
    match effect {
        KeyEffect::Nothing => "このイベントの後も、端末の鍵は変わっていません。",
        KeyEffect::KeyInvalidated => "このイベントで、秘密鍵が使えなくなりました。",
        KeyEffect::CredentialGone => "このイベントで、クレデンシャルが端末から消えました。",
        KeyEffect::OtherKey => "このイベントで、同じクレデンシャルIDの秘密鍵が別のものになりました。",
    }
}

/// What a class asks of the relying party (catalogue §0.5).
#[must_use]
pub const fn expectation(class: OutcomeClass) -> &'static str {
    match class {
        OutcomeClass::Ok => "受理し、セッションを作成するか、パスキーを保存します。",
        OutcomeClass::Tolerate => "まれでも仕様どおりのものは受理します。",
        OutcomeClass::SecurityReject => "拒否し、何も変更せず、理由をログに残します。",
        OutcomeClass::KeyMismatch => "一致しない鍵を拒否し、行は残し、再登録を案内します。",
        OutcomeClass::UnknownCredential => "拒否し、パスキーが未登録であることをクライアントに通知し、別のログイン方法を示します。",
        OutcomeClass::OpaqueClient => "アカウントの失敗回数に数えず、再試行と別のログイン方法を示します。",
        OutcomeClass::RetryNewChallenge => "新しいチャレンジを発行し、入力途中の内容を保持します。",
        OutcomeClass::Reconcile => "もう一度尋ねたクライアントに、確定した結果を返します。",
        OutcomeClass::Already => "端末が登録済みであることを事実として伝え、エラーとして扱いません。",
        OutcomeClass::Policy => "拒否し、どのポリシーによるかと、代わりの方法を示します。",
        OutcomeClass::Unsupported => "端末に足りないものを伝え、別のログイン方法を示します。",
        OutcomeClass::Risk => "受理するか追加の認証を求め、記録を残し、何もロックしません。",
    }
}

/// Within a sentence.
#[must_use]
pub const fn view(view: View) -> &'static str {
    match view {
        View::Shown => "ユーザーへの表示",
        View::Api => "APIの応答",
        View::Logged => "RPのログ",
    }
}

/// `ユーザーへの表示では、原因91組中0組を区別できます。`
#[must_use]
pub fn told_apart(grouping: &Grouping, by: View) -> String {
    let (told, pairs) = (grouping.told_apart, grouping.pairs);
    match by {
        _ if pairs == 0 => not_compared(by).to_owned(),
        View::Shown => format!("ユーザーへの表示では、原因{pairs}組中{told}組を区別できます。"),
        View::Api => format!("APIの応答では、原因{pairs}組中{told}組を区別できます。"),
        View::Logged => format!("RPのログでは、原因{pairs}組中{told}組を区別できます。"),
    }
}

const fn not_compared(by: View) -> &'static str {
    match by {
        View::Shown => "異なる原因でのユーザーへの表示を比較できません。",
        View::Api => "異なる原因でのAPIの応答を比較できません。",
        View::Logged => "異なる原因でのRPのログを比較できません。",
    }
}

/// `最も多くの原因が重なった応答は「M0902」です（原因14件）。` `None` when nothing was answered.
#[must_use]
pub fn largest_group(grouping: &Grouping) -> Option<String> {
    let group = grouping.largest_group.as_ref()?;
    Some(match group.causes.len() {
        0 | 1 => "同じ応答になる原因はありません。".to_owned(),
        causes => format!("最も多くの原因が重なった応答は「{}」です（原因{causes}件）。", one_line(&group.answer)),
    })
}
