//! Bytes and JSON of the response: authenticator data, client data, signature.

pub mod be_flag_flip;
pub mod challenge_other_session;
pub mod response_member_missing;
pub mod response_member_wrong_type;
pub mod response_of_other_ceremony;
pub mod rp_id_hash_swapped;
pub mod short_signature;
pub mod sig_bitflip;
pub mod type_swapped;
pub mod up_flag_clear;
pub mod user_handle_mismatch;
pub mod uv_flag_clear;
pub mod wrong_origin;

use faultkey_authenticator::{AuthenticatorData, Response};

use crate::Text;

/// The authenticator data of an answer that has some.
pub(crate) fn authenticator_data(response: &Response) -> Option<&AuthenticatorData> {
    match response {
        Response::MakeCredential(attestation) => Some(&attestation.authenticator_data),
        Response::GetAssertion(assertion) => Some(&assertion.authenticator_data),
        _ => None,
    }
}

/// What counts as an opportunity for the faults in the client data.
pub(crate) const CLIENT_DATA_OPPORTUNITY: Text<&str> = Text::new(
    "The client data of a ceremony in which it would change something.",
    "セレモニーのクライアントデータのうち、変更が生じるものです。",
);
