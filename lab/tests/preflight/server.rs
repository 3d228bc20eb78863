//! Small relying parties on loopback, each of which does one thing that keeps it from being exercised.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// A request as it came.
pub struct Asked {
    pub path: String,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Asked {
    pub fn is(&self, path: &str) -> bool {
        self.path == path
    }

    /// A member of the client data that the credential carries.
    pub fn client_data(&self, member: &str) -> String {
        let bytes = BASE64URL_NOPAD.decode(self.body["response"]["clientDataJSON"].as_str().unwrap().as_bytes()).unwrap();
        serde_json::from_slice::<Value>(&bytes).unwrap()[member].as_str().unwrap().to_owned()
    }

    /// The attestation statement format of a registration.
    pub fn format(&self) -> String {
        let bytes = BASE64URL_NOPAD.decode(self.body["response"]["attestationObject"].as_str().unwrap().as_bytes()).unwrap();
        let object: ciborium::Value = ciborium::from_reader(bytes.as_slice()).unwrap();
        let (_, format) = object.as_map().unwrap().iter().find(|(key, _)| key.as_text() == Some("fmt")).unwrap();
        format.as_text().unwrap().to_owned()
    }
}

/// Serves on loopback for as long as the test's runtime lives.
pub async fn serve(answer: impl Fn(Asked) -> Response + Send + Sync + 'static) -> SocketAddr {
    let answer = Arc::new(answer);
    let app = Router::new().fallback(move |request: Request| {
        let answer = Arc::clone(&answer);
        async move {
            let (parts, body) = request.into_parts();
            let bytes = to_bytes(body, usize::MAX).await.unwrap();
            let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
            answer(Asked { path: parts.uri.path().to_owned(), headers: parts.headers, body })
        }
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

pub fn reply(status: u16, body: Value) -> Response {
    (StatusCode::from_u16(status).unwrap(), [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

pub fn refusal(status: u16) -> Response {
    reply(status, json!({ "status": "failed", "errorMessage": "no" }))
}

pub fn text(status: u16, kind: &'static str, body: &'static str) -> Response {
    (StatusCode::from_u16(status).unwrap(), [(header::CONTENT_TYPE, kind)], Body::from(body)).into_response()
}

pub fn with_header(mut response: Response, name: &'static str, value: &str) -> Response {
    response.headers_mut().insert(name, value.parse().unwrap());
    response
}

/// The options of a relying party at localhost.
pub fn options(asked: &Asked) -> Value {
    let challenge = BASE64URL_NOPAD.encode(&[7; 32]);
    if asked.is("/attestation/options") {
        let username = asked.body["username"].as_str().unwrap();
        return json!({
            "status": "ok",
            "rp": { "id": "localhost", "name": "Test" },
            "user": { "id": BASE64URL_NOPAD.encode(b"0123456789"), "name": username, "displayName": "Hanako" },
            "challenge": challenge,
            "pubKeyCredParams": [{ "type": "public-key", "alg": -7 }, { "type": "public-key", "alg": -257 }],
            "authenticatorSelection": { "residentKey": "required", "userVerification": "preferred" },
            "attestation": asked.body["attestation"],
            "timeout": 300_000,
        });
    }
    json!({ "status": "ok", "rpId": "localhost", "challenge": challenge, "userVerification": "preferred", "timeout": 300_000 })
}

/// Gives options, and accepts whatever comes.
pub fn lenient(asked: &Asked) -> Response {
    match asked.path.as_str() {
        "/attestation/options" | "/assertion/options" => reply(200, options(asked)),
        "/attestation/result" | "/assertion/result" => reply(200, json!({ "status": "ok", "errorMessage": "" })),
        _ => refusal(404),
    }
}

/// Bound but not listening: refused, and the port cannot be anyone else's.
pub fn nobody() -> (SocketAddr, tokio::net::TcpSocket) {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
    (socket.local_addr().unwrap(), socket)
}

/// Takes connections, and never answers.
pub async fn silent() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut connections = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            connections.push(stream);
        }
    });
    address
}

/// Answers the first requests, and dies of the one with this number.
pub async fn dies_at(last: usize) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        for number in 1..=last {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut bytes = Vec::new();
            while !bytes.ends_with(b"}") && stream.read_buf(&mut bytes).await.unwrap() > 0 {}
            if number == last {
                break;
            }
            let body = String::from_utf8_lossy(&bytes).split_once("\r\n\r\n").unwrap().1.to_owned();
            let asked =
                Asked { path: "/attestation/options".to_owned(), headers: HeaderMap::new(), body: serde_json::from_str(&body).unwrap() };
            let body = options(&asked).to_string();
            let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
            stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
        }
    });
    address
}

pub fn certificate(name: &str) -> PathBuf {
    let lab = Path::new(env!("CARGO_MANIFEST_DIR"));
    match name {
        "expired.pem" => lab.join("tests/preflight").join(name),
        "self-signed.pem" | "authority-as-server.pem" => lab.join("../relying-party/src/adapter/tests/certificates").join(name),
        _ => lab.join("../fault-injection/src/seam/network/certificates").join(name),
    }
}

/// Speaks TLS with this certificate, and closes the connection after the handshake.
pub async fn tls(host: &str, name: &str) -> SocketAddr {
    let shown = CertificateDer::from_pem_file(certificate(name)).unwrap();
    let key = PrivateKeyDer::from_pem_file(certificate("localhost-test-only-key.pem")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider())).with_safe_default_protocol_versions().unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config.with_no_client_auth().with_single_cert(vec![shown], key).unwrap()));
    let listener = TcpListener::bind((host, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _refused = acceptor.accept(stream).await;
        }
    });
    address
}
