//! The log about each account: a reason and a text.

use std::collections::{BTreeMap, VecDeque};

use super::LogReader;

/// Lines kept for each account.
const KEPT: usize = 1_000;

#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub(super) struct Line {
    pub(super) reason: &'static str,
    pub(super) text: String,
}

/// Log lines by user name. A name needs no account: failures may come from anybody.
#[derive(Default)]
pub(super) struct Journal {
    lines: BTreeMap<String, VecDeque<Line>>,
    /// Sees each line as it is written.
    pub(super) reader: Option<LogReader>,
}

impl Journal {
    pub(super) fn write(&mut self, username: &str, reason: &'static str, text: String) {
        if let Some(reader) = &self.reader {
            reader(username, reason, &text);
        }
        let lines = self.lines.entry(username.to_owned()).or_default();
        if lines.len() == KEPT {
            lines.pop_front();
        }
        lines.push_back(Line { reason, text });
    }

    /// Newest last.
    pub(super) fn of(&self, username: &str) -> Vec<Line> {
        self.lines.get(username).map(|lines| lines.iter().cloned().collect()).unwrap_or_default()
    }

    pub(super) fn forget(&mut self, username: &str) {
        self.lines.remove(username);
    }
}
