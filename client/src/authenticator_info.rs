//! What the authenticator says about itself (authenticatorGetInfo, CTAP2.3 §6.4), as far as this client needs it.

use ciborium::Value;

use crate::ctap_reply::{Fields, Malformed};
use crate::options::Attachment;

/// The members that this client reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuthenticatorInfo {
    /// Speaks CTAP2 in some version.
    pub ctap2: bool,
    /// Speaks CTAP1/U2F.
    pub u2f: bool,
    /// `plat`: built into the client device.
    pub platform: bool,
    /// `rk`: keeps discoverable credentials.
    pub discoverable: bool,
    /// `uv`: built-in user verification; `Some(false)` means that nothing is enrolled.
    pub verification: Option<bool>,
    /// `makeCredUvNotRqd`: makes non-discoverable credentials without user verification, even if it could verify.
    pub registers_unverified: bool,
    /// `clientPin`: takes a PIN; `Some(false)` means that none is set.
    pub client_pin: Option<bool>,
    /// `pinUvAuthToken`: issues tokens with permissions.
    pub pin_uv_auth_token: bool,
    /// `noMcGaPermissionsWithClientPin`: a PIN is no user verification here.
    pub pin_is_no_verification: bool,
    /// `largeBlobs`: has authenticatorLargeBlobs.
    pub large_blobs: bool,
    /// `alwaysUv`: does nothing without user verification.
    pub always_verifies: bool,
    /// Sorted, without duplicates.
    pub transports: Vec<String>,
    /// Member 0x05, in bytes.
    pub max_message_size: usize,
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
    /// Member 0x0C.
    pub force_pin_change: bool,
    /// Member 0x0D, in code points.
    pub min_pin_length: usize,
    /// Member 0x0F, in bytes.
    pub max_cred_blob_length: Option<usize>,
    /// Member 0x11: how often the platform may let the user try built-in verification.
    pub preferred_platform_uv_attempts: usize,
    /// `ep`: enterprise attestation is there and enabled.
    pub enterprise: bool,
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
            u2f: versions.iter().any(|version| version.as_text() == Some("U2F_V2")),
            platform: option("plat") == Some(true),
            discoverable: option("rk") == Some(true),
            verification: option("uv"),
            registers_unverified: option("makeCredUvNotRqd") == Some(true),
            client_pin: option("clientPin"),
            pin_uv_auth_token: option("pinUvAuthToken") == Some(true),
            pin_is_no_verification: option("noMcGaPermissionsWithClientPin") == Some(true),
            large_blobs: option("largeBlobs") == Some(true),
            always_verifies: option("alwaysUv") == Some(true),
            enterprise: option("ep") == Some(true),
            transports,
            // The defaults of CTAP2.3 §6.4.
            max_message_size: fields.optional(0x05, "maxMsgSize", size)?.unwrap_or(1_024),
            max_credential_count_in_list: fields.optional(0x07, "maxCredentialCountInList", size)?,
            max_credential_id_length: fields.optional(0x08, "maxCredentialIdLength", size)?,
            algorithms: algorithms.map(|list| list.iter().filter_map(algorithm).collect()),
            extensions: fields.optional(0x02, "extensions", texts)?.unwrap_or_default(),
            pin_uv_auth_protocols: fields.optional(0x06, "pinUvAuthProtocols", numbers)?.unwrap_or_default(),
            force_pin_change: fields.optional(0x0C, "forcePINChange", Value::as_bool)? == Some(true),
            min_pin_length: fields.optional(0x0D, "minPINLength", size)?.unwrap_or(4),
            max_cred_blob_length: fields.optional(0x0F, "maxCredBlobLength", size)?,
            preferred_platform_uv_attempts: fields.optional(0x11, "preferredPlatformUvAttempts", size)?.unwrap_or(1),
            attestation_formats: fields.optional(0x16, "attestationFormats", Value::as_array)?.is_some(),
        })
    }

    /// A key that has nothing but U2F, which knows one algorithm and neither user verification nor discoverable credentials.
    #[must_use]
    pub fn u2f() -> Self {
        Self { u2f: true, algorithms: Some(vec![-7]), ..Self::default() }
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

    /// A PIN is set, and verifies users.
    #[must_use]
    pub fn takes_pin(&self) -> bool {
        self.client_pin == Some(true) && !self.pin_is_no_verification
    }

    /// No PIN is set, and one would verify users.
    #[must_use]
    pub fn may_set_pin(&self) -> bool {
        self.client_pin == Some(false) && !self.pin_is_no_verification
    }

    /// "Protected by some form of user verification" (CTAP2.3 §6.1.2).
    #[must_use]
    pub fn is_protected(&self) -> bool {
        self.verifies_users() || self.client_pin == Some(true)
    }

    /// authenticatorMakeCredential would be refused without user verification (CTAP2.3 §6.1.2 steps 6 to 8).
    #[must_use]
    pub fn needs_verification_to_register(&self, discoverable: bool) -> bool {
        self.always_verifies || (self.is_protected() && (discoverable || !self.registers_unverified))
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
