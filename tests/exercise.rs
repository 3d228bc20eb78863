//! `faultkey exercise` as a process, against relying parties that hang, die or limit, and against signals: its exit codes, and what it leaves.
//! And the page that it leaves, in a browser.

#![cfg(unix)]

mod environment;
#[path = "report-page/page.rs"]
mod report_page;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use faultkey_relying_party::{Clock, Embedded, Handling};
use serde_json::Value;

fn faultkey(url: &str, out: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_faultkey"));
    // In English, whoever runs the tests.
    command.args(["exercise", "--rp", url, "--out"]).arg(out).args(arguments).env("LC_ALL", "C");
    command
}

fn report(out: &Path) -> Value {
    let text = std::fs::read_to_string(out.join("report.json")).expect("a report");
    serde_json::from_str(&text).expect("JSON")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The embedded relying party on a port of its own, as somebody else's: RP ID `localhost`.
struct Running {
    _runtime: tokio::runtime::Runtime,
    rp: Embedded,
}

impl Running {
    fn start() -> Running {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let rp = Embedded::with_page(Handling::Diagnosing, Clock::default(), 1, 0, Arc::new(|_, _, _| {}));
        let rp = runtime.block_on(rp).expect("a relying party");
        Running { _runtime: runtime, rp }
    }

    fn address(&self) -> SocketAddr {
        self.rp.address()
    }

    fn url(&self) -> String {
        format!("http://localhost:{}", self.address().port())
    }
}

/// What becomes of a request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    PassedOn,
    /// Answered with a page.
    Html,
    /// It ends the server.
    Kills,
}

/// In front of a relying party: passes requests on, unless it is their fate to be answered otherwise, or to end it.
struct Front {
    address: SocketAddr,
    died: Arc<AtomicBool>,
}

impl Front {
    /// `fate` sees the head and body of each request. A front that died takes no connection until `restart` exists.
    fn before(rp: SocketAddr, fate: impl Fn(&str) -> Fate + Send + 'static, restart: Option<std::path::PathBuf>) -> Front {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("its address");
        let died = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&died);
        std::thread::spawn(move || {
            let mut listener = listener;
            loop {
                while listener.accept().is_ok_and(|(stream, _)| carry(stream, rp, &fate).is_some()) {}
                flag.store(true, Ordering::SeqCst);
                drop(listener);
                let Some(restart) = &restart else { return };
                while !restart.exists() {
                    std::thread::yield_now();
                }
                let _ = std::fs::remove_file(restart);
                listener = TcpListener::bind(address).expect("the port again");
            }
        });
        Front { address, died }
    }

    fn url(&self) -> String {
        format!("http://localhost:{}", self.address.port())
    }
}

/// One request, one answer, as the program asks with `connection: close`. `None`: the request kills.
fn carry(mut stream: TcpStream, rp: SocketAddr, fate: &impl Fn(&str) -> Fate) -> Option<()> {
    let mut request = Vec::new();
    let mut buffer = [0; 65_536];
    loop {
        let length = stream.read(&mut buffer).unwrap_or(0);
        request.extend_from_slice(&buffer[..length]);
        let so_far = text(&request);
        let Some((head, body)) = so_far.split_once("\r\n\r\n") else {
            if length == 0 {
                return Some(());
            }
            continue;
        };
        let wanted = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ").map(str::to_owned));
        if length == 0 || body.len() >= wanted.and_then(|wanted| wanted.trim().parse().ok()).unwrap_or(0) {
            break;
        }
    }
    match fate(&text(&request)) {
        Fate::Kills => return None,
        Fate::Html => {
            let page = "<html>502 Bad Gateway</html>";
            let head = format!("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {}\r\n\r\n", page.len());
            stream.write_all(format!("{head}{page}").as_bytes()).ok()?;
            return Some(());
        }
        Fate::PassedOn => {}
    }
    let mut server = TcpStream::connect(rp).ok()?;
    server.write_all(&request).ok()?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).ok()?;
    // Whoever cut the connection does not want it.
    let _ = stream.write_all(&answer);
    Some(())
}

