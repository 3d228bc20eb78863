//! Each row of the manual's table "your relying party does this, write this", against a server that does it.

use serde_json::json;

use super::*;

const MANUAL: &str = include_str!("../../../../docs/adapters.md");

/// What stands before a row's own lines.
const SIMPLE: &str = r#"
name = "shop"
[registration]
options = { path = "/new", options = "" }
verify = { path = "/keys", body = "{credential}" }
[authentication]
options = { path = "/start", options = "" }
verify = { path = "/login", body = "{credential}" }
"#;

/// A whole run against a server: register, log in, look at the session.
struct Played {
    log: Vec<Saw>,
    account: TestAccount,
    registration: [Answer; 2],
    authentication: [Answer; 2],
    signed_in: Observation<bool>,
    adapter: Adapter,
}

impl Played {
    /// The last request of this kind, e.g. `POST /login`.
    fn saw(&self, request: &str) -> &Saw {
        let found = self.log.iter().rev().find(|saw| saw.request == request);
        found.unwrap_or_else(|| panic!("no {request} among {:?}", self.log.iter().map(|saw| &saw.request).collect::<Vec<_>>()))
    }

    fn header(&self, request: &str, name: &str) -> Option<String> {
        self.saw(request).headers.get(name).map(|value| value.to_str().unwrap().to_owned())
    }

    fn all_accepted(&self) {
        for answer in self.registration.iter().chain(&self.authentication) {
            assert!(answer.accepted, "{answer:?}");
        }
    }

    fn options(&self) -> &Value {
        self.authentication[0].options.as_ref().unwrap_or_else(|| panic!("{:?}", self.authentication[0]))
    }
}

fn options() -> Value {
    json!({ "challenge": "AP-_", "rpId": "broker.test", "user": { "id": "bWlrYQ" }, "allowCredentials": [{ "id": "AP8", "type": "public-key" }] })
}

fn credential() -> Value {
    json!({ "id": "AP8", "rawId": "AP8", "type": "public-key", "response": { "clientDataJSON": "e30", "signature": "_-8", "userHandle": "bWlrYQ" } })
}

fn page(html: &str) -> Response {
    axum::response::Html(html.to_owned()).into_response()
}

fn redirect(to: &str) -> Response {
    with_header(StatusCode::FOUND.into_response(), "location", to)
}

/// The row's lines over the simple adapter.
fn adapter_of(row: &str) -> String {
    let mut table: toml::Table = SIMPLE.parse().unwrap();
    let row = row.replace("{env:SHOP_API_KEY}", "{env:CARGO_PKG_NAME}").replace("{env:QA_PASSWORD}", "{env:CARGO_PKG_NAME}");
    merge(&mut table, row.parse().unwrap_or_else(|error| panic!("{row}\n{error}")));
    toml::to_string(&table).unwrap()
}

fn merge(into: &mut toml::Table, from: toml::Table) {
    for (name, value) in from {
        match (into.get_mut(&name), value) {
            (Some(toml::Value::Table(into)), toml::Value::Table(from)) if name != "body" => merge(into, from),
            (_, value) => {
                // Another kind of content takes the place of the simple one.
                if name == "form" || name == "multipart" {
                    into.remove("body");
                }
                into.insert(name, value);
            }
        }
    }
}

async fn play(row: &str, answer: impl Fn(&Saw) -> Response + Send + Sync + 'static) -> Played {
    let (address, log) = serve(answer).await;
    let Bench { adapter, .. } = shop(&adapter_of(row), address);
    let account = adapter.mapping.account("clean-ceremonies-p01-19a8b7c6d5e-and-more-than-forty-letters-1").unwrap();
    let (mut session, wish) = (adapter.session(), wish());
    let first = adapter.registration_options(&mut session, &account, &wish).await.unwrap();
    let second = adapter.registration_result(&mut session, &account, &credential()).await.unwrap();
    let registration = [first, second];
    let mut session = adapter.session();
    let first = adapter.authentication_options(&mut session, Some(&account), &wish).await.unwrap();
    let second = adapter.authentication_result(&mut session, &account, &credential()).await.unwrap();
    let signed_in = adapter.is_authenticated(&mut session).await.unwrap();
    Played { log: log.all(), account, registration, authentication: [first, second], signed_in, adapter }
}

