//! What kind of key is to be plugged in.

use faultkey_authenticator::Time;
use faultkey_authenticator::config::{BuiltInVerification, Config};
use faultkey_fault_injection::registry::{self, Seam};
use faultkey_fault_injection::{FaultSpec, Faults, Profile};
use faultkey_transport::Transcript;

use crate::key::{Key, Parts, Stack};
use crate::place::{Place, PowerMeter};
use crate::script::Script;
use crate::user::{Presence, User, Verification};
use crate::{AllowList, AttachError, SharedStore};

/// So many decisions of faults are kept; each is told to the watchers at once. A key may be plugged in for days.
const MOST_DECISIONS: usize = 1_024;

/// A key as it is asked for.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Counted from 1; the key's name.
    pub number: usize,
    pub profile: Profile,
    /// Keys, credential ids and the faults' dice are drawn from this.
    pub seed: u64,
    pub place: Place,
    pub presence: Presence,
    /// `None`: as the profile has it, and the right finger.
    pub verification: Option<PlannedVerification>,
    pub allow_list: AllowList,
    /// Set on a key that has none.
    pub pin: Option<String>,
    pub faults: Vec<FaultSpec>,
    pub stack: Stack,
    /// A scenario that goes on as ceremonies end.
    pub script: Script,
}

/// Which finger the user has, or that the device has no reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlannedVerification {
    Finger(Verification),
    NoReader,
}

impl Plan {
    /// A key of this profile, with everything else as usual.
    #[must_use]
    pub fn new(profile: Profile) -> Self {
        Self {
            number: 1,
            profile,
            seed: 902,
            place: Place::Memory,
            presence: Presence::default(),
            verification: None,
            allow_list: AllowList::default(),
            pin: None,
            faults: Vec::new(),
            stack: Stack::Own,
            script: Script::default(),
        }
    }

    /// The key, with its store open; it has no power yet.
    ///
    /// # Errors
    /// [`AttachError`] when a fault can't happen here, the profile can't do what is asked, or the store can't be opened.
    pub fn build(self) -> Result<(Key, PowerMeter), AttachError> {
        let Self { number, mut profile, seed, place, presence, verification, allow_list, pin, faults: specs, stack, script } = self;
        let device = &mut profile.authenticator;
        match verification {
            Some(PlannedVerification::NoReader) => *device = device.clone().without_reader(),
            Some(PlannedVerification::Finger(_)) if device.verification != BuiltInVerification::Ready => {
                return Err(AttachError::NoVerification { profile: profile.name });
            }
            _ => {}
        }
        if let Some(pin) = &pin {
            check_pin(pin, device, &profile.name)?;
        }
        // Several keys of one seed are different keys.
        let stream = if number == 1 { "authenticator".to_owned() } else { format!("authenticator of key {number}") };
        let faults = Faults::new(seed, &profile, Transcript::of_the_last(MOST_DECISIONS));
        for spec in specs {
            arm(&faults, stack, Time::START, spec)?;
        }
        for spec in script.faults() {
            check(stack, spec)?;
            registry::check(spec, &profile)?;
        }
        let kept = place.clone();
        let (store, meter) = place.open(&profile.name)?;
        let store = SharedStore::new(faults.store(store));
        let finger = if let Some(PlannedVerification::Finger(finger)) = verification { finger } else { Verification::Ok };
        let user = User::new(presence, finger, allow_list);
        Ok((Key::new(Parts { number, profile, seed, stream, stack, pin, kept, store, faults, user, script }), meter))
    }
}

/// Arms a fault, if it can act at a key.
///
/// # Errors
/// [`AttachError::Elsewhere`] when it can't, [`AttachError::Fault`] when there is no such fault, or not on this profile.
pub fn arm(faults: &Faults, stack: Stack, now: Time, spec: FaultSpec) -> Result<(), AttachError> {
    check(stack, &spec)?;
    faults.arm(now, spec)?;
    Ok(())
}

/// Whether a fault finds at a key what it acts on.
fn check(stack: Stack, spec: &FaultSpec) -> Result<(), AttachError> {
    let info = registry::find(&spec.name).ok_or_else(|| registry::unknown(&spec.name))?;
    match info.seam {
        Seam::ClientData | Seam::Platform | Seam::Response | Seam::Network => Err(AttachError::Elsewhere(spec.name.clone())),
        Seam::Report if stack == Stack::UsbdCtaphid => Err(AttachError::NoReports(spec.name.clone())),
        Seam::Report | Seam::Authenticator | Seam::Event => Ok(()),
    }
}

/// As the device itself would check it (CTAP2.3 §6.5.1).
fn check_pin(pin: &str, device: &Config, profile: &str) -> Result<(), AttachError> {
    let protection = &device.protection;
    if !protection.client_pin {
        return Err(AttachError::NoPin { profile: profile.to_owned() });
    }
    let (low, high) = (usize::from(protection.min_pin_length), usize::from(protection.max_pin_length));
    if !(low..=high).contains(&pin.chars().count()) || pin.len() > 63 {
        return Err(AttachError::Pin { problem: format!("{profile} takes {low} to {high} characters, 63 bytes at most") });
    }
    Ok(())
}
