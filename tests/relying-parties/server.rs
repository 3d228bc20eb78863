//! The servers: starting one, waiting until it listens, ending it.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use faultkey_relying_party::{Clock, Mapping, Proxies, Target};
use serde_json::Value;

use crate::bench::Place;
use crate::environment::{self, HOW_TO_PREPARE, node_with, relying_parties};

/// What the servers are told, so that no transcript holds a port.
const RP_ID: &str = "rp.test";
const ORIGIN: &str = "https://rp.test";

/// Of privacyIDEA, as its server has it.
const ADMINISTRATOR: [(&str, &str); 2] =
    [("{env:PRIVACYIDEA_ADMINISTRATOR}", "super"), ("{env:PRIVACYIDEA_PASSWORD}", "correct horse battery staple")];

/// One of the relying parties that others wrote, or that stands on a library that others wrote.
#[derive(Clone, Copy, Debug)]
pub struct Library {
    /// The name of its folder and of its expectation file.
    pub name: &'static str,
    /// The built-in adapter that speaks to it, or a file.
    adapter: &'static str,
    /// How the tables call it, before the version of `package`.
    title: &'static str,
    package: &'static str,
    program: Program,
}

#[derive(Clone, Copy, Debug)]
enum Program {
    /// With the packages of this folder, below `tests/relying-parties`.
    Node(&'static str),
    /// In the environment of this name; without, in the one that all share.
    Python(Option<&'static str>),
}

/// Every one, in the order of the tables.
pub const LIBRARIES: [Library; 10] = [
    Library {
        name: "simplewebauthn",
        adapter: "fido-conformance",
        title: "@simplewebauthn/server",
        package: "@simplewebauthn/server",
        program: Program::Node(""),
    },
    Library { name: "py_webauthn", adapter: "fido-conformance", title: "py_webauthn", package: "webauthn", program: Program::Python(None) },
    Library { name: "python-fido2", adapter: "fido-conformance", title: "python-fido2", package: "fido2", program: Program::Python(None) },
    Library {
        name: "fido2-lib",
        adapter: "fido-conformance",
        title: "fido2-lib",
        package: "fido2-lib",
        program: Program::Node("fido2-lib"),
    },
    Library {
        name: "better-auth",
        adapter: "better-auth",
        title: "better-auth, @better-auth/passkey",
        package: "@better-auth/passkey",
        program: Program::Node("better-auth"),
    },
    Library { name: "auth-js", adapter: "auth-js", title: "Auth.js, @auth/core", package: "@auth/core", program: Program::Node("auth-js") },
    Library {
        name: "django-allauth",
        adapter: "django-allauth",
        title: "django-allauth",
        package: "django-allauth",
        program: Program::Python(None),
    },
    Library {
        name: "django-passkeys",
        adapter: "django-passkeys/adapter.toml",
        title: "django-passkeys",
        package: "django-passkeys",
        program: Program::Python(Some("django-passkeys")),
    },
    Library {
        name: "flask-security",
        adapter: "flask-security",
        title: "Flask-Security",
        package: "flask-security",
        program: Program::Python(Some("flask-security")),
    },
    Library {
        name: "privacyidea",
        adapter: "privacyidea",
        title: "privacyIDEA",
        package: "privacyidea",
        program: Program::Python(Some("privacyidea")),
    },
];

impl Library {
    pub fn named(name: &str) -> Library {
        LIBRARIES.into_iter().find(|library| library.name == name).unwrap_or_else(|| panic!("no relying party is called {name}"))
    }

    /// The folder that its packages are installed in.
    pub fn packages(self) -> PathBuf {
        match self.program {
            Program::Node(folder) => relying_parties().join(folder).join("node_modules"),
            Program::Python(environment) => site_packages(&python(environment)),
        }
    }

    /// How the tables call it, with the version that its lock file has.
    pub fn with_version(self) -> String {
        format!("{} {}", self.title, self.version_of(self.package).unwrap_or_else(|| panic!("the lock file has no {}", self.package)))
    }

    /// The version of one of its packages, as its lock file has it.
    pub fn version_of(self, package: &str) -> Option<String> {
        let read = |path: PathBuf| fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        match self.program {
            Program::Node(folder) => {
                let lock: Value = serde_json::from_str(&read(relying_parties().join(folder).join("package-lock.json"))).expect("JSON");
                lock["packages"][format!("node_modules/{package}")]["version"].as_str().map(str::to_owned)
            }
            Program::Python(environment) => {
                let lock = read(relying_parties().join(environment.unwrap_or_default()).join("requirements.txt"));
                let line = lock.lines().find_map(|line| line.strip_prefix(&format!("{package}==")))?;
                Some(line.trim_end_matches(['\\', ' ']).to_owned())
            }
        }
    }
}

fn python(environment: Option<&str>) -> PathBuf {
    environment.map_or_else(environment::python, environment::python_of)
}

/// Where a Python environment keeps its packages.
fn site_packages(python: &Path) -> PathBuf {
    let environment = python.ancestors().nth(2).expect("the environment's folder");
    if cfg!(windows) {
        return environment.join("Lib/site-packages");
    }
    let lib = environment.join("lib");
    let mut folders = fs::read_dir(&lib).unwrap_or_else(|error| panic!("{}: {error}", lib.display()));
    let python = folders.find_map(|entry| Some(entry.ok()?.path()).filter(|path| path.join("site-packages").is_dir()));
    python.unwrap_or_else(|| panic!("no site-packages below {}", lib.display())).join("site-packages")
}

/// A running server; ends when dropped.
pub struct Server {
    library: Library,
    child: Child,
    address: SocketAddr,
    _folder: tempfile::TempDir,
}

impl Server {
    pub fn start(library: Library) -> Server {
        let folder = temporary();
        let log_file = folder.path().join("stderr");
        let (interpreter, script) = match library.program {
            Program::Node(folder) => (node_with(&relying_parties().join(folder), library.package), "server.mjs"),
            Program::Python(environment) => (python(environment), "server.py"),
        };
        let mut child = Command::new(&interpreter)
            .arg(relying_parties().join(library.name).join(script))
            .args(["--port", "0", "--rp-id", RP_ID, "--origin", ORIGIN])
            // Its database is gone with it, though it is killed.
            .env("TMPDIR", folder.path())
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
        Server { library, child, address: SocketAddr::from(([127, 0, 0, 1], port)), _folder: folder }
    }

    pub fn place(&self) -> Place {
        let file = relying_parties().join(self.library.adapter);
        let text = match Mapping::built_in_text(self.library.adapter) {
            Some(text) => text.to_owned(),
            None => fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display())),
        };
        // What its user has in the environment.
        let text = ADMINISTRATOR.iter().fold(text, |text, (variable, value)| text.replace(variable, value));
        let mut mapping = Mapping::parse(&text, self.library.adapter).unwrap_or_else(|error| panic!("{error}"));
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

/// In memory where that can be: SQLite waits for the disk at every request, and nothing here has to survive.
fn temporary() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    folder.or_else(|_| tempfile::tempdir()).expect("a temporary folder")
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The embedded relying party's library with its version.
pub fn webauthn_rs() -> String {
    let lock = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock")).expect("Cargo.lock");
    let (_, after) = lock.split_once("name = \"webauthn-rs-core\"\nversion = \"").expect("webauthn-rs-core in Cargo.lock");
    let (version, _) = after.split_once('"').expect("a version");
    format!("webauthn-rs {version} (embedded RP)")
}
