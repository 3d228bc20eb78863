//! The faults. One file each, in a folder per layer; [`crate::registry`] lists them.
//!
//! A fault is a description ([`crate::FaultInfo`]), a check of its parameters, and a look: it is shown what passes at a seam and returns
//! a decision, a value, or `None` where there is nothing for it to do (then it is no opportunity, and trigger and schedule don't count it).
//! It changes nothing itself: the seam applies the decision, if trigger and schedule let it.

pub mod command;
pub mod encoding;
pub mod key_store;
pub mod network;
pub mod platform;
pub mod report;

use std::collections::BTreeMap;

use ciborium::Value;
use faultkey_authenticator::algorithm::PrivateKey;
use faultkey_authenticator::reply::Message;
use faultkey_authenticator::{CredentialId, Effect, Event, Flags, Random, Response, Status, UserAnswer, UserEntity, random};
use faultkey_client::{CollectedClientData, DomException};
use faultkey_transport::LineEvent;

use crate::scene::{Ceremony, Scene};
use crate::{NetworkDecision, NetworkRequest, Profile, ReportDecision, SeenReport, Text};

/// What a fault decided, and how the transcript says it, e.g. `signature counter 41 -> 7`.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision<T> {
    pub value: T,
    pub text: Text,
}

impl<T> Decision<T> {
    pub fn new(value: T, text: impl Into<Text>) -> Self {
        Self { value, text: text.into() }
    }
}

/// What becomes of a command before the authenticator sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interception {
    /// The authenticator gets it.
    Pass,
    /// Answered with this status at once.
    Respond(Status),
    /// Never answered.
    Drop,
    /// The user is asked for verification as usual; when approved, answered with this status.
    VerifyThenRespond(Status),
}

/// One change to a decided answer, before it is signed.
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    Flags(Flags),
    Extensions(Value),
    RpIdHash([u8; 32]),
    /// The user handle that an assertion returns.
    UserHandle(Vec<u8>),
    /// Another credential answers: its id and its key.
    Credential {
        id: CredentialId,
        key: PrivateKey,
    },
}

/// What an assertion is signed with, for a fault that signs it again.
pub struct Signing<'a> {
    pub key: &'a PrivateKey,
    /// Signed after the authenticator data.
    pub client_data_hash: &'a [u8],
}

/// A credential that was seen at the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    pub rp_id: String,
    pub user: UserEntity,
    pub discoverable: bool,
    /// Its private key was invalidated.
    pub dead: bool,
    pub created: u64,
}

/// What a fault may know beside what passes.
pub struct World<'a> {
    pub profile: &'a Profile,
    /// The credentials behind the store's seam.
    pub credentials: &'a BTreeMap<CredentialId, Known>,
    /// A challenge that the relying party gave to another session.
    pub foreign_challenge: Option<&'a str>,
    pub(crate) seed: u64,
    pub(crate) stream: &'a str,
}

impl World<'_> {
    /// This arming's own random numbers for `purpose`: the same each time it is asked.
    #[must_use]
    pub fn random(&self, purpose: &str) -> Random {
        random::stream(self.seed, &format!("{}/{purpose}", self.stream))
    }

    /// Credentials that could answer this assertion, newest first.
    pub fn candidates(&self, scene: &Scene) -> Vec<&Known> {
        let fits = |id: &CredentialId, known: &Known| match &scene.listed {
            Some(listed) => listed.contains(id),
            None => known.discoverable,
        };
        let all = self.credentials.iter().filter(|(id, known)| known.rp_id == scene.rp_id && fits(id, known));
        let mut candidates: Vec<&Known> = all.map(|(_, known)| known).collect();
        candidates.sort_by_key(|known| std::cmp::Reverse(known.created));
        candidates
    }
}

/// A fault with its parameters. It overrides the looks at the seams where it acts.
#[allow(unused_variables)]
pub trait Fault: Send {
    /// Whether a device of this profile can do that.
    ///
    /// # Errors
    /// Why not.
    fn possible(&self, profile: &Profile) -> Result<(), Text> {
        Ok(())
    }

    /// The ceremonies in which it can fire, by its nature and its parameters; empty when it only fires outside of ceremonies.
    fn ceremonies(&self) -> &'static [Ceremony] {
        Ceremony::BOTH
    }

    /// Something happened to the device: what does it do to the keys?
    fn event(&self, event: Event, profile: &Profile) -> Option<Decision<Effect>> {
        None
    }

    /// A command arrives at the authenticator.
    fn request(&self, scene: &Scene, world: &World) -> Option<Decision<Interception>> {
        None
    }

    /// The same, for a fault that acted at an event: what follows from it. Trigger and schedule are not asked again.
    fn consequence(&self, scene: &Scene, world: &World) -> Option<Decision<Interception>> {
        None
    }

    /// The user answered the authenticator's prompt.
    fn answer(&self, scene: &Scene, answer: UserAnswer) -> Option<Decision<UserAnswer>> {
        None
    }

    /// The authenticator reads its signature counter.
    fn count(&self, count: u32) -> Option<Decision<u32>> {
        None
    }

    /// The authenticator decided; nothing is signed yet.
    fn outcome(&self, scene: &Scene, response: &Response, world: &World) -> Option<Decision<Edit>> {
        None
    }

    /// The authenticator's reply is signed; `signing` is there for assertions.
    fn reply(&self, scene: &Scene, message: &Message, signing: Option<&Signing>, world: &World) -> Option<Decision<Message>> {
        None
    }

    /// The client has collected its data; nothing is hashed yet.
    fn client_data(&self, data: &CollectedClientData, world: &World) -> Option<Decision<CollectedClientData>> {
        None
    }

    /// The page calls; no authenticator was asked yet.
    fn call(&self, ceremony: Ceremony) -> Option<Decision<DomException>> {
        None
    }

    /// The call has ended.
    fn called(&self, ceremony: Ceremony, result: &Result<serde_json::Value, DomException>) -> Option<Decision<DomException>> {
        None
    }

    /// The call has succeeded, and the page is about to send this response to the relying party.
    fn response(&self, ceremony: Ceremony, response: &serde_json::Value, world: &World) -> Option<Decision<serde_json::Value>> {
        None
    }

    /// A request to the relying party. `ceremony` is the one it belongs to.
    fn network(&self, request: NetworkRequest, ceremony: Ceremony) -> Option<Decision<NetworkDecision>> {
        None
    }

    /// A report passes between host and device.
    fn report(&self, seen: &SeenReport, world: &World) -> Option<Decision<ReportDecision>> {
        None
    }

    /// The user acts on the authenticator's prompt. What happens to the connection at that moment: the authenticator never hears of the user.
    fn touched(&self, scene: &Scene, answer: UserAnswer) -> Option<Decision<LineEvent>> {
        None
    }

    /// Whether it needs [`World::foreign_challenge`].
    fn wants_foreign_challenge(&self) -> bool {
        false
    }
}
