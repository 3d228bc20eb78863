use super::*;
use crate::config::{Commands, Version};
use crate::extension::Extensions;

fn of(versions: &[Version]) -> Config {
    let protection = Protection { versions: versions.to_vec(), client_pin: true, ..Protection::default() };
    Config { protection, ..Config::default() }
}

/// Everything that a configuration can claim.
fn full(versions: &[Version]) -> Config {
    let protection = Protection {
        versions: versions.to_vec(),
        no_mc_ga_permissions_with_client_pin: true,
        pin_complexity_policy_url: Some("https://broker.test/pin".to_owned()),
        certifications: [("FIDO".to_owned(), 1)].into(),
        ..Protection::full()
    };
    Config { protection, commands: Commands::full(), extensions: Extensions::full(), ..Config::default() }
}

#[test]
fn each_thing_is_in_the_table_once() {
    for (index, feature) in Feature::ALL.iter().enumerate() {
        assert_eq!(Feature::of(feature.kind()), Some(&Feature::ALL[index]), "{}", feature.name());
        assert!(!feature.name().is_empty());
    }
    for extension in Extension::ALL {
        assert!(Feature::of(Kind::Extension(extension)).is_some(), "{extension:?}");
    }
    for number in 0x01..=0x1F {
        assert!(Feature::of(Kind::Member(number)).is_some(), "{number:x}");
    }
}

#[test]
fn a_version_has_what_the_ones_before_it_have_but_for_u2f_and_prototypes() {
    let has = |versions: &[Version]| Feature::ALL.iter().filter(|feature| feature.since().is_in(versions)).count();
    let counts = Version::ALL.map(|version| has(&[version]));
    assert_eq!(counts[0], 1, "U2F is a protocol of its own");
    assert!(counts[1] < counts[2] && counts[2] < counts[3] && counts[3] < counts[4], "{counts:?}");
    for kind in [Kind::Command(0x40), Kind::Command(0x41), Kind::Option("credentialMgmtPreview")] {
        let knows = |versions: &[Version]| of(versions).protection.knows(kind);
        assert!(knows(&[Version::Fido2_1Pre]) && knows(&[Version::Fido2_3, Version::Fido2_1Pre]));
        assert!(!knows(&[Version::Fido2_0]) && !knows(&[Version::Fido2_1]) && !knows(&[Version::Fido2_3]), "{kind:?}");
    }
    // CTAP 2.2 has no version of its own.
    assert!(of(&[Version::Fido2_1]).protection.knows(Kind::Option("perCredMgmtRO")));
    assert!(!of(&[Version::Fido2_1]).protection.knows(Kind::Member(0x1E)));
    // What isn't the specification's is in every device that is made so.
    assert!(of(&[]).protection.knows(Kind::Command(0x42)));
}

#[test]
fn a_device_that_can_be_what_it_says_is_taken_as_it_is() {
    for config in [Config::default(), of(&[Version::Fido2_0]), full(&Version::ALL)] {
        assert_eq!(config.check(), Ok(()));
    }
    assert_eq!(full(&Version::ALL).as_its_versions_have_it(), full(&Version::ALL));
    // All but the prototypes.
    let everything = full(&[Version::Fido2_3]);
    let commands = Commands { credential_management_preview: false, bio_enrollment_preview: false, ..Commands::full() };
    assert_eq!(everything.clone().as_its_versions_have_it(), Config { commands, ..everything });
}

#[test]
fn a_claim_that_no_version_has_is_refused_with_its_reason() {
    let mut config = of(&[Version::U2fV2, Version::Fido2_0]);
    config.protection.pin_uv_auth_token = true;
    assert_eq!(
        config.check().unwrap_err().to_string(),
        "`protection.pin-uv-auth-token` (pinUvAuthToken) is of CTAP 2.1, and of the versions U2F_V2, FIDO_2_0 none has it; add `FIDO_2_1` to `versions`, or take it out"
    );
    let mut config = of(&[Version::Fido2_1]);
    config.commands.credential_management_preview = true;
    assert_eq!(
        config.check().unwrap_err().to_string(),
        "`commands.credential-management-preview` (authenticatorCredentialManagement, the prototype) is of CTAP 2.1 preview, and of the versions FIDO_2_1 none has it; add `FIDO_2_1_PRE` to `versions`, or take it out"
    );
    let mut config = of(&[Version::Fido2_0]);
    config.extensions.supported = vec![Extension::HmacSecret, Extension::CredBlob];
    assert!(config.check().unwrap_err().to_string().starts_with("`extensions.supported` (credBlob) is of CTAP 2.1"));
}

#[test]
fn every_claim_is_made_by_a_full_device_and_can_be_withdrawn() {
    for claim in CLAIMS {
        let mut config = full(&Version::ALL);
        assert!((claim.is_made)(&config), "{}", claim.field);
        assert!(Feature::of(claim.kind).is_some(), "{}", claim.field);
        (claim.withdraw)(&mut config);
        assert!(!(claim.is_made)(&config), "{}", claim.field);
    }
    let old = full(&[Version::Fido2_0]).as_its_versions_have_it();
    assert_eq!(old.check(), Ok(()));
    assert_eq!(old.extensions.supported, [Extension::HmacSecret, Extension::Uvm]);
    assert_eq!((old.protection.protocols, old.protection.make_cred_uv_not_required), (vec![PinUvAuthProtocol::One], false));
}
