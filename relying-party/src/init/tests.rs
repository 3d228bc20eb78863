mod recorded;

use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use serde_json::{Value, json};

use super::*;
use recorded::{CHALLENGE, Recorded, assertion, attestation, creation, request};

fn written(recorded: &Recorded) -> Written {
    let written = from_har(&recorded.har(), "shop.har").unwrap();
    let read: Result<toml::Table, _> = toml::from_str(&written.toml);
    assert!(read.is_ok(), "{}\n{}", read.unwrap_err(), written.toml);
    // A variable of the environment that is not set is an error.
    if !written.toml.lines().any(|line| line.contains("{env:") && !line.starts_with('#')) {
        crate::Mapping::parse(&written.toml, "shop.toml").unwrap_or_else(|error| panic!("{error}\n{}", written.toml));
    }
    written
}

/// The section of the file with this header, without comments.
fn section<'a>(toml: &'a str, header: &str) -> Vec<&'a str> {
    let mut lines = toml.lines().skip_while(|line| *line != header).skip(1);
    lines.by_ref().take_while(|line| !line.starts_with('[')).filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

fn url_text(bytes: &[u8]) -> Value {
    BASE64URL_NOPAD.encode(bytes).into()
}

/// A registration and a log-in, the simplest there are.
fn plain() -> Recorded {
    let mut recorded = Recorded::default();
    recorded.json("POST /register/options", &json!({ "username": "mika" }), 200, &creation(&url_text));
    recorded.json("POST /register/verify", &attestation(&url_text), 200, &json!({ "verified": true }));
    recorded.json("POST /login/options", &json!({ "username": "mika" }), 200, &request(&url_text));
    recorded.json("POST /login/verify", &assertion(&url_text), 200, &json!({ "verified": true }));
    recorded
}

#[test]
fn what_is_no_har_is_refused_with_its_place() {
    let error = from_har("{\n  \"log\": 1 }", "shop.har").unwrap_err();
    assert!(error.to_string().starts_with("shop.har:2:10: this is no HAR 1.2: "), "{error}");
    let error = from_har("{\"log\":{\"entries\":[]}}", "shop.har").unwrap_err();
    assert_eq!(error, HarError::NoCeremony { file: "shop.har".to_owned(), requests: 0 });
}

#[test]
fn a_plain_registration_and_log_in_are_found_whole() {
    let written = written(&plain());
    for line in [
        "name = \"shop.test\"",
        "origin = \"https://shop.test\"",
        "rp-id = \"shop.test\"",
        "path = \"/register/options\"",
        "options = \"/publicKey\"",
        "body = { username = \"{username}\" }",
        "body = \"{credential}\"",
        "accepted = { pointer = \"/verified\", equals = true }",
    ] {
        assert!(written.toml.lines().any(|own| own == line), "{line}\n{}", written.toml);
    }
    assert!(!written.toml.contains("[encoding]"), "{}", written.toml);
    assert_eq!(written.unknown, [Unknown::Session { only_after: None }, Unknown::Reasons]);
}

#[test]
fn no_value_of_the_recording_is_in_the_file() {
    let mut recorded = plain();
    recorded.bearer("s3cr3t-token-1234567890");
    let written = written(&recorded);
    for value in ["mika", "s3cr3t", CHALLENGE, "webauthn.create"] {
        assert!(!written.toml.contains(value), "{value}\n{}", written.toml);
    }
}

#[test]
fn encodings_are_known_by_the_bytes() {
    let with = |encode: &dyn Fn(&[u8]) -> Value| {
        let mut recorded = Recorded::default();
        recorded.json("POST /r/o", &json!({}), 200, &creation(encode));
        recorded.json("POST /r/v", &attestation(encode), 200, &json!({ "ok": true }));
        recorded.json("POST /l/o", &json!({}), 200, &request(encode));
        recorded.json("POST /l/v", &assertion(encode), 200, &json!({ "ok": true }));
        let toml = written(&recorded).toml;
        section(&toml, "[encoding]").join("\n")
    };
    assert_eq!(with(&|bytes| BASE64.encode(bytes).into()), "options = \"base64\"\ncredential = \"base64\"");
    assert_eq!(with(&|bytes| HEXLOWER.encode(bytes).into()), "options = \"hex\"\ncredential = \"hex\"");
    assert_eq!(with(&|bytes| bytes.to_vec().into()), "options = \"integers\"\ncredential = \"integers\"");
    let numbered = |bytes: &[u8]| bytes.iter().enumerate().map(|(index, byte)| (index.to_string(), Value::from(*byte))).collect();
    assert_eq!(with(&|bytes| Value::Object(numbered(bytes))), "options = \"numbered\"\ncredential = \"numbered\"");
}

