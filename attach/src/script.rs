//! A scenario at an attached key: what the device does by itself, while somebody registers and logs in by hand.

use std::collections::VecDeque;

use faultkey_authenticator::{Event, Time};
use faultkey_fault_injection::FaultSpec;

use crate::key::Key;
use crate::plan;
use crate::user::NextAct;

/// What is still to come, in order.
#[derive(Clone, Debug, Default)]
pub struct Script {
    cues: VecDeque<Cue>,
}

/// One step.
#[derive(Clone, Debug)]
pub enum Cue {
    /// Nothing happens until this ceremony has ended at the key, well or badly.
    Until(Ceremony),
    Arm(FaultSpec),
    /// Disarms the faults with this name, or all.
    Clear(Option<String>),
    Event(Event),
    /// What the user does at the next prompt.
    User(NextAct),
    /// A step that somebody else has to do, in words.
    Note(String),
}

/// What a page or a program asks of the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ceremony {
    Registration,
    LogIn,
}

impl Ceremony {
    /// The ceremony that a CTAP request belongs to. A look whether a credential is there (`up: false`) belongs to none.
    #[must_use]
    pub fn of(message: &[u8], summary: &str) -> Option<Self> {
        let silent = summary.contains("no touch");
        match message.first() {
            Some(0x01) if !silent => Some(Ceremony::Registration),
            Some(0x02) if !silent => Some(Ceremony::LogIn),
            _ => None,
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Ceremony::Registration => "register a passkey",
            Ceremony::LogIn => "log in",
        }
    }
}

impl Script {
    #[must_use]
    pub fn new(cues: impl IntoIterator<Item = Cue>) -> Self {
        Self { cues: cues.into_iter().collect() }
    }

    /// Every fault that it arms, to be checked before it begins.
    pub fn faults(&self) -> impl Iterator<Item = &FaultSpec> {
        self.cues.iter().filter_map(|cue| if let Cue::Arm(spec) = cue { Some(spec) } else { None })
    }
}

impl Key {
    /// Plays the script until it waits for a ceremony.
    pub(crate) fn play(&mut self, now: Time) {
        while let Some(cue) = self.script.cues.pop_front() {
            let done = match cue {
                Cue::Until(ceremony) => {
                    self.script.cues.push_front(Cue::Until(ceremony));
                    if !std::mem::replace(&mut self.invited, true) {
                        self.note(now, format!("scenario: now {}", ceremony.text()));
                    }
                    return;
                }
                Cue::Arm(spec) => {
                    let name = spec.name.clone();
                    plan::arm(self.faults(), self.stack(), now, spec).map(|()| format!("arms {name}")).map_err(|error| error.to_string())
                }
                Cue::Clear(name) => {
                    self.faults().clear(name.as_deref());
                    Ok(format!("disarms {}", name.as_deref().unwrap_or("every fault")))
                }
                Cue::Event(event) => self.happen(now, event).map(|_| format!("event {}", event.name())),
                Cue::User(act) => {
                    self.change_user(now, |user| user.next = Some(act));
                    Ok("the user will do something else at the next prompt".to_owned())
                }
                Cue::Note(text) => Ok(text),
            };
            match done {
                Ok(text) => self.note(now, format!("scenario: {text}")),
                Err(error) => self.note(now, format!("scenario: this step is not done: {error}")),
            }
            if self.script.cues.is_empty() {
                self.note(now, "scenario: at its end");
            }
        }
    }

    /// A ceremony has ended at the key.
    pub(crate) fn ceremony_ended(&mut self, ceremony: Ceremony) {
        if matches!(self.script.cues.front(), Some(Cue::Until(awaited)) if *awaited == ceremony) {
            self.script.cues.pop_front();
            self.invited = false;
        }
    }
}
