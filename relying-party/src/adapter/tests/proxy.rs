//! An HTTP proxy on the way.

use faultkey_fault_injection::{CutPoint, Ending};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use super::network::nobody;
use super::tls::{serve_certificate, serve_tls};
use super::*;

/// What a proxy does with a request.
#[derive(Clone, Copy)]
enum Does {
    /// Leads to this server, whatever the name is.
    Lead(SocketAddr),
    Answer(&'static str),
    Nothing,
}

/// The heads of what it was asked.
type Heads = Arc<Mutex<Vec<String>>>;

async fn proxy(does: Does) -> (SocketAddr, Heads) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, heads) = (listener.local_addr().unwrap(), Heads::default());
    let log = heads.clone();
    tokio::spawn(async move {
        let mut held = Vec::new();
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let Ok(byte) = stream.read_u8().await else { break };
                head.push(byte);
            }
            let head = String::from_utf8(head).unwrap();
            log.lock().unwrap().push(head.clone());
            match does {
                Does::Lead(server) => {
                    tokio::spawn(async move {
                        let mut server = TcpStream::connect(server).await.unwrap();
                        match head.starts_with("CONNECT ") {
                            true => stream.write_all(b"HTTP/1.1 200 Connection established\r\nvia: 1.1 squid\r\n\r\n").await.unwrap(),
                            false => server.write_all(head.as_bytes()).await.unwrap(),
                        }
                        let _ended = copy_bidirectional(&mut stream, &mut server).await;
                    });
                }
                Does::Answer(text) => {
                    stream.write_all(text.as_bytes()).await.unwrap();
                    stream.shutdown().await.unwrap();
                }
                Does::Nothing => held.push(stream),
            }
        }
    });
    (address, heads)
}

struct Way {
    adapter: Adapter,
    transcript: Transcript,
}

/// Through `http://mika:secret@` the proxy.
fn through(proxy: SocketAddr, url: &str, decision: NetworkDecision) -> Way {
    let proxies = Proxies::read(|name| (name == "ALL_PROXY").then(|| format!("http://mika:secret@{proxy}")));
    let target = Target { url: url.parse().unwrap(), connect: None, certificate_authority: None, proxies };
    let text = include_str!("../../../adapters/fido-conformance.toml");
    let mapping = Mapping::parse(&format!("{text}[tls]\ninsecure = true"), "shop.toml").unwrap();
    let transcript = Transcript::new();
    let adapter = Adapter::deciding(mapping, target, Arc::new(move |_, _| decision), transcript.clone(), Clock::default()).unwrap();
    Way { adapter, transcript }
}

async fn ask(adapter: &Adapter) -> Result<Answer, AdapterError> {
    adapter.registration_options(&mut adapter.session(), &mika(), &wish()).await
}

async fn unreachable(adapter: &Adapter) -> Unreachable {
    match ask(adapter).await {
        Err(AdapterError::Unreachable(unreachable)) => *unreachable,
        other => panic!("{other:?}"),
    }
}

/// `Basic mika:secret`
const CREDENTIALS: &str = "Basic bWlrYTpzZWNyZXQ=";

#[tokio::test]
async fn plain_http_is_forwarded_by_its_whole_url() {
    let (server, log) = serve(|_| reply(200, json!({"status": "ok"}))).await;
    let (proxy, heads) = proxy(Does::Lead(server)).await;
    // With a path, and once more without a relay.
    let Way { adapter, transcript } = through(proxy, "http://shop.test:8080/api", NetworkDecision::Pass);
    let answer = ask(&adapter).await.unwrap();
    assert_eq!((answer.status, answer.arrived), (200, Arrived::Whole));
    let mut session = adapter.session();
    let Ok(_) = adapter.get(&mut session, "result", "http://shop.test:8080/help?a=b".parse().unwrap()).await else { panic!("not got") };
    let heads = heads.lock().unwrap().clone();
    assert!(heads[0].starts_with("POST http://shop.test:8080/api/attestation/options HTTP/1.1\r\n"), "{heads:?}");
    assert!(heads[1].starts_with("GET http://shop.test:8080/help?a=b HTTP/1.1\r\n"), "{heads:?}");
    for head in &heads {
        assert!(head.contains("host: shop.test:8080\r\n"), "{head}");
        assert!(head.contains(&format!("proxy-authorization: {CREDENTIALS}\r\n")), "{head}");
    }
    assert_eq!(log.all()[0].body["username"], "mika");
    let recorded = format!("{:?}", transcript.entries());
    assert!(recorded.contains("path: \"/api/attestation/options\""), "{recorded}");
    for secret in ["secret", CREDENTIALS, "proxy-authorization"] {
        assert!(!recorded.contains(secret), "{recorded}");
    }
}

