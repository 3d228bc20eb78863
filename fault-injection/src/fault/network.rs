//! The connection between the client's side and the relying party. These files decide; [`crate::seam::network`] cuts.

pub mod cut_options;
pub mod cut_verify;
pub mod delayed_verify;
pub mod duplicate_verify;

use crate::parameters::Parameters;
use crate::registry::ParameterInfo;
use crate::scene::Ceremony;
use crate::{CutPoint, Ending, FaultError, NetworkDecision, NetworkRequest};

use super::Decision;

pub(crate) const CEREMONY: ParameterInfo = super::command::CEREMONY;
pub(crate) const ENDING: ParameterInfo = ParameterInfo {
    name: "ending",
    accepts: "`fin`, `rst` or `silence`",
    default: "`rst`",
    meaning: "How the connection ends for both sides: closed, reset, or nothing more in either direction.",
};
pub(crate) const BYTES: ParameterInfo = ParameterInfo {
    name: "bytes",
    accepts: "a whole number from 0 to 1048576, only with `n4` and `n6`",
    default: "64",
    meaning: "How many bytes of the request (`n4`) or the response (`n6`) still pass.",
};
pub(crate) const AT: &str = "`n0`, `n1`, `n2`, `n3`, `n4`, `n5`, `n6` or `n7`";
pub(crate) const AT_MEANING: &str = "Where: `n0` the name does not resolve, `n1` the connection is refused, `n2` a TLS alert, `n3` \
    connected but nothing sent, `n4` the request is cut, `n5` the request is processed but no byte of the answer arrives, `n6` the \
    response is cut, `n7` the response arrives whole, then a reset.";

/// A cut of one connection, as its parameters say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cut {
    point: CutPoint,
    name: &'static str,
    ending: Ending,
    ceremony: Option<Ceremony>,
}

impl Cut {
    pub(crate) fn load(parameters: &Parameters, default_at: &'static str) -> Result<Self, FaultError> {
        const NAMES: [&str; 8] = ["n0", "n1", "n2", "n3", "n4", "n5", "n6", "n7"];
        let name = parameters.choice("at", &NAMES.map(|name| (name, name)), default_at)?;
        let bytes = parameters.integer("bytes", 0..=1_048_576)?;
        if bytes.is_some() && !["n4", "n6"].contains(&name) {
            let problem = format!("only allowed with the cut points `n4` and `n6`, and `at` is `{name}`");
            return Err(parameters.error("bytes", problem));
        }
        let bytes = usize::try_from(bytes.unwrap_or(64)).unwrap_or(usize::MAX);
        let point = match name {
            "n0" => CutPoint::N0,
            "n1" => CutPoint::N1,
            "n2" => CutPoint::N2,
            "n3" => CutPoint::N3,
            "n4" => CutPoint::N4(bytes),
            "n5" => CutPoint::N5,
            "n6" => CutPoint::N6(bytes),
            _ => CutPoint::N7,
        };
        let endings = [("fin", Ending::Fin), ("rst", Ending::Rst), ("silence", Ending::Silence)];
        let ending = parameters.choice("ending", &endings, Ending::Rst)?;
        Ok(Self { point, name, ending, ceremony: parameters.ceremony(None)? })
    }

    pub(crate) const fn ceremonies(self) -> &'static [Ceremony] {
        Ceremony::those(self.ceremony)
    }

    pub(crate) fn decide(self, request: &str, ceremony: Ceremony) -> Option<Decision<NetworkDecision>> {
        if !ceremony.is(self.ceremony) {
            return None;
        }
        let name = self.name;
        let place = match self.point {
            CutPoint::N4(bytes) => format!("{name} after {bytes} bytes of the request"),
            CutPoint::N6(bytes) => format!("{name} after {bytes} bytes of the response"),
            _ => name.to_owned(),
        };
        let ending = match self.ending {
            Ending::Fin => "FIN",
            Ending::Rst => "RST",
            Ending::Silence => "silence",
        };
        let text = format!("{request} request of the {ceremony} cut at {place}, ending in {ending}");
        Some(Decision::new(NetworkDecision::Cut { point: self.point, ending: self.ending }, text))
    }
}

pub(crate) const fn is_options(request: NetworkRequest) -> bool {
    matches!(request, NetworkRequest::RegistrationOptions | NetworkRequest::AuthenticationOptions)
}

pub(crate) const fn is_verify(request: NetworkRequest) -> bool {
    matches!(request, NetworkRequest::RegistrationVerify | NetworkRequest::AuthenticationVerify)
}