/// The embedded relying party's adapter, at another origin.
fn adapter(folder: &Path, running: &Running) -> String {
    let text = include_str!("../relying-party/adapters/embedded.toml");
    let text = text.replace("https://broker.test", &running.url()).replace("\"broker.test\"", "\"localhost\"");
    let file = folder.join("adapter.toml");
    std::fs::write(&file, text).expect("an adapter file");
    file.to_str().expect("a path").to_owned()
}

fn dies_of_a_missing_member(request: &str) -> Fate {
    let dies = request.starts_with("POST /attestation/result") && !request.contains("attestationObject");
    if dies { Fate::Kills } else { Fate::PassedOn }
}

const SOME: [&str; 3] = ["--scenario", "malformed-answers", "m0902-key-swapped-same-id"];

#[test]
fn a_process_that_a_request_ends_is_a_finding_and_the_run_goes_on() {
    let out = tempfile::tempdir().unwrap();
    let running = Running::start();
    let again = out.path().join("again");
    let front = Front::before(running.address(), dies_of_a_missing_member, Some(again.clone()));
    let adapter = adapter(out.path(), &running);
    let restart = format!("touch {}", again.display());
    let ended =
        faultkey(&front.url(), out.path(), &[&["--adapter", &adapter, "--restart", &restart][..], &SOME].concat()).output().unwrap();
    assert_eq!(ended.status.code(), Some(1), "{}\n{}", text(&ended.stdout), text(&ended.stderr));
    assert!(front.died.load(Ordering::SeqCst));
    let report = report(out.path());
    let target = &report["targets"][0];
    let ids: Vec<&str> = target["findings"].as_array().unwrap().iter().map(|finding| finding["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["stopped-answering/registration-verify"], "{report}");
    assert_eq!(target["findings"][0]["evidence"]["path"], "/attestation/result");
    assert_eq!(target["incomplete"], Value::Null);
    let standings: Vec<&str> =
        target["scenarios"].as_array().unwrap().iter().map(|scenario| scenario["standing"].as_str().unwrap()).collect();
    assert_eq!(standings, ["failed", "passed", "passed"], "{}", text(&ended.stdout));
}

#[test]
fn a_process_that_does_not_come_back_leaves_an_incomplete_report() {
    let out = tempfile::tempdir().unwrap();
    let running = Running::start();
    let front = Front::before(running.address(), dies_of_a_missing_member, None);
    let adapter = adapter(out.path(), &running);
    // Restarting fails: nothing is waited for.
    let arguments = [&["--adapter", &adapter, "--restart", "exit 3", "--comes-back-within", "0s"][..], &SOME].concat();
    let ended = faultkey(&front.url(), out.path(), &arguments).output().unwrap();
    assert_eq!(ended.status.code(), Some(3), "{}\n{}", text(&ended.stdout), text(&ended.stderr));
    let report = report(out.path());
    assert_eq!(report["targets"][0]["incomplete"], "gone");
    assert_eq!(report["targets"][0]["findings"][0]["id"], "stopped-answering/registration-verify");
}

#[test]
fn a_server_that_never_answers_is_not_exercised_and_soon_given_up() {
    let out = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    let ended = faultkey(&url, out.path(), &["--request-timeout", "200ms"]).output().unwrap();
    assert_eq!(ended.status.code(), Some(3), "{}", text(&ended.stderr));
    assert!(text(&ended.stderr).contains("no-answer"), "{}", text(&ended.stderr));
    assert!(!out.path().join("report.json").exists(), "nothing was judged");
}

#[test]
fn the_time_limit_ends_the_run_and_what_was_played_is_reported() {
    let out = tempfile::tempdir().unwrap();
    let running = Running::start();
    let adapter = adapter(out.path(), &running);
    let ended = faultkey(&running.url(), out.path(), &["--adapter", &adapter, "--pace", "20ms", "--time-limit", "3s"]).output().unwrap();
    assert_eq!(ended.status.code(), Some(3), "{}", text(&ended.stderr));
    let report = report(out.path());
    assert_eq!(report["targets"][0]["incomplete"], "time-limit");
    let standings = report["targets"][0]["scenarios"].as_array().unwrap();
    assert_eq!(standings[0]["standing"], "passed", "the preflight's");
    assert_eq!(standings.last().unwrap()["standing"], "not-played");
}

#[test]
fn one_answer_that_can_not_be_read_ends_its_scenario_and_not_the_run() {
    let out = tempfile::tempdir().unwrap();
    let running = Running::start();
    let adapter = adapter(out.path(), &running);
    let verified = AtomicUsize::new(0);
    // A request in the middle of the run, after the clean ceremonies.
    let fate = move |request: &str| {
        let is_one = request.starts_with("POST /assertion/options");
        if is_one && verified.fetch_add(1, Ordering::SeqCst) == 8 { Fate::Html } else { Fate::PassedOn }
    };
    let front = Front::before(running.address(), fate, None);
    let scenarios = ["--scenario", "interrupted-app-backgrounded", "m0902-wrong-ceremony-type", "m0902-uv-not-set"];
    let ended = faultkey(&front.url(), out.path(), &[&["--adapter", &adapter][..], &scenarios].concat()).output().unwrap();
    assert_eq!(ended.status.code(), Some(0), "{}\n{}", text(&ended.stdout), text(&ended.stderr));
    let report = report(out.path());
    let target = &report["targets"][0];
    assert_eq!(target["findings"], serde_json::json!([]), "{}", text(&ended.stdout));
    let reasons: Vec<&Value> = target["scenarios"].as_array().unwrap().iter().map(|scenario| &scenario["reason"]["kind"]).collect();
    assert_eq!(reasons.iter().filter(|reason| **reason == "adapter-does-not-fit").count(), 1, "{reasons:?}");
    assert_eq!(reasons.len(), 4);
    assert!(text(&ended.stdout).contains("3 passed"), "{}", text(&ended.stdout));
}

/// Starts a slow run and sends the signal when the clean ceremonies are over.
fn signalled(signal: &str) -> (Output, tempfile::TempDir) {
    let out = tempfile::tempdir().unwrap();
    let running = Running::start();
    let adapter = adapter(out.path(), &running);
    let mut command = faultkey(&running.url(), out.path(), &["--adapter", &adapter, "--pace", "50ms"]);
    let mut child: Child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stderr.as_mut().unwrap()).read_line(&mut first).unwrap();
    assert!(!first.is_empty());
    let killed = Command::new("sh").args(["-c", &format!("kill -{signal} {}", child.id())]).status().unwrap();
    assert!(killed.success());
    (child.wait_with_output().unwrap(), out)
}

#[test]
fn a_signal_ends_the_run_and_what_was_played_is_reported() {
    for (signal, code, why) in [("INT", 130, "interrupted"), ("TERM", 143, "terminated")] {
        let (ended, out) = signalled(signal);
        assert_eq!(ended.status.code(), Some(code), "{}\n{}", text(&ended.stdout), text(&ended.stderr));
        assert_eq!(report(out.path())["targets"][0]["incomplete"], why);
    }
}

#[test]
fn a_folder_that_can_not_be_written_is_told_before_anything_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("taken");
    std::fs::write(&file, "").unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    let running = Running::start();
    let count = Arc::clone(&asked);
    let front = Front::before(
        running.address(),
        move |_| {
            count.fetch_add(1, Ordering::SeqCst);
            Fate::PassedOn
        },
        None,
    );
    let ended = faultkey(&front.url(), &file, &[]).output().unwrap();
    assert_eq!(ended.status.code(), Some(2), "{}", text(&ended.stderr));
    assert!(text(&ended.stderr).contains("taken"), "{}", text(&ended.stderr));
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}
