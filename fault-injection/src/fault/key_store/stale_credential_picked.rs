//! The device holds a second passkey for the account, which the relying party never stored, and the user picks that one.

use data_encoding::BASE64URL_NOPAD;
use faultkey_authenticator::algorithm::{PrivateKey, es256};
use faultkey_authenticator::{CredentialId, Response};
use rand::Rng;

use crate::fault::{Decision, Edit, Fault, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, ParameterInfo, Seam};
use crate::scene::{Ceremony, Scene};
use crate::{FaultError, Layer, Profile};

pub const INFO: FaultInfo = FaultInfo {
    name: "stale-credential-picked",
    layer: Layer::KeyStore,
    summary: "The user picks an orphaned passkey: right site, right account, but the relying party never \
        stored it.",
    effect: "The authentication is answered by another credential of the same relying party and user, with \
        an ID and a key drawn from the seed, the same each time. The assertion is validly signed. Without an \
        allow list, the device lists the orphan and the user picks it. With an allow list a device can't \
        offer it; `ignore-allow-list = true` returns it anyway, so that the relying party also sees an \
        unknown ID in that case. The store is not changed.",
    opportunity: "An assertion about to be signed: of a discoverable credential in an authentication without \
        an allow list; with `ignore-allow-list`, any.",
    seam: Seam::Authenticator,
    evidence: "observed: orphans left by a registration that only the device completed (catalogue AK-17: \
        corbado/flutter-passkeys#172, #231; dotnet/aspnetcore#67299, #68511). Inferred: `ignore-allow-list`.",
    catalogue: &["AK-17"],
    good_rp: "Refuses and says that the credential ID is unknown. Calls signalUnknownCredential (only in \
        this unambiguous case: the client may delete the passkey permanently), offers another passkey or \
        another way to sign in, and calls signalAllAcceptedCredentials after the next successful \
        authentication.",
    parameters: &[ParameterInfo {
        name: "ignore-allow-list",
        accepts: "`true` or `false`",
        default: "`false`",
        meaning: "Answer with the orphan although the relying party listed the credentials that it accepts.",
    }],
    example: "{ fault = \"stale-credential-picked\", schedule = \"once\" }",
};

struct StaleCredentialPicked {
    ignore_allow_list: bool,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    Ok(Box::new(StaleCredentialPicked { ignore_allow_list: parameters.flag("ignore-allow-list", false)? }))
}

impl Fault for StaleCredentialPicked {
    fn ceremonies(&self) -> &'static [Ceremony] {
        &[Ceremony::Authentication]
    }

    fn possible(&self, profile: &Profile) -> Result<(), String> {
        if !profile.authenticator.discoverable && !self.ignore_allow_list {
            return Err("it has no discoverable credentials, so its user never picks one from a list".to_owned());
        }
        Ok(())
    }

    fn outcome(&self, scene: &Scene, response: &Response, world: &World) -> Option<Decision<Edit>> {
        let Response::GetAssertion(assertion) = response else { return None };
        if scene.listed.is_some() && !self.ignore_allow_list {
            return None;
        }
        let credential = &assertion.credential;
        let owner = format!("orphan/{}/{}", credential.rp_id, BASE64URL_NOPAD.encode(&credential.user.id));
        let mut random = world.random(&owner);
        let mut id = vec![0; credential.id.0.len()];
        random.fill_bytes(&mut id);
        let key = PrivateKey::Es256(es256::SecretKey::generate(&mut random));
        let text = format!(
            "credential {} -> {}, which the relying party never stored",
            BASE64URL_NOPAD.encode(&credential.id.0),
            BASE64URL_NOPAD.encode(&id)
        );
        Some(Decision::new(Edit::Credential { id: CredentialId(id), key }, text))
    }
}
