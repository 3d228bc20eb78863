//! The test vectors of WebAuthn Level 3 §16: with the vector's keys, credential id, AAGUID and flags, the authenticator makes the vector's
//! authenticator data, attestation object and signature bit for bit. Every algorithm in them is deterministic here.

#![allow(clippy::disallowed_macros, reason = "a test may print, and may fail where it can't")]

use std::collections::BTreeMap;

use ciborium::Value;
use faultkey_authenticator::algorithm::{PrivateKey, es256, rsa};
use faultkey_authenticator::attestation::{AttestationFormat, Attester, Authority, Chip, Date, Issuance, KeyDescription, Validity};
use faultkey_authenticator::extension::ExtensionData;
use faultkey_authenticator::{
    AttestedCredentialData, Authenticator, AuthenticatorData, Change, CommandSteps, Config, Credential, CredentialId, Flags, KeyState,
    MemoryStore, Outcome, Reply, Response, Store, Time, UnsignedAssertion, UnsignedAttestation, UserEntity, cbor, random,
};
use sha2::{Digest, Sha256};

const RP_ID: &str = "example.org";

/// One block of the specification.
struct Block {
    section: String,
    step: String,
    values: BTreeMap<String, String>,
}

impl Block {
    fn bytes(&self, name: &str) -> Vec<u8> {
        let text = self.values.get(name).unwrap_or_else(|| panic!("{} has no {name}", self.section));
        data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap_or_else(|error| panic!("{} {name}: {error}", self.section))
    }

    fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// A byte of random bits from which the specification draws flags.
    fn dice(&self, name: &str) -> u8 {
        self.values.get(name).map_or(0, |_| self.bytes(name)[0])
    }

    fn client_data_hash(&self) -> Vec<u8> {
        Sha256::digest(self.bytes("clientDataJSON")).to_vec()
    }
}

fn blocks() -> Vec<Block> {
    let text = include_str!("data/webauthn-l3-vectors.json");
    let json: serde_json::Value = serde_json::from_str(text).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let block = |block: &serde_json::Value| Block {
        section: text(&block["section"]).replace("sctn-test-vectors-", ""),
        step: text(&block["step"]),
        values: block["values"].as_object().unwrap().iter().map(|(name, value)| (name.clone(), text(value))).collect(),
    };
    json.as_array().unwrap().iter().map(block).collect()
}

/// The vector's credential key; the algorithm stands in the section's name.
fn private_key(block: &Block) -> PrivateKey {
    let padded = |name: &str, length: usize| {
        let bytes = block.bytes(name);
        [vec![0; length - bytes.len()], bytes].concat()
    };
    let (algorithm, bytes) = match block.section.rsplit_once('-').map(|(_, last)| last) {
        Some("es384") => (-35, padded("credential_private_key", 48)),
        Some("es512") => (-36, padded("credential_private_key", 66)),
        Some("eddsa") => (-8, padded("private_key", 32)),
        Some("ed448") => (-53, padded("private_key", 57)),
        Some("rs256") => {
            // Given as "2^1279 - 1 = h'7fff...'".
            let prime = |name: &str| {
                let hex = block.values[name].split('\'').nth(1).unwrap();
                data_encoding::HEXLOWER.decode(hex.as_bytes()).unwrap()
            };
            let key = rsa::SecretKey::from_primes(rsa::Scheme::Rs256, &prime("private_key_p"), &prime("private_key_q"));
            return PrivateKey::Rsa(key.unwrap());
        }
        _ => (-7, padded("credential_private_key", 32)),
    };
    PrivateKey::from_bytes(algorithm, &bytes).unwrap()
}

fn format(section: &str) -> AttestationFormat {
    match section {
        "packed-self-es256" => AttestationFormat::PackedSelf,
        "tpm-es256" => AttestationFormat::Tpm,
        "android-key-es256" => AttestationFormat::AndroidKey,
        "apple-es256" => AttestationFormat::Apple,
        "fido-u2f-es256" => AttestationFormat::FidoU2f,
        packed if packed.starts_with("packed-") => AttestationFormat::Packed,
        none if none.starts_with("none-") => AttestationFormat::None,
        other => panic!("no format for {other}"),
    }
}

