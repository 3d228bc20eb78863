//! The subcommands that issue a pinUvAuthToken (CTAP2.3 §6.5.5.7).

use ciborium::Value;

use super::{Parameters, ask, missing, required};
use crate::command::{Decision, Turn, get_info};
use crate::config::Rule;
use crate::device::Device;
use crate::pin_uv::{Permissions, PinUvAuthToken, SharedSecret};
use crate::refusal::Refusal;
use crate::step::Purpose;
use crate::{Response, Status, Time, UserAnswer};

/// Which of the two subcommands that take a PIN.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// getPinToken, of CTAP 2.0.
    Superseded,
    WithPermissions,
}

/// getPinUvAuthTokenUsingUvWithPermissions, waiting for the finger.
pub(crate) struct Pending {
    secret: SharedSecret,
    permissions: Permissions,
    rp_id: Option<String>,
}

/// getPinToken (§6.5.5.7.1) and getPinUvAuthTokenUsingPinWithPermissions (§6.5.5.7.2).
pub(super) fn with_pin(device: &mut Device, now: Time, parameters: &Parameters, kind: Kind) -> Decision {
    let protocol = parameters.protocol(device)?;
    let _present = required(parameters.key_agreement.as_ref(), "clientPIN member 0x03 (keyAgreement)")?;
    let pin_hash_enc = required(parameters.pin_hash_enc.as_deref(), "clientPIN member 0x06 (pinHashEnc)")?;
    let no_mc_ga = device.config.protection.no_mc_ga_permissions_with_client_pin;
    let defaults = Permissions::MAKE_CREDENTIAL.with(Permissions::GET_ASSERTION);
    let permissions = match kind {
        // CTAP 2.0 has no permissions, nor those parameters.
        Kind::Superseded if !device.keeps(Rule::BoundTokens) => Permissions::WHATEVER_A_PIN_GIVES,
        // Steps 3 and 4.
        Kind::Superseded if parameters.permissions.is_some() || parameters.rp_id.is_some() => {
            return Err(Refusal::rule(Status::InvalidParameter, "getPinToken takes neither permissions nor rpId"));
        }
        Kind::Superseded => {
            if no_mc_ga {
                Permissions::NONE
            } else {
                defaults
            }
        }
        Kind::WithPermissions => {
            let permissions = asked(parameters)?;
            if no_mc_ga && permissions.has_any(defaults) {
                return Err(unauthorized());
            }
            authorize(device, permissions, "bioEnroll", "authnrCfg")?;
            permissions
        }
    };
    // Steps 5 to 10.
    let pin = device.pin_to_compare()?;
    let secret = parameters.shared_secret(device, protocol)?;
    device.compare_pin(&pin, &secret, pin_hash_enc)?;
    // Step 11
    if device.settings()?.force_pin_change {
        let status = if kind == Kind::Superseded { Status::PinInvalid } else { Status::PinPolicyViolation };
        return Err(Refusal::rule(status, "the PIN must be changed before it is good for a token"));
    }
    issue(device, now, &secret, permissions, parameters.rp_id.clone(), false)
}

/// getPinUvAuthTokenUsingUvWithPermissions (§6.5.5.7.3), up to step 9.
pub(super) fn with_verification(device: &mut Device, parameters: Parameters) -> Decision {
    let protocol = parameters.protocol(device)?;
    let _present = required(parameters.key_agreement.as_ref(), "clientPIN member 0x03 (keyAgreement)")?;
    let permissions = asked(&parameters)?;
    authorize(device, permissions, "uvBioEnroll", "uvAcfg")?;
    // Step 5
    if !device.is_verification_ready()? {
        return Err(Refusal::rule(Status::NotAllowed, "nothing is enrolled for built-in user verification"));
    }
    let secret = parameters.shared_secret(device, protocol)?;
    let pending = Pending { secret, permissions, rp_id: parameters.rp_id };
    // Step 7
    let prompt = device.ask_verification(pending.purpose()).map_err(or_blocked)?;
    ask(prompt, pending)
}

