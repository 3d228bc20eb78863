use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use toml::Table;

use super::*;
use crate::profile;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// `<layer>/<name>` of every file in `src/fault/*/`.
fn files() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for layer in fs::read_dir(root().join("fault-injection/src/fault")).unwrap().map(|entry| entry.unwrap().path()) {
        let layer_name = layer.file_stem().unwrap().to_str().unwrap().to_owned();
        for file in layer.is_dir().then(|| fs::read_dir(&layer).unwrap()).into_iter().flatten() {
            let path = file.unwrap().path();
            found.insert(format!("{layer_name}/{}", path.file_stem().unwrap().to_str().unwrap().replace('_', "-")));
        }
    }
    found
}

#[test]
fn every_file_is_in_the_registry_and_every_entry_has_its_file() {
    let registered: BTreeSet<String> = all().iter().map(|info| format!("{}/{}", info.layer, info.name)).collect();
    assert_eq!(registered, files());
    assert_eq!(registered.len(), all().len(), "a name twice");
}

#[test]
fn the_manual_has_one_heading_for_every_fault_and_no_other() {
    let manual = fs::read_to_string(root().join("docs/faults.md")).expect("docs/faults.md");
    let headings: Vec<&str> = manual.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    let names: Vec<&str> = all().iter().map(|info| info.name).collect();
    assert_eq!(headings, names);
    let hint = "docs/faults.md is out of date: run `cargo run -p faultkey-fault-injection --example manual > docs/faults.md`";
    assert!(manual == super::manual(), "{hint}");
}

#[test]
fn faults_are_sorted_by_layer_then_name() {
    let order: Vec<_> = all().iter().map(|info| (info.layer, info.name)).collect();
    let mut sorted = order.clone();
    sorted.sort_unstable();
    assert_eq!(order, sorted);
}

#[test]
fn every_description_is_complete() {
    for info in all() {
        let name = info.name;
        for text in [info.summary, info.effect, info.opportunity, info.evidence, info.good_rp] {
            assert!(text.ends_with('.') && !text.contains("  "), "{name}: {text}");
        }
        let evidence = ["observed", "specified", "inferred"].iter().any(|mark| info.evidence.starts_with(mark));
        assert!(evidence, "{name}: {}", info.evidence);
        assert!(!info.catalogue.is_empty() || name == "no-op", "{name}");
    }
}

#[test]
fn every_example_and_every_default_is_accepted_on_some_profile() {
    for info in all() {
        let table: Table = format!("fault = {}", info.example).parse().expect(info.name);
        let spec = FaultSpec::from_toml(table["fault"].as_table().unwrap()).unwrap();
        assert_eq!(spec.name, info.name);
        for spec in [spec, FaultSpec::new(info.name)] {
            assert!(profile::all().iter().any(|profile| check(&spec, profile).is_ok()), "{spec:?}");
        }
    }
}

fn refusal(line: &str, profile: &str) -> String {
    let spec: FaultSpec = line.parse().unwrap();
    check(&spec, profile::find(profile).unwrap()).expect_err(line).to_string()
}

#[test]
fn impossible_is_an_error_with_the_reason() {
    let table = [
        ("key-invalidated-by-enrolment", "iphone", "its keys survive the enrolment and the removal of a fingerprint"),
        ("device-migrated-without-key", "iphone", "its passkeys are synced, so they are on the new device too"),
        ("device-migrated-without-key", "yubikey-5", "a security key is carried from device to device, and its keys with it"),
        ("sign-count-rollback", "iphone", "its signature counter is always zero"),
        ("stale-credential-picked", "android-device-bound", "it has no discoverable credentials, so its user never picks one from a list"),
        ("user-handle-mismatch", "android-device-bound", "its credentials are not discoverable, so its log-ins return no user handle"),
        ("be-flag-flip", "yubikey-5", "a security key's credentials are never backup eligible"),
        (
            "provider-unsupported,face=native",
            "iphone",
            "the native face is an exception of Android's Credential Manager, and this is no Android device; use `face = \"web\"`",
        ),
        (
            "ceremony-aborted,face=native",
            "windows-hello",
            "the native face is an exception of Android's Credential Manager, and this is no Android device; use `face = \"web\"`",
        ),
    ];
    for (line, profile, reason) in table {
        let name = line.split(',').next().unwrap();
        assert_eq!(refusal(line, profile), format!("fault `{name}` cannot happen on the profile `{profile}`: {reason}"));
    }
    let mut unverified = profile::find("security-key").unwrap().clone();
    unverified.authenticator.verification = faultkey_authenticator::config::BuiltInVerification::Absent;
    let error = check(&FaultSpec::new("uv-flag-clear"), &unverified).unwrap_err().to_string();
    assert_eq!(
        error,
        "fault `uv-flag-clear` cannot happen on the profile `security-key`: it can't verify its user, so its UV flag is never set"
    );
}

