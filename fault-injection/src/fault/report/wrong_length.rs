//! A message claims another length.

use faultkey_transport::ctaphid::Packet;
use toml::Value;

use super::{is_plugged_in, named};
use crate::envelope::describe;
use crate::fault::{Decision, Fault, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, ParameterInfo, Seam};
use crate::scene::Ceremony;
use crate::seam::report::{ReportDecision, SeenReport};
use crate::selection::{CEREMONY, DIRECTION, MESSAGE, Selection};
use crate::{FaultError, Layer, Profile};

pub const INFO: FaultInfo = FaultInfo {
    name: "wrong-length",
    layer: Layer::Report,
    summary: "A message announces the wrong length.",
    effect: "The length in the message's first report is changed by `by`, or set to more than CTAPHID can \
        carry. If it is too large, the receiver waits in vain for more, or takes the zeros at the end of the \
        last report as part of the message; if it is too small, the message is cut. `too-long` announces \
        65535 bytes: the key answers ERR_INVALID_LEN, and a strict host abandons the answer at once.",
    opportunity: "The first report of a message that `direction`, `message` and `ceremony` select. RP ID and \
        account are known from a request's last report on.",
    seam: Seam::Report,
    evidence: "specified: at most 7609 bytes, CTAP2.3 §11.2.4 (catalogue CT-06). No public report of a key \
        that announces more.",
    catalogue: &["CT-06"],
    good_rp: "Never sees it; to the relying party the ceremony failed on the client.",
    parameters: &[
        ParameterInfo {
            name: "by",
            accepts: "a whole number from -7609 to 7609, or `too-long`",
            default: "`too-long`",
            meaning: "What is added to the length.",
        },
        DIRECTION,
        MESSAGE,
        CEREMONY,
    ],
    example: "{ fault = \"wrong-length\", by = 59, ceremony = \"authentication\" }",
};

struct WrongLength {
    which: Selection,
    by: By,
}

#[derive(Clone, Copy)]
enum By {
    TooLong,
    Difference(i64),
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    let by = match parameters.value("by") {
        None => By::TooLong,
        Some(Value::String(word)) if word == "too-long" => By::TooLong,
        Some(Value::Integer(by)) if (-7_609..=7_609).contains(by) && *by != 0 => By::Difference(*by),
        Some(other) => {
            let expected = "expected a whole number from -7609 to 7609 that is not zero, or `too-long`";
            return Err(parameters.error("by", format!("{expected}, found {}", describe(other))));
        }
    };
    Ok(Box::new(WrongLength { which: Selection::load(parameters)?, by }))
}

impl Fault for WrongLength {
    fn ceremonies(&self) -> &'static [Ceremony] {
        self.which.ceremonies()
    }

    fn possible(&self, profile: &Profile) -> Result<(), String> {
        is_plugged_in(profile)
    }

    fn report(&self, seen: &SeenReport, _world: &World) -> Option<Decision<ReportDecision>> {
        let Packet::Initialization { length, .. } = seen.packet() else { return None };
        let wrong = match self.by {
            By::TooLong => u16::MAX,
            By::Difference(by) => u16::try_from(i64::try_from(length).ok()?.saturating_add(by).max(0)).ok()?,
        };
        let mut other = *seen.report;
        [other[5], other[6]] = wrong.to_be_bytes();
        let acts = self.which.takes(seen) && usize::from(wrong) != length;
        let text = format!("{}: length {length} -> {wrong}", named(seen));
        acts.then(|| Decision::new(ReportDecision::Replace(Box::new(other)), text))
    }
}
