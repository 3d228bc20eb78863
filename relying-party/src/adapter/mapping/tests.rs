use super::super::template::places;
use super::*;

const MINIMAL: &str = r#"name = "shop"

[registration.options]
path = "/register/start"
options = ""

[registration.verify]
path = "/register/finish"
body = "{credential}"

[authentication.options]
path = "/login/start"
options = "/publicKey"

[authentication.verify]
path = "/login/finish"
body = "{credential}"
"#;

/// The error of the minimal file with one thing changed.
fn refused(from: &str, to: &str) -> String {
    assert!(MINIMAL.contains(from), "{from}");
    Mapping::parse(&MINIMAL.replacen(from, to, 1), "shop.toml").unwrap_err().to_string()
}

#[test]
fn the_built_in_mappings_load_under_their_names() {
    for name in Mapping::built_in_names() {
        // The administrator of privacyIDEA is in the environment.
        assert!(name == "privacyidea" || Mapping::built_in(name).unwrap().name == name, "{name}");
    }
    assert_eq!(Mapping::built_in("embedded").unwrap().origin.as_deref(), Some("https://broker.test"));
    assert_eq!(Mapping::built_in("fido-conformance").unwrap().origin, None);
    assert!(Mapping::built_in("shop").is_none());
}

#[test]
fn the_embedded_mapping_is_the_conformance_mapping_and_more() {
    let plain: toml::Table = include_str!("../../../adapters/fido-conformance.toml").parse().unwrap();
    let mut embedded: toml::Table = include_str!("../../../adapters/embedded.toml").parse().unwrap();
    let options = embedded["registration"]["options"]["body"].as_table_mut().unwrap();
    assert!(options.remove("replace").is_some());
    for section in ["registration", "authentication"] {
        assert_eq!(plain[section], embedded[section]);
    }
    for (field, value) in plain["result"].as_table().unwrap() {
        assert_eq!(value, &embedded["result"][field]);
    }
}

#[test]
fn the_example_of_the_manual_is_the_example_file_and_loads() {
    let example = include_str!("../../../adapters/example.toml");
    // Its secret is an environment variable that cargo sets for every test, so that the example loads here.
    let loaded = Mapping::parse(
        &example.replace("{env:SHOP_API_KEY}", "{env:CARGO_PKG_NAME}").replace("{env:QA_PASSWORD}", "{env:CARGO_PKG_NAME}"),
        "example.toml",
    )
    .unwrap();
    assert_eq!(loaded.name, "shop");
    let (values, captured) = (Values::default(), Captured::new());
    let header = loaded.file.headers.0.values().next().unwrap();
    let fill = |shown| header.fill_whole(Filling { values: &values, captured: &captured, shown }).unwrap();
    assert_eq!((fill(false).as_str(), fill(true).as_str()), ("faultkey-relying-party", "{env:CARGO_PKG_NAME}"));
    let manual = include_str!("../../../../docs/adapters.md");
    assert!(
        manual.contains(&format!("```toml\n{example}```\n")),
        "docs/adapters.md must show relying-party/adapters/example.toml as it is"
    );
}

