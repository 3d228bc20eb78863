//! What only a terminal's report says.

use super::View;

/// A label of the report for a terminal, or a sentence that always stands alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScreenLabel {
    /// How to read the matrix.
    Matrix,
    ToldApart(View),
    LargestGroup,
    AllAnswersDiffer,
    NoErrorShown,
    Scenario,
    WhatFailed,
    NotObservable,
    Found,
    Accepted,
    Evidence,
    AlsoAt,
    Also,
    Change,
    SeenIn,
    Replay,
}

impl ScreenLabel {
    /// Those that stand before the lines of a finding.
    pub const OF_A_FINDING: [ScreenLabel; 8] = [
        ScreenLabel::Found,
        ScreenLabel::Accepted,
        ScreenLabel::Evidence,
        ScreenLabel::AlsoAt,
        ScreenLabel::Also,
        ScreenLabel::Change,
        ScreenLabel::SeenIn,
        ScreenLabel::Replay,
    ];
}
