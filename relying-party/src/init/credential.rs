//! A client's response in what a page sent: as one object, as JSON text, or in parts.

use data_encoding::BASE64URL_NOPAD;
use serde_json::Value;

use super::ceremony::Kind;
use super::encoding::{Fields, giving, readings};
use super::leaf::{self, Step, Way, plain};

/// What a browser puts into clientDataJSON (WebAuthn-3 §5.8.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientData {
    pub kind: Kind,
    pub challenge: Vec<u8>,
    pub origin: String,
}

/// The response, and how it was sent.
#[derive(Clone, Debug)]
pub struct Sent {
    pub client_data: ClientData,
    /// What stands where, as placeholders of an adapter file.
    pub places: Vec<(Way, String)>,
    pub encodings: Fields,
    /// SHA-256 of the RP ID.
    pub rp_id_hash: Option<Vec<u8>>,
    /// The bytes of the user handle, if there is one.
    pub user_handle: Option<Vec<u8>>,
    /// The credential's id.
    pub id: Option<Vec<u8>>,
}

/// Members of a `PublicKeyCredential` as JSON (WebAuthn-3 §5.1).
const WHOLE: [&str; 6] = ["id", "rawId", "type", "response", "authenticatorAttachment", "clientExtensionResults"];
/// Members of its `response`.
const RESPONSE: [&str; 8] = [
    "clientDataJSON",
    "attestationObject",
    "authenticatorData",
    "signature",
    "userHandle",
    "publicKey",
    "publicKeyAlgorithm",
    "transports",
];

/// Methods of a browser's objects, which become `{}` where a page copies an object member by member. No server reads them.
const METHODS: [&str; 6] =
    ["getAuthenticatorData", "getPublicKey", "getPublicKeyAlgorithm", "getTransports", "getClientExtensionResults", "toJSON"];

/// Stands where a credential's members stand beside others.
pub const SPREAD: &str = "...";

/// Whether a member is one of a credential's own.
pub fn is_own(name: &str) -> bool {
    WHOLE.contains(&name) || METHODS.contains(&name)
}

/// In a request's content.
pub fn find(tree: &Value) -> Option<Sent> {
    let (way, client_data) = client_data(tree)?;
    // Everything of the response stands beside clientDataJSON, or one object further out.
    let inner = way.get(..way.len().saturating_sub(1)).unwrap_or_default().to_vec();
    let named_response = matches!(inner.last(), Some(Step::Member(name)) if plain(name).ends_with("response"));
    let outer = match named_response {
        true => inner.get(..inner.len().saturating_sub(1)).unwrap_or_default().to_vec(),
        false => inner.clone(),
    };
    let mut sent = Sent { client_data, places: Vec::new(), encodings: Fields::default(), rp_id_hash: None, user_handle: None, id: None };
    let mut parts: Vec<(Way, Part)> = Vec::new();
    leaf::walk(tree, &mut |way, value| {
        if let (true, Some(part)) = (way.starts_with(&outer), Part::of(way, value)) {
            parts.push((way.to_vec(), part));
        }
    });
    sent.id = parts.iter().find(|(_, part)| part.field == Some("authenticator-data")).and_then(|(way, _)| {
        let bytes = decoded(tree, way);
        bytes.iter().find_map(|bytes| credential_id(bytes))
    });
    for (way, part) in &parts {
        let Some(value) = leaf::at(tree, way) else { continue };
        sent.note(part, &value);
    }
    let (most, others) = sent.encodings.settle();
    let encoding = others.iter().find(|(field, _)| *field == "user-handle").map_or(most, |(_, encoding)| *encoding);
    sent.user_handle = parts.iter().find(|(_, part)| part.field == Some("user-handle")).and_then(|(way, _)| {
        let value = leaf::at(tree, way)?;
        readings(&value).into_iter().find(|(other, _)| *other == encoding).map(|(_, bytes)| bytes)
    });
    sent.places =
        whole(tree, &outer, &inner).unwrap_or_else(|| parts.into_iter().map(|(way, part)| (way, part.placeholder.to_owned())).collect());
    Some(sent)
}

