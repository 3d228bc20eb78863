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
    let made = || {
        Path::new(env!("CARGO_MANIFEST_DIR")).join(".test-env/python").join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" })
    };
    let python = std::env::var_os("FAULTKEY_TEST_PYTHON").map_or_else(made, PathBuf::from);
    assert!(python.exists(), "there is no Python environment at {}. {HOW_TO_PREPARE}", python.display());
    python
}

pub fn node() -> PathBuf {
    let library = relying_parties().join("node_modules/@simplewebauthn/server");
    assert!(library.exists(), "the npm packages are not at {}. {HOW_TO_PREPARE}", library.display());
    std::env::var_os("FAULTKEY_TEST_NODE").map_or_else(|| "node".into(), PathBuf::from)
}
