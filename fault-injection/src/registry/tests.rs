use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use toml::Table;

use super::*;
use crate::scene::Ceremony;
use crate::{Language, profile};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The control, and failures that the catalogue does not have.
const NOT_IN_THE_CATALOGUE: [&str; 6] =
    ["no-op", "response-member-missing", "response-member-wrong-type", "response-of-other-ceremony", "short-signature", "up-flag-clear"];

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
            assert!(text.en.ends_with('.') && !text.en.contains("  "), "{name}: {}", text.en);
        }
        for text in [info.effect, info.opportunity, info.evidence, info.good_rp] {
            assert!(text.ja.ends_with('。'), "{name}: {}", text.ja);
        }
        // Labels.
        let parameters = info.parameters.iter().flat_map(|parameter| [parameter.accepts, parameter.default, parameter.meaning]);
        for text in parameters.chain([info.summary]) {
            assert!(!text.ja.is_empty() && !text.ja.ends_with('。'), "{name}: {}", text.ja);
        }
        let marks = [("observed", "報告例あり"), ("specified", "仕様に規定"), ("inferred", "推定")];
        let alike = |(en, ja)| info.evidence.en.starts_with(en) && info.evidence.ja.starts_with(ja);
        assert!(marks.into_iter().any(alike), "{name}: {:?}", info.evidence);
        assert!(!info.catalogue.is_empty() || NOT_IN_THE_CATALOGUE.contains(&name), "{name}");
    }
}

