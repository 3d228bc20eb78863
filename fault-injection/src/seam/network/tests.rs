//! Both sides of every cut, on real sockets: what the relying party read and how its connection ended, what the client's side read and how
//! its connection ended. Nothing here waits for time to pass.

use std::io::{ErrorKind, Read};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::message::{End, request_end};
use super::*;

const REQUEST: &[u8] = b"POST /assertion/result HTTP/1.1\r\nhost: broker.test\r\ncontent-length: 16\r\n\r\n{\"id\":\"0123456\"}";
const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 15\r\n\r\n{\"status\":\"ok\"}";

/// How a connection ended for the one who reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Fin,
    Rst,
    StillOpen,
}

impl From<Ending> for Ended {
    fn from(ending: Ending) -> Ended {
        match ending {
            Ending::Fin => Ended::Fin,
            Ending::Rst => Ended::Rst,
            Ending::Silence => Ended::StillOpen,
        }
    }
}

/// What one connection brought.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    bytes: Vec<u8>,
    ended: Ended,
}

/// Reads until the connection ends, or until `look` says that whatever is to come has come.
async fn read_on(stream: TcpStream, mut bytes: Vec<u8>, look: &mut oneshot::Receiver<()>) -> Seen {
    let mut stream = stream;
    loop {
        tokio::select! {
            biased;
            _ = &mut *look => break,
            read = stream.read_buf(&mut bytes) => match read {
                Ok(0) => return Seen { bytes, ended: Ended::Fin },
                Ok(_) => {}
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
                    return Seen { bytes, ended: Ended::Rst };
                }
            }
        }
    }
    // Asks the kernel itself, past the runtime's memory of what is readable.
    let mut stream = stream.into_std().unwrap();
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return Seen { bytes, ended: Ended::Fin },
            Ok(length) => bytes.extend_from_slice(&buffer[..length]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Seen { bytes, ended: Ended::StillOpen },
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::ConnectionReset);
                return Seen { bytes, ended: Ended::Rst };
            }
        }
    }
}

/// A relying party that takes one connection: reads a request, commits, answers, and reads on.
struct Server {
    address: SocketAddr,
    commits: Arc<AtomicUsize>,
    look: oneshot::Sender<()>,
    seen: JoinHandle<Seen>,
}

impl Server {
    async fn start() -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let commits = Arc::new(AtomicUsize::new(0));
        let committed = Arc::clone(&commits);
        let (look, mut looked) = oneshot::channel();
        let seen = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut bytes = Vec::new();
            while request_end(&bytes) == End::NotYet {
                tokio::select! {
                    biased;
                    _ = &mut looked => {
                        let (_, mut now) = oneshot::channel();
                        return read_on(stream, bytes, &mut now).await;
                    }
                    read = stream.read_buf(&mut bytes) => match read {
                        Ok(0) => return Seen { bytes, ended: Ended::Fin },
                        Ok(_) => {}
                        Err(error) => {
                            assert_eq!(error.kind(), ErrorKind::ConnectionReset);
                            return Seen { bytes, ended: Ended::Rst };
                        }
                    }
                }
            }
            committed.fetch_add(1, Ordering::SeqCst);
            stream.write_all(RESPONSE).await.unwrap();
            read_on(stream, bytes, &mut looked).await
        });
        Server { address, commits, look, seen }
    }

    fn upstream(&self) -> Upstream {
        Upstream::Plain(self.address)
    }
}

/// What both sides saw of one request.
#[derive(Debug)]
struct Sides {
    server: Seen,
    commits: usize,
    client: Seen,
    report: RelayReport,
}

async fn carry(decision: NetworkDecision) -> Sides {
    let server = Server::start().await;
    let relay = Relay::open(server.upstream(), decision).await.unwrap();
    let mut stream = TcpStream::connect(relay.address()).await.unwrap();
    stream.write_all(REQUEST).await.unwrap();
    let (look_client, mut looked) = oneshot::channel();
    let client = tokio::spawn(async move { read_on(stream, Vec::new(), &mut looked).await });
    let silence = matches!(decision, NetworkDecision::Cut { ending: Ending::Silence, point } if point != CutPoint::N7);
    if silence {
        relay.silenced().await;
        look_client.send(()).unwrap();
        server.look.send(()).unwrap();
        let (client, seen) = (client.await.unwrap(), server.seen.await.unwrap());
        let report = relay.finish().await;
        return Sides { server: seen, commits: server.commits.load(Ordering::SeqCst), client, report };
    }
    let (client, seen) = (client.await.unwrap(), server.seen.await.unwrap());
    let report = relay.finish().await;
    Sides { server: seen, commits: server.commits.load(Ordering::SeqCst), client, report }
}

