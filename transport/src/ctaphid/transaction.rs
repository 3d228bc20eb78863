//! The one transaction that is under way (CTAP2.3 §11.2.5.1), and the lock that a channel may hold.

use std::time::Duration;

use faultkey_authenticator::step::Purpose;
use faultkey_authenticator::{Prompt, Time, UserAnswer};

use super::Gesture;

#[derive(Debug)]
pub(super) struct Transaction {
    pub channel: u32,
    pub state: State,
}

#[derive(Debug)]
pub(super) enum State {
    /// Packets of the request are still to come.
    Receiving { command: u8, length: usize, message: Vec<u8>, next_sequence: u8, due: Time },
    /// A slow key computes.
    Working { request: Vec<u8>, due: Time, keepalive: Time },
    /// The authenticator waits for its user.
    Waiting { prompt: Prompt, answer: Option<(Time, UserAnswer)>, gives_up: Time, keepalive: Time },
    /// Reports of the response are still to be taken.
    Sending,
}

impl State {
    /// When it changes by itself.
    pub fn deadline(&self) -> Option<Time> {
        match self {
            State::Receiving { due, .. } => Some(*due),
            State::Working { due, keepalive, .. } => Some(*due.min(keepalive)),
            State::Waiting { answer, gives_up, keepalive, .. } => {
                let next = *gives_up.min(keepalive);
                Some(answer.map_or(next, |(due, _)| due.min(next)))
            }
            State::Sending => None,
        }
    }
}

/// No other channel is served (CTAP2.3 §11.2.6).
#[derive(Clone, Copy, Debug)]
pub(super) struct Lock {
    pub channel: u32,
    pub until: Time,
}

/// When the user answers, and what.
pub(crate) fn planned(now: Time, gesture: Gesture) -> Option<(Time, UserAnswer)> {
    match gesture {
        Gesture::Answer { answer, after } => Some((now + after, answer)),
        Gesture::Wait => None,
    }
}

/// How long a prompt waits: the authenticator's own time, unless the platform said another for a finger's sample (CTAP2.3 §6.7.4).
pub(crate) fn patience(prompt: &Prompt, usual: Duration) -> Duration {
    match prompt {
        Prompt::Presence { purpose: Purpose::EnrollFingerprint { timeout, .. } } => timeout.unwrap_or(usual),
        _ => usual,
    }
}
