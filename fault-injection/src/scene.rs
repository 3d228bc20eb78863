//! What a seam sees of the ceremony at one opportunity.

use std::fmt;

use ciborium::Value;
use data_encoding::BASE64URL_NOPAD;
use faultkey_authenticator::{Command, CredentialDescriptor, CredentialId, Request, UserEntity};
use faultkey_client::ClientData;

use crate::{NetworkRequest, Subject, Text, envelope::Match};

/// Registration or authentication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ceremony {
    Registration,
    Authentication,
}

impl Ceremony {
    pub const ALL: [Ceremony; 2] = [Ceremony::Registration, Ceremony::Authentication];
    pub const BOTH: &'static [Ceremony] = &Self::ALL;

    /// The ceremonies that a parameter lets through; `None` is both.
    #[must_use]
    pub const fn those(wanted: Option<Ceremony>) -> &'static [Ceremony] {
        match wanted {
            None => Self::BOTH,
            Some(Ceremony::Registration) => &[Ceremony::Registration],
            Some(Ceremony::Authentication) => &[Ceremony::Authentication],
        }
    }

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Ceremony::Registration => "registration",
            Ceremony::Authentication => "authentication",
        }
    }

    /// For people.
    #[must_use]
    pub const fn text(self) -> Text<&'static str> {
        match self {
            Ceremony::Registration => Text::new("registration", "登録"),
            Ceremony::Authentication => Text::new("authentication", "認証"),
        }
    }

    /// Whether a fault that is limited to `wanted` (`None`: any) concerns this ceremony.
    #[must_use]
    pub fn is(self, wanted: Option<Ceremony>) -> bool {
        wanted.is_none_or(|wanted| wanted == self)
    }

    /// The ceremony that a request belongs to; `None` for requests outside of ceremonies.
    #[must_use]
    pub const fn of(request: NetworkRequest) -> Option<Self> {
        match request {
            NetworkRequest::RegistrationOptions | NetworkRequest::RegistrationVerify => Some(Ceremony::Registration),
            NetworkRequest::AuthenticationOptions | NetworkRequest::AuthenticationVerify => Some(Ceremony::Authentication),
            NetworkRequest::Other => None,
        }
    }
}

impl From<ClientData> for Ceremony {
    fn from(client_data: ClientData) -> Self {
        match client_data {
            ClientData::Create => Ceremony::Registration,
            ClientData::Get => Ceremony::Authentication,
        }
    }
}

impl fmt::Display for Ceremony {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What the opportunity looks like to trigger and subject. What a seam can't see is `None`.
#[derive(Clone, Debug, Default)]
pub struct Seen<'a> {
    pub ceremony: Option<Ceremony>,
    pub rp_id: Option<&'a str>,
    pub origin: Option<&'a str>,
    pub user: Option<&'a UserEntity>,
}

impl Seen<'_> {
    pub(crate) fn matches(&self, wanted: &Match) -> bool {
        let same = |wanted: &Option<String>, seen: Option<&str>| wanted.is_none() || wanted.as_deref() == seen;
        same(&wanted.rp_id, self.rp_id) && same(&wanted.origin, self.origin) && same(&wanted.ceremony, self.ceremony.map(Ceremony::name))
    }

    pub(crate) fn concerns(&self, subject: &Subject) -> bool {
        let rp = subject.rp_id.is_none() || subject.rp_id.as_deref() == self.rp_id;
        let user = subject.user.as_ref().is_none_or(|wanted| {
            self.user.is_some_and(|user| user.name.as_ref() == Some(wanted) || BASE64URL_NOPAD.encode(&user.id) == *wanted)
        });
        rp && user
    }
}

/// One authenticatorMakeCredential, authenticatorGetAssertion or authenticatorGetNextAssertion, as its request has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    pub ceremony: Ceremony,
    pub rp_id: String,
    /// The account: as a registration names it; in an assertion, of the newest credential that can answer, if the layer knows one.
    pub user: Option<UserEntity>,
    /// The exclude list or allow list; `None` if there is none, or an empty one.
    pub listed: Option<Vec<CredentialId>>,
    /// Extension identifiers that the request asks for.
    pub extensions: Vec<String>,
    /// The client only looks whether a credential is there (`up: false`): no person sees it, no fault acts.
    pub silent: bool,
}

impl Scene {
    /// `None` for commands outside of ceremonies.
    #[must_use]
    pub fn of(request: &Request) -> Option<Self> {
        let ids = |list: &[CredentialDescriptor]| (!list.is_empty()).then(|| list.iter().map(|one| one.id.clone()).collect());
        let names = |extensions: &Option<Value>| {
            let pairs = extensions.as_ref().and_then(Value::as_map).into_iter().flatten();
            pairs.filter_map(|(name, _)| name.as_text().map(str::to_owned)).collect()
        };
        match &request.command {
            Command::MakeCredential(parameters) => Some(Self {
                ceremony: Ceremony::Registration,
                rp_id: parameters.rp.id.clone(),
                user: Some(parameters.user.clone()),
                listed: ids(&parameters.exclude_list),
                extensions: names(&parameters.extensions),
                silent: parameters.options.up == Some(false),
            }),
            Command::GetAssertion(parameters) => Some(Self {
                ceremony: Ceremony::Authentication,
                rp_id: parameters.rp_id.clone(),
                user: None,
                listed: ids(&parameters.allow_list),
                extensions: names(&parameters.extensions),
                silent: parameters.options.up == Some(false),
            }),
            _ => None,
        }
    }

    #[must_use]
    pub fn seen(&self) -> Seen<'_> {
        Seen { ceremony: Some(self.ceremony), rp_id: Some(&self.rp_id), origin: None, user: self.user.as_ref() }
    }
}
