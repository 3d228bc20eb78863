//! The large-blob array (CTAP2.3 §6.10): what relying parties keep beside their credentials, each entry sealed with its credential's own
//! largeBlobKey, and the array's way from and to the authenticator, in fragments.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use ciborium::Value;
use faultkey_authenticator::{Random, cbor};
use faultkey_transport::Transport;
use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;
use rand::Rng;
use sha2::{Digest, Sha256};

use crate::User;
use crate::authenticator_info::AuthenticatorInfo;
use crate::ctap_reply::{Fields, Malformed};
use crate::ctap_request::large_blobs;
use crate::dialog::{Dialog, Ended};
use crate::pin::Token;

/// The truncated SHA-256 at the end of the array.
const HASH: usize = 16;
const NONCE: usize = 12;
/// More than any authenticator keeps, and than any relying party should get from one.
const LIMIT: usize = 1 << 20;
/// What a message takes beside its fragment (CTAP2.3 §6.10.2).
const FRAME: usize = 64;
const SHORTEST_MAX_MESSAGE: usize = 1_024;
const COMPRESSION_LEVEL: u8 = 6;

/// The array's items. Those that nobody understands stay where they are (§6.10.3).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LargeBlobArray(Vec<Value>);

impl LargeBlobArray {
    /// Of the bytes that the authenticator holds. Bytes whose hash is wrong, or that are no array, count as the initial, empty array
    /// (§6.10.3).
    #[must_use]
    pub fn read(bytes: &[u8]) -> Self {
        let content = bytes.len().checked_sub(HASH).and_then(|end| bytes.split_at_checked(end));
        let Some((content, _)) = content.filter(|(content, hash)| Sha256::digest(content).starts_with(hash)) else {
            return Self::default();
        };
        match cbor::read_lenient(content) {
            Ok((Value::Array(items), length)) if length == content.len() => Self(items),
            _ => Self::default(),
        }
    }

    /// The bytes that the authenticator is to hold.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = cbor::write(&Value::Array(self.0.clone()));
        let hash = Sha256::digest(&bytes);
        bytes.extend(hash.iter().take(HASH));
        bytes
    }

    /// The first blob that `key` opens.
    #[must_use]
    pub fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.0.iter().find_map(|item| open(key, item))
    }

    /// Puts `blob` in the place of whatever `key` opens, or at the end. `None`: the key is not 32 bytes long.
    pub fn set(&mut self, key: &[u8], random: &mut Random, blob: &[u8]) -> Option<()> {
        let sealed = seal(key, random, blob)?;
        let own = |item: &Value| decrypt(key, item).is_some();
        match self.0.iter().position(own) {
            Some(first) => {
                let mut index = 0;
                self.0.retain(|item| {
                    index += 1;
                    index - 1 <= first || !own(item)
                });
                if let Some(item) = self.0.get_mut(first) {
                    *item = sealed;
                }
            }
            None => self.0.push(sealed),
        }
        Some(())
    }
}

/// `"blob" || uint64LittleEndian(origSize)`
fn associated_data(size: u64) -> [u8; 12] {
    let [a, b, c, d, e, f, g, h] = size.to_le_bytes();
    [b'b', b'l', b'o', b'b', a, b, c, d, e, f, g, h]
}

fn seal(key: &[u8], random: &mut Random, blob: &[u8]) -> Option<Value> {
    let cipher = Aes256Gcm::new_from_slice(key).ok()?;
    let mut nonce = [0; NONCE];
    random.fill_bytes(&mut nonce);
    let size = blob.len() as u64;
    let payload = Payload { msg: &compress_to_vec(blob, COMPRESSION_LEVEL), aad: &associated_data(size) };
    let ciphertext = cipher.encrypt(&Nonce::from(nonce), payload).ok()?;
    Some(cbor::int_map([(1, Value::Bytes(ciphertext)), (2, Value::Bytes(nonce.to_vec())), (3, size.into())]))
}

