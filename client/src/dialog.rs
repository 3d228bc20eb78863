//! One ceremony's conversation: with the authenticator, with the user, and against the client's own timer.

use ciborium::Value;
use faultkey_authenticator::{Random, Status, Time, UserAnswer};
use faultkey_transport::{Exchange, Transcript, Transport, What};

use crate::authenticator_info::AuthenticatorInfo;
use crate::ctap_reply::{Malformed, split};
use crate::{AbortSignal, Call, User, ctap_request, u2f};

/// A correct authenticator runs out of tries long before.
const PROMPT_LIMIT: usize = 1_000;

/// Why a request brought no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The authenticator refused.
    Status(Status),
    /// The client's timer ran out.
    Timeout,
    /// The page aborted the call.
    Aborted,
    /// The user ended it in the client's own dialog.
    User,
    /// The authenticator can't do what the options ask for; what it lacks.
    Unsuitable(String),
    /// The reply is no CTAP reply.
    Malformed(String),
}

impl Ended {
    /// A call that was aborted before it began (Credential Management Level 1 §2.5.1 step 3).
    pub fn before(call: &Call) -> Option<Self> {
        let moment = call.signal.as_ref().and_then(AbortSignal::moment);
        moment.is_some_and(|moment| moment <= call.now).then_some(Self::Aborted)
    }
}

impl From<Malformed> for Ended {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed.0)
    }
}

/// A conversation. Time moves when the user acts or waits, and ends at the deadline.
pub struct Dialog<'a, T, U> {
    pub transport: &'a mut T,
    pub user: &'a mut U,
    pub random: &'a mut Random,
    /// The moment now; where the caller's virtual time goes on afterwards.
    pub now: &'a mut Time,
    pub deadline: Time,
    /// What the page may abort the call with.
    pub signal: Option<AbortSignal>,
    /// Where the client's own questions to the user are written down.
    pub transcript: Transcript,
}

/// How the user's answer reaches the authenticator: as for a CTAP2 command, or as for an APDU.
type Answer<T> = fn(&mut T, Time, UserAnswer) -> Exchange;

impl<T: Transport, U: User> Dialog<'_, T, U> {
    /// Sends a request and sees it through to the reply, asking the user as often as the authenticator wants.
    pub fn send(&mut self, request: &[u8]) -> Result<Option<Value>, Ended> {
        self.check()?;
        self.transport.wait_until(self.end().0);
        let exchange = self.transport.send(*self.now, request);
        let bytes = self.converse(exchange, T::answer)?;
        self.read(&bytes)
    }

    /// The same for a CTAP1 command: the answer's data, and its status word.
    pub fn send_apdu(&mut self, apdu: &[u8]) -> Result<(Vec<u8>, u16), Ended> {
        self.check()?;
        let exchange = self.transport.apdu(*self.now, apdu);
        let bytes = self.converse(exchange, T::answer_apdu)?;
        match bytes.split_last_chunk::<2>() {
            Some((data, word)) => Ok((data.to_vec(), u16::from_be_bytes(*word))),
            None => Err(Ended::Malformed(format!("a U2F answer of {} bytes, without a status word", bytes.len()))),
        }
    }

    fn converse(&mut self, mut exchange: Exchange, answer: Answer<T>) -> Result<Vec<u8>, Ended> {
        for _ in 0..PROMPT_LIMIT {
            let came = self.transport.moment(*self.now);
            if came > *self.now {
                let (end, ended) = self.end();
                *self.now = came.min(end);
                if came >= end {
                    return Err(ended);
                }
            }
            let prompt = match exchange {
                Exchange::NeedUser(prompt) => prompt,
                Exchange::Reply(bytes) => return Ok(bytes),
                Exchange::Silence => return Err(self.run_out()),
            };
            let answered = self.user.answer(&prompt);
            if let Err(ended) = self.pass(answered.after) {
                // WebAuthn-3 §5.1.3 step 22, §5.1.4.1 step 20: when the timer expires or the page aborts, authenticatorCancel.
                answer(self.transport, *self.now, UserAnswer::Cancel);
                return Err(ended);
            }
            exchange = answer(self.transport, *self.now, answered.answer);
        }
        answer(self.transport, *self.now, UserAnswer::Cancel);
        Err(Ended::Malformed(format!("the authenticator asked the user {PROMPT_LIMIT} times")))
    }

    /// Time passes, while the user acts; unless the page aborts or the timer runs out first.
    pub fn pass(&mut self, time: std::time::Duration) -> Result<(), Ended> {
        let then = *self.now + time;
        let (end, ended) = self.end();
        *self.now = then.min(end);
        if end <= then { Err(ended) } else { Ok(()) }
    }

    /// The page has not aborted.
    fn check(&self) -> Result<(), Ended> {
        match self.end() {
            (end, Ended::Aborted) if end <= *self.now => Err(Ended::Aborted),
            _ => Ok(()),
        }
    }

    /// When the conversation will end if nobody does anything, and how: by the page's abort, or by the timer.
    fn end(&self) -> (Time, Ended) {
        match self.signal.as_ref().and_then(AbortSignal::moment) {
            Some(moment) if moment <= self.deadline => (moment.max(*self.now), Ended::Aborted),
            _ => (self.deadline, Ended::Timeout),
        }
    }

    /// Nothing more will come.
    pub fn run_out(&mut self) -> Ended {
        let (end, ended) = self.end();
        *self.now = end;
        ended
    }

    /// Writes down what the client itself asks the user.
    pub fn asks(&self, text: String) {
        self.transcript.record(*self.now, What::Prompt { text });
    }

    /// And what the user answered.
    pub fn answered(&self, text: impl Into<String>) {
        self.transcript.record(*self.now, What::Answer { text: text.into() });
    }

    /// The same, for a command whose success always carries a map.
    pub fn ask(&mut self, request: &[u8]) -> Result<Value, Ended> {
        self.send(request)?.ok_or_else(|| Ended::Malformed("success without the CBOR that belongs to it".into()))
    }

    /// authenticatorGetInfo. Asked in each ceremony, since the device may have changed in between. One that has no such command, and speaks
    /// U2F, is a U2F key (CTAP2.3 §6.4).
    pub fn info(&mut self) -> Result<AuthenticatorInfo, Ended> {
        let info = match self.ask(&ctap_request::get_info()) {
            Ok(reply) => AuthenticatorInfo::read(&reply)?,
            Err(Ended::Status(Status::InvalidCommand)) if u2f::is_there(self)? => return Ok(AuthenticatorInfo::u2f()),
            Err(ended) => return Err(ended),
        };
        if info.ctap2 || !info.u2f {
            return Ok(info);
        }
        // A transport that doesn't carry U2F leaves nothing to talk in.
        let u2f = u2f::is_there(self)?;
        Ok(AuthenticatorInfo { transports: info.transports, u2f, ..AuthenticatorInfo::u2f() })
    }

    fn read(&mut self, bytes: &[u8]) -> Result<Option<Value>, Ended> {
        match split(bytes)? {
            (Status::Ok, value) => Ok(value),
            (status, _) => {
                if matches!(status, Status::UserActionTimeout | Status::ActionTimeout) {
                    // The page must not learn that an authenticator gave up; another may be tried until the timer runs out (catalogue §0.3).
                    if self.run_out() == Ended::Aborted {
                        return Err(Ended::Aborted);
                    }
                }
                Err(Ended::Status(status))
            }
        }
    }
}
