//! What keeps a relying party from being exercised is told apart, and the page says what to do.

#[path = "preflight/adapter.rs"]
mod adapter;
#[path = "preflight/callers.rs"]
mod callers;
#[path = "preflight/pace.rs"]
mod pace;
#[path = "preflight/probes.rs"]
mod probes;
#[path = "preflight/server.rs"]
mod server;
#[path = "preflight/words.rs"]
mod words;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::response::Response;
use faultkey_fault_injection::Language;
use faultkey_lab::check::Request;
use faultkey_lab::exercise::{
    Elsewhere, ExerciseError, Foreign, Learnt, NotExercisable, Plan, Problem, Progress, Stop, TargetPlan, exercise,
};
use faultkey_lab::{help, scenario};
use faultkey_relying_party::{Lost, Mapping, Proxies, Target, Waiter, Why};
use serde_json::json;
use url::Url;

use server::{Asked, certificate, lenient, nobody, options, refusal, reply, serve, text, tls, with_header};

/// Keeps what was learnt; waits for nobody.
#[derive(Default)]
struct Told(Mutex<Vec<Learnt>>);

impl Progress for Told {
    fn started(&self, _: &str, _: &str, _: &str, _: usize, _: usize) {}
    fn finished(&self, _: &str, _: &str, _: &str, _: usize, _: usize) {}
    fn learnt(&self, _: &str, learnt: &Learnt) {
        self.0.lock().unwrap().push(learnt.clone());
    }
    fn stopped_answering(&self, _: &str, _: Duration) {}
    fn waiter(&self) -> Waiter {
        Arc::new(|_| Box::pin(std::future::ready(())))
    }
}

/// How a relying party is exercised.
struct Case {
    url: Url,
    mapping: Mapping,
    authority: Option<PathBuf>,
    profile: Option<&'static str>,
    patience: Duration,
}

impl Case {
    fn at(url: &str) -> Case {
        Case {
            url: url.parse().unwrap(),
            mapping: Mapping::built_in("fido-conformance").unwrap(),
            authority: None,
            profile: None,
            patience: Duration::from_secs(10),
        }
    }

    /// By the name that may have passkeys.
    fn localhost(address: SocketAddr) -> Case {
        Case::at(&format!("http://localhost:{}", address.port()))
    }

    fn plan(&self) -> Plan {
        let target =
            Target { url: self.url.clone(), connect: None, certificate_authority: self.authority.clone(), proxies: Proxies::default() };
        Plan {
            targets: vec![TargetPlan::Foreign(Foreign {
                name: "the shop".to_owned(),
                mapping: self.mapping.clone(),
                target,
                accounts: "19a8b7c6".to_owned(),
                arguments: String::new(),
                pace: Duration::ZERO,
                patience: self.patience,
                comes_back_within: Duration::ZERO,
                restart: None,
            })],
            scenarios: scenario::select(&["clean-ceremonies".to_owned()]).unwrap(),
            profile: self.profile.map(str::to_owned),
            seed: 42,
            include_real_wait: false,
            language: Language::English,
        }
    }

    /// What keeps it from being exercised, and the page.
    async fn fails(&self) -> (Box<NotExercisable>, String) {
        match exercise(&self.plan(), &Told::default(), &Stop::never()).await {
            Err(ExerciseError::NotExercisable(problem)) => {
                let page = help::page(&problem, Some(&self.url), Language::English);
                let wide = page.lines().find(|line| line.chars().count() > 80);
                assert_eq!(wide, None, "{page}");
                (problem, page)
            }
            Err(other) => panic!("{other}"),
            Ok(run) => panic!("exercised: {:?}", run.targets[0].findings),
        }
    }
}

/// One request answered by `answer`, the others as by a relying party that accepts everything.
async fn answering(path: &'static str, answer: impl Fn(&Asked) -> Response + Send + Sync + 'static) -> SocketAddr {
    serve(move |asked| if asked.is(path) { answer(&asked) } else { lenient(&asked) }).await
}

fn says(page: &str, words: &[&str]) {
    let flat = page.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in words {
        assert!(flat.contains(words), "{words:?} is missing in\n{page}");
    }
}