fn cut(point: CutPoint, ending: Ending) -> NetworkDecision {
    NetworkDecision::Cut { point, ending }
}

const ENDINGS: [Ending; 3] = [Ending::Fin, Ending::Rst, Ending::Silence];

/// Runs a cut with each ending; `request` and `response` are the bytes that must have arrived.
async fn assert_cut(point: CutPoint, request: &[u8], response: &[u8], response_received: usize) {
    for ending in ENDINGS {
        let sides = carry(cut(point, ending)).await;
        let what = format!("{point:?} {ending:?}");
        assert_eq!(sides.server, Seen { bytes: request.to_vec(), ended: ending.into() }, "{what}: the relying party");
        assert_eq!(sides.client, Seen { bytes: response.to_vec(), ended: ending.into() }, "{what}: the client's side");
        assert_eq!(sides.commits, usize::from(request.len() == REQUEST.len()), "{what}: commits");
        let report = RelayReport {
            request_received: REQUEST.len(),
            request_delivered: request.len(),
            response_received,
            response_delivered: response.len(),
            silent: ending == Ending::Silence,
            ..RelayReport::default()
        };
        assert_eq!(sides.report, report, "{what}: the report");
    }
}

#[tokio::test]
async fn without_a_fault_both_sides_get_every_byte_and_a_fin() {
    for decision in [NetworkDecision::Pass, NetworkDecision::Delay(Duration::from_secs(600))] {
        let sides = carry(decision).await;
        assert_eq!(sides.server, Seen { bytes: REQUEST.to_vec(), ended: Ended::Fin });
        assert_eq!(sides.client, Seen { bytes: RESPONSE.to_vec(), ended: Ended::Fin });
        assert_eq!(sides.commits, 1);
        assert_eq!(
            sides.report,
            RelayReport {
                request_received: REQUEST.len(),
                request_delivered: REQUEST.len(),
                response_received: RESPONSE.len(),
                response_delivered: RESPONSE.len(),
                ..RelayReport::default()
            }
        );
    }
}

#[tokio::test]
async fn n0_and_n2_are_refused_where_they_cannot_be() {
    let upstream = Upstream::Plain(SocketAddr::from(([127, 0, 0, 1], 9)));
    let error = Relay::open(upstream.clone(), cut(CutPoint::N0, Ending::Fin)).await.err().unwrap();
    assert!(error.to_string().contains(".invalid"), "{error}");
    let error = Relay::open(upstream, cut(CutPoint::N2, Ending::Fin)).await.err().unwrap();
    assert_eq!(error.to_string(), "a TLS alert needs a relying party that is spoken to over https");
}

#[tokio::test]
async fn n1_refuses_the_connection_and_the_relying_party_sees_none() {
    for ending in [Ending::Fin, Ending::Rst] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let relay = Relay::open(Upstream::Plain(listener.local_addr().unwrap()), cut(CutPoint::N1, ending)).await.unwrap();
        let error = TcpStream::connect(relay.address()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        assert_eq!(relay.finish().await, RelayReport::default());
        assert_eq!(listener.into_std().unwrap().accept().unwrap_err().kind(), ErrorKind::WouldBlock);
    }
}

#[tokio::test]
async fn n1_in_silence_connects_and_never_answers() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let relay = Relay::open(Upstream::Plain(listener.local_addr().unwrap()), cut(CutPoint::N1, Ending::Silence)).await.unwrap();
    let mut stream = TcpStream::connect(relay.address()).await.unwrap();
    stream.write_all(REQUEST).await.unwrap();
    relay.silenced().await;
    let (look, mut looked) = oneshot::channel();
    look.send(()).unwrap();
    assert_eq!(read_on(stream, Vec::new(), &mut looked).await, Seen { bytes: Vec::new(), ended: Ended::StillOpen });
    assert_eq!(relay.finish().await, RelayReport { silent: true, ..RelayReport::default() });
    assert_eq!(listener.into_std().unwrap().accept().unwrap_err().kind(), ErrorKind::WouldBlock);
}

