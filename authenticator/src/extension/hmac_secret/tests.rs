//! Against the vectors of WebAuthn-3, section "CTAP2 hmac-secret extension", and against HMAC computed here.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::*;
use crate::extension::{Asked, Extensions, at_registration};
use crate::random::stream;
use crate::{Config, MemoryStore, cbor};

use PinUvAuthProtocol::{One, Two};

fn hex(text: &str) -> Vec<u8> {
    data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap()
}

const CRED_RANDOM: &str = "437e065e723a98b2f08f39d8baf7c53ecb3c363c5e5104bdaaf5d5ca2e028154";
const SALT1: &str = "527413ebb48293772df30f031c5ac4650c7de14bf9498671ae163447b6a772b3";
const SALT2: &str = "d68ac03329a10ee5e0ec834492bb9a96a0e547baf563bf78ccbe8789b22e776b";
const OUTPUT1: &str = "3c33e07d202c3b029cc21f1722767021bf27d595933b3d2b6a1b9d5dddc77fae";
const OUTPUT2: &str = "a62a8773b19cda90d7ed4ef72a80a804320dbd3997e2f663805ad1fd3293d50b";
const SHARED_ONE: &str = "23e5ed7157c25892b77732fb9c8a107e3518800db2af4142f9f4adfacb771d39";
const SHARED_TWO: &str =
    "0c63083de8170101d38bcf8bd72309568ddb4550867e23404b35d85712f7c20d8bc911ee23c06034cbc14290b9669bec07739053c5a416e313ef905c79955876";

/// Protocol, shared secret, both salts, saltEnc, encrypted output.
const VECTORS: [(PinUvAuthProtocol, &str, bool, &str, &str); 3] = [
    (
        One,
        SHARED_ONE,
        false,
        "ab8c878bb05d04700f077ed91845ec9c503c925cb12b327ddbeb4243c397f913",
        "15d4e4f3f04109b492b575c1b38c28585b6719cf8d61304215108d939f37ccfb",
    ),
    (
        Two,
        SHARED_TWO,
        false,
        "23dde5e3462daf36559b85c4ac5f9656aa9bfd81c1dc2bf8533c8b9f3882854786b4f500e25b4e3d81f7fc7c74236229",
        "3bfaa48f7952330d63e35ff8cd5bca48d2a12823828915749287256ab146272f9fb437bf65691243c3f504bd7ea6d5e6",
    ),
    (
        Two,
        SHARED_TWO,
        true,
        "d9f4236403e0fe843a8e4e5be764d120904c198ad6e77b089876a3391961f183b0008b4ca66b91cd72aa35b6151ff981f6e5649f3c040e6615ad7dd8ae96ef23b229a5c97c3f0dcd8605eee166ce163a",
        "90ee52f739043bc17b3488a74306d7801debb5b61f18662c648a25b5b5678ede482cdaff99a537a44f064fcb10ce6e04dfd27619dc96a0daff8507e499296b1eecf0981f7c8518b277a7a3018f5ec6fb",
    ),
];

/// Under protocol one the initialisation vector is zeros; under two it stands before the ciphertext.
fn iv(protocol: PinUvAuthProtocol, ciphertext: &[u8]) -> [u8; 16] {
    if protocol == One { [0; 16] } else { *ciphertext.first_chunk().unwrap() }
}

#[test]
fn outputs_are_those_of_the_vectors_bit_for_bit() {
    let secret = Secret(hex(CRED_RANDOM).try_into().unwrap());
    let other = Secret([9; 32]);
    for (protocol, shared, two, salt_enc, output_enc) in VECTORS {
        let shared = SharedSecret::of(protocol, &hex(shared));
        let salts = Salts::decrypt(shared.clone(), &hex(salt_enc), &shared.authenticate(&hex(salt_enc))).unwrap();
        let both = |first: &str, second: &str| hex(&[first, if two { second } else { "" }].concat());
        assert_eq!(salts.salts, both(SALT1, SALT2), "{protocol:?}");
        assert_eq!(shared.encrypt_with(&iv(protocol, &hex(salt_enc)), &salts.salts), hex(salt_enc));
        for (verified, pair) in [
            (true, CredRandom { with_uv: secret.clone(), without_uv: other.clone() }),
            (false, CredRandom { with_uv: other.clone(), without_uv: secret.clone() }),
        ] {
            let outputs = salts.outputs(&pair, verified);
            assert_eq!(outputs, both(OUTPUT1, OUTPUT2), "{protocol:?}");
            assert_eq!(shared.encrypt_with(&iv(protocol, &hex(output_enc)), &outputs), hex(output_enc), "{protocol:?}");
            assert_ne!(salts.outputs(&pair, !verified), outputs);
        }
    }
}

fn device() -> Device {
    let config = Config { extensions: Extensions::full(), ..Config::default() };
    Device::new(config, Box::<MemoryStore>::default(), stream(3, "device"))
}

/// The platform's half: a shared secret and the input map for `salts`.
fn platform(device: &mut Device, protocol: PinUvAuthProtocol, salts: &[u8]) -> (SharedSecret, Vec<(Value, Value)>) {
    let own = crate::pin_uv::KeyAgreementKey::generate(&mut stream(4, "platform"));
    let shared = own.agree(protocol, &device.key_agreement().public_key()).unwrap();
    let salt_enc = shared.encrypt(&mut stream(5, "iv"), salts);
    let Value::Map(members) = cbor::int_map([
        (1, own.public_key()),
        (3, Value::Bytes(shared.authenticate(&salt_enc))),
        (2, Value::Bytes(salt_enc)),
        (4, Value::from(protocol.number())),
    ]) else {
        unreachable!()
    };
    (shared, members)
}

