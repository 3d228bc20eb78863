//! How a relying party writes binary members in its JSON, in both directions.

use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD, HEXLOWER, HEXLOWER_PERMISSIVE};
use schemars::JsonSchema;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// How one binary member is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// As WebAuthn's JSON has it (WebAuthn-3 §5.1.3), without padding.
    #[default]
    Base64url,
    Base64urlPadded,
    /// RFC 4648 §4, with padding.
    Base64,
    Base64Unpadded,
    Hex,
    /// A list of integers.
    Integers,
    /// An object whose members are named 0, 1, 2, …, as JSON.stringify makes of a Uint8Array.
    Numbered,
    /// UTF-8 text.
    Text,
}

impl Encoding {
    /// The name in the adapter file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Encoding::Base64url => "base64url",
            Encoding::Base64urlPadded => "base64url-padded",
            Encoding::Base64 => "base64",
            Encoding::Base64Unpadded => "base64-unpadded",
            Encoding::Hex => "hex",
            Encoding::Integers => "integers",
            Encoding::Numbered => "numbered",
            Encoding::Text => "text",
        }
    }

    fn encode(self, bytes: &[u8]) -> Value {
        match self {
            Encoding::Base64url => BASE64URL_NOPAD.encode(bytes).into(),
            Encoding::Base64urlPadded => BASE64URL.encode(bytes).into(),
            Encoding::Base64 => BASE64.encode(bytes).into(),
            Encoding::Base64Unpadded => BASE64_NOPAD.encode(bytes).into(),
            Encoding::Hex => HEXLOWER.encode(bytes).into(),
            Encoding::Integers => bytes.to_vec().into(),
            Encoding::Numbered => {
                let members = bytes.iter().enumerate().map(|(index, byte)| (index.to_string(), Value::from(*byte)));
                Value::Object(members.collect::<Map<_, _>>())
            }
            Encoding::Text => String::from_utf8_lossy(bytes).into(),
        }
    }

    /// `None`: it is not written so.
    fn decode(self, value: &Value) -> Option<Vec<u8>> {
        let text = || value.as_str().map(str::as_bytes);
        match self {
            Encoding::Base64url => BASE64URL_NOPAD.decode(text()?).ok(),
            Encoding::Base64urlPadded => BASE64URL.decode(text()?).ok(),
            Encoding::Base64 => BASE64.decode(text()?).ok(),
            Encoding::Base64Unpadded => BASE64_NOPAD.decode(text()?).ok(),
            Encoding::Hex => HEXLOWER_PERMISSIVE.decode(text()?).ok(),
            Encoding::Integers => value.as_array()?.iter().map(byte).collect(),
            Encoding::Numbered => {
                let members = value.as_object()?;
                (0..members.len()).map(|index| byte(members.get(&index.to_string())?)).collect()
            }
            Encoding::Text => text().map(<[u8]>::to_vec),
        }
    }

    /// How this is written, if that is plain to see and not base64url: for advice, never for reading.
    #[must_use]
    pub fn of(value: &Value) -> Option<Encoding> {
        match value {
            Value::Array(_) => Encoding::Integers.decode(value).map(|_| Encoding::Integers),
            Value::Object(_) => Encoding::Numbered.decode(value).map(|_| Encoding::Numbered),
            Value::String(text) => {
                // Bytes in hex have digits and letters, as good as always.
                let both = text.contains(|c: char| c.is_ascii_digit()) && text.contains(|c: char| c.is_ascii_alphabetic());
                let hex = text.len() >= 32 && both && Encoding::Hex.decode(value).is_some();
                let candidates = [Encoding::Base64, Encoding::Base64Unpadded, Encoding::Base64urlPadded];
                if hex {
                    return Some(Encoding::Hex);
                }
                if Encoding::Base64url.decode(value).is_some() {
                    return None;
                }
                candidates.into_iter().find(|encoding| encoding.decode(value).is_some()).or(Some(Encoding::Text))
            }
            _ => None,
        }
    }
}

fn byte(value: &Value) -> Option<u8> {
    value.as_u64().and_then(|number| u8::try_from(number).ok())
}

/// Both directions.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Encodings {
    /// How options arrive: one encoding, or a table with one for each member.
    pub options: Each<OptionsEncoding>,
    /// How the credential is sent: one encoding, or a table with one for each member.
    pub credential: Each<CredentialEncoding>,
}

/// Encodings of the binary members of options.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct OptionsEncoding {
    /// Of the members that are not named.
    default: Encoding,
    challenge: Option<Encoding>,
    user_id: Option<Encoding>,
    /// Ids in `allowCredentials` and `excludeCredentials`.
    credential_id: Option<Encoding>,
}

/// Encodings of the binary members of a credential.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct CredentialEncoding {
    /// Of the members that are not named.
    default: Encoding,
    id: Option<Encoding>,
    raw_id: Option<Encoding>,
    client_data_json: Option<Encoding>,
    attestation_object: Option<Encoding>,
    authenticator_data: Option<Encoding>,
    signature: Option<Encoding>,
    user_handle: Option<Encoding>,
    public_key: Option<Encoding>,
}

/// One encoding for all members, or a table.
#[derive(Clone, Debug, Default)]
pub(super) struct Each<T>(T);

impl From<Encoding> for OptionsEncoding {
    fn from(default: Encoding) -> Self {
        OptionsEncoding { default, ..OptionsEncoding::default() }
    }
}

impl From<Encoding> for CredentialEncoding {
    fn from(default: Encoding) -> Self {
        CredentialEncoding { default, ..CredentialEncoding::default() }
    }
}

