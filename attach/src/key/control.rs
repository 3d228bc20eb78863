//! What somebody outside does to a key: the user's gestures, policies, events, and what is known of it.

use std::path::Path;
use std::time::Duration;

use faultkey_authenticator::standing::Standing;
use faultkey_authenticator::{Effect, Event, Time, UserAnswer};
use faultkey_fault_injection::{Faults, Profile};
use faultkey_transport::transcript::prompt_text;

use super::{Asked, Key, LastExchange, Stack};
use crate::escape::escaped;
use crate::happening::Happening;
use crate::user::User;
use crate::{Place, SharedStore};

/// Nothing waits for the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no request waits for the user; start one first, or wait for it with `faultkey ctl wait prompt`")]
pub struct NoPrompt;

impl Key {
    #[must_use]
    pub fn number(&self) -> usize {
        self.number
    }

    #[must_use]
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    #[must_use]
    pub fn stack(&self) -> Stack {
        self.stack
    }

    #[must_use]
    pub fn power_up(&self) -> u64 {
        self.power_up
    }

    #[must_use]
    pub fn is_plugged(&self) -> bool {
        self.device.is_some()
    }

    /// No request is under way.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.open.is_none()
    }

    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    #[must_use]
    pub fn store(&self) -> &SharedStore {
        &self.store
    }

    /// Where the store is.
    #[must_use]
    pub fn kept(&self) -> &Place {
        &self.kept
    }

    /// By what it was plugged in last, for a person.
    #[must_use]
    pub fn way(&self) -> &'static str {
        self.way
    }

    pub(crate) fn set_way(&mut self, way: &'static str) {
        self.way = way;
    }

    /// How PIN and fingers stand; not known without power.
    pub fn standing(&mut self) -> Option<Standing> {
        self.device.as_mut()?.authenticator().standing().ok()
    }

    /// Where the trace is written to, if to a file.
    #[must_use]
    pub fn trace_file(&self) -> Option<&Path> {
        self.trace.as_ref()?.file()
    }

    /// How often faults decided, as far as it was told.
    #[must_use]
    pub fn decisions(&self) -> usize {
        self.told
    }

    /// How many exchanges began.
    #[must_use]
    pub fn exchanges(&self) -> u64 {
        self.exchanges
    }

    /// The exchange that is under way: its number and its request.
    #[must_use]
    pub fn under_way(&self) -> Option<(u64, &str)> {
        self.open.as_ref().map(|open| (open.number, open.text.as_str()))
    }

    #[must_use]
    pub fn last_exchange(&self) -> Option<&LastExchange> {
        self.last.as_ref()
    }

    /// The prompt that waits for an answer now.
    #[must_use]
    pub fn asked(&self, now: Time) -> Option<&Asked> {
        self.asked.as_ref().filter(|asked| now < asked.until)
    }

    #[must_use]
    pub fn user(&mut self) -> &User {
        match &mut self.device {
            Some(device) => device.touch_mut(),
            None => &self.user,
        }
    }

    /// Another mood; a prompt that waits is put again.
    pub fn change_user(&mut self, now: Time, change: impl FnOnce(&mut User)) {
        let mut user = self.user().clone();
        change(&mut user);
        self.user = user.clone();
        self.with_device(now, |device| {
            *device.touch_mut() = user;
            device.ask_again(now);
        });
        if let Some(mut asked) = self.asked.take() {
            asked.waits = self.user().waits(&asked.prompt);
            self.asked = Some(asked);
        }
    }

    /// The user touches the key, with the finger that the policy says, and keeps it there for a while. How long is told, not waited for.
    ///
    /// # Errors
    /// [`NoPrompt`] when nothing waits for it.
    pub fn touch(&mut self, now: Time, held: Option<Duration>) -> Result<String, NoPrompt> {
        let asked = self.asked(now).ok_or(NoPrompt)?.prompt.clone();
        let answer = self.user().touch(&asked, held);
        self.answer(now, answer)
    }

    /// The user answers the prompt that waits, which is told in words.
    ///
    /// # Errors
    /// [`NoPrompt`] when none does.
    pub fn answer(&mut self, now: Time, answer: UserAnswer) -> Result<String, NoPrompt> {
        let prompt = escaped(&prompt_text(&self.asked(now).ok_or(NoPrompt)?.prompt)).into_owned();
        match self.with_device(now, |device| device.user(now, answer)) {
            Some(true) => Ok(prompt),
            _ => Err(NoPrompt),
        }
    }

    /// Something happens to the device. An armed fault may say what that does to the keys, instead of the profile.
    ///
    /// # Errors
    /// In words: the key is unplugged, or its store can't be written.
    pub fn happen(&mut self, now: Time, event: Event) -> Result<Effect, String> {
        if self.device.is_none() {
            return Err("the key is unplugged; plug it in first, with `faultkey ctl replug`".to_owned());
        }
        let instead = self.faults.event(now, event);
        let done = self.with_device(now, |device| {
            let authenticator = device.authenticator();
            match instead {
                Some(effect) => authenticator.apply(effect).map(|()| effect),
                None => authenticator.happen(event),
            }
        });
        let effect = done.transpose().map_err(|error| error.to_string())?.unwrap_or_default();
        self.tell(now, &Happening::Event { event, effect });
        Ok(effect)
    }

    /// Something that a person should see in the view.
    pub fn note(&mut self, now: Time, text: impl Into<String>) {
        self.tell(now, &Happening::Note { text: text.into() });
    }
}
