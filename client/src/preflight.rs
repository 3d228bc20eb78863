//! Credential lists that are longer than the authenticator takes at once (CTAP2.3 §6.1.2, §6.2.2, getInfo members 0x07 and 0x08).

use ciborium::Value;
use faultkey_authenticator::Status;
use faultkey_transport::Transport;

use crate::User;
use crate::authenticator_info::AuthenticatorInfo;
use crate::ctap_reply::Assertion;
use crate::ctap_request::GetAssertion;
use crate::dialog::{Dialog, Ended};
use crate::verification::Verification;

/// A list that the authenticator takes: `ids` itself if it fits; else the one credential of it that the authenticator has, found by asking
/// silently, batch by batch; or nothing, if it has none. A token shows those too that are hidden from unverified users (CTAP2.3 §12.1).
pub fn fitting<T: Transport, U: User>(
    dialog: &mut Dialog<'_, T, U>,
    info: &AuthenticatorInfo,
    rp_id: &str,
    ids: &[Vec<u8>],
    verification: &Verification,
) -> Result<Vec<Vec<u8>>, Ended> {
    if !is_too_long(info, ids) {
        return Ok(its_own(info, ids));
    }
    Ok(find(dialog, info, rp_id, ids, verification)?.into_iter().collect())
}

/// The first credential of `ids` that the authenticator has, found by asking silently, batch by batch.
pub fn find<T: Transport, U: User>(
    dialog: &mut Dialog<'_, T, U>,
    info: &AuthenticatorInfo,
    rp_id: &str,
    ids: &[Vec<u8>],
    verification: &Verification,
) -> Result<Option<Vec<u8>>, Ended> {
    let ids = its_own(info, ids);
    for batch in ids.chunks(limit(info).unwrap_or(usize::MAX)) {
        // Nobody verifies this assertion, so it need not be over the ceremony's client data.
        let request = GetAssertion { rp_id, client_data_hash: &[0; 32], allow: batch, extensions: &[], verification, silent: true };
        match dialog.ask(&request.to_bytes()) {
            Ok(reply) => return found(&reply, batch).map(Some),
            Err(Ended::Status(Status::NoCredentials)) => {}
            Err(ended) => return Err(ended),
        }
    }
    Ok(None)
}

/// An id longer than any of its own can't be this authenticator's.
fn its_own(info: &AuthenticatorInfo, ids: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let longest = info.max_credential_id_length.unwrap_or(usize::MAX);
    ids.iter().filter(|id| id.len() <= longest).cloned().collect()
}

fn limit(info: &AuthenticatorInfo) -> Option<usize> {
    info.max_credential_count_in_list.filter(|limit| *limit > 0)
}

/// The list has to be asked about in batches.
pub fn is_too_long(info: &AuthenticatorInfo, ids: &[Vec<u8>]) -> bool {
    limit(info).is_some_and(|limit| its_own(info, ids).len() > limit)
}

fn found(reply: &Value, batch: &[Vec<u8>]) -> Result<Vec<u8>, Ended> {
    match (Assertion::read(reply)?.credential_id, batch) {
        (Some(id), _) => Ok(id),
        (None, [only]) => Ok(only.clone()),
        (None, _) => Err(Ended::Malformed("the getAssertion reply doesn't say which credential it used".into())),
    }
}
