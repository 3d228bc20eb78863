use std::path::Path;
use std::time::Duration;

use super::*;
use crate::check::Gravity;
use crate::config::keys::{ACCEPT_KEYS, KEYS};

fn parsed(text: &str) -> Config {
    Config::parse(text, Path::new("ci/faultkey.toml")).unwrap()
}

/// The error of this text.
fn refused(text: &str) -> String {
    Config::parse(text, Path::new("faultkey.toml")).unwrap_err().to_string()
}

/// The manual's file with every key.
fn example() -> &'static str {
    let manual = include_str!("../../../docs/config.md");
    let blocks = manual.split("```toml\n").skip(1).filter_map(|rest| rest.split_once("```").map(|(block, _)| block));
    blocks.max_by_key(|block| block.len()).unwrap()
}

#[test]
fn the_example_of_the_manual_has_every_key_and_loads() {
    let schema = serde_json::to_value(Config::schema()).unwrap();
    let keys = |properties: &serde_json::Value| -> Vec<String> { properties.as_object().unwrap().keys().cloned().collect() };
    assert_eq!(keys(&schema["properties"]), KEYS);
    assert_eq!(keys(&schema["$defs"]["Acceptance"]["properties"]), ACCEPT_KEYS);
    // Its secrets are environment variables that cargo sets for every test.
    let text = example().replace("{env:STAGING_PASSWORD}", "{env:CARGO_PKG_NAME}").replace("{env:BUILD_NUMBER}", "{env:CARGO_PKG_NAME}");
    let config = Config::parse(&text, Path::new("faultkey.toml")).unwrap();
    let table: toml::Table = text.parse().unwrap();
    for key in KEYS {
        assert!(table.contains_key(key), "{key} is not in the example");
    }
    let accept = table["accept"].as_array().unwrap();
    for key in ACCEPT_KEYS {
        assert!(accept.iter().any(|entry| entry.as_table().unwrap().contains_key(key)), "{key} is not in the example");
    }
    assert_eq!(config.accept.len(), accept.len());
    let schema = example().lines().next().and_then(|line| line.strip_prefix("#:schema ")).unwrap();
    assert!(Path::new("../docs").join(schema).exists(), "{schema}");
}

#[test]
fn what_the_file_says_is_read() {
    let config = parsed(
        "rp = \"https://staging.shop.example\"\nfail-on = \"unclear\"\npace = \"500ms\"\ntime-limit = \"10m\"\nlanguage = \"ja\"\n\
         formats = [\"html\", \"github\"]\ntranscripts = \"all\"\nrequire-observable = true\n",
    );
    assert_eq!(config.rp.unwrap().as_str(), "https://staging.shop.example/");
    assert_eq!(config.fail_on, Some(FailOn::AtLeast(Gravity::Unclear)));
    assert_eq!((config.pace, config.time_limit), (Some(Duration::from_millis(500)), Some(Duration::from_secs(600))));
    assert_eq!((config.language, config.transcripts), (Some(Language::Japanese), Some(Transcripts::All)));
    assert_eq!((config.formats, config.require_observable), (Some(vec![Format::Html, Format::Github]), Some(true)));
    assert_eq!(parsed("fail-on = \"never\"").fail_on, Some(FailOn::Never));
    assert_eq!(parsed(""), Config::default());
}

#[test]
fn paths_start_at_the_files_folder() {
    let config = parsed(
        "adapter = \"shop.toml\"\nscenarios = [\"own/slow.toml\", \"m0902-uv-not-set\"]\nca = \"ca.pem\"\nout = \"report\"\n\
         baseline = \"/var/old.json\"\n",
    );
    assert_eq!(config.adapter.as_deref(), Some("ci/shop.toml"));
    assert_eq!(config.scenarios.unwrap(), ["ci/own/slow.toml", "m0902-uv-not-set"]);
    assert_eq!((config.ca.unwrap(), config.out.unwrap()), ("ci/ca.pem".into(), "ci/report".into()));
    assert_eq!(config.baseline.unwrap(), Path::new("/var/old.json"));
    assert_eq!(parsed("adapter = \"keycloak\"").adapter.as_deref(), Some("keycloak"), "a built-in one");
    let here = Config::parse("out = \"report\"", Path::new("faultkey.toml")).unwrap();
    assert_eq!(here.out.unwrap(), Path::new("report"));
}