#[test]
fn the_example_uses_every_field_that_there_is() {
    let example = include_str!("../../../adapters/example.toml");
    for field in [
        "name",
        "origin",
        "rp-id",
        "[headers]",
        "method",
        "path",
        "headers",
        "body",
        "options",
        "accepted",
        "code",
        "message",
        "next",
        "action",
        "href",
        "names",
        "signal",
        "[account]",
        "longest",
        "display-name",
        "password",
        "[encoding]",
        "credential",
        "[[registration.before]]",
        "once",
        "unless-signed-in",
        "form",
        "multipart",
        "follow",
        "capture",
        "refused",
        "optional",
        "[csrf]",
        "from",
        "send",
        "[session]",
        "pointer",
        "equals",
        "[report]",
        "[fallback.password]",
        "[fallback.phone]",
        "[fallback.support-reset]",
        "[[fallback.remove-passkey]]",
        "[hooks.clean-up]",
        "[hooks.prepare]",
        "[hooks.reset]",
        "[hooks.delete-credential]",
        "[hooks.credentials]",
        "public-key",
        "sign-count",
        "backup-eligible",
        "[hooks.account]",
        "locked",
        "password-tries-left",
        "sessions",
        "[hooks.log]",
        "reason",
        "text",
        "[hooks.draft.read]",
        "[hooks.draft.save]",
    ] {
        assert!(example.contains(field), "{field}");
    }
    for place in places::ALL {
        for placeholder in place.iter().filter(|name| !matches!(**name, "require_resident_key")) {
            assert!(example.contains(&format!("{{{placeholder}}}")), "{placeholder}");
        }
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = Mapping::load(Path::new("no/such.toml")).unwrap_err().to_string();
    assert_eq!(error, "the adapter file no/such.toml cannot be read: No such file or directory (os error 2)");
}

#[test]
fn an_unknown_field_is_refused_at_its_line() {
    assert_eq!(
        refused("path = \"/login/finish\"", "pth = \"/login/finish\""),
        "shop.toml:16, authentication.verify.pth: unknown field `pth`, expected one of `method`, `path`, `headers`, `body`, `form`, \
         `multipart`, `accepted`, `refused`, `capture`, `follow`"
    );
    assert_eq!(
        refused("name = \"shop\"\n", "name = \"shop\"\n[hooks.restart]\npath = \"/x\"\n"),
        "shop.toml:2, hooks.restart: unknown field `restart`, expected one of `prepare`, `reset`, `clean-up`, `delete-credential`, `credentials`, \
         `account`, `log`, `draft`"
    );
}

#[test]
fn a_missing_field_is_named_with_its_section() {
    assert_eq!(refused("path = \"/login/start\"\n", ""), "shop.toml:11, authentication.options: missing field `path`");
    assert_eq!(refused("name = \"shop\"\n", ""), "shop.toml:1, the file: missing field `name`");
}

#[test]
fn a_wrong_type_says_what_was_expected() {
    assert_eq!(
        refused("path = \"/login/start\"", "path = 7"),
        "shop.toml:12, authentication.options.path: not a path, expected text that starts with `/`, such as \"/webauthn/login\""
    );
    assert_eq!(refused("name = \"shop\"", "name = 7"), "shop.toml:1, name: invalid type: integer `7`, expected a string");
}

#[test]
fn broken_toml_is_refused_at_its_line() {
    let error = refused("[authentication.options]", "[authentication.options");
    assert!(error.starts_with("shop.toml:11, "), "{error}");
    assert!(error.contains("expected `]`"), "{error}");
}

#[test]
fn every_kind_of_field_is_checked() {
    assert_eq!(
        refused("options = \"/publicKey\"", "options = \"publicKey\""),
        "shop.toml:13, authentication.options.options: `publicKey` is no JSON pointer, expected \"\" (the whole body) or text that starts \
         with `/`, such as \"/data/options\""
    );
    assert_eq!(
        refused("path = \"/login/start\"", "path = \"login\""),
        "shop.toml:12, authentication.options.path: not a path, expected text that starts with `/`, such as \"/webauthn/login\""
    );
    assert_eq!(
        refused("path = \"/login/start\"", "method = \"FETCH\"\npath = \"/login/start\""),
        "shop.toml:12, authentication.options.method: unknown method `FETCH`, expected one of `GET`, `POST`, `PUT`, `PATCH`, `DELETE`"
    );
    assert_eq!(
        refused("name = \"shop\"", "name = \"shop\"\norigin = \"https://shop.example/login\""),
        "shop.toml:2, origin: `https://shop.example/login` is no origin, expected scheme and host without a path, such as \
         \"https://example.com\""
    );
    assert_eq!(
        refused("name = \"shop\"", "name = \"shop\"\nheaders = { \"X Y\" = \"1\" }"),
        "shop.toml:2, headers: `X Y` is no header name, expected letters, digits and `-`"
    );
    assert_eq!(
        refused("name = \"shop\"", "name = \"shop\"\nheaders = { x-key = \"{env:FAULTKEY_NO_SUCH_VARIABLE}\" }"),
        "shop.toml:2, headers: the environment variable FAULTKEY_NO_SUCH_VARIABLE is not set, expected it to hold a secret for the relying party"
    );
}

#[test]
fn apps_extensions_and_web_views_have_origins() {
    let with = |origin: &str| MINIMAL.replacen("name = \"shop\"", &format!("name = \"shop\"\norigin = \"{origin}\""), 1);
    for origin in [
        "https://shop.example:8443",
        "http://localhost",
        "android:apk-key-hash:VBG4iL0-8mIQBdp3tPO0pwnDhVFZ9Rl5u3gBBZLJhQk",
        "android:apk-key-hash-sha256:VBG4iL0-8mIQBdp3tPO0pwnDhVFZ9Rl5u3gBBZLJhQk",
        "ios:bundle-id:com.example.shop",
        "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
        "moz-extension://2c127fa4-62c7-7e4f-90e5-472b45eecfdc",
        "safari-web-extension://2C127FA4-62C7-7E4F-90E5-472B45EECFDC",
        "capacitor://localhost",
        "tauri://localhost:1420",
    ] {
        assert_eq!(Mapping::parse(&with(origin), "shop.toml").unwrap().origin.as_deref(), Some(origin));
    }
    for origin in [
        "shop.example",
        "https://shop.example/",
        "android:apk-key-hash:",
        "ios:bundle-id:",
        "chrome-extension://",
        "chrome-extension://abc/",
        "chrome-extension://abc/popup.html",
        "chrome-extension://abc?a",
        "chrome-extension://user@abc",
        "Chrome-Extension://abc",
        "data:text/html,x",
        "file:///etc",
        "null",
    ] {
        let error = Mapping::parse(&with(origin), "shop.toml").unwrap_err().to_string();
        assert!(error.starts_with(&format!("shop.toml:2, origin: `{origin}` is no origin")), "{error}");
    }
}

#[test]
fn placeholders_are_checked_at_their_line() {
    assert_eq!(
        refused(
            "path = \"/login/finish\"\nbody = \"{credential}\"",
            "path = \"/login/finish\"\n[authentication.verify.body]\nname = \"x\"\nresponse = \"{credentail}\""
        ),
        "shop.toml:19, authentication.verify.body.response: unknown placeholder `{credentail}`, expected one of `{credential}`, \
         `{credential_json}`, `{username}`, `{display_name}`, `{password}`, `{unique}`"
    );
}

#[test]
fn an_acceptance_rule_is_whole_or_refused() {
    assert_eq!(
        refused("name = \"shop\"", "name = \"shop\"\nresult = { accepted = { pointer = \"/ok\" } }"),
        "shop.toml:2, result: \"/ok\" without `equals` or `present`, expected the value that stands there, or whether one does"
    );
}

#[test]
fn a_secret_is_sent_but_never_shown() {
    let text = MINIMAL.replacen("name = \"shop\"", "name = \"shop\"\nheaders = { X-Key = \"k {env:CARGO_PKG_NAME}\" }", 1);
    let mapping = Mapping::parse(&text, "shop.toml").unwrap();
    assert!(!format!("{mapping:?}").contains("faultkey-relying-party"));
}

/// The error of the minimal file with these lines at its end.
fn refused_with(more: &str) -> String {
    Mapping::parse(&format!("{MINIMAL}{more}"), "shop.toml").unwrap_err().to_string()
}

#[test]
fn wrong_places_are_told_at_their_line() {
    for (place, problem) in [
        ("{ pointer = \"/a\", header = \"X\" }", "`pointer` and `header` at once, expected one place to look at"),
        ("{ attribute = \"value\" }", "`attribute` without `html`, expected the CSS selector of the element"),
        ("{ html = \"input[\" }", "`input[` is no CSS selector, expected one such as \"input[name=csrf_token]\""),
        ("{ match = 'x' }", "`match` or `json` without a place, expected one of `pointer`, `header`, `cookie`, `html`, `text`, `query`"),
        ("{}", "no place, expected one of `pointer`, `header`, `cookie`, `html`, `text`, `query`"),
        (
            "{ pionter = \"/a\" }",
            "unknown field `pionter`, expected one of `optional`, `pointer`, `header`, `cookie`, `html`, `attribute`, `text`, `query`, \
             `match`, `json`",
        ),
    ] {
        let error = refused_with(&format!("capture = {{ state = {place} }}\n"));
        assert!(error.starts_with("shop.toml:18, authentication.verify"), "{error}");
        assert!(error.ends_with(problem), "{error}\n{problem}");
    }
    let error = refused_with("capture = { state = { text = '(' } }\n");
    assert!(error.starts_with("shop.toml:18, authentication.verify") && error.contains("`(` is no regular expression"), "{error}");
}

#[test]
fn wrong_rules_are_told_at_their_line() {
    for (rule, problem) in [
        ("{ equals = 1 }", "`equals` or `present` without a place, expected one of `pointer`, `header`, `cookie`, `html`, `text`, `query`"),
        ("{ pointer = \"/a\", equals = 1, present = true }", "`equals` and `present` at once, expected one of them"),
        ("[]", "an empty list, expected at least one"),
    ] {
        let error = refused_with(&format!("accepted = {rule}\n"));
        assert!(error.starts_with("shop.toml:18, authentication.verify"), "{error}");
        assert!(error.ends_with(problem), "{error}\n{problem}");
    }
}

#[test]
fn a_request_carries_one_thing() {
    let error = refused_with("form = { a = \"1\" }\n");
    assert_eq!(error, "shop.toml:15, authentication.verify: more than one of `body`, `form` and `multipart`, expected one");
}

#[test]
fn names_of_captures_are_checked() {
    let error = refused_with("capture = { username = \"/a\" }\n");
    assert!(error.ends_with("`username` is the name of a placeholder that there is already, expected another name"), "{error}");
    let error = refused_with("capture = { \"a b\" = \"/a\" }\n");
    assert!(error.contains("`a b` is no name for a placeholder"), "{error}");
}

#[test]
fn unknown_placeholders_are_refused_everywhere() {
    let of = |more: &str| refused_with(&format!("capture = {{ state = \"/state\" }}\n{more}"));
    for (more, place) in [
        ("headers = { X-State = \"{challengeId}\" }\n", "19, authentication.verify.headers"),
        ("[headers]\nX-State = \"s {challengeId}\"\n", "20, headers.X-State"),
        ("[csrf]\npath = \"/login?x={challengeId}\"\nfrom = \"/t\"\nsend = { field = \"t\" }\n", "20, csrf.path"),
        ("[[registration.before]]\npath = \"/x\"\nbody = { a = [\"{challengeId}\"] }\n", "21, registration.before.body"),
        ("[hooks.reset]\npath = \"/x/{challengeId}\"\n", "20, hooks.reset.path"),
    ] {
        let error = of(more);
        assert!(error.starts_with(&format!("shop.toml:{place}: ")), "{error}");
        assert!(error.contains("unknown placeholder `{challengeId}`") && error.contains("`{state}`"), "{error}");
    }
    let error = of("[account]\nname = \"{username}\"\n");
    assert_eq!(error, "shop.toml:20, account.name: unknown placeholder `{username}`, expected one of `{n}`, `{name}`");
    // The same text in a comment, or in another section, is not to blame.
    let error = of("# {challengeId}\n[hooks.reset]\npath = \"/x/{challengeId}\"\n");
    assert!(error.starts_with("shop.toml:21, hooks.reset.path"), "{error}");
}

#[test]
fn an_old_adapter_is_told_the_new_line() {
    let error = refused("body = \"{credential}\"", "body = { credential = \"{credential} \" }");
    assert_eq!(
        error,
        "shop.toml:9, registration.verify.body: `{credential}`, an object, within text; expected `{credential_json}`, which is the same as \
         JSON text"
    );
}

#[test]
fn what_needs_to_see_the_session_says_so() {
    let error = refused_with("[[registration.before]]\npath = \"/sign-in\"\nunless-signed-in = true\n");
    assert_eq!(
        error,
        "shop.toml:20, registration.before.unless-signed-in: `unless-signed-in` needs to see who is signed in, expected a section [session]"
    );
}

#[test]
fn a_wrong_encoding_is_told_with_those_that_there_are() {
    let error = refused_with("[encoding]\noptions = \"base46\"\n");
    assert!(error.starts_with("shop.toml:19, encoding.options: unknown variant `base46`, expected one of `base64url`"), "{error}");
}
