//! The device of a run: an authenticator of one profile behind a client, each behind the fault layer, and the user before it.

use std::time::Duration;

use faultkey_authenticator::config::BuiltInVerification;
use faultkey_authenticator::store::MemoryStore;
use faultkey_authenticator::{Authenticator, Config, Effect, Event, Prompt, StoreError, Time, UserAnswer, random};
use faultkey_client::{Account, Answered, Call, Client, ClientConfig, Finished, PinPrompt, Platform, Specified, Typed, User};
use faultkey_fault_injection::{Faults, FaultyClientData, FaultyPlatform, Profile};
use faultkey_transport::Transcript;
use faultkey_transport::transcript::What;
use serde_json::Value;

use super::way::Way;
use crate::scenario::UserAct;

/// A user who always does the same, and needs the same time for it.
#[derive(Clone, Debug, Default)]
pub struct ScriptedUser {
    pub act: UserAct,
}

/// The PIN of a device that verifies its user by one.
const PIN: &str = "1234";
const ANOTHER_PIN: &str = "4321";
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

    fn pin(&mut self, prompt: &PinPrompt) -> Option<Typed> {
        let (pin, after) = match (self.act, prompt) {
            (UserAct::Refuse, _) => return None,
            (UserAct::Never, _) => (PIN, FOREVER),
            (UserAct::WrongFinger, PinPrompt::Enter { .. }) => (ANOTHER_PIN, USUAL),
            (UserAct::Approve | UserAct::WrongFinger, _) => (PIN, USUAL),
        };
        Some(Typed { pin: pin.to_owned(), after })
    }
}

type Browser = Client<Way, ScriptedUser, FaultyClientData<Specified>>;

/// What the user holds in the hand.
pub struct Device {
    platform: FaultyPlatform<Browser>,
    faults: Faults,
    transcript: Transcript,
}

impl Device {
    /// A new device. Its chance depends on its owner: a relying party that outlives a scenario never meets a credential id twice.
    /// `plugged_in` puts reports between client and key, for faults in these.
    pub fn new(profile: &Profile, seed: u64, owner: &str, faults: &Faults, transcript: &Transcript, plugged_in: bool) -> Device {
        let store = faults.store(MemoryStore::default());
        let chance = random::stream(seed, &format!("authenticator of {owner}"));
        let authenticator = Authenticator::new(owned(profile), Box::new(store), chance);
        let steps = faults.steps(authenticator);
        let transport = match plugged_in {
            true => Way::cable(profile, steps, faults, transcript),
            false => Way::in_process(steps, transcript),
        };
        let client_data = faults.client_data(Specified);
        let client = Client::new(ClientConfig::default(), transport, ScriptedUser::default(), client_data, transcript.clone());
        Device { platform: faults.platform(client), faults: faults.clone(), transcript: transcript.clone() }
    }

    /// The user plugs a key in again that was unplugged, if it is time.
    pub fn plug_in(&mut self, now: Time) {
        if let Err(error) = self.platform.inner_mut().transport_mut().plug_in(now) {
            self.transcript.record(now, What::Note { text: format!("the key that was plugged in again could not be emptied: {error}") });
        }
    }

    /// What a fetch of this URL brings, should the client need it.
    pub fn fetches(&mut self, url: String, document: Result<Vec<u8>, String>) {
        self.platform
            .inner_mut()
            .set_well_known(Box::new(move |asked| if asked == url { document.clone() } else { Err("it was not fetched".to_owned()) }));
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
        let authenticator = self.platform.inner_mut().transport_mut().authenticator();
        let effect = match instead {
            Some(effect) => authenticator.apply(effect).map(|()| effect)?,
            None => authenticator.happen(event)?,
        };
        self.transcript.record(now, What::Event { name: event.name().to_owned(), effect: effect_text(effect).to_owned() });
        Ok(effect)
    }
}

