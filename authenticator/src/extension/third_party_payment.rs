//! thirdPartyPayment: whether others than the relying party may start a payment with the credential (CTAP2.3 §12.9).

use super::{Extension, ExtensionData, Inputs};
use crate::refusal::Refusal;

/// A registration has no output; an authentication tells what was asked then.
pub(super) fn at_registration(inputs: &Inputs, data: &mut ExtensionData) -> Result<(), Refusal> {
    data.third_party_payment = inputs.is_asked(Extension::ThirdPartyPayment)?;
    Ok(())
}
