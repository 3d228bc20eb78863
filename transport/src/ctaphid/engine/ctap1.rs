//! MSG (CTAP2.3 §11.2.9.1.1): CTAP1/U2F, whose hosts poll.
//!
//! A request that needs a touch is never kept waiting, and there is no KEEPALIVE: while the touch is missing it is answered with `0x6985`
//! (U2F raw messages §4.2 and §5.2) at once, and the host sends it again until the user has touched. So the user is asked at the first of
//! these requests, and the answer, when its time has come, is for the next one that asks for the same on the same channel.

use faultkey_authenticator::{ApduStep, ChannelId, CommandSteps, Prompt, Time, UserAnswer};

use super::Engine;
use crate::ctaphid::transaction::planned;
use crate::ctaphid::{HidEvent, Touch, command};

/// `SW_CONDITIONS_NOT_SATISFIED`: the user's touch is missing.
const CONDITIONS_NOT_SATISFIED: u16 = 0x6985;

/// What a U2F host polls for.
#[derive(Debug)]
pub(super) struct Polled {
    pub channel: u32,
    pub prompt: Prompt,
    pub answer: Option<(Time, UserAnswer)>,
    /// The prompt, and a touch that nobody used, are forgotten.
    pub gives_up: Time,
}

impl Polled {
    pub fn lasts(&self, now: Time) -> bool {
        now < self.gives_up
    }
}

impl<S: CommandSteps, T: Touch> Engine<S, T> {
    pub(super) fn execute_apdu(&mut self, now: Time, channel: u32, apdu: &[u8]) {
        self.steps.channel(now, ChannelId(channel));
        let step = match self.steps.apdu(now, apdu) {
            ApduStep::NeedUser(prompt) => {
                let answer = self.polled_answer(now, channel, prompt);
                self.steps.answer_apdu(now, answer)
            }
            reply @ ApduStep::Reply(_) => reply,
        };
        let bytes = match step {
            ApduStep::Reply(bytes) => bytes,
            // A second touch is for the next request, which begins anew.
            ApduStep::NeedUser(_) => CONDITIONS_NOT_SATISFIED.to_be_bytes().to_vec(),
        };
        self.respond(channel, command::MSG, bytes);
    }

    /// What the user has done by now; [`UserAnswer::Never`] for nothing yet.
    fn polled_answer(&mut self, now: Time, channel: u32, prompt: Prompt) -> UserAnswer {
        let same = |polled: &Polled| polled.channel == channel && polled.prompt == prompt && polled.lasts(now);
        let polled = match self.polled.take().filter(same) {
            Some(polled) => polled,
            None => {
                self.event(HidEvent::Prompt { channel, prompt: prompt.clone() });
                let answer = planned(now, self.touch.asked(now, &prompt));
                Polled { channel, prompt, answer, gives_up: now + self.config.user_action_timeout }
            }
        };
        match polled.answer {
            Some((due, answer)) if due <= now => {
                self.event(HidEvent::Answer { channel, answer });
                answer
            }
            _ => {
                self.polled = Some(polled);
                UserAnswer::Never
            }
        }
    }
}