#[test]
fn the_command_line_wins() {
    let file = parsed(
        "adapter = \"keycloak\"\nseed = 1\npace = \"1s\"\ni-may-test = [\"shop.example.com\"]\n[[accept]]\n\
         id = \"replay/authentication-verify\"\nreason = \"SHOP-1\"\n",
    );
    let line = Config { seed: Some(2), i_may_test: Some(vec!["b.example.com".to_owned()]), ..Config::default() };
    let both = line.over(file.clone());
    assert_eq!((both.seed, both.pace, both.adapter.as_deref()), (Some(2), Some(Duration::from_secs(1)), Some("keycloak")));
    assert_eq!(both.i_may_test.unwrap(), ["b.example.com", "shop.example.com"]);
    assert_eq!(both.accept.len(), 1);
    assert_eq!(Config::default().over(file.clone()), file);
    assert_eq!(file.clone().over(Config::default()), file);
}

#[test]
fn what_needs_a_relying_party_is_named() {
    assert_eq!(parsed("seed = 1\nout = \"x\"").needs_rp(), None);
    assert_eq!(parsed("restart = \"make up\"\npace = \"1s\"").needs_rp(), Some("pace"));
}

#[test]
fn acceptances_know_their_places() {
    let config = parsed(
        "seed = 1\n\n[[accept]]\nid = \"replay/authentication-verify\"\nreason = \"SHOP-1\"\n\n[[accept]]\n\
         id = \"no-retry/registration-verify\"\nreason = \"SHOP-2\"\nuntil = 2027-01-31\n",
    );
    let [first, second] = config.accept.as_slice() else { panic!("two") };
    assert_eq!((first.place.as_str(), first.until), ("ci/faultkey.toml:3", None));
    assert_eq!((second.place.as_str(), second.until), ("ci/faultkey.toml:7", Some("2027-01-31".parse().unwrap())));
    assert_eq!((second.id.to_string().as_str(), second.reason.as_str()), ("no-retry/registration-verify", "SHOP-2"));
}

#[test]
fn unknown_keys_are_refused_with_the_nearest() {
    assert_eq!(refused("seed = 1\nfail-onn = \"state\"\n"), "faultkey.toml:2, fail-onn: unknown key `fail-onn`, did you mean `fail-on`?");
    let error = refused("colour = \"red\"\n");
    assert!(error.starts_with("faultkey.toml:1, colour: unknown key `colour`, expected one of `rp`, `adapter`, "), "{error}");
    assert_eq!(
        refused("[[accept]]\nid = \"replay/fallback\"\nreasons = \"x\"\n"),
        "faultkey.toml:3, accept.reasons: unknown key `reasons`, did you mean `reason`?"
    );
    assert_eq!(
        refused("show-secrets = true\n"),
        "faultkey.toml:1, show-secrets: `show-secrets` is no key of this file: it would show secrets in every run's report; give it on the \
         command line"
    );
}

#[test]
fn wrong_values_are_told_at_their_line() {
    for (line, problem) in [
        ("pace = \"5\"", "pace: `5` is no time; expected a whole number with `ms`, `s` or `m`, e.g. `500ms`"),
        ("seed = \"1\"", "seed: invalid type: string \"1\", expected u64"),
        ("formats = [\"pdf\"]", "formats: unknown variant `pdf`, expected one of `html`, `json`, `junit`, `markdown`, `github`"),
        ("language = \"fr\"", "language: unknown variant `fr`, expected `en` or `ja`"),
        ("transcripts = \"none\"", "transcripts: unknown variant `none`, expected `failed` or `all`"),
        (
            "fail-on = \"grave\"",
            "fail-on: unknown variant `grave`, expected one of `security`, `state`, `no-way-out`, `unclear`, `advice`, `never`",
        ),
        ("rp = \"shop\"", "rp: `shop` is no URL (it has no scheme), expected one such as \"https://staging.shop.example\""),
        ("rp = \"https://\"", "rp: `https://` is no URL (empty host), expected one such as \"https://staging.shop.example\""),
    ] {
        assert_eq!(refused(&format!("wait = true\n{line}\n")), format!("faultkey.toml:2, {problem}"));
    }
    let error = refused("wait = true\nrp = \"https\n");
    assert!(error.starts_with("faultkey.toml:2, "), "{error}");
}

