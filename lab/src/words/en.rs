//! English.

mod check;
mod found;
mod manual;
mod mend;
mod run;
mod screen;

pub use check::{title, why};
pub use found::{answer, evidence, found, replay_from, request, seen, seen_in};
pub use manual::manual;
pub use mend::mend;
pub use run::{
    blind, blind_spot, counted, expectation, findings_counted, gravity, gravity_means, happened, incomplete, largest_group, rate_limited,
    reason, reason_of, scenarios_counted, standing, told_apart, view,
};
pub use screen::{
    answers_of, finding_head, finding_in_short, findings_of, group_under, matrix_size, named, on_profile, playing, report_at, screen_label,
    share_of_pairs, target_in_numbers, version_and_seed, waiting_for, waiting_for_clock,
};
