//! 既知の指摘。受け入れ済みのものと、以前のレポートにあるもの。

use crate::accept::{AcceptNote, AcceptNoteKind, Accepted};
use crate::compare::{StandingChange, TargetComparison};
use crate::date::Date;
use crate::report::text::one_line;
use crate::verdict::Standing;
use crate::words::{Difference, free};

use super::standing;

#[must_use]
pub fn accepted(accepted: &Accepted) -> String {
    let reason = free(&accepted.reason);
    match accepted.until {
        Some(until) => format!("{}まで受け入れ済み：{reason}", day(until)),
        None => format!("受け入れ済み：{reason}"),
    }
}

#[must_use]
pub fn accept_note(note: &AcceptNote) -> String {
    let (place, id) = (one_line(&note.place), note.id);
    match (note.kind, note.until) {
        (AcceptNoteKind::Expired, Some(until)) => format!("{place}：`{id}`の受け入れ期限（{}）が過ぎました。", day(until)),
        (AcceptNoteKind::Expired, None) => format!("{place}：`{id}`の受け入れ期限が過ぎました。"),
        (AcceptNoteKind::Partly, _) => {
            let missing: Vec<String> = note.missing.iter().map(|id| format!("`{id}`")).collect();
            let missing = missing.join("、");
            format!(
                "{place}：`{id}`は受け入れ済みですが、同じ指摘の{missing}が受け入れられていません。これらも`[[accept]]`に追加してください。"
            )
        }
        (AcceptNoteKind::MatchesNothing, _) => {
            format!("{place}：`{id}`を受け入れる設定がありますが、該当する指摘はありません。設定から削除してください。")
        }
    }
}

#[must_use]
pub const fn in_baseline() -> &'static str {
    "既知の指摘です。比較元のレポートにもあります。"
}

#[must_use]
pub fn differences_counted(compared: &TargetComparison) -> String {
    let (new, gone, remaining) = (compared.new.len(), compared.gone.len(), compared.remaining.len());
    let counted = format!("新しい指摘{new}件、解消{gone}件、継続{remaining}件");
    match compared.not_looked_for.len() {
        0 => counted,
        count => format!("{counted}、未確認{count}件"),
    }
}

#[must_use]
pub const fn difference(difference: Difference) -> &'static str {
    match difference {
        Difference::New => "新しい指摘",
        Difference::Gone => "解消した指摘",
        Difference::Remaining => "継続している指摘",
        Difference::NotLookedFor => "今回は確認していない指摘",
        Difference::Standings => "判定が変わったシナリオ",
        Difference::Observable => "確認できるようになった項目",
        Difference::NoLongerObservable => "確認できなくなった項目",
    }
}

#[must_use]
pub fn standing_change(change: &StandingChange) -> String {
    let name = |then: Option<Standing>| then.map_or("なし", standing);
    let (scenario, profile) = (one_line(&change.scenario), one_line(&change.profile));
    format!("{scenario}（{profile}）：前回は{}、今回は{}", name(change.old), name(change.new))
}

#[must_use]
pub fn scenarios_only_in(count: usize, new: bool) -> String {
    let report = if new { "新しいレポート" } else { "古いレポート" };
    format!("{report}にのみあるシナリオ：{count}件")
}

#[must_use]
pub fn only_in(name: &str, new: bool) -> String {
    let name = one_line(name);
    if new {
        format!("「{name}」は新しいレポートにのみあります。")
    } else {
        format!("「{name}」は古いレポートにのみあります。")
    }
}

/// As dates are written in Japanese.
fn day(date: Date) -> String {
    date.to_string().replace('-', "/")
}