/// Options, and yes to all else.
fn yes(saw: &Saw) -> Response {
    match saw.request.as_str() {
        "POST /new" | "POST /start" => reply(200, options()),
        _ => reply(200, json!({ "ok": true })),
    }
}

/// The rows of the manual: what the relying party does, and what to write.
fn rows() -> Vec<(String, String)> {
    let table =
        MANUAL.lines().skip_while(|line| !line.starts_with("| your relying party")).skip(2).take_while(|line| line.starts_with('|'));
    table
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
            let [does, write] = cells[..] else { panic!("no row of two cells: {line}") };
            let lines = write.split("<br>").map(|line| line.trim().trim_matches('`'));
            (does.to_owned(), lines.collect::<Vec<_>>().join("\n"))
        })
        .collect()
}

macro_rules! manual {
    ($($name:ident: $does:literal => $body:expr;)*) => {
        $(#[tokio::test]
        async fn $name() {
            let (_, row) = rows().into_iter().find(|(does, _)| does == $does).expect("a row of the manual that says so");
            let check: fn(String) -> std::pin::Pin<Box<dyn Future<Output = ()>>> = |row| Box::pin(async move { ($body)(row).await });
            check(row).await;
        })*

        #[test]
        fn each_row_has_its_test() {
            let tested = [$($does),*];
            let rows: Vec<String> = rows().into_iter().map(|(does, _)| does).collect();
            assert_eq!(rows, tested, "docs/adapters.md has these rows, and the tests are for those");
        }
    };
}