impl<'de, T: Deserialize<'de> + From<Encoding>> Deserialize<'de> for Each<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de> + From<Encoding>> Visitor<'de> for Either<T> {
            type Value = Each<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an encoding such as \"base64\", or a table with one for each member")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Each<T>, E> {
                Encoding::deserialize(de::value::StrDeserializer::new(text)).map(|encoding| Each(T::from(encoding)))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Each<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Each)
            }
        }
        deserializer.deserialize_any(Either(PhantomData))
    }
}

impl<T: JsonSchema> JsonSchema for Each<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("EncodingOr{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let (one, each) = (generator.subschema_for::<Encoding>(), generator.subschema_for::<T>());
        schemars::json_schema!({ "anyOf": [one, each] })
    }
}

impl Encodings {
    /// The options as a client reads them: everything binary in base64url.
    ///
    /// # Errors
    /// The member that is not written as the adapter says, and the encoding that it should have.
    pub(super) fn options(&self, options: &mut Value) -> Result<(), (&'static str, Encoding)> {
        let own = self.options.0;
        let read = |value: Option<&mut Value>, name, encoding: Option<Encoding>| {
            let encoding = encoding.unwrap_or(own.default);
            let Some(value) = value.filter(|value| encoding != Encoding::Base64url && !value.is_null()) else { return Ok(()) };
            let bytes = encoding.decode(value).ok_or((name, encoding))?;
            *value = Encoding::Base64url.encode(&bytes);
            Ok(())
        };
        read(options.get_mut("challenge"), "challenge", own.challenge)?;
        read(options.pointer_mut("/user/id"), "user-id", own.user_id)?;
        for list in ["allowCredentials", "excludeCredentials"] {
            let items = options.get_mut(list).and_then(Value::as_array_mut);
            for item in items.into_iter().flatten() {
                read(item.get_mut("id"), "credential-id", own.credential_id)?;
            }
        }
        Ok(())
    }

    /// The credential as the relying party reads it; it comes from a client, in base64url.
    pub(super) fn credential(&self, credential: &Value) -> Value {
        let own = self.credential.0;
        let mut credential = credential.clone();
        let members = [
            ("/id", own.id),
            ("/rawId", own.raw_id),
            ("/response/clientDataJSON", own.client_data_json),
            ("/response/attestationObject", own.attestation_object),
            ("/response/authenticatorData", own.authenticator_data),
            ("/response/signature", own.signature),
            ("/response/userHandle", own.user_handle),
            ("/response/publicKey", own.public_key),
        ];
        for (pointer, encoding) in members {
            let encoding = encoding.unwrap_or(own.default);
            if encoding == Encoding::Base64url {
                continue;
            }
            let Some(value) = credential.pointer_mut(pointer) else { continue };
            // What a fault has made unreadable is sent as it is.
            if let Some(bytes) = Encoding::Base64url.decode(value) {
                *value = encoding.encode(&bytes);
            }
        }
        credential
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_encoding_is_read_and_written() {
        let bytes = b"ab?>";
        for (encoding, written) in [
            (Encoding::Base64url, json!("YWI_Pg")),
            (Encoding::Base64urlPadded, json!("YWI_Pg==")),
            (Encoding::Base64, json!("YWI/Pg==")),
            (Encoding::Base64Unpadded, json!("YWI/Pg")),
            (Encoding::Hex, json!("61623f3e")),
            (Encoding::Integers, json!([97, 98, 63, 62])),
            (Encoding::Numbered, json!({"0": 97, "1": 98, "2": 63, "3": 62})),
            (Encoding::Text, json!("ab?>")),
        ] {
            assert_eq!(encoding.encode(bytes), written);
            assert_eq!(encoding.decode(&written).unwrap(), bytes, "{}", encoding.name());
            let read: Encoding = serde_json::from_value(json!(encoding.name())).unwrap();
            assert_eq!(read, encoding);
        }
        assert_eq!(Encoding::Integers.decode(&json!([256])), None);
        assert_eq!(Encoding::Hex.decode(&json!("6G")), None);
    }

    #[test]
    fn an_encoding_that_is_not_base64url_is_recognised() {
        assert_eq!(Encoding::of(&json!("YWI_Pg")), None);
        assert_eq!(Encoding::of(&json!("YWI/Pg==")), Some(Encoding::Base64));
        assert_eq!(Encoding::of(&json!("00112233445566778899aabbccddeeff")), Some(Encoding::Hex));
        assert_eq!(Encoding::of(&json!([1, 2])), Some(Encoding::Integers));
        assert_eq!(Encoding::of(&json!({"0": 1})), Some(Encoding::Numbered));
        assert_eq!(Encoding::of(&json!("a user's name")), Some(Encoding::Text));
    }

    #[test]
    fn each_member_may_have_its_own() {
        let encodings: Encodings = toml::from_str(
            "options = { default = \"base64\", challenge = \"hex\", user-id = \"text\" }\ncredential = { signature = \"hex\" }\n",
        )
        .unwrap();
        let mut options = json!({"challenge": "00ff", "user": {"id": "mika"}, "excludeCredentials": [{"id": "+/8="}]});
        encodings.options(&mut options).unwrap();
        assert_eq!(options, json!({"challenge": "AP8", "user": {"id": "bWlrYQ"}, "excludeCredentials": [{"id": "-_8"}]}));
        let credential = encodings.credential(&json!({"id": "-_8", "response": {"signature": "AP8"}}));
        assert_eq!(credential, json!({"id": "-_8", "response": {"signature": "00ff"}}));
        let wrong = encodings.options(&mut json!({"challenge": "not hex"}));
        assert_eq!(wrong, Err(("challenge", Encoding::Hex)));
    }
}
