//! The Python and the Node that libraries which others wrote run in. `cargo xtask test` makes them.

// No test needs all of it.
#![allow(dead_code)]

use std::path::{Path, PathBuf};

pub const HOW_TO_PREPARE: &str = "This makes what the test needs, and runs the tests: cargo xtask test";

/// `tests/relying-parties`, where the packages are listed.
pub fn relying_parties() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/relying-parties")
}

pub fn python() -> PathBuf {
    let python = std::env::var_os("FAULTKEY_TEST_PYTHON").map_or_else(|| interpreter("python"), PathBuf::from);
    assert!(python.exists(), "there is no Python environment at {}. {HOW_TO_PREPARE}", python.display());
    python
}

/// The Python of a relying party that has an environment of its own.
pub fn python_of(relying_party: &str) -> PathBuf {
    let python = interpreter(relying_party);
    assert!(python.exists(), "there is no Python environment at {}. {HOW_TO_PREPARE}", python.display());
    python
}

fn interpreter(environment: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(".test-env").join(environment);
    folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" })
}

pub fn node() -> PathBuf {
    node_with(&relying_parties(), "@simplewebauthn/server")
}

/// Node, for a program in `folder` that needs `package`.
pub fn node_with(folder: &Path, package: &str) -> PathBuf {
    let library = folder.join("node_modules").join(package);
    assert!(library.exists(), "the npm packages are not at {}. {HOW_TO_PREPARE}", library.display());
    std::env::var_os("FAULTKEY_TEST_NODE").map_or_else(|| "node".into(), PathBuf::from)
}
