//! The confusion matrix: causes against the relying party's answers.

use serde::{Deserialize, Serialize};

/// Which causes a relying party tells apart, seen in three ways.
#[derive(Clone, Debug, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// e.g. `key-mismatch`.
    pub id: String,
    /// For a person, e.g. `another key under the same credential id`.
    pub title: String,
    /// The scenario and profile that showed it.
    pub scenario: String,
}

/// The answers to each cause, and how well they tell causes apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grouping {
    /// One for each cause; `None`: not observable.
    pub answers: Vec<Option<String>>,
    /// Pairs of causes whose answers are both observable.
    pub pairs: usize,
    /// Those among them that get different answers.
    pub told_apart: usize,
    /// The answer given to most causes, and how many.
    pub largest_pile: Option<Pile>,
}

/// Several causes under one answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pile {
    pub answer: String,
    pub causes: Vec<String>,
}
