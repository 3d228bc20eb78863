//! Facts made by hand, and what is found in them: each check fails in one test, and each rule of judging has one.

mod causes;
mod each_check;
mod findings;
mod look;
mod options;
mod outcome;
mod rules;
mod scenarios;
mod told_once;

use faultkey_relying_party::{Observation, Unseen};

use super::look::{Look, Looked};
use super::*;
use crate::check::CheckId;
use crate::verdict::Blind;

/// Every id that is found, those that stand in another finding included.
fn ids(facts: &RunFacts) -> Vec<String> {
    let mut ids: Vec<String> = judge(facts).findings.iter().flat_map(Finding::ids).map(|id| id.to_string()).collect();
    ids.sort_unstable();
    ids
}

/// The ids that findings go by.
fn leading(facts: &RunFacts) -> Vec<String> {
    judge(facts).findings.iter().map(|finding| finding.id.to_string()).collect()
}

fn failing(looks: &[Looked]) -> Vec<CheckId> {
    looks.iter().filter(|looked| matches!(looked.look, Look::Fails(_))).map(|looked| looked.check).collect()
}

fn checked(looks: &[Looked]) -> Vec<CheckId> {
    looks.iter().map(|looked| looked.check).collect()
}

fn hidden<T>() -> Observation<T> {
    Observation::NotObservable(Unseen::NoSection("hooks.some"))
}

/// What [`hidden`] makes of a look.
fn unseen() -> Look {
    Look::Unseen(Blind::Section { section: "hooks.some".to_owned() })
}
