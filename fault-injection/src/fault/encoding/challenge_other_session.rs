//! The client data carries the challenge of another session.

use data_encoding::BASE64URL_NOPAD;
use faultkey_client::CollectedClientData;
use rand::Rng;

use crate::fault::{Decision, Fault, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, Seam};
use crate::{FaultError, Layer};

pub const INFO: FaultInfo = FaultInfo {
    name: "challenge-other-session",
    layer: Layer::Encoding,
    summary: "The response answers a challenge that the relying party gave to another session.",
    effect: "Replaces the challenge in the client data before it is hashed and signed. The other challenge \
        is a valid one of another session where the run fetched one; otherwise one of the same length is \
        drawn from the seed. The signature verifies.",
    opportunity: super::CLIENT_DATA_OPPORTUNITY,
    seam: Seam::ClientData,
    evidence: "specified: it must be refused, WebAuthn-3 §7.1 step 8 and §7.2 step 11 (catalogue EN-37). Observed: two tabs that \
        overwrite one challenge slot (RP-05: keycloak#49921).",
    catalogue: &["EN-37", "RP-05"],
    good_rp: "Refuses: the challenge is not this session's. Neither session loses its right to try again, \
        and a new challenge is offered.",
    parameters: &[],
    example: "{ fault = \"challenge-other-session\", schedule = \"once\" }",
};

struct ChallengeOtherSession;

pub(crate) fn load(_parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    Ok(Box::new(ChallengeOtherSession))
}

impl Fault for ChallengeOtherSession {
    fn client_data(&self, data: &CollectedClientData, world: &World) -> Option<Decision<CollectedClientData>> {
        let (challenge, source) = match world.foreign_challenge {
            Some(foreign) => (foreign.to_owned(), "of another session"),
            None => {
                let mut bytes = vec![0; data.challenge.len() * 3 / 4];
                world.random("challenge").fill_bytes(&mut bytes);
                (BASE64URL_NOPAD.encode(&bytes), "drawn from the seed, because no other session's was available")
            }
        };
        let text = format!("challenge {} -> {challenge}, {source}", data.challenge);
        (challenge != data.challenge).then(|| Decision::new(CollectedClientData { challenge, ..data.clone() }, text))
    }

    fn wants_foreign_challenge(&self) -> bool {
        true
    }
}
