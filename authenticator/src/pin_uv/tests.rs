//! Both protocols against the vectors of WebAuthn-3, section "CTAP2 hmac-secret extension".

use super::*;
use crate::cbor::int_map;
use crate::random::stream;
use ciborium::Value;

fn hex(text: &str) -> Vec<u8> {
    data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap()
}

const PLATFORM_PRIVATE_KEY: &str = "0971bc7fb1be48270adcd3d9a5fc15d5fb0f335b3071ff36a54c007fa6c76514";
const AUTHENTICATOR_X: &str = "a30522c2de402b561965c3cf949a1cab020c6f6ea36fcf7e911ac1a0f1515300";
const AUTHENTICATOR_Y: &str = "9961a929abdb2f42e6566771887d41484d889e735e3248518a53112d2b915f00";
const SALT: &str = "527413ebb48293772df30f031c5ac4650c7de14bf9498671ae163447b6a772b3";
const OUTPUT: &str = "3c33e07d202c3b029cc21f1722767021bf27d595933b3d2b6a1b9d5dddc77fae";

/// Protocol, shared secret, salt encrypted, output encrypted.
const VECTORS: [(PinUvAuthProtocol, &str, &str, &str); 2] = [
    (
        PinUvAuthProtocol::One,
        "23e5ed7157c25892b77732fb9c8a107e3518800db2af4142f9f4adfacb771d39",
        "ab8c878bb05d04700f077ed91845ec9c503c925cb12b327ddbeb4243c397f913",
        "15d4e4f3f04109b492b575c1b38c28585b6719cf8d61304215108d939f37ccfb",
    ),
    (
        PinUvAuthProtocol::Two,
        "0c63083de8170101d38bcf8bd72309568ddb4550867e23404b35d85712f7c20d8bc911ee23c06034cbc14290b9669bec07739053c5a416e313ef905c79955876",
        "23dde5e3462daf36559b85c4ac5f9656aa9bfd81c1dc2bf8533c8b9f3882854786b4f500e25b4e3d81f7fc7c74236229",
        "3bfaa48f7952330d63e35ff8cd5bca48d2a12823828915749287256ab146272f9fb437bf65691243c3f504bd7ea6d5e6",
    ),
];

fn cose(x: &[u8], y: &[u8]) -> Value {
    int_map([
        (1, Value::from(2)),
        (3, Value::from(-25)),
        (-1, Value::from(1)),
        (-2, Value::Bytes(x.to_vec())),
        (-3, Value::Bytes(y.to_vec())),
    ])
}

#[test]
fn key_agreement_gives_the_shared_secret_of_the_vectors() {
    let platform = KeyAgreementKey::of(&hex(PLATFORM_PRIVATE_KEY).try_into().unwrap()).unwrap();
    let authenticator = cose(&hex(AUTHENTICATOR_X), &hex(AUTHENTICATOR_Y));
    for (protocol, secret, ..) in VECTORS {
        let shared = platform.agree(protocol, &authenticator).unwrap();
        assert!(shared == SharedSecret::of(protocol, &hex(secret)), "{protocol:?}");
        assert_eq!(format!("{shared:?}"), format!("SharedSecret({protocol:?})"));
    }
}

#[test]
fn ciphertexts_are_those_of_the_vectors() {
    for (protocol, secret, salt_enc, output_enc) in VECTORS {
        let shared = SharedSecret::of(protocol, &hex(secret));
        assert_eq!(shared.decrypt(&hex(salt_enc)), Some(hex(SALT)), "{protocol:?}");
        assert_eq!(shared.decrypt(&hex(output_enc)), Some(hex(OUTPUT)), "{protocol:?}");
        let mut random = stream(1, "iv");
        let again = shared.encrypt(&mut random, &hex(OUTPUT));
        assert_eq!(shared.decrypt(&again), Some(hex(OUTPUT)));
        assert_eq!(again == hex(output_enc), protocol == PinUvAuthProtocol::One, "only protocol one has a fixed vector of initialisation");
        for wrong in [&[][..], &[1; 15], &[1; 17]] {
            assert_eq!(shared.decrypt(wrong), None);
        }
    }
    assert_eq!(SharedSecret::of(PinUvAuthProtocol::Two, &[1; 64]).decrypt(&[0; 16]), None, "an initialisation vector alone");
}

#[test]
fn signatures_are_hmac_of_rfc_4231_cut_to_the_protocols_length() {
    // RFC 4231 test case 2.
    let mac = hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    let (key, message) = (b"Jefe", b"what do ya want for nothing?");
    assert_eq!(PinUvAuthProtocol::One.authenticate(key, message), mac[..16]);
    assert_eq!(PinUvAuthProtocol::Two.authenticate(key, message), mac);
    // Of a shared secret of protocol two, the second half is for AES only.
    let long = [[7; 32], [9; 32]].concat();
    assert_eq!(PinUvAuthProtocol::Two.authenticate(&long, message), PinUvAuthProtocol::Two.authenticate(&[7; 32], message));
    for protocol in [PinUvAuthProtocol::One, PinUvAuthProtocol::Two] {
        let signature = protocol.authenticate(key, message);
        assert!(protocol.verify(key, message, &signature));
        assert!(!protocol.verify(key, b"another", &signature));
        assert!(!protocol.verify(key, message, &signature[1..]));
        assert!(!protocol.verify(key, message, &[]));
        assert_eq!(PinUvAuthProtocol::from_number(protocol.number()), Some(protocol));
    }
    assert_eq!(PinUvAuthProtocol::from_number(3), None);
}

#[test]
fn both_sides_agree_and_broken_keys_are_refused() {
    let (ours, theirs) = (KeyAgreementKey::generate(&mut stream(1, "a")), KeyAgreementKey::generate(&mut stream(1, "b")));
    for protocol in [PinUvAuthProtocol::One, PinUvAuthProtocol::Two] {
        let secret = ours.agree(protocol, &theirs.public_key()).unwrap();
        assert!(secret == theirs.agree(protocol, &ours.public_key()).unwrap());
        assert!(secret != SharedSecret::derive(protocol, &[0; 32]));
    }
    let refusal = |key: &Value| ours.agree(PinUvAuthProtocol::Two, key).unwrap_err().to_string();
    let (x, y) = (hex(AUTHENTICATOR_X), hex(AUTHENTICATOR_Y));
    assert_eq!(refusal(&cose(&x, &x)), "CTAP1_ERR_INVALID_PARAMETER (0x02): keyAgreement is not a point of P-256");
    assert_eq!(refusal(&cose(&x[1..], &y)), "CTAP1_ERR_INVALID_PARAMETER (0x02): keyAgreement has a coordinate that is not 32 bytes long");
    assert_eq!(
        refusal(&int_map([(1, Value::from(2))])),
        "CTAP1_ERR_INVALID_PARAMETER (0x02): keyAgreement is not a P-256 key of algorithm -25"
    );
    assert_eq!(refusal(&Value::Null), "CTAP2_ERR_CBOR_UNEXPECTED_TYPE (0x11): keyAgreement is not a map");
    assert!(KeyAgreementKey::of(&[0; 32]).is_none());
    assert_eq!(format!("{ours:?}"), "KeyAgreementKey(..)");
}
