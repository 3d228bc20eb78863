//! The broker: everything that it remembers, and what each ceremony begins with.

use faultkey_fault_injection::Language;
use serde_json::{Value, json};

use super::Handling;
use super::account::Accounts;
use super::answer::{self, Answer, OPAQUE_CODE};
use super::challenge::{Ceremony, Challenge, Challenges, Settled, State};
use super::client_data::ClientData;
use super::journal::Journal;
use super::reason::Reason;
use super::refusal::{Refusal, Signal};
use super::request::Body;
use super::session::Sessions;
use super::site::Site;
use super::verifier::Verifier;
use crate::Clock;

/// The relying party's state. One lock guards it all, and no ceremony waits while it holds it: so a challenge is looked up,
/// verified and used in one step, and of two deliveries of one answer the second always finds the first one's outcome.
pub(super) struct Broker {
    pub(super) handling: Handling,
    pub(super) site: Site,
    pub(super) clock: Clock,
    pub(super) verifier: Verifier,
    pub(super) accounts: Accounts,
    pub(super) sessions: Sessions,
    pub(super) challenges: Challenges,
    pub(super) journal: Journal,
}

/// What an answer to a challenge begins with.
pub(super) enum Admitted {
    /// To be verified. The challenge is ours, open and fresh.
    Fresh(Box<Challenge>),
    /// The same request was answered before; this is the answer.
    Repeated(Value),
}

impl Broker {
    pub(super) fn new(handling: Handling, site: Site, clock: Clock, seed: u64) -> Self {
        Self {
            handling,
            clock,
            verifier: Verifier::new(&site),
            site,
            accounts: Accounts::new(seed),
            sessions: Sessions::new(seed),
            challenges: Challenges::new(seed),
            journal: Journal::default(),
        }
    }

    pub(super) fn is_diagnosing(&self) -> bool {
        self.handling == Handling::Diagnosing
    }

    /// Logs a refusal and puts it into words.
    pub(super) fn refuse(&mut self, session: &str, refusal: &Refusal, language: Language) -> Answer {
        let last = self.sessions.get(session).and_then(|session| session.last_username.clone());
        if let Some(username) = refusal.username.clone().or(last) {
            self.log_failure(&username, refusal);
        }
        Answer::refused(self.handling, &self.site.rp_id, refusal, language)
    }

    /// One log line. The opaque relying party's log knows no more than its users.
    pub(super) fn log_failure(&mut self, username: &str, refusal: &Refusal) {
        match self.handling {
            Handling::Opaque => self.journal.write(username, OPAQUE_CODE, OPAQUE_CODE.into()),
            Handling::Diagnosing => {
                let text = format!("{}: {}", refusal.ceremony.name(), refusal.detail);
                self.journal.write(username, refusal.reason.code(), text);
            }
        }
    }

    pub(super) fn log_success(&mut self, username: &str, reason: &'static str, text: impl Into<String>) {
        self.journal.write(username, reason, text.into());
    }

    /// Finds the attempt that an answer belongs to.
    ///
    /// # Errors
    /// When it belongs to none that is still open in this session.
    pub(super) fn admit(
        &mut self,
        session: &str,
        ceremony: Ceremony,
        client_data: &ClientData,
        digest: &[u8; 32],
    ) -> Result<Admitted, Refusal> {
        let value = &client_data.challenge;
        let Some(challenge) = self.challenges.get(value).cloned() else {
            self.retire_latest(session, ceremony);
            return Err(Refusal::new(Reason::ChallengeMismatch, "the challenge is not one that was issued in the last ten minutes"));
        };
        let refuse = |reason, detail: &str| Err(Refusal::new(reason, detail).about(challenge.username.as_deref()));
        if challenge.session != session {
            // The other session's challenge stays as it is: a stranger must not be able to end somebody's attempt.
            self.retire_latest(session, ceremony);
            return refuse(Reason::ChallengeMismatch, "the challenge was issued to another session, or the session's cookie was lost");
        }
        if challenge.ceremony != ceremony {
            self.retire_latest(session, ceremony);
            self.challenges.retire(value);
            return refuse(Reason::ChallengeMismatch, &format!("the challenge was issued for a {}", challenge.ceremony.name()));
        }
        match &challenge.state {
            State::Settled(settled) if self.is_diagnosing() && settled.digest == *digest => self.repeat(session, &challenge, settled),
            State::Settled(_) => refuse(Reason::ChallengeUsed, "the challenge was answered before, with another answer"),
            State::Retired => refuse(Reason::ChallengeUsed, "the attempt had ended before this answer came"),
            State::Open if challenge.is_expired(self.clock.now()) => {
                self.challenges.retire(value);
                let age = self.clock.now() - challenge.issued;
                refuse(Reason::ChallengeExpired, &format!("answered {} s after it was issued", age.as_secs()))
            }
            State::Open => Ok(Admitted::Fresh(Box::new(challenge))),
        }
    }

