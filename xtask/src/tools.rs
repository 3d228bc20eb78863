//! The tools of other languages that the tests need: Python with venv, Node with npm.

#[cfg(unix)]
mod machine;
#[cfg(all(test, unix))]
mod programs_tests;

use std::path::Path;
use std::process::Command;

use crate::command::{output, succeed};
#[cfg(unix)]
pub use machine::{NoMachine, devices_ready, machine_ready};

const PYTHON_FLOOR: (u32, u32) = (3, 11);
const NODE_FLOOR: u32 = 18;

/// What the tests run with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tools {
    /// A Python interpreter that can make virtual environments.
    pub python: String,
    /// e.g. `3.11.2`
    pub python_version: String,
    pub node: String,
    /// e.g. `v18.20.4`
    pub node_version: String,
    pub npm: String,
}

/// A tool that is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Missing {
    Python,
    PythonVenv,
    Node,
    Npm,
}

/// Finds the tools; installs what is missing when this is Debian (or its kin) and we are root.
///
/// # Errors
/// When tools are missing and can't be installed: with the one line that would install them.
pub fn ready() -> Result<Tools, String> {
    let missing = match find() {
        Ok(tools) => return Ok(told(tools)),
        Err(missing) => missing,
    };
    if !(is_debian() && is_root()) {
        return Err(format!("{} not found. This installs what is missing:\n    {}", names(&missing), advice(&missing)));
    }
    println!("{} not found; installing", names(&missing));
    install(&packages(&missing))?;
    find().map(told).map_err(|missing| format!("{} still not found after installing {}", names(&missing), packages(&missing).join(" ")))
}

/// Chromium, for the report's page; installed like the other tools. Where it can't be had, the test that needs it says so.
pub fn chromium() -> Result<Option<String>, String> {
    const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
    let find = || NAMES.into_iter().find_map(in_path);
    if let Some(found) = find() {
        return Ok(Some(found));
    }
    if !(is_debian() && is_root()) {
        println!(
            "Chromium not found. This installs it:\n    sudo apt-get update && sudo apt-get install -y --no-install-recommends chromium"
        );
        return Ok(None);
    }
    println!("Chromium not found; installing");
    install(&["chromium"])?;
    find().map(Some).ok_or_else(|| "Chromium still not found after installing chromium".to_owned())
}

/// Where in PATH a program is.
fn in_path(name: &str) -> Option<String> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file()).map(|file| file.display().to_string())
}

fn told(tools: Tools) -> Tools {
    println!("Python {}, Node {}", tools.python_version, tools.node_version);
    tools
}

fn find() -> Result<Tools, Vec<Missing>> {
    let mut missing = Vec::new();
    let python = match find_python() {
        Ok(found) => Some(found),
        Err(what) => {
            missing.push(what);
            None
        }
    };
    let node = ["node", "nodejs"].into_iter().find_map(|name| {
        let version = output(name, &["--version"])?;
        (node_major(&version)? >= NODE_FLOOR).then(|| (name.to_owned(), version))
    });
    if node.is_none() {
        missing.push(Missing::Node);
    }
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    if output(npm, &["--version"]).is_none() {
        missing.push(Missing::Npm);
    }
    match (python, node) {
        (Some((python, python_version)), Some((node, node_version))) if missing.is_empty() => {
            Ok(Tools { python, python_version, node, node_version, npm: npm.to_owned() })
        }
        _ => Err(missing),
    }
}

/// An interpreter that is new enough and can make virtual environments, and its version. Several may be there.
fn find_python() -> Result<(String, String), Missing> {
    let mut without_venv = false;
    for name in ["python3", "/usr/bin/python3", "python"] {
        let Some(version) = output(name, &["-c", "import platform; print(platform.python_version())"]) else { continue };
        if python_minor(&version).is_none_or(|version| version < PYTHON_FLOOR) {
            continue;
        }
        // Debian splits venv from Python; there, `import venv` works without it, and ensurepip is what is missing.
        if output(name, &["-c", "import venv, ensurepip"]).is_some() {
            return Ok((name.to_owned(), version));
        }
        without_venv = true;
    }
    Err(if without_venv { Missing::PythonVenv } else { Missing::Python })
}

fn python_minor(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

fn node_major(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

/// Installs Debian packages.
fn install(packages: &[&str]) -> Result<(), String> {
    succeed(Command::new("apt-get").args(["-q", "update"]))?;
    succeed(
        Command::new("apt-get")
            .args(["-q", "install", "-y", "--no-install-recommends"])
            .args(packages)
            .env("DEBIAN_FRONTEND", "noninteractive"),
    )
}

fn is_debian() -> bool {
    Path::new("/etc/debian_version").exists() && output("apt-get", &["--version"]).is_some()
}

fn is_root() -> bool {
    output("id", &["-u"]).as_deref() == Some("0")
}

fn names(missing: &[Missing]) -> String {
    let names: Vec<String> = missing
        .iter()
        .map(|tool| match tool {
            Missing::Python => format!("Python {}.{} or newer", PYTHON_FLOOR.0, PYTHON_FLOOR.1),
            Missing::PythonVenv => "Python's venv and ensurepip modules".to_owned(),
            Missing::Node => format!("Node {NODE_FLOOR} or newer"),
            Missing::Npm => "npm".to_owned(),
        })
        .collect();
    names.join(", ")
}

/// Debian's names for what is missing.
fn packages(missing: &[Missing]) -> Vec<&'static str> {
    let mut packages = Vec::new();
    for tool in missing {
        packages.extend_from_slice(match tool {
            Missing::Python => &["python3", "python3-venv"][..],
            Missing::PythonVenv => &["python3-venv"],
            Missing::Node => &["nodejs"],
            Missing::Npm => &["npm"],
        });
    }
    packages
}

fn advice(missing: &[Missing]) -> String {
    let has = |program: &str| output(program, &["--version"]).is_some();
    if is_debian() {
        format!("sudo apt-get update && sudo apt-get install -y --no-install-recommends {}", packages(missing).join(" "))
    } else if has("dnf") {
        "sudo dnf install -y python3 nodejs npm".to_owned()
    } else if has("pacman") {
        "sudo pacman -S --needed python nodejs npm".to_owned()
    } else if has("brew") {
        "brew install python node".to_owned()
    } else if cfg!(windows) {
        "winget install Python.Python.3.12 OpenJS.NodeJS.LTS".to_owned()
    } else {
        "(with your system's package manager) python3 with venv, nodejs, npm".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        assert_eq!(python_minor("3.11.2"), Some((3, 11)));
        assert_eq!(python_minor("3.14.0rc1"), Some((3, 14)));
        assert_eq!(python_minor("three"), None);
        assert_eq!(node_major("v18.20.4"), Some(18));
        assert_eq!(node_major("18"), None);
    }

    #[test]
    fn three_eleven_is_newer_than_three_nine() {
        assert!((3, 11) >= PYTHON_FLOOR && (3, 9) < PYTHON_FLOOR);
    }

    #[test]
    fn only_what_is_missing_is_installed() {
        assert_eq!(packages(&[Missing::PythonVenv, Missing::Npm]), ["python3-venv", "npm"]);
        assert_eq!(packages(&[Missing::Python, Missing::Node, Missing::Npm]), ["python3", "python3-venv", "nodejs", "npm"]);
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(names(&[Missing::Python, Missing::Node]), "Python 3.11 or newer, Node 18 or newer");
    }
}
