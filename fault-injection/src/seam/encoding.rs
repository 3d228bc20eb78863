//! Around [`ClientDataCollector`]: encoding faults in the client data.

use faultkey_authenticator::Time;
use faultkey_client::{ClientData, ClientDataCollector, CollectedClientData};

/// A collector behind the fault layer.
pub struct FaultyClientData<C> {
    inner: C,
}

impl<C: ClientDataCollector> ClientDataCollector for FaultyClientData<C> {
    fn collect(&mut self, now: Time, ceremony: ClientData, data: CollectedClientData) -> Vec<u8> {
        self.inner.collect(now, ceremony, data)
    }
}
