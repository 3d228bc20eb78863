//! English.

mod check;
mod found;
mod known;
mod manual;
mod mend;
mod run;

pub use check::{title, why};
pub use found::{answer, evidence, found, replay_from, request, seen, seen_in};
pub use known::{accept_note, accepted, difference, differences_counted, in_baseline, only_in, scenarios_only_in, standing_change};
pub use manual::manual;
pub use mend::mend;
pub use run::{
    blind, blind_spot, counted, expectation, findings_counted, gravity, gravity_means, happened, incomplete, largest_group, rate_limited,
    reason, reason_of, scenarios_counted, standing, told_apart, view,
};
