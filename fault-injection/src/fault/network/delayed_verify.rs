//! The response arrives late.

use std::time::Duration;

use super::{CEREMONY, is_verify};
use crate::fault::{Decision, Fault};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, ParameterInfo, Seam};
use crate::scene::Ceremony;
use crate::{FaultError, Layer, NetworkDecision, NetworkRequest};

pub const INFO: FaultInfo = FaultInfo {
    name: "delayed-verify",
    layer: Layer::Network,
    summary: "The response arrives after its challenge has expired: a slow user, or a slow network.",
    effect: "Delivers the request that carries the response `by` milliseconds of the run's time later. Its \
        bytes are unchanged.",
    opportunity: "A request that carries a response, of its ceremony.",
    seam: Seam::Network,
    evidence: "observed: sessions of 60 s or 5 min that end before the user is done (catalogue NW-08: \
        woocommerce-ios#10857, vestroll#286).",
    catalogue: &["NW-08", "PF-15"],
    good_rp: "Refuses and says that the challenge has expired, gives a new one in the same step, keeps what \
        the user typed, and counts nothing against the account.",
    parameters: &[
        ParameterInfo {
            name: "by",
            accepts: "milliseconds, a whole number from 1 to 86400000",
            default: "600000",
            meaning: "How much later it arrives.",
        },
        CEREMONY,
    ],
    example: "{ fault = \"delayed-verify\", by = 360000, schedule = \"once\" }",
};

struct DelayedVerify {
    by: u64,
    ceremony: Option<Ceremony>,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    let by = parameters.integer("by", 1..=86_400_000)?.unwrap_or(600_000);
    Ok(Box::new(DelayedVerify { by, ceremony: parameters.ceremony(None)? }))
}

impl Fault for DelayedVerify {
    fn ceremonies(&self) -> &'static [Ceremony] {
        Ceremony::those(self.ceremony)
    }

    fn network(&self, request: NetworkRequest, ceremony: Ceremony) -> Option<Decision<NetworkDecision>> {
        let acts = is_verify(request) && ceremony.is(self.ceremony);
        let text = format!("verify request of the {ceremony} delivered {} ms later", self.by);
        acts.then(|| Decision::new(NetworkDecision::Delay(Duration::from_millis(self.by)), text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::loaded;

    #[test]
    fn responses_arrive_later() {
        let decision = loaded("delayed-verify,by=360000").network(NetworkRequest::AuthenticationVerify, Ceremony::Authentication).unwrap();
        assert_eq!(decision.value, NetworkDecision::Delay(Duration::from_secs(360)));
        assert_eq!(decision.text, "verify request of the authentication delivered 360000 ms later");
        assert_eq!(loaded("delayed-verify").network(NetworkRequest::AuthenticationOptions, Ceremony::Authentication), None);
    }
}
