//! A member of the response is missing.

use serde_json::Value;

use crate::fault::{Decision, Fault, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, Seam};
use crate::response_member::{CEREMONY, MEMBER, OPPORTUNITY, ResponseMember};
use crate::scene::Ceremony;
use crate::{FaultError, Layer};

pub const INFO: FaultInfo = FaultInfo {
    name: "response-member-missing",
    layer: Layer::Encoding,
    summary: "The response that the page sends lacks a member.",
    effect: "Removes one member from the JSON that the client returned, before the page sends it. Everything else is unchanged.",
    opportunity: OPPORTUNITY,
    seam: Seam::Response,
    evidence: "specified: the members are required, WebAuthn-3 §5.1 (RegistrationResponseJSON, AuthenticationResponseJSON). Inferred: that a \
        page or a proxy loses one; anyone can send such a request, so it must be refused.",
    catalogue: &[],
    good_rp: "Refuses with a 4xx status, names the member in its log, changes no state, and goes on serving.",
    parameters: &[MEMBER, CEREMONY],
    example: "{ fault = \"response-member-missing\", member = \"signature\", schedule = \"once\" }",
};

struct ResponseMemberMissing {
    which: ResponseMember,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    Ok(Box::new(ResponseMemberMissing { which: ResponseMember::load(parameters)? }))
}

impl Fault for ResponseMemberMissing {
    fn ceremonies(&self) -> &'static [Ceremony] {
        self.which.ceremonies()
    }

    fn response(&self, ceremony: Ceremony, response: &Value, _world: &World) -> Option<Decision<Value>> {
        let changed = self.which.changed(ceremony, response, |object, member| {
            // Keeps the order of the others.
            object.retain(|name, _| name != member);
        })?;
        Some(Decision::new(changed, format!("`{}` removed from the response of the {ceremony}", self.which.path())))
    }
}
