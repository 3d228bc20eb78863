//! The key pair under a credential id is silently replaced by another.

use faultkey_authenticator::{Effect, Event};

use crate::fault::{Decision, Fault};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, Seam};
use crate::{FaultError, Layer, Profile};

pub const INFO: FaultInfo = FaultInfo {
    name: "silent-key-regeneration",
    layer: Layer::KeyStore,
    summary: "The credential ID stays the same, but its key pair is a different one: every signature is \
        wrong, and nothing else is.",
    effect: "At an event of the device, every credential gets a new P-256 key pair, durably. Credential ID, \
        RP ID, user handle, flags and signature counter continue as before. The next assertion is valid \
        except for its signature.",
    opportunity: "Any event of the device except `reset`.",
    seam: Seam::Event,
    evidence: "inferred (catalogue AK-03): no public report of a platform authenticator that does it. Stores \
        that look keys up by an alias can do it, and to the relying party it looks as if it had stored the \
        wrong public key itself (AK-07, RP-02, RP-03).",
    catalogue: &["AK-03", "SEED-C10"],
    good_rp: "Refuses: the credential ID is known, but the signature was not made with its key. Says so in \
        the log, keeps the credential record, and offers another way to sign in and a new registration. \
        Never signals the credential as unknown.",
    parameters: &[],
    example: "{ fault = \"silent-key-regeneration\", trigger = { after-event = \"os-updated\" }, schedule = \"once\" }",
};

struct SilentKeyRegeneration;

pub(crate) fn load(_parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    Ok(Box::new(SilentKeyRegeneration))
}

impl Fault for SilentKeyRegeneration {
    fn event(&self, event: Event, _profile: &Profile) -> Option<Decision<Effect>> {
        (event != Event::Reset).then(|| Decision::new(Effect::OtherKey, format!("{}: same credential ids, other keys", event.name())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{profile, registry::loaded};

    #[test]
    fn every_event_but_reset_swaps_the_keys() {
        let fault = loaded("silent-key-regeneration");
        let profile = profile::find("iphone").unwrap();
        for event in Event::ALL {
            let effect = fault.event(event, profile).map(|decision| decision.value);
            assert_eq!(effect, (event != Event::Reset).then_some(Effect::OtherKey), "{event:?}");
        }
        assert_eq!(fault.event(Event::OsUpdated, profile).unwrap().text, "os-updated: same credential ids, other keys");
    }
}
