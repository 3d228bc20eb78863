//! Failures that only the client saw: what the page or app reports, and what its user is then shown.

use faultkey_fault_injection::{Language, Text};
use serde_json::{Value, json};

use super::answer;
use super::broker::Broker;
use super::challenge::{Ceremony, Challenge, LIFETIME, State};
use super::client_error::ClientError;
use super::reason::Reason;
use super::refusal::Refusal;
use super::request::Body;

/// Characters of the client's own message that are logged.
const MESSAGE_KEPT: usize = 200;

/// How far the attempt had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Options,
    Dialog,
    Verify,
}

/// What the client reports.
struct Report {
    username: String,
    ceremony: Ceremony,
    phase: Phase,
    error: ClientError,
    platform_authenticator_available: Option<bool>,
    /// The dialog ended because the client's timer did: it was open for as long as the options allowed.
    timed_out: bool,
    challenge: Option<String>,
    credential_id: Option<Vec<u8>>,
    detail: String,
}

impl Report {
    fn read(body: &Body) -> Result<Self, Refusal> {
        let username = body.required_text("/username")?.to_owned();
        body.required_text("/ceremony")?;
        let ceremonies = [("registration", Ceremony::Registration), ("authentication", Ceremony::Authentication)];
        let ceremony = body.choice("/ceremony", &ceremonies, Ceremony::Authentication)?;
        let phase_name = body.required_text("/phase")?;
        let phases = [("options", Phase::Options), ("dialog", Phase::Dialog), ("verify", Phase::Verify)];
        let phase = body.choice("/phase", &phases, Phase::Dialog)?;
        let error = body.required_text("/error")?;
        let message: String = body.text("/message")?.unwrap_or_default().chars().take(MESSAGE_KEPT).collect();
        let timed_out = body.member("/elapsed").and_then(Value::as_u64).is_some_and(|millis| u128::from(millis) >= LIFETIME.as_millis());
        let elapsed = body.member("/elapsed").map_or(String::new(), |millis| format!(" after {millis} ms"));
        Ok(Self {
            detail: format!("the client reports {error} in phase {phase_name}{elapsed}: {message}"),
            username,
            ceremony,
            phase,
            error: ClientError::named(error),
            timed_out,
            platform_authenticator_available: body.flag("/platformAuthenticatorAvailable")?,
            challenge: body.text("/challenge")?.map(str::to_owned),
            credential_id: body.bytes("/credentialId")?,
        })
    }

    /// The reason, as far as an exception's name and the phase tell (catalogue §0.2).
    fn reason(&self) -> Reason {
        match self.phase {
            Phase::Options => return Reason::InterruptedBeforeChallenge,
            Phase::Verify if self.ceremony == Ceremony::Registration => return Reason::InterruptedRegistration,
            Phase::Verify => return Reason::InterruptedLogIn,
            Phase::Dialog => {}
        }
        // Whoever cancels, or has no passkey, is quicker; a key that was unplugged says nothing until the timer ends (catalogue §0.3, CT-03).
        if self.timed_out && matches!(self.error, ClientError::NotAllowed | ClientError::Timeout) {
            return match self.ceremony {
                Ceremony::Registration => Reason::NoAnswerToRegistration,
                Ceremony::Authentication => Reason::NoAnswerToLogIn,
            };
        }
        let no_verification = self.platform_authenticator_available == Some(false);
        match self.error {
            ClientError::NotAllowed | ClientError::NotSupported if no_verification => Reason::NoPlatformVerification,
            ClientError::NotAllowed | ClientError::Timeout | ClientError::NotUsed => Reason::PasskeyNotUsable,
            ClientError::InvalidState if self.ceremony == Ceremony::Registration => Reason::AlreadyRegistered,
            ClientError::NotSupported | ClientError::ProviderMissing => Reason::DeviceUnsupported,
            ClientError::Security => Reason::DomainCheckFailed,
            ClientError::Interrupted => Reason::Aborted,
            ClientError::InvalidState | ClientError::Other => Reason::ClientError,
        }
    }
}

impl Broker {
    /// POST /ceremony/failure.
    pub(super) fn client_failure(&mut self, session: &str, body: &Body) -> Result<Value, Refusal> {
        let report = Report::read(body)?;
        let language = body.language;
        let refusal = Refusal::new(report.reason(), report.detail.clone()).during(report.ceremony).about(Some(&report.username));
        if !self.is_diagnosing() {
            return Err(refusal);
        }
        let attempt = self.attempt(session, &report);
        if report.phase == Phase::Verify
            && let Some(challenge) = &attempt
        {
            if let Some(reconciled) = self.reconcile(session, challenge, language) {
                return Ok(reconciled);
            }
            if challenge.ceremony == Ceremony::Authentication {
                // The answer with the new session's cookie was lost. Nobody has that session.
                self.sessions.end_unseen_successor(session);
            }
            if let State::Settled(settled) = &challenge.state
                && let Err(refused) = &settled.outcome
            {
                // The answer that was lost on the way.
                return Ok(answer::explanation("explained", &self.site.rp_id, refused, language));
            }
        }
        if refusal.reason == Reason::AlreadyRegistered
            && let Some(reconciled) = self.reconcile_registration(session, &report.username, language)
        {
            return Ok(reconciled);
        }
        Ok(self.explain(&report, refusal, attempt.as_ref(), language))
    }

