//! Registrations that our own client and authenticator make, and what may be wrong with them.

use std::time::Duration;

use ciborium::Value;
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use faultkey_authenticator::algorithm::PrivateKey;
use faultkey_authenticator::attestation::{AttestationFormat, Attester, Claim, Date, Issuance};
use faultkey_authenticator::config::{Attestation, BuiltInVerification, Enterprise, Protection};
use faultkey_authenticator::{Authenticator, AuthenticatorData, CommandSteps, Config, MemoryStore, Step, Time, cbor, random};
use faultkey_client::{Call, Client, ClientConfig, Platform, ScriptedUser, Specified};
use faultkey_transport::{InProcess, Transcript};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

pub const RP_ID: &str = "rp.test";
pub const ORIGIN: &str = "https://rp.test";
pub const CHALLENGE: [u8; 32] = [0xC4; 32];
/// Of the authority, as `faultkey attestation roots --seed` has it.
pub const SEED: u64 = 21;

/// When the registrations are made.
pub fn at() -> Date {
    Date { year: 2026, month: 1, day: 15 }
}

fn issuance() -> Issuance {
    Issuance { seed: SEED, attested_at: at().milliseconds(), ..Issuance::default() }
}

/// A registration, and what it is of.
#[derive(Clone)]
pub struct Registration {
    pub format: AttestationFormat,
    pub algorithm: i64,
    /// RegistrationResponseJSON.
    pub credential: Json,
}

impl Registration {
    /// Makes one.
    pub fn new(format: AttestationFormat, algorithm: i64) -> Self {
        let is_enterprise = format == AttestationFormat::Enterprise;
        let config = Config {
            algorithms: vec![algorithm],
            attestation: Attestation {
                formats: vec![if is_enterprise { AttestationFormat::PackedSelf } else { format }],
                enterprise: Enterprise { rp_ids: vec![RP_ID.to_owned()], platform_managed: false },
                issuance: issuance(),
                statuses: Vec::new(),
            },
            verification: BuiltInVerification::Absent,
            protection: Protection { authenticator_config: true, enterprise_attestation: true, ..Protection::default() },
            ..Config::default()
        };
        let chance = random::stream(SEED, &format!("{} {algorithm}", format.name()));
        let mut authenticator = Authenticator::new(config, Box::new(MemoryStore::default()), chance);
        // authenticatorConfig: enableEnterpriseAttestation
        let Step::Reply(enabled) = authenticator.handle(Time::START, &[0x0D, 0xA1, 0x01, 0x01]) else { panic!("a prompt") };
        assert_eq!(enabled.to_bytes(), Some(vec![0]));

        let transcript = Transcript::new();
        let user = ScriptedUser::approving(Duration::from_secs(1));
        let mut client =
            Client::new(ClientConfig::default(), InProcess::new(authenticator, transcript.clone()), user, Specified, transcript);
        let options = json!({
            "rp": { "id": RP_ID, "name": "Broker" },
            "user": { "id": "AQI", "name": "hanako", "displayName": "Hanako" },
            "challenge": BASE64URL_NOPAD.encode(&CHALLENGE),
            "pubKeyCredParams": [{ "type": "public-key", "alg": algorithm }],
            "attestation": if is_enterprise { "enterprise" } else { "direct" },
        });
        let finished = client.create(&Call::new(Time::START, ORIGIN), &options);
        let credential = finished.result.unwrap_or_else(|exception| panic!("{}: {exception} ({})", format.name(), exception.because));
        let registration = Self { format, algorithm, credential };
        let (object, _) = registration.object();
        assert_eq!(object.iter().find(|(key, _)| key.as_text() == Some("fmt")).unwrap().1, Value::from(format.identifier()));
        registration
    }

    /// The members of the attestation object, and the authenticator data in it.
    fn object(&self) -> (Vec<(Value, Value)>, AuthenticatorData) {
        let bytes = self.bytes("attestationObject");
        let Value::Map(members) = ciborium::from_reader(bytes.as_slice()).expect("CBOR") else { panic!("no map") };
        let data = members.iter().find(|(key, _)| key.as_text() == Some("authData")).and_then(|(_, value)| value.as_bytes());
        let data = AuthenticatorData::parse(data.expect("authenticator data")).expect("authenticator data");
        (members, data)
    }

    fn bytes(&self, name: &str) -> Vec<u8> {
        BASE64URL_NOPAD.decode(self.credential["response"][name].as_str().expect("text").as_bytes()).expect("base64url")
    }

    /// The same with another statement.
    fn with_statement(&self, change: impl FnOnce(&mut Value)) -> Self {
        let (mut members, _) = self.object();
        let statement = members.iter_mut().find(|(key, _)| key.as_text() == Some("attStmt")).expect("a statement");
        let before = statement.1.clone();
        change(&mut statement.1);
        assert_ne!(statement.1, before);
        let mut changed = self.clone();
        let object = BASE64URL_NOPAD.encode(&cbor::write(&Value::Map(members)));
        changed.credential["response"]["attestationObject"] = object.into();
        changed
    }

    /// One bit of the statement's signature flipped; of the certificate's, where the statement itself is not signed.
    pub fn flipped(&self) -> Self {
        self.with_statement(|statement| match self.format {
            AttestationFormat::AndroidSafetynet => change_bytes(field(statement, "response"), |jws| {
                let dot = jws.iter().rposition(|byte| *byte == b'.').expect("a JWS");
                let signature = jws.split_off(dot + 1);
                let mut signature = BASE64URL_NOPAD.decode(&signature).expect("base64url");
                flip(&mut signature);
                jws.extend(BASE64URL_NOPAD.encode(&signature).into_bytes());
            }),
            AttestationFormat::Apple => match field(statement, "x5c") {
                Value::Array(certificates) => change_bytes(&mut certificates[0], |bytes| flip(bytes)),
                _ => panic!("no certificates"),
            },
            AttestationFormat::Compound => {
                let first = statement.as_array_mut().and_then(|statements| statements.first_mut()).expect("a list of statements");
                change_bytes(field(field(first, "attStmt"), "sig"), |bytes| flip(bytes));
            }
            _ => change_bytes(field(statement, "sig"), |bytes| flip(bytes)),
        })
    }

    /// The certificate's extension names another model than the authenticator data.
    pub fn with_another_model_in_the_certificate(&self) -> Self {
        let (_, data) = self.object();
        let attester = Attester { aaguid: Some([0xEE; 16]), ..Attester::new(issuance(), Config::default().aaguid).expect("an attester") };
        // Only its public half matters, and that stands in the authenticator data.
        let key = PrivateKey::generate(-7, &mut random::stream(SEED, "any")).expect("a key");
        let hash = Sha256::digest(self.bytes("clientDataJSON"));
        let claim = Claim { key: &key, authenticator_data: &data, client_data_hash: &hash };
        let statement = self.format.statement(&claim, Some(&attester)).expect("a statement");
        let text = HEXLOWER.encode(&cbor::write(&statement));
        assert!(text.contains(&"ee".repeat(16)));
        self.with_statement(|own| *own = statement)
    }
}

fn field<'a>(map: &'a mut Value, name: &str) -> &'a mut Value {
    let members = map.as_map_mut().expect("a map");
    &mut members.iter_mut().find(|(key, _)| key.as_text() == Some(name)).unwrap_or_else(|| panic!("no {name}")).1
}

fn change_bytes(value: &mut Value, change: impl FnOnce(&mut Vec<u8>)) {
    change(value.as_bytes_mut().expect("bytes"));
}

fn flip(bytes: &mut [u8]) {
    *bytes.last_mut().expect("some bytes") ^= 1;
}
