//! The response arrives twice at the same time.

use super::{CEREMONY, is_verify};
use crate::fault::{Decision, Fault};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, Seam};
use crate::scene::Ceremony;
use crate::{FaultError, Layer, NetworkDecision, NetworkRequest};

pub const INFO: FaultInfo = FaultInfo {
    name: "duplicate-verify",
    layer: Layer::Network,
    summary: "The request that carries the response is delivered twice at the same time: a proxy's retry, or \
        a double tap.",
    effect: "Delivers the same bytes on two connections at once. The client gets the answer to the first.",
    opportunity: "A request that carries a response, of its ceremony.",
    seam: Seam::Network,
    evidence: "observed: challenges that are read first and deleted later, so that both requests succeed \
        (catalogue NW-07: better-auth PR 9622, WorkSphere PR 1060, melody-auth PR 502).",
    catalogue: &["NW-07"],
    good_rp: "Exactly one success, one session, one credential record. The other request gets the same \
        answer again, or a clear \"already done\"; the challenge is consumed atomically.",
    parameters: &[CEREMONY],
    example: "{ fault = \"duplicate-verify\", ceremony = \"authentication\", schedule = \"once\" }",
};

struct DuplicateVerify {
    ceremony: Option<Ceremony>,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    Ok(Box::new(DuplicateVerify { ceremony: parameters.ceremony(None)? }))
}

impl Fault for DuplicateVerify {
    fn ceremonies(&self) -> &'static [Ceremony] {
        Ceremony::those(self.ceremony)
    }

    fn network(&self, request: NetworkRequest, ceremony: Ceremony) -> Option<Decision<NetworkDecision>> {
        let acts = is_verify(request) && ceremony.is(self.ceremony);
        acts.then(|| Decision::new(NetworkDecision::Duplicate, format!("verify request of the {ceremony} delivered twice")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::loaded;

    #[test]
    fn only_responses_are_doubled() {
        let fault = loaded("duplicate-verify,ceremony=authentication");
        let decision = fault.network(NetworkRequest::AuthenticationVerify, Ceremony::Authentication).unwrap();
        assert_eq!(decision, Decision::new(NetworkDecision::Duplicate, "verify request of the authentication delivered twice"));
        assert_eq!(fault.network(NetworkRequest::RegistrationVerify, Ceremony::Registration), None);
        assert_eq!(fault.network(NetworkRequest::AuthenticationOptions, Ceremony::Authentication), None);
    }
}
