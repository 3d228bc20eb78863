//! `faultkey attestation`, as its users type it.

use std::process::Command;

fn faultkey(arguments: &[&str]) -> (bool, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_faultkey")).arg("attestation").args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_root_is_a_certificate_and_depends_on_the_seed() {
    let (ok, root, _) = faultkey(&["roots"]);
    assert!(ok && root.starts_with("-----BEGIN CERTIFICATE-----\n") && root.ends_with("-----END CERTIFICATE-----\n"), "{root}");
    assert_eq!(faultkey(&["roots"]).1, root);
    assert_ne!(faultkey(&["roots", "--seed", "1"]).1, root);
}

#[test]
fn the_metadata_lists_the_models_with_the_statuses_given() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("blob.jwt");
    let statuses = ["--status", "yubikey-5=FIDO_CERTIFIED_L1", "--status", "yubikey-5=REVOKED", "--number", "7"];
    let (ok, said, error) = faultkey(&[&["mds", "--out", file.to_str().unwrap()][..], &statuses].concat());
    assert!(ok && said.is_empty(), "{error}");
    let blob = std::fs::read_to_string(file).unwrap();
    assert_eq!(blob.split('.').count(), 3, "a JWT");
    let (ok, standard, _) = faultkey(&["mds"]);
    assert!(ok && standard.split('.').count() == 3 && standard.trim_end() != blob, "other statuses, another BLOB");
}

#[test]
fn mistakes_are_told() {
    let error = |arguments: &[&str]| {
        let (ok, _, error) = faultkey(arguments);
        assert!(!ok);
        error
    };
    assert_eq!(
        error(&["mds", "--status", "yubikey5=REVOKED"]),
        "faultkey: there is no profile named `yubikey5`, did you mean `yubikey-5`?; `faultkey profiles` lists them\n"
    );
    assert!(error(&["mds", "--status", "yubikey-5=BROKEN"]).starts_with("faultkey: --status yubikey-5=BROKEN: expected one of NOT_FIDO"));
    assert_eq!(error(&["mds", "--status", "yubikey-5"]), "faultkey: --status yubikey-5: expected PROFILE=STATUS\n");
    let nameless = error(&["mds", "--status", "iphone-ios16=REVOKED"]);
    assert!(nameless.contains("profile iphone-ios16 has no model number"), "{nameless}");
    assert!(error(&["mds", "--effective", "2024-02-30"]).contains("expected a date such as 2024-01-31"));
}
