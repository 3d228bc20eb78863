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

fn certificates() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fault-injection/src/seam/network/certificates")
}

/// Answers one request after another.
async fn serve_tls() -> SocketAddr {
    let certificate = CertificateDer::from_pem_file(certificates().join("localhost.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(certificates().join("localhost-test-only-key.pem")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider())).with_safe_default_protocol_versions().unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut bytes = Vec::new();
            while !bytes.ends_with(b"}") {
                stream.read_buf(&mut bytes).await.unwrap();
            }
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\n{\"status\":\"ok\"}").await.unwrap();
            stream.shutdown().await.unwrap();
        }
    });
    address
}

fn adapter(address: SocketAddr, authority: Option<PathBuf>, decision: NetworkDecision) -> Result<Adapter, AdapterError> {
    let url = format!("https://localhost:{}", address.port()).parse().unwrap();
    let target = Target { url, connect: None, certificate_authority: authority };
    let decide = Arc::new(move |_, _| decision);
    Adapter::deciding(Mapping::built_in("fido-conformance").unwrap(), target, decide, Transcript::new(), Clock::default(), PATIENCE)
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
    assert_eq!(answer.arrived, Arrived::Nothing("received fatal alert: HandshakeFailure".to_owned()));
}

#[tokio::test]
async fn an_unknown_authority_is_an_error_with_advice() {
    let address = serve_tls().await;
    let adapter = adapter(address, None, NetworkDecision::Pass).unwrap();
    let error = adapter.authentication_options(&mut adapter.session(), None, &wish()).await.unwrap_err().to_string();
    let head = format!("the relying party at https://localhost:{}/ cannot be reached: the TLS handshake with localhost (", address.port());
    assert!(error.starts_with(&head), "{error}");
    assert!(
        error.ends_with("invalid peer certificate: UnknownIssuer. Name the certificate authority of a test server with --ca."),
        "{error}"
    );
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
    let target = Target { url: "file:///etc".parse().unwrap(), connect: None, certificate_authority: None };
    let decide = Arc::new(|_, _| NetworkDecision::Pass);
    let mapping = Mapping::built_in("fido-conformance").unwrap();
    let error = Adapter::deciding(mapping, target, decide, Transcript::new(), Clock::default(), PATIENCE).err().unwrap();
    assert_eq!(error.to_string(), "the relying party's URL `file:///etc` cannot be used, expected http:// or https:// and a host");
}
