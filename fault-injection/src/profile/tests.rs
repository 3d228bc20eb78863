use super::*;
use faultkey_authenticator::Flags;

/// The catalogue's table §3.2: name, number, AAGUID, flags at registration and at authentication (user verified), counter, length of ids, transports.
type Row = (&'static str, &'static str, &'static str, u8, u8, SignCountPolicy, usize, &'static str);

const GPM: &str = "ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4";
const ZERO: &str = "00000000-0000-0000-0000-000000000000";
const CATALOGUE: &[Row] = &[
    ("security-key", "", ZERO, 0x45, 0x05, SignCountPolicy::Global, 32, "usb"),
    ("security-key-full", "", "2d9c1e55-0b6f-4c0a-9a3e-fa017ce15e42", 0x45, 0x05, SignCountPolicy::Global, 32, "usb"),
    ("pixel-chrome", "P01", GPM, 0x5D, 0x1D, SignCountPolicy::Zero, 32, "hybrid,internal"),
    ("pixel-native-app", "P02", GPM, 0x5D, 0x1D, SignCountPolicy::Zero, 32, "hybrid,internal"),
    ("galaxy-a", "P03", GPM, 0x5D, 0x1D, SignCountPolicy::Zero, 32, "hybrid,internal"),
    ("samsung-pass", "P04", "53414d53-554e-4700-0000-000000000000", 0x5D, 0x1D, SignCountPolicy::Zero, 32, "hybrid,internal"),
    ("xperia", "P05", GPM, 0x5D, 0x1D, SignCountPolicy::Zero, 32, "hybrid,internal"),
    ("aquos", "P06", GPM, 0x5D, 0x1D, SignCountPolicy::Zero, 32, "hybrid,internal"),
    ("arrows-we", "P07", GPM, 0x5D, 0x1D, SignCountPolicy::Zero, 32, "hybrid,internal"),
    ("android-device-bound", "P08", "b93fd961-f2e6-462f-b122-82002247de78", 0x45, 0x05, SignCountPolicy::PerCredential, 65, "internal"),
    ("iphone", "P09", "fbfc3007-154e-4ecc-8c0b-6e020557d7bd", 0x5D, 0x1D, SignCountPolicy::Zero, 20, "hybrid,internal"),
    ("iphone-ios16", "P10", ZERO, 0x5D, 0x1D, SignCountPolicy::Zero, 20, "hybrid,internal"),
    ("windows-hello", "P11", "08987058-cadc-4b81-b6e1-30de50dcbe96", 0x45, 0x05, SignCountPolicy::Zero, 32, "internal"),
    ("windows-hello-vbs", "P12", "9ddd1817-af5a-4672-a2b9-3e3dd95000a9", 0x45, 0x05, SignCountPolicy::Zero, 32, "internal"),
    ("windows-phone-qr", "P13", ZERO, 0x5D, 0x1D, SignCountPolicy::Zero, 32, "hybrid"),
    ("chrome-mac-profile", "P14", "adce0002-35bc-c60a-648b-0b25f1f05503", 0x45, 0x05, SignCountPolicy::Zero, 160, "internal"),
    ("onepassword", "P15", "bada5566-a7aa-401f-bd96-45619a55120d", 0x5D, 0x1D, SignCountPolicy::Zero, 32, "internal"),
    ("bitwarden", "P16", "d548826e-79b4-db40-a3d8-11116f7e8349", 0x5D, 0x1D, SignCountPolicy::Zero, 16, "internal"),
    ("dashlane", "P17", "531126d6-e717-415c-9320-3d9aa6981239", 0x5D, 0x1D, SignCountPolicy::Zero, 36, "internal"),
    ("keepassxc", "P18", "fdb141b2-5d84-443e-8a35-4698c205a502", 0x5D, 0x1D, SignCountPolicy::Zero, 32, "internal"),
    ("yubikey-5", "P19", "2fc0579f-8113-47ea-b116-bb5a8db9202a", 0x45, 0x05, SignCountPolicy::Global, 64, "usb,nfc"),
    ("titan-v2", "P20", "42b4fb4a-2866-43b2-9bf7-6c6669c2e5d3", 0x45, 0x05, SignCountPolicy::Global, 528, "usb,nfc"),
];

