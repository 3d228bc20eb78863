//! The private folders with the Python and npm packages that the tests need, made from the lock files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use crate::command::{root, succeed};
use crate::tools::Tools;

/// The programs of the prepared environment.
#[derive(Debug)]
pub struct Environment {
    /// The Python of the private environment.
    pub python: PathBuf,
    pub node: String,
    tools: Tools,
}

/// Where the relying parties of the tests are, with their lock files.
const RELYING_PARTIES: &str = "tests/relying-parties";

/// What opens the report's page in a browser.
const REPORT_PAGE: &str = "tests/report-page";

/// Those that have npm packages of their own, in their folder.
const WITH_NPM_PACKAGES: [&str; 3] = ["auth-js", "better-auth", "fido2-lib"];

/// A virtual environment.
struct Virtual {
    /// Its folder below `.test-env`.
    name: &'static str,
    lock: &'static str,
    from_source: Option<FromSource>,
}

/// A package that was never published as a wheel: installing it runs its build script.
struct FromSource {
    package: &'static str,
    /// The lock file of what its build script imports.
    lock: &'static str,
}

/// privacyIDEA pins other versions of what the first has. Flask-Security and django-passkeys are by themselves because of a package that is built.
const PYTHON: [Virtual; 4] = [
    Virtual { name: "python", lock: "requirements.txt", from_source: None },
    Virtual {
        name: "flask-security",
        lock: "flask-security/requirements.txt",
        from_source: Some(FromSource { package: "flask-principal", lock: "flask-security/build.txt" }),
    },
    Virtual {
        name: "django-passkeys",
        lock: "django-passkeys/requirements.txt",
        from_source: Some(FromSource { package: "django-passkeys", lock: "flask-security/build.txt" }),
    },
    Virtual { name: "privacyidea", lock: "privacyidea/requirements.txt", from_source: None },
];

/// Makes what is not there yet, or was made from other lock files; side by side, because most of it is waiting for the network.
pub fn prepare(tools: &Tools) -> Result<Environment, String> {
    let environment = &root().join(".test-env");
    fs::create_dir_all(environment).map_err(|error| format!("{}: {error}", environment.display()))?;
    thread::scope(|scope| {
        let python = PYTHON.iter().map(|made| scope.spawn(move || made.prepare(tools, environment)));
        let own = WITH_NPM_PACKAGES
            .map(|name| (format!("{RELYING_PARTIES}/{name}"), environment.join(format!("node-modules-of-{name}-made-from"))));
        let shared = (RELYING_PARTIES.to_owned(), environment.join("node-modules-made-from"));
        let page = (REPORT_PAGE.to_owned(), environment.join("node-modules-of-report-page-made-from"));
        let node = own.into_iter().chain([shared, page]).map(|(folder, stamp)| scope.spawn(move || npm(tools, &folder, &stamp)));
        let made: Vec<_> = python.chain(node).collect();
        made.into_iter().try_for_each(|made| made.join().unwrap_or_else(|_| Err("making an environment panicked".to_owned())))
    })?;
    Ok(Environment { python: interpreter(&environment.join("python")), node: tools.node.clone(), tools: tools.clone() })
}

impl Virtual {
    fn prepare(&self, tools: &Tools, environment: &Path) -> Result<(), String> {
        let folder = environment.join(self.name);
        let interpreter = interpreter(&folder);
        let lock_file = |lock: &str| root().join(RELYING_PARTIES).join(lock);
        let locks: Vec<PathBuf> = self.from_source.iter().map(|source| source.lock).chain([self.lock]).map(lock_file).collect();
        let stamp = Stamp::new(folder.join("made-from"), &tools.python_version, &locks)?;
        if interpreter.exists() && stamp.fits() {
            println!("Python packages in {}: as the lock file says", relative(&folder));
            return Ok(());
        }
        println!("Python packages: installing into {}", relative(&folder));
        succeed(Command::new(&tools.python).args(["-m", "venv", "--clear"]).arg(&folder))?;
        // Every package must have a hash that the lock file names. Only wheels, so that no package's build script runs here, with two exceptions:
        // Flask-Principal, which Flask-Security needs, and django-passkeys are there as source only. What their build scripts import is locked
        // too, and pip fetches nothing else for them (`--no-build-isolation`).
        let pip = || {
            let mut pip = Command::new(&interpreter);
            pip.args(["-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input", "install"]);
            pip.args(["--require-hashes", "--only-binary", ":all:"]);
            pip
        };
        let mut install = pip();
        if let Some(FromSource { package, lock }) = self.from_source {
            succeed(pip().arg("--requirement").arg(lock_file(lock)))?;
            install.args(["--no-binary", package, "--no-build-isolation"]);
        }
        succeed(install.arg("--requirement").arg(lock_file(self.lock)))?;
        stamp.write()
    }
}

