//! Scenarios, runs, verdicts and reports.

pub mod confusion;
pub mod exercise;
pub mod report;
pub mod scenario;
pub mod verdict;
