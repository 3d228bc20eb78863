//! Client data, as far as it tells which attempt an answer belongs to (WebAuthn-3 §5.8.1).

use faultkey_fault_injection::Text;
use serde_json::Value;

use super::challenge::Ceremony;
use super::reason::Reason;
use super::refusal::Refusal;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ClientData {
    kind: String,
    pub(super) challenge: String,
    origin: String,
    cross_origin: bool,
}

impl ClientData {
    /// Unknown members are ignored, as the specification demands.
    ///
    /// # Errors
    /// Says which member is missing or of a wrong type.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        let malformed = |en: String, ja: String| {
            Refusal::malformed(Text::new(format!("response.clientDataJSON {en}"), format!("response.clientDataJSON{ja}")))
        };
        let json: Value = serde_json::from_slice(bytes).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            malformed(format!("is not JSON: {error}"), format!("がJSONではありません（{line}行{column}文字目）。"))
        })?;
        let text = |member: &str| match json.get(member) {
            Some(Value::String(text)) => Ok(text.clone()),
            Some(_) => Err(malformed(
                format!("has a member {member} that is not a string"),
                format!("の項目{member}に、文字列を指定してください。"),
            )),
            None => Err(malformed(format!("has no member {member}"), format!("に項目{member}がありません。"))),
        };
        let cross_origin = match json.get("crossOrigin") {
            None | Some(Value::Null) => false,
            Some(Value::Bool(cross_origin)) => *cross_origin,
            Some(_) => {
                return Err(malformed(
                    "has a member crossOrigin that is not true or false".to_owned(),
                    "の項目crossOriginに、trueまたはfalseを指定してください。".to_owned(),
                ));
            }
        };
        Ok(Self { kind: text("type")?, challenge: text("challenge")?, origin: text("origin")?, cross_origin })
    }

    /// The members that webauthn-rs checks with less care, or not at all: it compares origins as URLs, so that it accepts
    /// `https://broker.test/`, and it looks at `crossOrigin` in a registration only.
    ///
    /// # Errors
    /// The reason, and what was met.
    pub(super) fn check(&self, ceremony: Ceremony, origin: &str) -> Result<(), Refusal> {
        // WebAuthn-3 §7.1 step 7, §7.2 step 10.
        if self.kind != ceremony.client_data_type() {
            let detail = format!("client data has type {:?}, expected {:?}", self.kind, ceremony.client_data_type());
            return Err(Refusal::new(Reason::WrongCeremonyType, detail));
        }
        // WebAuthn-3 §7.1 step 9, §7.2 step 12.
        if self.origin != origin {
            return Err(Refusal::new(Reason::OriginMismatch, format!("client data has origin {:?}, expected {origin:?}", self.origin)));
        }
        // WebAuthn-3 §7.1 step 10, §7.2 step 13: the broker is never framed by another site.
        if self.cross_origin {
            return Err(Refusal::new(Reason::CrossOrigin, "client data has crossOrigin true"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named() {
        let refusal = |text: &str| ClientData::parse(text.as_bytes()).unwrap_err().detail;
        assert_eq!(refusal("{}"), "response.clientDataJSON has no member type");
        assert_eq!(refusal(r#"{"type":1}"#), "response.clientDataJSON has a member type that is not a string");
        assert!(refusal("\u{1}").starts_with("response.clientDataJSON is not JSON: "));
    }

    #[test]
    fn origins_are_compared_character_by_character() {
        let check = |origin: &str, more: &str| {
            let text = format!(r#"{{"type":"webauthn.get","challenge":"AA","origin":"{origin}"{more}}}"#);
            ClientData::parse(text.as_bytes())
                .unwrap()
                .check(Ceremony::Authentication, "https://broker.test")
                .map_err(|refusal| refusal.reason)
        };
        assert_eq!(check("https://broker.test", r#","crossOrigin":null,"grease":1"#), Ok(()));
        for origin in ["https://broker.test/", "https://broker.test:443", "https://www.broker.test", "android:apk-key-hash:AA"] {
            assert_eq!(check(origin, ""), Err(Reason::OriginMismatch), "{origin}");
        }
        assert_eq!(check("https://broker.test", r#","crossOrigin":true"#), Err(Reason::CrossOrigin));
    }
}
