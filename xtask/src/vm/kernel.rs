//! Debian's stock kernel: fetched and unpacked once, not installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::initramfs;
use crate::command::{output, root, succeed};

/// Where the machine's kernel is.
pub struct Kernel {
    pub image: PathBuf,
    pub initramfs: PathBuf,
    /// What is `/lib/modules` inside.
    pub modules: PathBuf,
}

impl Kernel {
    /// Prepares what is not there yet.
    ///
    /// # Errors
    /// When the package can't be had, or is not as expected.
    pub fn prepare() -> Result<Self, String> {
        let cache = root().join(".test-env/vm");
        fs::create_dir_all(&cache).map_err(|error| format!("{}: {error}", cache.display()))?;
        let cache = cache.canonicalize().map_err(|error| format!("{}: {error}", cache.display()))?;
        let folder = cache.join("kernel");
        if !folder.exists() {
            // In a folder beside it first: what is there is whole.
            let new = cache.join(format!("new-{}", std::process::id()));
            let made = fs::create_dir(&new).map_err(|error| format!("{}: {error}", new.display())).and_then(|()| unpack(&new));
            let moved = made.and_then(|()| {
                // Another run may have been faster.
                if folder.exists() { Ok(()) } else { fs::rename(&new, &folder).map_err(|error| format!("{}: {error}", folder.display())) }
            });
            let _ = fs::remove_dir_all(&new);
            moved?;
        }
        let modules = folder.join("lib/modules");
        let initramfs = cache.join(format!("initramfs-{}", std::process::id()));
        fs::write(&initramfs, initramfs::make(&modules.join(version(&modules)?))?)
            .map_err(|error| format!("{}: {error}", initramfs.display()))?;
        let shared = cache.join("initramfs");
        fs::rename(&initramfs, &shared).map_err(|error| format!("{}: {error}", shared.display()))?;
        Ok(Self { image: folder.join("image"), initramfs: shared, modules })
    }
}

/// Fetches the package into an empty folder, and makes of it what the machine needs.
fn unpack(folder: &Path) -> Result<(), String> {
    let package = package()?;
    println!("virtual machine: fetching {package}");
    succeed(Command::new("apt-get").args(["-q", "-q", "download", &package]).current_dir(folder))?;
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let deb = entries.flatten().map(|entry| entry.path()).find(|path| path.extension().is_some_and(|extension| extension == "deb"));
    let deb = deb.ok_or_else(|| format!("apt-get has not fetched {package}"))?;
    succeed(Command::new("dpkg-deb").arg("-x").arg(&deb).arg(folder))?;
    fs::remove_file(&deb).map_err(|error| format!("{}: {error}", deb.display()))?;
    let version = version(&folder.join("lib/modules"))?;
    succeed(Command::new("depmod").arg("-b").arg(folder).arg(&version))?;
    extract(&folder.join(format!("boot/vmlinuz-{version}")), &folder.join("image"))
}

/// The package that holds the newest kernel.
fn package() -> Result<String, String> {
    let depends = output("apt-cache", &["depends", "linux-image-amd64"]).unwrap_or_default();
    let package = depends.lines().filter_map(|line| line.trim().strip_prefix("Depends: ")).find(|name| name.starts_with("linux-image-"));
    package.map(str::to_owned).ok_or_else(|| "apt knows no kernel package. This tells it: sudo apt-get update".to_owned())
}

/// The one version in `lib/modules`.
fn version(modules: &Path) -> Result<String, String> {
    let mut names = fs::read_dir(modules).into_iter().flatten().flatten().filter_map(|entry| entry.file_name().into_string().ok());
    names.next().ok_or_else(|| format!("there are no modules in {}", modules.display()))
}

/// The kernel as it is inside its boot image (boot protocol, "payload_offset" and "payload_length"): unpacking it inside the machine takes seconds.
fn extract(boot_image: &Path, to: &Path) -> Result<(), String> {
    let bytes = fs::read(boot_image).map_err(|error| format!("{}: {error}", boot_image.display()))?;
    let payload = payload(&bytes).ok_or_else(|| format!("{} is no boot image with an xz payload", boot_image.display()))?;
    let packed = to.with_extension("xz");
    fs::write(&packed, payload).map_err(|error| format!("{}: {error}", packed.display()))?;
    let file = fs::File::create(to).map_err(|error| format!("{}: {error}", to.display()))?;
    // After the stream comes its length.
    succeed(Command::new("xz").args(["-dc", "--single-stream"]).arg(&packed).stdin(Stdio::null()).stdout(file))?;
    fs::remove_file(&packed).map_err(|error| format!("{}: {error}", packed.display()))
}

fn payload(image: &[u8]) -> Option<&[u8]> {
    let word = |at: usize| Some(u32::from_le_bytes(image.get(at..at + 4)?.try_into().ok()?) as usize);
    let sectors = match image.get(0x1F1)? {
        0 => 4,
        sectors => usize::from(*sectors),
    };
    let start = (sectors + 1) * 512 + word(0x248)?;
    let payload = image.get(start..start.checked_add(word(0x24C)?)?)?;
    payload.starts_with(b"\xFD7zXZ\0").then_some(payload)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_payload_is_found() {
        let mut image = vec![0; 2048];
        image[0x1F1] = 1;
        image[0x248] = 16;
        image[0x24C] = 8;
        image[1024 + 16..1024 + 24].copy_from_slice(b"\xFD7zXZ\0ab");
        assert_eq!(payload(&image).unwrap(), b"\xFD7zXZ\0ab");
        image[1024 + 16] = 0;
        assert_eq!(payload(&image), None);
        assert_eq!(payload(&[]), None);
    }
}
