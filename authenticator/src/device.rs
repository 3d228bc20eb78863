//! What every command works on: configuration, store, chance, and the state between two commands.

use rand::Rng;

use crate::algorithm::PrivateKey;
use crate::command::get_assertion::Remembered;
use crate::command::{bio_enrollment, credential_management, large_blobs};
use crate::config::{Kind, Rule, SignCountPolicy};
use crate::ctap1;
use crate::extension::Extension;
use crate::pin_uv::{KeyAgreementKey, PinUvAuthProtocol, PinUvAuthToken};
use crate::refusal::Refusal;
use crate::store::CounterScope;
use crate::{Change, ChannelId, Committed, Config, CredentialId, Effect, Event, KeyState, Random, Status, Store, StoreError, Time};

/// The state of commands that take several steps (CTAP2.3 §6); power-up ends them.
#[derive(Debug, Default)]
pub(crate) struct Between {
    /// Every other command ends it.
    pub enumeration: Option<credential_management::Enumeration>,
    pub enrollment: Option<bio_enrollment::Enrollment>,
    pub large_blob_write: large_blobs::Write,
    /// A U2F command that waits for a touch. Every other command ends it.
    pub ctap1: Option<ctap1::Pending>,
}

pub(crate) struct Device {
    pub config: Config,
    pub store: Box<dyn Store>,
    pub random: Random,
    /// Chance for what is not part of a ceremony, so that it does not shift the keys.
    pub apart: Random,
    /// Drawn when it is first asked for; a new one with each power-up.
    pub key_agreement: Option<KeyAgreementKey>,
    /// Whose command is under way, or was the last.
    pub channel: ChannelId,
    /// At most one is in use, of whatever protocol, on whatever channel.
    pub token: Option<PinUvAuthToken>,
    /// Since power-up; at three, PIN tries end until the next (CTAP2.3 §6.5.5.6).
    pub wrong_pins_in_a_row: u8,
    /// `uvCountSinceLastPinEntry`, wrong fingers included (CTAP2.3 §6.4).
    pub verifications_since_pin: u64,
    /// When power came, for the reset window (CTAP2.3 §6.6).
    pub powered_on: Time,
    /// What getNextAssertion goes on with (CTAP2.3 §6.3).
    pub remembered: Option<Remembered>,
    pub between: Between,
}

impl Device {
    pub fn new(config: Config, store: Box<dyn Store>, random: Random) -> Self {
        let config = config.as_its_versions_have_it();
        let mut apart = random.clone();
        apart.set_stream(1);
        Self {
            config,
            store,
            random,
            apart,
            key_agreement: None,
            channel: ChannelId::ONLY,
            token: None,
            wrong_pins_in_a_row: 0,
            verifications_since_pin: 0,
            powered_on: Time::START,
            remembered: None,
            between: Between::default(),
        }
    }

    /// Whether the device does as one of its versions says.
    pub fn keeps(&self, rule: Rule) -> bool {
        self.config.protection.knows(Kind::Rule(rule))
    }

    pub fn power_cycle(&mut self, now: Time) {
        self.powered_on = now;
        self.remembered = None;
        self.between = Between::default();
        self.key_agreement = None;
        self.token = None;
        self.wrong_pins_in_a_row = 0;
    }

    /// The PIN/UV auth protocols, preferred first; none without anything that they serve.
    pub fn protocols(&self) -> &[PinUvAuthProtocol] {
        let protection = &self.config.protection;
        let is_used = protection.client_pin || protection.pin_uv_auth_token || self.config.extensions.has(Extension::HmacSecret);
        if is_used { &protection.protocols } else { &[] }
    }

    /// "The authenticator supports either pinUvAuthToken or clientPin features."
    pub fn can_be_protected(&self) -> bool {
        self.config.protection.client_pin || self.config.protection.pin_uv_auth_token
    }

    /// The key pair for key agreement with platforms; it lives until the next power-up.
    pub fn key_agreement(&mut self) -> &KeyAgreementKey {
        self.key_agreement.get_or_insert_with(|| KeyAgreementKey::generate(&mut self.apart))
    }

    /// "The authenticator is protected by some form of user verification" (CTAP2.3 §6.1.2): a PIN, or an enrolled built-in one.
    pub fn is_protected_by_verification(&self) -> Result<bool, StoreError> {
        Ok(self.is_verification_ready()? || self.pin()?.is_some())
    }

