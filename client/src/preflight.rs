//! Credential lists that are longer than the authenticator takes at once (CTAP2.3 §6.1.2, §6.2.2, getInfo members 0x07 and 0x08).

use ciborium::Value;
use faultkey_authenticator::Status;
use faultkey_transport::Transport;

use crate::User;
use crate::authenticator_info::AuthenticatorInfo;
use crate::ctap_reply::Assertion;
use crate::ctap_request::GetAssertion;
use crate::dialog::{Dialog, Ended};

/// A list that the authenticator takes: `ids` itself if it fits; else the one credential of it that the authenticator has, found by asking
/// silently, batch by batch; or nothing, if it has none.
pub fn fitting<T: Transport, U: User>(
    dialog: &mut Dialog<'_, T, U>,
    info: &AuthenticatorInfo,
    rp_id: &str,
    ids: &[Vec<u8>],
) -> Result<Vec<Vec<u8>>, Ended> {
    let longest = info.max_credential_id_length.unwrap_or(usize::MAX);
    // An id longer than any of its own can't be this authenticator's.
    let ids: Vec<Vec<u8>> = ids.iter().filter(|id| id.len() <= longest).cloned().collect();
    let limit = info.max_credential_count_in_list.filter(|limit| *limit > 0).unwrap_or(usize::MAX);
    if ids.len() <= limit {
        return Ok(ids);
    }
    for batch in ids.chunks(limit) {
        // Nobody verifies this assertion, so it need not be over the ceremony's client data.
        let request = GetAssertion { rp_id, client_data_hash: &[0; 32], allow: batch, extensions: &[], verify_user: false, silent: true };
        match dialog.ask(&request.to_bytes()) {
            Ok(reply) => return found(&reply, batch),
            Err(Ended::Status(Status::NoCredentials)) => {}
            Err(ended) => return Err(ended),
        }
    }
    Ok(Vec::new())
}

fn found(reply: &Value, batch: &[Vec<u8>]) -> Result<Vec<Vec<u8>>, Ended> {
    match (Assertion::read(reply)?.credential_id, batch) {
        (Some(id), _) => Ok(vec![id]),
        (None, [only]) => Ok(vec![only.clone()]),
        (None, _) => Err(Ended::Malformed("the getAssertion reply doesn't say which credential it used".into())),
    }
}