/// The compressed blob, and its size before.
fn decrypt(key: &[u8], item: &Value) -> Option<(Vec<u8>, usize)> {
    let fields = Fields::of("the entry", item).ok()?;
    let ciphertext = fields.required(1, "ciphertext", Value::as_bytes).ok()?;
    let nonce = fields.required(2, "nonce", Value::as_bytes).ok()?;
    let size = fields.required(3, "origSize", |value| u64::try_from(value.as_integer()?).ok()).ok()?;
    let nonce: [u8; NONCE] = nonce.as_slice().try_into().ok()?;
    let payload = Payload { msg: ciphertext, aad: &associated_data(size) };
    let compressed = Aes256Gcm::new_from_slice(key).ok()?.decrypt(&Nonce::from(nonce), payload).ok()?;
    Some((compressed, usize::try_from(size).ok()?))
}

fn open(key: &[u8], item: &Value) -> Option<Vec<u8>> {
    let (compressed, size) = decrypt(key, item)?;
    if size > LIMIT {
        return None;
    }
    // §6.10.4: what does not come out in its announced size is not the blob.
    decompress_to_vec_with_limit(&compressed, size).ok().filter(|blob| blob.len() == size)
}

/// `maxFragmentLength`. Whatever it says, an authenticator takes messages of 1,024 bytes (CTAP2.3 §6.4).
fn fragment_length(info: &AuthenticatorInfo) -> usize {
    info.max_message_size.max(SHORTEST_MAX_MESSAGE) - FRAME
}

/// Reads the array, fragment by fragment (§6.10.2).
pub fn fetch<T: Transport, U: User>(dialog: &mut Dialog<'_, T, U>, info: &AuthenticatorInfo) -> Result<LargeBlobArray, Ended> {
    let length = fragment_length(info);
    let mut array = Vec::new();
    while array.len() <= LIMIT {
        let reply = dialog.ask(&large_blobs(vec![(0x01, cbor::count(length)), (0x03, cbor::count(array.len()))]))?;
        let fragment = Fields::of("the largeBlobs reply", &reply)?.required(0x01, "config", Value::as_bytes)?;
        array.extend_from_slice(fragment);
        // A fragment that is shorter than asked for is the last.
        if fragment.len() < length {
            return Ok(LargeBlobArray::read(&array));
        }
    }
    Err(Malformed(format!("the large-blob array is longer than {LIMIT} bytes")).into())
}

