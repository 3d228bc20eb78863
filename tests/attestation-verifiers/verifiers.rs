//! The libraries that verify, each with our root and with another's.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use faultkey_authenticator::attestation::{AttestationFormat, Authority, Issuance};
use serde_json::{Value as Json, json};
use webauthn_rs_core::WebauthnCore;
use webauthn_rs_core::proto::{COSEAlgorithm, RegistrationState};
use webauthn_rs_proto::{RegisterPublicKeyCredential, UserVerificationPolicy};

use crate::environment::{HOW_TO_PREPARE, node, python, relying_parties};
use crate::registrations::{CHALLENGE, ORIGIN, RP_ID, Registration, SEED, at};

/// Accepted, or the library's reason.
pub type Verdict = Result<(), String>;

/// What is verified: a registration, against the root of the authority with this seed.
pub struct Case {
    pub registration: Registration,
    pub seed: u64,
}

pub fn root(seed: u64) -> String {
    Authority::from_seed(seed, Issuance::default().validity).expect("an authority").root_pem()
}

/// The columns of the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verifier {
    WebauthnRs,
    SimpleWebAuthn,
    /// With the BLOB of `faultkey attestation mds`; the roots are in it.
    SimpleWebAuthnMetadata,
    PyWebauthn,
}

impl Verifier {
    pub const ALL: [Self; 4] = [Self::WebauthnRs, Self::SimpleWebAuthn, Self::SimpleWebAuthnMetadata, Self::PyWebauthn];

    pub fn verify(self, cases: &[Case]) -> Vec<Verdict> {
        let verdicts = match self {
            Self::WebauthnRs => cases.iter().map(webauthn_rs).collect(),
            Self::SimpleWebAuthn => script(&node(), "simplewebauthn/verify.mjs", cases, None),
            Self::SimpleWebAuthnMetadata => script(&node(), "simplewebauthn/verify.mjs", cases, Some(&blob())),
            Self::PyWebauthn => script(&python(), "py_webauthn/verify.py", cases, None),
        };
        assert_eq!(verdicts.len(), cases.len(), "{self:?}");
        verdicts
    }

    /// Its name and version, as the lock files have it.
    pub fn name(self) -> String {
        let read = |path: &Path| std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        match self {
            Self::WebauthnRs => {
                let lock = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock"));
                let (_, after) = lock.split_once("name = \"webauthn-rs-core\"\nversion = \"").expect("webauthn-rs-core in Cargo.lock");
                format!("webauthn-rs {}", after.split('"').next().expect("a version"))
            }
            Self::SimpleWebAuthn | Self::SimpleWebAuthnMetadata => {
                let lock: Json = serde_json::from_str(&read(&relying_parties().join("package-lock.json"))).expect("JSON");
                let version = lock["packages"]["node_modules/@simplewebauthn/server"]["version"].as_str().expect("a version").to_owned();
                let with = if self == Self::SimpleWebAuthnMetadata { ", by metadata" } else { "" };
                format!("@simplewebauthn/server {version}{with}")
            }
            Self::PyWebauthn => {
                let lock = read(&relying_parties().join("requirements.txt"));
                let line = lock.lines().find_map(|line| line.strip_prefix("webauthn==")).expect("webauthn");
                format!("py_webauthn {}", line.trim_end_matches(['\\', ' ']))
            }
        }
    }
}

/// The BLOB, from the program itself.
fn blob() -> String {
    let seed = SEED.to_string();
    let done = Command::new(env!("CARGO_BIN_EXE_faultkey")).args(["attestation", "mds", "--seed", &seed]).output().expect("faultkey");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).expect("text").trim().to_owned()
}

fn webauthn_rs(case: &Case) -> Verdict {
    let origins = vec![ORIGIN.parse().expect("a URL")];
    let core = WebauthnCore::new_unsafe_experts_only("Broker", RP_ID, origins, Duration::from_secs(60), None, None);
    let algorithm = COSEAlgorithm::try_from(i128::from(case.registration.algorithm));
    let builder = core.new_challenge_register_builder(b"user", "user", "user").expect("a builder");
    let builder = builder.user_verification_policy(UserVerificationPolicy::Preferred);
    // An algorithm that the library has no name for can't be asked for; it is told so by the key.
    let builder = builder.credential_algorithms(algorithm.into_iter().collect());
    let (_, state) = core.generate_challenge_register(builder).expect("a challenge");
    let mut state = serde_json::to_value(state).expect("JSON");
    state["challenge"] = BASE64URL_NOPAD.encode(&CHALLENGE).into();
    let state: RegistrationState = serde_json::from_value(state).expect("a state");
    let credential: RegisterPublicKeyCredential = serde_json::from_value(case.registration.credential.clone()).expect("a credential");
    // With a list, attestation without certificates is refused; without one, none is looked for.
    let roots = match case.registration.format {
        AttestationFormat::None | AttestationFormat::PackedSelf => None,
        _ => Some(root(case.seed).as_bytes().try_into().expect("a list of roots")),
    };
    core.register_credential(&credential, &state, roots.as_ref()).map(|_| ()).map_err(|error| format!("{error:?}"))
}

fn script(interpreter: &Path, script: &str, cases: &[Case], blob: Option<&str>) -> Vec<Verdict> {
    let cases: Vec<Json> = cases
        .iter()
        .map(|case| {
            let Registration { algorithm, credential, .. } = &case.registration;
            json!({ "credential": credential, "algorithm": algorithm, "root": root(case.seed) })
        })
        .collect();
    let request = json!({
        "rpId": RP_ID,
        "origin": ORIGIN,
        "challenge": BASE64URL_NOPAD.encode(&CHALLENGE),
        "at": at().milliseconds() + 1_500,
        "cases": cases,
        "blob": blob,
        "blobRoot": root(SEED),
    });
    let mut child = Command::new(interpreter)
        .arg(relying_parties().join(script))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{} can't be started: {error}. {HOW_TO_PREPARE}", interpreter.display()));
    child.stdin.take().expect("a pipe").write_all(request.to_string().as_bytes()).expect("the script reads");
    let done = child.wait_with_output().expect("the script ends");
    assert!(done.status.success(), "{script}:\n{}\n{HOW_TO_PREPARE}", String::from_utf8_lossy(&done.stderr));
    let verdicts: Vec<Json> = serde_json::from_slice(&done.stdout).expect("verdicts as JSON");
    let read =
        |verdict: Json| if verdict["accepted"] == true { Ok(()) } else { Err(verdict["refused"].as_str().expect("a reason").to_owned()) };
    verdicts.into_iter().map(read).collect()
}
