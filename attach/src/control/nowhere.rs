//! A system without Unix sockets: there is no control.

use std::io;
use std::path::Path;
use std::sync::Arc;

use faultkey_transport::socket::ListenError;
use serde_json::Value;

use super::Request;
use crate::keyring::Keys;

/// As on Unix.
///
/// # Errors
/// Always.
pub fn ask(_path: &Path, _request: &Request) -> Result<Value, String> {
    Err("there are no Unix sockets on this system, and so no control".to_owned())
}

/// Never listens.
#[derive(Debug)]
pub enum Server {}

impl Server {
    /// As on Unix.
    ///
    /// # Errors
    /// Always.
    pub fn bind(_path: &Path) -> Result<Self, ListenError> {
        Err(ListenError::NoUnixSockets)
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        match *self {}
    }

    /// As on Unix.
    ///
    /// # Errors
    /// Never.
    pub async fn serve(&self, _keys: &Arc<Keys>) -> io::Result<()> {
        match *self {}
    }
}
