//! Reports that wait to be taken by the host.

use std::collections::VecDeque;

use super::{Keepalive, Report, command, fragment};

/// In order. Those of a response are marked: the transaction lasts until the last of them is taken.
#[derive(Debug, Default)]
pub(super) struct Queue {
    reports: VecDeque<(Kind, Report)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Response,
    Keepalive,
    /// INIT's answer and errors: no transaction.
    Other,
}

/// A host that sends and never reads gets no more than this of what is not a response.
const MOST: usize = 1_024;

impl Queue {
    /// Puts the response of a transaction in; `false` when it is too long for CTAPHID.
    pub fn response(&mut self, channel: u32, command: u8, message: &[u8]) -> bool {
        let Some(reports) = fragment(channel, command, message) else { return false };
        // What says "wait" is of no use once the answer is there.
        self.reports.retain(|(kind, _)| *kind != Kind::Keepalive);
        self.reports.extend(reports.into_iter().map(|report| (Kind::Response, report)));
        true
    }

    pub fn other(&mut self, channel: u32, command: u8, message: &[u8]) {
        self.limited(Kind::Other, channel, command, message);
    }

    /// A keepalive that the host did not take yet is replaced.
    pub fn keepalive(&mut self, channel: u32, status: Keepalive) {
        self.reports.retain(|(kind, _)| *kind != Kind::Keepalive);
        self.limited(Kind::Keepalive, channel, command::KEEPALIVE, &[status as u8]);
    }

    fn limited(&mut self, kind: Kind, channel: u32, command: u8, message: &[u8]) {
        if self.reports.len() < MOST {
            self.reports.extend(fragment(channel, command, message).into_iter().flatten().map(|report| (kind, report)));
        }
    }

    pub fn next(&mut self) -> Option<Report> {
        self.reports.pop_front().map(|(_, report)| report)
    }

    pub fn has_response(&self) -> bool {
        self.reports.iter().any(|(kind, _)| *kind == Kind::Response)
    }

    /// Drops what belongs to a transaction: it was aborted.
    pub fn abort(&mut self) {
        self.reports.retain(|(kind, _)| *kind == Kind::Other);
    }

    pub fn clear(&mut self) {
        self.reports.clear();
    }

    pub fn len(&self) -> usize {
        self.reports.len()
    }
}
