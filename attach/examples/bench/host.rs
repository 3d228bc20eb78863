//! A host at the key's socket, and what it asks.

use std::path::Path;

use faultkey_authenticator::Time;
use faultkey_authenticator::cbor::{int_map, text_map, write};
use faultkey_transport::ctaphid::command;
use faultkey_transport::ctaphid::host::{Heard, Host, Patience};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use ciborium::Value;

pub const GET_INFO: [u8; 1] = [0x04];
const HASH: [u8; 32] = [0xC1; 32];

/// A host with a channel.
pub struct SocketHost {
    stream: UnixStream,
    host: Host,
}

impl SocketHost {
    pub async fn connect(path: &Path) -> Result<Self, String> {
        let stream = UnixStream::connect(path).await.map_err(|error| error.to_string())?;
        let mut this = Self { stream, host: Host::new(Patience::default()) };
        let opening = this.host.open(Time::START, *b"measures");
        this.exchange(opening).await?;
        Ok(this)
    }

    /// One request and its answer, which must be a success. The answer's bytes after the status.
    pub async fn ask(&mut self, request: &[u8]) -> Result<Vec<u8>, String> {
        let reports = self.host.request(Time::START, command::CBOR, request);
        match self.exchange(reports).await? {
            Heard::Answer(answer) => match answer.split_first() {
                Some((0, rest)) => Ok(rest.to_vec()),
                other => Err(format!("the key refused with {other:02X?}")),
            },
            other => Err(format!("the key did not answer: {other:?}")),
        }
    }

    async fn exchange(&mut self, reports: Vec<[u8; 64]>) -> Result<Heard, String> {
        let ended = |error: std::io::Error| format!("the key's socket ended: {error}");
        for report in reports {
            self.stream.write_all(&report).await.map_err(ended)?;
        }
        loop {
            let mut report = [0; 64];
            self.stream.read_exact(&mut report).await.map_err(ended)?;
            match self.host.receive(Time::START, &report) {
                None | Some(Heard::Keepalive(_)) => {}
                Some(heard) => return Ok(heard),
            }
        }
    }
}

/// makeCredential at broker.test, ES256, discoverable, with the finger, which the profile asks for then: always for the same account, so that the key does not fill up.
pub fn registration() -> Vec<u8> {
    let text = |text: &str| Value::from(text);
    let request = int_map([
        (1, Value::Bytes(HASH.to_vec())),
        (2, text_map([("id", text("broker.test")), ("name", text("Broker"))])),
        (3, text_map([("id", Value::Bytes(vec![1])), ("name", text("hanako"))])),
        (4, Value::Array(vec![text_map([("alg", Value::from(-7)), ("type", text("public-key"))])])),
        (7, text_map([("rk", Value::from(true)), ("uv", Value::from(true))])),
    ]);
    [&[0x01], write(&request).as_slice()].concat()
}

/// getAssertion at broker.test, for whichever credential there is.
pub fn assertion() -> Vec<u8> {
    let request = int_map([(1, Value::from("broker.test")), (2, Value::Bytes(HASH.to_vec()))]);
    [&[0x02], write(&request).as_slice()].concat()
}
