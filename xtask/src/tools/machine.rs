//! What the virtual machine needs, and the programs that meet a key in it. Debian's packages only.

use std::path::{Path, PathBuf};

use super::{install, is_debian, is_root};

/// A program, where it may be, and Debian's package.
struct Program {
    file: &'static str,
    package: &'static str,
}

const fn program(file: &'static str, package: &'static str) -> Program {
    Program { file, package }
}

/// For the machine itself.
const MACHINE: [Program; 7] = [
    program("qemu-system-x86_64", "qemu-system-x86"),
    program("busybox", "busybox-static"),
    program("depmod", "kmod"),
    program("/lib/systemd/systemd-udevd", "udev"),
    program("xz", "xz-utils"),
    program("dpkg-deb", "dpkg"),
    program("setsid", "util-linux"),
];

/// For the checks inside.
const CLIENTS: [Program; 16] = [
    program("fido2-token", "fido2-tools"),
    program("ssh-keygen", "openssh-client"),
    // ssh asks a program of its own to speak with a key.
    program("/usr/lib/openssh/ssh-sk-helper", "openssh-client"),
    program("sshd", "openssh-server"),
    program("openssl", "openssl"),
    program("chromium", "chromium"),
    program("firefox-esr", "firefox-esr"),
    // Root's programs: in /usr/sbin.
    program("usbip", "usbip"),
    // A screen, and a keyboard for it.
    program("Xvfb", "xvfb"),
    program("xdotool", "xdotool"),
    program("pamu2fcfg", "pamu2fcfg"),
    program("pamtester", "pamtester"),
    // What a user of a hosted runner becomes root by.
    program("sudo", "sudo"),
    program("podman", "podman"),
    // Without, containers are not confined as they are elsewhere.
    program("apparmor_parser", "apparmor"),
    program("/usr/lib/x86_64-linux-gnu/security/pam_u2f.so", "libpam-u2f"),
];

/// Why there is no virtual machine here.
#[derive(Debug, PartialEq, Eq)]
pub enum NoMachine {
    /// It can't be had on this computer, or not without the computer's owner. Says what to do.
    NotHere(String),
    /// What should have worked did not.
    Failed(String),
}

impl From<NoMachine> for String {
    fn from(reason: NoMachine) -> Self {
        let (NoMachine::NotHere(text) | NoMachine::Failed(text)) = reason;
        text
    }
}

/// Installs what the machine needs and is missing, if it may.
///
/// # Errors
/// [`NoMachine`], with the one line that mends it.
pub fn machine_ready() -> Result<(), NoMachine> {
    installed(&[&MACHINE])
}

/// The same, with all clients.
///
/// # Errors
/// [`NoMachine`], with the one line that mends it.
pub fn devices_ready() -> Result<(), NoMachine> {
    installed(&[&MACHINE, &CLIENTS])
}

fn installed(wanted: &[&[Program]]) -> Result<(), NoMachine> {
    if !cfg!(target_arch = "x86_64") {
        return Err(NoMachine::NotHere("the virtual machine is made for x86-64 only".to_owned()));
    }
    if !is_debian() {
        let text =
            "the virtual machine boots Debian's kernel with this computer's programs, and this is no Debian; a container of Debian does";
        return Err(NoMachine::NotHere(text.to_owned()));
    }
    let missing = || missing(wanted, &|file| find(file).is_some());
    let packages = missing();
    if packages.is_empty() {
        return Ok(());
    }
    if !is_root() {
        let list = packages.join(" ");
        return Err(NoMachine::NotHere(format!(
            "packages are missing: {list}. This installs them:\n    sudo apt-get update && sudo apt-get install -y --no-install-recommends {list}"
        )));
    }
    println!("{}: missing; installing", packages.join(", "));
    install(&packages).map_err(NoMachine::Failed)?;
    match missing().as_slice() {
        [] => Ok(()),
        still => Err(NoMachine::Failed(format!("programs are still not found after installing {}", still.join(" ")))),
    }
}

/// The packages of what is not there, each once.
fn missing(wanted: &[&[Program]], is_there: &dyn Fn(&str) -> bool) -> Vec<&'static str> {
    let mut packages = Vec::new();
    for program in wanted.iter().copied().flatten().filter(|program| !is_there(program.file)) {
        if !packages.contains(&program.package) {
            packages.push(program.package);
        }
    }
    packages
}

/// A path as it is; a name in PATH, or where only root looks.
fn find(file: &str) -> Option<PathBuf> {
    if file.starts_with('/') {
        return Path::new(file).exists().then(|| file.into());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/sbin".into()]);
    folders.map(|folder| folder.join(file)).find(|path| path.is_file())
}

/// Each program that is installed, and its package.
#[cfg(test)]
pub fn installed_programs() -> impl Iterator<Item = (&'static str, &'static str)> {
    MACHINE.iter().chain(&CLIENTS).map(|program| (program.file, program.package))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_named_once_and_only_when_missing() {
        let there = |file: &str| !["qemu-system-x86_64", "ssh-keygen", "/usr/lib/openssh/ssh-sk-helper"].contains(&file);
        assert_eq!(missing(&[&MACHINE, &CLIENTS], &there), ["qemu-system-x86", "openssh-client"]);
        assert!(missing(&[&MACHINE, &CLIENTS], &|_| true).is_empty());
    }
}
