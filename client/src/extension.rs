//! Client extensions: what of the options goes to the authenticator, and what of its answer the page gets (WebAuthn-3 §9, §10.1;
//! CTAP2.3 §12). An extension that the authenticator doesn't have is left out.

use ciborium::Value;
use data_encoding::BASE64URL_NOPAD;
use faultkey_authenticator::AuthenticatorData;
use faultkey_authenticator::extension::{CredProtect, Extension};
use faultkey_transport::Transport;
use serde_json::{Map, Value as Json, json};

use crate::authenticator_info::AuthenticatorInfo;
use crate::ctap_reply::{Assertion, Attestation};
use crate::ctap_request::GetAssertion;
use crate::dialog::{Dialog, Ended};
use crate::dom_exception::Because;
use crate::large_blob;
use crate::options::{CreationExtensions, LargeBlobRequest, LargeBlobSupport, PrfRequest, PrfValues, RequestExtensions};
use crate::pin::Token;
use crate::prf::{self, Evaluation};
use crate::verification::Verification;
use crate::{DomException, User};

type Inputs = Vec<(&'static str, Value)>;
type Results = Map<String, Json>;

/// The extensions of a registration, ready to be sent.
pub struct Registering<'a> {
    pub inputs: Inputs,
    wanted: &'a CreationExtensions,
    evaluation: Option<Evaluation>,
}

/// The extensions of an authentication, ready to be sent.
pub struct Authenticating<'a> {
    pub inputs: Inputs,
    wanted: &'a RequestExtensions,
    evaluation: Option<Evaluation>,
}

/// CTAP2.3 §12.1: an enforced policy needs an authenticator that knows of it. WebAuthn-3 §10.1.5: so does a large blob that is required.
pub fn check_suitable(wanted: &CreationExtensions, info: &AuthenticatorInfo) -> Result<(), DomException> {
    let needs = wanted.enforce_protection && wanted.protection.is_some_and(|policy| policy != CredProtect::UserVerificationOptional);
    if needs && !info.has_extension(Extension::CredProtect.identifier()) {
        let what = "the options enforce a credential protection policy, and it doesn't have the extension credProtect";
        return Err(DomException::not_allowed(Because::Unsuitable(what.into())));
    }
    if wanted.large_blob == Some(LargeBlobSupport::Required) && !has_large_blobs(info) {
        return Err(DomException::not_allowed(Because::Unsuitable("the options require a large blob, and it keeps none".into())));
    }
    Ok(())
}

fn has_large_blobs(info: &AuthenticatorInfo) -> bool {
    info.large_blobs && info.has_extension(Extension::LargeBlobKey.identifier())
}