#[test]
fn every_profile_loads_and_has_the_catalogues_numbers() {
    assert_eq!(all().len(), CATALOGUE.len());
    for (profile, row) in all().iter().zip(CATALOGUE) {
        let (name, number, aaguid, registration, log_in, sign_count, id_length, transports) = *row;
        let device = &profile.authenticator;
        assert_eq!((profile.name.as_str(), profile.catalogue.as_str()), (name, number));
        assert_eq!(HEXLOWER.encode(&device.aaguid), aaguid.replace('-', ""), "{name}");
        let mut flags = Flags(Flags::UP);
        // With its PIN set, where there is no reader.
        flags.set(Flags::UV, device.verification == BuiltInVerification::Ready || device.protection.client_pin);
        flags.set(Flags::BE, device.backup_eligible);
        flags.set(Flags::BS, device.backup_state);
        assert_eq!((flags.0 | Flags::AT, flags.0), (registration, log_in), "{name}");
        assert_eq!((device.sign_count, device.credential_id_length), (sign_count, id_length), "{name}");
        assert_eq!(device.transports.join(","), transports, "{name}");
        let algorithms: &[i64] = match name {
            "windows-hello" | "windows-hello-vbs" => &[-257, -7],
            "keepassxc" => &[-7, -8, -257],
            "yubikey-5" => &[-7, -8],
            "security-key-full" => &[-7, -9, -8, -19, -53, -35, -51, -36, -52, -47, -257, -258, -259, -37, -38, -39, -48, -49, -50],
            _ => &[-7],
        };
        assert_eq!(device.algorithms, algorithms, "{name}");
        assert_eq!(device.on_event, profile.events, "{name}");
    }
}

#[test]
fn the_full_security_key_has_everything() {
    let device = &find("security-key-full").expect("the profile").authenticator;
    let all = AttestationFormat::ALL.into_iter().map(AttestationFormat::identifier).filter(|format| *format != "none");
    assert!(all.into_iter().all(|format| device.attestation.identifiers().contains(&format)), "each format can be chosen");
    assert_eq!(device.aaguid, Config::default().aaguid);
    assert_eq!((&device.protection, &device.commands, &device.extensions), (&Protection::full(), &Commands::full(), &Extensions::full()));
}

/// As the catalogue and the devices' makers have it; synced passkeys and password managers give none.
#[test]
fn each_device_attests_as_the_real_one_does() {
    for profile in all() {
        let expected: &[&str] = match profile.name.as_str() {
            "security-key-full" => continue,
            "security-key" | "windows-hello-vbs" | "chrome-mac-profile" | "yubikey-5" | "titan-v2" => &["packed", "none"],
            "windows-hello" => &["tpm", "none"],
            "android-device-bound" => &["android-key", "android-safetynet", "none"],
            _ => &["none"],
        };
        let device = &profile.authenticator;
        assert_eq!(device.attestation.identifiers(), expected, "{}", profile.name);
        let has_certificates = device.attestation.preferred().needs_attester();
        assert!(!has_certificates || device.aaguid != [0; 16], "{}: certificates name a model", profile.name);
    }
}

#[test]
fn an_issuance_is_read() {
    let text = include_str!("../../profiles/iphone.toml").replacen(
        "formats = [\"none\"]",
        "formats = [\"packed\"], statuses = [\"REVOKED\"], issuance = { seed = 9, device-serial = 77, attested-at = 5, \
         validity = { not-before = \"2025-01-01\", not-after = \"2026-01-01\" } }, enterprise = { rp-ids = [\"corp.test\"], platform-managed = false }",
        1,
    );
    let attestation = Profile::from_toml(&text).unwrap().authenticator.attestation;
    let issuance = attestation.issuance;
    assert_eq!((issuance.seed, issuance.device_serial, issuance.attested_at, issuance.intermediate), (9, 77, 5, true));
    assert_eq!(
        (issuance.validity.not_before.to_string(), issuance.validity.not_after.to_string()),
        ("2025-01-01".into(), "2026-01-01".into())
    );
    assert_eq!((attestation.statuses, attestation.enterprise.rp_ids), (vec!["REVOKED".to_owned()], vec!["corp.test".to_owned()]));
    assert!(!attestation.enterprise.platform_managed);
}

