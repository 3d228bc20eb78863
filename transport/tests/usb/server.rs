//! The server over real TCP on loopback.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use faultkey_authenticator::{Authenticator, Time};
use faultkey_transport::ctaphid::{BROADCAST, Config, Engine, Policy, Presence, Report, command, fragment};
use faultkey_transport::socket::ListenError;
use faultkey_transport::usb::Pluggable;
use faultkey_transport::usbip::{Reach, Server, Slot};
use faultkey_transport::{Identity, LineEvent, Port, ReportDevice, WallClock};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::host::header;
use crate::{authenticator, firmware};

/// Time is real here, and a busy computer may take long between two packets.
const PATIENCE: Duration = Duration::from_secs(60);

fn patient_key() -> Port<Engine<Authenticator, Policy>> {
    let config = Config { transaction_timeout: PATIENCE, ..Config::default() };
    Port::new(Engine::new(config, authenticator(), Policy { presence: Presence::AtOnce, ..Policy::default() }))
}

/// A host's connection.
struct Client {
    stream: TcpStream,
    device: u32,
    next_id: u32,
}

impl Client {
    async fn connect(address: SocketAddr) -> io::Result<Self> {
        Ok(Self { stream: TcpStream::connect(address).await?, device: 0, next_id: 1 })
    }

    async fn read(&mut self, count: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; count];
        self.stream.read_exact(&mut bytes).await?;
        Ok(bytes)
    }

    /// The bus ids of all devices.
    async fn list(address: SocketAddr) -> io::Result<Vec<String>> {
        let mut client = Self::connect(address).await?;
        client.stream.write_all(&[0x01, 0x11, 0x80, 0x05, 0, 0, 0, 0]).await?;
        let head = client.read(12).await?;
        assert_eq!(head[..8], [0x01, 0x11, 0x00, 0x05, 0, 0, 0, 0]);
        let mut names = Vec::new();
        for _ in 0..u32::from_be_bytes(head[8..].try_into().unwrap()) {
            let device = client.read(312).await?;
            assert_eq!(client.read(4).await?, [3, 0, 0, 0], "one HID interface");
            names.push(String::from_utf8(device[256..288].split(|byte| *byte == 0).next().unwrap().to_vec()).unwrap());
        }
        assert_eq!(client.stream.read(&mut [0]).await?, 0, "the server closes after the list");
        Ok(names)
    }

    /// The reply's status, and the connection where it is 0.
    async fn import(address: SocketAddr, bus_id: &str) -> io::Result<Result<Self, u32>> {
        let mut client = Self::connect(address).await?;
        let mut request = [0x01, 0x11, 0x80, 0x03, 0, 0, 0, 0].to_vec();
        request.extend(bus_id.bytes());
        request.resize(40, 0);
        // In two parts, as Linux's tool sends it.
        client.stream.write_all(&request[..8]).await?;
        client.stream.write_all(&request[8..]).await?;
        let head = client.read(8).await?;
        assert_eq!(head[..4], [0x01, 0x11, 0x00, 0x03]);
        let status = u32::from_be_bytes(head[4..].try_into().unwrap());
        if status != 0 {
            return Ok(Err(status));
        }
        let device = client.read(312).await?;
        let word = |place: usize| u32::from_be_bytes(device[place..place + 4].try_into().unwrap());
        assert_eq!((word(296), &device[300..]), (2, &[0x12, 0x09, 0, 1, 1, 0, 0, 0, 0, 1, 1, 1][..]), "full speed, and who it is");
        client.device = word(288) << 16 | word(292);
        Ok(Ok(client))
    }

    /// One transfer, waited for.
    async fn transfer(&mut self, input: bool, endpoint: u32, setup: [u8; 8], length: u32, data: &[u8]) -> io::Result<(i32, Vec<u8>)> {
        self.next_id += 1;
        let mut bytes = header([1, self.next_id, self.device, input.into(), endpoint, 0, length, 0, 0, 0], setup);
        bytes.extend_from_slice(data);
        self.stream.write_all(&bytes).await?;
        let head = self.read(48).await?;
        let word = |place: usize| u32::from_be_bytes(head[place..place + 4].try_into().unwrap());
        assert_eq!((word(0), word(4)), (3, self.next_id));
        let data = self.read(if input { word(24) as usize } else { 0 }).await?;
        Ok((word(20) as i32, data))
    }

    async fn send(&mut self, channel: u32, command: u8, message: &[u8]) -> io::Result<()> {
        for report in fragment(channel, command, message).unwrap() {
            assert_eq!(self.transfer(false, 1, [0; 8], 64, &report).await?, (0, vec![]));
        }
        Ok(())
    }

    async fn receive(&mut self) -> io::Result<Report> {
        let (status, data) = self.transfer(true, 1, [0; 8], 64, b"").await?;
        assert_eq!(status, 0);
        Ok(data.try_into().unwrap())
    }

    /// The device descriptor, a channel and a long PING.
    async fn converse(&mut self) -> io::Result<()> {
        let (status, device) = self.transfer(true, 0, [0x80, 6, 0, 1, 0, 0, 18, 0], 18, b"").await?;
        assert_eq!((status, device.len()), (0, 18));
        assert_eq!(self.transfer(false, 0, [0, 9, 1, 0, 0, 0, 0, 0], 0, b"").await?.0, 0);
        self.send(BROADCAST, command::INIT, b"12345678").await?;
        let channel = u32::from_be_bytes(self.receive().await?[15..19].try_into().unwrap());
        let wanted = fragment(channel, command::PING, &[7; 7_609]).unwrap();
        self.send(channel, command::PING, &[7; 7_609]).await?;
        for report in wanted {
            assert_eq!(self.receive().await?, report);
        }
        Ok(())
    }

    /// Until the server has closed the connection.
    async fn closed(mut self) -> io::Result<()> {
        let mut rest = Vec::new();
        match self.stream.read_to_end(&mut rest).await {
            Err(error) if error.kind() != io::ErrorKind::ConnectionReset => Err(error),
            _ => Ok(()),
        }
    }
}

