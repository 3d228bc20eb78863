//! Japanese.

mod page;

pub use super::en::*;
pub use page::{
    action, all_findings, at_request, causes_and_answers, checks_passed, client_data_for, cut_here, duration, findings_shown,
    hidden_checks, in_bytes, label, lead, matrix_means, moment, of_all, of_gravity, of_standing, page_title, reply_to, same_as,
    scenarios_shown, share, view_label,
};
