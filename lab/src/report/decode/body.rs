//! HTTP bodies: JSON indented, and the base64url inside it decoded where WebAuthn defines what it is (WebAuthn-3 §5.1.8).

use ciborium::Value as Cbor;
use data_encoding::BASE64URL_NOPAD;
use faultkey_authenticator::cbor;
use serde_json::Value;

use super::{Part, authenticator_data, ctap, diagnostic};
use crate::report::text;
use crate::words::{Label, Words};

/// More than any ceremony's body; keeps a hostile one from growing the report without bound.
const LONGEST: usize = 20_000;

pub(super) fn parts(words: Words, headers: &[(String, String)], body: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    if !body.is_empty() {
        parts.push(Part::text(words.label(Label::Body), pretty(words, body)));
        if let Ok(json) = serde_json::from_str::<Value>(body) {
            inside(words, &json, &mut parts);
        }
    }
    if !headers.is_empty() {
        let lines: Vec<_> = headers.iter().map(|(name, value)| text::one_line(&format!("{name}: {value}"))).collect();
        parts.push(Part::folded(words.label(Label::Headers), lines.join("\n")));
    }
    parts
}

/// JSON indented; anything else as it is.
pub(super) fn pretty(words: Words, body: &str) -> String {
    let shown = serde_json::from_str::<Value>(body).ok().and_then(|json| serde_json::to_string_pretty(&json).ok());
    let shown = shown.as_deref().unwrap_or(body);
    match shown.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}\n{}", text::harmless(shown.get(..end).unwrap_or_default()), words.cut_here(body.len())),
        None => text::harmless(shown).into_owned(),
    }
}

/// Walks the JSON and decodes the members that hold WebAuthn's own structures.
fn inside(words: Words, json: &Value, parts: &mut Vec<Part>) {
    match json {
        Value::Object(members) => {
            for (name, value) in members {
                match (name.as_str(), value.as_str()) {
                    ("clientDataJSON", Some(encoded)) => parts.extend(client_data(words, encoded)),
                    ("authenticatorData", Some(encoded)) => {
                        parts.extend(decode(encoded).map(|bytes| authenticator_data::part(words, name, &bytes)))
                    }
                    ("attestationObject", Some(encoded)) => attestation_object(words, encoded, parts),
                    _ => inside(words, value, parts),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| inside(words, item, parts)),
        _ => {}
    }
}

fn decode(encoded: &str) -> Option<Vec<u8>> {
    BASE64URL_NOPAD.decode(encoded.trim_end_matches('=').as_bytes()).ok()
}

fn client_data(words: Words, encoded: &str) -> Option<Part> {
    let json = String::from_utf8(decode(encoded)?).ok()?;
    Some(Part::text("clientDataJSON", pretty(words, &json)))
}

/// WebAuthn-3 §6.5.4: `fmt`, `attStmt`, `authData`.
fn attestation_object(words: Words, encoded: &str, parts: &mut Vec<Part>) {
    let Some(bytes) = decode(encoded) else { return };
    match cbor::read_lenient(&bytes) {
        Ok((tree, _)) => {
            parts.push(Part::text("attestationObject", diagnostic::write(&tree, &[])));
            if let Some(data) = ctap::member(&tree, |key| matches!(key, Cbor::Text(name) if name == "authData")) {
                parts.push(authenticator_data::part(words, words.label(Label::AuthDataInside), data));
            }
        }
        Err(error) => parts.push(Part::text(words.label(Label::AttestationNotCbor), error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Body;
    use super::*;
    use crate::report::sample::{authenticator_data, cbor, text};

    #[test]
    fn decodes_what_webauthn_puts_into_json() {
        let attestation = cbor(&[], vec![(text("fmt"), text("none")), (text("authData"), Cbor::Bytes(authenticator_data(0x45, 3, true)))]);
        let body = serde_json::json!({"response": [{
            "clientDataJSON": BASE64URL_NOPAD.encode(br#"{"type":"webauthn.create"}"#),
            "attestationObject": format!("{}==", BASE64URL_NOPAD.encode(&attestation)),
            "authenticatorData": "not base64!",
        }]});
        let parts = parts(Words::default(), &[("Set-Cookie".into(), "a=b\r\nX: y".into())], &body.to_string());
        let titles: Vec<_> = parts.iter().map(|part| part.title.as_str()).collect();
        assert_eq!(titles, ["body", "clientDataJSON", "attestationObject", "authData in attestationObject", "headers"]);
        assert_eq!(parts[1].body, Body::Text("{\n  \"type\": \"webauthn.create\"\n}".into()));
        assert_eq!(parts[4].body, Body::Folded("Set-Cookie: a=b X: y".into()));
    }

    #[test]
    fn what_is_not_json_is_shown_as_it_is_and_cut() {
        assert_eq!(parts(Words::default(), &[], "<h1>Oops</h1>"), [Part::text("body", "<h1>Oops</h1>")]);
        assert_eq!(parts(Words::default(), &[], ""), []);
        let long = pretty(Words::default(), &"あ".repeat(30_000));
        assert!(long.ends_with("\n... cut here: 90000 bytes in all"), "{}", &long[long.len() - 60..]);
        assert_eq!(long.chars().filter(|c| *c == 'あ').count(), LONGEST);
    }
}
