//! The client: validation, defaults, CTAP, exceptions.

use std::time::Duration;

use faultkey_transport::{Transcript, Transport};

use crate::{Call, ClientDataCollector, Finished, Platform, User};

/// How this client behaves.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// Used when the options name no timeout, and as the upper bound (WebAuthn-3 §5.1.3 step 4).
    pub default_timeout: Duration,
    pub maximum_timeout: Duration,
}

/// A client with one authenticator behind `transport`, and one user.
pub struct Client<T, U, C> {
    _config: ClientConfig,
    _transport: T,
    _user: U,
    _client_data: C,
    _transcript: Transcript,
}

impl<T: Transport, U: User, C: ClientDataCollector> Client<T, U, C> {
    pub fn new(config: ClientConfig, transport: T, user: U, client_data: C, transcript: Transcript) -> Self {
        Self { _config: config, _transport: transport, _user: user, _client_data: client_data, _transcript: transcript }
    }

    pub fn transport_mut(&mut self) -> &mut T {
        todo!()
    }

    pub fn user_mut(&mut self) -> &mut U {
        todo!()
    }
}

impl<T: Transport, U: User, C: ClientDataCollector> Platform for Client<T, U, C> {
    fn create(&mut self, _call: &Call, _options: &serde_json::Value) -> Finished {
        todo!()
    }

    fn get(&mut self, _call: &Call, _options: &serde_json::Value) -> Finished {
        todo!()
    }

    fn is_user_verifying_platform_authenticator_available(&mut self) -> bool {
        todo!()
    }
}