#[test]
fn an_unknown_name_gets_the_nearest_one() {
    let message = "there is no fault named `silent-key-regenration`, did you mean `silent-key-regeneration`?; `faultkey faults` lists them";
    assert_eq!(refusal("silent-key-regenration", "iphone"), message);
    assert_eq!(refusal("rain", "iphone"), "there is no fault named `rain`; `faultkey faults` lists them");
    assert!(find("rain").is_none() && find("no-op").is_some());
}

#[test]
fn wrong_parameters_are_named_with_what_was_expected() {
    let table = [
        ("no-op,x=1", "fault `no-op`, parameter `x`: this fault has no parameters"),
        (
            "key-invalidated-by-enrolment,face=eror",
            "fault `key-invalidated-by-enrolment`, parameter `face`: expected `error`, `fallback-ui`, `picker-then-fail` or `excluded`, found `eror`, \
             did you mean `error`?",
        ),
        (
            "key-invalidated-by-enrolment,face=excluded,status=no-credentials",
            "fault `key-invalidated-by-enrolment`, parameter `status`: only the face `error` takes it",
        ),
        ("sign-count-rollback,to=1,by=1", "fault `sign-count-rollback`, parameter `by`: give either `to` or `by`, not both"),
        (
            "sign-count-rollback,by=0",
            "fault `sign-count-rollback`, parameter `by`: expected a whole number from 1 to 4294967295, found `0`",
        ),
        ("sig-bitflip,bit=128", "fault `sig-bitflip`, parameter `bit`: expected a whole number from 0 to 127, found `128`"),
        (
            "stale-credential-picked,ignore-allow-list=yes",
            "fault `stale-credential-picked`, parameter `ignore-allow-list`: expected `true` or `false`, found `yes`",
        ),
        ("wrong-origin,origin=", "fault `wrong-origin`, parameter `origin`: expected text that is not empty, found ``"),
        (
            "unsolicited-extension,value=4",
            "fault `unsolicited-extension`, parameter `value`: expected a whole number from 1 to 3, found `4`",
        ),
        (
            "unsolicited-extension,extension=hmac-secret,value=on",
            "fault `unsolicited-extension`, parameter `value`: expected a whole number, `true` or `false`, found `on`",
        ),
        (
            "operation-denied,ceremony=login",
            "fault `operation-denied`, parameter `ceremony`: expected `registration`, `authentication` or `any`, found `login`",
        ),
        ("delayed-verify,by=5s", "fault `delayed-verify`, parameter `by`: expected a whole number from 1 to 86400000, found `5s`"),
        (
            "user-handle-mismatch,as=absent",
            "fault `user-handle-mismatch`, parameter `as`: expected `other` or `re-encoded`, found `absent`",
        ),
    ];
    for (line, message) in table {
        assert_eq!(refusal(line, "windows-hello"), message);
    }
}

#[test]
fn a_subject_or_match_that_is_out_of_sight_is_refused() {
    let table = [
        (
            "cut-verify,subject.rp-id=a.test",
            "fault `cut-verify`, field `subject.rp-id`: this fault can't see that: the network sees which ceremony a request belongs to, nothing more",
        ),
        (
            "operation-denied,trigger.on-match.origin=https://a.test",
            "fault `operation-denied`, field `trigger.on-match.origin`: this fault can't see that: an authenticator sees relying party, account and \
             ceremony, but no origin",
        ),
        (
            "wrong-origin,subject.user=hanako",
            "fault `wrong-origin`, field `subject.user`: this fault can't see that: client data names origin and ceremony, but neither RP ID nor account",
        ),
        (
            "silent-key-regeneration,trigger.on-match.ceremony=registration",
            "fault `silent-key-regeneration`, field `trigger.on-match.ceremony`: this fault can't see that: it acts on the whole device, which belongs to \
             no single relying party, account or ceremony",
        ),
    ];
    for (line, message) in table {
        assert_eq!(refusal(line, "pixel-chrome"), message);
    }
}
