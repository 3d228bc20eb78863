//! The BE flag of an authentication differs from the one at registration.

use faultkey_authenticator::{Flags, Response};

use super::authenticator_data;
use crate::fault::{Decision, Edit, Fault, World};
use crate::parameters::Parameters;
use crate::profile::Family;
use crate::registry::{FaultInfo, Seam};
use crate::scene::{Ceremony, Scene};
use crate::{FaultError, Layer, Profile};

pub const INFO: FaultInfo = FaultInfo {
    name: "be-flag-flip",
    layer: Layer::Encoding,
    summary: "The backup eligible flag of an authentication differs from the one at registration.",
    effect: "Inverts BE in the authenticator data of an assertion before it is signed. Where BE becomes 0, \
        BS becomes 0 with it, because BS without BE is a different fault. The signature verifies.",
    opportunity: "An assertion about to be signed.",
    seam: Seam::Authenticator,
    evidence: "observed: credentials of iCloud Keychain before and after sync, early iOS and macOS, migrated credentials (catalogue \
        EN-16: supabase/auth#2732, go-webauthn#335, teleport PR 45174, w3c/webauthn#1791). Specified: BE does not change, WebAuthn-3 \
        §6.1.3; the relying party checks it, §7.2.",
    catalogue: &["EN-16"],
    good_rp: "Accepts, unless its policy depends on the flag; then it refuses and says that the passkey's \
        backup eligibility changed. Never a generic code; the stored flag is not changed when it refuses.",
    parameters: &[],
    example: "{ fault = \"be-flag-flip\" }",
};

struct BeFlagFlip;

pub(crate) fn load(_parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    Ok(Box::new(BeFlagFlip))
}

impl Fault for BeFlagFlip {
    fn ceremonies(&self) -> &'static [Ceremony] {
        &[Ceremony::Authentication]
    }

    fn possible(&self, profile: &Profile) -> Result<(), String> {
        if profile.family == Family::SecurityKey {
            Err("a security key's credentials are never backup eligible".to_owned())
        } else {
            Ok(())
        }
    }

    fn outcome(&self, scene: &Scene, response: &Response, _world: &World) -> Option<Decision<Edit>> {
        if scene.ceremony != Ceremony::Authentication {
            return None;
        }
        let before = authenticator_data(response)?.flags;
        let mut flags = before;
        let eligible = !before.has(Flags::BE);
        flags.set(Flags::BE, eligible);
        if !eligible {
            flags.set(Flags::BS, false);
        }
        let text = format!("BE flag {} -> {} (flags {:02X} -> {:02X})", u8::from(!eligible), u8::from(eligible), before.0, flags.0);
        Some(Decision::new(Edit::Flags(flags), text))
    }
}
