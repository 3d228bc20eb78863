//! Reading request bodies: what is wrong is said by the name of the member.

use data_encoding::BASE64URL_NOPAD;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest, Sha256};
use webauthn_rs_core::proto::UserVerificationPolicy;

use super::refusal::Refusal;

/// A body that is a JSON object.
pub(super) struct Body(Value);

impl Body {
    /// # Errors
    /// When the bytes are no JSON object.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Refusal> {
        let value: Value = serde_json::from_slice(bytes).map_err(|error| Refusal::malformed(format!("the body is not JSON: {error}")))?;
        if value.is_object() { Ok(Self(value)) } else { Err(Refusal::malformed("the body is not a JSON object")) }
    }

    /// The member at this JSON pointer; `null` counts as absent.
    pub(super) fn member(&self, pointer: &str) -> Option<&Value> {
        self.0.pointer(pointer).filter(|value| !value.is_null())
    }

    pub(super) fn text(&self, pointer: &str) -> Result<Option<&str>, Refusal> {
        self.member(pointer).map(|value| value.as_str().ok_or_else(|| wrong(pointer, "a string", value))).transpose()
    }

    /// A string that must be there and not empty.
    pub(super) fn required_text(&self, pointer: &str) -> Result<&str, Refusal> {
        match self.text(pointer)? {
            Some("") => Err(Refusal::malformed(format!("member {} is empty", name(pointer)))),
            Some(text) => Ok(text),
            None => Err(Refusal::malformed(format!("member {} is missing", name(pointer)))),
        }
    }

    pub(super) fn flag(&self, pointer: &str) -> Result<Option<bool>, Refusal> {
        self.member(pointer).map(|value| value.as_bool().ok_or_else(|| wrong(pointer, "true or false", value))).transpose()
    }

    pub(super) fn bytes(&self, pointer: &str) -> Result<Option<Vec<u8>>, Refusal> {
        let Some(text) = self.text(pointer)? else { return Ok(None) };
        let decoded = BASE64URL_NOPAD.decode(text.as_bytes());
        decoded.map(Some).map_err(|error| Refusal::malformed(format!("member {} is not base64url without padding: {error}", name(pointer))))
    }

    pub(super) fn required_bytes(&self, pointer: &str) -> Result<Vec<u8>, Refusal> {
        self.required_text(pointer)?;
        Ok(self.bytes(pointer)?.unwrap_or_default())
    }

    /// One of `known`, or the first of them when the member is absent.
    pub(super) fn choice<T: Copy>(&self, pointer: &str, known: &[(&str, T)], default: T) -> Result<T, Refusal> {
        let Some(text) = self.text(pointer)? else { return Ok(default) };
        known.iter().find(|(name, _)| *name == text).map(|(_, value)| *value).ok_or_else(|| {
            let names: Vec<_> = known.iter().map(|(name, _)| *name).collect();
            Refusal::malformed(format!("member {} is {text:?}, expected one of {}", name(pointer), names.join(", ")))
        })
    }

    /// `userVerification`: what the request says, or the broker's own rule, which is `required`.
    pub(super) fn user_verification(&self, pointer: &str) -> Result<UserVerificationPolicy, Refusal> {
        let known = [
            ("required", UserVerificationPolicy::Required),
            ("preferred", UserVerificationPolicy::Preferred),
            ("discouraged", UserVerificationPolicy::Discouraged_DO_NOT_USE),
        ];
        self.choice(pointer, &known, UserVerificationPolicy::Required)
    }

    /// The whole body as one of the library's types.
    pub(super) fn whole<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        serde_json::from_value(self.0.clone()).map_err(|error| Refusal::malformed(format!("the body does not fit: {error}")))
    }

    /// What makes two requests the same.
    pub(super) fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0.to_string()).into()
    }
}

fn name(pointer: &str) -> String {
    pointer.trim_start_matches('/').replace('/', ".")
}

fn wrong(pointer: &str, expected: &str, found: &Value) -> Refusal {
    let found = match found {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    Refusal::malformed(format!("member {} is {found}, expected {expected}", name(pointer)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal<T>(result: Result<T, Refusal>) -> String {
        result.err().expect("refused").detail
    }

    #[test]
    fn messages_name_the_member() {
        assert_eq!(refusal(Body::read(b"[]")), "the body is not a JSON object");
        assert_eq!(refusal(Body::read(b"{")), "the body is not JSON: EOF while parsing an object at line 1 column 1");
        let body = Body::read(br#"{"a":{"b":7,"c":"x=","d":""},"userVerification":"always"}"#).unwrap();
        assert_eq!(refusal(body.text("/a/b")), "member a.b is a number, expected a string");
        assert_eq!(refusal(body.flag("/a/b")), "member a.b is a number, expected true or false");
        assert_eq!(refusal(body.required_text("/a/d")), "member a.d is empty");
        assert_eq!(refusal(body.required_text("/a/e")), "member a.e is missing");
        assert_eq!(refusal(body.bytes("/a/c")), "member a.c is not base64url without padding: invalid symbol at 1");
        assert_eq!(
            refusal(body.user_verification("/userVerification")),
            "member userVerification is \"always\", expected one of required, preferred, discouraged"
        );
        assert_eq!(body.user_verification("/absent").unwrap(), UserVerificationPolicy::Required);
    }
}
