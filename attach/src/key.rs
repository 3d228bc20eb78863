//! One virtual key: an authenticator behind its fault layers and CTAPHID, the user in front of it, and who watches. No I/O and no clock.

mod control;
mod core;
mod device;
mod watch;
mod wire;

use faultkey_authenticator::config::Version;
use faultkey_authenticator::{Authenticator, Change, Prompt, Store, Time, random};
use faultkey_fault_injection::{Faults, FaultySteps, Profile};
use faultkey_transport::ctaphid::{self, Ctap1, Engine};
use faultkey_transport::usbd_ctaphid::App;

use crate::happening::{Happening, Watcher};
use crate::script::Script;
use crate::trace::Trace;
use crate::user::{Reason, User};
use crate::{AttachError, Place, SharedStore};

use self::core::Core;
use self::device::Device;
pub use control::NoPrompt;
pub use device::Stack;

/// The authenticator behind the faults of commands and encoding.
type Steps = FaultySteps<Authenticator>;

/// One key. It gets power by [`Key::plug`].
pub struct Key {
    number: usize,
    profile: Profile,
    seed: u64,
    /// The name of its stream of chance.
    stream: String,
    stack: Stack,
    /// To be set when it gets power, if it has none.
    pin: Option<String>,
    /// Where the store is.
    kept: Place,
    store: SharedStore,
    faults: Faults,
    /// By what it was plugged in last.
    way: &'static str,
    /// `None`: unplugged.
    device: Option<Device>,
    /// The user, while the key is unplugged.
    user: User,
    power_up: u64,
    exchanges: u64,
    open: Option<OpenExchange>,
    last: Option<LastExchange>,
    asked: Option<Asked>,
    /// How many decisions of faults were told.
    told: usize,
    pub(crate) script: Script,
    /// The person was told which ceremony the script waits for.
    pub(crate) invited: bool,
    /// The script may go on.
    cued: bool,
    watchers: Vec<Box<dyn Watcher>>,
    trace: Option<Trace>,
}

/// What a key is made of.
pub(crate) struct Parts {
    pub number: usize,
    pub profile: Profile,
    pub seed: u64,
    pub stream: String,
    pub stack: Stack,
    pub pin: Option<String>,
    pub kept: Place,
    pub store: SharedStore,
    pub faults: Faults,
    pub user: User,
    pub script: Script,
}

/// A request that is under way.
#[derive(Clone, Debug)]
struct OpenExchange {
    number: u64,
    command: u8,
    message: Vec<u8>,
    text: String,
}

/// The last exchange that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastExchange {
    /// Counted from 1.
    pub number: u64,
    pub request: String,
    pub reply: String,
}

/// A prompt that has no answer yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub prompt: Prompt,
    pub waits: Option<Reason>,
    pub since: Time,
    /// Then the key gives up.
    pub until: Time,
}

impl Key {
    pub(crate) fn new(parts: Parts) -> Self {
        let Parts { number, profile, seed, stream, stack, pin, kept, store, faults, user, script } = parts;
        Self {
            number,
            profile,
            seed,
            stream,
            stack,
            pin,
            kept,
            store,
            faults,
            way: "",
            device: None,
            user,
            power_up: 0,
            exchanges: 0,
            open: None,
            last: None,
            asked: None,
            told: 0,
            script,
            invited: false,
            cued: false,
            watchers: Vec::new(),
            trace: None,
        }
    }

    /// Tells `watcher` everything that happens from now on.
    pub fn watch(&mut self, watcher: impl Watcher + 'static) {
        self.watchers.push(Box::new(watcher));
    }

    /// Writes everything from now on into this trace; `None` ends the one that is written.
    pub fn set_trace(&mut self, trace: Option<Trace>) {
        self.trace = trace;
    }

    /// Power comes, for the `power_up`th time with this store: what waited is forgotten, the soft lock of the PIN is gone, the time window for a
    /// reset opens (CTAP2.3 §6.6). Nothing happens to a key that has power.
    ///
    /// # Errors
    /// [`AttachError::Store`] when the preset PIN can't be stored.
    pub fn plug(&mut self, now: Time, power_up: u64) -> Result<(), AttachError> {
        if self.device.is_some() {
            return Ok(());
        }
        // Other chance each time: the key must not make the same credential twice.
        let chance = random::stream(self.seed, &format!("{}, power-up {power_up}", self.stream));
        let mut authenticator = Authenticator::new(self.profile.authenticator.clone(), Box::new(self.store.clone()), chance);
        authenticator.power_cycle(now);
        if let Some(pin) = self.pin.take() {
            let preset = authenticator.preset_pin(&pin);
            self.pin = Some(pin);
            let _was_none = preset?;
        }
        let (config, steps, user) = (self.hid_config(), self.faults.steps(authenticator), self.user.clone());
        self.device = Some(match self.stack {
            Stack::Own => Device::Reports(Box::new(self.faults.reports(Core::new(Engine::new(config, steps, user))))),
            Stack::UsbdCtaphid => Device::Messages(Box::new(App::new(config, steps, user))),
        });
        self.power_up = power_up;
        self.tell(now, &Happening::Plugged { power_up });
        self.play(now);
        Ok(())
    }

    /// Power goes. What was under way is lost, what was acknowledged is not.
    pub fn unplug(&mut self, now: Time) {
        if let Some(mut device) = self.device.take() {
            device.reset(now);
            self.user = device.touch_mut().clone();
            self.drain(now, &mut device);
            self.open = None;
            self.asked = None;
            self.tell(now, &Happening::Unplugged);
        }
    }

    /// Another key of the same kind takes the place of the one that was unplugged: no credentials, no PIN, no settings. Counters go on.
    ///
    /// # Errors
    /// [`AttachError::Store`] when nothing was changed.
    pub fn forget(&mut self) -> Result<(), AttachError> {
        let _durable = self.store.commit(&[Change::Clear, Change::ClearState])?;
        Ok(())
    }

    fn hid_config(&self) -> ctaphid::Config {
        let device = &self.profile.authenticator;
        let [_, major, minor, build] = device.firmware_version.to_be_bytes();
        ctaphid::Config {
            device_version: [major, minor, build],
            user_action_timeout: device.user_action_timeout,
            ctap1: if device.protection.versions.contains(&Version::U2fV2) { Ctap1::Implemented } else { Ctap1::Absent },
            ..ctaphid::Config::default()
        }
    }

    /// Calls the device, and tells what happened there.
    fn with_device<R>(&mut self, now: Time, act: impl FnOnce(&mut Device) -> R) -> Option<R> {
        let mut device = self.device.take()?;
        let result = act(&mut device);
        self.drain(now, &mut device);
        self.device = Some(device);
        if std::mem::take(&mut self.cued) {
            self.play(now);
        }
        Some(result)
    }
}

#[cfg(test)]
mod tests;
