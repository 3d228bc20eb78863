//! Nothing leaks into a report or onto the terminal: a relying party that sends back whatever it was sent, and one that has no measure.

#![cfg(unix)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use data_encoding::BASE64;
use faultkey_relying_party::{Clock, Embedded, Handling};
use serde_json::{Value, json};

/// What the relying party adds to its answers.
#[derive(Clone, Copy)]
enum Adds {
    /// Every header, the query and the secrets in it, in all the ways in which frameworks write them.
    Echo,
    /// 3 MB of text to a refusal, and 90 cookies to each answer.
    Flood,
}

/// The embedded relying party behind a front that adds something.
struct Server {
    _runtime: tokio::runtime::Runtime,
    address: SocketAddr,
    /// Values of session cookies that were given.
    sessions: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(adds: Adds) -> Server {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let rp = runtime.block_on(Embedded::start(Handling::Diagnosing, Clock::default(), 1)).expect("a relying party");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("its address");
        let sessions: Arc<Mutex<Vec<String>>> = Arc::default();
        let given = Arc::clone(&sessions);
        std::thread::spawn(move || {
            // Lives as long as the front.
            let rp = rp;
            for stream in listener.incoming().flatten() {
                // Whoever cut the connection does not want the answer.
                let _ = carry(stream, rp.address(), adds, &given);
            }
        });
        Server { _runtime: runtime, address, sessions }
    }

    /// With a user and a password in it.
    fn url(&self) -> String {
        format!("http://mika:pw-of-the-url-1@localhost:{}", self.address.port())
    }
}

fn read_request(stream: &mut TcpStream) -> std::io::Result<(String, String)> {
    let (mut request, mut buffer) = (Vec::new(), [0; 65_536]);
    loop {
        let length = stream.read(&mut buffer)?;
        request.extend_from_slice(&buffer[..length]);
        let so_far = String::from_utf8_lossy(&request).into_owned();
        let Some((head, body)) = so_far.split_once("\r\n\r\n") else {
            if length == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            continue;
        };
        let wanted = header(head, "content-length").and_then(|wanted| wanted.parse().ok()).unwrap_or(0);
        if length == 0 || body.len() >= wanted {
            return Ok((head.to_owned(), body.to_owned()));
        }
    }
}

fn header<'a>(head: &'a str, wanted: &str) -> Option<&'a str> {
    head.lines().filter_map(|line| line.split_once(": ")).find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value)
}

fn carry(mut stream: TcpStream, rp: SocketAddr, adds: Adds, given: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let (head, body) = read_request(&mut stream)?;
    let mut server = TcpStream::connect(rp)?;
    server.write_all(format!("{head}\r\n\r\n{body}").as_bytes())?;
    let mut answer = String::new();
    server.read_to_string(&mut answer)?;
    let (answered, text) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    if let Some((session, _)) = header(answered, "set-cookie").and_then(|cookie| cookie.split_once('=')?.1.split_once(';')) {
        given.lock().unwrap().push(session.to_owned());
    }
    let refused = answered.split(' ').nth(1).is_some_and(|status| status >= "400");
    let mut json = serde_json::from_str::<Value>(text).ok();
    let mut headers = String::new();
    match adds {
        Adds::Echo => {
            let target = head.split(' ').nth(1).unwrap_or_default();
            let key = header(&head, "x-api-key").unwrap_or_default();
            let credentials = header(&head, "authorization").unwrap_or_default();
            let decoded = credentials.strip_prefix("Basic ").and_then(|text| BASE64.decode(text.as_bytes()).ok()).unwrap_or_default();
            headers.push_str(&format!("location: {target}\r\nwww-authenticate: Basic realm=\"{credentials}\"\r\n"));
            let page = format!("<p>{}</p>", key.replace('&', "&amp;").replace('"', "&quot;"));
            let all = format!("{head}\n{target}\n{key}\n{page}\n{}", String::from_utf8_lossy(&decoded));
            match &mut json {
                Some(Value::Object(members)) => {
                    if refused {
                        members.insert("errorMessage".to_owned(), json!(format!("refused: {all}")));
                    }
                    members.insert("echo".to_owned(), json!([all, { key: credentials }]));
                    members.insert("token".to_owned(), json!("bearer-token-0001"));
                }
                None => json = Some(json!({ "errorMessage": all })),
                Some(_) => {}
            }
        }
        Adds::Flood => {
            for n in 0..90 {
                headers.push_str(&format!("set-cookie: flood-{n}={n}-{}; Path=/\r\n", "f".repeat(200)));
            }
            if let (true, Some(Value::Object(members))) = (refused, &mut json) {
                members.insert("errorMessage".to_owned(), json!("é\" ".repeat(750_000)));
            }
        }
    }
    let text = json.map_or_else(|| text.to_owned(), |json| json.to_string());
    let kept: Vec<&str> = answered.lines().filter(|line| !line.to_lowercase().starts_with("content-length")).collect();
    stream.write_all(format!("{}\r\n{headers}content-length: {}\r\n\r\n{text}", kept.join("\r\n"), text.len()).as_bytes())
}