#[test]
fn a_profile_can_be_what_it_says() {
    let yubikey = include_str!("../../profiles/yubikey-5.toml");
    let refused = |from: &str, to: &str| {
        assert!(yubikey.contains(from), "{from}");
        Profile::from_toml(&yubikey.replace(from, to)).unwrap_err().to_string()
    };
    assert_eq!(
        refused(r#", "FIDO_2_1_PRE"]"#, "]"),
        "profile: field `commands.credential-management-preview` (authenticatorCredentialManagement, the prototype) is of CTAP 2.1 preview, and of the versions U2F_V2, FIDO_2_0 none has it; add `FIDO_2_1_PRE` to `versions`, or take it out"
    );
    assert_eq!(
        refused(r#""hmac-secret"]"#, r#""largeBlobKey"]"#),
        "profile: field `extensions.supported` (largeBlobKey) is of CTAP 2.1, and of the versions U2F_V2, FIDO_2_0, FIDO_2_1_PRE none has it; add `FIDO_2_1` to `versions`, or take it out"
    );
    assert_eq!(
        refused(r#"["U2F_V2", "FIDO_2_0", "FIDO_2_1_PRE"]"#, "[]"),
        "profile: field `protection.versions`: a device speaks one version at least, e.g. \"FIDO_2_1\""
    );
    for profile in all() {
        assert_eq!(profile.authenticator.check(), Ok(()), "{}", profile.name);
    }
}

#[test]
fn every_file_is_listed_and_bears_its_profiles_name() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("profiles");
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap().strip_suffix(".toml").expect("a TOML file").to_owned())
        .collect();
    files.sort();
    let mut names: Vec<&str> = all().iter().map(|profile| profile.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(files, names);
}

#[test]
fn only_the_profiles_that_the_catalogue_says_lose_keys_to_a_fingerprint() {
    let lose: Vec<&str> = all()
        .iter()
        .filter(|profile| profile.events[&Event::FingerprintEnrolled] != Effect::Nothing)
        .map(|profile| profile.name.as_str())
        .collect();
    assert_eq!(lose, ["samsung-pass", "android-device-bound"]);
}

#[test]
fn each_says_how_it_is_known() {
    for profile in all() {
        let evidence = &profile.evidence;
        let marks = [("observed: ", "報告例あり："), ("inferred: ", "推定：")];
        let alike = |(en, ja)| evidence.en.starts_with(en) && evidence.ja.starts_with(ja);
        assert!(marks.into_iter().any(alike), "{}: {evidence:?}", profile.name);
    }
}

#[test]
fn an_unknown_name_gets_the_nearest_one() {
    assert_eq!(unknown("iphon").to_string(), "there is no profile named `iphon`, did you mean `iphone`?; `faultkey profiles` lists them");
    assert!(find("iphon").is_none() && find("iphone").is_some());
}

#[test]
fn a_wrong_file_is_refused_with_the_place() {
    let good = include_str!("../../profiles/iphone.toml");
    let message = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        Profile::from_toml(&good.replacen(from, to, 1)).unwrap_err().to_string()
    };
    let table = [
        ("platform = true", "platfrom = true", "unknown field `platfrom`"),
        ("discoverable = true\n", "", "missing field `discoverable`"),
        ("sign-count = \"zero\"", "sign-count = \"never\"", "unknown variant `never`, expected one of `global`, `per-credential`, `zero`"),
        (
            "fbfc3007-",
            "fbfc300-",
            "profile: field `aaguid`: expected 32 hexadecimal digits in five groups, found `fbfc300-154e-4ecc-8c0b-6e020557d7bd`",
        ),
        (
            "credential-id-length = 20",
            "credential-id-length = 15",
            "profile: field `credential-id-length`: expected 16 to 1023 bytes (WebAuthn-3 §6.5.1), found 15",
        ),
        (
            "backup-eligible = true",
            "backup-eligible = false",
            "profile: field `backup-state`: a credential that is not backup eligible can't be backed up",
        ),
        (
            "formats = [\"none\"]",
            "formats = [\"enterprise\"]",
            "a device does not give `enterprise` to every relying party; set `enterprise-att",
        ),
        (
            "formats = [\"none\"]",
            "formats = [\"tpm\"], statuses = [\"REVOKE\"]",
            "profile: field `attestation.statuses`: expected some of NOT_FIDO_CERTIFIED, FIDO_CERTIFIED, ",
        ),
        (
            "formats = [\"none\"]",
            "formats = [], issuance = { validity = { not-before = \"2024-02-30\", not-after = \"2024-03-01\" } }",
            "expected a date such as 2024-01-31, found \"2024-02-30\"",
        ),
        ("formats = [\"none\"]", "format = \"none\"", "unknown field `format`"),
        ("os-updated = \"nothing\"\n", "", "profile: table `events`: `os-updated` is missing; say `nothing` if the keys survive it"),
        ("os-updated = \"nothing\"", "os-updated = \"bricked\"", "unknown variant `bricked`"),
    ];
    for (from, to, expected) in table {
        let found = message(from, to);
        assert!(found.contains(expected), "{from} -> {to}: {found}");
    }
    assert!(message("platform = true", "platfrom = true").contains("line "), "names the line");
}

#[test]
fn the_profiles_of_the_program_are_in_both_languages() {
    for text in FILES {
        let file: toml::Table = text.parse().unwrap();
        for field in ["title", "evidence", "limits"] {
            let japanese = format!("{field}-ja");
            let is_empty = file[field].as_array().is_some_and(Vec::is_empty);
            assert!(is_empty || file.contains_key(&japanese), "{}: {japanese}", file["name"]);
        }
    }
}

#[test]
fn a_profile_without_japanese_says_the_same_in_both_languages() {
    let japanese = |line: &&str| !["title-ja", "evidence-ja", "limits-ja"].iter().any(|field| line.starts_with(field));
    let english: Vec<&str> = FILES[9].lines().filter(japanese).collect();
    let profile = Profile::from_toml(&english.join("\n")).unwrap();
    assert_eq!(
        (&profile.name, &profile.title.ja, &profile.evidence.ja),
        (&"android-device-bound".to_owned(), &profile.title.en, &profile.evidence.en)
    );
    assert!(!profile.limits.is_empty() && profile.limits.iter().all(|limit| limit.en == limit.ja));

    let more = english.join("\n").replace("limits = ", "limits-ja = ['一', '二']\nlimits = ");
    let error = Profile::from_toml(&more).unwrap_err().to_string();
    assert_eq!(error, "profile: field `limits-ja`: expected one text for each of the 1 in `limits`, found 2");
}
