//! The device was replaced, and its device-bound keys stayed behind.

use faultkey_authenticator::{Effect, Event};

use crate::fault::{Decision, Fault};
use crate::parameters::Parameters;
use crate::profile::Family;
use crate::registry::{FaultInfo, Seam};
use crate::{FaultError, Layer, Profile};

pub const INFO: FaultInfo = FaultInfo {
    name: "device-migrated-without-key",
    layer: Layer::KeyStore,
    summary: "The user moved to a new device: the app and the account came along, the passkey did not.",
    effect: "At the event `device-migrated` or `restored-from-backup`, every credential of the authenticator \
        is deleted, durably. The app and the relying party still know the credential ID, so the next \
        authentication that lists it is answered with 0x2E CTAP2_ERR_NO_CREDENTIALS, and the page sees \
        NotAllowedError.",
    opportunity: "The event `device-migrated` or `restored-from-backup`.",
    seam: Seam::Event,
    evidence: "observed: an app that trusts its own record of a registered passkey after the key is gone \
        (catalogue AK-06: dfinity/internet-identity PR 345, UstadMobile#1103; SEED-R5). The platforms \
        specify that device-bound keys do not migrate.",
    catalogue: &["AK-06", "SEED-C12"],
    good_rp: "Treats it as a client-side failure: no lockout, another way to sign in, then registration of \
        the new device. Never relies on the app's own record that a passkey exists.",
    parameters: &[],
    example: "{ fault = \"device-migrated-without-key\", schedule = \"once\" }",
};

struct DeviceMigratedWithoutKey;

pub(crate) fn load(_parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    Ok(Box::new(DeviceMigratedWithoutKey))
}

impl Fault for DeviceMigratedWithoutKey {
    fn possible(&self, profile: &Profile) -> Result<(), String> {
        if profile.authenticator.backup_eligible {
            return Err("its passkeys are synced, so they are on the new device too".to_owned());
        }
        if profile.family == Family::SecurityKey {
            return Err("a security key moves with its user, and its credentials with it".to_owned());
        }
        Ok(())
    }

    fn event(&self, event: Event, _profile: &Profile) -> Option<Decision<Effect>> {
        let moved = matches!(event, Event::DeviceMigrated | Event::RestoredFromBackup);
        moved.then(|| Decision::new(Effect::CredentialGone, format!("{}: every credential is gone", event.name())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{profile, registry::loaded};

    #[test]
    fn only_a_move_deletes_the_credentials() {
        let fault = loaded("device-migrated-without-key");
        let profile = profile::find("android-device-bound").unwrap();
        let deleting: Vec<Event> = Event::ALL.into_iter().filter(|event| fault.event(*event, profile).is_some()).collect();
        assert_eq!(deleting, [Event::DeviceMigrated, Event::RestoredFromBackup]);
        let decision = fault.event(Event::DeviceMigrated, profile).unwrap();
        assert_eq!(decision, Decision::new(Effect::CredentialGone, "device-migrated: every credential is gone"));
    }
}
