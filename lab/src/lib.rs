//! Scenarios, runs, findings and reports.
//!
//! The way of the data: [`scenario`] (what is played) -> [`exercise`] (plays it) -> [`facts`] (what was seen) -> [`judge`] -> [`verdict`] (what was
//! found) -> [`words`] and [`report`]. [`config`] says what to play and how; [`accept`] and [`compare`] say what of the findings is known.

pub mod accept;
pub mod check;
pub mod compare;
pub mod config;
pub mod confusion;
pub mod date;
pub mod exercise;
pub mod facts;
pub mod help;
pub mod judge;
pub mod report;
pub mod scenario;
pub mod search;
pub mod verdict;
pub mod words;