#[test]
fn a_node_buffer_is_said_to_be_beyond_an_adapter() {
    let mut recorded = plain();
    let options = creation(&|bytes| json!({ "type": "Buffer", "data": bytes }));
    recorded.answer(0, &options);
    assert!(written(&recorded).unknown.contains(&Unknown::Encoding { section: "options", field: "challenge" }));
}

#[test]
fn the_response_may_be_json_in_json_or_in_a_form_or_in_parts() {
    let mut recorded = Recorded::default();
    recorded.json("POST /r/o", &json!({}), 200, &json!({ "data": creation(&url_text).to_string() }));
    let inner = json!({ "username": "mika", "credential": attestation(&url_text) });
    recorded.json("POST /r/v", &json!({ "payload": inner.to_string() }), 200, &json!({ "ok": true }));
    recorded.json("POST /l/o", &json!({ "username": "mika" }), 200, &request(&url_text));
    let assertion = assertion(&url_text);
    let part = |pointer: &str| assertion.pointer(pointer).and_then(Value::as_str).unwrap().to_owned();
    recorded.form(
        "POST /l/v",
        &[
            ("id", &part("/id")),
            ("response[client_data_json]", &part("/response/clientDataJSON")),
            ("response[authenticator_data]", &part("/response/authenticatorData")),
            ("response[signature]", &part("/response/signature")),
        ],
        302,
        "/home",
    );
    let toml = written(&recorded).toml;
    assert!(section(&toml, "[registration.options]").contains(&"options = { pointer = \"/data\", json = \"/publicKey\" }"), "{toml}");
    assert!(toml.contains(r#"body = { payload = "{\"username\":\"{username}\",\"credential\":{credential_json}}" }"#), "{toml}");
    assert_eq!(
        section(&toml, "[authentication.verify.form]"),
        [
            "id = \"{credential.id}\"",
            "\"response[client_data_json]\" = \"{credential.response.clientDataJSON}\"",
            "\"response[authenticator_data]\" = \"{credential.response.authenticatorData}\"",
            "\"response[signature]\" = \"{credential.response.signature}\"",
        ]
    );
    assert!(section(&toml, "[authentication.verify]").contains(&"accepted = { location = \"/home\" }"), "{toml}");
}

/// Pages of a few years ago copy the browser's object member by member, methods and all.
#[test]
fn a_credential_that_was_copied_member_by_member_is_sent_whole() {
    let mut recorded = Recorded::default();
    recorded.json("POST /register/options", &json!({ "username": "mika" }), 200, &creation(&url_text));
    let mut copied = attestation(&url_text);
    copied["key_name"] = "my key".into();
    copied["toJSON"] = json!({});
    copied["response"]["getTransports"] = json!({});
    recorded.json("POST /register/verify", &copied, 200, &json!({ "verified": true }));
    recorded.json("POST /login/options", &json!({ "username": "mika" }), 200, &request(&url_text));
    let mut copied = assertion(&url_text);
    copied["getClientExtensionResults"] = json!({});
    recorded.form("POST /login", &[("passkeys", &copied.to_string())], 302, "/home");
    let toml = written(&recorded).toml;
    assert!(section(&toml, "[registration.verify]").iter().any(|line| line.contains("\"...\" = \"{credential}\"")), "{toml}");
    assert!(section(&toml, "[authentication.verify]").contains(&"form = { passkeys = \"{credential_json}\" }"), "{toml}");
    assert!(!toml.contains("toJSON") && !toml.contains("getTransports") && !toml.contains("rawId"), "{toml}");
}

#[test]
fn sign_up_and_sign_in_come_before_and_a_token_is_captured() {
    let mut recorded = Recorded::default();
    let person = json!({ "email": "mika@mail.test", "password": "pa55-word", "passwordConfirm": "pa55-word", "newsletter": false });
    recorded.json("POST /api/sign-up", &person, 201, &json!({ "id": 17 }));
    let token = json!({ "token": { "access": "aaaa.bbbb-1234567890" }, "user": { "id": 17 } });
    recorded.json("POST /api/sign-in", &json!({ "email": "mika@mail.test", "password": "pa55-word" }), 200, &token);
    let mut options = creation(&url_text);
    options["state"] = "state-1-of-many".into();
    recorded.json("POST /api/users/17/passkeys/options", &json!({ "attestation": "none", "label": "my key" }), 200, &options);
    recorded.bearer("aaaa.bbbb-1234567890");
    recorded.json("POST /api/passkeys", &json!({ "state": "state-1-of-many", "credential": attestation(&url_text), "plan": "basic", "device": "8f14e45fceea167a5a36dedd4bea2543" }), 201, &json!({}));
    recorded.bearer("aaaa.bbbb-1234567890");
    recorded.json("POST /api/logout", &json!({}), 204, &Value::Null);
    recorded.json(
        "POST /api/login/options",
        &json!({ "email": "mika@mail.test", "userVerification": "required" }),
        200,
        &request(&url_text),
    );
    let answer = json!({ "token": { "access": "cccc.dddd-1234567890" } });
    recorded.json("POST /api/login", &json!({ "credential": assertion(&url_text) }), 200, &answer);
    recorded.json("GET /api/me", &Value::Null, 200, &json!({ "user": { "id": 17 } }));
    recorded.bearer("cccc.dddd-1234567890");
    let written = written(&recorded);
    let toml = &written.toml;
    assert_eq!(section(toml, "[account]"), ["name = \"{n}@example.com\""]);
    assert_eq!(section(toml, "[headers]"), ["Authorization = \"Bearer {access_token}\""]);
    let before: Vec<&str> = toml.split("[[registration.before]]").skip(1).map(|text| text.split("\n\n").next().unwrap()).collect();
    assert_eq!(before[0].lines().skip(1).take(2).collect::<Vec<_>>(), ["once = \"account\"", "path = \"/api/sign-up\""], "{toml}");
    assert!(
        before[0].contains("email = \"{username}\", password = \"{password}\", passwordConfirm = \"{password}\", newsletter = false"),
        "{toml}"
    );
    assert!(before[1].contains("once = \"session\"\npath = \"/api/sign-in\""), "{toml}");
    assert!(before[1].contains("access_token = \"/token/access\""), "{toml}");
    assert!(before[1].contains("id = \"/user/id\""), "{toml}");
    assert!(section(toml, "[registration.options]").contains(&"path = \"/api/users/{id}/passkeys/options\""), "{toml}");
    assert!(
        section(toml, "[registration.options]").contains(&"body = { attestation = \"{attestation}\", label = \"key {unique}\" }"),
        "{toml}"
    );
    assert!(section(toml, "[registration.options]").contains(&"capture = { state = \"/state\" }"), "{toml}");
    assert!(toml.contains("# not found: `plan`: where its value comes from; the recording has \"basic\"\n# plan = \"basic\""), "{toml}");
    assert!(toml.contains("# not found: `device`: what the page made it of; its value is not shown here\n# device = \"…\""), "{toml}");
    assert!(section(toml, "[authentication.verify]").contains(&"capture = { access_token = \"/token/access\" }"), "{toml}");
    assert!(toml.contains("userVerification = \"{user_verification}\""), "{toml}");
    assert!(!toml.contains("[[authentication.before]]"), "{toml}");
    assert!(written.unknown.contains(&Unknown::Session { only_after: Some("GET /api/me".to_owned()) }), "{:?}", written.unknown);
    assert!(toml.contains("# path = \"/api/me\""), "{toml}");
}

#[test]
fn a_password_that_is_asked_for_again_is_no_sign_in() {
    let mut recorded = Recorded::default();
    recorded.json("POST /auth/signup", &json!({ "username": "mika", "password": "pa55-word" }), 200, &json!({}));
    recorded.json("POST /auth/reauthenticate", &json!({ "password": "pa55-word" }), 200, &json!({}));
    plain().entries.into_iter().for_each(|exchange| recorded.push(exchange));
    let written = written(&recorded);
    assert!(written.unknown.contains(&Unknown::SignIn), "{}", written.toml);
    let sections: Vec<Vec<&str>> =
        written.toml.split("[[registration.before]]").skip(1).map(|text| text.lines().skip(1).take(2).collect()).collect();
    assert!(sections.contains(&vec!["once = \"account\"", "path = \"/auth/signup\""]), "{}", written.toml);
    assert!(sections.contains(&vec!["once = \"session\"", "path = \"/auth/reauthenticate\""]), "{}", written.toml);
}

#[test]
fn a_csrf_token_is_that_of_a_cookie_or_of_the_page() {
    let token = "Tok3nTok3nTok3nTok3n";
    let mut recorded = Recorded::default();
    recorded.page("GET /login", "<!doctype html><p>hello</p>");
    recorded.set_cookie("XSRF-TOKEN", "Tok3nTok3nTok3nTok3n");
    for mut exchange in plain().entries {
        exchange["request"]["headers"].as_array_mut().unwrap().push(json!({ "name": "X-XSRF-TOKEN", "value": token }));
        exchange["request"]["cookies"] = json!([{ "name": "XSRF-TOKEN", "value": token }]);
        recorded.push(exchange);
    }
    let toml = written(&recorded).toml;
    assert_eq!(
        section(&toml, "[csrf]"),
        ["path = \"/login\"", "from = { cookie = \"XSRF-TOKEN\" }", "send = { header = \"X-Xsrf-Token\" }"]
    );
    let mut recorded = Recorded::default();
    recorded.page("GET /", &format!("<!doctype html><meta name=csrf-token content='{token}'>"));
    for mut exchange in plain().entries {
        exchange["request"]["headers"].as_array_mut().unwrap().push(json!({ "name": "x-csrf-token", "value": token }));
        recorded.push(exchange);
    }
    let toml = written(&recorded).toml;
    assert_eq!(
        section(&toml, "[csrf]"),
        ["path = \"/\"", "from = { html = \"meta[name=csrf-token]\", attribute = \"content\" }", "send = { header = \"X-Csrf-Token\" }"]
    );
}

#[test]
fn secrets_that_nothing_explains_come_from_the_environment() {
    let mut recorded = Recorded::default();
    for mut exchange in plain().entries {
        let headers = exchange["request"]["headers"].as_array_mut().unwrap();
        headers.push(json!({ "name": "X-Api-Key", "value": "k-1" }));
        headers.push(json!({ "name": "X-Requested-With", "value": "XMLHttpRequest" }));
        exchange["request"]["cookies"] =
            json!([{ "name": "gate_session", "value": "g" }, { "name": "_ga", "value": "GA1.2.3.4444444444" }]);
        recorded.push(exchange);
    }
    let written = written(&recorded);
    assert_eq!(
        section(&written.toml, "[headers]"),
        ["X-Api-Key = \"{env:X_API_KEY}\"", "X-Requested-With = \"XMLHttpRequest\"", "Cookie = \"gate_session={env:GATE_SESSION}\""]
    );
    assert!(written.unknown.contains(&Unknown::Secret { name: "gate_session".to_owned(), variable: "GATE_SESSION".to_owned() }));
}

#[test]
fn what_answers_otherwise_after_the_log_in_says_who_is_signed_in() {
    let mut recorded = Recorded::default();
    recorded.json("GET /api/session", &Value::Null, 200, &json!({ "user": null, "locale": "en" }));
    plain().entries.into_iter().for_each(|exchange| recorded.push(exchange));
    recorded.json("GET /api/session", &Value::Null, 200, &json!({ "user": { "name": "mika" }, "locale": "en" }));
    assert_eq!(section(&written(&recorded).toml, "[session]"), ["path = \"/api/session\"", "pointer = \"/user\""]);

    let mut recorded = Recorded::default();
    recorded.json("GET /account", &Value::Null, 302, &Value::Null);
    plain().entries.into_iter().for_each(|exchange| recorded.push(exchange));
    recorded.page("GET /account", "<!doctype html>");
    assert_eq!(section(&written(&recorded).toml, "[session]"), ["path = \"/account\""]);
}

#[test]
fn a_refused_response_shows_where_reasons_stand() {
    let mut recorded = plain();
    let refused = recorded.entries.len();
    recorded.json("POST /login/verify", &assertion(&url_text), 400, &json!({ "error": { "code": "M0902", "message": "Not verified" } }));
    let last = recorded.entries.remove(refused);
    recorded.entries.insert(2, last);
    recorded.in_order();
    let written = written(&recorded);
    assert_eq!(section(&written.toml, "[result]"), ["code = \"/error/code\"", "message = \"/error/message\""]);
    assert!(!written.unknown.contains(&Unknown::Reasons));
}

#[test]
fn a_recording_without_contents_is_told_at_the_very_line() {
    let mut recorded = plain();
    for index in [0, 2] {
        recorded.entries[index]["response"]["content"] = json!({ "size": 500, "mimeType": "application/json" });
    }
    let written = written(&recorded);
    let missing = "# not found: what POST /register/options answered: the recording has no body; export it with contents";
    assert!(
        written.toml.contains(&format!("[registration.options]\n{missing}\npath = \"/register/options\"\noptions = \"\"")),
        "{}",
        written.toml
    );
    assert!(
        written.unknown.contains(&Unknown::AnswerMissing { section: "authentication.options", request: "POST /login/options".to_owned() })
    );
    assert!(written.toml.contains("rp-id = \"shop.test\""), "by the hash that was signed: {}", written.toml);
}

#[test]
fn a_value_of_a_redirect_is_captured_from_its_url() {
    let mut recorded = Recorded::default();
    plain().entries.into_iter().take(2).for_each(|exchange| recorded.push(exchange));
    recorded.redirect("GET /oauth/authorize?client_id=shop", "/login?flow=0f8b6a7e-1111-4222-8333-444455556666");
    let flow = "0f8b6a7e-1111-4222-8333-444455556666";
    recorded.json(&format!("GET /login/options?flow={flow}"), &Value::Null, 200, &request(&url_text));
    recorded.json(&format!("POST /login/verify?flow={flow}"), &assertion(&url_text), 200, &json!({ "status": "ok" }));
    let toml = written(&recorded).toml;
    assert_eq!(
        section(&toml, "[[authentication.before]]"),
        [
            "method = \"GET\"",
            "path = \"/oauth/authorize?client_id=shop\"",
            "accepted = { location = \"/login?*\" }",
            "capture = { flow = { query = \"flow\" } }"
        ]
    );
    assert!(section(&toml, "[authentication.options]").contains(&"path = \"/login/options?flow={flow}\""), "{toml}");
    assert!(section(&toml, "[authentication.verify]").contains(&"path = \"/login/verify?flow={flow}\""), "{toml}");
}

#[test]
fn options_that_the_page_makes_are_a_template_around_the_challenge() {
    let mut recorded = plain();
    recorded.answer(2, &json!({ "nonce": CHALLENGE }));
    let written = written(&recorded);
    let options = section(&written.toml, "[authentication.options]");
    assert!(
        options.contains(&"options = { template = { challenge = \"{options_challenge}\", rpId = \"shop.test\" } }"),
        "{}",
        written.toml
    );
    assert!(options.contains(&"capture = { options_challenge = \"/nonce\" }"), "{}", written.toml);
    assert!(written.unknown.contains(&Unknown::OptionsMadeByPage { section: "authentication.options" }));
}

#[test]
fn half_a_recording_says_what_is_missing() {
    let mut recorded = plain();
    recorded.entries.truncate(2);
    let written = written(&recorded);
    assert!(written.toml.contains("[authentication.verify]\n# not found: the request that verifies the log-in: no request of the recording has it\npath = \"/not-found\""));
}

#[test]
fn an_api_elsewhere_than_the_page_is_said() {
    let mut recorded = Recorded::default();
    for exchange in plain().entries {
        let elsewhere = exchange.to_string().replace("https://shop.test/", "https://api.shop.test/");
        recorded.push(serde_json::from_str(&elsewhere).unwrap());
    }
    let written = written(&recorded);
    let other = Unknown::OtherOrigin { page: "https://shop.test".to_owned(), api: "https://api.shop.test".to_owned() };
    assert!(written.unknown.contains(&other));
    assert!(written.toml.contains("origin = \"https://shop.test\""), "{}", written.toml);
}

#[test]
fn graphql_keeps_its_query() {
    let mut recorded = plain();
    let query = "mutation Options($name: String!) { options(name: $name) { publicKey } }";
    recorded.send(0, &json!({ "operationName": "Options", "query": query, "variables": { "name": "mika" } }));
    let toml = written(&recorded).toml;
    assert!(section(&toml, "[registration.options.body]").contains(&format!("query = \"{query}\"").as_str()), "{toml}");
    assert!(toml.contains("variables = { name = \"{username}\" }"), "{toml}");
}

/// What Chromium recorded of pages that nobody wrote for this test.
mod of_chromium {
    use super::*;

    fn of(har: &str) -> Written {
        let written = from_har(har, "recorded.har").unwrap();
        crate::Mapping::parse(&written.toml, "made.toml").unwrap_or_else(|error| panic!("{error}\n{}", written.toml));
        written
    }

    #[test]
    fn json_from_a_script() {
        let written = of(include_str!("tests/har/embedded.har"));
        let toml = &written.toml;
        let body = section(toml, "[registration.options.body]");
        for line in
            ["username = \"{username}\"", "displayName = \"{display_name}\"", "attestation = \"{attestation}\"", "replace = \"{replace}\""]
        {
            assert!(body.contains(&line), "{line}\n{toml}");
        }
        assert_eq!(toml.matches("accepted = { pointer = \"/status\", equals = \"ok\" }").count(), 2, "{toml}");
        assert!(!toml.contains(".before]]") && !toml.contains("page/result"), "{toml}");
        assert!(!toml.contains("hanako"), "{toml}");
    }

    /// django-allauth's API for browsers: a CSRF token from a cookie, options by GET, a log-in without a user name.
    #[test]
    fn an_api_with_a_token_in_a_cookie() {
        let written = of(include_str!("tests/har/django-allauth.har"));
        let toml = &written.toml;
        let csrf =
            ["path = \"/_allauth/browser/v1/auth/session\"", "from = { cookie = \"csrftoken\" }", "send = { header = \"X-Csrftoken\" }"];
        assert_eq!(section(toml, "[csrf]"), csrf, "{toml}");
        assert!(section(toml, "[registration.options]").contains(&"options = \"/data/creation_options/publicKey\""), "{toml}");
        let body = "body = { name = \"key {unique}\", credential = \"{credential}\", passwordless = true }";
        assert!(section(toml, "[registration.verify]").contains(&body), "{toml}");
        assert_eq!(section(toml, "[session]"), ["path = \"/_allauth/browser/v1/auth/session\""]);
        assert!(!toml.contains("[[authentication.before]]") && !toml.contains("mikatester"), "{toml}");
        assert!(written.unknown.contains(&Unknown::SignIn), "{:?}", written.unknown);
    }

    /// Flask-Security's own pages: forms, tokens, options in a script, addresses in `action`, redirects, another encoding for each ceremony.
    #[test]
    fn forms_and_pages() {
        let written = of(include_str!("tests/har/flask-security.har"));
        let toml = &written.toml;
        for line in [
            "Accept = \"text/html\"",
            "credential = { authenticator-data = \"base64url-padded\", signature = \"base64url-padded\", user-handle = \"base64url-padded\" }",
            "path = \"{action}\"",
            "form = { csrf_token = \"{csrf_token}\", name = \"key {unique}\", usage = \"first\", submit = \"Submit\" }",
            "form = { credential = \"{credential_json}\", csrf_token = \"{csrf_token}\" }",
            "options = { text = \"handleRegister\\\\('(\\\\{.*\\\\})'\", json = \"\" }",
            "accepted = { location = \"/wan-register\" }",
        ] {
            assert!(toml.lines().any(|own| own == line), "{line}\n{toml}");
        }
        assert_eq!(section(toml, "[session]"), ["path = \"/\""]);
        assert_eq!(written.unknown, [Unknown::SignIn, Unknown::Reasons]);
        for value in ["mika", "correct horse", "my first key"] {
            assert!(!toml.contains(value), "{value}\n{toml}");
        }
    }
}