    /// The attempt that the report is about. One of another session is nobody's business.
    fn attempt(&self, session: &str, report: &Report) -> Option<Challenge> {
        // Where the cookie of a log-in arrived and its body did not, the report comes from the session that the log-in made.
        let latest = |session| self.challenges.latest(session, report.ceremony);
        let named = match &report.challenge {
            Some(value) => self.challenges.get(value),
            None => latest(session).or_else(|| latest(self.sessions.predecessor(session)?)),
        };
        let is_ours = |challenge: &&Challenge| challenge.session == session || self.sessions.follows(session, &challenge.session);
        named.filter(is_ours).filter(|challenge| challenge.ceremony == report.ceremony).cloned()
    }

    /// The answer was lost, but what it would have said is so (catalogue NW-04, NW-05). Of a log-in that can be so only where its cookie
    /// arrived.
    fn reconcile(&mut self, session: &str, challenge: &Challenge, language: Language) -> Option<Value> {
        let State::Settled(settled) = &challenge.state else { return None };
        if settled.outcome.is_err() || !self.still_stands(session, challenge.ceremony, settled) {
            return None;
        }
        let username = settled.username.clone()?;
        let message = match challenge.ceremony {
            Ceremony::Authentication => {
                Text::new("The connection broke, but you are signed in.", "通信が途切れましたが、ログインは完了しています。")
            }
            Ceremony::Registration => Text::new(
                "The connection broke, but your passkey is registered. You can sign in with it.",
                "通信が途切れましたが、パスキーは登録されています。このパスキーでログインできます。",
            ),
        };
        let code = challenge.ceremony.reconciled();
        let text = format!("{}: the client lost the answer; the attempt had succeeded and stands", challenge.ceremony.name());
        self.log_success(&username, code, text);
        Some(self.reconciled(session, &username, code, message.get(language)))
    }

    /// The device says that it is registered. That is good news only if this session registered it and nobody has tried it since:
    /// then an earlier answer was lost. Otherwise the passkey may be dead (catalogue AK-01 d), and saying "you are fine" is wrong.
    fn reconcile_registration(&mut self, session: &str, username: &str, language: Language) -> Option<Value> {
        let passkey = self.accounts.passkey(username)?;
        if passkey.registered_in != session || passkey.tried {
            return None;
        }
        let code = Ceremony::Registration.reconciled();
        self.log_success(username, code, "registration: the device has the passkey that this session registered");
        let message = Text::new(
            "Your passkey is registered already. Sign in with it. If that fails, sign in by password or telephone, and register again.",
            "パスキーはすでに登録されています。このパスキーでログインしてください。ログインできない場合は、パスワードまたは電話でログインし、登録し直してください。",
        );
        let mut body = self.reconciled(session, username, code, message.get(language));
        body["next"] = answer::ways(Reason::AlreadyRegistered.ways(), Ceremony::Authentication, language);
        Some(body)
    }

    fn reconciled(&mut self, session: &str, username: &str, code: &str, message: &str) -> Value {
        json!({
            "status": "reconciled",
            "errorMessage": message,
            "code": code,
            "rights": self.sessions.get_mut(session).rights(),
            "next": [],
            "signal": answer::signals(&self.site.rp_id, &[self.accepted_credentials(username)]),
        })
    }

    fn explain(&mut self, report: &Report, mut refusal: Refusal, attempt: Option<&Challenge>, language: Language) -> Value {
        let answerable = attempt.is_some_and(|challenge| challenge.is_answerable(self.clock.now()));
        match (report.phase, report.ceremony) {
            (Phase::Dialog, ceremony) => {
                // The attempt ended on the device: its challenge ends with it (invariant I3).
                if let Some(challenge) = attempt {
                    self.challenges.retire(&challenge.value());
                }
                if ceremony == Ceremony::Authentication
                    && let Some(passkey) = self.accounts.passkey_mut(&report.username)
                {
                    passkey.tried = true;
                }
            }
            // The new passkey can no longer be registered: it is an orphan on the device.
            (Phase::Verify, Ceremony::Registration) if !answerable => {
                if let Some(id) = &report.credential_id {
                    refusal = self.disown(refusal, id);
                }
            }
            _ => {}
        }
        self.log_failure(&report.username, &refusal);
        let mut body = answer::explanation("explained", &self.site.rp_id, &refusal, language);
        // Nothing is lost yet: the same answer may be sent again (catalogue NW-03, NW-06).
        if report.phase == Phase::Verify
            && answerable
            && let Some(retry) = body.pointer_mut("/next/0/href")
        {
            *retry = match report.ceremony {
                Ceremony::Registration => "/attestation/result".into(),
                Ceremony::Authentication => "/assertion/result".into(),
            };
        }
        body
    }
}