/// Writes the array, fragment by fragment, with a token if the authenticator is protected (§6.10.2).
pub fn store<T: Transport, U: User>(
    dialog: &mut Dialog<'_, T, U>,
    info: &AuthenticatorInfo,
    token: Option<&Token>,
    array: &LargeBlobArray,
) -> Result<(), Ended> {
    let bytes = array.to_bytes();
    let mut offset = 0;
    for fragment in bytes.chunks(fragment_length(info)) {
        let mut members = vec![(0x02, Value::Bytes(fragment.to_vec())), (0x03, cbor::count(offset))];
        if offset == 0 {
            members.push((0x04, cbor::count(bytes.len())));
        }
        if let Some(token) = token {
            // The array is far below 4 GiB.
            let at = u32::try_from(offset).unwrap_or(u32::MAX).to_le_bytes();
            let message = [&[0xFF; 32][..], &[0x0C, 0x00], &at, &Sha256::digest(fragment)].concat();
            members.extend([(0x05, Value::Bytes(token.authenticate(&message))), (0x06, token.protocol().into())]);
        }
        dialog.send(&large_blobs(members))?;
        offset += fragment.len();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use faultkey_authenticator::random::stream;

    const KEY: [u8; 32] = [0x4B; 32];
    const OTHER: [u8; 32] = [0x0F; 32];

    fn array(blobs: &[(&[u8], &[u8])]) -> LargeBlobArray {
        let mut random = stream(1, "large blobs");
        let mut array = LargeBlobArray::default();
        for (key, blob) in blobs {
            array.set(key, &mut random, blob).unwrap();
        }
        array
    }

    #[test]
    fn the_empty_array_is_the_initial_one_of_the_specification() {
        let initial = "8076be8b528d0075f7aae98d6fa57a6d3c";
        assert_eq!(data_encoding::HEXLOWER.encode(&LargeBlobArray::default().to_bytes()), initial);
        assert_eq!(LargeBlobArray::read(&data_encoding::HEXLOWER.decode(initial.as_bytes()).unwrap()), LargeBlobArray::default());
    }

    #[test]
    fn a_blob_is_opened_by_its_own_key_only() {
        let array = LargeBlobArray::read(&array(&[(&KEY, b"hello"), (&OTHER, b""), (&[7; 32], &[9; 5_000])]).to_bytes());
        assert_eq!(array.get(&KEY).as_deref(), Some(&b"hello"[..]));
        assert_eq!(array.get(&OTHER).as_deref(), Some(&b""[..]));
        assert_eq!(array.get(&[7; 32]), Some(vec![9; 5_000]));
        assert_eq!((array.get(&[8; 32]), array.get(&[7; 31])), (None, None));
        assert!(array.to_bytes().len() < 300, "compressed");
    }

    #[test]
    fn a_second_blob_takes_the_place_of_the_first() {
        let mut array = array(&[(&KEY, b"one"), (&OTHER, b"other")]);
        array.0.push(Value::from("nobody understands me"));
        // Someone left two of ours.
        array.0.push(seal(&KEY, &mut stream(2, "twice"), b"stale").unwrap());
        array.set(&KEY, &mut stream(3, "again"), b"two").unwrap();
        assert_eq!((array.0.len(), array.get(&KEY)), (3, Some(b"two".to_vec())));
        assert_eq!(open(&KEY, &array.0[0]), Some(b"two".to_vec()), "in its place");
        assert_eq!(array.0[2], Value::from("nobody understands me"));
        assert_eq!(array.get(&OTHER), Some(b"other".to_vec()));
    }

    #[test]
    fn damaged_bytes_are_no_blobs() {
        let bytes = array(&[(&KEY, b"hello")]).to_bytes();
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            assert_eq!(LargeBlobArray::read(&damaged), LargeBlobArray::default(), "byte {at}");
            assert_eq!(LargeBlobArray::read(&bytes[..at]), LargeBlobArray::default(), "cut to {at}");
        }
        let intact = |content: &[u8]| LargeBlobArray::read(&[content, &Sha256::digest(content)[..16]].concat());
        for content in [&[0xA0][..], &[0x80, 0x00], &[0xFF], &[]] {
            assert_eq!(intact(content), LargeBlobArray::default());
        }
    }

    #[test]
    fn an_entry_that_lies_about_itself_is_no_blob() {
        let sealed = seal(&KEY, &mut stream(4, "lies"), b"hello").unwrap();
        let replaced = |number: i64, value: Value| {
            let mut members = sealed.as_map().unwrap().clone();
            members.iter_mut().filter(|(key, _)| *key == Value::from(number)).for_each(|(_, old)| *old = value.clone());
            open(&KEY, &Value::Map(members))
        };
        assert_eq!(open(&KEY, &sealed), Some(b"hello".to_vec()));
        let lies = [
            (1, Value::Bytes(vec![])),
            (1, Value::from("text")),
            (2, Value::Bytes(vec![0; 12])),
            (2, Value::Bytes(vec![0; 11])),
            (3, 6.into()),
            (3, (-1).into()),
        ];
        for (number, value) in lies {
            assert_eq!(replaced(number, value), None);
        }
        // Rightly sealed, and yet another size than was compressed; and one of unbelievable size.
        let cipher = Aes256Gcm::new_from_slice(&KEY).unwrap();
        for size in [4, 6, u64::MAX] {
            let payload = Payload { msg: &compress_to_vec(b"hello", 6), aad: &associated_data(size) };
            let ciphertext = cipher.encrypt(&Nonce::from([0; 12]), payload).unwrap();
            let entry = cbor::int_map([(1, Value::Bytes(ciphertext)), (2, Value::Bytes(vec![0; 12])), (3, size.into())]);
            assert_eq!(open(&KEY, &entry), None, "{size}");
        }
    }
}
