//! CTAP requests in canonical CBOR (CTAP2.3 §6.1, §6.2, §8).

use ciborium::Value;
use faultkey_authenticator::cbor;

use crate::verification::Verification;

const MAKE_CREDENTIAL: u8 = 0x01;
const GET_ASSERTION: u8 = 0x02;
const GET_INFO: u8 = 0x04;
const CLIENT_PIN: u8 = 0x06;
const GET_NEXT_ASSERTION: u8 = 0x08;
const LARGE_BLOBS: u8 = 0x0C;

/// authenticatorGetInfo.
#[must_use]
pub fn get_info() -> Vec<u8> {
    vec![GET_INFO]
}

/// A subcommand of authenticatorClientPIN, with the members that are its own (CTAP2.3 §6.5.5).
#[must_use]
pub fn client_pin(protocol: u64, sub_command: u8, mut members: Vec<(u8, Value)>) -> Vec<u8> {
    members.extend([(0x01, protocol.into()), (0x02, sub_command.into())]);
    request(CLIENT_PIN, members)
}

/// authenticatorLargeBlobs (CTAP2.3 §6.10).
#[must_use]
pub fn large_blobs(members: Vec<(u8, Value)>) -> Vec<u8> {
    request(LARGE_BLOBS, members)
}

/// authenticatorGetNextAssertion.
#[must_use]
pub fn get_next_assertion() -> Vec<u8> {
    vec![GET_NEXT_ASSERTION]
}

/// The parameters of authenticatorMakeCredential that this client uses.
#[derive(Clone, Copy, Debug)]
pub struct MakeCredential<'a> {
    pub client_data_hash: &'a [u8],
    pub rp_id: &'a str,
    pub rp_name: &'a str,
    pub user: &'a crate::options::PublicKeyUser,
    pub algorithms: &'a [i64],
    pub exclude: &'a [Vec<u8>],
    /// The `rk` option; sent only if true.
    pub discoverable: bool,
    pub verification: &'a Verification,
    /// Sent only if not empty.
    pub extensions: &'a [(&'a str, Value)],
    /// 1: vendor-facilitated, 2: platform-managed (CTAP2.3 §7.1); sent only if there is one.
    pub enterprise_attestation: Option<u64>,
    /// Sent only if not empty.
    pub attestation_formats: &'a [String],
}

impl MakeCredential<'_> {
    /// The command byte and its canonical CBOR.
    #[must_use]
    pub fn to_bytes(self) -> Vec<u8> {
        let rp = map([("id", self.rp_id.into()), ("name", self.rp_name.into())]);
        let user = map([
            ("id", Value::Bytes(self.user.id.clone())),
            ("name", self.user.name.as_str().into()),
            ("displayName", self.user.display_name.as_str().into()),
        ]);
        let parameters = self.algorithms.iter().map(|algorithm| map([("alg", (*algorithm).into()), ("type", "public-key".into())]));
        let mut members = vec![
            (0x01, Value::Bytes(self.client_data_hash.to_vec())),
            (0x02, rp),
            (0x03, user),
            (0x04, Value::Array(parameters.collect())),
        ];
        if !self.exclude.is_empty() {
            members.push((0x05, descriptors(self.exclude)));
        }
        if !self.extensions.is_empty() {
            members.push((0x06, extensions(self.extensions)));
        }
        if let Some(options) = options([("rk", self.discoverable), ("uv", *self.verification == Verification::BuiltIn)], true) {
            members.push((0x07, options));
        }
        members.extend(pin_uv_auth(self.verification, self.client_data_hash, 0x08));
        if let Some(enterprise) = self.enterprise_attestation {
            members.push((0x0A, enterprise.into()));
        }
        if !self.attestation_formats.is_empty() {
            members.push((0x0B, Value::Array(self.attestation_formats.iter().map(|format| format.as_str().into()).collect())));
        }
        request(MAKE_CREDENTIAL, members)
    }
}

/// The parameters of authenticatorGetAssertion that this client uses.
#[derive(Clone, Copy, Debug)]
pub struct GetAssertion<'a> {
    pub rp_id: &'a str,
    pub client_data_hash: &'a [u8],
    /// Empty: any discoverable credential.
    pub allow: &'a [Vec<u8>],
    /// Sent only if not empty.
    pub extensions: &'a [(&'a str, Value)],
    pub verification: &'a Verification,
    /// `up: false`, which asks whether a credential exists and doesn't bother the user.
    pub silent: bool,
}

impl GetAssertion<'_> {
    /// The command byte and its canonical CBOR.
    #[must_use]
    pub fn to_bytes(self) -> Vec<u8> {
        let mut members = vec![(0x01, self.rp_id.into()), (0x02, Value::Bytes(self.client_data_hash.to_vec()))];
        if !self.allow.is_empty() {
            members.push((0x03, descriptors(self.allow)));
        }
        if !self.extensions.is_empty() {
            members.push((0x04, extensions(self.extensions)));
        }
        let uv = *self.verification == Verification::BuiltIn;
        let options = if self.silent { options([("up", true)], false) } else { options([("uv", uv)], true) };
        if let Some(options) = options {
            members.push((0x05, options));
        }
        members.extend(pin_uv_auth(self.verification, self.client_data_hash, 0x06));
        request(GET_ASSERTION, members)
    }
}

