//! How the lab speaks to a relying party: requests over HTTP for ceremonies and hooks.

mod account;
mod answer;
mod built_in;
mod content;
mod curl;
mod encoding;
mod error;
mod exchange;
mod hook;
mod kept;
mod lost;
mod mapping;
mod observation;
mod pace;
mod placeholder;
mod proxy;
mod related_origins;
mod request;
mod rule;
mod session;
mod source;
mod talk;
mod target;
mod template;
mod tls;
mod wish;

pub use account::{AccountState, LogLine, StoredCredential, TestAccount};
pub use answer::{Answer, Arrived, Unread};
pub use built_in::Tried;
pub use curl::curl;
pub use encoding::Encoding;
pub use error::{AdapterError, Misfit, Mismatch, Unreachable, Why};
pub use lost::Lost;
pub use mapping::Mapping;
pub use observation::{Observation, Unseen};
pub use pace::Pace;
pub use proxy::Proxies;
pub use session::Session;
pub use target::{Target, without_user};
pub use wish::{ClientFailure, Fallback, Wish};

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use faultkey_fault_injection::{Faults, NetworkRequest};
use faultkey_transport::Transcript;
use serde_json::{Value, json};

use crate::Clock;
use exchange::{Decide, Wire};
use mapping::{Before, Once, SessionCheck};
use request::Untold;
use source::Looking;
use target::Route;
use template::Values;

/// How long a request may take before the client's side gives up, if nothing else is said.
const PATIENCE: Duration = Duration::from_secs(10);

/// Sections with what comes before a ceremony.
const REGISTRATION: &str = "registration.before";
const AUTHENTICATION: &str = "authentication.before";

