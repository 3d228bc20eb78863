//! Texts of Markdown reports.

/// Said after the last finding of a summary.
#[must_use]
pub fn findings_left_out(count: usize) -> String {
    match count {
        1 => "1 more finding does not fit here; report.json has it.".to_owned(),
        _ => format!("{count} more findings do not fit here; report.json has them."),
    }
}
