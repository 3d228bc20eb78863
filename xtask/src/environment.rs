//! The private folders with the Python and npm packages that the tests need, made from the lock files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

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

/// Makes what is not there yet, or was made from other lock files.
pub fn prepare(tools: &Tools) -> Result<Environment, String> {
    let environment = root().join(".test-env");
    fs::create_dir_all(&environment).map_err(|error| format!("{}: {error}", environment.display()))?;
    let python = python(tools, &environment.join("python"))?;
    npm(tools, "tests/relying-parties", &environment.join("node-modules-made-from"))?;
    Ok(Environment { python, node: tools.node.clone(), tools: tools.clone() })
}

fn python(tools: &Tools, folder: &Path) -> Result<PathBuf, String> {
    let interpreter = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let lock = root().join("tests/relying-parties/requirements.txt");
    let stamp = Stamp::new(folder.join("made-from"), &tools.python_version, &lock)?;
    if interpreter.exists() && stamp.fits() {
        println!("Python packages: as the lock file says");
        return Ok(interpreter);
    }
    println!("Python packages: installing into {}", relative(folder));
    succeed(Command::new(&tools.python).args(["-m", "venv", "--clear"]).arg(folder))?;
    // Only wheels: no package's build script runs here. Every one must have a hash that the lock file names.
    succeed(
        Command::new(&interpreter)
            .args(["-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input", "install"])
            .args(["--require-hashes", "--only-binary", ":all:", "--requirement"])
            .arg(&lock),
    )?;
    stamp.write()?;
    Ok(interpreter)
}

/// What drives the browsers in the virtual machine.
pub fn prepare_browsers(environment: &Environment) -> Result<(), String> {
    npm(&environment.tools, "tests/vm/browser", &root().join(".test-env/browser-node-modules-made-from"))
}

fn npm(tools: &Tools, folder: &str, stamp: &Path) -> Result<(), String> {
    // Node looks for packages beside the program that imports them, so this folder can't be under .test-env.
    let folder = root().join(folder);
    let stamp = Stamp::new(stamp.to_owned(), &tools.node_version, &folder.join("package-lock.json"))?;
    let modules = folder.join("node_modules");
    if modules.exists() && stamp.fits() {
        println!("npm packages: as the lock file says");
        return Ok(());
    }
    println!("npm packages: installing into {}", relative(&modules));
    succeed(Command::new(&tools.npm).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(&folder))?;
    stamp.write()
}

/// Says from what a folder was made: the tool's version and the lock file.
struct Stamp {
    file: PathBuf,
    content: String,
}

impl Stamp {
    fn new(file: PathBuf, version: &str, lock: &Path) -> Result<Self, String> {
        let lock = fs::read_to_string(lock).map_err(|error| format!("{}: {error}", relative(lock)))?;
        Ok(Stamp { file, content: format!("{version}\n{lock}") })
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
        let stamp = |version: &str| Stamp::new(folder.join("stamp"), version, &lock).unwrap();

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
        let folder = root().join("tests/relying-parties");
        for lock in [folder.join("package-lock.json"), root().join("tests/vm/browser/package-lock.json")] {
            let npm = fs::read_to_string(lock).unwrap();
            assert!(!npm.contains("\"resolved\""), "made without omit-lockfile-registry-resolved");
        }
        let python = fs::read_to_string(folder.join("requirements.txt")).unwrap();
        assert!(!python.contains("://") && !python.contains("--find-links"), "names a place to download from");
        let packages = python.lines().filter(|line| line.contains("==")).count();
        assert!(packages > 0 && python.matches("--hash=sha256:").count() >= packages);
    }
}
