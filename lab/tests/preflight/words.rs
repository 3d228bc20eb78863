//! The page as it is read.

use super::*;

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
    let toml = include_str!("../../../relying-party/mappings/fido-conformance.toml").replacen(
        "[registration.options]",
        "[headers]\nX-Api-Key = \"{env:PATH}\"\nX-More = \"a 'quoted' value\"\n[registration.options]",
        1,
    );
    let mapping = Mapping::parse(&toml, "shop.toml").unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let address = answering(OPTIONS, move |asked| {
        log.lock().unwrap().push((asked.headers.clone(), asked.body.clone()));
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
    let sent = seen.lock().unwrap()[0].clone();
    assert!(arguments.lines().any(|line| line == sent.1.to_string()), "{arguments}");
    assert!(arguments.lines().any(|line| line == "x-more: a 'quoted' value"), "{arguments}");
    assert!(arguments.lines().any(|line| line == format!("x-api-key: {path}")), "{arguments}");
}

#[test]
fn what_was_learnt() {
    let learnt = |missing: &[&'static str]| {
        let learnt = Learnt { profile: "pixel-chrome".to_owned(), took: Duration::from_millis(120), missing: missing.to_vec() };
        help::learnt("shop at http://localhost:3000", &learnt)
    };
    insta::assert_snapshot!("learnt", learnt(&["report", "hooks.credentials", "hooks.log"]));
    assert!(!learnt(&[]).contains("adapter file"));
}