async fn server() -> (Server, SocketAddr) {
    let server = Server::bind("127.0.0.1:0".parse().unwrap(), Reach::Loopback).await.unwrap();
    let address = server.address().unwrap();
    (server, address)
}

/// Runs `client` while a device is served.
async fn serve<T>(server: &Server, slot: Slot, port: &impl Pluggable, client: impl Future<Output = io::Result<T>>) -> T {
    let clock = WallClock::start();
    tokio::select! {
        result = server.serve() => panic!("{result:?}"),
        result = slot.run(port, &clock) => panic!("{result:?}"),
        result = client => result.unwrap(),
    }
}

#[tokio::test]
async fn hosts_fetch_a_device_one_after_another() {
    let (server, address) = server().await;
    let slot = server.plug(&Identity::default());
    assert_eq!((slot.bus_id().as_str(), server.warning()), ("1-1", None));
    let client = async {
        assert_eq!(Client::list(address).await?, ["1-1"]);
        let mut first = Client::import(address, "1-1").await?.map_err(|_| io::ErrorKind::Other)?;
        first.converse().await?;
        assert_eq!(Client::import(address, "1-1").await?.err(), Some(2), "busy");
        assert_eq!(Client::import(address, "1-2").await?.err(), Some(4), "no such device");
        assert_eq!(Client::import(address, "").await?.err(), Some(4));
        // Detached in the middle of a command.
        first.stream.write_all(&[0; 20]).await?;
        drop(first);
        let mut second = loop {
            match Client::import(address, "1-1").await? {
                Ok(client) => break client,
                Err(status) => assert_eq!(status, 2, "until the server has seen that the first is gone"),
            }
        };
        second.converse().await
    };
    serve(&server, slot, &patient_key(), client).await;
}