/// The device as its owner uses it: with a PIN where nothing else verifies the user.
fn owned(profile: &Profile) -> Config {
    let mut device = profile.authenticator.clone();
    if device.verification == BuiltInVerification::Absent && device.protection.client_pin {
        device.protection.pin = Some(PIN.to_owned());
    }
    device
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

#[cfg(test)]
mod tests {
    use faultkey_fault_injection::{FaultSpec, profile};
    use faultkey_transport::{Entry, InProcess};
    use serde_json::json;

    use super::*;

    /// One registration and two log-ins with fixed options.
    fn ceremonies(platform: &mut impl Platform) -> Vec<Value> {
        let registration = json!({
            "rp": { "id": "broker.test", "name": "Broker" },
            "user": { "id": "AQIDBA", "name": "hanako", "displayName": "Hanako" },
            "challenge": "AAECAwQFBgcICQoLDA0ODw",
            "pubKeyCredParams": [{ "type": "public-key", "alg": -7 }],
            "authenticatorSelection": { "residentKey": "preferred", "userVerification": "preferred" },
        });
        let call = |seconds: u64| Call::new(Time::from_millis(seconds * 1_000), "https://broker.test");
        let created = platform.create(&call(1), &registration).result.unwrap();
        let log_in = json!({
            "rpId": "broker.test",
            "challenge": "EBESExQVFhcYGRobHB0eHw",
            "allowCredentials": [{ "type": "public-key", "id": created["id"] }],
            "userVerification": "required",
        });
        let mut answers = vec![created];
        for seconds in [10, 20] {
            answers.push(platform.get(&call(seconds), &log_in).result.unwrap());
        }
        answers
    }

    fn bare(profile: &Profile) -> (Vec<Value>, Vec<Entry>) {
        let transcript = Transcript::new();
        let chance = random::stream(42, "authenticator of hanako");
        let authenticator = Authenticator::new(owned(profile), Box::<MemoryStore>::default(), chance);
        let transport = InProcess::new(authenticator, transcript.clone());
        let mut client = Client::new(ClientConfig::default(), transport, ScriptedUser::default(), Specified, transcript.clone());
        (ceremonies(&mut client), transcript.entries())
    }

    fn behind_the_fault_layer(profile: &Profile, spec: Option<&str>) -> (Vec<Value>, Vec<Entry>) {
        let transcript = Transcript::new();
        let faults = Faults::new(42, profile, transcript.clone());
        if let Some(spec) = spec {
            faults.arm(Time::START, spec.parse::<FaultSpec>().unwrap()).unwrap();
        }
        let mut device = Device::new(profile, 42, "hanako", &faults, &transcript, false);
        (ceremonies(&mut device.platform), transcript.entries())
    }

    #[test]
    fn with_no_fault_armed_the_bytes_are_those_without_the_fault_layer() {
        for profile in profile::all().iter().filter(|profile| profile.authenticator.algorithms.contains(&-7)) {
            let bare = bare(profile);
            assert_eq!(bare, behind_the_fault_layer(profile, None), "{}", profile.name);
            assert_ne!(
                bare,
                behind_the_fault_layer(profile, Some("sig-bitflip,bit=3")),
                "{}: the comparison sees a difference",
                profile.name
            );
        }
    }

    #[test]
    fn over_a_cable_messages_and_times_are_those_of_in_process() {
        for name in ["security-key", "yubikey-5", "titan-v2"] {
            let profile = profile::find(name).unwrap();
            let transcript = Transcript::new();
            let faults = Faults::new(42, profile, transcript.clone());
            let mut device = Device::new(profile, 42, "hanako", &faults, &transcript, true);
            assert_eq!((ceremonies(&mut device.platform), transcript.entries()), bare(profile), "{name}");
        }
    }

    #[test]
    fn a_key_that_was_unplugged_comes_back_when_it_is_time_and_not_before() {
        let profile = profile::find("yubikey-5").unwrap();
        let transcript = Transcript::new();
        let faults = Faults::new(42, profile, transcript.clone());
        let mut device = Device::new(profile, 42, "hanako", &faults, &transcript, true);
        let answers = ceremonies(&mut device.platform);
        let fault = "unplug-mid-command,again-after=90000,schedule=once";
        faults.arm(Time::from_millis(30_000), fault.parse::<FaultSpec>().unwrap()).unwrap();
        let log_in = json!({
            "rpId": "broker.test",
            "challenge": "EBESExQVFhcYGRobHB0eHw",
            "allowCredentials": [{ "type": "public-key", "id": answers[0]["id"] }],
            "timeout": 60_000,
        });
        let mut get = |millis: u64| {
            let call = Call::new(Time::from_millis(millis), "https://broker.test");
            device.plug_in(call.now);
            let finished = device.get(&call, &log_in);
            (finished.at.as_millis(), finished.result.map_err(|exception| exception.name.to_string()))
        };
        let refused = Err("NotAllowedError".to_owned());
        assert_eq!(get(30_000), (90_000, refused.clone()), "the client's whole timer");
        assert_eq!(get(100_000), (160_000, refused), "it is not back yet");
        assert!(get(170_000).1.is_ok());
    }

    #[test]
    fn an_event_does_what_the_profile_says_unless_a_fault_says_otherwise() {
        let profile = profile::find("iphone").unwrap();
        let transcript = Transcript::new();
        let faults = Faults::new(42, profile, transcript.clone());
        let mut device = Device::new(profile, 42, "hanako", &faults, &transcript, false);
        ceremonies(&mut device.platform);
        let now = Time::from_millis(30_000);
        assert_eq!(device.happen(now, Event::OsUpdated).unwrap(), Effect::Nothing);
        faults.arm(now, FaultSpec::new("silent-key-regeneration")).unwrap();
        assert_eq!(device.happen(now, Event::OsUpdated).unwrap(), Effect::OtherKey);
        let last = transcript.entries().pop().unwrap();
        let What::Event { name, effect } = last.what else { panic!("{last:?}") };
        assert_eq!((name.as_str(), effect.as_str()), ("os-updated", "another key pair under the same credential id"));
    }

    #[test]
    fn the_user_does_as_told() {
        let purpose = faultkey_authenticator::step::Purpose::Select;
        let mut user = ScriptedUser { act: UserAct::Refuse };
        assert_eq!(user.answer(&Prompt::Presence { purpose }).answer, UserAnswer::Refuse);
        assert_eq!(user.choose(&[]), None);
        let enter = PinPrompt::Enter { tries_left: 8, was_wrong: false };
        let choose = PinPrompt::Choose { min_length: 4, refused: None };
        let types = |act, prompt| ScriptedUser { act }.pin(prompt).map(|typed| typed.pin);
        assert_eq!(types(UserAct::Approve, &enter), types(UserAct::Approve, &choose), "the PIN that was set is the one that is typed");
        assert_ne!(types(UserAct::WrongFinger, &enter), types(UserAct::Approve, &enter));
        assert_eq!(types(UserAct::Refuse, &enter), None);
        assert_eq!(ScriptedUser { act: UserAct::Never }.pin(&enter).unwrap().after, FOREVER);
    }
}