    /// "The ClientPin option ID is true and the noMcGaPermissionsWithClientPin option ID is absent or false": a PIN helps here.
    pub fn can_use_pin(&self) -> Result<bool, StoreError> {
        Ok(self.takes_pin() && self.pin()?.is_some())
    }

    /// The same with "present" instead of "true": a PIN could help, if one were set.
    pub fn takes_pin(&self) -> bool {
        let protection = &self.config.protection;
        protection.client_pin && !protection.no_mc_ga_permissions_with_client_pin
    }

    /// The counter that goes out with a new credential (WebAuthn-3 §6.3.2 step 10).
    pub fn sign_count_of_new(&mut self) -> Result<u32, StoreError> {
        match self.config.sign_count {
            SignCountPolicy::Global => self.store.next_sign_count(&CounterScope::Global),
            // Begins at zero; the first assertion is 1.
            SignCountPolicy::PerCredential | SignCountPolicy::Zero => Ok(0),
        }
    }

    /// The counter that goes out with an assertion (WebAuthn-3 §6.3.3 step 10).
    pub fn sign_count_of(&mut self, id: &CredentialId) -> Result<u32, StoreError> {
        match self.config.sign_count {
            SignCountPolicy::Global => self.store.next_sign_count(&CounterScope::Global),
            SignCountPolicy::PerCredential => self.store.next_sign_count(&CounterScope::Credential(id.clone())),
            SignCountPolicy::Zero => Ok(0),
        }
    }

    /// Erases everything, durably (CTAP2.3 §6.6).
    pub fn erase(&mut self) -> Result<Committed, StoreError> {
        let erased = self.store.commit(&self.erasure())?;
        self.verifications_since_pin = 0;
        self.remembered = None;
        self.between = Between::default();
        self.key_agreement = None;
        self.token = None;
        self.wrong_pins_in_a_row = 0;
        Ok(erased)
    }

    /// A credential id that no credential here has, of the configured length (WebAuthn-3 §6.5.1: 16 to 1,023 bytes).
    pub fn new_credential_id(&mut self) -> Result<CredentialId, StoreError> {
        self.credential_id_of(self.config.credential_id_length.clamp(16, 1_023))
    }

    /// The same, so long.
    pub fn credential_id_of(&mut self, length: usize) -> Result<CredentialId, StoreError> {
        loop {
            let mut id = vec![0; length];
            self.random.fill_bytes(&mut id);
            let id = CredentialId(id);
            if self.store.credential(&id)?.is_none() {
                return Ok(id);
            }
        }
    }

    /// A list of credential ids longer than the device takes (getInfo member 0x07) is refused.
    pub fn check_list_length(&self, length: usize) -> Result<(), Refusal> {
        if length > self.config.max_credential_count_in_list {
            return Err(Refusal::rule(Status::LimitExceeded, "the list holds more credentials than maxCredentialCountInList"));
        }
        Ok(())
    }

    /// What the configuration says that `event` does to the keys.
    pub fn changes_at(&mut self, event: Event) -> Result<Vec<Change>, StoreError> {
        self.changes(self.config.on_event.get(&event).copied().unwrap_or_default())
    }

    /// Does to every credential what `effect` says, in one commit.
    pub fn apply(&mut self, effect: Effect) -> Result<(), StoreError> {
        let changes = self.changes(effect)?;
        if !changes.is_empty() {
            let _durable = self.store.commit(&changes)?;
        }
        Ok(())
    }

    /// The changes that make up `effect`.
    fn changes(&mut self, effect: Effect) -> Result<Vec<Change>, StoreError> {
        Ok(match effect {
            Effect::Nothing => Vec::new(),
            Effect::CredentialGone => vec![Change::Clear],
            Effect::KeyInvalidated => {
                let credentials = self.store.credentials()?;
                credentials
                    .into_iter()
                    .map(|credential| Change::Put(crate::Credential { key: KeyState::Invalidated, ..credential }))
                    .collect()
            }
            Effect::OtherKey => {
                let mut changes = Vec::new();
                for mut credential in self.store.credentials()? {
                    // An invalidated key stays so for ever.
                    let KeyState::Usable(key) = &credential.key else { continue };
                    let Some(other) = PrivateKey::generate(key.algorithm(), &mut self.random) else { continue };
                    credential.key = KeyState::Usable(other);
                    changes.push(Change::Put(credential));
                }
                changes
            }
        })
    }
}
