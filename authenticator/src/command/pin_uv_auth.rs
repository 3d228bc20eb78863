//! `pinUvAuthParam` of makeCredential and getAssertion.

use crate::command::{Decision, Pending, Turn};
use crate::config::Rule;
use crate::device::Device;
use crate::gesture;
use crate::pin_uv::{Permissions, RpScope};
use crate::refusal::Refusal;
use crate::step::Purpose;
use crate::{Prompt, Status, Time, UserAnswer};

/// CTAP2.3 §6.1.2 and §6.2.2, steps 1 and 2. `Some`: the request is the probe, which the user must touch for.
pub(super) fn check(device: &Device, param: Option<&[u8]>, protocol: Option<u64>, purpose: Purpose) -> Result<Option<Turn>, Refusal> {
    match param {
        None => Ok(None),
        // Step 1: a zero-length parameter asks whether a PIN is set; platforms use it to let the user choose a key.
        Some([]) if device.can_be_protected() => Ok(Some(Turn::Ask(Prompt::Presence { purpose }, Pending::PinProbe))),
        // Step 2
        Some(_) => match device.protocol(protocol) {
            // CTAP 2.0 §5.1 step 7, §5.2 step 3.
            Err(refusal) if refusal.status == Status::InvalidParameter && !device.keeps(Rule::Ceremonies) => {
                Err(Refusal { status: Status::PinAuthInvalid, ..refusal })
            }
            checked => checked.map(|_| None),
        },
    }
}

/// Step 1.3: touched, so say whether a PIN is set.
pub(super) fn resume_probe(device: &Device, answer: UserAnswer) -> Decision {
    gesture::presence(answer)?;
    if device.pin()?.is_some() {
        return Err(Refusal::rule(Status::PinInvalid, "a PIN is set, and the request asks only whether it is"));
    }
    Err(Refusal::rule(Status::PinNotSet, "no PIN is set"))
}

/// What a good `pinUvAuthParam` brings along.
#[derive(Clone, Copy, Default)]
pub(super) struct ByToken {
    /// `getUserPresentFlagValue()`.
    pub present: bool,
}

/// §6.1.2 step 11.1, §6.2.2 step 6.1: the token must have `permission` and a verified user; it is bound to `rp_id`.
pub(super) fn verify(
    device: &mut Device,
    now: Time,
    param: &[u8],
    protocol: Option<u64>,
    client_data_hash: &[u8],
    permission: Permissions,
    rp_id: &str,
) -> Result<ByToken, Refusal> {
    let is_verified = device.token(now).is_none_or(|token| token.user_verified);
    device.check_pin_uv_auth(now, Some(param), protocol, client_data_hash, permission, RpScope::Bind(rp_id))?;
    if !is_verified {
        return Err(Refusal::rule(Status::PinAuthInvalid, "the token's verification of the user was used up"));
    }
    Ok(ByToken { present: device.token(now).is_some_and(|token| token.is_user_present(now)) })
}