/// Whatever it is called: JSON with a type and a challenge (WebAuthn-3 §5.8.1).
fn client_data(tree: &Value) -> Option<(Way, ClientData)> {
    let mut found = None;
    leaf::walk(tree, &mut |way, value| {
        if found.is_some() || way.is_empty() {
            return;
        }
        found = readings(value).iter().find_map(|(_, bytes)| {
            let json: Value = serde_json::from_slice(bytes).ok()?;
            let kind = match json.get("type")?.as_str()? {
                "webauthn.create" => Kind::Registration,
                "webauthn.get" => Kind::Authentication,
                _ => return None,
            };
            let challenge = BASE64URL_NOPAD.decode(json.get("challenge")?.as_str()?.trim_end_matches('=').as_bytes()).ok()?;
            let origin = json.get("origin")?.as_str()?.to_owned();
            Some((way.to_vec(), ClientData { kind, challenge, origin }))
        });
    });
    found
}

/// The whole credential as one object or as JSON text, if it has nothing but what a browser makes.
fn whole(tree: &Value, outer: &[Step], inner: &[Step]) -> Option<Vec<(Way, String)>> {
    if outer == inner {
        return None;
    }
    let known = |way: &[Step], names: &[&str]| {
        let value = leaf::at(tree, way)?;
        value.as_object()?.keys().all(|name| names.contains(&name.as_str()) || METHODS.contains(&name.as_str())).then_some(())
    };
    known(inner, &RESPONSE)?;
    let in_text = outer.contains(&Step::Text);
    Some(match outer.split_last() {
        // Parts of a text can't be named one by one; what pages add there, servers can do without.
        Some((Step::Text, text)) => {
            let object = leaf::at(tree, outer)?;
            let can_do_without = |name: &str| plain(name).contains("extension") || name == "transports";
            object
                .as_object()?
                .keys()
                .all(|name| WHOLE.contains(&name.as_str()) || METHODS.contains(&name.as_str()) || can_do_without(name))
                .then_some(())?;
            vec![(text.to_vec(), "{credential_json}".to_owned())]
        }
        _ if known(outer, &WHOLE).is_some() => vec![(outer.to_vec(), "{credential}".to_owned())],
        _ if in_text => return None,
        // Beside other members, such as the passkey's name.
        _ => vec![([outer, &[Step::Member(SPREAD.to_owned())]].concat(), "{credential}".to_owned())],
    })
}

fn decoded(tree: &Value, way: &[Step]) -> Vec<Vec<u8>> {
    leaf::at(tree, way).map(|value| readings(&value).into_iter().map(|(_, bytes)| bytes).collect()).unwrap_or_default()
}

/// A member that is part of a response.
struct Part {
    placeholder: &'static str,
    /// As `[encoding]` calls it.
    field: Option<&'static str>,
}

impl Part {
    /// By what its name says, and for the long ones by what the bytes are.
    fn of(way: &[Step], value: &Value) -> Option<Part> {
        let Some(Step::Member(name)) = way.last() else { return None };
        // A form's field may be named `response[signature]`.
        let name = name.trim_end_matches(']').rsplit(['[', '.']).next().unwrap_or_default();
        let name = plain(name);
        let part = |placeholder, field| Some(Part { placeholder, field: Some(field) });
        let some_bytes = |is: &dyn Fn(&[u8]) -> bool| readings(value).iter().any(|(_, bytes)| is(bytes));
        match name.as_str() {
            "clientdatajson" | "clientdata" => part("{credential.response.clientDataJSON}", "client-data-json"),
            "attestationobject" | "attestation" if some_bytes(&|bytes| attested(bytes).is_some()) => {
                part("{credential.response.attestationObject}", "attestation-object")
            }
            "authenticatordata" | "authdata" if some_bytes(&|bytes| bytes.len() >= 37) => {
                part("{credential.response.authenticatorData}", "authenticator-data")
            }
            "signature" | "sig" | "signaturedata" if some_bytes(&|bytes| bytes.len() >= 32) => {
                part("{credential.response.signature}", "signature")
            }
            "userhandle" => part("{credential.response.userHandle}", "user-handle"),
            "publickey" if some_bytes(&|bytes| bytes.first() == Some(&0x30) && bytes.len() > 32) => {
                part("{credential.response.publicKey}", "public-key")
            }
            "id" | "credentialid" | "credid" | "keyid" if some_bytes(&|bytes| bytes.len() >= 16) => part("{credential.id}", "id"),
            "rawid" => part("{credential.rawId}", "raw-id"),
            "type" if value.as_str() == Some("public-key") => Some(Part { placeholder: "{credential.type}", field: None }),
            "authenticatorattachment" => Some(Part { placeholder: "{credential.authenticatorAttachment}", field: None }),
            "clientextensionresults" | "clientextensions" if value.is_object() => {
                Some(Part { placeholder: "{credential.clientExtensionResults}", field: None })
            }
            "transports" if value.is_array() => Some(Part { placeholder: "{credential.response.transports}", field: None }),
            _ => None,
        }
    }
}