/// A relying party behind its adapter file.
pub struct Adapter {
    mapping: Mapping,
    origin: String,
    wire: Wire,
    pace: Option<Pace>,
    /// Requests before a ceremony that are sent once for each account, by section and number.
    done: Mutex<BTreeSet<(&'static str, usize, String)>>,
    /// Requests so far.
    count: AtomicU64,
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
        let secrets = mapping.secrets().clone();
        route.hide(&secrets);
        transcript.hide(secrets.clone());
        let wire = Wire { route, decide, transcript, secrets, clock, patience: PATIENCE, answered: AtomicBool::new(false) };
        Ok(Adapter { mapping, origin, wire, pace: None, done: Mutex::default(), count: AtomicU64::new(0) })
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

    /// What comes before a registration, for this account in this session. Its options see to it where this was not called.
    ///
    /// # Errors
    /// [`AdapterError`], as for every request; [`AdapterError::Mismatch`] when it is refused.
    pub async fn before_registration(&self, session: &mut Session, account: &TestAccount) -> Result<(), AdapterError> {
        self.before(session, REGISTRATION, &self.mapping.file.registration.before, Some(account)).await?;
        session.ready = Some(REGISTRATION);
        Ok(())
    }

    /// What comes before a log-in, likewise.
    ///
    /// # Errors
    /// As [`Adapter::before_registration`]; [`AdapterError::Impossible`] when there is no user name and what comes before needs one.
    pub async fn before_authentication(&self, session: &mut Session, account: Option<&TestAccount>) -> Result<(), AdapterError> {
        if account.is_none() && self.mapping.log_in_names_the_user() {
            return Err(AdapterError::Impossible(format!(
                "a log-in without a user name: [[authentication.before]] of the adapter `{}` signs in with one first",
                self.mapping.name
            )));
        }
        self.before(session, AUTHENTICATION, &self.mapping.file.authentication.before, account).await?;
        session.ready = Some(AUTHENTICATION);
        Ok(())
    }

    /// What comes before a registration, and its options.
    ///
    /// # Errors
    /// [`AdapterError`], as for every request; [`AdapterError::Mismatch`] when what comes before is refused.
    pub async fn registration_options(&self, session: &mut Session, account: &TestAccount, wish: &Wish) -> Result<Answer, AdapterError> {
        if session.ready.take() != Some(REGISTRATION) {
            self.before_registration(session, account).await?;
            session.ready = None;
        }
        let section = &self.mapping.file.registration.options;
        let call = section.call("registration.options");
        self.ask(session, NetworkRequest::RegistrationOptions, call, &wish.values(Some(account)), Some(&section.options)).await
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
        let values = account.with_credential(self.mapping.file.encoding.credential(credential));
        self.ask(session, NetworkRequest::RegistrationVerify, call, &values, None).await
    }

    /// What comes before a log-in, and its options. `account` is `None` for a log-in without a user name.
    ///
    /// # Errors
    /// As [`Adapter::registration_options`]; [`AdapterError::Impossible`] when there is no user name and what comes before needs one.
    pub async fn authentication_options(
        &self,
        session: &mut Session,
        account: Option<&TestAccount>,
        wish: &Wish,
    ) -> Result<Answer, AdapterError> {
        if session.ready.take() != Some(AUTHENTICATION) {
            self.before_authentication(session, account).await?;
            session.ready = None;
        }
        let section = &self.mapping.file.authentication.options;
        let call = section.call("authentication.options");
        self.ask(session, NetworkRequest::AuthenticationOptions, call, &wish.values(account), Some(&section.options)).await
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
        let values = account.with_credential(self.mapping.file.encoding.credential(credential));
        self.ask(session, NetworkRequest::AuthenticationVerify, call, &values, None).await
    }

    /// The requests before a ceremony: a sign-up once for each account, a sign-in once in each session, all else each time.
    async fn before(
        &self,
        session: &mut Session,
        section: &'static str,
        requests: &[Before],
        account: Option<&TestAccount>,
    ) -> Result<(), AdapterError> {
        let values = account.map(TestAccount::values).unwrap_or_default();
        for (number, before) in requests.iter().enumerate() {
            let again = match before.once {
                None => true,
                Some(Once::Session) => session.done.insert((section, number)),
                Some(Once::Account) => {
                    let username = account.map(|account| account.username.clone()).unwrap_or_default();
                    self.done.lock().unwrap_or_else(PoisonError::into_inner).insert((section, number, username))
                }
            };
            if again && !(before.unless_signed_in && self.signed_in(session).await?) {
                self.demand_before(session, before.call(section), &values).await.map_err(Untold::error)?;
            }
        }
        Ok(())
    }

    /// What can't be seen is not so.
    async fn signed_in(&self, session: &mut Session) -> Result<bool, AdapterError> {
        Ok(matches!(self.is_authenticated(session).await?, Observation::Seen(true)))
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
        self.ask(session, NetworkRequest::Other, report.call("report"), &values, None).await.map(Observation::Seen)
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
        self.ask(session, NetworkRequest::Other, action.call(section), &account.values(), None).await.map(Observation::Seen)
    }

    /// The signed-in user removes the passkey that no longer works, so that the device can make a new one.
    ///
    /// # Errors
    /// [`AdapterError`], when the request can't be made at all.
    pub async fn remove_passkey(&self, session: &mut Session, account: &TestAccount) -> Result<Observation<()>, AdapterError> {
        let section = "fallback.remove-passkey";
        let requests = &self.mapping.file.fallback.remove_passkey;
        if requests.is_empty() {
            return Ok(no_section(section));
        }
        for request in requests {
            if let Err(untold) = self.demand(session, request.call(section), &account.values()).await {
                return untold.unseen();
            }
        }
        Ok(Observation::Seen(()))
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
            _ => {
                let href = self.wire.secrets.mask_and_cut(&href, kept::TEXT, 0);
                return unseen(Unseen::ElsewhereAddress { way: way.to_owned(), href });
            }
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
        let met = self.look(session, call, &Values::default()).await?;
        let json = met.received.json();
        // A server that fails says nothing of the session.
        if met.received.status >= 500 {
            return Err(self.refused(call.section, &met));
        }
        let looking = Looking { received: &met.received, json: json.as_ref(), session };
        let (accepted, _) = call.request.rules.accept(&looking);
        Ok(accepted && check.pointer.as_ref().is_none_or(|pointer| check.is_signed_in(pointer, json.as_ref())))
    }
}

fn no_section<T>(section: &'static str) -> Observation<T> {
    Observation::NotObservable(Unseen::NoSection(section))
}

impl TestAccount {
    fn values(&self) -> Values {
        let mut values = Values::from([
            ("username", json!(self.username)),
            ("display_name", json!(self.display_name)),
            ("password", json!(self.password)),
        ]);
        if let Some(shown) = &self.password_shown {
            values.hide("password", shown.clone());
        }
        values
    }

    fn with_credential(&self, credential: Value) -> Values {
        let mut values = self.values();
        values.insert("credential", credential);
        values
    }
}

impl Wish {
    fn values(&self, account: Option<&TestAccount>) -> Values {
        let mut values = account.map(TestAccount::values).unwrap_or_default();
        values.insert("user_verification", self.user_verification.clone());
        values.insert("resident_key", self.resident_key.clone());
        values.insert("require_resident_key", self.resident_key == "required");
        values.insert("attestation", self.attestation.clone());
        values.insert("replace", self.replace);
        values
    }
}

impl ClientFailure {
    fn values(&self, account: &TestAccount) -> Values {
        let mut values = account.values();
        values.insert("ceremony", self.ceremony.clone());
        values.insert("phase", self.phase.clone());
        values.insert("error", self.error.clone());
        values.insert("message", self.message.clone());
        values.insert("elapsed", self.elapsed);
        let optional = [
            ("platform_authenticator_available", self.platform_authenticator_available.map(Value::from)),
            ("challenge", self.challenge.clone().map(Value::from)),
            ("credential_id", self.credential_id.clone().map(Value::from)),
        ];
        for (name, value) in optional {
            if let Some(value) = value {
                values.insert(name, value);
            }
        }
        values
    }
}

#[cfg(test)]
mod tests;