    /// The attempt is over even if its answer named another challenge (invariant I3).
    fn retire_latest(&mut self, session: &str, ceremony: Ceremony) {
        if let Some(value) = self.challenges.latest(session, ceremony).map(Challenge::value) {
            self.challenges.retire(&value);
        }
    }

    /// The answer to a request that came before. A registration is idempotent, as long as its effect still stands; a log-in is not: its answer
    /// carried the cookie of a new session, and whoever sends the request again may be another (WebAuthn-3 §13.4.3).
    fn repeat(&mut self, session: &str, challenge: &Challenge, settled: &Settled) -> Result<Admitted, Refusal> {
        match &settled.outcome {
            Err(refusal) => Err(refusal.clone()),
            Ok(_) if challenge.ceremony == Ceremony::Authentication => {
                let refusal =
                    Refusal::new(Reason::ChallengeUsed, "the same answer came again; the sign-in that it made is another session's");
                Err(refusal.about(settled.username.as_deref()))
            }
            Ok(_) if !self.still_stands(session, challenge.ceremony, settled) => {
                let refusal = Refusal::new(Reason::ChallengeUsed, "the attempt succeeded once, but its effect has been undone since");
                Err(refusal.about(settled.username.as_deref()))
            }
            Ok(body) => {
                if let Some(username) = &settled.username {
                    let text = format!("{}: the same answer came again, nothing was done twice", challenge.ceremony.name());
                    self.log_success(username, challenge.ceremony.reconciled(), text);
                }
                let mut body = body.clone();
                body["reconciled"] = true.into();
                Ok(Admitted::Repeated(body))
            }
        }
    }

    /// Whether what a successful attempt did is still so.
    pub(super) fn still_stands(&self, session: &str, ceremony: Ceremony, settled: &Settled) -> bool {
        let Some(username) = settled.username.as_deref() else { return false };
        match ceremony {
            Ceremony::Authentication => self.sessions.get(session).is_some_and(|session| session.is_logged_in_as(username)),
            Ceremony::Registration => {
                let registered = settled.outcome.as_ref().ok().and_then(|body| body.get("credentialId")).and_then(Value::as_str);
                let stored = self.accounts.passkey(username);
                stored
                    .is_some_and(|passkey| Some(data_encoding::BASE64URL_NOPAD.encode(&passkey.credential.cred_id).as_str()) == registered)
            }
        }
    }

    /// All that the account has, for `signalAllAcceptedCredentials`.
    pub(super) fn accepted_credentials(&self, username: &str) -> Signal {
        let ids = self.accounts.passkey(username).map(|passkey| passkey.credential.cred_id.clone()).into_iter().collect();
        Signal::AllAcceptedCredentials { user_handle: self.accounts.handle(username), ids }
    }

    /// GET /session.
    pub(super) fn session_state(&mut self, session: &str, _: &Body) -> Result<Value, Refusal> {
        let session = self.sessions.get_mut(session);
        Ok(json!({
            "authenticated": session.username().is_some(),
            "username": session.username(),
            "rights": session.rights(),
            "draft": session.draft,
        }))
    }

    /// PUT /session/draft.
    pub(super) fn keep_draft(&mut self, session: &str, body: &Body) -> Result<Value, Refusal> {
        self.sessions.get_mut(session).draft = body.text("/draft")?.unwrap_or_default().to_owned();
        Ok(answer::success(Value::Null))
    }
}