#[tokio::test]
async fn n3_connects_and_delivers_nothing() {
    assert_cut(CutPoint::N3, b"", b"", 0).await;
}

#[tokio::test]
async fn n4_delivers_exactly_so_much_of_the_request() {
    for bytes in [0, 1, 33, REQUEST.len() - 1] {
        assert_cut(CutPoint::N4(bytes), &REQUEST[..bytes], b"", 0).await;
    }
    assert_cut(CutPoint::N4(usize::MAX), &REQUEST[..REQUEST.len() - 1], b"", 0).await;
}

#[tokio::test]
async fn n5_lets_the_relying_party_commit_and_gives_the_client_nothing() {
    assert_cut(CutPoint::N5, REQUEST, b"", RESPONSE.len()).await;
}

#[tokio::test]
async fn n6_delivers_exactly_so_much_of_the_response() {
    for bytes in [0, 1, 40, RESPONSE.len() - 1] {
        assert_cut(CutPoint::N6(bytes), REQUEST, &RESPONSE[..bytes], RESPONSE.len()).await;
    }
    assert_cut(CutPoint::N6(usize::MAX), REQUEST, &RESPONSE[..RESPONSE.len() - 1], RESPONSE.len()).await;
}

#[tokio::test]
async fn n7_delivers_the_response_and_then_resets_whatever_the_ending() {
    for ending in ENDINGS {
        let sides = carry(cut(CutPoint::N7, ending)).await;
        assert_eq!(sides.server, Seen { bytes: REQUEST.to_vec(), ended: Ended::Rst });
        assert_eq!(sides.client, Seen { bytes: RESPONSE.to_vec(), ended: Ended::Rst });
        assert_eq!((sides.commits, sides.report.response_delivered, sides.report.silent), (1, RESPONSE.len(), false));
    }
}

#[tokio::test]
async fn n7_delivers_a_long_response_whole() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let response = format!("HTTP/1.1 200 OK\r\ncontent-length: 20000\r\n\r\n{}", "x".repeat(20_000)).into_bytes();
    let sent = response.clone();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut bytes = Vec::new();
        while request_end(&bytes) == End::NotYet {
            stream.read_buf(&mut bytes).await.unwrap();
        }
        stream.write_all(&sent).await.unwrap();
    });
    let relay = Relay::open(Upstream::Plain(address), cut(CutPoint::N7, Ending::Rst)).await.unwrap();
    let mut stream = TcpStream::connect(relay.address()).await.unwrap();
    stream.write_all(REQUEST).await.unwrap();
    let (_look, mut looked) = oneshot::channel();
    assert_eq!(read_on(stream, Vec::new(), &mut looked).await, Seen { bytes: response, ended: Ended::Rst });
    server.await.unwrap();
}

/// A relying party whose answer has no end.
async fn endless() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !matches!(request_end(&request), End::At(_)) {
            stream.read_buf(&mut request).await.unwrap();
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        while stream.write_all(&[b'x'; 65_536]).await.is_ok() {}
    });
    address
}

#[tokio::test]
async fn a_response_without_end_is_cut_and_that_is_said() {
    for decision in [cut(CutPoint::N6(10), Ending::Fin), NetworkDecision::Pass] {
        let relay = Relay::open(Upstream::Plain(endless().await), decision).await.unwrap();
        let mut client = TcpStream::connect(relay.address()).await.unwrap();
        client.write_all(REQUEST).await.unwrap();
        let (mut read, mut part) = (0, vec![0; 65_536]);
        while let Ok(length @ 1..) = client.read(&mut part).await {
            read += length;
        }
        let report = relay.finish().await;
        assert!(report.went_on, "{decision:?}");
        let most = 8 * 1024 * 1024;
        match decision {
            NetworkDecision::Pass => assert!((most..2 * most).contains(&report.response_received) && read <= report.response_received),
            _ => assert_eq!((report.response_received, report.response_delivered, read), (most, 10, 10)),
        }
    }
}

