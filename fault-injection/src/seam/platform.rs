//! Around [`Platform`]: faults of browser, operating system and credential provider.

use faultkey_client::{Call, Finished, Platform};

/// A platform behind the fault layer.
pub struct FaultyPlatform<P> {
    inner: P,
}

impl<P> FaultyPlatform<P> {
    pub fn inner_mut(&mut self) -> &mut P {
        &mut self.inner
    }
}

impl<P: Platform> Platform for FaultyPlatform<P> {
    fn create(&mut self, call: &Call, options: &serde_json::Value) -> Finished {
        self.inner.create(call, options)
    }
    fn get(&mut self, call: &Call, options: &serde_json::Value) -> Finished {
        self.inner.get(call, options)
    }
    fn is_user_verifying_platform_authenticator_available(&mut self) -> bool {
        self.inner.is_user_verifying_platform_authenticator_available()
    }
}
