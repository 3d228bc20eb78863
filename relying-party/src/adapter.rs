//! How the lab speaks to a relying party: a mapping from ceremonies and hooks to JSON over HTTP.

mod account;
mod answer;
mod curl;
mod error;
mod exchange;
mod hook;
mod lost;
mod mapping;
mod observation;
mod pace;
mod proxy;
mod related_origins;
mod request;
mod session;
mod talk;
mod target;
mod template;
mod tls;
mod wish;

pub use account::{AccountState, LogLine, StoredCredential, TestAccount};
pub use answer::{Answer, Arrived, Unread};
pub use curl::curl;
pub use error::{AdapterError, Misfit, Mismatch, Unreachable, Why};
pub use lost::Lost;
pub use mapping::Mapping;
pub use observation::{Observation, Unseen};
pub use pace::Pace;
pub use proxy::Proxies;
pub use session::Session;
pub use target::Target;
pub use wish::{ClientFailure, Fallback, Wish};

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use faultkey_fault_injection::{Faults, NetworkRequest};
use faultkey_transport::Transcript;
use serde_json::{Value, json};

use crate::Clock;
use exchange::{Decide, Wire};
use mapping::SessionCheck;
use request::Untold;
use target::Route;
use template::Values;

/// How long a request may take before the client's side gives up, if nothing else is said.
const PATIENCE: Duration = Duration::from_secs(10);

/// A relying party behind its mapping.
pub struct Adapter {
    mapping: Mapping,
    origin: String,
    wire: Wire,
    pace: Option<Pace>,
}

impl Adapter {
    /// # Errors
    /// When the target's certificate authority can't be read or the URL can't be used.
    pub fn new(mapping: Mapping, target: Target, faults: Faults, transcript: Transcript, clock: Clock) -> Result<Self, AdapterError> {
        let decide = Arc::new(move |now, request| faults.network(now, &request));
        Adapter::deciding(mapping, target, decide, transcript, clock)
    }

    fn deciding(mapping: Mapping, target: Target, decide: Decide, transcript: Transcript, clock: Clock) -> Result<Self, AdapterError> {
        let route = Route::new(target, mapping.tls.clone())?;
        let origin = mapping.origin.clone().unwrap_or_else(|| route.url.origin().ascii_serialization());
        let wire = Wire { route, decide, transcript, clock, patience: PATIENCE, answered: AtomicBool::new(false) };
        Ok(Adapter { mapping, origin, wire, pace: None })
    }

    /// How long a request may take before the client's side gives up; 10 s unless this is said.
    #[must_use]
    pub fn patient(mut self, patience: Duration) -> Self {
        self.wire.patience = patience;
        self
    }

    /// Keeps a pace, and waits where the relying party's rate limit says so: a request that it refuses is sent again, four times at most. Without
    /// a pace nobody waits, and the refusal is the answer. Only real time passes, none of the run's.
    #[must_use]
    pub fn paced(mut self, pace: Pace) -> Self {
        self.pace = Some(pace);
        self
    }

    /// The relying party has answered somebody before: from the first request on, one that can't be connected to has stopped answering, which
    /// is an [`Answer`] that did not arrive and no [`AdapterError::Unreachable`].
    #[must_use]
    pub fn answered_before(mut self) -> Self {
        self.wire.answered = AtomicBool::new(true);
        self
    }

    /// Whether the relying party takes a connection.
    pub async fn listens(&self) -> bool {
        self.wire.route.listens().await
    }

    /// The origin that the client claims.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The relying party's id, if the mapping names it.
    #[must_use]
    pub fn rp_id(&self) -> Option<&str> {
        self.mapping.rp_id.as_deref()
    }

    /// A session without cookies.
    #[must_use]
    pub fn session(&self) -> Session {
        Session::default()
    }

    /// # Errors
    /// [`AdapterError`], as for every request.
    pub async fn registration_options(&self, session: &mut Session, account: &TestAccount, wish: &Wish) -> Result<Answer, AdapterError> {
        let section = &self.mapping.file.registration.options;
        let call = section.call("registration.options");
        self.ask(session, NetworkRequest::RegistrationOptions, &call, &wish.values(Some(account)), Some(&section.options)).await
    }

    /// # Errors
    /// [`AdapterError`], as for every request.
    pub async fn registration_result(
        &self,
        session: &mut Session,
        account: &TestAccount,
        credential: &Value,
    ) -> Result<Answer, AdapterError> {
        let call = self.mapping.file.registration.verify.call("registration.verify");
        self.ask(session, NetworkRequest::RegistrationVerify, &call, &account.with_credential(credential), None).await
    }

    /// `account` is `None` for a log-in without a user name.
    ///
    /// # Errors
    /// [`AdapterError`], as for every request.
    pub async fn authentication_options(
        &self,
        session: &mut Session,
        account: Option<&TestAccount>,
        wish: &Wish,
    ) -> Result<Answer, AdapterError> {
        let section = &self.mapping.file.authentication.options;
        let call = section.call("authentication.options");
        self.ask(session, NetworkRequest::AuthenticationOptions, &call, &wish.values(account), Some(&section.options)).await
    }

    /// # Errors
    /// [`AdapterError`], as for every request.
    pub async fn authentication_result(
        &self,
        session: &mut Session,
        account: &TestAccount,
        credential: &Value,
    ) -> Result<Answer, AdapterError> {
        let call = self.mapping.file.authentication.verify.call("authentication.verify");
        self.ask(session, NetworkRequest::AuthenticationVerify, &call, &account.with_credential(credential), None).await
    }

