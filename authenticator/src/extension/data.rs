//! What extensions keep with a credential.

use rand::Rng;

use super::CredProtect;
use crate::Random;

/// The part of a credential that its extensions made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExtensionData {
    pub cred_protect: CredProtect,
    /// hmac-secret, if it was asked for at registration.
    pub cred_random: Option<CredRandom>,
    pub cred_blob: Option<Vec<u8>>,
    pub large_blob_key: Option<Secret>,
    /// Third parties may start a payment with it.
    pub third_party_payment: bool,
}

impl ExtensionData {
    /// No extension left anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// `CredRandomWithUV` and `CredRandomWithoutUV` (CTAP2.3 §12.7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredRandom {
    pub with_uv: Secret,
    pub without_uv: Secret,
}

/// 32 secret bytes. Debug output doesn't show them: it ends up in logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub [u8; 32]);

impl Secret {
    pub(crate) fn generate(random: &mut Random) -> Self {
        let mut bytes = [0; 32];
        random.fill_bytes(&mut bytes);
        Self(bytes)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}
