//! Around [`ClientDataCollector`]: encoding faults in the client data.

use std::ops::ControlFlow;

use faultkey_authenticator::Time;
use faultkey_client::{ClientData, ClientDataCollector, CollectedClientData};
use faultkey_transport::transcript::{MessageKind, Touches};

use crate::Faults;
use crate::scene::Seen;

/// A collector behind the fault layer.
pub struct FaultyClientData<C> {
    faults: Faults,
    inner: C,
}

impl<C> FaultyClientData<C> {
    pub(crate) fn new(faults: Faults, inner: C) -> Self {
        Self { faults, inner }
    }
}

impl<C: ClientDataCollector> ClientDataCollector for FaultyClientData<C> {
    fn collect(&mut self, now: Time, ceremony: ClientData, mut data: CollectedClientData) -> Vec<u8> {
        let origin = data.origin.clone();
        let seen = Seen { ceremony: Some(ceremony.into()), origin: Some(&origin), ..Seen::default() };
        self.faults.ask(
            now,
            &seen,
            |_| Touches::Next(MessageKind::ClientData),
            &mut data,
            |fault, world, data| fault.client_data(data, world),
            |data, changed| {
                *data = changed;
                ControlFlow::Continue(())
            },
        );
        self.inner.collect(now, ceremony, data)
    }
}
