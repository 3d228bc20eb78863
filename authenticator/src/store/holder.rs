//! Who holds a locked database: asked of the system where it tells.

use std::path::Path;

/// A phrase for the process that has `file` locked.
pub(super) fn describe(file: &Path) -> String {
    holder(file).unwrap_or_else(|| "another process".to_owned())
}

/// Whether the system says that a process other than this one has `file` locked.
pub(super) fn is_another_process(file: &Path) -> bool {
    pid(file).is_some_and(|pid| pid != std::process::id())
}

#[cfg(target_os = "linux")]
fn pid(file: &Path) -> Option<u32> {
    use std::os::unix::fs::MetadataExt;

    let inode = std::fs::metadata(file).ok()?.ino();
    let locks = std::fs::read_to_string("/proc/locks").ok()?;
    locks.lines().find_map(|line| pid_of_lock(line, inode))
}

#[cfg(not(target_os = "linux"))]
fn pid(_file: &Path) -> Option<u32> {
    None
}

#[cfg(target_os = "linux")]
fn holder(file: &Path) -> Option<String> {
    let pid = pid(file)?;
    if pid == std::process::id() {
        return Some(format!("this same process ({pid}), which opened it before"));
    }
    match std::fs::read_to_string(format!("/proc/{pid}/comm")) {
        Ok(name) => Some(format!("process {pid} ({})", name.trim())),
        Err(_) => Some(format!("process {pid}")),
    }
}

#[cfg(not(target_os = "linux"))]
fn holder(_file: &Path) -> Option<String> {
    None
}

/// A line of /proc/locks: `1: FLOCK  ADVISORY  WRITE 4711 08:01:131085 0 EOF`. The device is not compared: some file systems give another
/// number there than `stat` does.
#[cfg(target_os = "linux")]
fn pid_of_lock(line: &str, inode: u64) -> Option<u32> {
    let mut fields = line.split_whitespace().skip(1);
    let (kind, _mode, access, pid, file) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    let locked: u64 = file.rsplit(':').next()?.parse().ok()?;
    // Waiting locks have an arrow before their kind, which moves the fields.
    (kind == "FLOCK" && access == "WRITE" && locked == inode).then(|| pid.parse().ok()).flatten()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_found_by_its_inode() {
        let line = "1: FLOCK  ADVISORY  WRITE 4711 08:01:131085 0 EOF";
        assert_eq!(pid_of_lock(line, 131_085), Some(4711));
        assert_eq!(pid_of_lock(line, 131_086), None);
        assert_eq!(pid_of_lock("2: POSIX  ADVISORY  WRITE 4711 08:01:131085 0 EOF", 131_085), None);
        assert_eq!(pid_of_lock("2: -> FLOCK  ADVISORY  WRITE 4712 08:01:131085 0 EOF", 131_085), None);
        assert_eq!(pid_of_lock("", 1), None);
    }

    #[test]
    fn without_a_lock_it_is_another_process() {
        assert_eq!(describe(Path::new("/no/such/file")), "another process");
    }
}
