//! An https relying party with a certificate of a test authority.

use std::path::PathBuf;

use faultkey_fault_injection::{CutPoint, Ending};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::*;

mod client_certificate;

pub(super) fn certificates() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fault-injection/src/seam/network/certificates")
}

/// Answers one request after another.
pub(super) async fn serve_tls() -> SocketAddr {
    serve_tls_at("127.0.0.1").await
}

async fn serve_tls_at(host: &str) -> SocketAddr {
    serve_certificate(host, certificates().join("localhost.pem")).await
}

/// They all have the same key.
pub(super) async fn serve_certificate(host: &str, certificate: PathBuf) -> SocketAddr {
    let certificate = CertificateDer::from_pem_file(certificate).unwrap();
    let key = PrivateKeyDer::from_pem_file(certificates().join("localhost-test-only-key.pem")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider())).with_safe_default_protocol_versions().unwrap();
    serve_config(host, config.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap()).await
}

/// Whoever goes away early is not waited for.
async fn serve_config(host: &str, config: ServerConfig) -> SocketAddr {
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind((host, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let accepting = acceptor.accept(listener.accept().await.unwrap().0);
            tokio::spawn(async move {
                let mut stream = accepting.await?;
                let mut bytes = Vec::new();
                while !bytes.ends_with(b"}") {
                    if stream.read_buf(&mut bytes).await? == 0 {
                        break;
                    }
                }
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\n{\"status\":\"ok\"}").await?;
                stream.shutdown().await
            });
        }
    });
    address
}

fn adapter(address: SocketAddr, authority: Option<PathBuf>, decision: NetworkDecision) -> Result<Adapter, AdapterError> {
    let url = format!("https://localhost:{}", address.port()).parse().unwrap();
    let target = Target { url, connect: None, certificate_authority: authority, proxies: Proxies::default() };
    let decide = Arc::new(move |_, _| decision);
    Adapter::deciding(Mapping::built_in("fido-conformance").unwrap(), target, decide, Transcript::new(), Clock::default())
}

#[tokio::test]
async fn a_named_authority_is_trusted() {
    let adapter = adapter(serve_tls().await, Some(certificates().join("authority.pem")), NetworkDecision::Pass).unwrap();
    assert!(adapter.authentication_options(&mut adapter.session(), None, &wish()).await.unwrap().accepted);
}

#[tokio::test]
async fn n2_reaches_the_client_as_a_tls_alert() {
    let decision = NetworkDecision::Cut { point: CutPoint::N2, ending: Ending::Fin };
    let adapter = adapter(serve_tls().await, Some(certificates().join("authority.pem")), decision).unwrap();
    let answer = adapter.authentication_options(&mut adapter.session(), None, &wish()).await.unwrap();
    assert_eq!((answer.arrived, answer.faulted), (Arrived::Nothing(Lost::TlsAlert), true));
}

#[tokio::test]
async fn an_unknown_authority_is_an_error_with_advice() {
    let address = serve_tls().await;
    let adapter = adapter(address, None, NetworkDecision::Pass).unwrap();
    let error = adapter.authentication_options(&mut adapter.session(), None, &wish()).await.unwrap_err();
    assert!(matches!(&error, AdapterError::Unreachable(unreachable) if unreachable.why == Why::UnknownIssuer));
    let error = error.to_string();
    let head = format!("the relying party at https://localhost:{}/ cannot be reached: the TLS handshake with localhost (", address.port());
    assert!(error.starts_with(&head), "{error}");
    assert!(
        error.ends_with("invalid peer certificate: UnknownIssuer. Name the certificate authority of a test server with --ca."),
        "{error}"
    );
}

async fn why(adapter: Adapter) -> Why {
    match adapter.authentication_options(&mut adapter.session(), None, &wish()).await {
        Err(AdapterError::Unreachable(unreachable)) => unreachable.why,
        other => panic!("{other:?}"),
    }
}

fn at(url: &str, authority: Option<PathBuf>) -> Adapter {
    let target = Target { url: url.parse().unwrap(), connect: None, certificate_authority: authority, proxies: Proxies::default() };
    let mapping = Mapping::built_in("fido-conformance").unwrap();
    Adapter::deciding(mapping, target, Arc::new(|_, _| NetworkDecision::Pass), Transcript::new(), Clock::default()).unwrap()
}

#[tokio::test]
async fn a_certificate_for_another_name_is_told_from_an_unknown_one() {
    // The certificate is for 127.0.0.1.
    let url = format!("https://{}", serve_tls_at("127.0.0.2").await);
    assert_eq!(why(at(&url, Some(certificates().join("authority.pem")))).await, Why::CertificateNotForName);
}

#[tokio::test]
async fn tls_to_a_plain_server_and_plain_text_to_a_tls_server_are_told() {
    let (plain, _) = serve(|_| reply(200, json!({}))).await;
    assert_eq!(why(at(&format!("https://127.0.0.1:{}", plain.port()), None)).await, Why::TlsToPlain);
    assert_eq!(why(at(&format!("http://127.0.0.1:{}", serve_tls().await.port()), None)).await, Why::PlainToTls);
}