/// The embedded relying party's adapter, with secrets at every place that can have one.
fn adapter(folder: &Path, change: impl Fn(String) -> String) -> String {
    let text = include_str!("../relying-party/adapters/embedded.toml");
    let secrets = "[headers]\nX-Api-Key = \"{env:ECHO_KEY}\"\nAuthorization = \"Basic {env:ECHO_BASIC}\"\nX-Flag = \"{env:ECHO_FLAG}\"\n\n\
                   [registration.options]\n";
    let text = text.replacen("[registration.options]\n", secrets, 1);
    let text = text.replace("\"/assertion/options\"", "\"/assertion/options?key={env:ECHO_KEY}\"\ncapture = { token = \"/token\" }");
    let bearer = "\"/assertion/result\"\nheaders = { Authorization = \"Bearer {token}\" }";
    let text = text.replace("\"/assertion/result\"", bearer);
    let file = folder.join("adapter.toml");
    std::fs::write(&file, change(text)).expect("an adapter file");
    file.to_str().expect("a path").to_owned()
}

const KEY: &str = "k3y-\"of\" & the/shop";
/// Parts of secrets that stand in every form of them but base64, and the base64.
const PARTS: [&str; 5] = ["k3y-", "paper-crane-77", "pw-of-the-url-1", "bearer-token-0001", "bWlrYTpwYXBlci1jcmFuZS03Nw"];

fn faultkey(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_faultkey"));
    command.args(arguments).env("ECHO_KEY", KEY).env("ECHO_BASIC", BASE64.encode(b"mika:paper-crane-77")).env("ECHO_FLAG", "true");
    command.output().expect("faultkey")
}

fn exercised(server: &Server, out: &Path, adapter: &str, more: &[&str]) -> Vec<(&'static str, String)> {
    let place = out.to_str().expect("a path");
    let url = server.url();
    let scenarios = ["--transcripts", "all", "--scenario", "clean-ceremonies", "m0902-key-swapped-same-id"];
    let done =
        faultkey(&[&["exercise", "--rp", &url, "--adapter", adapter, "--out", place, "--accounts", "t1"], &scenarios[..], more].concat());
    let (stdout, stderr) = (String::from_utf8_lossy(&done.stdout).into_owned(), String::from_utf8_lossy(&done.stderr).into_owned());
    assert!(matches!(done.status.code(), Some(0 | 1)), "{stdout}\n{stderr}");
    let file = |name| std::fs::read_to_string(out.join(name)).expect("a report");
    vec![
        ("report.json", file("report.json")),
        ("index.html", file("index.html")),
        ("junit.xml", file("junit.xml")),
        ("stdout", stdout),
        ("stderr", stderr),
    ]
}

fn json_of(files: &[(&str, String)]) -> Value {
    serde_json::from_str(&files[0].1).expect("JSON")
}

/// Ids of findings, and how each scenario stands.
fn verdict(report: &Value) -> Vec<String> {
    let target = &report["targets"][0];
    let of = |list: &str, member: &str| target[list].as_array().unwrap().iter().map(|one| one[member].to_string()).collect::<Vec<_>>();
    [of("findings", "id"), of("scenarios", "standing")].concat()
}