manual! {
    deeper_options: "The options stand deeper in the answer" => async |row: String| {
        let played = play(&row, |saw| match saw.request.as_str() {
            "POST /new" | "POST /start" => reply(200, json!({ "data": { "publicKey": options() } })),
            _ => yes(saw),
        }).await;
        played.all_accepted();
        assert_eq!(played.options(), &options());
    };
    options_as_text: "The options are JSON text in a member" => async |row: String| {
        let played = play(&row, |saw| match saw.request.as_str() {
            "POST /new" | "POST /start" => reply(200, json!({ "options": options().to_string() })),
            _ => yes(saw),
        }).await;
        played.all_accepted();
        assert_eq!(played.options(), &options());
    };
    options_in_a_page: "The options stand in a script of an HTML page" => async |row: String| {
        let played = play(&row, |saw| match saw.request.as_str() {
            "GET /login" => page(&format!("<html><script id=options type=\"application/json\">{}</script>", json!({ "publicKey": options() }))),
            _ => yes(saw),
        }).await;
        played.all_accepted();
        assert_eq!(played.options(), &options());
    };
    made_options: "The page makes the options itself" => async |row: String| {
        let played = play(&row, |saw| match saw.request.as_str() {
            "POST /start" => reply(200, json!({ "challenge": "AP-_", "rp": "broker.test" })),
            _ => yes(saw),
        }).await;
        played.all_accepted();
        assert_eq!(played.options(), &json!({ "challenge": "AP-_", "rpId": "broker.test", "userVerification": "required" }));
    };
    base64: "Binary members are base64 with padding, both ways" => async |row: String| {
        let played = play(&row, |saw| match saw.request.as_str() {
            "POST /new" | "POST /start" => {
                reply(200, json!({ "challenge": "AP+/", "user": { "id": "bWlrYQ==" }, "allowCredentials": [{ "id": "AP8=" }] }))
            }
            _ => yes(saw),
        }).await;
        played.all_accepted();
        assert_eq!(played.options()["challenge"], "AP-_");
        assert_eq!(played.options()["allowCredentials"][0]["id"], "AP8");
        assert_eq!(played.saw("POST /login").body["response"]["signature"], "/+8=");
    };
    encodings: "Each binary member is written in another way" => async |row: String| {
        let played = play(&row, |saw| match saw.request.as_str() {
            "POST /new" | "POST /start" => {
                reply(200, json!({ "challenge": "00ffbf", "user": { "id": "mika" }, "allowCredentials": [{ "id": [0, 255] }] }))
            }
            _ => yes(saw),
        }).await;
        played.all_accepted();
        assert_eq!(played.options(), &json!({ "challenge": "AP-_", "user": { "id": "bWlrYQ" }, "allowCredentials": [{ "id": "AP8" }] }));
        let sent = &played.saw("POST /login").body;
        assert_eq!((&sent["rawId"], &sent["response"]["userHandle"]), (&json!({ "0": 0, "1": 255 }), &json!("mika")));
    };
    credential_in_a_member: "It wants the credential in a member" => async |row: String| {
        let played = play(&row, yes).await;
        assert_eq!(played.saw("POST /login").body, json!({ "username": played.account.username, "response": credential() }));
    };
    credential_beside_others: "It wants the credential's members beside others" => async |row: String| {
        let played = play(&row, yes).await;
        let mut expected = credential();
        expected["name"] = json!("my key");
        assert_eq!(played.saw("POST /login").body, expected);
    };
    credential_as_text: "It wants the credential as JSON text" => async |row: String| {
        let played = play(&row, yes).await;
        let sent = played.saw("POST /login").body["credential"].as_str().unwrap().to_owned();
        assert_eq!(serde_json::from_str::<Value>(&sent).unwrap(), credential());
    };
    credential_in_parts: "It wants the credential in parts" => async |row: String| {
        let played = play(&row, yes).await;
        assert_eq!(played.saw("POST /login").body, json!({ "credentialid": "AP8", "signature": "_-8", "userhandle": "bWlrYQ" }));
    };
    form: "It wants a form" => async |row: String| {
        let played = play(&row, yes).await;
        assert_eq!(played.header("POST /login", "content-type").as_deref(), Some("application/x-www-form-urlencoded"));
        let fields: Vec<(String, String)> = url::form_urlencoded::parse(played.saw("POST /login").text.as_bytes()).into_owned().collect();
        assert_eq!(fields[0], ("action".to_owned(), "authenticate".to_owned()));
        assert_eq!(serde_json::from_str::<Value>(&fields[1].1).unwrap(), credential());
    };
    multipart: "It wants a form with files, multipart/form-data" => async |row: String| {
        let played = play(&row, yes).await;
        let kind = played.header("POST /login", "content-type").unwrap();
        let boundary = kind.strip_prefix("multipart/form-data; boundary=").unwrap();
        let text = &played.saw("POST /login").text;
        let expected = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\n{}\r\n--{boundary}--\r\n", credential());
        assert_eq!(text, &expected);
    };
    state: "A value of the options' answer has to come back" => async |row: String| {
        let played = play(&row, |saw| match saw.request.as_str() {
            "POST /start" => reply(200, json!({ "challengeId": "c 1", "options": options() })),
            _ => yes(saw),
        }).await;
        played.all_accepted();
        assert_eq!(played.saw("POST /login/c%201").body, json!({ "challengeId": "c 1", "credential": credential() }));
    };
    state_in_headers: "That value stands in a header, a cookie or a page" => async |row: String| {
        let played = play(&row, |saw| match saw.request.as_str() {
            "POST /start" => {
                let answer = with_header(reply(200, options()), "x-state", "s-1");
                with_header(with_header(answer, "set-cookie", "flow=f%201; Path=/"), "link", "</go>; rel=\"next 7\"")
            }
            _ => yes(saw),
        }).await;
        played.all_accepted();
        assert_eq!(played.header("POST /login", "x-state").as_deref(), Some("s-1"));
        assert_eq!(played.saw("POST /login").body["flow"], "f 1");
        assert_eq!(played.saw("POST /login").body["next"], "7");
    };
    csrf_cookie: "It wants the CSRF token of a cookie in a header" => async |row: String| {
        let played = play(&row, |saw| match saw.request.as_str() {
            "GET /login" => with_header(page("<html>"), "set-cookie", "csrftoken=t0k; Path=/"),
            _ => yes(saw),
        }).await;
        assert_eq!(played.header("POST /login", "x-csrftoken").as_deref(), Some("t0k"));
    };
    csrf_page: "It wants the CSRF token of a page in a field" => async |row: String| {
        let played = play(&row, |saw| match saw.request.as_str() {
            "GET /login" => page("<form><input type=hidden name=\"csrf_token\" value=\"t0k&amp;n\"></form>"),
            _ => yes(saw),
        }).await;
        assert_eq!(played.saw("POST /start").body["csrf_token"], "t0k&n");
        // In a form it takes the place of a field of its name.
        let form = format!("{row}\n[authentication.verify]\nform = {{ csrf_token = \"old\", id = \"{{credential.id}}\" }}");
        let played = play(&form, |saw| match saw.request.as_str() {
            "GET /login" => page("<form><input type=hidden name=\"csrf_token\" value=\"new\"></form>"),
            _ => yes(saw),
        }).await;
        assert_eq!(played.saw("POST /login").text, "id=AP8&csrf_token=new");
    };
    action: "The address of the next request stands in the page" => async |row: String| {
        let played = play(&row, |saw| match saw.request.as_str() {
            "GET /realm/login" => page(&format!("<form id=webauthn action=\"authenticate?code=1&amp;tab=2\"></form><script id=options>{}</script>", options())),
            _ => yes(saw),
        }).await;
        played.all_accepted();
        assert_eq!(played.saw("POST /realm/authenticate?code=1&tab=2").body, credential());
    };
    followed: "The options' request is redirected, with cookies, to where they are" => async |row: String| {
        let played = play(&row, |saw| match saw.request.as_str() {
            "POST /start" => with_header(redirect("/flow?step=1"), "set-cookie", "flow=7; Path=/"),
            "GET /flow?step=1" if saw.cookie.as_deref() == Some("flow=7") => reply(200, options()),
            _ => yes(saw),
        }).await;
        played.all_accepted();
        assert_eq!(played.options(), &options());
    };
    location: "It answers with a redirect, and where that leads tells yes from no" => async |row: String| {
        let played = play(&row, |saw| match saw.request.as_str() {
            "POST /login" => redirect("/account?tab=1"),
            "POST /keys" => redirect("/login?error=bad_key"),
            _ => yes(saw),
        }).await;
        assert_eq!((played.authentication[1].accepted, played.registration[1].accepted), (true, false));
    };
    redirect_error: "It always redirects, and an error is named in the URL" => async |row: String| {
        let played = play(&row, |saw| match saw.request.as_str() {
            "POST /login" => redirect("https://broker.test/"),
            "POST /keys" => redirect("/auth/error?error=BadKey"),
            _ => yes(saw),
        }).await;
        assert_eq!((played.authentication[1].accepted, played.registration[1].accepted), (true, false));
        assert_eq!((played.registration[1].code.as_deref(), played.authentication[1].code.as_deref()), (Some("BadKey"), None));
    };
    error_in_json: "The URL with the error stands in the JSON" => async |row: String| {
        let played = play(&row, |saw| match saw.request.as_str() {
            "POST /login" => reply(200, json!({ "url": "https://broker.test/" })),
            "POST /keys" => reply(200, json!({ "url": "https://broker.test/error?error=BadKey" })),
            _ => yes(saw),
        }).await;
        assert_eq!((played.authentication[1].accepted, played.registration[1].accepted), (true, false));
        assert_eq!(played.registration[1].code.as_deref(), Some("BadKey"));
    };
    member_says_yes: "A member of the answer says yes" => async |row: String| {
        let played = play(&row, |saw| match saw.request.as_str() {
            "POST /keys" => reply(200, json!({ "ok": false })),
            _ => yes(saw),
        }).await;
        assert_eq!((played.authentication[1].accepted, played.registration[1].accepted), (true, false));
        assert!(played.authentication[0].accepted, "options that stand where they should need no member");
    };
    graphql: "It answers as GraphQL does: 200, and a member only where it accepts" => async |row: String| {
        let played = play(&row, |saw| match saw.request.as_str() {
            "POST /login" => reply(200, json!({ "data": { "login": { "user": { "id": 1 } } } })),
            "POST /keys" => reply(200, json!({ "data": null, "errors": [{ "message": "no" }] })),
            _ => yes(saw),
        }).await;
        assert_eq!((played.authentication[1].accepted, played.registration[1].accepted), (true, false));
        assert_eq!((played.registration[1].message.as_deref(), &played.registration[1].unread), (Some("no"), &None));
    };
    refused_with_200: "A refusal is 200 with an error in it" => async |row: String| {
        let played = play(&row, |saw| match saw.request.as_str() {
            "POST /keys" => reply(200, json!({ "error": "no" })),
            "POST /login" => reply(200, json!({ "error": null })),
            _ => yes(saw),
        }).await;
        assert_eq!((played.authentication[1].accepted, played.registration[1].accepted), (true, false));
    };
    alternatives: "It accepts in more than one way" => async |row: String| {
        let played = play(&row, |saw| match saw.request.as_str() {
            "POST /keys" => StatusCode::CREATED.into_response(),
            "POST /login" => reply(200, json!({ "user": 7 })),
            _ => yes(saw),
        }).await;
        played.all_accepted();
        let refused = play(&row, |saw| if saw.request == "POST /login" { reply(200, json!({})) } else { yes(saw) }).await;
        assert!(!refused.authentication[1].accepted);
    };
    several_codes: "Codes and messages stand in several places" => async |row: String| {
        let played = play(&row, |saw| match saw.request.as_str() {
            "POST /keys" => reply(400, json!({ "error": { "code": 7, "text": "bad key" } })),
            "POST /login" => with_header(reply(400, json!({ "code": "x" })), "x-error", "bad login"),
            _ => yes(saw),
        }).await;
        let told = |answer: &Answer| (answer.code.clone().unwrap(), answer.message.clone().unwrap());
        assert_eq!(told(&played.registration[1]), ("7".to_owned(), "bad key".to_owned()));
        assert_eq!(told(&played.authentication[1]), ("x".to_owned(), "bad login".to_owned()));
    };
    signed_in_first: "Only a signed-in user may register" => async |row: String| {
        let played = play(&row, |saw| match (saw.request.as_str(), saw.cookie.as_deref()) {
            ("POST /sign-up", None) => with_header(reply(201, json!({})), "set-cookie", "s=1; Path=/"),
            ("GET /me", cookie) => reply(200, json!({ "user": cookie.map(|_| "mika") })),
            ("POST /new", None) | ("POST /sign-up", Some(_)) => reply(401, json!({})),
            ("POST /sign-in", None) => with_header(reply(200, json!({})), "set-cookie", "s=2; Path=/"),
            ("POST /sign-in", Some(_)) => reply(409, json!({})),
            _ => yes(saw),
        }).await;
        played.all_accepted();
        assert_eq!(played.saw("POST /sign-up").body, json!({ "email": played.account.username, "password": played.account.password }));
        assert!(!played.log.iter().any(|saw| saw.request == "POST /sign-in"), "who signed up is signed in");
        // The same account in another session.
        let mut session = played.adapter.session();
        let again = played.adapter.registration_options(&mut session, &played.account, &wish()).await.unwrap();
        assert!(again.accepted, "{again:?}");
    };
    reauthentication: "A passkey may be registered only just after the password was typed" => async |row: String| {
        let played = play(&row, yes).await;
        let requests: Vec<_> = played.log.iter().map(|saw| saw.request.as_str()).collect();
        assert_eq!(requests[..3], ["POST /reauthenticate", "POST /new", "POST /keys"]);
    };
    password_first: "The password comes before the passkey at every log-in" => async |row: String| {
        let played = play(&row, yes).await;
        let requests: Vec<_> = played.log.iter().map(|saw| saw.request.as_str()).collect();
        assert_eq!(requests, ["POST /new", "POST /keys", "POST /password", "POST /start", "POST /login"]);
        let nobody = played.adapter.authentication_options(&mut played.adapter.session(), None, &wish()).await;
        assert!(matches!(nobody, Err(AdapterError::Impossible(_))), "no log-in without a name");
    };
    bearer: "A log-in answers with a token that later requests carry" => async |row: String| {
        let played = play(&row, |saw| match saw.request.as_str() {
            "POST /login" => reply(200, json!({ "access_token": "t.o.k" })),
            "GET /me" => reply(if saw.headers.contains_key("authorization") { 200 } else { 401 }, json!({})),
            _ => yes(saw),
        }).await;
        played.all_accepted();
        assert_eq!(played.header("GET /me", "authorization").as_deref(), Some("Bearer t.o.k"));
        assert_eq!(played.header("POST /start", "authorization"), None, "nothing to carry before the log-in");
        assert_eq!(played.signed_in, Observation::Seen(true));
    };
    who_am_i: "It says who is signed in, and null or nothing for nobody" => async |row: String| {
        let played = play(&row, |saw| match saw.request.as_str() {
            "GET /me" => reply(200, json!({ "user": { "id": 7 } })),
            _ => yes(saw),
        }).await;
        assert_eq!(played.signed_in, Observation::Seen(true));
        for nobody in [json!(null), json!({}), json!({ "user": null })] {
            let played = play(&row, move |saw| if saw.request == "GET /me" { reply(200, nobody.clone()) } else { yes(saw) }).await;
            assert_eq!(played.signed_in, Observation::Seen(false));
        }
    };
    short_names: "User names are short" => async |row: String| {
        let played = play(&row, yes).await;
        let name = &played.account.username;
        assert!(name.len() == 14 && name.starts_with("fk"), "{name}");
    };
    longest: "User names have a limit" => async |row: String| {
        let played = play(&row, yes).await;
        assert_eq!(played.account.username.len(), 30);
        assert!(played.account.username.starts_with("clean-ceremonies"));
    };
    e_mail: "User names are e-mail addresses" => async |row: String| {
        let played = play(&row, yes).await;
        assert!(played.account.username.ends_with("@example.com") && played.account.username.len() == 24, "{:?}", played.account);
    };
    listed: "Accounts exist, and no others" => async |row: String| {
        let played = play(&row, yes).await;
        assert_eq!((played.account.username.as_str(), played.account.password.as_str()), ("qa1", "faultkey-relying-party"));
    };
    named_keys: "Each passkey needs a name of its own" => async |row: String| {
        let played = play(&row, yes).await;
        let mut session = played.adapter.session();
        played.adapter.registration_options(&mut session, &played.account, &wish()).await.unwrap();
        let first = played.log.iter().find(|saw| saw.request == "POST /new").unwrap().body["name"].clone();
        assert!(first.as_str().unwrap().starts_with("key "), "{first}");
    };
    api_key: "It wants an API key, which is a secret" => async |row: String| {
        let played = play(&row, yes).await;
        assert_eq!(played.header("POST /login", "x-api-key").as_deref(), Some("faultkey-relying-party"));
    };
    media_type: "JSON has another media type there" => async |row: String| {
        let played = play(&row, yes).await;
        assert_eq!(played.header("POST /login", "content-type").as_deref(), Some("application/vnd.api+json"));
    };
}
