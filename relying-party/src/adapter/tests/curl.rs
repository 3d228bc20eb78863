//! The `curl` line, run by a real shell whose `curl` is a function that prints its arguments.

use std::process::Command;

use faultkey_transport::Secrets;

use super::*;

fn request(headers: &[(&str, &str)], body: &str) -> What {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    What::HttpRequest {
        method: "POST".to_owned(),
        path: "/base/login?x=1&y=$HOME".to_owned(),
        headers,
        body: body.to_owned(),
        purpose: RequestPurpose::Ceremony,
    }
}

/// The arguments that `curl` gets.
fn run(line: &str) -> Vec<String> {
    let script = format!("curl() {{ for word; do printf '%s\\0' \"$word\"; done; }}\n{line}\n");
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(script).env("KEY", "s3cret").env("COOKIE", "s=1").env("AUTHORIZATION", "Basic x");
    let output = shell.output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_terminator('\0').map(str::to_owned).collect()
}

#[test]
fn it_runs_in_a_shell_and_shows_no_secret() {
    let body = r#"{"name":"it's $(date) `x` \\ あ","n":1}"#;
    let headers = [
        ("host", "shop.test"),
        ("content-type", "application/json"),
        ("x-key", "Bearer {env:KEY};v='1'"),
        ("x-both", "{env:KEY}{env:KEY}"),
        ("authorization", "Basic cGFzcw=="),
        ("cookie", "session=0123; theme={env:KEY}"),
        ("connection", "close"),
    ];
    let base: url::Url = "https://user:pw@shop.test/base".parse().unwrap();
    let line = curl(&base, &request(&headers, body), &Secrets::default()).unwrap();
    assert!(["s3cret", "0123", "cGFzcw", "pw@"].iter().all(|secret| !line.contains(secret)), "{line}");
    assert_eq!(
        run(&line),
        [
            "-i",
            "-X",
            "POST",
            "-H",
            "content-type: application/json",
            "-H",
            "x-key: Bearer s3cret;v='1'",
            "-H",
            "x-both: s3crets3cret",
            "-H",
            "authorization: Basic x",
            "-H",
            "cookie: s=1",
            "--data-raw",
            body,
            "https://shop.test/base/login?x=1&y=$HOME",
        ]
    );
}

#[test]
fn a_host_that_is_not_the_urls_is_sent_and_a_strange_variable_is_asked_for() {
    let base: url::Url = "http://localhost:3000".parse().unwrap();
    let line = curl(&base, &request(&[("host", "localhost:3000"), ("x", "{env:a.b}")], ""), &Secrets::default()).unwrap();
    assert!(line.ends_with(r#"-H 'x: '"$(printenv a.b)" 'http://localhost:3000/base/login?x=1&y=$HOME'"#), "{line}");
    let line = curl(&base, &request(&[("host", "shop.test")], ""), &Secrets::default()).unwrap();
    assert_eq!(run(&line)[3..5], ["-H", "host: shop.test"]);
    assert_eq!(curl(&base, &What::Note { text: String::new() }, &Secrets::default()), None);
}

#[test]
fn a_variable_in_the_path_is_one_and_what_is_revealed_is_shown() {
    let base: url::Url = "http://localhost:3000".parse().unwrap();
    let get = |headers: &[(&str, &str)]| match request(headers, "") {
        What::HttpRequest { method, headers, body, purpose, .. } => {
            What::HttpRequest { method, headers, body, purpose, path: "/a/{env:KEY}/b?c=1".to_owned() }
        }
        other => other,
    };
    let line = curl(&base, &get(&[]), &Secrets::default()).unwrap();
    assert!(line.ends_with(r#" http://localhost:3000/a/"$KEY"'/b?c=1'"#), "{line}");
    assert_eq!(run(&line)[3], "http://localhost:3000/a/s3cret/b?c=1");
    let secrets = Secrets::default();
    secrets.reveal();
    let line = curl(&base, &get(&[("cookie", "session=0123"), ("authorization", "Basic cGFzcw==")]), &secrets).unwrap();
    assert_eq!(run(&line)[3..7], ["-H", "cookie: session=0123", "-H", "authorization: Basic cGFzcw=="]);
}

#[tokio::test]
async fn what_was_recorded_can_be_sent_again() {
    let (address, _) = serve(|_| with_header(reply(200, json!({"publicKey": {}})), "set-cookie", "s=secret; Path=/")).await;
    let mapping = format!("headers = {{ X-Key = \"{{env:CARGO_PKG_NAME}}\" }}\n{}", shop_with(""));
    let Bench { adapter, transcript, .. } = shop(&mapping, address);
    let mut session = adapter.session();
    adapter.registration_options(&mut session, &mika(), &wish()).await.unwrap();
    let answer = adapter.registration_options(&mut session, &mika(), &wish()).await.unwrap();
    let entry = &transcript.entries()[answer.exchange - 1];
    assert_eq!(
        curl(&"https://broker.test".parse().unwrap(), &entry.what, &Secrets::default()).unwrap(),
        "curl -i -X POST -H 'accept: application/json' -H 'content-type: application/json' -H 'origin: https://broker.test' \
         -H 'x-key: '\"$CARGO_PKG_NAME\" -H 'cookie: '\"$COOKIE\" --data-raw '{\"email\":\"mika\"}' https://broker.test/new"
    );
}
