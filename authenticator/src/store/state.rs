//! State beside the credentials: PIN, settings, large blobs. One record for each [`StateKey`].
//!
//! `version (1 byte) | checksum (8 bytes) | bytes`, as records of credentials have it; what the bytes mean is their owner's business.

use std::borrow::Cow;

use super::record::{RecordError, checksum};

/// The version that is written. Readers refuse later ones.
pub(super) const VERSION: u8 = 1;

/// The name of one piece of an authenticator's state: 1 to 255 bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StateKey(Cow<'static, str>);

impl StateKey {
    /// A name that is known when the program is built.
    #[must_use]
    pub const fn of(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// A name that is made while the program runs.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self(Cow::Owned(name.into()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for StateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The record of `bytes`, to be stored under `database_key`.
pub(super) fn encode(database_key: &[u8], bytes: &[u8]) -> Vec<u8> {
    [&[VERSION][..], &checksum(database_key, VERSION, bytes), bytes].concat()
}

/// The bytes of the record that stands under `database_key`.
pub(super) fn decode(database_key: &[u8], record: &[u8]) -> Result<Vec<u8>, RecordError> {
    let Some((version, rest)) = record.split_first() else { return Err(RecordError::damaged("is empty")) };
    if *version > VERSION {
        return Err(RecordError::Newer(*version));
    }
    let Some((sum, bytes)) = rest.split_first_chunk::<8>() else {
        return Err(RecordError::damaged(format!("is cut short: {} bytes", record.len())));
    };
    if *sum != checksum(database_key, *version, bytes) {
        return Err(RecordError::damaged("does not have the checksum that it carries"));
    }
    Ok(bytes.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_reads_back_and_damage_is_noticed() {
        for bytes in [&b""[..], b"retries"] {
            assert_eq!(decode(b"key", &encode(b"key", bytes)).as_deref(), Ok(bytes));
        }
        let record = encode(b"key", b"retries");
        for bit in 8..record.len() * 8 {
            let mut flipped = record.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(decode(b"key", &flipped), Err(RecordError::damaged("does not have the checksum that it carries")));
        }
        assert!(decode(b"other key", &record).is_err());
        assert_eq!(decode(b"key", &[]), Err(RecordError::damaged("is empty")));
        assert_eq!(decode(b"key", &[1, 2]), Err(RecordError::damaged("is cut short: 2 bytes")));
        assert_eq!(decode(b"key", &[2]), Err(RecordError::Newer(2)));
    }
}
