//! A grouping as a picture: causes down, answers across. A good relying party draws a diagonal; one answer for many causes is a group.

use crate::confusion::{Cause, ConfusionMatrix, Grouping};
use crate::verdict::{Standing, TargetRun};
use crate::words::View;

/// The answers, seen in one of the three ways.
pub(crate) fn grouping(matrix: &ConfusionMatrix, view: View) -> &Grouping {
    match view {
        View::Shown => &matrix.shown,
        View::Api => &matrix.api,
        View::Logged => &matrix.logged,
    }
}

/// Rounded down, so that 100 means every pair; `None` when nothing could be compared.
pub(crate) fn percent(grouping: &Grouping) -> Option<usize> {
    (grouping.told_apart * 100).checked_div(grouping.pairs)
}

/// One column: an answer, and the causes that got it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column<'a> {
    /// `A`, `B`, …, `Z`, `AA`, …
    pub letter: String,
    pub answer: &'a str,
    /// Indices of causes.
    pub causes: Vec<usize>,
}

/// The columns of `grouping`: the largest group first, then in the order in which the answers came.
pub(crate) fn columns(grouping: &Grouping) -> Vec<Column<'_>> {
    let mut columns: Vec<Column<'_>> = Vec::new();
    for (index, answer) in grouping.answers.iter().enumerate() {
        let Some(answer) = answer.as_deref() else { continue };
        match columns.iter_mut().find(|column| column.answer == answer) {
            Some(column) => column.causes.push(index),
            None => columns.push(Column { letter: String::new(), answer, causes: vec![index] }),
        }
    }
    // Stable: equal groups stay in the order they came.
    columns.sort_by_key(|column| std::cmp::Reverse(column.causes.len()));
    for (index, column) in columns.iter_mut().enumerate() {
        column.letter = letter(index);
    }
    columns
}

/// The causes of all targets, each once, so that pictures of several targets have the same rows. A cause that went through at one target
/// without an error is still told at its place among the others.
pub(crate) fn rows<'a>(targets: &[&'a TargetRun]) -> Vec<&'a Cause> {
    let mut rows: Vec<&Cause> = Vec::new();
    for target in targets {
        let mut place = 0;
        for cause in &target.confusion.causes {
            place = match rows.iter().position(|row| row.id == cause.id) {
                Some(found) => found + 1,
                None => {
                    rows.insert(place.min(rows.len()), cause);
                    place + 1
                }
            };
        }
    }
    rows
}

/// What a target made of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Row {
    /// Its answer stands in this column.
    Answered(usize),
    NotObservable,
    /// Played, and it went through as if nothing were wrong.
    NoError,
    NotPlayed,
}

impl Row {
    pub(crate) fn of(target: &TargetRun, columns: &[Column<'_>], cause: &str) -> Self {
        if let Some(index) = target.confusion.causes.iter().position(|c| c.id == cause) {
            return columns.iter().position(|column| column.causes.contains(&index)).map_or(Self::NotObservable, Self::Answered);
        }
        let has_verdict = |standing| matches!(standing, Standing::Passed | Standing::Failed);
        let mut played = target.scenarios.iter().filter(|scenario| has_verdict(scenario.standing)).flat_map(|scenario| &scenario.steps);
        if played.any(|step| step.cause.as_deref() == Some(cause)) { Self::NoError } else { Self::NotPlayed }
    }
}

fn letter(index: usize) -> String {
    let last = char::from(b'A' + u8::try_from(index % 26).unwrap_or(0));
    if index < 26 { last.to_string() } else { format!("{}{last}", letter(index / 26 - 1)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn answered(answers: &[Option<&str>]) -> Grouping {
        Grouping { answers: answers.iter().map(|a| a.map(str::to_owned)).collect(), pairs: 0, told_apart: 0, largest_group: None }
    }

    #[test]
    fn the_largest_group_is_the_first_column() {
        let grouping = answered(&[Some("x"), Some("y"), None, Some("y"), Some("z")]);
        let columns = columns(&grouping);
        let seen: Vec<_> = columns.iter().map(|c| (c.letter.as_str(), c.answer, c.causes.clone())).collect();
        assert_eq!(seen, [("A", "y", vec![1, 3]), ("B", "x", vec![0]), ("C", "z", vec![4])]);
    }

    #[test]
    fn targets_share_their_rows() {
        let mut run = sample::both();
        run.targets[1].confusion.causes.remove(3);
        run.targets[1].confusion.shown.answers.remove(3);
        run.targets[0].confusion.causes.remove(0);
        run.targets[0].confusion.shown.answers.remove(0);
        run.targets[0].scenarios.remove(0);
        let [opaque, diagnosing] = [&run.targets[0], &run.targets[1]];
        let ids: Vec<_> = rows(&[opaque, diagnosing]).iter().map(|cause| cause.id.as_str()).collect();
        let expected: Vec<_> = sample::both().targets[0].confusion.causes.iter().map(|cause| cause.id.clone()).collect();
        assert_eq!(ids, expected);
        let seen = columns(&diagnosing.confusion.shown);
        assert_eq!(Row::of(diagnosing, &seen, "no-platform-verification"), Row::NoError);
        assert_eq!(Row::of(diagnosing, &seen, "unknown-credential"), Row::Answered(3));
        assert_eq!(Row::of(opaque, &columns(&opaque.confusion.shown), "passkey-not-usable"), Row::NotPlayed);
    }

    #[test]
    fn shares_are_rounded_down() {
        let of = |pairs, told_apart| Grouping { pairs, told_apart, ..answered(&[]) };
        assert_eq!(percent(&of(91, 90)), Some(98));
        assert_eq!(percent(&of(0, 0)), None);
    }

    #[test]
    fn letters_go_on_after_z() {
        assert_eq!([0, 25, 26, 27, 51, 52].map(letter), ["A", "Z", "AA", "AB", "AZ", "BA"]);
    }
}