#[tokio::test]
async fn a_request_in_pieces_is_put_together_before_it_is_cut() {
    let server = Server::start().await;
    let relay = Relay::open(server.upstream(), cut(CutPoint::N4(50), Ending::Fin)).await.unwrap();
    let mut stream = TcpStream::connect(relay.address()).await.unwrap();
    for piece in REQUEST.chunks(7) {
        stream.write_all(piece).await.unwrap();
    }
    let (_look, mut looked) = oneshot::channel();
    assert_eq!(read_on(stream, Vec::new(), &mut looked).await, Seen { bytes: Vec::new(), ended: Ended::Fin });
    assert_eq!(server.seen.await.unwrap(), Seen { bytes: REQUEST[..50].to_vec(), ended: Ended::Fin });
    relay.finish().await;
}

#[tokio::test]
async fn a_duplicated_request_is_in_the_relying_partys_hands_twice_at_once() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    // Answers neither connection before it has read both requests: a relay that waited for the first answer would hang here.
    let server = tokio::spawn(async move {
        let (mut streams, mut requests) = (Vec::new(), Vec::new());
        for _ in 0..2 {
            streams.push(listener.accept().await.unwrap().0);
        }
        for stream in &mut streams {
            let mut bytes = Vec::new();
            while request_end(&bytes) == End::NotYet {
                stream.read_buf(&mut bytes).await.unwrap();
            }
            requests.push(bytes);
        }
        for (stream, body) in streams.iter_mut().zip(["one", "two"]) {
            stream.write_all(format!("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n{body}").as_bytes()).await.unwrap();
        }
        requests
    });
    let relay = Relay::open(Upstream::Plain(address), NetworkDecision::Duplicate).await.unwrap();
    let mut stream = TcpStream::connect(relay.address()).await.unwrap();
    stream.write_all(REQUEST).await.unwrap();
    let (_look, mut looked) = oneshot::channel();
    let client = read_on(stream, Vec::new(), &mut looked).await;
    assert_eq!(client, Seen { bytes: b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\none".to_vec(), ended: Ended::Fin });
    relay.done().await;
    let report = relay.finish().await;
    assert_eq!(report.second_response.as_deref(), Some(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\ntwo".as_slice()));
    assert_eq!((report.request_received, report.request_delivered), (REQUEST.len(), REQUEST.len()));
    assert_eq!(server.await.unwrap(), [REQUEST, REQUEST]);
}

#[tokio::test]
async fn an_unreachable_relying_party_is_named_in_the_report() {
    // Bound but not listening: refused, and the port cannot be anyone else's.
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    let relay = Relay::open(Upstream::Plain(address), NetworkDecision::Pass).await.unwrap();
    let mut stream = TcpStream::connect(relay.address()).await.unwrap();
    stream.write_all(REQUEST).await.unwrap();
    let (_look, mut looked) = oneshot::channel();
    assert_eq!(read_on(stream, Vec::new(), &mut looked).await.ended, Ended::Rst);
    let report = relay.finish().await;
    let problem = report.unreachable.unwrap();
    assert_eq!((problem.kind, &problem.tls), (ErrorKind::ConnectionRefused, &None));
    assert!(problem.to_string().starts_with(&format!("cannot connect to {address}: ")), "{problem}");
}

#[tokio::test]
async fn a_relay_that_nobody_uses_can_be_finished() {
    let upstream = Upstream::Plain(SocketAddr::from(([127, 0, 0, 1], 9)));
    let relay = Relay::open(upstream, cut(CutPoint::N5, Ending::Silence)).await.unwrap();
    assert_eq!(relay.finish().await, RelayReport::default());
}

mod tls {
    use tokio_rustls::rustls::pki_types::pem::PemObject;
    use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
    use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
    use tokio_rustls::{TlsAcceptor, TlsConnector};

    use super::*;

    fn server_config() -> Arc<ServerConfig> {
        let certificate = CertificateDer::from_pem_slice(include_bytes!("certificates/localhost.pem")).unwrap();
        let key = PrivateKeyDer::from_pem_slice(include_bytes!("certificates/localhost-test-only-key.pem")).unwrap();
        Arc::new(ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate], key).unwrap())
    }

    fn client_config(trusting: bool) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        if trusting {
            roots.add(CertificateDer::from_pem_slice(include_bytes!("certificates/authority.pem")).unwrap()).unwrap();
        }
        Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth())
    }

    fn upstream(address: SocketAddr, trusting: bool) -> Upstream {
        Upstream::Tls { address, server_name: "localhost".to_owned(), config: client_config(trusting), tunnel: None }
    }

    /// What the server read of HTTP, and the error its TLS ended with.
    async fn carry(decision: NetworkDecision) -> (Vec<u8>, Option<ErrorKind>, Seen, RelayReport) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream = TlsAcceptor::from(server_config()).accept(stream).await.unwrap();
            let mut bytes = Vec::new();
            loop {
                match stream.read_buf(&mut bytes).await {
                    Ok(0) => return (bytes, None),
                    Ok(_) if request_end(&bytes) != End::NotYet => stream.write_all(RESPONSE).await.unwrap(),
                    Ok(_) => {}
                    Err(error) => return (bytes, Some(error.kind())),
                }
            }
        });
        let relay = Relay::open(upstream(address, true), decision).await.unwrap();
        let mut stream = TcpStream::connect(relay.address()).await.unwrap();
        stream.write_all(REQUEST).await.unwrap();
        let (_look, mut looked) = oneshot::channel();
        let client = read_on(stream, Vec::new(), &mut looked).await;
        let (bytes, error) = server.await.unwrap();
        (bytes, error, client, relay.finish().await)
    }

    #[tokio::test]
    async fn towards_the_relying_party_the_relay_speaks_tls() {
        let (bytes, error, client, report) = carry(NetworkDecision::Pass).await;
        assert_eq!((bytes.as_slice(), error), (REQUEST, None));
        assert_eq!(client, Seen { bytes: RESPONSE.to_vec(), ended: Ended::Fin });
        assert_eq!((report.request_delivered, report.response_delivered), (REQUEST.len(), RESPONSE.len()));
    }

    #[tokio::test]
    async fn cuts_count_the_bytes_of_http_and_end_tcp_below_tls() {
        let (bytes, error, client, _) = carry(cut(CutPoint::N4(20), Ending::Fin)).await;
        assert_eq!((bytes.as_slice(), error), (&REQUEST[..20], Some(ErrorKind::UnexpectedEof)), "no close_notify");
        assert_eq!(client, Seen { bytes: Vec::new(), ended: Ended::Fin });

        let (bytes, error, client, report) = carry(cut(CutPoint::N5, Ending::Rst)).await;
        assert_eq!((bytes.as_slice(), error), (REQUEST, Some(ErrorKind::ConnectionReset)));
        assert_eq!(client, Seen { bytes: Vec::new(), ended: Ended::Rst });
        assert_eq!(report.response_received, RESPONSE.len());
    }

    #[tokio::test]
    async fn n2_is_a_fatal_alert_that_a_real_tls_client_understands() {
        for ending in ENDINGS {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let relay = Relay::open(upstream(address, true), cut(CutPoint::N2, ending)).await.unwrap();
            let stream = TcpStream::connect(relay.address()).await.unwrap();
            let connector = TlsConnector::from(client_config(true));
            let error = connector.connect(ServerName::try_from("localhost").unwrap(), stream).await.unwrap_err();
            assert_eq!(error.to_string(), "received fatal alert: HandshakeFailure");
            assert_eq!(relay.finish().await.request_received, 0);
            assert_eq!(listener.into_std().unwrap().accept().unwrap_err().kind(), ErrorKind::WouldBlock);
        }
    }

    #[tokio::test]
    async fn a_certificate_that_nobody_vouches_for_is_no_fault() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            TlsAcceptor::from(server_config()).accept(stream).await.is_err()
        });
        let relay = Relay::open(upstream(address, false), NetworkDecision::Pass).await.unwrap();
        let mut stream = TcpStream::connect(relay.address()).await.unwrap();
        stream.write_all(REQUEST).await.unwrap();
        let (_look, mut looked) = oneshot::channel();
        assert_eq!(read_on(stream, Vec::new(), &mut looked).await.ended, Ended::Rst);
        assert!(server.await.unwrap());
        let problem = relay.finish().await.unreachable.unwrap();
        let unknown = tokio_rustls::rustls::CertificateError::UnknownIssuer;
        assert_eq!(problem.tls, Some(tokio_rustls::rustls::Error::InvalidCertificate(unknown)));
        assert!(
            problem
                .to_string()
                .starts_with(&format!("the TLS handshake with localhost ({address}) failed: invalid peer certificate: UnknownIssuer")),
            "{problem}"
        );
    }
}
