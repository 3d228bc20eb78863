//! Reading request bodies: what is wrong is said by the name of the member.

use data_encoding::BASE64URL_NOPAD;
use faultkey_fault_injection::{Language, Text};
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest, Sha256};
use webauthn_rs_core::proto::UserVerificationPolicy;

use super::refusal::Refusal;

/// A body that is a JSON object, and the language that its sender reads.
pub(super) struct Body {
    json: Value,
    pub(super) language: Language,
}

impl Body {
    /// # Errors
    /// When the bytes are no JSON object.
    pub(super) fn read(bytes: &[u8], language: Language) -> Result<Self, Refusal> {
        let json: Value = serde_json::from_slice(bytes).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            malformed(format!("the body is not JSON: {error}"), format!("リクエスト本文がJSONではありません（{line}行{column}文字目）。"))
        })?;
        match json.is_object() {
            true => Ok(Self { json, language }),
            false => {
                Err(malformed("the body is not a JSON object".to_owned(), "リクエスト本文がJSONのオブジェクトではありません。".to_owned()))
            }
        }
    }

    /// The member at this JSON pointer; `null` counts as absent.
    pub(super) fn member(&self, pointer: &str) -> Option<&Value> {
        self.json.pointer(pointer).filter(|value| !value.is_null())
    }

    pub(super) fn text(&self, pointer: &str) -> Result<Option<&str>, Refusal> {
        self.member(pointer).map(|value| value.as_str().ok_or_else(|| wrong(pointer, &Text::new("a string", "文字列"), value))).transpose()
    }

    /// A string that must be there and not empty.
    pub(super) fn required_text(&self, pointer: &str) -> Result<&str, Refusal> {
        let name = name(pointer);
        match self.text(pointer)? {
            Some("") => Err(malformed(format!("member {name} is empty"), format!("項目{name}が空です。"))),
            Some(text) => Ok(text),
            None => Err(malformed(format!("member {name} is missing"), format!("項目{name}がありません。"))),
        }
    }

    pub(super) fn flag(&self, pointer: &str) -> Result<Option<bool>, Refusal> {
        self.member(pointer)
            .map(|value| value.as_bool().ok_or_else(|| wrong(pointer, &Text::new("true or false", "trueまたはfalse"), value)))
            .transpose()
    }

    pub(super) fn bytes(&self, pointer: &str) -> Result<Option<Vec<u8>>, Refusal> {
        let Some(text) = self.text(pointer)? else { return Ok(None) };
        let decoded = BASE64URL_NOPAD.decode(text.as_bytes());
        let name = name(pointer);
        decoded.map(Some).map_err(|error| {
            malformed(
                format!("member {name} is not base64url without padding: {error}"),
                format!("項目{name}が、パディングなしのbase64urlではありません（{error}）。"),
            )
        })
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
            let name = name(pointer);
            malformed(
                format!("member {name} is {text:?}, expected one of {}", names.join(", ")),
                format!("項目{name}の値「{text}」は使えません。{}のいずれかを指定してください。", names.join("、")),
            )
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
        serde_json::from_value(self.json.clone()).map_err(|error| {
            malformed(format!("the body does not fit: {error}"), format!("リクエスト本文の項目が正しくありません（{error}）。"))
        })
    }

    /// What makes two requests the same.
    pub(super) fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.json.to_string()).into()
    }
}

fn name(pointer: &str) -> String {
    pointer.trim_start_matches('/').replace('/', ".")
}

fn malformed(en: String, ja: String) -> Refusal {
    Refusal::malformed(Text::new(en, ja))
}

fn wrong(pointer: &str, expected: &Text<&str>, found: &Value) -> Refusal {
    let found = match found {
        Value::Null => Text::new("null", "null"),
        Value::Bool(_) => Text::new("true or false", "真偽値"),
        Value::Number(_) => Text::new("a number", "数値"),
        Value::String(_) => Text::new("a string", "文字列"),
        Value::Array(_) => Text::new("an array", "配列"),
        Value::Object(_) => Text::new("an object", "オブジェクト"),
    };
    let name = name(pointer);
    malformed(
        format!("member {name} is {}, expected {}", found.en, expected.en),
        format!("項目{name}は{}です。{}を指定してください。", found.ja, expected.ja),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal<T>(result: Result<T, Refusal>) -> String {
        result.err().expect("refused").detail
    }

    fn japanese<T>(result: Result<T, Refusal>) -> String {
        result.err().expect("refused").form.expect("it is about the form")
    }

    #[test]
    fn messages_name_the_member_in_japanese() {
        let read = |bytes: &[u8]| Body::read(bytes, Language::Japanese);
        assert_eq!(japanese(read(b"[]")), "リクエスト本文がJSONのオブジェクトではありません。");
        assert_eq!(japanese(read(b"{")), "リクエスト本文がJSONではありません（1行1文字目）。");
        let body = read(br#"{"a":{"b":7,"c":"x=","d":""},"userVerification":"always"}"#).unwrap();
        assert_eq!(japanese(body.text("/a/b")), "項目a.bは数値です。文字列を指定してください。");
        assert_eq!(japanese(body.flag("/a/b")), "項目a.bは数値です。trueまたはfalseを指定してください。");
        assert_eq!(japanese(body.required_text("/a/d")), "項目a.dが空です。");
        assert_eq!(japanese(body.required_text("/a/e")), "項目a.eがありません。");
        assert_eq!(japanese(body.bytes("/a/c")), "項目a.cが、パディングなしのbase64urlではありません（invalid symbol at 1）。");
        assert_eq!(
            japanese(body.user_verification("/userVerification")),
            "項目userVerificationの値「always」は使えません。required、preferred、discouragedのいずれかを指定してください。"
        );
    }

    #[test]
    fn messages_name_the_member() {
        assert_eq!(refusal(Body::read(b"[]", Language::English)), "the body is not a JSON object");
        assert_eq!(refusal(Body::read(b"{", Language::English)), "the body is not JSON: EOF while parsing an object at line 1 column 1");
        let body = Body::read(br#"{"a":{"b":7,"c":"x=","d":""},"userVerification":"always"}"#, Language::English).unwrap();
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
