//! The user, asked from outside while a request waits, or while a U2F host polls.

use faultkey_authenticator::{CommandSteps, Time, UserAnswer};

use super::Engine;
use crate::ctaphid::Touch;
use crate::ctaphid::transaction::{State, Transaction, planned};

impl<S: CommandSteps, T: Touch> Engine<S, T> {
    /// The user answers, asked from outside. `false` when no prompt waits.
    pub fn user(&mut self, now: Time, answer: UserAnswer) -> bool {
        self.tick(now);
        if matches!(self.transaction, Some(Transaction { state: State::Waiting { .. }, .. })) {
            self.answered(now, answer);
            self.tick(now);
            return true;
        }
        let Some(polled) = self.polled.as_mut().filter(|polled| polled.lasts(now)) else { return false };
        polled.answer = Some((now, answer));
        true
    }

    /// Puts the prompt that waits to the user again, whose mood was changed.
    pub fn ask_again(&mut self, now: Time) {
        self.tick(now);
        if let Some(Transaction { state: State::Waiting { prompt, answer, .. }, .. }) = &mut self.transaction {
            *answer = planned(now, self.touch.asked(now, prompt));
        } else if let Some(polled) = self.polled.as_mut().filter(|polled| polled.lasts(now)) {
            polled.answer = planned(now, self.touch.asked(now, &polled.prompt));
        }
        self.tick(now);
    }
}
