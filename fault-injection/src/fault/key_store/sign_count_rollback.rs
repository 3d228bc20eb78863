//! The signature counter goes back, as after a restored backup or on a clone.

use crate::fault::{Decision, Fault};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, ParameterInfo, Seam};
use crate::scene::Ceremony;
use crate::{FaultError, Layer, Profile};
use faultkey_authenticator::config::SignCountPolicy;

pub const INFO: FaultInfo = FaultInfo {
    name: "sign-count-rollback",
    layer: Layer::KeyStore,
    summary: "The signature counter of an authentication is lower than one that the relying party has \
        already seen.",
    effect: "The authenticator reads a lower signature counter than its store holds, and signs it: the \
        assertion is valid except for the counter. The stored counter does not change, so the next \
        authentication without the fault continues above every value sent before.",
    opportunity: "The authenticator reads its signature counter for an authentication, and the changed value \
        is lower than the real one.",
    seam: Seam::Authenticator,
    evidence: "observed: counters that fall after a vault was restored, or between clients of one provider \
        (catalogue AK-11: AChep/keyguard-app#281, usememos/memos PR 5872). Specified: what a relying party \
        may conclude from it, WebAuthn-3 §7.2 step 22.",
    catalogue: &["AK-11", "AK-10", "AK-12"],
    good_rp: "Treats it as a sign of risk, not as proof: accepts, or asks for a second factor, and logs it. \
        Never locks the account, and does not store the lower value when it refuses.",
    parameters: &[
        ParameterInfo {
            name: "to",
            accepts: "a whole number from 0 to 4294967295, not together with `by`",
            default: "none",
            meaning: "The value that is read instead.",
        },
        ParameterInfo {
            name: "by",
            accepts: "a whole number from 1 to 4294967295, not together with `to`",
            default: "2",
            meaning: "How far it is below the real value, but never below 0. A browser that first asks without a touch (Firefox) has \
                already advanced the counter: use `to`, or a larger number.",
        },
    ],
    example: "{ fault = \"sign-count-rollback\", to = 7, schedule = \"once\" }",
};

enum SignCountRollback {
    To(u32),
    By(u32),
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    let to = parameters.integer("to", 0..=u64::from(u32::MAX))?;
    let by = parameters.integer("by", 1..=u64::from(u32::MAX))?;
    let narrow = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    Ok(Box::new(match (to, by) {
        (Some(_), Some(_)) => return Err(parameters.error("by", "give either `to` or `by`, not both".to_owned())),
        (Some(to), None) => SignCountRollback::To(narrow(to)),
        (None, by) => SignCountRollback::By(narrow(by.unwrap_or(2))),
    }))
}

impl Fault for SignCountRollback {
    fn ceremonies(&self) -> &'static [Ceremony] {
        &[Ceremony::Authentication]
    }

    fn possible(&self, profile: &Profile) -> Result<(), String> {
        if profile.authenticator.sign_count == SignCountPolicy::Zero {
            Err("its signature counter is always zero".to_owned())
        } else {
            Ok(())
        }
    }

    fn count(&self, count: u32) -> Option<Decision<u32>> {
        let lower = match self {
            SignCountRollback::To(to) => *to,
            SignCountRollback::By(by) => count.saturating_sub(*by),
        };
        (lower < count).then(|| Decision::new(lower, format!("signature counter {count} -> {lower}")))
    }
}

#[cfg(test)]
mod tests {
    use crate::registry::loaded;

    #[test]
    fn the_counter_falls_and_never_rises() {
        let table = [
            ("to=7", 41, Some(7)),
            ("to=7", 7, None),
            ("to=7", 3, None),
            ("to=0", 1, Some(0)),
            ("by=2", 41, Some(39)),
            ("by=9", 4, Some(0)),
            ("by=9", 0, None),
        ];
        for (parameters, count, lower) in table {
            let decision = loaded(&format!("sign-count-rollback,{parameters}")).count(count);
            assert_eq!(decision.as_ref().map(|decision| decision.value), lower, "{parameters} at {count}");
        }
        assert_eq!(loaded("sign-count-rollback,to=7").count(41).unwrap().text, "signature counter 41 -> 7");
    }
}