fn interpreter(folder: &Path) -> PathBuf {
    folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" })
}

/// What drives the browsers in the virtual machine.
pub fn prepare_browsers(environment: &Environment) -> Result<(), String> {
    npm(&environment.tools, "tests/vm/browser", &root().join(".test-env/browser-node-modules-made-from"))
}

fn npm(tools: &Tools, folder: &str, stamp: &Path) -> Result<(), String> {
    // Node looks for packages beside the program that imports them, so this folder can't be under .test-env.
    let folder = root().join(folder);
    let stamp = Stamp::new(stamp.to_owned(), &tools.node_version, &[folder.join("package-lock.json")])?;
    let modules = folder.join("node_modules");
    if modules.exists() && stamp.fits() {
        println!("npm packages in {}: as the lock file says", relative(&modules));
        return Ok(());
    }
    println!("npm packages: installing into {}", relative(&modules));
    succeed(Command::new(&tools.npm).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(&folder))?;
    stamp.write()
}

/// Says from what a folder was made: the tool's version and the lock files.
struct Stamp {
    file: PathBuf,
    content: String,
}

impl Stamp {
    fn new(file: PathBuf, version: &str, locks: &[PathBuf]) -> Result<Self, String> {
        let mut content = format!("{version}\n");
        for lock in locks {
            content.push_str(&fs::read_to_string(lock).map_err(|error| format!("{}: {error}", relative(lock)))?);
        }
        Ok(Stamp { file, content })
    }

    fn fits(&self) -> bool {
        fs::read_to_string(&self.file).is_ok_and(|content| content == self.content)
    }

    fn write(&self) -> Result<(), String> {
        fs::write(&self.file, &self.content).map_err(|error| format!("{}: {error}", relative(&self.file)))
    }
}

fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_fits_until_lock_file_or_version_change() {
        let folder = std::env::temp_dir().join(format!("faultkey-xtask-stamp-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let lock = folder.join("lock");
        fs::write(&lock, "a==1").unwrap();
        let stamp = |version: &str| Stamp::new(folder.join("stamp"), version, std::slice::from_ref(&lock)).unwrap();

        assert!(!stamp("3.11.2").fits());
        stamp("3.11.2").write().unwrap();
        assert!(stamp("3.11.2").fits());
        assert!(!stamp("3.12.0").fits());
        fs::write(&lock, "a==2").unwrap();
        assert!(!stamp("3.11.2").fits());
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn the_lock_files_name_no_host_and_give_hashes() {
        let folder = root().join(RELYING_PARTIES);
        let npm = WITH_NPM_PACKAGES.map(|name| folder.join(name)).into_iter().chain([
            folder.clone(),
            root().join("tests/vm/browser"),
            root().join(REPORT_PAGE),
        ]);
        for folder in npm {
            let lock = fs::read_to_string(folder.join("package-lock.json")).unwrap();
            assert!(!lock.contains("\"resolved\""), "{}: made without omit-lockfile-registry-resolved", folder.display());
        }
        let python = PYTHON.iter().flat_map(|made| made.from_source.iter().map(|source| source.lock).chain([made.lock]));
        for name in python {
            let lock = fs::read_to_string(folder.join(name)).unwrap();
            assert!(!lock.contains("://") && !lock.contains("--find-links"), "{name} names a place to download from");
            let packages = lock.lines().filter(|line| line.contains("==")).count();
            assert!(packages > 0 && lock.matches("--hash=sha256:").count() >= packages, "{name}: a package without a hash");
        }
    }
}
