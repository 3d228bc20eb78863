//! A key that says that it is at work, while the fault layer holds a report back.

use std::time::Duration;

use faultkey_authenticator::Time;
use faultkey_transport::ctaphid::{Keepalive, Report, command, fragment};

/// CTAP2.3 §11.2.9.1.7: at least every 100 ms.
const INTERVAL: Duration = Duration::from_millis(80);

#[derive(Debug)]
pub struct Work {
    pub channel: u32,
    status: Keepalive,
    /// `None`: for ever.
    until: Option<Time>,
    next: Time,
    pub held: Held,
}

/// What goes on when the work is done.
#[derive(Debug)]
pub enum Held {
    /// The whole request.
    ToKey(Vec<Report>),
    ToHost(Vec<Report>),
}

impl Work {
    pub fn new(now: Time, channel: u32, status: Keepalive, lasts: Option<Duration>, held: Held) -> Self {
        Self { channel, status, until: lasts.map(|lasts| now + lasts), next: now + INTERVAL, held }
    }

    /// The keepalive that is due. One that came too late is not made up for.
    pub fn keepalive(&mut self, now: Time) -> Option<Report> {
        if now < self.next || self.is_done(now) {
            return None;
        }
        self.next = now + INTERVAL;
        fragment(self.channel, command::KEEPALIVE, &[self.status as u8])?.into_iter().next()
    }

    pub fn is_done(&self, now: Time) -> bool {
        self.until.is_some_and(|until| now >= until)
    }

    pub fn deadline(&self) -> Time {
        self.until.map_or(self.next, |until| until.min(self.next))
    }
}