fn secret(bytes: Vec<u8>) -> es256::SecretKey {
    es256::SecretKey(bytes.try_into().unwrap())
}

/// The vectors' root (§16.1), with the names and dates that the specification gives.
fn authority(root: &Block) -> Authority {
    let january = |year| Date { year, month: 1, day: 1 };
    let validity = Validity { not_before: january(2024), not_after: january(3024) };
    let name = "C=AA,OU=Authenticator Attestation CA,O=W3C,CN=WebAuthn test vectors";
    let (key, serial) = (secret(root.bytes("attestation_ca_key")), root.bytes("attestation_ca_serial_number"));
    Authority::with_root(key, name, &serial, validity).unwrap()
}

/// The vector's attester: no AAGUID in its certificate, a TPM and an Android that say little.
fn attester(root: &Block, block: &Block) -> Attester {
    let key = if block.has("attestation_private_key") { "attestation_private_key" } else { "credential_private_key" };
    Attester {
        authority: authority(root),
        key: secret(block.bytes(key)),
        subject: "C=AA,OU=Authenticator Attestation,O=W3C,CN=WebAuthn test vectors".to_owned(),
        serial: Some(block.bytes("attestation_cert_serial_number")),
        aaguid: None,
        chip: Chip {
            manufacturer: "id:00000000".to_owned(),
            model: "WebAuthn test vectors".to_owned(),
            version: "id:00000000".to_owned(),
            clock: [0, 0, 0, 0, 0, 0, 0, 0, 0x11, 0x11, 0x11, 0x11, 0x22, 0x22, 0x22, 0x22, 0x33],
            firmware: 0,
        },
        key_description: KeyDescription { attestation_version: 300, security_level: 0, keymint_version: 0, with_authorizations: false },
        android_sends_root: false,
        issuance: Issuance::default(),
    }
}

/// What the specification takes from its random bits: UV and BS, and at registration BE, each under its own mask. A credential that is not
/// backup eligible is not backed up.
fn flags(block: &Block, backup_eligible: bool) -> Flags {
    let is_registration = block.step == "registration";
    let dice = Flags(block.dice(if is_registration { "auth_data_UV_BE_BS" } else { "auth_data_UV_BS" }));
    let mut flags = Flags(Flags::UP);
    flags.set(Flags::AT, is_registration);
    flags.set(Flags::UV, dice.has(Flags::UV));
    flags.set(Flags::BE, backup_eligible);
    flags.set(Flags::BS, backup_eligible && dice.has(Flags::BS));
    flags
}

fn is_backup_eligible(registration: &Block) -> bool {
    Flags(registration.dice("auth_data_UV_BE_BS")).has(Flags::BE)
}

fn encoded(response: Response) -> Vec<(Value, Value)> {
    let mut authenticator = Authenticator::new(Config::default(), Box::<MemoryStore>::default(), random::stream(1, "vectors"));
    match authenticator.encode(Time::START, Outcome::granted(response)) {
        Reply::Message(message) if message.status == 0 => message.members,
        other => panic!("{other:?}"),
    }
}

fn member(members: &[(Value, Value)], key: u8) -> Value {
    members.iter().find(|(name, _)| *name == Value::from(key)).map(|(_, value)| value.clone()).unwrap()
}

fn credential(key: PrivateKey, id: Vec<u8>, flags: Flags) -> Credential {
    Credential {
        id: CredentialId(id),
        rp_id: RP_ID.to_owned(),
        user: UserEntity { id: vec![1], ..UserEntity::default() },
        key: KeyState::Usable(key),
        discoverable: false,
        backup_eligible: flags.has(Flags::BE),
        backup_state: flags.has(Flags::BS),
        created: 1,
        extensions: ExtensionData::default(),
    }
}