/// `pinUvAuthParam` over the client data hash as member `at`, and `pinUvAuthProtocol` after it, if there is a token.
fn pin_uv_auth(verification: &Verification, client_data_hash: &[u8], at: u8) -> Vec<(u8, Value)> {
    let Some(token) = verification.token() else { return Vec::new() };
    vec![(at, Value::Bytes(token.authenticate(client_data_hash))), (at + 1, token.protocol().into())]
}

/// The options that are set, each with `value`; `None` if none is.
fn options<const N: usize>(options: [(&str, bool); N], value: bool) -> Option<Value> {
    let set: Vec<_> = options.into_iter().filter(|(_, set)| *set).map(|(name, _)| (name.into(), Value::Bool(value))).collect();
    (!set.is_empty()).then_some(Value::Map(set))
}

fn extensions(inputs: &[(&str, Value)]) -> Value {
    Value::Map(inputs.iter().map(|(name, input)| ((*name).into(), input.clone())).collect())
}

/// PublicKeyCredentialDescriptors. Transports are left out: they are hints for the client, not for the authenticator.
fn descriptors(ids: &[Vec<u8>]) -> Value {
    Value::Array(ids.iter().map(|id| map([("id", Value::Bytes(id.clone())), ("type", "public-key".into())])).collect())
}

fn map<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::Map(members.into_iter().map(|(name, value)| (name.into(), value)).collect())
}

fn request(command: u8, members: Vec<(u8, Value)>) -> Vec<u8> {
    let mut tree = Value::Map(members.into_iter().map(|(number, value)| (number.into(), value)).collect());
    cbor::sort(&mut tree);
    let mut bytes = vec![command];
    bytes.extend(cbor::write(&tree));
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::PublicKeyUser;

    fn user() -> PublicKeyUser {
        PublicKeyUser { id: vec![1, 2], name: "a".into(), display_name: "A".into() }
    }

    fn make_credential(user: &PublicKeyUser) -> MakeCredential<'_> {
        MakeCredential {
            client_data_hash: &[0xAB],
            rp_id: "x.test",
            rp_name: "X",
            user,
            algorithms: &[-7],
            exclude: &[],
            discoverable: false,
            verification: &Verification::Not,
            extensions: &[],
            enterprise_attestation: None,
            attestation_formats: &[],
        }
    }

    fn hex(bytes: &[u8]) -> String {
        data_encoding::HEXLOWER.encode(bytes)
    }

    #[test]
    fn the_smallest_make_credential_byte_for_byte() {
        let expected = concat!(
            "01",
            "a4",
            "01",
            "41ab",
            "02",
            "a2",
            "626964",
            "66782e74657374",
            "646e616d65",
            "6158",
            "03",
            "a3",
            "626964",
            "420102",
            "646e616d65",
            "6161",
            "6b646973706c61794e616d65",
            "6141",
            "04",
            "81",
            "a2",
            "63616c67",
            "26",
            "6474797065",
            "6a7075626c69632d6b6579",
        );
        assert_eq!(hex(&make_credential(&user()).to_bytes()), expected);
    }

    #[test]
    fn optional_members_appear_only_when_set() {
        let user = user();
        let request = make_credential(&user);
        let exclude = [vec![9; 3]];
        let formats = ["none".to_owned()];
        let full = MakeCredential {
            exclude: &exclude,
            discoverable: true,
            verification: &Verification::BuiltIn,
            enterprise_attestation: Some(2),
            attestation_formats: &formats,
            ..request
        };
        let text = hex(&full.to_bytes());
        assert!(text.starts_with("01a8"), "{text}");
        let exclude = "0581a2626964430909096474797065";
        let options = "07a262726bf5627576f5";
        let formats = "0a020b81646e6f6e65";
        assert!(text.contains(exclude) && text.contains(options) && text.ends_with(formats), "{text}");
    }

    #[test]
    fn get_assertion_byte_for_byte() {
        let allow = [vec![5, 6]];
        let request = GetAssertion {
            rp_id: "x.test",
            client_data_hash: &[0xCD],
            allow: &[],
            extensions: &[],
            verification: &Verification::Not,
            silent: false,
        };
        assert_eq!(hex(&request.to_bytes()), "02a20166782e746573740241cd");
        let request = GetAssertion { allow: &allow, verification: &Verification::BuiltIn, ..request };
        assert_eq!(hex(&request.to_bytes()), "02a40166782e746573740241cd0381a262696442050664747970656a7075626c69632d6b657905a1627576f5");
        let request = GetAssertion { allow: &[], silent: true, ..request };
        assert_eq!(hex(&request.to_bytes()), "02a30166782e746573740241cd05a1627570f4");
    }
}
