//! What the authenticator says about itself (authenticatorGetInfo, CTAP2.3 §6.4), as far as this client needs it.

use ciborium::Value;

use crate::ctap_reply::{Fields, Malformed};
use crate::options::{Attachment, Requirement};

/// The members that this client reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuthenticatorInfo {
    /// Speaks CTAP2 in some version.
    pub ctap2: bool,
    /// `plat`: built into the client device.
    pub platform: bool,
    /// `rk`: keeps discoverable credentials.
    pub discoverable: bool,
    /// `uv`: built-in user verification; `Some(false)` means that nothing is enrolled.
    pub verification: Option<bool>,
    /// `makeCredUvNotRqd`: makes non-discoverable credentials without user verification, even if it could verify.
    pub registers_unverified: bool,
    /// `alwaysUv`: does nothing without user verification.
    pub always_verifies: bool,
    /// Sorted, without duplicates.
    pub transports: Vec<String>,
    /// Member 0x07.
    pub max_credential_count_in_list: Option<usize>,
    /// Member 0x08, in bytes.
    pub max_credential_id_length: Option<usize>,
    /// COSE algorithm identifiers; `None` when the authenticator doesn't say.
    pub algorithms: Option<Vec<i64>>,
    /// Member 0x02.
    pub extensions: Vec<String>,
    /// Member 0x06, preferred first.
    pub pin_uv_auth_protocols: Vec<u64>,
    /// It chooses among attestation formats (member 0x16).
    pub attestation_formats: bool,
}

impl AuthenticatorInfo {
    /// Reads the reply's map.
    ///
    /// # Errors
    /// Which member is missing or malformed.
    pub fn read(reply: &Value) -> Result<Self, Malformed> {
        let fields = Fields::of("the getInfo reply", reply)?;
        let versions = fields.required(0x01, "versions", Value::as_array)?;
        fields.required(0x03, "aaguid", Value::as_bytes)?;
        let options = fields.optional(0x04, "options", Value::as_map)?;
        let option = |name: &str| {
            let options = options.map_or(&[][..], Vec::as_slice);
            options.iter().find(|(key, _)| key.as_text() == Some(name)).and_then(|(_, value)| value.as_bool())
        };
        let transports = fields.optional(0x09, "transports", Value::as_array)?;
        let mut transports: Vec<String> = transports.into_iter().flatten().filter_map(Value::as_text).map(str::to_owned).collect();
        // WebAuthn-3 §5.2.1: lexicographic order, each once.
        transports.sort();
        transports.dedup();
        let algorithms = fields.optional(0x0A, "algorithms", Value::as_array)?;
        Ok(Self {
            ctap2: versions.iter().filter_map(Value::as_text).any(|version| version.starts_with("FIDO_2_")),
            platform: option("plat") == Some(true),
            discoverable: option("rk") == Some(true),
            verification: option("uv"),
            registers_unverified: option("makeCredUvNotRqd") == Some(true),
            always_verifies: option("alwaysUv") == Some(true),
            transports,
            max_credential_count_in_list: fields.optional(0x07, "maxCredentialCountInList", size)?,
            max_credential_id_length: fields.optional(0x08, "maxCredentialIdLength", size)?,
            algorithms: algorithms.map(|list| list.iter().filter_map(algorithm).collect()),
            extensions: fields.optional(0x02, "extensions", texts)?.unwrap_or_default(),
            pin_uv_auth_protocols: fields.optional(0x06, "pinUvAuthProtocols", numbers)?.unwrap_or_default(),
            attestation_formats: fields.optional(0x16, "attestationFormats", Value::as_array)?.is_some(),
        })
    }

    /// It has this extension.
    #[must_use]
    pub fn has_extension(&self, name: &str) -> bool {
        self.extensions.iter().any(|own| own == name)
    }

    /// Its attachment, as responses name it.
    #[must_use]
    pub fn attachment(&self) -> Attachment {
        if self.platform { Attachment::Platform } else { Attachment::CrossPlatform }
    }

    /// Built-in user verification is there and ready.
    #[must_use]
    pub fn verifies_users(&self) -> bool {
        self.verification == Some(true)
    }

    /// The `uv` option of authenticatorMakeCredential: wanted if it can be had (WebAuthn-3 §5.1.3 step 22), and besides whenever the
    /// authenticator would refuse to register without it (CTAP2.3 §6.1.2 steps 6 to 8).
    #[must_use]
    pub fn verify_for_registration(&self, requirement: Requirement, discoverable: bool) -> bool {
        let needed = self.always_verifies || discoverable || !self.registers_unverified;
        self.verifies_users() && (requirement != Requirement::Discouraged || needed)
    }

    /// The `uv` option of authenticatorGetAssertion (WebAuthn-3 §5.1.4.2; CTAP2.3 §6.2.2 step 5).
    #[must_use]
    pub fn verify_for_authentication(&self, requirement: Requirement) -> bool {
        self.verifies_users() && (requirement != Requirement::Discouraged || self.always_verifies)
    }
}

fn size(value: &Value) -> Option<usize> {
    value.as_integer().and_then(|integer| usize::try_from(integer).ok())
}

fn texts(value: &Value) -> Option<Vec<String>> {
    Some(value.as_array()?.iter().filter_map(Value::as_text).map(str::to_owned).collect())
}

fn numbers(value: &Value) -> Option<Vec<u64>> {
    Some(value.as_array()?.iter().filter_map(|number| u64::try_from(number.as_integer()?).ok()).collect())
}

/// The `alg` of a PublicKeyCredentialParameters map with type `public-key`.
fn algorithm(parameters: &Value) -> Option<i64> {
    let member = |name: &str| parameters.as_map()?.iter().find(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value);
    member("type").filter(|kind| kind.as_text() == Some("public-key"))?;
    member("alg")?.as_integer().and_then(|algorithm| i64::try_from(algorithm).ok())
}
