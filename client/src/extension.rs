//! Client extensions: what of the options goes to the authenticator, and what of its answer the page gets (WebAuthn-3 §9, §10.1;
//! CTAP2.3 §12). An extension that the authenticator doesn't have is left out.

use ciborium::Value;
use faultkey_authenticator::AuthenticatorData;
use faultkey_authenticator::extension::{CredProtect, Extension};
use faultkey_transport::Transport;
use serde_json::{Map, Value as Json, json};

use crate::authenticator_info::AuthenticatorInfo;
use crate::ctap_reply::{Assertion, Attestation};
use crate::ctap_request::GetAssertion;
use crate::dialog::{Dialog, Ended};
use crate::dom_exception::Because;
use crate::options::{CreationExtensions, PrfRequest, PrfValues, RequestExtensions};
use crate::prf::{self, Evaluation};
use crate::verification::Verification;
use crate::{DomException, User};

type Inputs = Vec<(&'static str, Value)>;
type Results = Map<String, Json>;

/// The extensions of a registration, ready to be sent.
#[derive(Default)]
pub struct Registering {
    pub inputs: Inputs,
    prf: bool,
    evaluation: Option<Evaluation>,
}

/// The extensions of an authentication, ready to be sent.
#[derive(Default)]
pub struct Authenticating {
    pub inputs: Inputs,
    prf: bool,
    evaluation: Option<Evaluation>,
}

/// CTAP2.3 §12.1: an enforced policy needs an authenticator that knows of it.
pub fn check_suitable(wanted: &CreationExtensions, info: &AuthenticatorInfo) -> Result<(), DomException> {
    let needs = wanted.enforce_protection && wanted.protection.is_some_and(|policy| policy != CredProtect::UserVerificationOptional);
    if needs && !info.has_extension(Extension::CredProtect.identifier()) {
        let what = "the options enforce a credential protection policy, and it doesn't have the extension credProtect";
        return Err(DomException::not_allowed(Because::Unsuitable(what.into())));
    }
    Ok(())
}

/// The inputs for authenticatorMakeCredential.
pub fn at_registration<T: Transport, U: User>(
    dialog: &mut Dialog<'_, T, U>,
    info: &AuthenticatorInfo,
    wanted: &CreationExtensions,
) -> Result<Registering, Ended> {
    let mut asked = Registering { prf: wanted.prf, ..Registering::default() };
    let has = |extension: Extension| info.has_extension(extension.identifier());
    let mut ask = |extension: Extension, input: Value| asked.inputs.push((extension.identifier(), input));
    if let Some(policy) = wanted.protection.filter(|_| has(Extension::CredProtect)) {
        ask(Extension::CredProtect, policy.level().into());
    }
    if wanted.min_pin_length && has(Extension::MinPinLength) {
        ask(Extension::MinPinLength, true.into());
    }
    if wanted.prf && has(Extension::HmacSecret) {
        ask(Extension::HmacSecret, true.into());
        if let Some(values) = wanted.prf_eval.as_ref().filter(|_| has(Extension::HmacSecretMc)) {
            let evaluation = prf::prepare(dialog, info, values)?;
            ask(Extension::HmacSecretMc, evaluation.input.clone());
            asked.evaluation = Some(evaluation);
        }
    }
    Ok(asked)
}

impl Registering {
    /// `discoverable`: what was asked of the authenticator, for credProps (WebAuthn-3 §10.1.3), if it is wanted.
    #[must_use]
    pub fn results(&self, attestation: &Attestation, discoverable: Option<bool>) -> Results {
        let mut results = Results::new();
        if let Some(rk) = discoverable {
            results.insert("credProps".into(), json!({"rk": rk}));
        }
        if self.prf {
            let outputs = outputs(&attestation.authenticator_data);
            let enabled = output(outputs.as_ref(), Extension::HmacSecret) == Some(&Value::Bool(true));
            let mut prf = json!({"enabled": enabled});
            let evaluated = output(outputs.as_ref(), Extension::HmacSecretMc);
            if let Some(values) = self.evaluation.as_ref().and_then(|evaluation| evaluation.results(evaluated)) {
                prf["results"] = values;
            }
            results.insert("prf".into(), prf);
        }
        results
    }
}

/// The inputs for authenticatorGetAssertion, and the allow list for it: salts that depend on the credential need it to be known before.
pub fn at_authentication<T: Transport, U: User>(
    dialog: &mut Dialog<'_, T, U>,
    info: &AuthenticatorInfo,
    rp_id: &str,
    wanted: &RequestExtensions,
    allow: Vec<Vec<u8>>,
    verification: &Verification,
) -> Result<(Authenticating, Vec<Vec<u8>>), Ended> {
    let mut asked = Authenticating { prf: wanted.prf.is_some(), ..Authenticating::default() };
    let Some(prf) = wanted.prf.as_ref().filter(|_| info.has_extension(Extension::HmacSecret.identifier())) else {
        return Ok((asked, allow));
    };
    let allow = if prf.by_credential.is_empty() { allow } else { first_present(dialog, rp_id, allow, verification)? };
    if let Some(values) = values(prf, &allow) {
        let evaluation = prf::prepare(dialog, info, values)?;
        asked.inputs.push((Extension::HmacSecret.identifier(), evaluation.input.clone()));
        asked.evaluation = Some(evaluation);
    }
    Ok((asked, allow))
}

/// WebAuthn-3 §10.1.4, client extension processing (authentication) step 4: the credential's own inputs, or else those for any.
fn values<'a>(prf: &'a PrfRequest, allow: &[Vec<u8>]) -> Option<&'a PrfValues> {
    let own = match allow {
        [only] => prf.by_credential.iter().find(|(id, _)| id == only).map(|(_, values)| values),
        _ => None,
    };
    own.or(prf.eval.as_ref())
}

