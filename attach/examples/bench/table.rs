//! Lines of one table. `cargo xtask bench` prints its head.

use std::time::Duration;

/// What is promised of plugging a key in.
const GOAL: Duration = Duration::from_millis(100);

/// A line for what was measured several times.
pub fn line(what: &str, times: &[Duration]) {
    println!("{}", text(what, times));
}

/// The same, held against the goal.
pub fn line_with_goal(what: &str, times: &[Duration]) {
    let within = times.iter().filter(|time| **time < GOAL).count();
    let verdict = if within == times.len() { "met".to_owned() } else { format!("not met by {} of {}", times.len() - within, times.len()) };
    println!("{}  under {} ms: {verdict}", text(what, times), GOAL.as_millis());
}

/// A line without figures.
pub fn remark(what: &str, remark: &str) {
    println!("{what:<58} {remark}");
}

fn text(what: &str, times: &[Duration]) -> String {
    let mut sorted = times.to_vec();
    sorted.sort();
    // The smallest that so many in a hundred do not exceed.
    let at = |percent: usize| milliseconds(sorted.get((sorted.len() * percent).div_ceil(100).saturating_sub(1)).copied());
    format!("{what:<58} {:>5} {:>9} {:>9} {:>9} {:>9}", sorted.len(), at(0), at(50), at(99), at(100))
}

fn milliseconds(time: Option<Duration>) -> String {
    time.map_or_else(|| "-".to_owned(), |time| format!("{:.3}", time.as_secs_f64() * 1_000.0))
}
