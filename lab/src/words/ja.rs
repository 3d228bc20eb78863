//! Japanese.

mod screen;

pub use super::en::*;
pub use screen::{
    answers_of, finding_head, finding_in_short, findings_of, group_under, matrix_size, named, on_profile, playing, report_at, screen_label,
    share_of_pairs, target_in_numbers, version_and_seed, waiting_for, waiting_for_clock,
};