const OPTIONS: &str = "/attestation/options";
const VERIFY: &str = "/attestation/result";
const LOGIN_OPTIONS: &str = "/assertion/options";
const LOGIN_VERIFY: &str = "/assertion/result";

#[tokio::test]
async fn one_that_works_is_exercised_and_tells_what_can_be_seen() {
    let address = serve(|asked| lenient(&asked)).await;
    let told = Told::default();
    exercise(&Case::localhost(address).plan(), &told, &Stop::never()).await.unwrap();
    let learnt = told.0.lock().unwrap();
    let [learnt] = learnt.as_slice() else { panic!("{learnt:?}") };
    assert_eq!((learnt.profile.as_str(), learnt.took > Duration::ZERO), ("pixel-chrome", true));
    assert!(learnt.missing.contains(&"hooks.credentials"));
}

#[tokio::test]
async fn what_cannot_be_connected_to() {
    let (address, _socket) = nobody();
    let (not, page) = Case::at(&format!("http://user:secret@{address}")).fails().await;
    assert_eq!(not.problem, Problem::Unreachable(Why::NothingListens));
    says(&page, &["Nothing listens at", "faultkey exercise --rp http://localhost:3000", "curl -i -X POST"]);
    assert!(!page.contains("secret"), "{page}");

    // RFC 6761 §6.4: never a name.
    let (not, page) = Case::at("http://shop.invalid").fails().await;
    assert_eq!(not.problem, Problem::Unreachable(Why::NameUnresolved));
    says(&page, &["does not resolve"]);

    let silent = server::silent().await;
    let (not, page) = Case { patience: Duration::from_millis(20), ..Case::localhost(silent) }.fails().await;
    assert_eq!(not.problem, Problem::NoAnswer(Lost::TimedOut));
    says(&page, &["no whole answer came: no answer in time", "--request-timeout 60s"]);
}

#[tokio::test]
async fn one_that_stops_answering() {
    let address = server::dies_at(2).await;
    let (not, page) = Case::localhost(address).fails().await;
    assert_eq!((&not.problem, not.request), (&Problem::StoppedAnswering, Request::RegistrationVerify));
    says(&page, &["stopped answering", "anybody can end it"]);
}

#[tokio::test]
async fn tls_and_certificates() {
    let plain = serve(|asked| lenient(&asked)).await;
    let (not, page) = Case::at(&format!("https://localhost:{}", plain.port())).fails().await;
    assert_eq!(not.problem, Problem::Unreachable(Why::TlsToPlain));
    says(&page, &[&format!("faultkey exercise --rp http://localhost:{}", plain.port())]);

    let address = tls("127.0.0.1", "localhost.pem").await;
    let (not, page) = Case::localhost(address).fails().await;
    assert_eq!(not.problem, Problem::Unreachable(Why::PlainToTls));
    says(&page, &[&format!("faultkey exercise --rp https://localhost:{}", address.port())]);

    for (host, name, why, words) in [
        ("127.0.0.1", "localhost.pem", Why::UnknownIssuer, "--ca authority.pem"),
        ("127.0.0.1", "self-signed.pem", Why::SelfSigned, "--ca server.pem"),
        ("127.0.0.1", "authority-as-server.pem", Why::CaUsedAsEndEntity, "--ca server.pem"),
        ("127.0.0.1", "expired.pem", Why::CertificateExpired, "x509 -noout -dates"),
    ] {
        let address = tls(host, name).await;
        let (not, page) = Case::at(&format!("https://localhost:{}", address.port())).fails().await;
        assert_eq!(not.problem, Problem::Unreachable(why), "{name}");
        says(&page, &[words]);
    }
    // The certificate is for 127.0.0.1.
    let address = tls("127.0.0.2", "localhost.pem").await;
    let case = Case { authority: Some(certificate("authority.pem")), ..Case::at(&format!("https://{address}")) };
    let (not, page) = case.fails().await;
    assert_eq!(not.problem, Problem::Unreachable(Why::CertificateNotForName));
    says(&page, &["for another name", &format!("openssl s_client -connect {address}")]);
}

