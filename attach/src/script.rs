//! A scenario at an attached key: what the device does by itself, while somebody registers and logs in by hand.

use std::collections::VecDeque;

use faultkey_authenticator::{Event, Time, cbor};
use faultkey_fault_injection::FaultSpec;

use crate::key::Key;
use crate::plan;
use crate::summary::{get, named};
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
    /// The ceremony that a CTAP request belongs to. A client's silent look for credentials (`up: false`) belongs to none. The options are
    /// read leniently: a request that the key refuses is a ceremony that ends badly.
    #[must_use]
    pub fn of(message: &[u8]) -> Option<Self> {
        let (code, parameters) = message.split_first()?;
        // CTAP2.3 §6.1 and §6.2: the member `options`.
        let (ceremony, options) = match code {
            0x01 => (Ceremony::Registration, 0x07),
            0x02 => (Ceremony::LogIn, 0x05),
            _ => return None,
        };
        let tree = cbor::read_lenient(parameters).ok().map(|(tree, _)| tree);
        let up = tree.as_ref().and_then(|tree| named(get(tree, options)?, "up")?.as_bool());
        (up != Some(false)).then_some(ceremony)
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

#[cfg(test)]
mod tests {
    use ciborium::Value;

    use super::*;

    fn text_map(members: Vec<(&str, Value)>) -> Value {
        Value::Map(members.into_iter().map(|(key, value)| (Value::from(key), value)).collect())
    }

    fn message(code: u8, members: Vec<(i64, Value)>) -> Vec<u8> {
        let map = members.into_iter().map(|(key, value)| (Value::from(key), value)).collect();
        [&[code][..], &cbor::write(&Value::Map(map))].concat()
    }

    #[test]
    fn a_silent_look_is_no_ceremony_and_a_user_name_does_not_make_it_one() {
        let up = |on: bool| text_map(vec![("up", on.into())]);
        let user = || text_map(vec![("id", Value::Bytes(vec![1])), ("name", "no touch".into())]);
        let registration = Some(Ceremony::Registration);
        assert_eq!(Ceremony::of(&message(1, vec![(2, text_map(vec![("id", "no touch".into())])), (3, user())])), registration);
        assert_eq!(Ceremony::of(&message(1, vec![(3, user()), (7, up(false))])), None);
        assert_eq!(Ceremony::of(&message(2, vec![(1, "no touch".into())])), Some(Ceremony::LogIn));
        assert_eq!(Ceremony::of(&message(2, vec![(1, "a.test".into()), (5, up(true))])), Some(Ceremony::LogIn));
        assert_eq!(Ceremony::of(&message(2, vec![(1, "a.test".into()), (5, up(false))])), None);
        // Cut short: the key refuses it, and the ceremony has ended.
        assert_eq!(Ceremony::of(&[0x01, 0xA2, 0x01]), registration);
        assert_eq!(Ceremony::of(&[0x04]), None);
        assert_eq!(Ceremony::of(&[]), None);
    }
}
