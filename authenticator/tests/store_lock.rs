//! A database that another process has open: the error says which process.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use faultkey_authenticator::SledStore;
use faultkey_authenticator::store::Database;

/// The example that the crash test uses; cargo builds examples before it runs a package's tests.
fn crash_writer() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let built = test.parent().and_then(|deps| deps.parent()).unwrap();
    let path = built.join("examples").join(format!("crash_writer{}", std::env::consts::EXE_SUFFIX));
    assert!(path.exists(), "{} is missing: cargo build -p faultkey-authenticator --example crash_writer", path.display());
    path
}

#[test]
fn the_process_that_holds_the_store_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let mut holder = Command::new(crash_writer()).arg(&path).arg("1").stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(holder.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "ready");

    let message = Database::open(&path).err().unwrap().to_string();
    holder.kill().unwrap();
    holder.wait().unwrap();
    let who = if cfg!(target_os = "linux") { format!("process {} (crash_writer)", holder.id()) } else { "another process".to_owned() };
    let shown = path.display();
    assert_eq!(message, format!("the store {shown} is in use by {who}; close that program, or choose another folder with --store"));

    // The holder is gone, and so is its lock.
    assert!(SledStore::open(&path, "phone").is_ok());
}
