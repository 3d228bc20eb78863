//! CTAP status bytes and CBOR of the authenticator's answers.

pub mod ed_set_empty_map;
pub mod no_credentials;
pub mod no_op;
pub mod operation_denied;
pub mod unsolicited_extension;
pub mod user_action_timeout;

use crate::fault::{Decision, Interception};
use crate::registry::ParameterInfo;
use crate::scene::Scene;
use faultkey_authenticator::Status;

/// `ceremony`, for faults that act in both.
pub(crate) const CEREMONY: ParameterInfo = ParameterInfo {
    name: "ceremony",
    accepts: "`registration`, `authentication` or `any`",
    default: "`any`",
    meaning: "The ceremony in which the fault fires.",
};

/// What counts as an opportunity for the faults that answer in the authenticator's place.
pub(crate) const COMMAND_OPPORTUNITY: &str = "An authenticatorMakeCredential or authenticatorGetAssertion of its ceremony that \
    involves the user; a client's silent probe for credentials (`up: false`) is not one.";

pub(crate) fn respond(scene: &Scene, status: Status) -> Decision<Interception> {
    let command = match scene.ceremony {
        crate::scene::Ceremony::Registration => "authenticatorMakeCredential",
        crate::scene::Ceremony::Authentication => "authenticatorGetAssertion",
    };
    Decision::new(Interception::Respond(status), format!("{command} -> 0x{:02X} {}, without asking the user", status.code(), status.name()))
}