/// Makes the vector's attestation object.
fn register(root: &Block, block: &Block) -> Vec<u8> {
    let key = private_key(block);
    let authenticator_data = AuthenticatorData {
        rp_id_hash: Sha256::digest(RP_ID).into(),
        flags: flags(block, is_backup_eligible(block)),
        sign_count: 0,
        attested_credential_data: Some(AttestedCredentialData {
            aaguid: block.bytes("aaguid").try_into().unwrap(),
            credential_id: block.bytes("credential_id"),
            public_key: key.cose_public_key().unwrap(),
        }),
        extensions: None,
        trailing: Vec::new(),
    };
    let format = format(&block.section);
    let credential = credential(key, block.bytes("credential_id"), authenticator_data.flags);
    let stored = MemoryStore::default().commit(&[Change::Put(credential.clone())]).unwrap();
    let members = encoded(Response::MakeCredential(Box::new(UnsignedAttestation {
        authenticator_data,
        client_data_hash: block.client_data_hash(),
        format,
        attester: format.needs_attester().then(|| Box::new(attester(root, block))),
        credential,
        stored,
    })));
    // What the client makes of it (WebAuthn-3 §6.5.4), in the order of CTAP2 canonical CBOR.
    cbor::write(&cbor::text_map([("fmt", member(&members, 1)), ("attStmt", member(&members, 3)), ("authData", member(&members, 2))]))
}

/// Makes the vector's authenticator data and signature, with the credential of its registration.
fn authenticate(registration: &Block, block: &Block) -> (Vec<u8>, Vec<u8>) {
    let flags = flags(block, is_backup_eligible(registration));
    let members = encoded(Response::GetAssertion(Box::new(UnsignedAssertion {
        authenticator_data: AuthenticatorData {
            rp_id_hash: Sha256::digest(RP_ID).into(),
            flags,
            sign_count: 0,
            attested_credential_data: None,
            extensions: None,
            trailing: Vec::new(),
        },
        client_data_hash: block.client_data_hash(),
        credential: credential(private_key(registration), registration.bytes("credential_id"), flags),
        user: None,
        number_of_credentials: None,
        large_blob_key: None,
    })));
    let bytes = |key| member(&members, key).as_bytes().unwrap().clone();
    (bytes(2), bytes(3))
}

#[test]
fn the_root_certificate_is_the_vectors() {
    let blocks = blocks();
    assert_eq!(hex(authority(&blocks[0]).root()), hex(&blocks[0].bytes("attestation_ca_cert")));
}

#[test]
fn every_ceremony_is_the_vectors_bit_for_bit() {
    let blocks = blocks();
    let registrations: Vec<&Block> = blocks.iter().filter(|block| block.step == "registration").collect();
    let mut different = Vec::new();
    println!("{:<32} {:<20} {:<19} {:<10}", "ceremonies", "attestation object", "authenticator data", "signature");
    for registration in &registrations {
        let section = &registration.section;
        let authentication = blocks.iter().find(|block| block.step == "authentication" && block.section == *section).unwrap();
        let object = register(&blocks[0], registration);
        let (data, signature) = authenticate(registration, authentication);
        let mut compare = |part: &str, made: &[u8], vector: Vec<u8>| {
            if made != vector {
                different.push(format!("{section} {part}\n  made   {}\n  vector {}", hex(made), hex(&vector)));
            }
            if made == vector { "the same" } else { "DIFFERENT" }
        };
        let verdicts = [
            compare("attestation object", &object, registration.bytes("attestationObject")),
            compare("authenticator data", &data, authentication.bytes("authenticatorData")),
            compare("signature", &signature, authentication.bytes("signature")),
        ];
        println!("{section:<32} {:<20} {:<19} {:<10}", verdicts[0], verdicts[1], verdicts[2]);
    }
    assert_eq!(registrations.len(), 15);
    assert!(different.is_empty(), "{}", different.join("\n"));
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}
