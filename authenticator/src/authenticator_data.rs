//! Authenticator data (WebAuthn-3 §6.1), as a value that a fault may change before it is signed.

use ciborium::Value;

use crate::cbor;

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

/// An AAGUID in groups, as lists of authenticators print it.
#[must_use]
pub fn format_aaguid(aaguid: &[u8; 16]) -> String {
    let hex = data_encoding::HEXLOWER.encode(aaguid);
    [0..8, 8..12, 12..16, 16..20, 20..32].map(|range| hex.get(range).unwrap_or_default().to_owned()).join("-")
}

impl AuthenticatorData {
    /// The bytes that are signed and sent.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.rp_id_hash.to_vec();
        bytes.push(self.flags.0);
        bytes.extend(self.sign_count.to_be_bytes());
        if let Some(attested) = &self.attested_credential_data {
            bytes.extend(attested.aaguid);
            bytes.extend(u16::try_from(attested.credential_id.len()).unwrap_or(u16::MAX).to_be_bytes());
            bytes.extend(&attested.credential_id);
            bytes.extend(cbor::write(&attested.public_key));
        }
        if let Some(extensions) = &self.extensions {
            bytes.extend(cbor::write(extensions));
        }
        bytes.extend(&self.trailing);
        bytes
    }

    /// Reads bytes back into parts, for transcripts and for the client. What the flags do not announce is `trailing`.
    ///
    /// # Errors
    /// Says which part is missing or malformed.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let mut rest = bytes;
        let rp_id_hash = take(&mut rest, "RP ID hash")?;
        let [flags] = take(&mut rest, "flags")?;
        let flags = Flags(flags);
        let sign_count = u32::from_be_bytes(take(&mut rest, "signature counter")?);
        let attested_credential_data = if flags.has(Flags::AT) {
            let aaguid = take(&mut rest, "AAGUID")?;
            let length = usize::from(u16::from_be_bytes(take(&mut rest, "credential id length")?));
            let Some((credential_id, after)) = rest.split_at_checked(length) else {
                return Err(format!("authenticator data announces a credential id of {length} bytes, but {} are left", rest.len()));
            };
            rest = after;
            let public_key = take_cbor(&mut rest, bytes.len(), "credential public key")?;
            Some(AttestedCredentialData { aaguid, credential_id: credential_id.to_vec(), public_key })
        } else {
            None
        };
        let extensions = if flags.has(Flags::ED) { Some(take_cbor(&mut rest, bytes.len(), "extension outputs")?) } else { None };
        Ok(Self { rp_id_hash, flags, sign_count, attested_credential_data, extensions, trailing: rest.to_vec() })
    }
}

fn take<const N: usize>(rest: &mut &[u8], part: &str) -> Result<[u8; N], String> {
    let Some((taken, after)) = rest.split_first_chunk::<N>() else {
        return Err(format!("authenticator data ends in the {part}: {N} bytes needed, {} left", rest.len()));
    };
    *rest = after;
    Ok(*taken)
}

fn take_cbor(rest: &mut &[u8], total: usize, part: &str) -> Result<Value, String> {
    let start = total - rest.len();
    let (value, length) = cbor::read_lenient(rest)
        .map_err(|error| format!("authenticator data has no CBOR as {part}: byte {}: {}", start + error.offset, error.what))?;
    *rest = rest.get(length..).unwrap_or_default();
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn whole() -> AuthenticatorData {
        AuthenticatorData {
            rp_id_hash: [7; 32],
            flags: Flags(Flags::UP | Flags::UV | Flags::AT | Flags::ED),
            sign_count: 0x0102_0304,
            attested_credential_data: Some(AttestedCredentialData {
                aaguid: [9; 16],
                credential_id: vec![5; 20],
                public_key: cbor::int_map([(1, Value::from(2)), (3, Value::from(-7))]),
            }),
            extensions: Some(Value::Map(Vec::new())),
            trailing: vec![0xee],
        }
    }

    #[test]
    fn parts_are_written_and_read_back() {
        let data = whole();
        let bytes = data.to_bytes();
        assert_eq!(bytes.len(), 32 + 1 + 4 + 16 + 2 + 20 + 5 + 1 + 1);
        assert_eq!(bytes[32..37], [0xc5, 1, 2, 3, 4]);
        assert_eq!(bytes[53..55], [0, 20]);
        assert_eq!(bytes[bytes.len() - 2..], [0xa0, 0xee]);
        assert_eq!(AuthenticatorData::parse(&bytes), Ok(data));
    }

    #[test]
    fn flags_that_announce_nothing_are_written_as_they_stand() {
        let data = AuthenticatorData { flags: Flags(Flags::ED), extensions: None, attested_credential_data: None, ..whole() };
        assert_eq!(data.to_bytes().len(), 38);
        let unannounced = AuthenticatorData { flags: Flags(0), ..whole() };
        assert_eq!(AuthenticatorData::parse(&unannounced.to_bytes()).unwrap().trailing.len(), 16 + 2 + 20 + 5 + 1 + 1);
    }

    #[test]
    fn each_missing_part_is_named() {
        let bytes = whole().to_bytes();
        let refusal = |length: usize| AuthenticatorData::parse(&bytes[..length]).unwrap_err();
        assert_eq!(refusal(31), "authenticator data ends in the RP ID hash: 32 bytes needed, 31 left");
        assert_eq!(refusal(32), "authenticator data ends in the flags: 1 bytes needed, 0 left");
        assert_eq!(refusal(36), "authenticator data ends in the signature counter: 4 bytes needed, 3 left");
        assert_eq!(refusal(40), "authenticator data ends in the AAGUID: 16 bytes needed, 3 left");
        assert_eq!(refusal(54), "authenticator data ends in the credential id length: 2 bytes needed, 1 left");
        assert_eq!(refusal(60), "authenticator data announces a credential id of 20 bytes, but 5 are left");
        assert_eq!(
            refusal(77),
            "authenticator data has no CBOR as credential public key: byte 77: the message ends in the middle of an item"
        );
        assert_eq!(refusal(80), "authenticator data has no CBOR as extension outputs: byte 80: the message ends in the middle of an item");
    }

    proptest! {
        #[test]
        fn parsing_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = AuthenticatorData::parse(&bytes);
        }
    }
}
