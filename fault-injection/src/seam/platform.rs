//! Around [`Platform`]: faults of browser, operating system and credential provider, and encoding faults in the response that the page sends.

use std::ops::ControlFlow;

use faultkey_client::{Call, DomException, Finished, Platform};
use faultkey_transport::transcript::{MessageKind, Touches};
use serde_json::Value;

use crate::Faults;
use crate::scene::{Ceremony, Seen};

/// A platform behind the fault layer.
pub struct FaultyPlatform<P> {
    faults: Faults,
    inner: P,
}

impl<P> FaultyPlatform<P> {
    pub(crate) fn new(faults: Faults, inner: P) -> Self {
        Self { faults, inner }
    }

    pub fn inner_mut(&mut self) -> &mut P {
        &mut self.inner
    }

    fn call(&mut self, ceremony: Ceremony, call: &Call, rp_id: Option<&str>, inner: impl FnOnce(&mut P) -> Finished) -> Finished {
        let seen = Seen { ceremony: Some(ceremony), rp_id, origin: Some(&call.origin), user: None };
        let mut refused: Option<DomException> = None;
        self.faults.ask(
            call.now,
            &seen,
            // The client never hears of the call, so there is no entry for it.
            |_| Touches::Nothing,
            &mut refused,
            |fault, _, _| fault.call(ceremony),
            |refused, exception| {
                *refused = Some(exception);
                ControlFlow::Break(())
            },
        );
        if let Some(exception) = refused {
            return Finished { at: call.now, result: Err(exception) };
        }
        let Finished { at, mut result } = inner(&mut self.inner);
        self.faults.ask(
            at,
            &seen,
            |_| Touches::Previous(MessageKind::ClientResult),
            &mut result,
            |fault, _, result| fault.called(ceremony, result),
            |result, exception| {
                *result = Err(exception);
                ControlFlow::Break(())
            },
        );
        if let Ok(response) = &mut result {
            self.faults.ask(
                at,
                &seen,
                |_| Touches::Next(MessageKind::HttpRequest),
                response,
                |fault, world, response| fault.response(ceremony, response, world),
                |response, changed| {
                    *response = changed;
                    ControlFlow::Continue(())
                },
            );
        }
        Finished { at, result }
    }
}

impl<P: Platform> Platform for FaultyPlatform<P> {
    fn create(&mut self, call: &Call, options: &Value) -> Finished {
        let rp_id = options.pointer("/rp/id").and_then(Value::as_str);
        self.call(Ceremony::Registration, call, rp_id, |inner| inner.create(call, options))
    }

    fn get(&mut self, call: &Call, options: &Value) -> Finished {
        let rp_id = options.get("rpId").and_then(Value::as_str);
        self.call(Ceremony::Authentication, call, rp_id, |inner| inner.get(call, options))
    }

    fn is_user_verifying_platform_authenticator_available(&mut self) -> bool {
        self.inner.is_user_verifying_platform_authenticator_available()
    }
}
