//! The first root of the machine: busybox, the modules that mount the real one and make devices, and the init script.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::guest;

/// Modules that the machine needs, in any order; what they depend on comes before them.
const MODULES: [&str; 10] =
    ["virtio_pci", "9pnet_virtio", "9p", "overlay", "virtio_console", "virtio_rng", "uhid", "hid_generic", "vhci_hcd", "usbhid"];

/// The archive, for modules of this folder (`lib/modules/VERSION`).
pub fn make(modules: &Path) -> Result<Vec<u8>, String> {
    let dependencies = read_text(&modules.join("modules.dep"))?;
    let built_in = read_text(&modules.join("modules.builtin"))?;
    let busybox = which("busybox").ok_or("busybox is not found")?;
    let busybox = fs::read(&busybox).map_err(|error| format!("{}: {error}", busybox.display()))?;

    let mut archive = Archive::default();
    for folder in ["bin", "dev", "lower", "modules", "new", "proc", "sys", "upper"] {
        archive.folder(folder);
    }
    archive.file("bin/busybox", &busybox);
    archive.file("init", guest::INIT.as_bytes());
    let mut order = String::new();
    for path in load_order(&MODULES, &dependencies, &built_in)? {
        let name = path.rsplit('/').next().unwrap_or(path);
        let file = modules.join(path);
        let (name, bytes) = match name.strip_suffix(".xz") {
            Some(name) => (name, unpacked(&file)?),
            None => (name, fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?),
        };
        archive.file(&format!("modules/{name}"), &bytes);
        order += name;
        order.push('\n');
    }
    archive.file("modules/order", order.as_bytes());
    Ok(archive.end())
}

fn read_text(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn which(program: &str) -> Option<std::path::PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(program)).find(|path| path.is_file())
}

fn unpacked(file: &Path) -> Result<Vec<u8>, String> {
    let output = Command::new("xz").arg("-dc").arg(file).stdin(Stdio::null()).output().map_err(|error| format!("xz: {error}"))?;
    if output.status.success() { Ok(output.stdout) } else { Err(format!("{} is no xz file", file.display())) }
}

/// Paths of modules, each after those that it needs. `dependencies` is depmod's `modules.dep`.
fn load_order<'a>(wanted: &[&str], dependencies: &'a str, built_in: &str) -> Result<Vec<&'a str>, String> {
    let mut order: Vec<&str> = Vec::new();
    for module in wanted {
        let line = dependencies.lines().filter_map(|line| line.split_once(':')).find(|(path, _)| name(path) == *module);
        match line {
            // The list after the colon begins with what is needed last.
            Some((path, needs)) => {
                for path in needs.split_whitespace().rev().chain([path]) {
                    if !order.contains(&path) {
                        order.push(path);
                    }
                }
            }
            None if built_in.lines().any(|path| name(path) == *module) => {}
            None => return Err(format!("the kernel package has no module {module}")),
        }
    }
    Ok(order)
}

/// `kernel/drivers/hid/hid-generic.ko.xz` is `hid_generic`.
fn name(path: &str) -> String {
    let file = path.rsplit('/').next().unwrap_or(path);
    file.split('.').next().unwrap_or(file).replace('-', "_")
}

/// A cpio archive in the form that the kernel reads ("newc").
#[derive(Default)]
struct Archive {
    bytes: Vec<u8>,
    entries: u32,
}

impl Archive {
    fn folder(&mut self, path: &str) {
        self.entry(path, 0o040_755, &[]);
    }

    fn file(&mut self, path: &str, content: &[u8]) {
        self.entry(path, 0o100_755, content);
    }

    fn entry(&mut self, path: &str, mode: u32, content: &[u8]) {
        self.entries += 1;
        let links = 1;
        // inode, mode, user, group, links, time, size, device (2), special device (2), length of the name, no checksum
        let fields = [self.entries, mode, 0, 0, links, 0, content.len() as u32, 0, 0, 0, 0, path.len() as u32 + 1, 0];
        self.bytes.extend(b"070701");
        for field in fields {
            self.bytes.extend(format!("{field:08X}").bytes());
        }
        self.bytes.extend(path.bytes());
        self.bytes.push(0);
        self.pad();
        self.bytes.extend(content);
        self.pad();
    }

    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }

    fn end(mut self) -> Vec<u8> {
        self.entry("TRAILER!!!", 0, &[]);
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_come_after_what_they_need() {
        let dependencies =
            "kernel/a/hid.ko:\nkernel/a/uhid.ko: kernel/a/hid.ko\nkernel/b/hid-generic.ko.xz: kernel/a/more.ko kernel/a/hid.ko\n";
        let order = load_order(&["uhid", "hid_generic", "virtio_pci"], dependencies, "kernel/c/virtio_pci.ko\n");
        assert_eq!(order.unwrap(), ["kernel/a/hid.ko", "kernel/a/uhid.ko", "kernel/a/more.ko", "kernel/b/hid-generic.ko.xz"]);
        assert_eq!(load_order(&["vhci_hcd"], dependencies, "").unwrap_err(), "the kernel package has no module vhci_hcd");
    }

    #[test]
    fn an_archive_is_in_words_of_four_bytes() {
        let mut archive = Archive::default();
        archive.folder("bin");
        archive.file("init", b"hello");
        let bytes = archive.end();
        assert_eq!(bytes.len() % 4, 0);
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.starts_with("07070100000001000041ED"), "{text}");
        assert!(text.contains("init\0\0hello\0\0\x00070701"), "{text:?}");
        assert!(text.contains("TRAILER!!!\0"));
    }
}
