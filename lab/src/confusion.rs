//! The confusion matrix: causes against the relying party's answers.

use faultkey_fault_injection::Text;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which causes a relying party tells apart, seen in three ways.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ConfusionMatrix {
    /// The rows, in the order they were played.
    pub causes: Vec<Cause>,
    /// By what the user is shown (message and ways out).
    pub shown: Grouping,
    /// By what the API says (status and code).
    pub api: Grouping,
    /// By the reason that the RP logs.
    pub logged: Grouping,
}

/// One cause of failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cause {
    /// e.g. `key-mismatch`.
    pub id: String,
    /// For a person, e.g. `another key under the same credential id`.
    pub title: Text,
    /// The scenario and profile that showed it.
    pub scenario: String,
}

/// The answers to each cause, and how well they tell causes apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Grouping {
    /// One for each cause; `None`: not observable.
    pub answers: Vec<Option<String>>,
    /// Pairs of causes whose answers are both observable.
    pub pairs: usize,
    /// Those among them that get different answers.
    pub told_apart: usize,
    /// The answer given to most causes, and how many.
    pub largest_group: Option<Group>,
}

/// Several causes under one answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Group {
    pub answer: String,
    pub causes: Vec<String>,
}

/// One cause with the relying party's answer to it, seen in the three ways; `None`: not observable.
#[derive(Clone, Debug)]
pub struct CauseAnswer {
    pub cause: Cause,
    pub shown: Option<String>,
    pub api: Option<String>,
    pub logged: Option<String>,
}

impl ConfusionMatrix {
    /// Of several answers to one cause (several profiles, several scenarios) the first counts.
    #[must_use]
    pub fn build(answers: &[CauseAnswer]) -> ConfusionMatrix {
        let mut rows: Vec<&CauseAnswer> = Vec::new();
        for answer in answers {
            if !rows.iter().any(|row| row.cause.id == answer.cause.id) {
                rows.push(answer);
            }
        }
        let causes: Vec<Cause> = rows.iter().map(|row| row.cause.clone()).collect();
        let by = |see: fn(&CauseAnswer) -> &Option<String>| Grouping::build(&causes, rows.iter().map(|row| see(row).clone()).collect());
        ConfusionMatrix { shown: by(|row| &row.shown), api: by(|row| &row.api), logged: by(|row| &row.logged), causes }
    }
}

impl Grouping {
    fn build(causes: &[Cause], answers: Vec<Option<String>>) -> Grouping {
        let seen: Vec<(&str, &str)> =
            causes.iter().zip(&answers).filter_map(|(cause, answer)| Some((cause.id.as_str(), answer.as_deref()?))).collect();
        let (mut pairs, mut told_apart) = (0, 0);
        let mut largest_group: Option<Group> = None;
        for (index, (_, answer)) in seen.iter().enumerate() {
            for (_, other) in seen.iter().skip(index + 1) {
                pairs += 1;
                told_apart += usize::from(answer != other);
            }
            let group: Vec<String> = seen.iter().filter(|(_, other)| other == answer).map(|(cause, _)| (*cause).to_owned()).collect();
            if largest_group.as_ref().is_none_or(|largest| group.len() > largest.causes.len()) {
                largest_group = Some(Group { answer: (*answer).to_owned(), causes: group });
            }
        }
        Grouping { answers, pairs, told_apart, largest_group }
    }

    /// The share of pairs of causes that get different answers; `None` when fewer than two answers can be seen.
    #[must_use]
    pub fn share_told_apart(&self) -> Option<f64> {
        #[allow(clippy::cast_precision_loss)]
        let share = || self.told_apart as f64 / self.pairs as f64;
        (self.pairs > 0).then(share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(cause: &str, shown: Option<&str>, api: &str, logged: Option<&str>) -> CauseAnswer {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        CauseAnswer {
            cause: Cause {
                id: cause.to_owned(),
                title: Text::new(format!("the cause {cause}"), format!("原因{cause}")),
                scenario: "s on p".to_owned(),
            },
            shown: owned(shown),
            api: Some(api.to_owned()),
            logged: owned(logged),
        }
    }

    #[test]
    fn one_code_for_everything_tells_nothing_apart() {
        let matrix = ConfusionMatrix::build(&["a", "b", "c"].map(|cause| answer(cause, Some("M0902"), "400 M0902", Some("M0902"))));
        assert_eq!((matrix.api.pairs, matrix.api.told_apart), (3, 0));
        assert_eq!(matrix.api.share_told_apart(), Some(0.0));
        let group = matrix.shown.largest_group.unwrap();
        assert_eq!((group.answer.as_str(), group.causes.len()), ("M0902", 3));
    }

    #[test]
    fn a_mixture_is_counted_pair_by_pair() {
        let matrix = ConfusionMatrix::build(&[
            answer("a", Some("same"), "401 x", Some("x")),
            answer("b", Some("same"), "401 y", Some("y")),
            answer("c", Some("other"), "401 x", None),
            answer("d", None, "409 z", Some("z")),
        ]);
        assert_eq!((matrix.shown.pairs, matrix.shown.told_apart), (3, 2));
        assert_eq!((matrix.api.pairs, matrix.api.told_apart), (6, 5));
        assert_eq!((matrix.logged.pairs, matrix.logged.told_apart), (3, 3));
        assert_eq!(matrix.shown.answers, [Some("same".to_owned()), Some("same".to_owned()), Some("other".to_owned()), None]);
        assert_eq!(matrix.api.largest_group, Some(Group { answer: "401 x".to_owned(), causes: vec!["a".to_owned(), "c".to_owned()] }));
    }

    #[test]
    fn a_cause_that_was_played_twice_counts_once() {
        let matrix = ConfusionMatrix::build(&[answer("a", None, "401 x", None), answer("a", None, "401 y", None)]);
        assert_eq!(matrix.causes.len(), 1);
        assert_eq!(matrix.api.answers, [Some("401 x".to_owned())]);
        assert_eq!(matrix.api.share_told_apart(), None);
        assert_eq!(matrix.shown.largest_group, None);
    }

    #[test]
    fn the_largest_group_is_told_and_of_two_alike_the_first() {
        let group = |answers: &[&str]| {
            let answers: Vec<CauseAnswer> =
                answers.iter().enumerate().map(|(number, api)| answer(&number.to_string(), None, api, None)).collect();
            let matrix = ConfusionMatrix::build(&answers);
            let group = matrix.api.largest_group.unwrap();
            (group.answer, group.causes.len(), matrix.api.told_apart, matrix.api.pairs)
        };
        assert_eq!(group(&["x", "y", "y"]), ("y".to_owned(), 2, 2, 3));
        assert_eq!(group(&["x", "y"]), ("x".to_owned(), 1, 1, 1));
        assert_eq!(group(&["x", "x", "y", "y"]), ("x".to_owned(), 2, 4, 6));
    }

    #[test]
    fn a_share_is_of_the_pairs() {
        let of = |answers: &[&str]| {
            let answers: Vec<CauseAnswer> =
                answers.iter().enumerate().map(|(number, api)| answer(&number.to_string(), None, api, None)).collect();
            ConfusionMatrix::build(&answers).api.share_told_apart()
        };
        assert_eq!(of(&["x", "x", "y", "z"]), Some(5.0 / 6.0));
        assert_eq!(of(&["x", "y"]), Some(1.0));
        assert_eq!((of(&["x"]), of(&[])), (None, None));
    }
}
