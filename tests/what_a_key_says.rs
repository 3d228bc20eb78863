//! What a key of the command line says of itself, to a host at its socket: its options, and who attests it.

#![cfg(unix)]

mod attached;

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::Duration;

use attached::{Attached, Host, program};
use ciborium::Value as Cbor;
use data_encoding::BASE64URL_NOPAD;
use faultkey_authenticator::cbor;
use serde_json::json;
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use webauthn_rs_core::WebauthnCore;
use webauthn_rs_core::proto::{COSEAlgorithm, RegistrationState};
use webauthn_rs_proto::{RegisterPublicKeyCredential, UserVerificationPolicy};

const RP_ID: &str = "broker.test";
const ORIGIN: &str = "https://broker.test";
const CHALLENGE: [u8; 32] = [0xA7; 32];

/// The map of a reply that is a success.
fn map(reply: &[u8]) -> Vec<(Cbor, Cbor)> {
    assert_eq!(reply.first(), Some(&0), "{reply:02X?}");
    let Cbor::Map(members) = cbor::read_strict(&reply[1..]).expect("CBOR") else { panic!("no map") };
    members
}

fn member(members: &[(Cbor, Cbor)], number: u8) -> Option<&Cbor> {
    members.iter().find(|(key, _)| *key == Cbor::from(number)).map(|(_, value)| value)
}

/// Of a key with a reader and everything that goes by it: which of these options and members of getInfo there are.
#[test]
fn a_key_without_a_reader_says_nothing_of_one() {
    const OPTIONS: [&str; 5] = ["uv", "bioEnroll", "uvBioEnroll", "userVerificationMgmtPreview", "uvAcfg"];
    // preferredPlatformUvAttempts, uvModality, uvCountSinceLastPinEntry.
    const MEMBERS: [u8; 3] = [0x11, 0x12, 0x17];
    const INVALID_COMMAND: u8 = 0x01;
    for (verification, expected) in [(&[][..], true), (&["--verification", "fail"], true), (&["--verification", "none"], false)] {
        let key = Attached::start(&[&["--profile", "security-key-full"][..], verification].concat());
        let mut host = key.host();
        let info = map(&host.ask(&[0x04]));
        let Some(Cbor::Map(options)) = member(&info, 0x04) else { panic!("no options") };
        for name in OPTIONS {
            assert_eq!(options.iter().any(|(own, _)| *own == Cbor::from(name)), expected, "{name} with {verification:?}");
        }
        for number in MEMBERS {
            assert_eq!(member(&info, number).is_some(), expected, "member 0x{number:02X} with {verification:?}");
        }
        // What it still has.
        assert!(options.contains(&(Cbor::from("clientPin"), Cbor::from(false))));
        // bioEnrollment: which kind of reader it is.
        let asked = host.ask(&[0x09, 0xA1, 0x06, 0xF5]);
        assert_eq!(asked[0] != INVALID_COMMAND, expected, "{asked:02X?} with {verification:?}");
    }
}

/// `faultkey serve` or `faultkey attach` at a socket in a folder of its own.
struct Running {
    folder: TempDir,
    child: Child,
}

impl Running {
    fn start(command: &[&str], options: &[&str]) -> Self {
        let folder = tempfile::Builder::new().prefix("fk").tempdir().expect("a folder");
        let mut faultkey = program();
        faultkey.args(command).arg("key").args(options).args(["--control", "ctl"]).current_dir(folder.path());
        let mut child = faultkey.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("faultkey");
        let mut ready = String::new();
        BufReader::new(child.stdout.take().expect("its output")).read_line(&mut ready).expect("a line");
        assert!(ready.starts_with("ready at "), "{command:?} {options:?}: {ready:?}");
        Self { folder, child }
    }

    /// A registration of WebAuthn with it.
    fn register(&self) -> RegisterPublicKeyCredential {
        let challenge = BASE64URL_NOPAD.encode(&CHALLENGE);
        let client_data = format!(r#"{{"type":"webauthn.create","challenge":"{challenge}","origin":"{ORIGIN}","crossOrigin":false}}"#);
        let text = |text: &str| Cbor::from(text);
        let request = cbor::int_map([
            (1, Cbor::Bytes(Sha256::digest(&client_data).to_vec())),
            (2, cbor::text_map([("id", text(RP_ID))])),
            (3, cbor::text_map([("id", Cbor::Bytes(vec![1])), ("name", text("hanako"))])),
            (4, Cbor::Array(vec![cbor::text_map([("alg", Cbor::from(-7)), ("type", text("public-key"))])])),
        ]);
        let mut host = Host::connect(&self.folder.path().join("key")).expect("a key");
        let made = map(&host.ask(&[&[0x01], cbor::write(&request).as_slice()].concat()));
        let part = |number| member(&made, number).expect("a member").clone();
        let data = part(2);
        let object = cbor::write(&cbor::text_map([("fmt", part(1)), ("attStmt", part(3)), ("authData", data.clone())]));
        // The id's length and the id stand behind RP ID hash, flags, counter and AAGUID (WebAuthn-3 §6.1).
        let data = data.as_bytes().expect("bytes");
        let length = usize::from(u16::from_be_bytes([data[53], data[54]]));
        let id = BASE64URL_NOPAD.encode(&data[55..55 + length]);
        let response = json!({ "attestationObject": BASE64URL_NOPAD.encode(&object), "clientDataJSON": BASE64URL_NOPAD.encode(client_data.as_bytes()) });
        serde_json::from_value(json!({ "id": id, "rawId": id, "type": "public-key", "response": response })).expect("a registration")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether a relying party that trusts the root of `faultkey attestation roots --seed N` alone takes the registration.
fn verified(credential: &RegisterPublicKeyCredential, seed: &str) -> Result<(), String> {
    let root = program().args(["attestation", "roots", "--seed", seed]).output().expect("faultkey attestation");
    let core =
        WebauthnCore::new_unsafe_experts_only("Broker", RP_ID, vec![ORIGIN.parse().expect("a URL")], Duration::from_secs(60), None, None);
    let builder = core.new_challenge_register_builder(b"user", "user", "user").expect("a builder");
    let builder = builder.user_verification_policy(UserVerificationPolicy::Preferred).credential_algorithms(vec![COSEAlgorithm::ES256]);
    let (_, state) = core.generate_challenge_register(builder).expect("a challenge");
    let mut state = serde_json::to_value(state).expect("JSON");
    state["challenge"] = BASE64URL_NOPAD.encode(&CHALLENGE).into();
    let state: RegistrationState = serde_json::from_value(state).expect("a state");
    let roots = root.stdout.as_slice().try_into().expect("a list of roots");
    core.register_credential(credential, &state, Some(&roots)).map(|_| ()).map_err(|error| format!("{error:?}"))
}

#[test]
fn the_root_of_a_seed_is_that_of_the_keys_of_this_seed() {
    for command in [&["serve", "--socket"][..], &["attach", "--via", "socket", "--listen"]] {
        for (options, seed) in
            [(&["--profile", "security-key-full", "--attestation-seed", "7"][..], "7"), (&["--profile", "security-key-full"], "0")]
        {
            let credential = Running::start(command, options).register();
            assert_eq!(verified(&credential, seed), Ok(()), "{command:?} {options:?}");
            let other = verified(&credential, "8").expect_err("another root");
            assert!(other.contains("AttestationChainNotTrusted"), "{command:?} {options:?}: {other}");
        }
    }
}
