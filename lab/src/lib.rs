//! Scenarios, runs, verdicts and reports.

pub mod check;
pub mod confusion;
pub mod exercise;
pub mod facts;
pub mod judge;
pub mod report;
pub mod scenario;
pub mod verdict;
pub mod words;
