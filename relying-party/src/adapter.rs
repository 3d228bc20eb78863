//! How the lab speaks to a relying party: a mapping from ceremonies and hooks to JSON over HTTP.

mod account;
mod answer;
mod error;
mod exchange;
mod hook;
mod mapping;
mod request;
mod session;
mod target;
mod template;
mod wish;

pub use account::{AccountState, LogLine, StoredCredential, TestAccount};
pub use answer::{Answer, Arrived};
pub use error::AdapterError;
pub use mapping::Mapping;
pub use session::Session;
pub use target::Target;
pub use wish::{ClientFailure, Fallback, Wish};

use std::sync::Arc;
use std::time::Duration;

use faultkey_fault_injection::{Faults, NetworkRequest};
use faultkey_transport::Transcript;
use serde_json::{Value, json};

use crate::Clock;
use exchange::{Decide, Wire};
use target::Route;
use template::Values;

/// How long a request may take before the client's side gives up.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is known of something that needs a hook or a pointer of the mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observation<T> {
    Seen(T),
    /// The mapping offers no way to see it; why.
    NotObservable(String),
}

/// A relying party behind its mapping.
pub struct Adapter {
    mapping: Mapping,
    origin: String,
    wire: Wire,
}

impl Adapter {
    /// # Errors
    /// When the target's certificate authority can't be read or the URL can't be used.
    pub fn new(mapping: Mapping, target: Target, faults: Faults, transcript: Transcript, clock: Clock) -> Result<Self, AdapterError> {
        let decide = Arc::new(move |now, request| faults.network(now, &request));
        Adapter::deciding(mapping, target, decide, transcript, clock, PATIENCE)
    }

    fn deciding(
        mapping: Mapping,
        target: Target,
        decide: Decide,
        transcript: Transcript,
        clock: Clock,
        patience: Duration,
    ) -> Result<Self, AdapterError> {
        let route = Route::new(target)?;
        let origin = mapping.origin.clone().unwrap_or_else(|| route.url.origin().ascii_serialization());
        Ok(Adapter { mapping, origin, wire: Wire { route, decide, transcript, clock, patience } })
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
        let Some(report) = &self.mapping.file.report else { return Ok(self.not_observable("report")) };
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
        let Some(action) = action else { return Ok(self.not_observable(section)) };
        self.ask(session, NetworkRequest::Other, &action.call(section), &account.values(), None).await.map(Observation::Seen)
    }

    /// Whether a way out that the last answer offered (its name as in [`Answer::next`]) is really there: one step from the error page.
    ///
    /// # Errors
    /// [`AdapterError`], as for every request.
    pub async fn way_out_exists(&self, session: &mut Session, way: &str) -> Result<Observation<bool>, AdapterError> {
        let unknown = |text: String| Ok(Observation::NotObservable(text));
        match &self.mapping.file.result.next {
            None => return unknown(format!("the mapping `{}` has no `next` in its section [result]", self.mapping.name)),
            Some(next) if next.href.is_none() => {
                return unknown(format!("the mapping `{}` has no `href` in [result] `next`", self.mapping.name));
            }
            Some(_) => {}
        }
        let Some(href) = session.ways.get(way) else { return Ok(Observation::Seen(false)) };
        let Some(href) = href else { return unknown(format!("the answer offers `{way}` without an address")) };
        let url = match self.wire.route.url.join(href) {
            Ok(url) if url.origin() == self.wire.route.url.origin() => url,
            _ => return unknown(format!("the answer offers `{way}` at {href}, which is not on {}", self.wire.route.url)),
        };
        let received = self.get(session, url).await?;
        // 405: it is there, for another method.
        Ok(Observation::Seen(matches!(received.status, 200..400 | 405)))
    }

    /// # Errors
    /// [`AdapterError`], as for every request.
    pub async fn is_authenticated(&self, session: &mut Session) -> Result<Observation<bool>, AdapterError> {
        let Some(check) = &self.mapping.file.session else { return Ok(self.not_observable("session")) };
        let call = check.call("session");
        let met = self.meet(session, NetworkRequest::Other, &call, &Values::new()).await?;
        if !(200..300).contains(&met.received.status) {
            return Ok(Observation::Seen(false));
        }
        let Some(pointer) = &check.pointer else { return Ok(Observation::Seen(true)) };
        match met.received.json().as_ref().and_then(|json| json.pointer(&pointer.0)) {
            Some(value) => Ok(Observation::Seen(*value == check.equals)),
            None => Err(self.mismatch(call.section, &answer::Missing::new("pointer", pointer), &met)),
        }
    }

    fn not_observable<T>(&self, section: &str) -> Observation<T> {
        Observation::NotObservable(format!("the mapping `{}` has no section [{section}]", self.mapping.name))
    }
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
