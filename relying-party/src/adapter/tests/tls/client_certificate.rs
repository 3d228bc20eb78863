//! The `[tls]` section of the adapter file, against servers that want a client certificate.

use faultkey_fault_injection::ConnectError;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{self, AlertDescription, RootCertStore, SupportedProtocolVersion, version};

use super::*;

const TLS12: &[&SupportedProtocolVersion] = &[&version::TLS12];
const TLS13: &[&SupportedProtocolVersion] = &[&version::TLS13];

/// Has no extended key usage, so that a client may show it.
const MEMBER: &str = "../../../../../relying-party/src/adapter/tests/certificates/self-signed.pem";

/// Lets in who has that certificate; `optional`: everybody else, too.
async fn serve_members(versions: &[&'static SupportedProtocolVersion], optional: bool) -> SocketAddr {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(certificates().join(MEMBER)).unwrap()).unwrap();
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let verifier = if optional { verifier.allow_unauthenticated() } else { verifier }.build().unwrap();
    let certificate = CertificateDer::from_pem_file(certificates().join("localhost.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(certificates().join("localhost-test-only-key.pem")).unwrap();
    let config = ServerConfig::builder_with_provider(provider).with_protocol_versions(versions).unwrap();
    serve_config("127.0.0.1", config.with_client_cert_verifier(verifier).with_single_cert(vec![certificate], key).unwrap()).await
}

const PLAIN: &str = include_str!("../../../../adapters/fido-conformance.toml");

fn file(tls: &str) -> String {
    format!("{PLAIN}[tls]\n{tls}")
}

/// By the adapter file, in the folder of the test authority's certificates.
fn with(tls: &str, address: SocketAddr, authority: Option<PathBuf>) -> Adapter {
    let mapping = Mapping::parse_in(&file(tls), "shop.toml", &certificates()).unwrap();
    let target = Target {
        url: format!("https://{address}").parse().unwrap(),
        connect: None,
        certificate_authority: authority,
        proxies: Proxies::default(),
    };
    Adapter::deciding(mapping, target, Arc::new(|_, _| NetworkDecision::Pass), Transcript::new(), Clock::default()).unwrap()
}

fn identity(certificate: &str) -> String {
    format!("client-certificate = \"{certificate}\"\nclient-key = \"localhost-test-only-key.pem\"")
}

#[tokio::test]
async fn a_client_certificate_is_shown_to_who_asks() {
    for versions in [TLS12, TLS13] {
        let address = serve_members(versions, false).await;
        let authority = || Some(certificates().join("authority.pem"));
        accepts(with(&identity(MEMBER), address, authority())).await;
        let error = asked(&with("", address, authority())).await.unwrap_err();
        let AdapterError::Unreachable(unreachable) = &error else { panic!("{error:?}") };
        assert_eq!(unreachable.why, Why::ClientCertificateWanted, "{error}");
        assert!(error.to_string().ends_with("in the adapter file: `[tls] client-certificate` and `client-key`."), "{error}");
        // One that the server does not know is another matter.
        let error = why(with(&identity("localhost.pem"), address, authority())).await;
        assert!(matches!(&error, Why::OtherTls(text) if text.starts_with("received fatal alert: ")), "{error:?}");
        accepts(with("", serve_members(versions, true).await, authority())).await;
    }
}

async fn asked(adapter: &Adapter) -> Result<Answer, AdapterError> {
    adapter.registration_options(&mut adapter.session(), &mika(), &wish()).await
}

/// What becomes of a relying party that answered before is no longer the URL's fault.
#[tokio::test]
async fn a_wish_for_a_certificate_after_an_answer_is_a_lost_answer() {
    let adapter = with("", serve_members(TLS13, false).await, Some(certificates().join("authority.pem"))).answered_before();
    let arrived = asked(&adapter).await.unwrap().arrived;
    assert!(matches!(&arrived, Arrived::Nothing(Lost::Other(text)) if text.contains("CertificateRequired")), "{arrived:?}");
}

#[test]
fn alerts_count_where_a_certificate_was_asked_for() {
    use crate::adapter::tls::{Client, Terms};
    let client = Client::new(None, Terms::default()).unwrap();
    let ended = |alert| {
        let error = std::io::Error::new(std::io::ErrorKind::InvalidData, rustls::Error::AlertReceived(alert));
        ConnectError::new(String::new(), error)
    };
    let wanted = [AlertDescription::CertificateRequired, AlertDescription::BadCertificate, AlertDescription::HandshakeFailure];
    assert!(wanted.iter().all(|alert| !client.lacks_certificate(&ended(*alert))), "nobody asked");
    assert!(client.config.client_auth_cert_resolver.resolve(&[], &[]).is_none());
    assert!(wanted.iter().all(|alert| client.lacks_certificate(&ended(*alert))));
    assert!(!client.lacks_certificate(&ended(AlertDescription::ProtocolVersion)));
}

/// Finishes the handshake, and refuses with a page.
#[tokio::test]
async fn the_page_by_which_nginx_refuses_is_known() {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(certificates().join("authority.pem")).unwrap()).unwrap();
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).allow_unauthenticated();
    let certificate = CertificateDer::from_pem_file(certificates().join("localhost.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(certificates().join("localhost-test-only-key.pem")).unwrap();
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_client_cert_verifier(verifier.build().unwrap()).with_single_cert(vec![certificate], key).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut stream = TlsAcceptor::from(Arc::new(config)).accept(listener.accept().await.unwrap().0).await.unwrap();
        let mut bytes = Vec::new();
        while !bytes.ends_with(b"}") {
            stream.read_buf(&mut bytes).await.unwrap();
        }
        let page = "<center>No required SSL certificate was sent</center>";
        let answer = format!("HTTP/1.1 400 Bad Request\r\ncontent-length: {}\r\n\r\n{page}", page.len());
        stream.write_all(answer.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
    });
    let adapter = with("", address, Some(certificates().join("authority.pem")));
    let Err(AdapterError::Unreachable(unreachable)) = asked(&adapter).await else { panic!("reached") };
    assert_eq!(unreachable.why, Why::ClientCertificateWanted);
    assert_eq!(unreachable.problem, "it asks for a client certificate, got none, and answered 400");
}

#[tokio::test]
async fn insecure_takes_any_certificate_and_is_seen() {
    let expired = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../lab/tests/preflight/expired.pem");
    for (host, certificate) in [("127.0.0.1", certificates().join("localhost.pem")), ("127.0.0.2", expired)] {
        let address = serve_certificate(host, certificate).await;
        accepts(with("insecure = true", address, None)).await;
        assert!(asked(&with("insecure = false", address, None)).await.is_err());
    }
    let insecure = |text: &str| Mapping::parse(text, "shop.toml").unwrap().is_insecure();
    assert!(insecure(&file("insecure = true")));
    assert!(!insecure(&file("")) && !insecure(PLAIN));
}

/// The server shows a certificate whose key it does not have.
#[tokio::test]
async fn insecure_still_verifies_the_handshake() {
    use tokio_rustls::rustls::sign::{CertifiedKey, SingleCertAndKey};
    let provider = Arc::new(ring::default_provider());
    let key = PrivateKeyDer::from_pem_file(certificates().join("localhost-test-only-key.pem")).unwrap();
    let key = provider.key_provider.load_private_key(key).unwrap();
    // The authority's key is another one.
    let certificate = CertificateDer::from_pem_file(certificates().join("authority.pem")).unwrap();
    let shown = Arc::new(SingleCertAndKey::from(CertifiedKey::new(vec![certificate], key)));
    for versions in [TLS12, TLS13] {
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider)).with_protocol_versions(versions).unwrap();
        let address = serve_config("127.0.0.1", config.with_no_client_auth().with_cert_resolver(shown.clone())).await;
        let error = why(with("insecure = true", address, None)).await;
        assert!(matches!(&error, Why::OtherTls(text) if text.contains("BadSignature")), "{error:?}");
    }
}

