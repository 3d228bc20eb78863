//! Decodes a transcript's entries for people. Takes any bytes: what cannot be decoded is shown as it is, with the reason.

mod authenticator_data;
mod body;
mod ctap;
mod diagnostic;

use std::collections::BTreeMap;

use faultkey_fault_injection::Language;
use faultkey_transport::{Entry, transcript::What};

use crate::report::text;
use crate::words::{Label, Words};

/// Hex digits of a message that is shown again rather than referred to.
const SHORT: usize = 80;

/// One entry for a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    /// One line, e.g. `authenticatorGetAssertion` or `CTAP2_ERR_NO_CREDENTIALS (0x2E)`.
    pub title: String,
    pub parts: Vec<Part>,
}

/// A piece of what an entry holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub title: String,
    pub body: Body,
}

/// How a piece is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// Lines as they are: CBOR diagnostic notation (RFC 8949 §8), JSON.
    Text(String),
    /// Names and values.
    Fields(Vec<(String, String)>),
    /// Long and rarely wanted: folded away.
    Folded(String),
}

impl Part {
    fn text(title: &str, body: impl Into<String>) -> Self {
        Self { title: title.into(), body: Body::Text(body.into()) }
    }

    fn fields(title: impl Into<String>, fields: Vec<(String, String)>) -> Self {
        Self { title: title.into(), body: Body::Fields(fields) }
    }

    fn folded(title: impl Into<String>, body: impl Into<String>) -> Self {
        Self { title: title.into(), body: Body::Folded(body.into()) }
    }
}

/// Every entry decoded, in order. A reply is read as the answer to the request before it.
#[must_use]
pub fn transcript(words: Words, entries: &[Entry]) -> Vec<Decoded> {
    let mut command = None;
    let mut before: BTreeMap<(&str, Option<u8>), usize> = BTreeMap::new();
    entries
        .iter()
        .map(|entry| {
            if let What::CtapRequest { bytes } = &entry.what {
                command = data_encoding::HEXLOWER_PERMISSIVE.decode(bytes.as_bytes()).ok().and_then(|bytes| bytes.first().copied());
            }
            let mut decoded = decode(words, &entry.what, command);
            // getInfo's reply is long, and the same before every ceremony.
            if let What::CtapReply { bytes } = &entry.what
                && let Some(number) = before.insert((bytes, command), entry.number)
                && bytes.len() > SHORT
            {
                decoded.parts = vec![Part::text("CBOR", words.same_as(bytes.len() / 2, number))];
            }
            decoded
        })
        .collect()
}

/// Headers and body of a request or an answer.
pub(crate) fn http(words: Words, headers: &[(String, String)], body: &str) -> Vec<Part> {
    body::parts(words, headers, body)
}

/// One entry; `command` is the byte of the last request.
fn decode(words: Words, what: &What, command: Option<u8>) -> Decoded {
    match what {
        What::CtapRequest { bytes } => from_hex(words, bytes, |bytes| ctap::request(words, bytes)),
        What::CtapReply { bytes } => from_hex(words, bytes, |bytes| ctap::reply(words, command, bytes)),
        What::ClientData { ceremony, json } => {
            Decoded { title: words.client_data_for(ceremony), parts: vec![Part::text("clientDataJSON", body::pretty(words, json))] }
        }
        What::HttpRequest { method, path, headers, body, .. } => {
            Decoded { title: text::one_line(&format!("{method} {path}")), parts: body::parts(words, headers, body) }
        }
        What::HttpResponse { status, headers, body } => {
            Decoded { title: format!("HTTP {status}"), parts: body::parts(words, headers, body) }
        }
        What::Prompt { text } | What::Answer { text } | What::NetworkError { text } | What::Note { text } => line(text),
        What::ClientResult { ceremony, result } => line(&format!("{ceremony}: {result}")),
        What::Event { name, effect } => line(&format!("{name}: {effect}")),
        What::Decision { fault, text, text_ja, .. } => line(&format!("{fault}: {}", decided(words, text, text_ja.as_deref()))),
    }
}

/// What a fault decided, in the language of the report where the transcript has it.
pub(crate) fn decided<'a>(words: Words, text: &'a str, text_ja: Option<&'a str>) -> &'a str {
    match words.language() {
        Language::English => text,
        Language::Japanese => text_ja.unwrap_or(text),
    }
}

fn line(text: &str) -> Decoded {
    Decoded { title: text::one_line(text), parts: Vec::new() }
}