pub(super) fn resume(device: &mut Device, now: Time, pending: Pending, answer: UserAnswer) -> Decision {
    // Step 6: a platform that is told to try again by itself is asked to, instead of the user.
    let internal_retry = device.config.protection.preferred_platform_uv_attempts.is_none_or(|attempts| attempts <= 1);
    // Steps 9 and 10.
    match device.is_verified(answer) {
        Ok(true) => issue(device, now, &pending.secret, pending.permissions, pending.rp_id, true),
        Ok(false) if internal_retry => {
            let prompt = device.ask_verification(pending.purpose()).map_err(or_blocked)?;
            ask(prompt, pending)
        }
        Ok(false) => Err(Refusal::rule(Status::UvInvalid, "the finger is not enrolled; the platform may try again")),
        Err(refusal) if refusal.status == Status::OperationDenied => Err(Refusal { status: Status::UvInvalid, ..refusal }),
        Err(refusal) => Err(or_blocked(refusal)),
    }
}

impl Pending {
    fn purpose(&self) -> Purpose {
        Purpose::IssueToken { rp_id: self.rp_id.clone() }
    }
}

/// Steps 7 and 10.2: here it has a status of its own.
fn or_blocked(refusal: Refusal) -> Refusal {
    match refusal.status {
        Status::PinBlocked => Refusal::rule(Status::UvBlocked, "no tries of built-in user verification are left; a PIN brings them back"),
        _ => refusal,
    }
}

fn unauthorized() -> Refusal {
    Refusal::rule(Status::UnauthorizedPermission, "the authenticator does not give a permission that is asked for")
}

/// The permissions of a request, those without a name left out.
fn asked(parameters: &Parameters) -> Result<Permissions, Refusal> {
    let Some(asked) = parameters.permissions else { return Err(missing("clientPIN member 0x09 (permissions)")) };
    // Step 3
    if asked == 0 {
        return Err(Refusal::member(Status::InvalidParameter, "clientPIN member 0x09 (permissions)", "is zero"));
    }
    let known = Permissions(u8::try_from(asked & u64::from(Permissions::KNOWN.0)).unwrap_or_default());
    // §6.5.5.7, table of permissions: mc and ga need an RP ID.
    if known.has_any(Permissions::MAKE_CREDENTIAL.with(Permissions::GET_ASSERTION)) && parameters.rp_id.is_none() {
        return Err(missing("clientPIN member 0x0A (rpId)"));
    }
    Ok(known)
}

/// Step 4: each permission needs the option of what it permits.
fn authorize(device: &Device, permissions: Permissions, bio: &str, config: &str) -> Result<(), Refusal> {
    let is = |name: &str| get_info::option(device, name) == Some(true);
    let has_bio = if bio == "bioEnroll" { get_info::option(device, bio).is_some() } else { is(bio) };
    let persistent = Permissions::PERSISTENT_CREDENTIAL_MANAGEMENT_READ;
    let given = [
        (Permissions::CREDENTIAL_MANAGEMENT, is("credMgmt")),
        (Permissions::BIO_ENROLLMENT, has_bio),
        (Permissions::LARGE_BLOB_WRITE, is("largeBlobs")),
        (Permissions::AUTHENTICATOR_CONFIG, is(config)),
        (persistent, is("perCredMgmtRO") && permissions == persistent),
    ];
    if given.into_iter().any(|(permission, is_given)| permissions.has_any(permission) && !is_given) {
        return Err(unauthorized());
    }
    Ok(())
}

/// The last steps of all three: the persistent token for `pcmr` alone, else a new one, which ends the one before.
fn issue(
    device: &mut Device,
    now: Time,
    secret: &SharedSecret,
    permissions: Permissions,
    rp_id: Option<String>,
    user_present: bool,
) -> Decision {
    let bytes = if permissions == Permissions::PERSISTENT_CREDENTIAL_MANAGEMENT_READ {
        device.issue_persistent_token()?
    } else {
        let is_bound = device.keeps(Rule::BoundTokens);
        let rp_id = rp_id.filter(|_| is_bound);
        let owner = (secret.protocol(), device.channel);
        let mut token = PinUvAuthToken::issue(&mut device.apart, now, owner, permissions, rp_id, user_present);
        token.is_bound = is_bound;
        let bytes = token.bytes;
        device.token = Some(token);
        bytes
    };
    let encrypted = secret.encrypt(&mut device.apart, &bytes);
    Ok(Turn::Decided(Response::Answer(vec![(Value::from(0x02), Value::Bytes(encrypted))])))
}