#[tokio::test]
async fn tls_goes_through_a_tunnel() {
    let (proxy, heads) = proxy(Does::Lead(serve_tls().await)).await;
    let Way { adapter, transcript } = through(proxy, "https://shop.test", NetworkDecision::Pass);
    assert!(ask(&adapter).await.unwrap().accepted);
    assert!(adapter.listens().await);
    let heads = heads.lock().unwrap().clone();
    let connect = format!("CONNECT shop.test:443 HTTP/1.1\r\nhost: shop.test:443\r\nproxy-authorization: {CREDENTIALS}\r\n\r\n");
    assert_eq!(heads, [connect.clone(), connect]);
    let recorded = format!("{:?}", transcript.entries());
    assert!(!recorded.contains("CONNECT") && !recorded.contains(CREDENTIALS), "{recorded}");
}

/// Neither the proxy's head nor TLS is counted.
#[tokio::test]
async fn faults_count_the_bytes_of_http_within_the_tunnel() {
    let (proxy, _) = proxy(Does::Lead(serve_tls().await)).await;
    let numbers = |transcript: &Transcript| match transcript.entries().pop().unwrap().what {
        What::NetworkError { text } => text,
        other => panic!("{other:?}"),
    };
    let cut = |point| NetworkDecision::Cut { point, ending: Ending::Fin };
    let Way { adapter, transcript } = through(proxy, "https://shop.test", cut(CutPoint::N6(20)));
    let answer = ask(&adapter).await.unwrap();
    assert!(answer.faulted && matches!(answer.arrived, Arrived::Part(_)), "{answer:?}");
    let text = numbers(&transcript);
    assert!(text.contains("20 of the response's 54 came back"), "{text}");
    let Way { adapter, transcript } = through(proxy, "https://shop.test", cut(CutPoint::N4(10)));
    assert!(ask(&adapter).await.unwrap().faulted);
    assert!(numbers(&transcript).contains("10 of "), "{}", numbers(&transcript));
    let Way { adapter, .. } = through(proxy, "https://shop.test", NetworkDecision::Duplicate);
    assert!(ask(&adapter).await.unwrap().second.unwrap().accepted);
    let Way { adapter, .. } = through(proxy, "https://shop.test", cut(CutPoint::N2));
    assert_eq!(ask(&adapter).await.unwrap().arrived, Arrived::Nothing(Lost::TlsAlert));
}