fn from_hex(words: Words, hex: &str, decode: impl FnOnce(&[u8]) -> Decoded) -> Decoded {
    match data_encoding::HEXLOWER_PERMISSIVE.decode(hex.as_bytes()) {
        Ok(bytes) => decode(&bytes),
        Err(_) => {
            let parts = vec![Part::text(words.label(Label::AsRecorded), text::harmless(hex))];
            Decoded { title: words.label(Label::NotHex).into(), parts }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::report::sample;

    fn titles(entries: &[Entry]) -> Vec<String> {
        transcript(Words::default(), entries).into_iter().map(|decoded| decoded.title).collect()
    }

    #[test]
    fn what_a_fault_decided_is_in_the_language_of_the_report() {
        let run = sample::both();
        let entries = &run.targets[0].scenarios[0].transcript;
        let titles = |language| transcript(Words::of(language), entries).into_iter().map(|decoded| decoded.title).collect::<Vec<_>>();
        let told = |language, text: &str| titles(language).contains(&format!("silent-key-regeneration: {text}"));
        assert!(told(Language::English, "signs with the new key under the old credential id"));
        assert!(told(Language::Japanese, "以前のクレデンシャルIDのまま、新しい鍵で署名"));
        // Of an older run.
        assert_eq!(decided(Words::of(Language::Japanese), "it fired", None), "it fired");
    }

    #[test]
    fn a_reply_is_named_after_its_request() {
        let run = sample::both();
        let transcript = &run.targets[1].scenarios[2].transcript;
        let titles = titles(transcript);
        assert!(titles.contains(&"authenticatorMakeCredential (0x01)".to_owned()), "{titles:?}");
        assert!(titles.contains(&"CTAP2_OK (0x00) to authenticatorGetAssertion".to_owned()), "{titles:?}");
        assert!(titles.contains(&"CTAP2_ERR_NO_CREDENTIALS (0x2E) to authenticatorGetNextAssertion".to_owned()), "{titles:?}");
        assert!(titles.contains(&"silent-key-regeneration: signs with the new key under the old credential id".to_owned()), "{titles:?}");
    }

    #[test]
    fn a_long_reply_that_came_before_is_only_referred_to() {
        let reply = What::CtapReply { bytes: format!("00{}", "00".repeat(80)) };
        let entries: Vec<_> =
            [reply.clone(), reply].into_iter().enumerate().map(|(i, what)| Entry { number: i + 4, at: 0, what }).collect();
        let decoded = transcript(Words::default(), &entries);
        assert_eq!(decoded[0].parts.len(), 2);
        assert_eq!(decoded[1].parts, [Part::text("CBOR", "the same 81 bytes as #4")]);
    }

    #[test]
    fn what_is_not_hex_is_shown_as_it_is() {
        let decoded = decode(Words::default(), &What::CtapReply { bytes: "<b>\u{1b}".into() }, None);
        assert_eq!(decoded, Decoded { title: "not hex".into(), parts: vec![Part::text("as recorded", "<b>\\u{1b}")] });
    }

    fn anything() -> impl Strategy<Value = What> {
        let bytes = prop_oneof![".*", proptest::collection::vec(any::<u8>(), 0..200).prop_map(|b| data_encoding::HEXLOWER.encode(&b))];
        let nearly = (0_usize..14, any::<usize>(), any::<u8>()).prop_map(|(scenario, at, byte)| {
            // A real message with one byte changed goes deeper than random bytes do.
            let run = sample::both();
            let entries = &run.targets[0].scenarios[scenario].transcript;
            let hex = entries
                .iter()
                .rev()
                .filter_map(|e| if let What::CtapReply { bytes } = &e.what { Some(bytes) } else { None })
                .nth(at % 3)
                .unwrap();
            let mut bytes = data_encoding::HEXLOWER.decode(hex.as_bytes()).unwrap();
            let at = at % bytes.len();
            bytes[at] = byte;
            data_encoding::HEXLOWER.encode(&bytes)
        });
        prop_oneof![
            bytes.clone().prop_map(|bytes| What::CtapRequest { bytes }),
            prop_oneof![bytes.clone(), nearly].prop_map(|bytes| What::CtapReply { bytes }),
            ".*".prop_map(|json| What::ClientData { ceremony: "registration".into(), json }),
            prop_oneof![
                bytes,
                ".*".prop_map(|s| format!("{{\"authenticatorData\":{s:?},\"attestationObject\":{s:?},\"clientDataJSON\":{s:?}}}"))
            ]
            .prop_map(|body| What::HttpResponse { status: 200, headers: vec![], body }),
        ]
    }

    proptest! {
        #[test]
        fn any_bytes_decode_to_something(what in anything(), command in any::<Option<u8>>()) {
            let decoded = decode(Words::default(), &what, command);
            prop_assert!(!decoded.title.is_empty());
        }
    }
}
