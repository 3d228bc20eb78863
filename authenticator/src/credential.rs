//! A credential: what the authenticator keeps for one account at one relying party.

use crate::algorithm::PrivateKey;
use crate::extension::ExtensionData;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// A credential id, 16 to 1,023 bytes (WebAuthn-3 §6.5.1).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CredentialId(pub Vec<u8>);

impl std::fmt::Debug for CredentialId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CredentialId({self})")
    }
}

/// As WebAuthn's JSON has it: base64url without padding.
impl std::fmt::Display for CredentialId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&data_encoding::BASE64URL_NOPAD.encode(&self.0))
    }
}

/// The account as the relying party named it (WebAuthn-3 §5.4.3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserEntity {
    /// The user handle, 1 to 64 bytes.
    pub id: Vec<u8>,
    pub name: Option<String>,
    pub display_name: Option<String>,
}

/// Whether the private key can still sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyState {
    Usable(PrivateKey),
    /// Invalidated by an event of the device; the record stays (catalogue AK-01).
    Invalidated,
}

/// One credential with its private key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    pub id: CredentialId,
    pub rp_id: String,
    pub user: UserEntity,
    pub key: KeyState,
    /// Client-side discoverable ("resident").
    pub discoverable: bool,
    /// BE flag: may be synced to other devices. Fixed at registration (WebAuthn-3 §6.1.3).
    pub backup_eligible: bool,
    /// BS flag: is synced now.
    pub backup_state: bool,
    /// Place in the order of creation within its store, so that the newest is answered first (CTAP2.3 §6.2.2).
    pub created: u64,
    pub extensions: ExtensionData,
}

/// Stands before the hash in the place of an RP ID; no RP ID has a colon.
const U2F: &str = "u2f:";

impl Credential {
    /// What stands in the place of the RP ID of a credential that U2F made: all that is known is the hash, the application parameter.
    #[must_use]
    pub fn u2f_rp_id(application: &[u8; 32]) -> String {
        format!("{U2F}{}", HEXLOWER.encode(application))
    }

    /// SHA-256 of the RP ID.
    #[must_use]
    pub fn rp_id_hash(&self) -> [u8; 32] {
        let of_u2f = self.rp_id.strip_prefix(U2F).and_then(|hash| HEXLOWER.decode(hash.as_bytes()).ok());
        of_u2f.and_then(|hash| hash.try_into().ok()).unwrap_or_else(|| Sha256::digest(&self.rp_id).into())
    }

    /// It is this relying party's. A credential of U2F is when the hash is the same (CTAP2.3 §10.3).
    #[must_use]
    pub fn belongs_to(&self, rp_id: &str) -> bool {
        self.rp_id == rp_id || (self.rp_id.starts_with(U2F) && self.rp_id_hash() == <[u8; 32]>::from(Sha256::digest(rp_id)))
    }
}