#[tokio::test]
async fn two_devices_are_two() {
    let (server, address) = server().await;
    let (first, second) = (server.plug(&Identity::default()), server.plug(&Identity::default()));
    assert_eq!((first.bus_id(), second.bus_id()), ("1-1".to_owned(), "1-2".to_owned()));
    let (one, two, clock) = (patient_key(), patient_key(), WallClock::start());
    let client = async {
        assert_eq!(Client::list(address).await?, ["1-1", "1-2"]);
        let mut first = Client::import(address, "1-1").await?.map_err(|_| io::ErrorKind::Other)?;
        let mut second = Client::import(address, "1-2").await?.map_err(|_| io::ErrorKind::Other)?;
        first.converse().await?;
        second.converse().await?;
        // A command for the other device ends the connection, and only that.
        second.device = first.device;
        assert!(second.transfer(true, 0, [0x80, 6, 0, 1, 0, 0, 18, 0], 18, b"").await.is_err());
        first.converse().await
    };
    let both = async { tokio::join!(first.run(&one, &clock), second.run(&two, &clock)) };
    tokio::select! {
        result = server.serve() => panic!("{result:?}"),
        result = both => panic!("{result:?}"),
        result = client => result.unwrap(),
    }
}

/// Answers nothing, and unplugs itself when a report comes.
#[derive(Default)]
struct Shy(Option<LineEvent>);

const UNPLUG: LineEvent = LineEvent::Unplug { again_after: None, keeps_state: true };

impl ReportDevice for Shy {
    fn receive(&mut self, _now: Time, _report: &Report) {
        self.0 = Some(UNPLUG);
    }
    fn next_report(&mut self, _now: Time) -> Option<Report> {
        None
    }
    fn backlog(&self) -> usize {
        0
    }
    fn tick(&mut self, _now: Time) {}
    fn deadline(&self) -> Option<Time> {
        None
    }
    fn reset(&mut self, _now: Time) {}
    fn next_line_event(&mut self) -> Option<LineEvent> {
        self.0.take()
    }
}

#[tokio::test]
async fn a_device_that_unplugs_itself_is_gone_and_its_place_is_free() {
    let (server, address) = server().await;
    let clock = WallClock::start();
    let (slot, _other) = (server.plug(&Identity::default()), server.plug(&Identity::default()));
    let port = Port::new(Shy::default());
    let client = async {
        let mut client = Client::import(address, "1-1").await.unwrap().map_err(|_| io::ErrorKind::Other).unwrap();
        // The report is taken, and then there is no device any more.
        assert_eq!(client.transfer(false, 1, [0; 8], 64, &[0; 64]).await.unwrap(), (0, vec![]));
        client.closed().await.unwrap();
        assert_eq!(Client::list(address).await.unwrap(), ["1-2"]);
    };
    let device = async { assert_eq!(slot.run(&port, &clock).await.unwrap(), UNPLUG) };
    tokio::select! {
        result = server.serve() => panic!("{result:?}"),
        _ = async { tokio::join!(device, client) } => {}
    }
    assert_eq!(server.plug(&Identity::default()).bus_id(), "1-1");

    // And one that nobody has fetched.
    let slot = server.plug(&Identity::default());
    port.change(|device| device.0 = Some(UNPLUG));
    assert_eq!(slot.run(&port, &clock).await.unwrap(), UNPLUG);
}

