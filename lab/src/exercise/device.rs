//! The device of a run: an authenticator of one profile behind a client, each behind the fault layer, and the user before it.

use std::time::Duration;

use faultkey_authenticator::store::MemoryStore;
use faultkey_authenticator::{Authenticator, Effect, Event, Prompt, StoreError, Time, UserAnswer, random};
use faultkey_client::{Account, Answered, Call, Client, ClientConfig, Finished, Platform, Specified, User};
use faultkey_fault_injection::{Faults, FaultyClientData, FaultyPlatform, FaultySteps, Profile};
use faultkey_transport::transcript::What;
use faultkey_transport::{InProcess, Transcript};
use serde_json::Value;

use crate::scenario::UserAct;

/// A user who always does the same, and needs the same time for it.
#[derive(Clone, Debug, Default)]
pub struct ScriptedUser {
    pub act: UserAct,
}

/// How long the user looks for the finger.
const USUAL: Duration = Duration::from_millis(1_200);
/// Longer than any authenticator waits.
const FOREVER: Duration = Duration::from_secs(3_600);

impl User for ScriptedUser {
    fn answer(&mut self, _prompt: &Prompt) -> Answered {
        let (answer, after) = match self.act {
            UserAct::Approve => (UserAnswer::Approve, USUAL),
            UserAct::Refuse => (UserAnswer::Refuse, USUAL),
            UserAct::WrongFinger => (UserAnswer::WrongFinger, USUAL),
            UserAct::Never => (UserAnswer::Never, FOREVER),
        };
        Answered { answer, after }
    }

    fn choose(&mut self, accounts: &[Account]) -> Option<usize> {
        (!accounts.is_empty()).then_some(0)
    }
}

type Browser = Client<InProcess<FaultySteps<Authenticator>>, ScriptedUser, FaultyClientData<Specified>>;

/// What the user holds in the hand.
pub struct Device {
    platform: FaultyPlatform<Browser>,
    faults: Faults,
    transcript: Transcript,
}

impl Device {
    /// A new device. Its chance depends on its owner: a relying party that outlives a scenario never meets a credential id twice.
    pub fn new(profile: &Profile, seed: u64, owner: &str, faults: &Faults, transcript: &Transcript) -> Device {
        let store = faults.store(MemoryStore::default());
        let chance = random::stream(seed, &format!("authenticator of {owner}"));
        let authenticator = Authenticator::new(profile.authenticator.clone(), Box::new(store), chance);
        let transport = InProcess::new(faults.steps(authenticator), transcript.clone());
        let client_data = faults.client_data(Specified);
        let client = Client::new(ClientConfig::default(), transport, ScriptedUser::default(), client_data, transcript.clone());
        Device { platform: faults.platform(client), faults: faults.clone(), transcript: transcript.clone() }
    }

    pub fn create(&mut self, call: &Call, options: &Value) -> Finished {
        self.platform.create(call, options)
    }

    pub fn get(&mut self, call: &Call, options: &Value) -> Finished {
        self.platform.get(call, options)
    }

    pub fn platform_authenticator_available(&mut self) -> bool {
        self.platform.is_user_verifying_platform_authenticator_available()
    }

    pub fn user_acts(&mut self, act: UserAct) {
        self.platform.inner_mut().user_mut().act = act;
    }

    /// Something happens to the device. An armed fault may say what that does to the keys, instead of the profile.
    pub fn happen(&mut self, now: Time, event: Event) -> Result<Effect, StoreError> {
        let instead = self.faults.event(now, event);
        let authenticator = self.platform.inner_mut().transport_mut().steps_mut().inner_mut();
        let effect = match instead {
            Some(effect) => authenticator.apply(effect).map(|()| effect)?,
            None => authenticator.happen(event)?,
        };
        self.transcript.record(now, What::Event { name: event.name().to_owned(), effect: effect_text(effect).to_owned() });
        Ok(effect)
    }
}

/// What an event did, for a person.
pub fn effect_text(effect: Effect) -> &'static str {
    match effect {
        Effect::Nothing => "the keys survive",
        Effect::KeyInvalidated => "the private key is unusable from now on, the credential's record stays",
        Effect::CredentialGone => "the credential is gone from the device",
        Effect::OtherKey => "another key pair under the same credential id",
    }
}