/// The first credential of the list that the authenticator shows to a silent question, alone; the list as it is if it shows none, as it
/// does without a token with those that are hidden from unverified users (CTAP2.3 §12.1).
fn first_present<T: Transport, U: User>(
    dialog: &mut Dialog<'_, T, U>,
    rp_id: &str,
    allow: Vec<Vec<u8>>,
    verification: &Verification,
) -> Result<Vec<Vec<u8>>, Ended> {
    if allow.len() < 2 {
        return Ok(allow);
    }
    // Nobody verifies this assertion, so it need not be over the ceremony's client data.
    let request = GetAssertion { rp_id, client_data_hash: &[0; 32], allow: &allow, extensions: &[], verification, silent: true };
    match dialog.ask(&request.to_bytes()) {
        Ok(reply) => Ok(Assertion::read(&reply)?.credential_id.map_or(allow, |id| vec![id])),
        Err(Ended::Status(_)) => Ok(allow),
        Err(ended) => Err(ended),
    }
}

impl Authenticating {
    #[must_use]
    pub fn results(&self, authenticator_data: &[u8]) -> Results {
        let mut results = Results::new();
        if self.prf {
            let outputs = outputs(authenticator_data);
            let evaluated = output(outputs.as_ref(), Extension::HmacSecret);
            let values = self.evaluation.as_ref().and_then(|evaluation| evaluation.results(evaluated));
            results.insert("prf".into(), values.map_or_else(|| json!({}), |values| json!({"results": values})));
        }
        results
    }
}

/// What the authenticator data answers. Data that can't be read is the relying party's to refuse.
fn outputs(authenticator_data: &[u8]) -> Option<Value> {
    AuthenticatorData::parse(authenticator_data).ok()?.extensions
}

fn output(outputs: Option<&Value>, extension: Extension) -> Option<&Value> {
    let name = extension.identifier();
    outputs?.as_map()?.iter().find(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value)
}
