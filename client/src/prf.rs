//! prf over the authenticator's hmac-secret (WebAuthn-3 §10.1.4; CTAP2.3 §12.7, §12.8).

use ciborium::Value;
use data_encoding::BASE64URL_NOPAD;
use faultkey_authenticator::cbor;
use faultkey_authenticator::pin_uv::{PinUvAuthProtocol, SharedSecret};
use faultkey_transport::Transport;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use crate::User;
use crate::authenticator_info::AuthenticatorInfo;
use crate::dialog::{Dialog, Ended};
use crate::options::PrfValues;
use crate::pin::{self, Agreed};

/// Length of a salt, and of an output.
const LENGTH: usize = 32;

/// An evaluation that was asked for: what opens the answer.
pub struct Evaluation {
    shared: SharedSecret,
    /// The extension's input for the authenticator.
    pub input: Value,
    two: bool,
}

/// The salt of an input.
#[must_use]
pub fn salt(input: &[u8]) -> [u8; 32] {
    Sha256::digest([b"WebAuthn PRF\0", input].concat()).into()
}

/// Agrees on a secret with the authenticator, and encrypts the salts under it.
pub fn prepare<T: Transport, U: User>(
    dialog: &mut Dialog<'_, T, U>,
    info: &AuthenticatorInfo,
    values: &PrfValues,
) -> Result<Evaluation, Ended> {
    let Agreed { key, shared } = pin::agree(dialog, info)?;
    let protocol = shared.protocol();
    let mut salts = salt(&values.first).to_vec();
    salts.extend(values.second.as_deref().map(salt).into_iter().flatten());
    let salt_enc = shared.encrypt(dialog.random, &salts);
    let salt_auth = shared.authenticate(&salt_enc);
    let mut input = cbor::int_map([
        (1, key.public_key()),
        (2, Value::Bytes(salt_enc)),
        (3, Value::Bytes(salt_auth)),
        (4, Value::from(protocol.number())),
    ]);
    if protocol == PinUvAuthProtocol::One
        && let Value::Map(members) = &mut input
    {
        // Protocol one goes without its number, so that authenticators of CTAP 2.0 understand.
        members.pop();
    }
    Ok(Evaluation { shared, input, two: values.second.is_some() })
}

impl Evaluation {
    /// `results`, from the authenticator's output; `None` if there is none, or it isn't what was asked for.
    #[must_use]
    pub fn results(&self, output: Option<&Value>) -> Option<Json> {
        let outputs = self.shared.decrypt(output?.as_bytes()?)?;
        let (first, second) = outputs.split_at_checked(LENGTH)?;
        let encode = |output: &[u8]| BASE64URL_NOPAD.encode(output);
        match (self.two, second.len()) {
            (false, 0) => Some(json!({"first": encode(first)})),
            (true, LENGTH) => Some(json!({"first": encode(first), "second": encode(second)})),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of WebAuthn-3, section "CTAP2 hmac-secret extension".
    const FIRST: &str = "576562417574686e20505246207465737420766563746f727302";
    const SECOND: &str = "576562417574686e20505246207465737420766563746f727303";
    const OUTPUT1: &str = "3c33e07d202c3b029cc21f1722767021bf27d595933b3d2b6a1b9d5dddc77fae";
    const OUTPUT2: &str = "a62a8773b19cda90d7ed4ef72a80a804320dbd3997e2f663805ad1fd3293d50b";
    const SHARED_ONE: &str = "23e5ed7157c25892b77732fb9c8a107e3518800db2af4142f9f4adfacb771d39";
    const SHARED_TWO: &str =
        "0c63083de8170101d38bcf8bd72309568ddb4550867e23404b35d85712f7c20d8bc911ee23c06034cbc14290b9669bec07739053c5a416e313ef905c79955876";

    fn hex(text: &str) -> Vec<u8> {
        data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap()
    }

    #[test]
    fn salts_are_those_of_the_vectors() {
        assert_eq!(salt(&hex(FIRST))[..], hex("527413ebb48293772df30f031c5ac4650c7de14bf9498671ae163447b6a772b3"));
        assert_eq!(salt(&hex(SECOND))[..], hex("d68ac03329a10ee5e0ec834492bb9a96a0e547baf563bf78ccbe8789b22e776b"));
    }

    #[test]
    fn results_are_those_of_the_vectors() {
        let encode = |output: &str| BASE64URL_NOPAD.encode(&hex(output));
        let one = json!({"first": encode(OUTPUT1)});
        let two = json!({"first": encode(OUTPUT1), "second": encode(OUTPUT2)});
        for (protocol, shared, output, expected) in [
            (PinUvAuthProtocol::One, SHARED_ONE, "15d4e4f3f04109b492b575c1b38c28585b6719cf8d61304215108d939f37ccfb", &one),
            (
                PinUvAuthProtocol::Two,
                SHARED_TWO,
                "3bfaa48f7952330d63e35ff8cd5bca48d2a12823828915749287256ab146272f9fb437bf65691243c3f504bd7ea6d5e6",
                &one,
            ),
            (
                PinUvAuthProtocol::Two,
                SHARED_TWO,
                "90ee52f739043bc17b3488a74306d7801debb5b61f18662c648a25b5b5678ede482cdaff99a537a44f064fcb10ce6e04dfd27619dc96a0daff8507e499296b1eecf0981f7c8518b277a7a3018f5ec6fb",
                &two,
            ),
        ] {
            let is_two = expected.get("second").is_some();
            let evaluation = |two| Evaluation { shared: SharedSecret::of(protocol, &hex(shared)), input: Value::Null, two };
            assert_eq!(evaluation(is_two).results(Some(&Value::Bytes(hex(output)))).as_ref(), Some(expected));
            // An answer of another length than was asked for, of another type, or none.
            assert_eq!(evaluation(!is_two).results(Some(&Value::Bytes(hex(output)))), None);
            for wrong in [Value::Bytes(vec![]), Value::Bytes(vec![1; 47]), Value::from(true)] {
                assert_eq!(evaluation(is_two).results(Some(&wrong)), None);
            }
            assert_eq!(evaluation(is_two).results(None), None);
        }
    }
}
