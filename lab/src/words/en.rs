//! English.

mod check;
mod found;
mod known;
mod manual;
mod mend;
mod page;
mod run;
mod screen;
mod ticket;

pub use check::{title, why};
pub use found::{answer, evidence, found, replay_from, request, seen, seen_in};
pub use known::{accept_note, accepted, difference, differences_counted, in_baseline, only_in, scenarios_only_in, standing_change};
pub use manual::manual;
pub use mend::mend;
pub use page::{
    accepted_counted, action, all_findings, at_request, causes_and_answers, checks_passed, client_data_for, cut_here, duration,
    findings_shown, hidden_checks, in_bytes, label, lead, matrix_means, moment, of_all, of_gravity, of_standing, page_title, reply_to,
    same_as, scenarios_shown, share, source, view_label,
};
pub use run::{
    blind, blind_spot, counted, expectation, findings_counted, gravity, gravity_means, happened, incomplete, largest_group, rate_limited,
    reason, reason_of, scenarios_counted, standing, told_apart, view,
};
pub use screen::{
    answers_of, finding_head, finding_in_short, findings_of, group_under, named, on_profile, playing, report_at, screen_label,
    target_in_numbers, version_and_seed, waiting_for, waiting_for_clock,
};
pub use ticket::findings_left_out;
