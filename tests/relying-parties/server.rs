//! The three servers: starting one, waiting until it listens, ending it.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use faultkey_relying_party::{Clock, Mapping, Proxies, Target};

use crate::bench::Place;
use crate::environment::{HOW_TO_PREPARE, node, python, relying_parties};

/// What the servers are told, so that no transcript holds a port.
const RP_ID: &str = "rp.test";
const ORIGIN: &str = "https://rp.test";

/// One of the libraries.
#[derive(Clone, Copy, Debug)]
pub struct Library {
    /// The name of its folder and of its expectation file.
    pub name: &'static str,
    program: Program,
}

#[derive(Clone, Copy, Debug)]
enum Program {
    Node(&'static str),
    Python(&'static str),
}

/// Every library, in the order of the tables.
pub const LIBRARIES: [Library; 3] = [
    Library { name: "simplewebauthn", program: Program::Node("simplewebauthn/server.mjs") },
    Library { name: "py_webauthn", program: Program::Python("py_webauthn/server.py") },
    Library { name: "python-fido2", program: Program::Python("python-fido2/server.py") },
];

/// A running server; ends when dropped.
pub struct Server {
    library: Library,
    child: Child,
    address: SocketAddr,
    _log: tempfile::TempDir,
}

impl Server {
    pub fn start(library: Library) -> Server {
        let log = tempfile::tempdir().expect("a temporary folder");
        let log_file = log.path().join("stderr");
        let (interpreter, script) = match library.program {
            Program::Node(script) => (node(), script),
            Program::Python(script) => (python(), script),
        };
        let mut child = Command::new(&interpreter)
            .arg(relying_parties().join(script))
            .args(["--port", "0", "--rp-id", RP_ID, "--origin", ORIGIN])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(&log_file).expect("a log file"))
            .spawn()
            .unwrap_or_else(|error| panic!("{} can't be started: {error}. {HOW_TO_PREPARE}", interpreter.display()));
        let mut line = String::new();
        let stdout = child.stdout.take().expect("a piped stdout");
        BufReader::new(stdout).read_line(&mut line).expect("the server's first line");
        let Some(port) = line.trim().strip_prefix("listening on ").and_then(|port| port.parse().ok()) else {
            let _ = child.kill();
            let _ = child.wait();
            let log = fs::read_to_string(&log_file).unwrap_or_default();
            panic!("{} did not start; it printed {line:?} and\n{log}\n{HOW_TO_PREPARE}", library.name);
        };
        Server { library, child, address: SocketAddr::from(([127, 0, 0, 1], port)), _log: log }
    }

    pub fn place(&self) -> Place {
        let mut mapping = Mapping::built_in("fido-conformance").expect("a built-in mapping");
        mapping.origin = Some(ORIGIN.to_owned());
        let target = Target {
            url: ORIGIN.parse().expect("a good URL"),
            connect: Some(self.address),
            certificate_authority: None,
            proxies: Proxies::default(),
        };
        Place { name: self.library.name.to_owned(), mapping, target, clock: Clock::default() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The libraries' versions as their lock files have them, e.g. `@simplewebauthn/server 14.0.3`.
pub fn version(library: Library) -> String {
    match library.program {
        Program::Node(_) => {
            let lock = fs::read_to_string(relying_parties().join("package-lock.json")).expect("package-lock.json");
            let lock: serde_json::Value = serde_json::from_str(&lock).expect("package-lock.json is JSON");
            let version = &lock["packages"]["node_modules/@simplewebauthn/server"]["version"];
            format!("@simplewebauthn/server {}", version.as_str().expect("a version"))
        }
        Program::Python(_) => {
            let package = if library.name == "py_webauthn" { "webauthn" } else { "fido2" };
            let lock = fs::read_to_string(relying_parties().join("requirements.txt")).expect("requirements.txt");
            let line = lock.lines().find_map(|line| line.strip_prefix(&format!("{package}=="))).expect("the package's line");
            let version = line.trim_end_matches(['\\', ' ']);
            if package == "webauthn" { format!("py_webauthn {version}") } else { format!("python-fido2 {version}") }
        }
    }
}

/// The embedded relying party's library with its version.
pub fn webauthn_rs() -> String {
    let lock = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock")).expect("Cargo.lock");
    let (_, after) = lock.split_once("name = \"webauthn-rs-core\"\nversion = \"").expect("webauthn-rs-core in Cargo.lock");
    let (version, _) = after.split_once('"').expect("a version");
    format!("webauthn-rs {version} (embedded RP)")
}
