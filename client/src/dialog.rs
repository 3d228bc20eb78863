//! One ceremony's conversation: with the authenticator, with the user, and against the client's own timer.

use ciborium::Value;
use faultkey_authenticator::{Random, Status, Time, UserAnswer};
use faultkey_transport::{Exchange, Transport};

use crate::authenticator_info::AuthenticatorInfo;
use crate::ctap_reply::{Malformed, split};
use crate::{User, ctap_request};

/// A correct authenticator runs out of tries long before.
const PROMPT_LIMIT: usize = 1_000;

/// Why a request brought no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The authenticator refused.
    Status(Status),
    /// The client's timer ran out.
    Timeout,
    /// The reply is no CTAP reply.
    Malformed(String),
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
}

impl<T: Transport, U: User> Dialog<'_, T, U> {
    /// Sends a request and sees it through to the reply, asking the user as often as the authenticator wants.
    pub fn send(&mut self, request: &[u8]) -> Result<Option<Value>, Ended> {
        let mut exchange = self.transport.send(*self.now, request);
        for _ in 0..PROMPT_LIMIT {
            let prompt = match exchange {
                Exchange::NeedUser(prompt) => prompt,
                Exchange::Reply(bytes) => return self.read(&bytes),
                Exchange::Silence => return Err(self.run_out()),
            };
            let answered = self.user.answer(&prompt);
            let then = *self.now + answered.after;
            if then >= self.deadline {
                // WebAuthn-3 §5.1.3 step 22, §5.1.4.1 step 20: when the timer expires, authenticatorCancel.
                let ended = self.run_out();
                self.transport.answer(self.deadline, UserAnswer::Cancel);
                return Err(ended);
            }
            *self.now = then;
            exchange = self.transport.answer(then, answered.answer);
        }
        self.transport.answer(*self.now, UserAnswer::Cancel);
        Err(Ended::Malformed(format!("the authenticator asked the user {PROMPT_LIMIT} times")))
    }

    /// The same, for a command whose success always carries a map.
    pub fn ask(&mut self, request: &[u8]) -> Result<Value, Ended> {
        self.send(request)?.ok_or_else(|| Ended::Malformed("success without the CBOR that belongs to it".into()))
    }

    /// authenticatorGetInfo. Asked in each ceremony, since the device may have changed in between.
    pub fn info(&mut self) -> Result<AuthenticatorInfo, Ended> {
        let reply = self.ask(&ctap_request::get_info())?;
        Ok(AuthenticatorInfo::read(&reply)?)
    }

    /// Nothing more will come.
    fn run_out(&mut self) -> Ended {
        *self.now = self.deadline;
        Ended::Timeout
    }

    fn read(&mut self, bytes: &[u8]) -> Result<Option<Value>, Ended> {
        match split(bytes)? {
            (Status::Ok, value) => Ok(value),
            (status, _) => {
                if matches!(status, Status::UserActionTimeout | Status::ActionTimeout) {
                    // The page must not learn that an authenticator gave up; another may be tried until the timer runs out (catalogue §0.3).
                    *self.now = self.deadline;
                }
                Err(Ended::Status(status))
            }
        }
    }
}
