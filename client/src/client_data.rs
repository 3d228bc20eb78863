//! Client data (WebAuthn-3 §5.8.1): what is hashed, and sent to the relying party.

use faultkey_authenticator::Time;
use serde::Serialize;

/// Which ceremony.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum ClientData {
    /// `webauthn.create`
    Create,
    /// `webauthn.get`
    Get,
}

impl ClientData {
    /// The `type` member of the client data.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Create => "webauthn.create",
            Self::Get => "webauthn.get",
        }
    }

    /// The ceremony's name in a transcript.
    #[must_use]
    pub const fn ceremony(self) -> &'static str {
        match self {
            Self::Create => "registration",
            Self::Get => "authentication",
        }
    }
}

/// The members of CollectedClientData, before they are serialized. A fault may change any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectedClientData {
    /// `webauthn.create` or `webauthn.get`.
    pub kind: String,
    /// base64url, as the options had it.
    pub challenge: String,
    pub origin: String,
    pub cross_origin: bool,
    pub top_origin: Option<String>,
}

/// Makes the client data's bytes. [`client_data::Specified`](Specified) does as the specification says; a fault layer wraps it.
pub trait ClientDataCollector {
    fn collect(&mut self, now: Time, ceremony: ClientData, data: CollectedClientData) -> Vec<u8>;
}

/// The specification's own serialization (WebAuthn-3 §5.8.1.1).
#[derive(Clone, Copy, Debug, Default)]
pub struct Specified;

impl ClientDataCollector for Specified {
    fn collect(&mut self, _now: Time, _ceremony: ClientData, data: CollectedClientData) -> Vec<u8> {
        data.serialize().into_bytes()
    }
}

impl CollectedClientData {
    /// The bytes of clientDataJSON. Verifiers may compare them without a JSON parser, so each has its place.
    #[must_use]
    pub fn serialize(&self) -> String {
        let mut result = String::from("{\"type\":");
        push_string(&mut result, &self.kind);
        result.push_str(",\"challenge\":");
        push_string(&mut result, &self.challenge);
        result.push_str(",\"origin\":");
        push_string(&mut result, &self.origin);
        result.push_str(",\"crossOrigin\":");
        result.push_str(if self.cross_origin { "true" } else { "false" });
        if let Some(top_origin) = &self.top_origin {
            result.push_str(",\"topOrigin\":");
            push_string(&mut result, top_origin);
        }
        result.push('}');
        result
    }
}

/// CCDToString (WebAuthn-3 §5.8.1.1). It differs from common JSON writers: no short escapes such as `\n`, and nothing above U+001F is escaped
/// but the quotation mark and the backslash.
fn push_string(result: &mut String, text: &str) {
    result.push('"');
    for character in text.chars() {
        match character {
            '"' => result.push_str("\\\""),
            '\\' => result.push_str("\\\\"),
            '\u{20}'.. => result.push(character),
            control => result.push_str(&format!("\\u{:04x}", u32::from(control))),
        }
    }
    result.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(kind: ClientData, challenge: &str) -> CollectedClientData {
        CollectedClientData {
            kind: kind.kind().into(),
            challenge: challenge.into(),
            origin: "https://example.org".into(),
            cross_origin: false,
            top_origin: None,
        }
    }

    fn collect(data: CollectedClientData) -> String {
        String::from_utf8(Specified.collect(Time::START, ClientData::Get, data)).unwrap()
    }

    // The next four are the W3C's own test vectors (WebAuthn-3 §16): none-es256 authentication, long-credential-id registration,
    // none-es256-topOrigin registration, none-es256-crossOrigin registration (the last without its `extraData`).

    #[test]
    fn an_authentication_as_in_the_specifications_vector() {
        let vector = concat!(
            "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a224f63446e55685158756c5455506f334a555854",
            "3049393770767a7a59425039745a63685879617630314167222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267",
            "222c2263726f73734f726967696e223a66616c73657d"
        );
        let bytes = collect(data(ClientData::Get, "OcDnUhQXulTUPo3JUXT0I97pvzzYBP9tZchXyav01Ag"));
        assert_eq!(data_encoding::HEXLOWER.encode(bytes.as_bytes()), vector);
    }

    #[test]
    fn a_registration_as_in_the_specifications_vector() {
        assert_eq!(
            collect(data(ClientData::Create, "ERPHJlzPXmUSQoL6HXgZp6FMuFOapM2-x0h-XzXY7Gw")),
            r#"{"type":"webauthn.create","challenge":"ERPHJlzPXmUSQoL6HXgZp6FMuFOapM2-x0h-XzXY7Gw","origin":"https://example.org","crossOrigin":false}"#
        );
    }

    #[test]
    fn a_top_origin_as_in_the_specifications_vector() {
        let mut data = data(ClientData::Create, "Th9MYZhpnjPBTxkhU_Sdfg6ONXfVrEFsXzrckqQfJ-U");
        data.cross_origin = true;
        data.top_origin = Some("https://example.com".into());
        assert_eq!(
            collect(data),
            r#"{"type":"webauthn.create","challenge":"Th9MYZhpnjPBTxkhU_Sdfg6ONXfVrEFsXzrckqQfJ-U","origin":"https://example.org","crossOrigin":true,"topOrigin":"https://example.com"}"#
        );
    }

    #[test]
    fn cross_origin_as_in_the_specifications_vector() {
        let mut data = data(ClientData::Create, "O-WqzQNTcUJHI0CrWWnyQPHYdxbiC2gHrCMGVfpLO0k");
        data.cross_origin = true;
        assert_eq!(
            collect(data),
            r#"{"type":"webauthn.create","challenge":"O-WqzQNTcUJHI0CrWWnyQPHYdxbiC2gHrCMGVfpLO0k","origin":"https://example.org","crossOrigin":true}"#
        );
    }

    #[test]
    fn escapes_only_what_ccd_to_string_escapes() {
        let mut text = String::new();
        push_string(&mut text, "\" \\ \u{0} \n \u{1f} / < \u{7f} \u{e9} \u{2028} 証 \u{1f511}");
        assert_eq!(text, "\"\\\" \\\\ \\u0000 \\u000a \\u001f / < \u{7f} \u{e9} \u{2028} 証 \u{1f511}\"");
    }

    #[test]
    fn any_json_parser_reads_it_back() {
        let mut data = data(ClientData::Get, "AAAA");
        data.origin = "weird \" \\ \u{1} \n origin".into();
        let json: serde_json::Value = serde_json::from_str(&data.serialize()).unwrap();
        assert_eq!(json["origin"], data.origin.as_str());
    }
}
