//! A WebAuthn Level 3 client: the platform between a relying party and an authenticator. Options JSON in, response JSON out.

mod app_id;
mod attestation_conveyance;
mod authenticator_error;
mod authenticator_info;
mod call;
pub mod client;
pub mod client_data;
mod conditional;
mod cose_key;
mod create;
mod ctap_reply;
mod ctap_request;
mod dialog;
pub mod dom_exception;
mod extension;
mod get;
mod large_blob;
mod options;
mod origin;
mod pin;
mod preflight;
mod prf;
mod public_suffix;
pub mod related_origins;
mod response;
mod u2f;
pub mod user;
mod verification;

use faultkey_authenticator::Time;

pub use call::{AbortSignal, Call, Mediation};
pub use client::{Client, ClientConfig};
pub use client_data::{ClientData, ClientDataCollector, CollectedClientData, Specified};
pub use dom_exception::{Because, DomException, DomExceptionName};
pub use user::{Account, Answered, NewPinRefused, PinPrompt, ScriptedUser, Typed, User};

/// How a call ended, and when: virtual time passes while the user acts or a timer runs.
#[derive(Clone, Debug)]
pub struct Finished {
    pub at: Time,
    /// `PublicKeyCredential.toJSON()` (WebAuthn-3 §5.1), or the exception that the page sees.
    pub result: Result<serde_json::Value, DomException>,
}

/// `navigator.credentials`, as a page sees it. [`Client`] is one; a fault layer wraps one and is one.
pub trait Platform {
    /// `navigator.credentials.create({publicKey})`; `options` is PublicKeyCredentialCreationOptionsJSON.
    fn create(&mut self, call: &Call, options: &serde_json::Value) -> Finished;

    /// `navigator.credentials.get({publicKey})`; `options` is PublicKeyCredentialRequestOptionsJSON.
    fn get(&mut self, call: &Call, options: &serde_json::Value) -> Finished;

    /// `PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable()`.
    fn is_user_verifying_platform_authenticator_available(&mut self) -> bool;
}