fn hmac(key: &Secret, message: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(&key.0).unwrap();
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

const ABOUT: Registration<'_> = Registration { rp_id: "broker.test", discoverable: true, verified: false };

fn named(map: &Option<Value>, name: &str) -> Option<Value> {
    map.as_ref()?.as_map()?.iter().find(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value.clone())
}

#[test]
fn an_evaluation_at_registration_is_that_of_the_first_log_in() {
    for protocol in [One, Two] {
        for verified in [false, true] {
            for salts in [vec![1; 32], [[1; 32], [2; 32]].concat()] {
                let mut device = device();
                let (shared, input) = platform(&mut device, protocol, &salts);
                let asked = cbor::text_map([("hmac-secret", Value::from(true)), ("hmac-secret-mc", Value::Map(input.clone()))]);
                let registered = at_registration(&mut device, Some(&asked), &Registration { verified, ..ABOUT }).unwrap();
                assert_eq!(named(&registered.outputs, "hmac-secret"), Some(Value::from(true)));
                let pair = registered.data.cred_random.clone().unwrap();
                let key = if verified { &pair.with_uv } else { &pair.without_uv };
                let expected: Vec<u8> = salts.chunks(32).flat_map(|salt| hmac(key, salt)).collect();
                let open = |output: Option<Value>| shared.decrypt(output.unwrap().as_bytes().unwrap()).unwrap();
                assert_eq!(open(named(&registered.outputs, "hmac-secret-mc")), expected, "{protocol:?}");

                let asked = cbor::text_map([("hmac-secret", Value::Map(input))]);
                let asked = Asked::read(&mut device, Some(&asked), true).unwrap();
                let credential = crate::Credential { extensions: registered.data, ..crate::store::contract::credential(1) };
                assert_eq!(open(named(&asked.answer(&mut device, &credential, verified).outputs, "hmac-secret")), expected);
                assert_ne!(open(named(&asked.answer(&mut device, &credential, !verified).outputs, "hmac-secret")), expected);
                // A credential of before has nothing to evaluate.
                assert_eq!(asked.answer(&mut device, &crate::store::contract::credential(2), verified).outputs, None);
            }
        }
    }
}

#[test]
fn broken_inputs_are_refused_the_same_way_in_both_ceremonies() {
    for protocol in [One, Two] {
        let mut device = device();
        let (_, input) = platform(&mut device, protocol, &[1; 32]);
        let with = |key: u8, value: Option<Value>| {
            let mut input = input.clone();
            input.retain(|(name, _)| *name != Value::from(key));
            input.extend(value.map(|value| (Value::from(key), value)));
            input
        };
        let off_curve = cbor::int_map([
            (1, Value::from(2)),
            (3, Value::from(-25)),
            (-1, Value::from(1)),
            (-2, Value::Bytes(vec![1; 32])),
            (-3, Value::Bytes(vec![1; 32])),
        ]);
        let cases = [
            (with(1, None), Status::MissingParameter),
            (with(2, None), Status::MissingParameter),
            (with(3, None), Status::MissingParameter),
            (with(1, Some(Value::from("not-a-key"))), Status::CborUnexpectedType),
            (with(1, Some(off_curve)), Status::InvalidParameter),
            (with(2, Some(Value::from(7))), Status::CborUnexpectedType),
            (with(2, Some(Value::Bytes(vec![1; 32]))), Status::PinAuthInvalid),
            (with(3, Some(Value::Bytes(vec![1; 16]))), Status::PinAuthInvalid),
            (with(4, Some(Value::from("two"))), Status::CborUnexpectedType),
            (with(4, Some(Value::from(3))), Status::InvalidParameter),
            (platform(&mut device, protocol, &[1; 16]).1, Status::InvalidParameter),
            (platform(&mut device, protocol, &[1; 48]).1, Status::InvalidParameter),
            (platform(&mut device, protocol, &[1; 96]).1, Status::InvalidParameter),
        ];
        for (input, status) in cases {
            let asked = cbor::text_map([("hmac-secret", Value::Map(input.clone()))]);
            assert_eq!(Asked::read(&mut device, Some(&asked), true).unwrap_err().status, status, "{input:?}");
            let asked = cbor::text_map([("hmac-secret", Value::from(true)), ("hmac-secret-mc", Value::Map(input.clone()))]);
            assert_eq!(at_registration(&mut device, Some(&asked), &ABOUT).unwrap_err().status, status, "{input:?}");
        }
        // CTAP2.3 §12.8: hmac-secret-mc alone.
        for alone in [
            cbor::text_map([("hmac-secret-mc", Value::Map(input.clone()))]),
            cbor::text_map([("hmac-secret", Value::from(false)), ("hmac-secret-mc", Value::Map(input.clone()))]),
        ] {
            assert_eq!(at_registration(&mut device, Some(&alone), &ABOUT).unwrap_err().status, Status::MissingParameter);
        }
        let asked = cbor::text_map([("hmac-secret", Value::Map(input.clone()))]);
        assert_eq!(Asked::read(&mut device, Some(&asked), false).unwrap_err().status, Status::UnsupportedOption);
    }
    let mut device = device();
    let number = cbor::text_map([("hmac-secret", Value::from(1))]);
    assert_eq!(at_registration(&mut device, Some(&number), &ABOUT).unwrap_err().status, Status::CborUnexpectedType);
}

#[test]
fn a_platform_of_ctap_2_0_names_no_protocol_and_means_one() {
    let mut device = device();
    let (_, mut input) = platform(&mut device, One, &[1; 32]);
    input.retain(|(name, _)| *name != Value::from(4));
    let asked = cbor::text_map([("hmac-secret", Value::Map(input))]);
    assert!(Asked::read(&mut device, Some(&asked), true).unwrap().hmac_secret.is_some());
}