/// Path, status and header of the answer; the problem, and what the page says.
type Row = (&'static str, u16, Option<(&'static str, &'static str)>, Problem, &'static [&'static str]);

#[tokio::test]
async fn statuses_that_say_what_is_wrong() {
    let rows: [Row; 13] = [
        (OPTIONS, 404, None, Problem::NoSuchPath, &["[registration.options] path = \"/the/right/path\"", "--adapter my-rp.toml"]),
        (VERIFY, 404, None, Problem::NoSuchPath, &["[registration.verify] path = "]),
        (OPTIONS, 401, None, Problem::SignInWanted, &["Only a signed-in user may register", "Bearer {env:TOKEN}"]),
        (
            OPTIONS,
            401,
            Some(("www-authenticate", "Basic")),
            Problem::HttpCredentialsWanted,
            &["credentials of HTTP", "{env:AUTHORIZATION}"],
        ),
        (OPTIONS, 403, None, Problem::CsrfTokenWanted, &["[csrf]", "from = { pointer = \"/token\" }"]),
        (
            OPTIONS,
            405,
            Some(("allow", "HEAD, GET")),
            Problem::MethodNotAllowed { allow: Some("HEAD, GET".to_owned()) },
            &["for other methods: HEAD, GET", "method = \"GET\""],
        ),
        (VERIFY, 415, None, Problem::UnsupportedMediaType, &["does not take JSON", "Content-Type"]),
        (OPTIONS, 409, None, Problem::AccountExists { account: "clean-ceremonies-p01-19a8b7c6-1".to_owned() }, &["--accounts another"]),
        (LOGIN_OPTIONS, 403, None, Problem::AccountNotConfirmed, &["confirmed first, for example by e-mail"]),
        (LOGIN_VERIFY, 401, None, Problem::AccountNotConfirmed, &["[hooks.prepare]"]),
        (OPTIONS, 500, None, Problem::ServerError { status: 500 }, &["failed with 500 at a clean request"]),
        (VERIFY, 503, None, Problem::ServerError { status: 503 }, &["503"]),
        (OPTIONS, 501, None, Problem::MethodNotAllowed { allow: None }, &["for another method"]),
    ];
    for (path, status, header, problem, words) in rows {
        let address = answering(path, move |_| match header {
            Some((name, value)) => with_header(refusal(status), name, value),
            None => refusal(status),
        })
        .await;
        let (not, page) = Case::localhost(address).fails().await;
        assert_eq!(not.problem, problem, "{path} {status}");
        says(&page, words);
        says(&page, &[&format!("Status {status}"), path, problem.id()]);
    }
}

#[tokio::test]
async fn the_same_status_means_another_thing_elsewhere() {
    // A POST was let in before without a token, and the response of the client is refused.
    let address = answering(VERIFY, |_| refusal(403)).await;
    assert_eq!(Case::localhost(address).fails().await.0.problem, Problem::Refused { status: 403 });
    let address = answering(VERIFY, |_| refusal(401)).await;
    assert_eq!(Case::localhost(address).fails().await.0.problem, Problem::Refused { status: 401 });
    // JSON says that there is no such account; a page, that there is no such path.
    let address = answering(LOGIN_OPTIONS, |_| refusal(404)).await;
    assert_eq!(Case::localhost(address).fails().await.0.problem, Problem::Refused { status: 404 });
    let address = answering(LOGIN_OPTIONS, |_| text(404, "text/html", "<p>")).await;
    assert_eq!(Case::localhost(address).fails().await.0.problem, Problem::NoSuchPath);
}

#[tokio::test]
async fn a_csrf_token_that_is_sent_and_one_that_is_not_found() {
    let csrf = "\n[csrf]\npath = \"/csrf\"\nfrom = { pointer = \"/token\" }\nsend = { header = \"X-CSRF-Token\" }\n";
    let toml = format!("{}{csrf}", include_str!("../../relying-party/adapters/fido-conformance.toml"));
    let mapping = || Mapping::parse(&toml, "shop.toml").unwrap();
    let address = serve(|asked| match asked.path.as_str() {
        "/csrf" => reply(200, json!({ "token": "t" })),
        _ => refusal(403),
    })
    .await;
    let (not, _) = Case { mapping: mapping(), ..Case::localhost(address) }.fails().await;
    assert_eq!(not.problem, Problem::Refused { status: 403 });

    let address = answering("/csrf", |_| reply(200, json!({ "csrf": { "token": "t" } }))).await;
    let (not, page) = Case { mapping: mapping(), ..Case::localhost(address) }.fails().await;
    let Problem::PointerFindsNothing { unread, there } = &not.problem else { panic!("{:?}", not.problem) };
    assert_eq!((unread.section, there.as_slice()), ("csrf", ["/csrf".to_owned(), "/csrf/token".to_owned()].as_slice()));
    says(&page, &["[csrf]", "It has a member of this name at /csrf/token.", "GET", "/csrf"]);
}

#[tokio::test]
async fn redirects() {
    for (location, elsewhere, words) in [
        ("https://shop.example/attestation/options", Elsewhere::Origin("https://shop.example".to_owned()), "--rp https://shop.example"),
        ("/login?next=1", Elsewhere::Path, "path = \"/login?next=1\""),
        ("https://gate.example/sso", Elsewhere::Other, "A gateway that wants a log-in"),
    ] {
        let address = answering(OPTIONS, move |_| with_header(text(302, "text/html", ""), "location", location)).await;
        let (not, page) = Case::localhost(address).fails().await;
        assert_eq!(not.problem, Problem::Redirect { location: Some(location.to_owned()), elsewhere });
        says(&page, &[words, &format!("Location: {location}")]);
    }
}

#[tokio::test]
async fn answers_that_are_not_what_the_adapter_says() {
    let address = answering(OPTIONS, |_| text(200, "text/html; charset=utf-8", "<html>\u{1b}[2JWelcome</html>")).await;
    let (not, page) = Case::localhost(address).fails().await;
    assert_eq!(not.problem, Problem::Html);
    says(&page, &["a web page, not JSON", "\\u{1b}[2JWelcome"]);
    assert!(!page.contains('\u{1b}'), "nothing steers the terminal");

    let address = answering(OPTIONS, |_| text(200, "text/plain", "hello")).await;
    let (not, page) = Case::localhost(address).fails().await;
    assert_eq!(not.problem, Problem::NotJson { content_type: Some("text/plain".to_owned()) });
    says(&page, &["not JSON, but text/plain"]);

    let address = answering(OPTIONS, |asked| reply(200, json!({ "data": { "publicKey": options(asked) } }))).await;
    let (not, page) = Case::localhost(address).fails().await;
    let Problem::PointerFindsNothing { unread, there } = &not.problem else { panic!("{:?}", not.problem) };
    assert_eq!((unread.field.as_str(), unread.place.as_str()), ("options", "\"\""));
    assert_eq!(there[..4], ["/data", "/data/publicKey", "/data/publicKey/status", "/data/publicKey/rp"]);
    assert!(there.len() <= 30);
    says(&page, &["looks in the wrong place", "options = \"/data/publicKey\"", "/data/publicKey/rp"]);
}

#[tokio::test]
async fn an_address_where_a_name_is_needed() {
    let address = serve(|asked| lenient(&asked)).await;
    let (not, page) = Case::at(&format!("http://{address}")).fails().await;
    assert_eq!(not.problem, Problem::AddressForName { origin: format!("http://{address}"), rp_id: Some("localhost".to_owned()) });
    says(&page, &["is an IP address", &format!("faultkey exercise --rp http://localhost:{}", address.port())]);
}

#[tokio::test]
async fn an_rp_id_unlike_the_origin() {
    let address = answering(OPTIONS, |asked| {
        let mut options = options(asked);
        options["rp"]["id"] = json!("shop.example");
        reply(200, options)
    })
    .await;
    let (not, page) = Case::localhost(address).fails().await;
    let origin = format!("http://localhost:{}", address.port());
    assert_eq!(not.problem, Problem::RpIdUnlikeOrigin { origin: origin.clone(), rp_id: Some("shop.example".to_owned()) });
    says(&page, &[&format!("A page at {origin} can't use the RP ID shop.example"), "origin = \"https://shop.example\""]);

    let mut case = Case::localhost(address);
    case.mapping.origin = Some("http://shop.example".to_owned());
    let (not, page) = case.fails().await;
    assert_eq!(not.problem.id(), "insecure-origin");
    says(&page, &["is no secure context", "origin = \"https://shop.example\""]);
}

#[tokio::test]
async fn what_no_device_can_do() {
    let offering = |algorithms: &'static [i64]| {
        answering(OPTIONS, move |asked| {
            let mut options = options(asked);
            let list = algorithms.iter().map(|algorithm| json!({ "type": "public-key", "alg": algorithm }));
            options["pubKeyCredParams"] = list.collect();
            reply(200, options)
        })
    };
    let address = offering(&[-65535]).await;
    let (not, page) = Case::localhost(address).fails().await;
    assert_eq!(not.problem, Problem::AlgorithmNotOffered { offered: vec![-65535], profiles: Vec::new() });
    says(&page, &["No device has one of them", "-65535"]);

    let address = offering(&[-257]).await;
    let (not, page) = Case { profile: Some("iphone"), ..Case::localhost(address) }.fails().await;
    let Problem::AlgorithmNotOffered { offered, profiles } = &not.problem else { panic!("{:?}", not.problem) };
    assert_eq!((offered.as_slice(), profiles.contains(&"windows-hello")), ([-257].as_slice(), true));
    says(&page, &["RS256 (-257)", "the device `iphone` has none of them", "--profile security-key-full"]);
    exercise(&Case::localhost(address).plan(), &Told::default(), &Stop::never()).await.expect("another device can");

    let address = answering(OPTIONS, |asked| {
        let mut options = options(asked);
        options["authenticatorSelection"]["authenticatorAttachment"] = json!("platform");
        reply(200, options)
    })
    .await;
    let (not, page) = Case { profile: Some("yubikey-5"), ..Case::localhost(address) }.fails().await;
    let Problem::DeviceLacks { all_tried: false, .. } = &not.problem else { panic!("{:?}", not.problem) };
    says(&page, &["what the device can't do", "Leave --profile out"]);
}

#[tokio::test]
async fn options_that_no_client_takes_at_sign_in() {
    let address = answering(LOGIN_OPTIONS, |_| reply(200, json!({ "status": "ok", "rpId": "localhost" }))).await;
    let (not, page) = Case::localhost(address).fails().await;
    let Problem::UnusableOptions { exception } = &not.problem else { panic!("{:?}", not.problem) };
    assert!(exception.starts_with("TypeError"), "{exception}");
    says(&page, &["No client takes these options", "challenge"]);

    let address = answering(LOGIN_OPTIONS, |asked| {
        let mut options = options(asked);
        options["allowCredentials"] = json!([{ "type": "public-key", "id": "AAAA" }]);
        reply(200, options)
    })
    .await;
    let (not, _) = Case::localhost(address).fails().await;
    assert_eq!(not.problem, Problem::NoCredential);
}

#[tokio::test]
async fn options_with_a_finding_that_says_why_are_exercised() {
    let address = answering(OPTIONS, |asked| {
        let mut options = options(asked);
        options["user"]["id"] = json!("A".repeat(128));
        reply(200, options)
    })
    .await;
    let run = exercise(&Case::localhost(address).plan(), &Told::default(), &Stop::never()).await.unwrap();
    let ids: Vec<String> = run.targets[0].findings.iter().map(|finding| finding.id.to_string()).collect();
    assert_eq!(ids, ["user-id-too-long/registration-options"]);
}

#[tokio::test]
async fn a_hook_that_fails() {
    let toml = include_str!("../../relying-party/adapters/fido-conformance.toml").to_owned();
    let hook = "\n[hooks.prepare]\npath = \"/test/accounts\"\nbody = { name = \"{username}\" }\n";
    let mapping = Mapping::parse(&format!("{toml}{hook}"), "shop.toml").unwrap();
    let address = serve(|asked| lenient(&asked)).await;
    let (not, page) = Case { mapping, ..Case::localhost(address) }.fails().await;
    assert_eq!(not.problem, Problem::HookFailed { section: "hooks.prepare" });
    says(&page, &["[hooks.prepare]", "Status 404", "/test/accounts"]);
}
