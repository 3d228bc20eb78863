//! Whose relying party it is.

/// The name under which passkeys are made, and where the page comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Site {
    pub(super) rp_id: String,
    /// The only origin that is accepted, compared character by character (WebAuthn-3 §7.1 step 9, §7.2 step 12).
    pub(super) origin: String,
}

impl Default for Site {
    /// No port, so that transcripts hold none.
    fn default() -> Self {
        Self { rp_id: "broker.test".to_owned(), origin: "https://broker.test".to_owned() }
    }
}

impl Site {
    /// The one host that browsers trust without TLS.
    pub(super) fn localhost(port: u16) -> Self {
        Self { rp_id: "localhost".to_owned(), origin: format!("http://localhost:{port}") }
    }
}
