//! The UV flag is missing.

use faultkey_authenticator::config::BuiltInVerification;
use faultkey_authenticator::{Flags, Response};

use super::authenticator_data;
use crate::fault::command::CEREMONY;
use crate::fault::{Decision, Edit, Fault, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, ParameterInfo, Seam};
use crate::scene::{Ceremony, Scene};
use crate::{FaultError, Layer, Profile};

pub const INFO: FaultInfo = FaultInfo {
    name: "uv-flag-clear",
    layer: Layer::Encoding,
    summary: "The response says that the user was not verified.",
    effect: "Clears UV in the authenticator data before it is signed, whether or not the relying party required verification. The \
        signature verifies.",
    opportunity: "An answer of its ceremony whose authenticator data has UV set.",
    seam: Seam::Authenticator,
    evidence: "observed: macOS with the lid closed and Safari 17.4.1, where verification is only preferred (catalogue PF-27: \
        passkeys.dev's macOS page, lbuchs#88, MetaMask/core PR 8696). Where it is required, inferred.",
    catalogue: &["PF-27"],
    good_rp: "Where verification is required: refuses, says that the user was not verified, and offers a way \
        to do it. Where it is only preferred: accepts. Options and check agree.",
    parameters: &[ParameterInfo { default: "`authentication`", ..CEREMONY }],
    example: "{ fault = \"uv-flag-clear\" }",
};

struct UvFlagClear {
    ceremony: Option<Ceremony>,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    Ok(Box::new(UvFlagClear { ceremony: parameters.ceremony(Some(Ceremony::Authentication))? }))
}

impl Fault for UvFlagClear {
    fn ceremonies(&self) -> &'static [Ceremony] {
        Ceremony::those(self.ceremony)
    }

    fn possible(&self, profile: &Profile) -> Result<(), String> {
        let device = &profile.authenticator;
        let verifies = device.verification == BuiltInVerification::Ready || device.protection.client_pin;
        if verifies { Ok(()) } else { Err("it can't verify its user, so its UV flag is never set".to_owned()) }
    }

    fn outcome(&self, scene: &Scene, response: &Response, _world: &World) -> Option<Decision<Edit>> {
        let before = authenticator_data(response)?.flags;
        if !before.has(Flags::UV) || !scene.ceremony.is(self.ceremony) {
            return None;
        }
        let mut flags = before;
        flags.set(Flags::UV, false);
        Some(Decision::new(Edit::Flags(flags), format!("UV flag 1 -> 0 (flags {:02X} -> {:02X})", before.0, flags.0)))
    }
}
