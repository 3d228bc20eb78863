//! Recordings as browsers make them, built by hand.

use ciborium::cbor;
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Has characters that base64 and base64url write differently.
const BYTES: [u8; 32] =
    [0xfb, 0xff, 0xbe, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 0xfe, 0xff];
pub const CHALLENGE: &str = "-_--AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRob_v8";
const ID: [u8; 20] = [0xff; 20];
const HANDLE: [u8; 16] = [0xfb; 16];

type Encode<'a> = &'a dyn Fn(&[u8]) -> Value;

#[derive(Default)]
pub struct Recorded {
    pub entries: Vec<Value>,
}

impl Recorded {
    pub fn har(&self) -> String {
        json!({ "log": { "version": "1.2", "entries": self.entries } }).to_string()
    }

    pub fn push(&mut self, mut exchange: Value) {
        exchange["startedDateTime"] = format!("2026-01-01T00:00:{:02}.000Z", self.entries.len()).into();
        self.entries.push(exchange);
    }

    /// The order of the list is that of time.
    pub fn in_order(&mut self) {
        std::mem::take(&mut self.entries).into_iter().for_each(|exchange| self.push(exchange));
    }

    fn exchange(&mut self, request: &str, status: u16, post: Value, content: Value) {
        let (method, path) = request.split_once(' ').unwrap();
        let mut asked = json!({ "method": method, "url": format!("https://shop.test{path}"), "headers": [], "cookies": [] });
        if !post.is_null() {
            asked["postData"] = post;
        }
        let response = json!({ "status": status, "headers": [], "cookies": [], "content": content });
        self.push(json!({ "request": asked, "response": response, "_resourceType": "fetch" }));
    }

    pub fn json(&mut self, request: &str, sent: &Value, status: u16, answer: &Value) {
        let post = if sent.is_null() { Value::Null } else { json!({ "mimeType": "application/json", "text": sent.to_string() }) };
        let text = if answer.is_null() { String::new() } else { answer.to_string() };
        self.exchange(request, status, post, json!({ "size": text.len(), "mimeType": "application/json", "text": text }));
    }

    pub fn form(&mut self, request: &str, fields: &[(&str, &str)], status: u16, location: &str) {
        let text = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let post = json!({ "mimeType": "application/x-www-form-urlencoded", "text": text });
        self.exchange(request, status, post, json!({ "size": 0 }));
        self.last()["response"]["redirectURL"] = location.into();
    }

    pub fn page(&mut self, request: &str, html: &str) {
        // As Chrome does with what it takes for binary.
        let text = data_encoding::BASE64.encode(html.as_bytes());
        self.exchange(
            request,
            200,
            Value::Null,
            json!({ "size": html.len(), "mimeType": "text/html", "text": text, "encoding": "base64" }),
        );
    }

    pub fn redirect(&mut self, request: &str, location: &str) {
        self.exchange(request, 302, Value::Null, json!({ "size": 0 }));
        self.last()["response"]["headers"] = json!([{ "name": "Location", "value": location }]);
    }

    fn last(&mut self) -> &mut Value {
        self.entries.last_mut().unwrap()
    }

    pub fn bearer(&mut self, token: &str) {
        self.last()["request"]["headers"] = json!([{ "name": "Authorization", "value": format!("Bearer {token}") }]);
    }

    pub fn set_cookie(&mut self, name: &str, value: &str) {
        self.last()["response"]["headers"] =
            json!([{ "name": "Set-Cookie", "value": format!("{name}={value}; Path=/\nother=1; HttpOnly") }]);
    }

    pub fn answer(&mut self, index: usize, answer: &Value) {
        self.entries[index]["response"]["content"] = json!({ "size": 1, "mimeType": "application/json", "text": answer.to_string() });
    }

    pub fn send(&mut self, index: usize, sent: &Value) {
        self.entries[index]["request"]["postData"] = json!({ "mimeType": "application/json", "text": sent.to_string() });
    }
}

pub fn creation(encode: Encode<'_>) -> Value {
    json!({ "publicKey": {
        "challenge": encode(&BYTES),
        "rp": { "id": "shop.test", "name": "Shop" },
        "user": { "id": encode(&HANDLE), "name": "mika", "displayName": "Mika" },
        "pubKeyCredParams": [{ "type": "public-key", "alg": -7 }],
        "excludeCredentials": [],
    } })
}

pub fn request(encode: Encode<'_>) -> Value {
    json!({ "publicKey": { "challenge": encode(&BYTES), "rpId": "shop.test", "allowCredentials": [{ "type": "public-key", "id": encode(&ID) }] } })
}

fn client_data(kind: &str) -> Vec<u8> {
    let challenge = BASE64URL_NOPAD.encode(&BYTES);
    json!({ "type": kind, "challenge": challenge, "origin": "https://shop.test", "crossOrigin": false }).to_string().into_bytes()
}

fn data(flags: u8) -> Vec<u8> {
    let mut data = Sha256::digest(b"shop.test").to_vec();
    data.extend([flags, 0, 0, 0, 1]);
    data
}

pub fn attestation(encode: Encode<'_>) -> Value {
    let mut attested = data(0x45);
    attested.extend([0; 16]);
    attested.extend([0, 20]);
    attested.extend(ID);
    attested.extend([0xa0]);
    let object = cbor!({ "fmt" => "none", "attStmt" => {}, "authData" => ciborium::Value::Bytes(attested) }).unwrap();
    let mut bytes = Vec::new();
    ciborium::into_writer(&object, &mut bytes).unwrap();
    json!({
        "id": encode(&ID), "rawId": encode(&ID), "type": "public-key", "clientExtensionResults": {},
        "response": { "clientDataJSON": encode(&client_data("webauthn.create")), "attestationObject": encode(&bytes) },
    })
}

pub fn assertion(encode: Encode<'_>) -> Value {
    let mut signature = vec![0x30, 70, 2, 33, 0];
    signature.resize(72, 0xfe);
    json!({
        "id": encode(&ID), "rawId": encode(&ID), "type": "public-key", "clientExtensionResults": {},
        "response": {
            "clientDataJSON": encode(&client_data("webauthn.get")), "authenticatorData": encode(&data(0x05)),
            "signature": encode(&signature), "userHandle": encode(&HANDLE),
        },
    })
}
