//! CTAP status bytes and CBOR of the authenticator's answers.

pub mod ed_set_empty_map;
pub mod no_credentials;
pub mod no_op;
pub mod operation_denied;
pub mod unsolicited_extension;
pub mod user_action_timeout;

use crate::Text;
use crate::fault::{Decision, Interception};
use crate::registry::ParameterInfo;
use crate::scene::Scene;
use faultkey_authenticator::Status;

/// `ceremony`, for faults that act in both.
pub(crate) const CEREMONY: ParameterInfo = ParameterInfo {
    name: "ceremony",
    accepts: Text::new("`registration`, `authentication` or `any`", "`registration`、`authentication`、`any`のいずれか"),
    default: Text::same("`any`"),
    meaning: Text::new("The ceremony in which the fault fires.", "作動するセレモニー"),
};

/// What counts as an opportunity for the faults that answer in the authenticator's place.
pub(crate) const COMMAND_OPPORTUNITY: Text<&str> = Text::new(
    "An authenticatorMakeCredential or authenticatorGetAssertion of its ceremony that \
    involves the user; a client's silent probe for credentials (`up: false`) is not one.",
    "対象のセレモニーで、ユーザーが関わるauthenticatorMakeCredentialまたはauthenticatorGetAssertionです。\
    クライアントがクレデンシャルの有無を調べるだけの問い合わせ（`up: false`）は数えません。",
);

pub(crate) fn respond(scene: &Scene, status: Status) -> Decision<Interception> {
    let command = match scene.ceremony {
        crate::scene::Ceremony::Registration => "authenticatorMakeCredential",
        crate::scene::Ceremony::Authentication => "authenticatorGetAssertion",
    };
    let text = Text::new(
        format!("{command} -> 0x{:02X} {}, without asking the user", status.code(), status.name()),
        format!("{command} -> 0x{:02X} {}（ユーザーに操作を求めない）", status.code(), status.name()),
    );
    Decision::new(Interception::Respond(status), text)
}
