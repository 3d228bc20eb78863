//! Authenticator data (WebAuthn-3 §6.1) by its fields.

use faultkey_authenticator::authenticator_data::format_aaguid;
use faultkey_authenticator::{AuthenticatorData, Flags};

use super::{Part, diagnostic};
use crate::words::{Label, Words};

/// Flags with the specification's abbreviations and what they say (WebAuthn-3 §6.1).
const FLAGS: [(u8, &str, Label); 8] = [
    (Flags::UP, "UP", Label::UserPresent),
    (0x02, "RFU1", Label::Reserved),
    (Flags::UV, "UV", Label::UserVerified),
    (Flags::BE, "BE", Label::BackupEligible),
    (Flags::BS, "BS", Label::BackedUp),
    (0x20, "RFU2", Label::Reserved),
    (Flags::AT, "AT", Label::Attested),
    (Flags::ED, "ED", Label::ExtensionData),
];

/// COSE_Key members of an elliptic-curve key (RFC 9053 §7.1).
const COSE_KEY: [(i64, &str); 5] = [(1, "kty"), (3, "alg"), (-1, "crv"), (-2, "x"), (-3, "y")];

pub(super) fn part(words: Words, title: &str, bytes: &[u8]) -> Part {
    Part::fields(title, fields(words, bytes))
}

fn fields(words: Words, bytes: &[u8]) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    let mut field = |name: &str, value: String| fields.push((name.to_owned(), value));
    match AuthenticatorData::parse(bytes) {
        Ok(data) => {
            head(words, &data.rp_id_hash, data.flags, data.sign_count, &mut field);
            if let Some(attested) = &data.attested_credential_data {
                field("AAGUID", format_aaguid(&attested.aaguid));
                let id = &attested.credential_id;
                field(
                    words.label(Label::CredentialId),
                    format!("{} {}", data_encoding::BASE64URL_NOPAD.encode(id), words.in_bytes(id.len())),
                );
                field(words.label(Label::PublicKey), diagnostic::write(&attested.public_key, &COSE_KEY));
            }
            if let Some(extensions) = &data.extensions {
                field(words.label(Label::Extensions), diagnostic::write(extensions, &[]));
            }
            if !data.trailing.is_empty() {
                field(words.label(Label::AfterTheEnd), diagnostic::bytes(&data.trailing));
            }
        }
        Err(problem) => {
            // The fixed part says most, even when what follows is broken.
            if let Some(([hash @ .., flags, _, _, _, _], rest)) = bytes.split_first_chunk::<37>() {
                let count = bytes.get(33..37).and_then(|b| b.try_into().ok()).map_or(0, u32::from_be_bytes);
                head(words, hash, Flags(*flags), count, &mut field);
                field(words.label(Label::WhatFollows), diagnostic::bytes(rest));
            } else {
                field(words.label(Label::Bytes), diagnostic::bytes(bytes));
            }
            field(words.label(Label::NotWellFormed), problem);
        }
    }
    fields
}

fn head(words: Words, rp_id_hash: &[u8], flags: Flags, count: u32, field: &mut impl FnMut(&str, String)) {
    field("rpIdHash", data_encoding::HEXLOWER.encode(rp_id_hash));
    field(words.label(Label::Flags), describe(words, flags));
    field(words.label(Label::SignCount), count.to_string());
}

/// `0x45 = UP UV AT: user present, user verified, attested credential data follows`.
fn describe(words: Words, flags: Flags) -> String {
    let set: Vec<_> = FLAGS.iter().filter(|(bit, ..)| flags.has(*bit)).collect();
    if set.is_empty() {
        return format!("0x00 = {}", words.label(Label::NoFlags));
    }
    let names: Vec<_> = set.iter().map(|(_, name, _)| *name).collect();
    let means: Vec<_> = set.iter().map(|(.., means)| words.label(*means)).collect();
    format!("0x{:02X} = {}: {}", flags.0, names.join(" "), means.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_registration_by_its_fields() {
        let fields = fields(Words::default(), &sample::authenticator_data(0x5D, 0, true));
        let expected = [
            ("rpIdHash", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"),
            ("flags", "0x5D = UP UV BE BS AT: user present, user verified, backup eligible, backed up, attested credential data follows"),
            ("signature counter", "0"),
            ("AAGUID", "b93fd961-f2e6-462f-b122-82002247de78"),
            ("credential id", "wcHBwcHBwcHBwcHBwcHBwQ (16 bytes)"),
        ];
        for (name, value) in expected {
            assert!(fields.contains(&(name.into(), value.into())), "{name}: {fields:?}");
        }
        let key = &fields[5];
        assert!(
            key.0 == "public key" && key.1.starts_with("{\n  1 /kty/: 2,\n  3 /alg/: -7,\n  -1 /crv/: 1,\n  -2 /x/: h'aaaa"),
            "{key:?}"
        );
    }

    #[test]
    fn broken_data_still_shows_its_flags() {
        let mut bytes = sample::authenticator_data(0xC5, 9, false);
        bytes.push(1);
        let fields = fields(Words::default(), &bytes);
        assert_eq!(
            fields[1].1,
            "0xC5 = UP UV AT ED: user present, user verified, attested credential data follows, extension data follows"
        );
        assert_eq!(fields[2], ("signature counter".into(), "9".into()));
        assert_eq!(fields[3], ("what follows".into(), "h'01'".into()));
        assert_eq!(fields[4].0, "not well-formed");
        assert_eq!(super::fields(Words::default(), &[1, 2])[0], ("bytes".into(), "h'0102'".into()));
    }
}
