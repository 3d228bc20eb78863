//! The page as it is read.

use super::*;

#[path = "../../src/words/tests/english.rs"]
mod english;

/// Without the port, which the system gives.
fn settled(page: &str, address: SocketAddr) -> String {
    page.replace(&address.port().to_string(), "12345")
}

#[tokio::test]
async fn golden_pages() {
    let address = answering(OPTIONS, |_| text(404, "text/html", "<h1>Not Found</h1>")).await;
    let (_, page) = Case::localhost(address).fails().await;
    insta::assert_snapshot!("no_such_path", settled(&page, address));

    let address =
        answering(VERIFY, |asked| if asked.client_data("origin") == "https://localhost" { lenient(asked) } else { refusal(400) }).await;
    let (_, page) = Case::localhost(address).fails().await;
    let settled = settled(&page, address);
    // What the client signed depends on the port.
    let (before, rest) = settled.split_once("The request\n").unwrap();
    let (_, after) = rest.split_once("The answer\n").unwrap();
    insta::assert_snapshot!("origin_unlike", format!("{before}The request\n(...)\nThe answer\n{after}"));
}

#[tokio::test]
async fn the_request_runs_in_a_shell_and_shows_no_secret() {
    let toml = include_str!("../../../relying-party/adapters/fido-conformance.toml").replacen(
        "[registration.options]",
        "[headers]\nX-Api-Key = \"{env:PATH}\"\nX-More = \"a 'quoted' value\"\n[registration.options]",
        1,
    );
    let mapping = Mapping::parse(&toml, "shop.toml").unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let address = answering(OPTIONS, move |asked| {
        log.lock().unwrap().push(asked.body.clone());
        refusal(401)
    })
    .await;
    let (_, page) = Case { mapping, ..Case::localhost(address) }.fails().await;
    let path = std::env::var("PATH").unwrap();
    assert!(page.contains("\"$PATH\"") && !page.contains(&path), "{page}");
    let (_, rest) = page.split_once("The request\n").unwrap();
    let (line, _) = rest.split_once("\nThe answer\n").unwrap();
    let script = format!("curl() {{ printf '%s\\n' \"$@\"; }}\n{line}\n");
    let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
    let arguments = String::from_utf8(output.stdout).unwrap();
    let sent = seen.lock().unwrap()[0].to_string();
    assert!(arguments.lines().any(|line| line == sent), "{arguments}");
    assert!(arguments.lines().any(|line| line == "x-more: a 'quoted' value"), "{arguments}");
    assert!(arguments.lines().any(|line| line == format!("x-api-key: {path}")), "{arguments}");
}

#[test]
fn what_was_learnt() {
    let learnt = |missing: &[&'static str]| {
        let learnt =
            Learnt { profile: "pixel-chrome".to_owned(), took: Duration::from_millis(120), missing: missing.to_vec(), insecure: false };
        help::learnt("shop at http://localhost:3000", &learnt, Language::English)
    };
    insta::assert_snapshot!("learnt", learnt(&["report", "hooks.credentials", "hooks.log"]));
    assert!(!learnt(&[]).contains("adapter file"));
    let learnt = Learnt { profile: "xperia".to_owned(), took: Duration::from_millis(120), missing: vec!["report"], insecure: true };
    insta::assert_snapshot!("learnt_in_japanese", help::learnt("shop at http://localhost:3000", &learnt, Language::Japanese));
}

/// What no server on loopback can do, or not every time.
#[tokio::test]
async fn every_problem_has_words_that_fit() {
    let address = answering(OPTIONS, |_| refusal(401)).await;
    let case = Case::localhost(address);
    let (mut not, _) = case.fails().await;
    let text = || "something-of-many-words that-somebody-else wrote, and-that-is-not-short".to_owned();
    let unreachable = [
        Why::NameUnresolved,
        Why::NothingListens,
        Why::TimedOut,
        Why::Reset,
        Why::TlsToPlain,
        Why::PlainToTls,
        Why::UnknownIssuer,
        Why::SelfSigned,
        Why::CertificateNotForName,
        Why::CertificateExpired,
        Why::CaUsedAsEndEntity,
        Why::ProxyUnreachable,
        Why::ProxyRefused { status: 407 },
        Why::ProxyRefused { status: 503 },
        Why::ClientCertificateWanted,
        Why::OtherTls(text()),
        Why::Other(text()),
    ];
    let others = [
        Problem::NoAnswer(Lost::Closed),
        Problem::StoppedAnswering,
        Problem::NotJson { content_type: None },
        Problem::Redirect { location: None, elsewhere: Elsewhere::Other },
        Problem::MethodNotAllowed { allow: None },
        Problem::MethodNotAllowed { allow: Some("BREW".to_owned()) },
        Problem::RateLimited { retry_after: Some(Duration::from_secs(7)) },
        Problem::PointerFindsNothing {
            unread: faultkey_relying_party::Unread {
                section: "registration.options",
                field: "options".to_owned(),
                place: "\"/data\"".to_owned(),
            },
            there: Vec::new(),
        },
        Problem::RpIdUnlikeOrigin { origin: "https://shop.example".to_owned(), rp_id: None },
        Problem::RpIdUnlikeOrigin { origin: "ios:bundle-id:com.example.shop".to_owned(), rp_id: None },
        Problem::RpIdUnlikeOrigin { origin: "capacitor://localhost".to_owned(), rp_id: Some("co.jp".to_owned()) },
        Problem::DeviceLacks { lacks: text(), all_tried: true },
        Problem::AttestationNotTrusted { format: None, accepted: None },
        Problem::AlgorithmRefused { refused: None, accepted: -8, profile: Some("yubikey-5") },
        Problem::Refused { status: 400 },
    ];
    let mut ids = std::collections::BTreeSet::new();
    let mut told = std::collections::BTreeSet::new();
    for problem in unreachable.map(Problem::Unreachable).into_iter().chain(others) {
        ids.insert(problem.id());
        not.problem = problem;
        let page = help::page(&not, Some(&case.url), Language::English);
        assert!(page.lines().all(|line| line.chars().count() <= 80), "{page}");
        let (_, advice) = page.split_once("What to do\n").unwrap();
        assert!(advice.trim().len() > 30, "{page}");
        let japanese = help::page(&not, Some(&case.url), Language::Japanese);
        let (_, advice) = japanese.split_once("対処\n").unwrap();
        assert!(!advice.is_ascii() && advice.contains("ください。"), "{japanese}");
        assert_eq!(english::english(&japanese), [""; 0], "{japanese}");
        let means = japanese.split_once("考えられる原因\n").unwrap().1.to_owned();
        assert!(told.insert(means), "two problems are told in the same words: {japanese}");
        assert!(!help::page(&not, None, Language::English).contains("curl -i"), "without a URL nothing can be asked again");
    }
    assert_eq!(ids.len(), 28, "one problem stands twice");
}