    /// Tells the relying party of a failure that only the client saw, and gets what the user is shown.
    ///
    /// # Errors
    /// [`AdapterError`], as for every request.
    pub async fn report(
        &self,
        session: &mut Session,
        account: &TestAccount,
        failure: &ClientFailure,
    ) -> Result<Observation<Answer>, AdapterError> {
        let Some(report) = &self.mapping.file.report else { return Ok(no_section("report")) };
        let values = failure.values(account);
        self.ask(session, NetworkRequest::Other, &report.call("report"), &values, None).await.map(Observation::Seen)
    }

    /// One step of another way to prove who one is. After [`Fallback::SupportReset`] the support desk acts ([`Adapter::reset`]).
    ///
    /// # Errors
    /// [`AdapterError`], as for every request.
    pub async fn fall_back(
        &self,
        session: &mut Session,
        account: &TestAccount,
        way: Fallback,
    ) -> Result<Observation<Answer>, AdapterError> {
        let fallback = &self.mapping.file.fallback;
        let (section, action) = match way {
            Fallback::Password => ("fallback.password", &fallback.password),
            Fallback::Phone => ("fallback.phone", &fallback.phone),
            Fallback::SupportReset => ("fallback.support-reset", &fallback.support_reset),
        };
        let Some(action) = action else { return Ok(no_section(section)) };
        self.ask(session, NetworkRequest::Other, &action.call(section), &account.values(), None).await.map(Observation::Seen)
    }

    /// Whether a way out that the last answer offered (its name as in [`Answer::next`]) is really there: one step from the error page.
    ///
    /// # Errors
    /// [`AdapterError`], as for every request.
    pub async fn way_out_exists(&self, session: &mut Session, way: &str) -> Result<Observation<bool>, AdapterError> {
        let unseen = |unseen| Ok(Observation::NotObservable(unseen));
        match &self.mapping.file.result.next {
            None => return unseen(Unseen::NoField { section: "result", field: "next" }),
            Some(next) if next.href.is_none() => return unseen(Unseen::NoField { section: "result", field: "next.href" }),
            Some(_) => {}
        }
        let Some(href) = session.ways.get(way) else { return Ok(Observation::Seen(false)) };
        let Some(href) = href.clone() else { return unseen(Unseen::NoAddress { way: way.to_owned() }) };
        let url = match self.wire.route.url.join(&href) {
            Ok(url) if url.origin() == self.wire.route.url.origin() => url,
            _ => return unseen(Unseen::ElsewhereAddress { way: way.to_owned(), href }),
        };
        match self.get(session, "result", url).await {
            // 405: it is there, for another method.
            Ok(received) => Ok(Observation::Seen(matches!(received.status, 200..400 | 405))),
            Err(untold) => untold.unseen(),
        }
    }

    /// # Errors
    /// [`AdapterError`], as for every request.
    pub async fn is_authenticated(&self, session: &mut Session) -> Result<Observation<bool>, AdapterError> {
        let Some(check) = &self.mapping.file.session else { return Ok(no_section("session")) };
        self.check_session(check, session).await.map(Observation::Seen).or_else(Untold::unseen)
    }

    async fn check_session(&self, check: &SessionCheck, session: &mut Session) -> Result<bool, Untold> {
        let call = check.call("session");
        let met = self.look(session, &call, &Values::new()).await?;
        match (met.received.status, &check.pointer) {
            (200..300, None) => Ok(true),
            (200..300, Some(pointer)) => {
                let says = met.received.json().and_then(|json| check.is_signed_in(pointer, &json));
                says.ok_or_else(|| self.missing(call.section, "pointer", pointer, &met))
            }
            // A server that fails says nothing of the session.
            (500.., _) => Err(self.refused(call.section, &met)),
            _ => Ok(false),
        }
    }
}

fn no_section<T>(section: &'static str) -> Observation<T> {
    Observation::NotObservable(Unseen::NoSection(section))
}

impl TestAccount {
    fn values(&self) -> Values {
        Values::from([("username", json!(self.username)), ("display_name", json!(self.display_name)), ("password", json!(self.password))])
    }

    fn with_credential(&self, credential: &Value) -> Values {
        let mut values = self.values();
        values.insert("credential", credential.clone());
        values
    }
}

impl Wish {
    fn values(&self, account: Option<&TestAccount>) -> Values {
        let mut values = account.map(TestAccount::values).unwrap_or_default();
        values.extend([
            ("user_verification", json!(self.user_verification)),
            ("resident_key", json!(self.resident_key)),
            ("require_resident_key", json!(self.resident_key == "required")),
            ("attestation", json!(self.attestation)),
            ("replace", json!(self.replace)),
        ]);
        values
    }
}

impl ClientFailure {
    fn values(&self, account: &TestAccount) -> Values {
        let mut values = account.values();
        values.extend([
            ("ceremony", json!(self.ceremony)),
            ("phase", json!(self.phase)),
            ("error", json!(self.error)),
            ("message", json!(self.message)),
            ("elapsed", json!(self.elapsed)),
        ]);
        let optional = [
            ("platform_authenticator_available", self.platform_authenticator_available.map(Value::from)),
            ("challenge", self.challenge.clone().map(Value::from)),
            ("credential_id", self.credential_id.clone().map(Value::from)),
        ];
        values.extend(optional.into_iter().filter_map(|(name, value)| Some((name, value?))));
        values
    }
}

#[cfg(test)]
mod tests;