/// The inputs for authenticatorMakeCredential.
pub fn at_registration<'a, T: Transport, U: User>(
    dialog: &mut Dialog<'_, T, U>,
    info: &AuthenticatorInfo,
    wanted: &'a CreationExtensions,
    discoverable: bool,
) -> Result<Registering<'a>, Ended> {
    let mut asked = Registering { inputs: Vec::new(), wanted, evaluation: None };
    let has = |extension: Extension| info.has_extension(extension.identifier());
    let mut ask = |extension: Extension, input: Value| asked.inputs.push((extension.identifier(), input));
    if let Some(policy) = wanted.protection.filter(|_| has(Extension::CredProtect)) {
        ask(Extension::CredProtect, policy.level().into());
    }
    let fits = |blob: &&Vec<u8>| info.max_cred_blob_length.is_none_or(|limit| blob.len() <= limit);
    if let Some(blob) = wanted.cred_blob.as_ref().filter(fits).filter(|_| has(Extension::CredBlob)) {
        ask(Extension::CredBlob, Value::Bytes(blob.clone()));
    }
    // Only for a discoverable credential (CTAP2.3 §12.3).
    if wanted.large_blob.is_some() && has_large_blobs(info) && discoverable {
        ask(Extension::LargeBlobKey, true.into());
    }
    let plain = [
        (wanted.min_pin_length, Extension::MinPinLength),
        (wanted.pin_complexity_policy, Extension::PinComplexityPolicy),
        (wanted.third_party_payment, Extension::ThirdPartyPayment),
        (wanted.uvm, Extension::Uvm),
    ];
    for (_, extension) in plain.into_iter().filter(|(wanted, extension)| *wanted && has(*extension)) {
        ask(extension, true.into());
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

impl Registering<'_> {
    /// For a credential that turns out not to be discoverable.
    pub fn go_without_large_blob(&mut self) {
        self.inputs.retain(|(name, _)| *name != Extension::LargeBlobKey.identifier());
    }

    /// `discoverable`: what was asked of the authenticator, for credProps (WebAuthn-3 §10.1.3), if it is wanted.
    #[must_use]
    pub fn results(&self, attestation: &Attestation, discoverable: Option<bool>) -> Results {
        let mut results = Results::new();
        if let Some(rk) = discoverable {
            results.insert("credProps".into(), json!({"rk": rk}));
        }
        let outputs = outputs(&attestation.authenticator_data);
        if self.wanted.large_blob.is_some() {
            results.insert("largeBlob".into(), json!({"supported": attestation.has_large_blob_key}));
        }
        if self.wanted.cred_blob.is_some() {
            let stored = output(outputs.as_ref(), Extension::CredBlob) == Some(&Value::Bool(true));
            results.insert("credBlob".into(), stored.into());
        }
        if let Some(uvm) = uvm(self.wanted.uvm, outputs.as_ref()) {
            results.insert("uvm".into(), uvm);
        }
        if self.wanted.app_id_exclude.is_some() {
            // WebAuthn-3 §10.1.2: "to indicate to the RP that the extension was acted upon".
            results.insert("appidExclude".into(), true.into());
        }
        if self.wanted.prf {
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
pub fn at_authentication<'a, T: Transport, U: User>(
    dialog: &mut Dialog<'_, T, U>,
    info: &AuthenticatorInfo,
    rp_id: &str,
    wanted: &'a RequestExtensions,
    allow: Vec<Vec<u8>>,
    verification: &Verification,
) -> Result<(Authenticating<'a>, Vec<Vec<u8>>), Ended> {
    let mut asked = Authenticating { inputs: Vec::new(), wanted, evaluation: None };
    let has = |extension: Extension| info.has_extension(extension.identifier());
    let large_blob = wanted.large_blob.as_ref().is_some_and(|asked| asked.read || asked.write.is_some());
    let plain = [
        (wanted.cred_blob && has(Extension::CredBlob), Extension::CredBlob),
        (large_blob && has_large_blobs(info), Extension::LargeBlobKey),
        (wanted.uvm && has(Extension::Uvm), Extension::Uvm),
    ];
    asked.inputs.extend(plain.into_iter().filter(|(asked, _)| *asked).map(|(_, extension)| (extension.identifier(), Value::Bool(true))));
    let Some(prf) = wanted.prf.as_ref().filter(|_| has(Extension::HmacSecret)) else { return Ok((asked, allow)) };
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

impl Authenticating<'_> {
    /// The results; for largeBlob the authenticator is asked once more, with a token if it is protected. `used_app_id`: WebAuthn-3 §10.1.1.
    pub fn results<T: Transport, U: User>(
        &self,
        dialog: &mut Dialog<'_, T, U>,
        info: &AuthenticatorInfo,
        assertion: &Assertion,
        token: Option<&Token>,
        used_app_id: bool,
    ) -> Result<Results, Ended> {
        let mut results = Results::new();
        let outputs = outputs(&assertion.authenticator_data);
        if self.wanted.app_id.is_some() {
            results.insert("appid".into(), used_app_id.into());
        }
        if let Some(asked) = &self.wanted.large_blob {
            let key = assertion.large_blob_key.as_deref();
            results.insert("largeBlob".into(), large_blob_result(dialog, info, asked, key, token)?);
        }
        if let Some(blob) = output(outputs.as_ref(), Extension::CredBlob).and_then(Value::as_bytes).filter(|_| self.wanted.cred_blob) {
            results.insert("getCredBlob".into(), BASE64URL_NOPAD.encode(blob).into());
        }
        if let Some(uvm) = uvm(self.wanted.uvm, outputs.as_ref()) {
            results.insert("uvm".into(), uvm);
        }
        if self.wanted.prf.is_some() {
            let evaluated = output(outputs.as_ref(), Extension::HmacSecret);
            let values = self.evaluation.as_ref().and_then(|evaluation| evaluation.results(evaluated));
            results.insert("prf".into(), values.map_or_else(|| json!({}), |values| json!({"results": values})));
        }
        Ok(results)
    }
}

/// WebAuthn-3 §10.1.5, client extension processing (authentication). Whatever goes wrong, the user is signed in: there is no blob then, or it
/// is not written.
fn large_blob_result<T: Transport, U: User>(
    dialog: &mut Dialog<'_, T, U>,
    info: &AuthenticatorInfo,
    asked: &LargeBlobRequest,
    key: Option<&[u8]>,
    token: Option<&Token>,
) -> Result<Json, Ended> {
    let mut exchange = |key: &[u8]| {
        let mut array = large_blob::fetch(dialog, info)?;
        match &asked.write {
            None => Ok(array.get(key)),
            Some(blob) => {
                let written = array.set(key, dialog.random, blob).map(|()| Vec::new());
                large_blob::store(dialog, info, token, &array).map(|()| written)
            }
        }
    };
    let outcome = match key {
        Some(key) if asked.read || asked.write.is_some() => exchange(key),
        _ => Ok(None),
    };
    let outcome = match outcome {
        Err(Ended::Aborted) => return Err(Ended::Aborted),
        outcome => outcome.ok().flatten(),
    };
    Ok(match (&asked.write, outcome) {
        (Some(_), outcome) => json!({"written": outcome.is_some()}),
        (None, Some(blob)) => json!({"blob": BASE64URL_NOPAD.encode(&blob)}),
        (None, None) => json!({}),
    })
}

/// User verification methods: up to three factors of three numbers each (WebAuthn-2 §10.3).
fn uvm(wanted: bool, outputs: Option<&Value>) -> Option<Json> {
    let factors = output(outputs, Extension::Uvm).filter(|_| wanted)?.as_array()?;
    let number = |value: &Value| value.as_integer().and_then(|number| u64::try_from(number).ok()).map(Json::from);
    let factor = |factor: &Value| factor.as_array()?.iter().map(number).collect::<Option<Vec<_>>>().map(Json::from);
    factors.iter().map(factor).collect::<Option<Vec<_>>>().map(Json::from)
}

/// What the authenticator data answers. Data that can't be read is the relying party's to refuse.
fn outputs(authenticator_data: &[u8]) -> Option<Value> {
    AuthenticatorData::parse(authenticator_data).ok()?.extensions
}

fn output(outputs: Option<&Value>, extension: Extension) -> Option<&Value> {
    let name = extension.identifier();
    outputs?.as_map()?.iter().find(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value)
}
