//! Authenticator data (WebAuthn-3 §6.1), as a value that a fault may change before it is signed.

use ciborium::Value;

/// The flags byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(pub u8);

impl Flags {
    pub const UP: u8 = 0x01;
    pub const UV: u8 = 0x04;
    pub const BE: u8 = 0x08;
    pub const BS: u8 = 0x10;
    pub const AT: u8 = 0x40;
    pub const ED: u8 = 0x80;

    #[must_use]
    pub const fn has(self, flag: u8) -> bool {
        self.0 & flag == flag
    }

    pub const fn set(&mut self, flag: u8, on: bool) {
        if on { self.0 |= flag } else { self.0 &= !flag }
    }
}

/// Attested credential data (WebAuthn-3 §6.5.1).
#[derive(Clone, Debug, PartialEq)]
pub struct AttestedCredentialData {
    pub aaguid: [u8; 16],
    pub credential_id: Vec<u8>,
    /// COSE_Key, its pairs in the order they are written.
    pub public_key: Value,
}

/// Authenticator data before it is written. AT and ED are written as `flags` has them, whether or not the parts are there.
#[derive(Clone, Debug, PartialEq)]
pub struct AuthenticatorData {
    pub rp_id_hash: [u8; 32],
    pub flags: Flags,
    pub sign_count: u32,
    pub attested_credential_data: Option<AttestedCredentialData>,
    /// Extension outputs, a CBOR map. `Some` of an empty map is written as one byte, A0.
    pub extensions: Option<Value>,
    /// Bytes after the end. Empty but for faults.
    pub trailing: Vec<u8>,
}

impl AuthenticatorData {
    /// The bytes that are signed and sent.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        todo!()
    }

    /// Reads bytes back into parts, for transcripts and for the client.
    ///
    /// # Errors
    /// Says which part is missing or malformed.
    pub fn parse(_bytes: &[u8]) -> Result<Self, String> {
        todo!()
    }
}