/// A server that says 400 to plain text, and answers a handshake.
#[tokio::test]
async fn a_refusal_in_plain_text_by_a_tls_server_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut bytes = [0; 4096];
            let read = stream.read(&mut bytes).await.unwrap();
            let reply: &[u8] = match bytes[..read].first() {
                // A handshake record gets a fatal alert.
                Some(22) => &[21, 3, 3, 0, 2, 2, 40],
                _ => b"HTTP/1.1 400 Bad Request\r\ncontent-length: 1\r\n\r\n<",
            };
            stream.write_all(reply).await.unwrap();
        }
    });
    assert_eq!(why(at(&format!("http://{address}"), None)).await, Why::PlainToTls);
}

/// Made with `openssl req -x509`, the key of `localhost.pem`, and basicConstraints with and without CA.
#[tokio::test]
async fn a_certificate_that_vouches_for_itself_is_told_and_may_be_trusted_by_itself() {
    let own = |name: &str| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/adapter/tests/certificates").join(name);
    let address = serve_certificate("127.0.0.1", own("self-signed.pem")).await;
    let url = format!("https://{address}");
    assert_eq!(why(at(&url, None)).await, Why::SelfSigned);
    assert_eq!(why(at(&url, Some(certificates().join("authority.pem")))).await, Why::SelfSigned);
    accepts(at(&url, Some(own("self-signed.pem")))).await;
    let url = format!("https://{}", serve_certificate("127.0.0.1", own("authority-as-server.pem")).await);
    for authority in [None, Some(own("self-signed.pem"))] {
        assert_eq!(why(at(&url, authority)).await, Why::CaUsedAsEndEntity);
    }
    accepts(at(&url, Some(own("authority-as-server.pem")))).await;
    let issued_by_another = at(&format!("https://{}", serve_tls().await), Some(certificates().join("localhost.pem")));
    accepts(issued_by_another).await;
}

async fn accepts(adapter: Adapter) {
    assert!(adapter.authentication_options(&mut adapter.session(), None, &wish()).await.unwrap().accepted);
}

#[tokio::test]
async fn a_certificate_that_was_named_is_for_its_names_and_its_time_only() {
    let expired = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../lab/tests/preflight/expired.pem");
    let url = format!("https://{}", serve_certificate("127.0.0.1", expired.clone()).await);
    assert_eq!(why(at(&url, Some(expired))).await, Why::CertificateExpired);
    let own = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/adapter/tests/certificates/authority-as-server.pem");
    let url = format!("https://{}", serve_certificate("127.0.0.2", own.clone()).await);
    assert_eq!(why(at(&url, Some(own))).await, Why::CertificateNotForName);
}

#[test]
fn each_certificate_error_has_its_name() {
    use faultkey_fault_injection::ConnectError;
    use tokio_rustls::rustls::{AlertDescription, CertificateError, Error, OtherError};
    let why = |error: Error| Why::of(&ConnectError::new(String::new(), std::io::Error::new(std::io::ErrorKind::InvalidData, error)));
    let other = |error: CertificateError| why(Error::InvalidCertificate(error));
    assert_eq!(other(CertificateError::UnknownIssuer), Why::UnknownIssuer);
    assert_eq!(other(CertificateError::Expired), Why::CertificateExpired);
    assert_eq!(other(CertificateError::NotValidYet), Why::CertificateExpired);
    assert_eq!(other(CertificateError::NotValidForName), Why::CertificateNotForName);
    assert_eq!(other(CertificateError::Other(OtherError(Arc::new(webpki::Error::CaUsedAsEndEntity)))), Why::CaUsedAsEndEntity);
    assert_eq!(other(CertificateError::Other(OtherError(Arc::new(crate::adapter::tls::SelfSignedCertificate)))), Why::SelfSigned);
    assert!(matches!(other(CertificateError::Revoked), Why::OtherTls(_)));
    assert!(matches!(why(Error::AlertReceived(AlertDescription::HandshakeFailure)), Why::OtherTls(_)));
}

#[tokio::test]
async fn a_file_without_certificates_is_refused() {
    let address = SocketAddr::from(([127, 0, 0, 1], 9));
    for (file, problem) in
        [("localhost-test-only-key.pem", "it holds no certificate"), ("none.pem", "I/O error: No such file or directory")]
    {
        let path = certificates().join(file);
        let error = adapter(address, Some(path.clone()), NetworkDecision::Pass).err().unwrap();
        assert!(matches!(error, AdapterError::Target(_)));
        let head = format!("the certificate authority {} cannot be used: {problem}", path.display());
        assert!(error.to_string().starts_with(&head), "{error}");
    }
}

#[test]
fn a_url_that_is_no_server_is_refused() {
    let target = Target { url: "file:///etc".parse().unwrap(), connect: None, certificate_authority: None, proxies: Proxies::default() };
    let decide = Arc::new(|_, _| NetworkDecision::Pass);
    let mapping = Mapping::built_in("fido-conformance").unwrap();
    let error = Adapter::deciding(mapping, target, decide, Transcript::new(), Clock::default()).err().unwrap();
    assert_eq!(error.to_string(), "the relying party's URL `file:///etc` cannot be used, expected http:// or https:// and a host");
}
