//! What is on the way to the host: reports, each with the moment at which it arrives, and what happens to the connection between them.

use std::collections::VecDeque;

use faultkey_authenticator::Time;
use faultkey_transport::LineEvent;
use faultkey_transport::ctaphid::Report;

#[derive(Debug, Default)]
pub struct Outbound {
    queue: VecDeque<Item>,
}

#[derive(Debug)]
enum Item {
    Report(Time, Report),
    Line(LineEvent),
}

impl Outbound {
    /// It arrives then, but not before those that went before it.
    pub fn report(&mut self, due: Time, report: Report) {
        let last = self.queue.iter().rev().find_map(|item| match item {
            Item::Report(due, _) => Some(*due),
            Item::Line(_) => None,
        });
        self.queue.push_back(Item::Report(last.map_or(due, |last| last.max(due)), report));
    }

    pub fn line(&mut self, event: LineEvent) {
        self.queue.push_back(Item::Line(event));
    }

    /// The next report, if it is due and nothing happens to the connection before it.
    pub fn next(&mut self, now: Time) -> Option<Report> {
        let Some(Item::Report(due, report)) = self.queue.front() else { return None };
        let report = (*due <= now).then_some(*report)?;
        self.queue.pop_front();
        Some(report)
    }

    pub fn next_line_event(&mut self) -> Option<LineEvent> {
        let Some(Item::Line(event)) = self.queue.front() else { return None };
        let event = *event;
        self.queue.pop_front();
        Some(event)
    }

    /// When the next report is due. After a stall was cleared that may be in the past.
    pub fn deadline(&self) -> Option<Time> {
        match self.queue.front() {
            Some(Item::Report(due, _)) => Some(*due),
            _ => None,
        }
    }

    /// Forgets what is not due yet.
    pub fn keep_due(&mut self, now: Time) {
        self.queue.retain(|item| !matches!(item, Item::Report(due, _) if *due > now));
    }

    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Reports, without what happens between them.
    pub fn len(&self) -> usize {
        self.queue.iter().filter(|item| matches!(item, Item::Report(..))).count()
    }
}
