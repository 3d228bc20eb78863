//! PublicKeyCredentialRequestOptionsJSON (WebAuthn-3 §5.1.9, §5.5).

use std::time::Duration;

use serde_json::Value;

use super::member::{Object, Parsed};
use super::{Descriptors, RequestExtensions, Requirement};

/// Options of an authentication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestOptions {
    /// `None`: the effective domain of the caller's origin.
    pub rp_id: Option<String>,
    pub challenge: Vec<u8>,
    pub timeout: Option<Duration>,
    pub allow: Descriptors,
    pub user_verification: Requirement,
    pub extensions: RequestExtensions,
}

impl RequestOptions {
    /// Reads the options. Members that this client doesn't know are ignored, as WebIDL does.
    ///
    /// # Errors
    /// A TypeError or EncodingError whose message names the member.
    pub fn parse(options: &Value) -> Parsed<Self> {
        let options = Object::root(options)?;
        let extensions = options.optional_object("extensions")?;
        let allow = Descriptors::read(&options, "allowCredentials")?;
        // Hints shape the dialog only (WebAuthn-3 §5.8.8); this client has none to shape, and one authenticator.
        options.optional_texts("hints")?;
        Ok(Self {
            rp_id: options.optional_text("rpId")?.map(str::to_owned),
            challenge: options.required_bytes("challenge")?,
            timeout: options.optional_milliseconds("timeout")?,
            extensions: RequestExtensions::read(extensions.as_ref(), &allow.ids)?,
            allow,
            user_verification: options.optional_keyword("userVerification")?.and_then(Requirement::parse).unwrap_or(Requirement::Preferred),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fills_in_the_defaults() {
        let options = RequestOptions::parse(&json!({"challenge": "AAEC", "status": "ok"})).unwrap();
        assert_eq!(
            options,
            RequestOptions {
                rp_id: None,
                challenge: vec![0, 1, 2],
                timeout: None,
                allow: Descriptors::default(),
                user_verification: Requirement::Preferred,
                extensions: RequestExtensions::default(),
            }
        );
    }

    #[test]
    fn reads_every_member() {
        let options = RequestOptions::parse(&json!({
            "challenge": "AAEC", "rpId": "broker.test", "timeout": 60000, "userVerification": "required", "hints": ["security-key", "new"],
            "allowCredentials": [
                {"type": "public-key", "id": "AQI", "transports": ["internal", "telepathy"]},
                {"type": "something-new", "id": "Aw"},
            ],
            "extensions": {"unknown": {"a": 1}},
        }))
        .unwrap();
        assert_eq!(options.rp_id.as_deref(), Some("broker.test"));
        assert_eq!(options.timeout, Some(Duration::from_secs(60)));
        assert_eq!(options.user_verification, Requirement::Required);
        assert_eq!(options.allow, Descriptors { given: true, ids: vec![vec![1, 2]] });
    }

    #[test]
    fn an_error_names_the_member() {
        let cases = [
            (json!([]), "TypeError: publicKey: expected an object, found a list. The relying party's options need correcting."),
            (json!({}), "TypeError: publicKey.challenge: missing. The relying party's options need correcting."),
            (
                json!({"challenge": "AAEC", "rpId": null}),
                "TypeError: publicKey.rpId: expected a string, found null. The relying party's options need correcting.",
            ),
            (
                json!({"challenge": "AAEC", "allowCredentials": [{"id": "AQI", "type": "public-key"}, {"id": "a+b/", "type": "public-key"}]}),
                "EncodingError: publicKey.allowCredentials[1].id: not base64url: it looks like plain base64; `-` and `_` belong in place of \
                 `+` and `/`. The relying party's options need correcting.",
            ),
            (
                json!({"challenge": "AAEC", "allowCredentials": null}),
                "TypeError: publicKey.allowCredentials: expected a list, found null. The relying party's options need correcting.",
            ),
            (
                json!({"challenge": "AAEC", "timeout": "60000"}),
                "TypeError: publicKey.timeout: expected a number of milliseconds, found the string \"60000\". \
                 The relying party's options need correcting.",
            ),
            (
                json!({"challenge": "AAEC", "allowCredentials": [{"id": "AQI", "type": "public-key", "transports": ["usb", 7]}]}),
                "TypeError: publicKey.allowCredentials[0].transports[1]: expected a string, found the number 7. \
                 The relying party's options need correcting.",
            ),
        ];
        for (options, message) in cases {
            assert_eq!(RequestOptions::parse(&options).unwrap_err().to_string(), message);
        }
    }
}