impl Sent {
    /// What a part's value tells of encodings, and of the bytes themselves.
    fn note(&mut self, part: &Part, value: &Value) {
        let Some(field) = part.field else { return };
        let all = readings(value);
        let fitting = |is: &dyn Fn(&[u8]) -> bool| all.iter().filter(|(_, bytes)| is(bytes)).map(|(encoding, _)| *encoding).collect();
        match field {
            "client-data-json" => {
                self.encodings.saw(field, fitting(&|bytes| serde_json::from_slice::<Value>(bytes).is_ok_and(|json| json.is_object())))
            }
            "attestation-object" => {
                self.encodings.saw(field, fitting(&|bytes| attested(bytes).is_some()));
                if let Some(data) = all.iter().find_map(|(_, bytes)| attested(bytes)) {
                    self.rp_id_hash = data.get(..32).map(<[u8]>::to_vec);
                    self.id = credential_id(&data).or(self.id.take());
                }
            }
            "authenticator-data" => {
                // A decoding with the wrong alphabet fails, and one with the wrong base is longer or shorter.
                let flags = |bytes: &[u8]| bytes.len() >= 37 && bytes.get(32).is_some_and(|flags| flags & 0b0010_0010 == 0);
                self.encodings.saw(field, fitting(&flags));
                let data = all.iter().map(|(_, bytes)| bytes).find(|bytes| flags(bytes));
                self.rp_id_hash = self.rp_id_hash.take().or(data.and_then(|data| data.get(..32)).map(<[u8]>::to_vec));
            }
            "signature" => {
                // DER (ES256, RS256 has none): SEQUENCE of the right length.
                let der = |bytes: &[u8]| {
                    bytes.first() == Some(&0x30) && bytes.get(1).is_some_and(|length| usize::from(*length) + 2 == bytes.len())
                };
                let fits: Vec<_> = fitting(&der);
                self.encodings.saw(field, if fits.is_empty() { fitting(&|bytes| bytes.len() >= 64) } else { fits });
            }
            "id" | "raw-id" => match &self.id {
                Some(id) => self.encodings.saw(field, giving(value, id)),
                None => self.encodings.saw(field, fitting(&|bytes| bytes.len() >= 16)),
            },
            "user-handle" => self.encodings.saw(field, fitting(&|bytes| !bytes.is_empty())),
            _ => self.encodings.saw(field, fitting(&|bytes| bytes.first() == Some(&0x30))),
        }
    }
}

/// The authenticator data of an attestation object (WebAuthn-3 §6.5.4).
fn attested(bytes: &[u8]) -> Option<Vec<u8>> {
    let object: ciborium::Value = ciborium::from_reader(bytes).ok()?;
    let (_, data) = object.as_map()?.iter().find(|(key, _)| key.as_text() == Some("authData"))?;
    data.as_bytes().cloned()
}

/// The credential's id in authenticator data (WebAuthn-3 §6.5.2).
fn credential_id(data: &[u8]) -> Option<Vec<u8>> {
    let [high, low] = *data.get(53..55)? else { return None };
    data.get(55..55 + usize::from(u16::from_be_bytes([high, low]))).map(<[u8]>::to_vec)
}
