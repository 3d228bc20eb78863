//! What a person is told before anything is judged.

use url::Url;

use crate::exercise::{Learnt, NotExercisable};

/// Why nothing can be judged, on one page.
#[must_use]
pub fn page(problem: &NotExercisable, url: Option<&Url>) -> String {
    format!("{url:?}: {problem:?}")
}

#[must_use]
pub fn learnt(target: &str, learnt: &Learnt) -> String {
    format!("{target}: {learnt:?}")
}
