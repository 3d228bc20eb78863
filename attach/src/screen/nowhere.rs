//! A system on which the screen was never tried: there are plain lines.

use std::io;
use std::sync::Arc;

use super::Inbox;
use crate::keyring::Keys;
use crate::view::View;

/// Never.
#[must_use]
pub fn is_wanted() -> bool {
    false
}

/// Never opens.
pub enum Screen {}

impl Screen {
    /// As on Unix.
    ///
    /// # Errors
    /// Always.
    pub fn open(_keys: Arc<Keys>, _view: View, _inbox: Inbox) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// As on Unix.
    pub async fn broken(&mut self) {
        match *self {}
    }

    /// As on Unix.
    pub fn close(self) {
        match self {}
    }
}
