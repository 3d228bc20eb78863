//! A key as USB/IP plugs it in: with the stack that it has.

use faultkey_transport::Port;
use faultkey_transport::usb::{Function, Parts, Pluggable};
use faultkey_transport::usbd_ctaphid::UsbdCtaphid;

use crate::{Key, Stack};

/// A [`Port`] alone would get faultkey's own stack, and a key of the other has nothing to say to its reports.
pub(crate) enum UsbKey {
    Own(Port<Key>),
    UsbdCtaphid(UsbdCtaphid<Key>),
}

impl UsbKey {
    pub fn new(port: &Port<Key>) -> Self {
        match port.with(|key| key.stack()) {
            Stack::Own => UsbKey::Own(port.clone()),
            Stack::UsbdCtaphid => UsbKey::UsbdCtaphid(UsbdCtaphid(port.clone())),
        }
    }
}

impl Pluggable for UsbKey {
    fn function<'a>(&'a self, parts: &'a Parts<'a>) -> Box<dyn Function + 'a> {
        match self {
            UsbKey::Own(port) => port.function(parts),
            UsbKey::UsbdCtaphid(key) => key.function(parts),
        }
    }

    async fn changed(&self) {
        match self {
            UsbKey::Own(port) => port.changed().await,
            UsbKey::UsbdCtaphid(key) => key.changed().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use faultkey_authenticator::Time;
    use faultkey_transport::ctaphid::{BROADCAST, command, fragment};
    use faultkey_transport::usbip::{Reach, Server};
    use faultkey_transport::{Identity, WallClock};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use super::*;
    use crate::{Happening, Plan, Via, Watcher};

    /// A host that has fetched the key of bus id 1-1.
    struct Host(TcpStream);

    impl Host {
        /// OP_REQ_IMPORT; its reply has 320 bytes.
        async fn fetch(place: &str) -> Self {
            let address = place.split(',').next().unwrap();
            let mut host = Self(TcpStream::connect(address).await.unwrap());
            let mut request = [&[0x01, 0x11, 0x80, 0x03, 0, 0, 0, 0][..], b"1-1"].concat();
            request.resize(40, 0);
            host.0.write_all(&request).await.unwrap();
            host.0.read_exact(&mut [0; 320]).await.unwrap();
            host
        }

        /// One transfer that is waited for: what came to the host.
        async fn transfer(&mut self, endpoint: u32, setup: [u8; 8], out: Option<&[u8]>) -> Vec<u8> {
            let (device, length) = (0x1_0001, out.map_or(64, |data| data.len() as u32));
            let words = [1, 7, device, u32::from(out.is_none()), endpoint, 0, length, 0, 0, 0];
            let mut bytes: Vec<u8> = words.into_iter().flat_map(u32::to_be_bytes).chain(setup).collect();
            bytes.extend_from_slice(out.unwrap_or_default());
            self.0.write_all(&bytes).await.unwrap();
            let mut head = [0; 48];
            self.0.read_exact(&mut head).await.unwrap();
            assert_eq!(head[20..24], [0; 4], "it succeeded");
            let length = u32::from_be_bytes(head[24..28].try_into().unwrap()) as usize;
            let mut data = vec![0; if out.is_none() { length } else { 0 }];
            self.0.read_exact(&mut data).await.unwrap();
            data
        }
    }

    /// What a trace would have, in words.
    #[derive(Clone, Default)]
    struct Seen(Arc<Mutex<Vec<String>>>);

    impl Watcher for Seen {
        fn happened(&mut self, _now: Time, happening: &Happening) {
            self.0.lock().unwrap().push(match happening {
                Happening::ReportIn(report) => format!("in {:02x}", report[4]),
                Happening::ReportOut(report) => format!("out {:02x}", report[4]),
                other => other.name().to_owned(),
            });
        }
    }

    #[tokio::test]
    async fn a_host_finds_the_stack_that_was_asked_for() {
        // In the report descriptor, the usage of the report to the host: CTAP2.3 §11.2.8.1 has 0x20, usbd-ctaphid 0x03.
        for (stack, usage) in [(Stack::Own, 0x20), (Stack::UsbdCtaphid, 0x03)] {
            let profile = faultkey_fault_injection::profile::find("security-key").unwrap().clone();
            let (mut key, mut meter) = Plan { stack, ..Plan::new(profile) }.build().unwrap();
            let seen = Seen::default();
            key.watch(seen.clone());
            key.plug(Time::START, meter.power_up().unwrap()).unwrap();
            let port = Port::new(key);
            let server = Arc::new(Server::bind("127.0.0.1:0".parse().unwrap(), Reach::Loopback).await.unwrap());
            let plugged = Via::UsbIpServer(Arc::clone(&server)).plug(&Identity::default()).await.unwrap();
            let clock = WallClock::start();
            let (place, at) = tokio::sync::oneshot::channel::<String>();
            let host = async {
                let mut host = Host::fetch(&at.await.unwrap()).await;
                let descriptor = host.transfer(0, [0x81, 6, 0, 0x22, 0, 0, 64, 0], None).await;
                assert_eq!(descriptor[7..9], [0x09, usage], "{stack:?}");
                host.transfer(0, [0, 9, 1, 0, 0, 0, 0, 0], Some(b"")).await;
                host.transfer(1, [0; 8], Some(&fragment(BROADCAST, command::INIT, b"12345678").unwrap()[0])).await;
                let answer = host.transfer(1, [0; 8], None).await;
                assert_eq!(answer[7..15], *b"12345678", "{stack:?}");
                let channel = u32::from_be_bytes(answer[15..19].try_into().unwrap());
                host.transfer(1, [0; 8], Some(&fragment(channel, command::CBOR, &[0x04]).unwrap()[0])).await;
                host.transfer(1, [0; 8], None).await;
                // The answer's other reports are not fetched yet.
                let expected = ["plugged", "in 86", "out 86", "in 90", "request", "reply", "out 90"];
                assert_eq!(*seen.0.lock().unwrap(), expected, "{stack:?}");
            };
            tokio::select! {
                ended = server.serve() => panic!("{ended:?}"),
                ended = plugged.run(&port, &clock, |at| place.send(at.text).unwrap()) => panic!("{ended:?}"),
                () = host => {}
            }
        }
    }
}
