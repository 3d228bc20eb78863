//! Where the control socket of a running key is, when nobody says so.

use std::path::{Path, PathBuf};

/// The folder for control sockets: below XDG_RUNTIME_DIR, else below the system's folder for temporary files.
#[must_use]
pub fn folder() -> PathBuf {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute());
    match runtime {
        Some(runtime) => runtime.join("faultkey"),
        None => std::env::temp_dir().join(format!("faultkey-{}", owner())),
    }
}

/// The socket of this process in that folder, which is made if it is not there.
///
/// # Errors
/// In words, when the folder can't be made, or is not this user's alone.
pub fn for_this_process() -> Result<PathBuf, String> {
    let folder = folder();
    private(&folder)
        .map_err(|problem| format!("{}: {problem}; say where the control socket shall be, with --control PATH", folder.display()))?;
    Ok(folder.join(format!("{}.ctl", std::process::id())))
}

/// The one running key's socket.
///
/// # Errors
/// In words, when there is none, or several.
#[cfg(unix)]
pub fn running() -> Result<PathBuf, String> {
    let folder = folder();
    let found = match private_already(&folder) {
        Ok(()) => answering(&folder),
        Err(_) => Vec::new(),
    };
    match found.as_slice() {
        [only] => Ok(only.clone()),
        [] => Err(format!(
            "no key is attached (nothing answers in {}); start one with `faultkey attach`, or say where its control socket is, with --control PATH",
            folder.display()
        )),
        several => {
            let listed: Vec<String> = several.iter().map(|path| format!("\n  --control {}", path.display())).collect();
            Err(format!("{} programs have keys attached; say which:{}", several.len(), listed.concat()))
        }
    }
}

#[cfg(not(unix))]
pub fn running() -> Result<PathBuf, String> {
    Err("there are no Unix sockets on this system, and so no control".to_owned())
}

/// Sockets where somebody answers. What killed programs left behind does not.
#[cfg(unix)]
fn answering(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut found: Vec<PathBuf> = entries
        .filter(|path| path.extension().is_some_and(|extension| extension == "ctl"))
        .filter(|path| std::os::unix::net::UnixStream::connect(path).is_ok())
        .collect();
    found.sort();
    found
}

#[cfg(unix)]
fn private(folder: &Path) -> Result<(), String> {
    use std::os::unix::fs::DirBuilderExt;
    match std::fs::DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(format!("the folder can't be made: {error}")),
    }
    private_already(folder)?;
    // What killed programs left behind.
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let is_ours = path.extension().is_some_and(|extension| extension == "ctl");
        if is_ours
            && std::os::unix::net::UnixStream::connect(&path).is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionRefused)
        {
            let _ = std::fs::remove_file(&path);
        }
    }
    Ok(())
}

#[cfg(not(unix))]
fn private(_folder: &Path) -> Result<(), String> {
    Err("there are no Unix sockets on this system".to_owned())
}

/// Somebody else's folder could hold somebody else's socket.
#[cfg(unix)]
fn private_already(folder: &Path) -> Result<(), String> {
    use std::os::unix::fs::MetadataExt;
    let there = std::fs::symlink_metadata(folder).map_err(|error| error.to_string())?;
    if !there.is_dir() || there.uid() != owner() || there.mode() & 0o077 != 0 {
        return Err("it is not a folder of yours alone (mode 0700)".to_owned());
    }
    Ok(())
}

#[cfg(unix)]
fn owner() -> u32 {
    rustix::process::geteuid().as_raw()
}

#[cfg(not(unix))]
fn owner() -> u32 {
    0
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn only_a_folder_of_ones_own_is_trusted() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("faultkey");
        private(&folder).unwrap();
        private(&folder).unwrap();
        std::fs::set_permissions(&folder, PermissionsExt::from_mode(0o755)).unwrap();
        assert_eq!(private(&folder).unwrap_err(), "it is not a folder of yours alone (mode 0700)");
        let link = place.path().join("link");
        std::os::unix::fs::symlink(place.path(), &link).unwrap();
        assert_eq!(private(&link).unwrap_err(), "it is not a folder of yours alone (mode 0700)");
    }

    #[test]
    fn sockets_of_killed_programs_are_passed_over_and_cleared_away() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("faultkey");
        private(&folder).unwrap();
        let (dead, live) = (folder.join("1.ctl"), folder.join("2.ctl"));
        drop(std::os::unix::net::UnixListener::bind(&dead).unwrap());
        let _listener = std::os::unix::net::UnixListener::bind(&live).unwrap();
        assert_eq!(answering(&folder), std::slice::from_ref(&live));
        private(&folder).unwrap();
        assert!(!dead.exists() && live.exists());
    }
}