#[test]
fn no_two_faults_say_the_same_of_themselves() {
    for language in Language::ALL {
        let summaries: BTreeSet<&str> = all().iter().map(|info| *info.summary.get(language)).collect();
        assert_eq!(summaries.len(), all().len(), "{language:?}");
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

#[test]
fn the_example_for_the_command_line_asks_for_the_same() {
    for info in all() {
        let table: Table = format!("fault = {}", info.example).parse().expect(info.name);
        let expected = FaultSpec::from_toml(table["fault"].as_table().unwrap()).unwrap();
        let line = info.command_line_example();
        assert_eq!(line.parse::<FaultSpec>().expect(info.name), expected, "{line}");
        assert!(!line.contains([' ', '"', '\'']), "a shell takes it as it is: {line}");
    }
    let example = |name: &str| find(name).unwrap().command_line_example();
    assert_eq!(example("no-op"), "no-op");
    assert_eq!(example("cut-options"), "cut-options,at=n6,bytes=200,ending=fin,schedule.first=1");
    assert_eq!(example("type-swapped"), "type-swapped,trigger.on-match.ceremony=authentication");
}

/// Words that a native speaker stumbles over, and second names for what has one.
#[test]
fn the_words_are_plain() {
    const AVOIDED: [&str; 10] =
        ["log-in", "log-ins", "lock-out", "anew", "nobody", "somebody", "for ever", "falls short", "public trace", "other way round"];
    let avoided = |text: &str| {
        // Whole words only.
        let words: Vec<&str> = text.split(|letter: char| !letter.is_alphanumeric() && letter != '-').collect();
        let text = format!(" {} ", words.join(" "));
        AVOIDED.into_iter().find(|word| text.contains(&format!(" {word} ")))
    };
    for info in all() {
        let parameters = info.parameters.iter().flat_map(|parameter| [parameter.accepts, parameter.default, parameter.meaning]);
        for text in [info.summary, info.effect, info.opportunity, info.evidence, info.good_rp].into_iter().chain(parameters) {
            assert_eq!(avoided(text.en), None, "{}: {text:?}", info.name);
        }
    }
    for profile in profile::all() {
        for text in profile.limits.iter().chain([&profile.title, &profile.evidence]) {
            assert_eq!(avoided(&text.en), None, "{}: {text:?}", profile.name);
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
        ("device-migrated-without-key", "yubikey-5", "a security key moves with its user, and its credentials with it"),
        ("sign-count-rollback", "iphone", "its signature counter is always zero"),
        ("stale-credential-picked", "android-device-bound", "it has no discoverable credentials, so its user never picks one from a list"),
        ("user-handle-mismatch", "android-device-bound", "its credentials are not discoverable, so its assertions return no user handle"),
        ("be-flag-flip", "yubikey-5", "a security key's credentials are never backup eligible"),
        (
            "provider-unsupported,face=native",
            "iphone",
            "the native face is an exception of Android's Credential Manager, and this is not an Android device; use `face = \"web\"`",
        ),
        (
            "ceremony-aborted,face=native",
            "windows-hello",
            "the native face is an exception of Android's Credential Manager, and this is not an Android device; use `face = \"web\"`",
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
            "fault `key-invalidated-by-enrolment`, parameter `status`: only allowed with `face = \"error\"`",
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
            "fault `cut-verify`, field `subject.rp-id`: this fault can't see that: the network sees which ceremony a request belongs to, and nothing else",
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
            "fault `silent-key-regeneration`, field `trigger.on-match.ceremony`: this fault can't see that: it changes the whole device, which belongs to \
             no single relying party, account or ceremony",
        ),
    ];
    for (line, message) in table {
        assert_eq!(refusal(line, "pixel-chrome"), message);
    }
}

#[test]
fn what_can_never_fire_is_refused() {
    let both =
        "fault `uv-flag-clear`, field `trigger.on-match.ceremony`: it is `registration`, but the parameter `ceremony` is `authentication`";
    let remedy = "so the fault can never fire; write the parameter `ceremony = \"registration\"`, or leave `on-match.ceremony` out";
    let outside = "with these parameters the fault only fires outside of ceremonies, where there is no ceremony, relying party or account to match; \
                   leave this field out";
    let table = [
        ("uv-flag-clear,trigger.on-match.ceremony=registration", format!("{both}, its default, {remedy}")),
        ("uv-flag-clear,ceremony=authentication,trigger.on-match.ceremony=registration", format!("{both}, {remedy}")),
        (
            "sig-bitflip,trigger.on-match.ceremony=registration",
            "fault `sig-bitflip`, field `trigger.on-match.ceremony`: it is `registration`, but this fault only fires in `authentication`; write \
             `authentication`, or leave `on-match.ceremony` out"
                .to_owned(),
        ),
        (
            "no-op,subject.rp-id=a.test,trigger.on-match.rp-id=b.test",
            "fault `no-op`, field `trigger.on-match.rp-id`: it is `b.test`, but `subject.rp-id` is `a.test`, so the fault can never fire; write the \
             same RP ID in both, or only one of them"
                .to_owned(),
        ),
        (
            "no-op,subject.rp-id=https://a.test",
            "fault `no-op`, field `subject.rp-id`: `https://a.test` is a URL; an RP ID is a domain alone, e.g. `login.example.com`".to_owned(),
        ),
        ("no-op,subject.user=", "fault `no-op`, field `subject.user`: it is empty, which matches nothing; leave it out".to_owned()),
        (
            "wrong-origin,trigger.on-match.origin=https://a.test/",
            "fault `wrong-origin`, field `trigger.on-match.origin`: `https://a.test/` has a path; an origin ends with its host or port, e.g. \
             `https://login.example.com:8443`"
                .to_owned(),
        ),
        (
            "no-op,trigger.probability=0",
            "fault `no-op`, field `trigger.probability`: with probability 0 the fault can never fire; write a number above 0, or leave the fault out"
                .to_owned(),
        ),
        (
            "no-op,trigger.after-event=os-updated,schedule.until-event=os-updated",
            "fault `no-op`, field `schedule.until-event`: `os-updated` also starts the fault (`trigger.after-event`), so it can never fire; name \
             another event in one of them"
                .to_owned(),
        ),
        (
            "report-dropped,message=ping,subject.user=hanako",
            format!("fault `report-dropped`, field `subject.user`: {outside}"),
        ),
        (
            "channel-busy,message=init,trigger.on-match.ceremony=registration",
            format!("fault `channel-busy`, field `trigger.on-match.ceremony`: {outside}"),
        ),
    ];
    for (line, message) in table {
        assert_eq!(refusal(line, "security-key"), message);
    }
    for line in [
        "uv-flag-clear,ceremony=registration,trigger.on-match.ceremony=registration",
        "uv-flag-clear,ceremony=any,trigger.on-match.ceremony=registration",
        "sig-bitflip,trigger.on-match.ceremony=authentication",
        "report-dropped,message=cbor,trigger.on-match.ceremony=registration",
        "no-op,trigger.after-event=os-updated,schedule.until-event=reset",
        "no-op,subject.rp-id=pam://host",
    ] {
        check(&line.parse().unwrap(), profile::find("security-key").unwrap()).expect(line);
    }
}

/// A fault that says of itself in which ceremonies it fires says the truth for every value of its parameter `ceremony`.
#[test]
fn a_parameter_ceremony_limits_the_ceremonies() {
    for info in all().into_iter().filter(|info| info.parameters.iter().any(|parameter| parameter.name == "ceremony")) {
        for ceremony in Ceremony::BOTH {
            let fault = loaded(&format!("{},ceremony={ceremony}", info.name));
            assert_eq!(fault.ceremonies(), [*ceremony], "{}", info.name);
        }
    }
}
