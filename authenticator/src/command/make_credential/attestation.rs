//! Which attestation a new credential gets, and whether it fits into a message.

use super::{Parameters, members_of_reply};
use crate::attestation::{AttestationFormat, Attester, Claim, Issuance};
use crate::config::Attestation;
use crate::refusal::Refusal;
use crate::{AuthenticatorData, Config, Credential, KeyState, Reply, Status, Time};

/// The enterprise attestation, if it was asked for and may be given (CTAP2.3 §6.1.2 step 9). Else the first format of the platform's
/// preference that the device has; without one, the device's own. A format that has no place for the algorithm gives way to none (the
/// authenticator chooses).
pub(super) fn choose(own: &Attestation, algorithm: i64, parameters: &Parameters) -> AttestationFormat {
    // Whether it is there and enabled was looked at before.
    if parameters.enterprise_attestation.is_some_and(|requested| own.enterprise.is_given(requested, &parameters.rp.id)) {
        return AttestationFormat::Enterprise;
    }
    let supported: Vec<AttestationFormat> = own.supported().filter(|format| format.takes(algorithm)).collect();
    let mut preferred = parameters.attestation_formats_preference.iter().flatten();
    let preferred = preferred.find_map(|wanted| supported.iter().copied().find(|format| format.identifier() == wanted));
    preferred.or(supported.first().copied()).unwrap_or(AttestationFormat::None)
}

/// Who vouches, for the formats that need it; `now` is when.
pub(super) fn attester(config: &Config, format: AttestationFormat, now: Time) -> Result<Option<Box<Attester>>, Refusal> {
    if !format.needs_attester() {
        return Ok(None);
    }
    let issuance = config.attestation.issuance;
    let issuance = Issuance { attested_at: issuance.attested_at.saturating_add(now.as_millis()), ..issuance };
    Ok(Some(Box::new(Attester::new(issuance, config.aaguid)?)))
}

/// Refuses a credential whose reply is longer than `maxMsgSize`, before anything is stored. CTAP names no status for a reply that is too
/// long; `REQUEST_TOO_LARGE`, "cannot handle this request due to memory constraints" (CTAP2.3 §8.2), says what is the matter.
pub(super) fn check_size(
    config: &Config,
    format: AttestationFormat,
    attester: Option<&Attester>,
    credential: &Credential,
    authenticator_data: &AuthenticatorData,
    client_data_hash: &[u8],
) -> Result<(), Refusal> {
    let KeyState::Usable(key) = &credential.key else { return Ok(()) };
    // More than any signature, and more than any chain of certificates: most replies need no closer look.
    let signature = if format == AttestationFormat::None { 0 } else { longest_signature(key.algorithm()) };
    let certificates = if format.needs_attester() { 4_000 } else { 0 };
    if authenticator_data.to_bytes().len() + signature + certificates + 64 <= config.max_message_size {
        return Ok(());
    }
    let statement = format.statement(&Claim { key, authenticator_data, client_data_hash }, attester)?;
    let reply = Reply::success(members_of_reply(format, authenticator_data.to_bytes(), statement));
    if reply.to_bytes().is_some_and(|bytes| bytes.len() > config.max_message_size) {
        return Err(Refusal::rule(Status::RequestTooLarge, "the new credential's attestation is longer than maxMsgSize"));
    }
    Ok(())
}

/// Bytes that no signature of this COSE algorithm exceeds.
const fn longest_signature(algorithm: i64) -> usize {
    match algorithm {
        -50..=-48 => 4_700,
        -259..=-257 | -39..=-37 => 1_100,
        _ => 200,
    }
}
