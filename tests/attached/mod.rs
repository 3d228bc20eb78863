//! A running `faultkey attach`, and a host at its socket.

#![allow(dead_code, reason = "each test file needs its own part")]

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use ciborium::Value as Cbor;
use faultkey_authenticator::{Time, cbor};
use faultkey_transport::ctaphid::host::{Heard, Host as Hid, Patience};
use faultkey_transport::ctaphid::{Report, command};
use serde_json::Value;
use tempfile::TempDir;

/// No answer is a failure, not a test that hangs.
const PATIENCE: Duration = Duration::from_secs(60);

pub fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_faultkey"))
}

/// A key at a Unix socket in a folder of its own; it ends with this.
pub struct Attached {
    folder: TempDir,
    child: Child,
    arguments: Vec<String>,
    runtime: Option<PathBuf>,
    /// Its first line.
    pub ready: String,
    pub place: PathBuf,
}

impl Attached {
    pub fn start(arguments: &[&str]) -> Self {
        Self::start_in(None, arguments)
    }

    /// With its control socket where it is found without being named, in this XDG_RUNTIME_DIR.
    pub fn start_in(runtime: Option<&Path>, arguments: &[&str]) -> Self {
        let folder = tempfile::Builder::new().prefix("fk").tempdir().expect("a folder");
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect::<Vec<_>>();
        let runtime = runtime.map(Path::to_owned);
        let (child, ready) = spawn(folder.path(), runtime.as_deref(), &arguments);
        let place = folder.path().join("key");
        Self { folder, child, arguments, runtime, ready, place }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn restart(&mut self) {
        self.terminate();
        (self.child, self.ready) = spawn(self.folder.path(), self.runtime.as_deref(), &self.arguments);
    }

    fn terminate(&mut self) {
        // The shell's own: a small Debian has no program of this name.
        let killed = Command::new("sh").args(["-c", &format!("kill -TERM {}", self.child.id())]).status().expect("a shell");
        assert!(killed.success());
        assert!(self.child.wait().expect("its end").success());
        assert!(!self.place.exists(), "its socket's file goes away");
    }

    /// Ends it, if it has not ended by itself; what it showed.
    pub fn end(mut self) -> String {
        match self.child.try_wait().expect("its state") {
            Some(status) => assert!(status.success()),
            None => self.terminate(),
        }
        std::fs::read_to_string(self.folder.path().join("shown")).expect("what it showed")
    }

    pub fn host(&self) -> Host {
        self.try_host().expect("a key at its socket")
    }

    pub fn try_host(&self) -> io::Result<Host> {
        Host::connect(&self.place)
    }

    /// The answer of `faultkey ctl`.
    pub fn ctl(&self, arguments: &[&str]) -> Value {
        self.try_ctl(arguments).unwrap_or_else(|error| panic!("{arguments:?}: {error}"))
    }

    /// Why `faultkey ctl` did not do it.
    pub fn ctl_fails(&self, arguments: &[&str]) -> String {
        self.try_ctl(arguments).expect_err("a refusal")
    }

    fn try_ctl(&self, arguments: &[&str]) -> Result<Value, String> {
        let mut ctl = program();
        ctl.args(["ctl", "--json"]).args(arguments).current_dir(self.folder.path());
        match &self.runtime {
            Some(runtime) => ctl.env("XDG_RUNTIME_DIR", runtime),
            None => ctl.args(["--control", "ctl"]),
        };
        answer(ctl)
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `faultkey ctl` as somebody with this XDG_RUNTIME_DIR runs it.
pub fn ctl_in(runtime: &Path, arguments: &[&str]) -> Result<Value, String> {
    let mut ctl = program();
    ctl.args(["ctl", "--json"]).args(arguments).env("XDG_RUNTIME_DIR", runtime);
    answer(ctl)
}

fn answer(mut ctl: Command) -> Result<Value, String> {
    let done = ctl.output().expect("faultkey ctl");
    let errors = String::from_utf8_lossy(&done.stderr);
    if !done.status.success() {
        assert_eq!(done.status.code(), Some(2));
        return Err(errors.trim_end().trim_start_matches("faultkey: ").to_owned());
    }
    assert_eq!(errors, "");
    Ok(serde_json::from_slice(&done.stdout).expect("JSON"))
}

/// What `faultkey attach` says when it can't.
pub fn refused(arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let done = program().arg("attach").args(arguments).current_dir(folder.path()).output().expect("faultkey attach");
    assert_eq!((done.status.code(), String::from_utf8_lossy(&done.stdout).as_ref()), (Some(2), ""));
    String::from_utf8_lossy(&done.stderr).into_owned()
}

fn spawn(folder: &Path, runtime: Option<&Path>, arguments: &[String]) -> (Child, String) {
    let shown = File::options().create(true).append(true).open(folder.join("shown")).expect("a file");
    let mut attach = program();
    attach.args(["attach", "--via", "socket", "--listen"]).arg(folder.join("key")).args(arguments);
    attach.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(shown);
    match runtime {
        Some(runtime) => attach.env("XDG_RUNTIME_DIR", runtime),
        None => attach.args(["--control", "ctl"]),
    };
    let mut child = attach.spawn().expect("faultkey attach");
    let mut ready = String::new();
    BufReader::new(child.stdout.take().expect("its output")).read_line(&mut ready).expect("a line");
    let shown = || std::fs::read_to_string(folder.join("shown")).unwrap_or_default();
    assert!(ready.starts_with("ready at "), "{ready:?}: {}", shown());
    (child, ready.trim_end().to_owned())
}

/// A host with a channel.
pub struct Host {
    stream: UnixStream,
    hid: Hid,
}

impl Host {
    pub fn connect(path: &Path) -> io::Result<Self> {
        let stream = UnixStream::connect(path)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut host = Self { stream, hid: Hid::new(Patience::default()) };
        let reports = host.hid.open(Time::START, *b"faultkey");
        host.write(&reports)?;
        match host.hear()? {
            Heard::Channel(_) => Ok(host),
            other => panic!("INIT: {other:?}"),
        }
    }

    /// Sends a CTAP request.
    pub fn send(&mut self, message: &[u8]) {
        let reports = self.hid.request(Time::START, command::CBOR, message);
        self.write(&reports).expect("a key");
    }

    /// The reply: status byte and CBOR. Keepalives are passed over.
    pub fn reply(&mut self) -> Vec<u8> {
        loop {
            match self.hear().expect("a key") {
                Heard::Keepalive(_) => {}
                Heard::Answer(reply) => return reply,
                other => panic!("{other:?}"),
            }
        }
    }

    pub fn ask(&mut self, message: &[u8]) -> Vec<u8> {
        self.send(message);
        self.reply()
    }

    /// The key has closed the connection.
    pub fn is_gone(&mut self) -> bool {
        matches!(self.stream.read(&mut [0; 64]), Ok(0) | Err(_))
    }

    fn write(&mut self, reports: &[Report]) -> io::Result<()> {
        reports.iter().try_for_each(|report| self.stream.write_all(report))
    }

    fn hear(&mut self) -> io::Result<Heard> {
        loop {
            let mut report: Report = [0; 64];
            self.stream.read_exact(&mut report)?;
            if let Some(heard) = self.hid.receive(Time::START, &report) {
                return Ok(heard);
            }
        }
    }
}

fn text_map(members: Vec<(&str, Cbor)>) -> Cbor {
    Cbor::Map(members.into_iter().map(|(name, value)| (Cbor::from(name), value)).collect())
}

fn request(code: u8, members: Vec<(i64, Cbor)>) -> Vec<u8> {
    let map = Cbor::Map(members.into_iter().map(|(number, value)| (Cbor::from(number), value)).collect());
    [&[code][..], &cbor::write(&map)].concat()
}

/// A discoverable credential with user verification.
pub fn make_credential(rp_id: &str) -> Vec<u8> {
    request(
        0x01,
        vec![
            (1, Cbor::Bytes(vec![0xC1; 32])),
            (2, text_map(vec![("id", rp_id.into())])),
            (3, text_map(vec![("id", Cbor::Bytes(vec![1])), ("name", "hanako".into())])),
            (4, Cbor::Array(vec![text_map(vec![("alg", Cbor::from(-7)), ("type", "public-key".into())])])),
            (7, text_map(vec![("rk", true.into()), ("uv", true.into())])),
        ],
    )
}

pub fn get_assertion(rp_id: &str) -> Vec<u8> {
    request(0x02, vec![(1, rp_id.into()), (2, Cbor::Bytes(vec![0xC2; 32])), (5, text_map(vec![("uv", true.into())]))])
}

/// Without verification.
pub fn get_assertion_by_touch(rp_id: &str) -> Vec<u8> {
    request(0x02, vec![(1, rp_id.into()), (2, Cbor::Bytes(vec![0xC2; 32]))])
}