#[test]
fn wrong_acceptances_are_told_at_their_line() {
    let with =
        |id: &str, reason: &str, until: &str| refused(&format!("[[accept]]\nid = \"{id}\"\nreason = \"{reason}\"\nuntil = {until}\n"));
    let good = "replay/authentication-verify";
    for (error, expected) in [
        (
            with("replya/authentication-verify", "x", "2027-01-31"),
            "faultkey.toml:2, accept.id: there is no check `replya`, did you mean `replay`? (docs/checks.md lists them)",
        ),
        (
            with("replay/authentification-verify", "x", "2027-01-31"),
            "faultkey.toml:2, accept.id: there is no request `authentification-verify`, did you mean `authentication-verify`? (docs/checks.md \
             lists them)",
        ),
        (
            with("replay", "x", "2027-01-31"),
            "faultkey.toml:2, accept.id: `replay` is no finding's id, expected check/request, for example `replay/authentication-verify`",
        ),
        (
            with(good, " ", "2027-01-31"),
            "faultkey.toml:3, accept.reason: is empty, expected why the finding is accepted, e.g. the number of a ticket",
        ),
        (
            with(good, "x", "\"2027-01-31\""),
            "faultkey.toml:4, accept.until: is no date, expected one without quotes and without a time, such as 2027-01-31",
        ),
        (refused("[[accept]]\nid = \"replay/fallback\"\n"), "faultkey.toml:1, accept: missing field `reason`"),
    ] {
        assert_eq!(error, expected);
    }
    let error = with(good, "x", "2027-02-30");
    assert!(error.starts_with("faultkey.toml:4, "), "{error}");
}

#[test]
fn a_password_stands_in_the_environment() {
    let plain = "a password stands in the file, where others can read it; write {env:NAME} in its place, and set that environment variable";
    for url in [
        "https://qa:hunter2@shop.example",
        "https://{env:CARGO_PKG_NAME}:hunter2@shop.example",
        "https://qa:a{env:CARGO_PKG_NAME}@shop.example",
    ] {
        let error = refused(&format!("rp = \"{url}\"\n"));
        assert_eq!(error, format!("faultkey.toml:1, rp: {plain}"), "{url}");
        assert!(!error.contains("hunter2"));
    }
    let url = parsed("rp = \"https://qa:{env:CARGO_PKG_NAME}@{env:CARGO_PKG_NAME}.example:8443/x?y\"").rp.unwrap();
    assert_eq!(url.as_str(), "https://qa:faultkey-lab@faultkey-lab.example:8443/x?y");
    assert_eq!(parsed("rp = \"https://qa@shop.example\"").rp.unwrap().username(), "qa");
    assert_eq!(parsed("label = \"build {env:CARGO_PKG_NAME}\"").label.as_deref(), Some("build faultkey-lab"));
    assert_eq!(
        refused("rp = \"https://qa:{env:FAULTKEY_NO_SUCH_VARIABLE}@shop.example\"\n"),
        "faultkey.toml:1, rp: the environment variable FAULTKEY_NO_SUCH_VARIABLE is not set, expected it to hold a secret for the relying party"
    );
    assert_eq!(refused("label = \"{env:X\"\n"), "faultkey.toml:1, label: `{env:` without its `}`, expected {env:NAME}");
}

#[test]
fn a_file_that_is_named_must_be_there() {
    let error = Config::read(Some(Path::new("no/such.toml"))).unwrap_err().to_string();
    assert_eq!(error, "the file no/such.toml can't be read: No such file or directory (os error 2)");
    // The lab's folder has none.
    assert_eq!(Config::read(None), Ok(Config::default()));
}

#[test]
fn times_have_units() {
    assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
    assert_eq!(duration("2s"), Ok(Duration::from_secs(2)));
    assert_eq!(duration("30m"), Ok(Duration::from_secs(1800)));
    for wrong in ["", "5", "s", "-1s", "1h", "18446744073709551615m"] {
        assert!(duration(wrong).unwrap_err().contains("expected a whole number with"), "{wrong}");
    }
}
