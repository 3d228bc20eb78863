//! A client and authenticator in one, made by hand.

use ciborium::Value as Cbor;
use data_encoding::BASE64URL_NOPAD;
use faultkey_authenticator::{AttestedCredentialData, AuthenticatorData, Flags};
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// One way to be wrong.
#[derive(Clone, Debug, Default)]
pub(super) struct Change {
    pub(super) kind: Option<&'static str>,
    pub(super) challenge: Option<String>,
    pub(super) origin: Option<&'static str>,
    pub(super) cross_origin: bool,
    pub(super) rp_id: Option<&'static str>,
    /// These flags are flipped before signing.
    pub(super) flip: u8,
    pub(super) sign_count: Option<u32>,
    pub(super) trailing: Vec<u8>,
    pub(super) user_handle: Option<Vec<u8>>,
    pub(super) without_user_handle: bool,
    pub(super) other_key: bool,
    pub(super) garbage_signature: bool,
    /// Packed self attestation.
    pub(super) packed: bool,
    /// Signed by another key.
    pub(super) packed_wrong: bool,
}

pub(super) struct Device {
    key: SigningKey,
    pub(super) id: Vec<u8>,
    user_handle: Vec<u8>,
    sign_count: u32,
    flags: u8,
}

impl Device {
    pub(super) fn new(number: u8) -> Self {
        let key = SigningKey::from_slice(&[number; 32]).unwrap();
        Self { key, id: vec![number; 16], user_handle: Vec::new(), sign_count: 0, flags: Flags::UP | Flags::UV }
    }

    /// Its passkeys are synced.
    pub(super) fn synced(mut self) -> Self {
        self.flags |= Flags::BE | Flags::BS;
        self
    }

    /// It can't verify its user.
    pub(super) fn without_verification(mut self) -> Self {
        self.flags &= !Flags::UV;
        self
    }

    /// Same id, another key (catalogue AK-03).
    pub(super) fn regenerate_key(&mut self) {
        self.key = SigningKey::from_slice(&[0x33; 32]).unwrap();
    }

    /// navigator.credentials.create
    pub(super) fn create(&mut self, options: &Value, change: &Change) -> Value {
        self.user_handle = BASE64URL_NOPAD.decode(options["user"]["id"].as_str().unwrap().as_bytes()).unwrap();
        let client_data = client_data("webauthn.create", options, change);
        let point = self.key.verifying_key().to_sec1_point(false);
        let public_key = Cbor::Map(vec![
            (Cbor::from(1), Cbor::from(2)),
            (Cbor::from(3), Cbor::from(-7)),
            (Cbor::from(-1), Cbor::from(1)),
            (Cbor::from(-2), Cbor::Bytes(point.x().unwrap().to_vec())),
            (Cbor::from(-3), Cbor::Bytes(point.y().unwrap().to_vec())),
        ]);
        let attested = AttestedCredentialData { aaguid: [0; 16], credential_id: self.id.clone(), public_key };
        let auth_data = self.authenticator_data(options["rp"]["id"].as_str().unwrap(), Flags::AT, Some(attested), change);
        let (format, statement) = if change.packed {
            let signature = self.sign(&auth_data, &client_data, change.packed_wrong);
            let members = vec![(Cbor::from("alg"), Cbor::from(-7)), (Cbor::from("sig"), Cbor::Bytes(signature))];
            ("packed", Cbor::Map(members))
        } else {
            ("none", Cbor::Map(Vec::new()))
        };
        let object = Cbor::Map(vec![
            (Cbor::from("fmt"), Cbor::from(format)),
            (Cbor::from("attStmt"), statement),
            (Cbor::from("authData"), Cbor::Bytes(auth_data)),
        ]);
        let mut bytes = Vec::new();
        ciborium::into_writer(&object, &mut bytes).unwrap();
        self.credential(json!({
            "clientDataJSON": BASE64URL_NOPAD.encode(&client_data),
            "attestationObject": BASE64URL_NOPAD.encode(&bytes),
            "transports": ["internal"],
        }))
    }

    /// navigator.credentials.get
    pub(super) fn get(&mut self, options: &Value, change: &Change) -> Value {
        self.sign_count += 1;
        let client_data = client_data("webauthn.get", options, change);
        let auth_data = self.authenticator_data(options["rpId"].as_str().unwrap(), 0, None, change);
        let signature = if change.garbage_signature { vec![1, 2, 3] } else { self.sign(&auth_data, &client_data, change.other_key) };
        let mut response = json!({
            "clientDataJSON": BASE64URL_NOPAD.encode(&client_data),
            "authenticatorData": BASE64URL_NOPAD.encode(&auth_data),
            "signature": BASE64URL_NOPAD.encode(&signature),
        });
        if !change.without_user_handle {
            response["userHandle"] = BASE64URL_NOPAD.encode(change.user_handle.as_ref().unwrap_or(&self.user_handle)).into();
        }
        self.credential(response)
    }

    fn credential(&self, response: Value) -> Value {
        let id = BASE64URL_NOPAD.encode(&self.id);
        json!({
            "id": id, "rawId": id, "type": "public-key", "response": response,
            "authenticatorAttachment": "platform", "clientExtensionResults": {},
        })
    }

    fn authenticator_data(&self, rp_id: &str, more: u8, attested: Option<AttestedCredentialData>, change: &Change) -> Vec<u8> {
        let data = AuthenticatorData {
            rp_id_hash: Sha256::digest(change.rp_id.unwrap_or(rp_id)).into(),
            flags: Flags((self.flags | more) ^ change.flip),
            sign_count: change.sign_count.unwrap_or(self.sign_count),
            attested_credential_data: attested,
            extensions: None,
            trailing: change.trailing.clone(),
        };
        data.to_bytes()
    }

    fn sign(&self, auth_data: &[u8], client_data: &[u8], with_another: bool) -> Vec<u8> {
        let message = [auth_data, &Sha256::digest(client_data)].concat();
        let other = SigningKey::from_slice(&[0x55; 32]).unwrap();
        let signature: Signature = if with_another { other.sign(&message) } else { self.key.sign(&message) };
        signature.to_der().as_bytes().to_vec()
    }
}

fn client_data(kind: &str, options: &Value, change: &Change) -> Vec<u8> {
    let mut data = Map::new();
    data.insert("type".into(), change.kind.unwrap_or(kind).into());
    data.insert("challenge".into(), change.challenge.clone().map_or_else(|| options["challenge"].clone(), Value::from));
    data.insert("origin".into(), change.origin.unwrap_or("https://broker.test").into());
    data.insert("crossOrigin".into(), change.cross_origin.into());
    Value::Object(data).to_string().into_bytes()
}