#[tokio::test]
async fn it_is_the_proxy_that_refused() {
    let cases = [
        (
            "https://shop.test",
            "HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 3\r\n\r\nno!",
            407,
            "to CONNECT shop.test:443",
        ),
        ("https://shop.test:8443", "HTTP/1.1 100 Wait\r\n\r\nHTTP/1.0 503 No\r\n\r\n", 503, "to CONNECT shop.test:8443"),
        ("http://shop.test", "HTTP/1.1 407 No\r\ncontent-length: 2\r\n\r\n{}", 407, "in its place"),
        ("http://shop.test", "HTTP/1.1 503 No\r\nX-Squid-Error: ERR_DNS_FAIL 0\r\ncontent-length: 2\r\n\r\n{}", 503, "in its place"),
    ];
    for (url, answer, status, place) in cases {
        let (proxy, _) = proxy(Does::Answer(answer)).await;
        for before in [false, true] {
            let Way { mut adapter, .. } = through(proxy, url, NetworkDecision::Pass);
            if before {
                adapter = adapter.answered_before();
            }
            let refused = unreachable(&adapter).await;
            assert_eq!(refused.why, Why::ProxyRefused { status }, "{answer}");
            assert_eq!(refused.problem, format!("the proxy http://{proxy} (from ALL_PROXY) answered {status} {place}"));
            let text = refused.to_string();
            assert!(text.contains(". It is the proxy that refused") && !text.contains("secret"), "{text}");
        }
    }
    // Without the proxy's mark it is the relying party's answer.
    let (proxy, _) = proxy(Does::Answer("HTTP/1.1 503 No\r\ncontent-length: 2\r\n\r\n{}")).await;
    assert_eq!(ask(&through(proxy, "http://shop.test", NetworkDecision::Pass).adapter).await.unwrap().status, 503);
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_named() {
    let (address, _socket) = nobody();
    for url in ["http://shop.test", "https://shop.test"] {
        let Way { adapter, .. } = through(address, url, NetworkDecision::Pass);
        let error = unreachable(&adapter.answered_before()).await;
        assert_eq!(error.why, Why::ProxyUnreachable);
        let head =
            format!("the relying party at {url}/ cannot be reached: the proxy http://{address} (from ALL_PROXY) cannot be spoken to: ");
        assert!(error.to_string().starts_with(&head), "{error}");
        assert!(
            error.to_string().contains("Connection refused") && error.to_string().ends_with("in NO_PROXY if it is reached without one.")
        );
    }
    let proxies = Proxies::read(|name| (name == "https_proxy").then(|| "proxy.invalid:3128".to_owned()));
    let target = Target { url: "https://shop.test".parse().unwrap(), connect: None, certificate_authority: None, proxies };
    let mapping = Mapping::built_in("fido-conformance").unwrap();
    let adapter = Adapter::deciding(mapping, target, Arc::new(|_, _| NetworkDecision::Pass), Transcript::new(), Clock::default()).unwrap();
    let error = unreachable(&adapter).await;
    let head = "the proxy http://proxy.invalid:3128 (from https_proxy) is not found: the name proxy.invalid does not resolve: ";
    assert!(error.why == Why::ProxyUnreachable && error.problem.starts_with(head), "{error}");
    assert!(!adapter.listens().await);
}

#[tokio::test]
async fn a_proxy_that_speaks_something_else_or_nothing_is_no_relying_party() {
    for says in ["\x05\0 not HTTP", "SSH-2.0-OpenSSH_9.6\r\n", ""] {
        let (proxy, _) = proxy(Does::Answer(says)).await;
        let error = unreachable(&through(proxy, "https://shop.test", NetworkDecision::Pass).adapter).await;
        assert_eq!(error.why, Why::ProxyUnreachable, "{says}");
        assert!(error.problem.contains("did not answer CONNECT shop.test:443: "), "{error}");
    }
    let (proxy, _) = proxy(Does::Nothing).await;
    let adapter = through(proxy, "https://shop.test", NetworkDecision::Pass).adapter.patient(Duration::from_millis(200));
    let error = unreachable(&adapter).await;
    assert_eq!(error.why, Why::ProxyUnreachable);
    assert_eq!(error.problem, format!("the proxy http://{proxy} (from ALL_PROXY) opened no way to shop.test:443 within 0 s"));
}

/// Behind the tunnel it is the relying party's certificate.
#[tokio::test]
async fn behind_the_tunnel_errors_are_the_servers() {
    let server = serve_certificate("127.0.0.1", super::tls::certificates().join("localhost.pem")).await;
    let (proxy, _) = proxy(Does::Lead(server)).await;
    let proxies = Proxies::read(|name| (name == "HTTPS_PROXY").then(|| proxy.to_string()));
    let target = Target { url: "https://shop.test".parse().unwrap(), connect: None, certificate_authority: None, proxies };
    let mapping = Mapping::built_in("fido-conformance").unwrap();
    let adapter = Adapter::deciding(mapping, target, Arc::new(|_, _| NetworkDecision::Pass), Transcript::new(), Clock::default()).unwrap();
    let error = unreachable(&adapter).await;
    assert_eq!(error.why, Why::UnknownIssuer);
    let head = format!("the TLS handshake with shop.test (through the proxy {proxy}) failed: ");
    assert!(error.problem.starts_with(&head), "{error}");
}

#[tokio::test]
async fn what_listens_here_is_spoken_to_without_a_proxy() {
    let (server, _) = serve(|_| reply(200, json!({"status": "ok"}))).await;
    let (nobody, _socket) = nobody();
    assert_eq!(ask(&through(nobody, &format!("http://{server}"), NetworkDecision::Pass).adapter).await.unwrap().status, 200);
}

#[test]
fn a_proxy_that_cannot_be_used_is_told_before_anything_is_sent() {
    let proxies = Proxies::read(|name| (name == "all_proxy").then(|| "socks5://mika:secret@proxy:1080".to_owned()));
    let target = Target { url: "https://shop.test".parse().unwrap(), connect: None, certificate_authority: None, proxies };
    assert!(!format!("{target:?}").contains("secret"), "{target:?}");
    let mapping = Mapping::built_in("fido-conformance").unwrap();
    let error =
        Adapter::deciding(mapping, target, Arc::new(|_, _| NetworkDecision::Pass), Transcript::new(), Clock::default()).err().unwrap();
    assert!(matches!(&error, AdapterError::Target(text) if text.contains("SOCKS")), "{error}");
}