#[tokio::test]
async fn hosts_that_say_nothing_or_nonsense_are_in_nobodys_way() {
    let (server, address) = server().await;
    let slot = server.plug(&Identity::default());
    let client = async {
        let mut silent = Vec::new();
        for _ in 0..10 {
            let mut client = Client::connect(address).await?;
            client.stream.write_all(&[0x01]).await?;
            silent.push(client);
        }
        for nonsense in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0x01, 0x00, 0x80, 0x05, 0, 0, 0, 0], &[0x01, 0x11, 0x80, 0x07, 0, 0, 0, 0]] {
            let mut client = Client::connect(address).await?;
            client.stream.write_all(nonsense).await?;
            client.closed().await?;
        }
        Client::import(address, "1-1").await?.map_err(|_| io::ErrorKind::Other)?.converse().await?;
        drop(silent);
        Ok(())
    };
    serve(&server, slot, &patient_key(), client).await;
}

#[tokio::test]
async fn only_loopback_is_listened_on_unless_told_and_then_there_is_a_warning() {
    let everywhere: SocketAddr = "0.0.0.0:0".parse().unwrap();
    let refused = Server::bind(everywhere, Reach::Loopback).await.unwrap_err();
    assert!(matches!(refused, ListenError::NotLoopback(address) if address == everywhere), "{refused}");
    let server = Server::bind(everywhere, Reach::Anybody).await.unwrap();
    let expected = format!(
        "whoever reaches {} can fetch this key and use it: USB/IP has no password and no encryption. Listen on 127.0.0.1 and forward the port over \
         ssh, unless this network is yours alone",
        server.address().unwrap()
    );
    assert_eq!(server.warning(), Some(expected));
    let loopback = Server::bind("127.0.0.1:0".parse().unwrap(), Reach::Anybody).await.unwrap();
    assert_eq!(loopback.warning(), None);
}

#[tokio::test]
async fn both_stacks_are_served() {
    let (server, address) = server().await;
    let slot = server.plug(&Identity::default());
    let client = async {
        for _ in 0..2 {
            let mut client = Client::import(address, "1-1").await?.map_err(|_| io::ErrorKind::Other)?;
            client.converse().await?;
            client.stream.shutdown().await?;
            client.closed().await?;
        }
        Ok(())
    };
    serve(&server, slot, &firmware(Presence::AtOnce), client).await;
}

#[tokio::test]
async fn a_host_that_never_says_what_it_wants_is_sent_away() {
    let (server, address) = server().await;
    let server = server.with_patience(Duration::from_millis(20));
    let slot = server.plug(&Identity::default());
    let client = async {
        let mut client = Client::connect(address).await?;
        client.stream.write_all(&[0x01]).await?;
        client.closed().await
    };
    serve(&server, slot, &patient_key(), client).await;
}

/// Computes with its first report until the host has heard that the report is taken.
struct Thinker(std::sync::mpsc::Receiver<()>);

impl ReportDevice for Thinker {
    fn receive(&mut self, _now: Time, _report: &Report) {
        self.0.recv_timeout(PATIENCE).expect("the host waits for its report to be taken, and the device for the host");
    }
    fn next_report(&mut self, _now: Time) -> Option<Report> {
        None
    }
    fn backlog(&self) -> usize {
        0
    }
    fn tick(&mut self, _now: Time) {}
    fn deadline(&self) -> Option<Time> {
        None
    }
    fn reset(&mut self, _now: Time) {}
}

/// Linux gives up a report that is not taken within 5 s, and making an RSA key may take longer.
#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_taken_before_the_device_computes() {
    let (server, address) = server().await;
    let slot = server.plug(&Identity::default());
    let (heard, waits) = std::sync::mpsc::channel();
    let client = tokio::spawn(async move {
        let mut client = Client::import(address, "1-1").await?.map_err(|_| io::ErrorKind::Other)?;
        assert_eq!(client.transfer(false, 1, [0; 8], 64, &[0; 64]).await?, (0, vec![]));
        heard.send(()).map_err(|_| io::ErrorKind::Other)?;
        // The device is there again.
        client.transfer(true, 0, [0x80, 6, 0, 1, 0, 0, 18, 0], 18, b"").await.map(drop)
    });
    serve(&server, slot, &Port::new(Thinker(waits)), async { client.await? }).await;
}