#[test]
fn what_the_section_names_is_checked_at_its_line() {
    let line = PLAIN.lines().count() + 1;
    let refused = |tls: &str| Mapping::parse_in(&file(tls), "shop.toml", &certificates()).unwrap_err().to_string();
    let both = "expected both or neither";
    assert_eq!(refused("client-key = \"k.pem\""), format!("shop.toml:{line}, tls: `client-key` without `client-certificate`, {both}"));
    assert_eq!(
        refused("client-certificate = \"c.pem\""),
        format!("shop.toml:{line}, tls: `client-certificate` without `client-key`, {both}")
    );
    assert_eq!(
        refused("verify = false"),
        format!(
            "shop.toml:{}, tls.verify: unknown field `verify`, expected one of `insecure`, `client-certificate`, `client-key`",
            line + 1
        )
    );
    let at = |name: &str| certificates().join(name).display().to_string();
    let cases = [
        ("none.pem", "localhost-test-only-key.pem", 1, "client-certificate", "none.pem", "I/O error: No such file or directory"),
        (
            "localhost-test-only-key.pem",
            "localhost-test-only-key.pem",
            1,
            "client-certificate",
            "localhost-test-only-key.pem",
            "it holds no",
        ),
        ("localhost.pem", "authority.pem", 2, "client-key", "authority.pem", "it holds no private key, expected a PEM file"),
        ("authority.pem", "localhost-test-only-key.pem", 2, "client-key", "localhost-test-only-key.pem", "keys may not be consistent"),
    ];
    for (certificate, key, after, field, named, problem) in cases {
        let error = refused(&format!("client-certificate = \"{certificate}\"\nclient-key = \"{key}\""));
        let head = format!("shop.toml:{}, tls.{field}: {} cannot be used: {problem}", line + after, at(named));
        assert!(error.starts_with(&head), "{error}\n{head}");
    }
}

#[test]
fn files_are_looked_for_beside_the_adapter_file() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["localhost.pem", "localhost-test-only-key.pem"] {
        std::fs::copy(certificates().join(name), folder.path().join(name)).unwrap();
    }
    let path = folder.path().join("shop.toml");
    std::fs::write(&path, file(&identity("localhost.pem"))).unwrap();
    let mapping = Mapping::load(&path).unwrap();
    let shown = mapping.tls.identity.as_ref().unwrap();
    assert_eq!(shown.cert.len(), 1);
    let secret = std::fs::read_to_string(certificates().join("localhost-test-only-key.pem")).unwrap();
    assert!(!format!("{mapping:?}").contains(secret.lines().nth(1).unwrap()));
}
