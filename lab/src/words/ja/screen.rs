//! The report for a terminal, and what is said while a run goes on.

use crate::report::text::one_line;
use crate::verdict::{Finding, TargetRun};
use crate::words::{ScreenLabel, View};

use super::{findings_counted, gravity, scenarios_counted, title};

#[must_use]
pub const fn screen_label(label: ScreenLabel) -> &'static str {
    match label {
        ScreenLabel::Matrix => {
            "ユーザーから見て区別できない失敗を示すマトリクスです。行は原因、列は応答です。記号#はほかの原因と同じ応答、記号oはその原因だけの応答を表します。"
        }
        ScreenLabel::ToldApart(View::Shown) => "区別：ユーザーへの表示",
        ScreenLabel::ToldApart(View::Api) => "      APIの応答",
        ScreenLabel::ToldApart(View::Logged) => "      RPのログ",
        ScreenLabel::LargestGroup => "最も多くの原因が重なった応答",
        ScreenLabel::AllAnswersDiffer => "なし（応答はすべて異なる）",
        ScreenLabel::NoErrorShown => "エラー表示なし",
        ScreenLabel::Scenario => "シナリオ",
        ScreenLabel::WhatFailed => "不合格の項目",
        ScreenLabel::NotObservable => "確認不可の項目",
        ScreenLabel::Accepted => "受け入れ",
        ScreenLabel::Found => "検出内容",
        ScreenLabel::Evidence => "通信",
        ScreenLabel::AlsoAt => "ほかの箇所",
        ScreenLabel::Also => "関連",
        ScreenLabel::Change => "対処",
        ScreenLabel::SeenIn => "シナリオ",
        ScreenLabel::Replay => "再現コマンド",
    }
}

#[must_use]
pub fn findings_of(target: &str) -> String {
    format!("「{}」への指摘", one_line(target))
}

#[must_use]
pub fn answers_of(target: &str) -> String {
    format!("「{}」の応答", one_line(target))
}

#[must_use]
pub fn finding_head(number: usize, finding: &Finding) -> String {
    format!("{number}. {}：{}", gravity(finding.gravity), finding.id)
}

#[must_use]
pub fn finding_in_short(finding: &Finding) -> String {
    format!("{}：{}（{}）", gravity(finding.gravity), title(finding.id.check), finding.id)
}

#[must_use]
pub fn named(name: &str, said: &str) -> String {
    format!("{name}：{said}")
}

#[must_use]
pub fn group_under(causes: usize, letter: &str, answer: &str) -> String {
    format!("{letter}に原因{causes}件：{}", one_line(answer))
}

#[must_use]
pub fn on_profile(profile: &str) -> String {
    format!("プロファイル：{}", one_line(profile))
}

#[must_use]
pub fn target_in_numbers(target: &TargetRun) -> String {
    format!("{}：{}{}", one_line(&target.name), findings_counted(target), scenarios_counted(target))
}

#[must_use]
pub fn version_and_seed(version: &str, seed: u64) -> String {
    format!("faultkey {}、シード{seed}", one_line(version))
}

#[must_use]
pub fn report_at(path: &str) -> String {
    format!("レポート：{path}")
}

#[must_use]
pub fn playing(target: &str, scenario: &str, profile: &str) -> String {
    format!("{}：{}（{}）", one_line(target), one_line(scenario), one_line(profile))
}

#[must_use]
pub fn waiting_for(target: &str, seconds: u64) -> String {
    format!("{}が応答しなくなったため、復帰を最大{seconds}秒待っています", one_line(target))
}

#[must_use]
pub fn waiting_for_clock(seconds: u64) -> String {
    format!("RPの時計が進むのを{seconds}秒待っています")
}
