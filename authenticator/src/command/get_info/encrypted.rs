//! encIdentifier and encCredStoreState (CTAP2.3 §6.4, members 0x19 and 0x1E): readable only with the persistent token.

use ciborium::Value;
use hkdf::Hkdf;
use rand::Rng;
use sha2::{Digest, Sha256};

use crate::device::Device;
use crate::pin_uv::aes128_cbc_encrypt;
use crate::{Random, StoreError, cbor};

/// Both members, when there is a persistent token. Each getInfo has them under new initialisation vectors, so that nobody else can follow
/// the device by them.
pub(super) fn members(device: &mut Device) -> Result<Vec<(u8, Option<Value>)>, StoreError> {
    let Some(token) = device.persistent_token()? else { return Ok(Vec::new()) };
    let identifier = device.identifier()?;
    let state = store_state(device)?;
    let mut seal = |key: u8, info: &[u8], text: [u8; 16]| (key, Some(Value::Bytes(sealed(&mut device.apart, &token, info, &text))));
    Ok(vec![seal(0x19, b"encIdentifier", identifier), seal(0x1E, b"encCredStoreState", state)])
}

/// `iv || AES-128-CBC(HKDF-SHA-256(salt = 32 zero bytes, token, info), iv, text)`.
fn sealed(random: &mut Random, token: &[u8], info: &[u8], text: &[u8; 16]) -> Vec<u8> {
    let mut key = [0; 16];
    // 16 bytes are far below what HKDF can give.
    let _ = Hkdf::<Sha256>::new(Some(&[0; 32]), token).expand(info, &mut key);
    let mut iv = [0; 16];
    random.fill_bytes(&mut iv);
    [&iv[..], &aes128_cbc_encrypt(&key, &iv, text)].concat()
}

/// Another value whenever a discoverable credential, or what is known of its user, is another.
fn store_state(device: &Device) -> Result<[u8; 16], StoreError> {
    let text = |text: &Option<String>| text.as_deref().map_or(Value::Null, Value::from);
    let mut hash = Sha256::new();
    for credential in device.store.credentials()?.into_iter().filter(|credential| credential.discoverable) {
        let user = &credential.user;
        hash.update(cbor::write(&Value::Array(vec![
            Value::Bytes(credential.id.0.clone()),
            Value::from(credential.rp_id.as_str()),
            Value::Bytes(user.id.clone()),
            text(&user.name),
            text(&user.display_name),
        ])));
    }
    let digest: [u8; 32] = hash.finalize().into();
    Ok(digest.first_chunk().copied().unwrap_or_default())
}