#[test]
fn what_an_echoing_relying_party_sends_back_is_in_no_output() {
    let folder = tempfile::tempdir().unwrap();
    let adapter = adapter(folder.path(), |text| text);
    let server = Server::start(Adds::Echo);
    let masked = exercised(&server, &folder.path().join("masked"), &adapter, &[]);
    let sessions = server.sessions.lock().unwrap().clone();
    assert!(sessions.len() > 2, "{sessions:?}");
    for (name, text) in &masked {
        for secret in PARTS.iter().copied().chain(sessions.iter().map(String::as_str)) {
            assert!(!text.contains(secret), "{secret} in {name}: {}", around(text, secret));
        }
    }
    let report = &masked[0].1;
    for there in ["{env:ECHO_KEY}", "Basic {env:ECHO_BASIC}", "session=<masked", "\"x-flag\",", "true"] {
        assert!(report.contains(there), "{there}");
    }
    // With the secrets, the verdict is the same.
    let server = Server::start(Adds::Echo);
    let shown = exercised(&server, &folder.path().join("shown"), &adapter, &["--show-secrets"]);
    assert_eq!(verdict(&json_of(&masked)), verdict(&json_of(&shown)));
    let session = server.sessions.lock().unwrap()[0].clone();
    for secret in ["k3y-", "paper-crane-77", "bearer-token-0001", "bWlrYTpwYXBlci1jcmFuZS03Nw", &session] {
        assert!(shown[0].1.contains(secret), "{secret}");
    }
    assert!(!shown[0].1.contains("{env:") && !shown[0].1.contains("<masked"), "{}", around(&shown[0].1, "{env:"));
}

fn around<'a>(text: &'a str, part: &str) -> &'a str {
    let at = text.find(part).unwrap_or_default();
    let start = (0..=at.saturating_sub(200)).rev().find(|start| text.is_char_boundary(*start)).unwrap_or_default();
    let end = (at..=text.len()).find(|end| *end >= at + part.len() + 60 && text.is_char_boundary(*end)).unwrap_or(text.len());
    &text[start..end]
}

#[test]
fn the_help_page_and_the_check_of_an_adapter_show_none_either() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(Adds::Echo);
    let good = adapter(folder.path(), |text| text);
    let check = |file: &str, more: &[&str]| {
        let done = faultkey(&[&["adapter", "check", file, "--rp", &server.url(), "--accounts", "t1"], more].concat());
        (done.status.code(), format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr)))
    };
    let (code, told) = check(&good, &[]);
    assert_eq!(code, Some(0), "{told}");
    assert!(PARTS.iter().all(|secret| !told.contains(secret)), "{told}");
    let broken = adapter(folder.path(), |text| text.replace("\"/attestation/options\"", "\"/nowhere/{env:ECHO_KEY}\""));
    let (code, told) = check(&broken, &[]);
    assert_eq!(code, Some(3), "{told}");
    assert!(PARTS.iter().all(|secret| !told.contains(secret)), "{told}");
    assert!(told.contains("\"$ECHO_KEY\"") && told.contains("\"$ECHO_BASIC\""), "{told}");
    let (_, told) = check(&broken, &["--show-secrets"]);
    assert!(told.contains("k3y-"), "{told}");
}

#[test]
fn a_relying_party_without_measure_makes_no_endless_report() {
    let folder = tempfile::tempdir().unwrap();
    let adapter =
        adapter(folder.path(), |text| text.replace("\ncapture = { token = \"/token\" }", "").replace("Bearer {token}", "Bearer x"));
    let server = Server::start(Adds::Flood);
    let files = exercised(&server, &folder.path().join("out"), &adapter, &[]);
    for (name, text) in &files {
        assert!(text.len() < 2_000_000, "{name}: {} bytes", text.len());
    }
    let report = &files[0].1;
    assert!(report.contains(" more bytes, cut)") && report.contains(" more headers with "), "{} bytes", report.len());
}
