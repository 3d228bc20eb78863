//! Network faults as the client's side meets them.

use std::sync::atomic::{AtomicUsize, Ordering};

use faultkey_fault_injection::{CutPoint, Ending};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;

const BODY: &str = "{\"status\":\"ok\"}";

/// A server that commits each log-in it reads whole, and the number of its commits.
async fn committing() -> (SocketAddr, Arc<AtomicUsize>) {
    let commits = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&commits);
    let (address, _) = serve(move |_| {
        let number = counter.fetch_add(1, Ordering::SeqCst) + 1;
        with_header(([(header::CONTENT_TYPE, "application/json")], BODY).into_response(), "set-cookie", &format!("s={number}"))
    })
    .await;
    (address, commits)
}

/// The answer to a log-in, and the network entries of the transcript.
async fn log_in(decision: NetworkDecision) -> (Answer, Vec<String>, Bench, usize) {
    let (address, commits) = committing().await;
    let bench = bench(Mapping::built_in("fido-conformance").unwrap(), address, move |request| {
        assert_eq!(request, NetworkRequest::AuthenticationVerify);
        decision
    });
    let answer = bench.adapter.authentication_result(&mut bench.adapter.session(), &mika(), &json!({"id": "AQ"})).await.unwrap();
    let errors = bench.transcript.entries().into_iter().filter_map(|entry| match entry.what {
        What::NetworkError { text } => Some(text),
        _ => None,
    });
    let errors = errors.collect();
    let commits = commits.load(Ordering::SeqCst);
    (answer, errors, bench, commits)
}

fn cut(point: CutPoint, ending: Ending) -> NetworkDecision {
    NetworkDecision::Cut { point, ending }
}

/// Whether the entry says so many request and response bytes; the response's own length is the server's affair.
fn delivered(entry: &str) -> (usize, usize) {
    let numbers = entry.rsplit_once(" (").unwrap().1;
    let number = |text: &str| text.split(' ').next().unwrap().parse().unwrap();
    (number(numbers), number(numbers.split(", ").nth(1).unwrap()))
}

#[tokio::test]
async fn without_a_fault_nothing_is_added() {
    let (answer, errors, bench, commits) = log_in(NetworkDecision::Pass).await;
    assert!(answer.accepted);
    assert_eq!((answer.arrived, answer.faulted, errors, commits), (Arrived::Whole, false, Vec::new(), 1));
    assert_eq!(bench.clock.now().as_millis(), 0);
}

#[tokio::test]
async fn n0_resolves_no_name_and_n1_refuses() {
    let (answer, errors, _, commits) = log_in(cut(CutPoint::N0, Ending::Rst)).await;
    assert_eq!((answer.arrived, answer.faulted), (Arrived::Nothing(Lost::NameUnresolved), true));
    assert_eq!((errors, commits), (vec!["the name broker.test.invalid does not resolve".to_owned()], 0));
    let (answer, _, _, commits) = log_in(cut(CutPoint::N1, Ending::Fin)).await;
    assert_eq!((answer.arrived, answer.faulted, commits), (Arrived::Nothing(Lost::Refused), true, 0));
}

#[tokio::test]
async fn fin_and_rst_reach_the_client_as_they_are() {
    let fin = "connection closed before the answer was complete";
    for (point, commits) in [(CutPoint::N3, 0), (CutPoint::N4(60), 0), (CutPoint::N5, 1)] {
        let (answer, errors, _, committed) = log_in(cut(point, Ending::Fin)).await;
        assert_eq!((answer.arrived, answer.status), (Arrived::Nothing(Lost::Closed), 0), "{point:?}");
        assert_eq!(committed, commits, "{point:?}");
        assert!(errors[0].starts_with(&format!("{fin} (")), "{}", errors[0]);
        if let CutPoint::N4(bytes) = point {
            assert_eq!(delivered(&errors[0]), (bytes, 0));
        }
        let (answer, errors, _, committed) = log_in(cut(point, Ending::Rst)).await;
        assert_eq!((answer.arrived, answer.faulted), (Arrived::Nothing(Lost::Reset), true));
        assert_eq!((committed, errors.len()), (commits, 1), "{point:?}");
    }
}

#[tokio::test]
async fn silence_ends_at_once_and_the_users_wait_passes_in_the_runs_time() {
    for (point, commits) in [(CutPoint::N1, 0), (CutPoint::N3, 0), (CutPoint::N4(60), 0), (CutPoint::N5, 1)] {
        let (answer, errors, bench, committed) = log_in(cut(point, Ending::Silence)).await;
        assert_eq!(answer.arrived, Arrived::Nothing(Lost::TimedOut), "{point:?}");
        assert_eq!((bench.clock.now().as_millis(), committed), (10_000, commits), "{point:?}");
        assert!(errors[0].starts_with("no answer within 10 s ("), "{}", errors[0]);
    }
}

#[tokio::test]
async fn half_a_response_is_half_an_answer() {
    for (ending, lost) in [(Ending::Fin, Lost::Closed), (Ending::Rst, Lost::Reset), (Ending::Silence, Lost::TimedOut)] {
        // Within the status line: bytes came, and no status can be made of them.
        let (answer, errors, _, commits) = log_in(cut(CutPoint::N6(7), ending)).await;
        assert_eq!(answer.arrived, Arrived::Part(lost.clone()));
        assert_eq!((answer.status, answer.text.as_str(), commits), (0, "", 1));
        assert_eq!(delivered(&errors[0]).1, 7);
        // All but the last byte.
        let (answer, errors, bench, _) = log_in(cut(CutPoint::N6(usize::MAX), ending)).await;
        assert_eq!(answer.arrived, Arrived::Part(lost.clone()));
        assert_eq!((answer.status, answer.text.as_str(), answer.json, answer.accepted), (200, &BODY[..BODY.len() - 1], None, false));
        assert_eq!(errors.len(), 1);
        let half = bench
            .transcript
            .entries()
            .into_iter()
            .any(|entry| matches!(entry.what, What::HttpResponse { status: 200, body, .. } if body == BODY[..BODY.len() - 1]));
        assert!(half, "the half response is in the transcript");
    }
}

#[tokio::test]
async fn n7_is_an_answer_all_the_same() {
    let (answer, errors, _, commits) = log_in(cut(CutPoint::N7, Ending::Rst)).await;
    assert_eq!((answer.arrived, answer.accepted, commits), (Arrived::Whole, true, 1));
    assert!(errors[0].starts_with("the connection was reset after the whole response ("), "{}", errors[0]);
}

#[tokio::test]
async fn a_duplicate_is_answered_twice() {
    let (answer, errors, bench, commits) = log_in(NetworkDecision::Duplicate).await;
    assert_eq!((answer.arrived, answer.accepted, commits), (Arrived::Whole, true, 2));
    let second = answer.second.unwrap();
    assert_eq!((second.status, second.accepted, second.text.as_str()), (200, true, BODY));
    assert!(errors[0].starts_with("the request was delivered twice; the answer to the second delivery follows ("), "{}", errors[0]);
    let responses = bench.transcript.entries().into_iter().filter(|entry| matches!(entry.what, What::HttpResponse { .. })).count();
    assert_eq!(responses, 2);
}

#[tokio::test]
async fn a_delay_moves_the_clock_before_the_delivery() {
    let (address, _) = committing().await;
    let bench = bench(Mapping::built_in("fido-conformance").unwrap(), address, |_| NetworkDecision::Delay(Duration::from_secs(300)));
    let answer = bench.adapter.authentication_result(&mut bench.adapter.session(), &mika(), &json!({})).await.unwrap();
    assert!(answer.accepted);
    let times: Vec<_> = bench.transcript.entries().into_iter().map(|entry| entry.at).collect();
    assert_eq!(times, [0, 300_000], "sent at 0, answered after the delay");
}

#[tokio::test]
async fn n2_needs_tls() {
    let (address, _) = committing().await;
    let bench = bench(Mapping::built_in("fido-conformance").unwrap(), address, |_| cut(CutPoint::N2, Ending::Rst));
    let error = bench.adapter.authentication_result(&mut bench.adapter.session(), &mika(), &json!({})).await.unwrap_err();
    assert!(matches!(error, AdapterError::Impossible(_)));
    assert_eq!(
        error.to_string(),
        "a network fault cuts at n2, a TLS alert instead of a handshake, but the relying party at https://broker.test/ is spoken to without \
         TLS; use an https URL, or another cut point"
    );
}

#[tokio::test]
async fn hooks_and_fallbacks_are_never_asked_about() {
    let (address, _) = serve(|_| reply(200, json!({"status": "ok", "authenticated": true}))).await;
    let bench = bench(Mapping::built_in("embedded").unwrap(), address, |request| panic!("asked about {request:?}"));
    let mut session = bench.adapter.session();
    bench.adapter.prepare(&mika()).await.unwrap();
    bench.adapter.fall_back(&mut session, &mika(), Fallback::Password).await.unwrap();
    bench.adapter.report(&mut session, &mika(), &failure()).await.unwrap();
    bench.adapter.is_authenticated(&mut session).await.unwrap();
}

#[tokio::test]
async fn each_request_of_a_ceremony_is_asked_about_by_its_name() {
    let (address, _) = serve(|_| reply(200, json!({"status": "ok"}))).await;
    let asked = Arc::new(Mutex::new(Vec::new()));
    let names = Arc::clone(&asked);
    let bench = bench(Mapping::built_in("fido-conformance").unwrap(), address, move |request| {
        names.lock().unwrap().push(request);
        NetworkDecision::Pass
    });
    let mut session = bench.adapter.session();
    bench.adapter.registration_options(&mut session, &mika(), &wish()).await.unwrap();
    bench.adapter.registration_result(&mut session, &mika(), &json!({})).await.unwrap();
    bench.adapter.authentication_options(&mut session, None, &wish()).await.unwrap();
    bench.adapter.authentication_result(&mut session, &mika(), &json!({})).await.unwrap();
    use NetworkRequest::{AuthenticationOptions, AuthenticationVerify, RegistrationOptions, RegistrationVerify};
    assert_eq!(*asked.lock().unwrap(), [RegistrationOptions, RegistrationVerify, AuthenticationOptions, AuthenticationVerify]);
}

#[tokio::test]
async fn a_relying_party_that_hangs_is_an_answer_too() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut bytes = Vec::new();
        // Never answers. Ends when the adapter gives up.
        while stream.read_buf(&mut bytes).await.is_ok_and(|length| length > 0) {}
    });
    let target = Target {
        url: format!("http://{address}").parse().unwrap(),
        connect: None,
        certificate_authority: None,
        proxies: Proxies::default(),
    };
    let decide = Arc::new(|_, _| NetworkDecision::Pass);
    let (transcript, clock) = (Transcript::new(), Clock::default());
    let mapping = Mapping::built_in("fido-conformance").unwrap();
    let adapter = Adapter::deciding(mapping, target, decide, transcript, clock).unwrap().patient(Duration::from_millis(1));
    let answer = adapter.authentication_options(&mut adapter.session(), None, &wish()).await.unwrap();
    assert_eq!((answer.arrived, answer.faulted), (Arrived::Nothing(Lost::TimedOut), false));
    drop(adapter);
    server.abort();
}

/// Bound but not listening: refused, and the port cannot be anyone else's.
pub(super) fn nobody() -> (SocketAddr, tokio::net::TcpSocket) {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
    (socket.local_addr().unwrap(), socket)
}

fn at(url: &str, decision: NetworkDecision) -> Adapter {
    let target = Target { url: url.parse().unwrap(), connect: None, certificate_authority: None, proxies: Proxies::default() };
    let mapping = Mapping::built_in("fido-conformance").unwrap();
    Adapter::deciding(mapping, target, Arc::new(move |_, _| decision), Transcript::new(), Clock::default()).unwrap()
}

#[tokio::test]
async fn a_relying_party_that_is_not_there_is_an_error() {
    let (address, _socket) = nobody();
    let adapter = at(&format!("http://user:pw@{address}"), NetworkDecision::Pass);
    let error = adapter.authentication_options(&mut adapter.session(), None, &wish()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "the relying party at http://{address}/ cannot be reached: cannot connect to {address}: Connection refused (os error 111). \
             Is the relying party running, and is the URL right?"
        )
    );
    let AdapterError::Unreachable(unreachable) = error else { panic!("{error:?}") };
    assert_eq!(unreachable.why, Why::NothingListens);
}

#[tokio::test]
async fn a_relying_party_that_answered_before_has_stopped_answering() {
    let (address, _socket) = nobody();
    for decision in [NetworkDecision::Pass, cut(CutPoint::N5, Ending::Rst)] {
        let adapter = at(&format!("http://{address}"), decision).answered_before();
        let answer = adapter.authentication_options(&mut adapter.session(), None, &wish()).await.unwrap();
        assert_eq!((answer.arrived, answer.status), (Arrived::Nothing(Lost::Refused), 0));
        assert!(!answer.faulted, "no fault touches what reaches nobody");
    }
}

#[tokio::test]
async fn an_answer_is_enough_to_know_that_it_answered() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut bytes = Vec::new();
        while !bytes.ends_with(b"}") && stream.read_buf(&mut bytes).await.unwrap() > 0 {}
        stream.write_all(b"HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n").await.unwrap();
    });
    let adapter = at(&format!("http://{address}"), NetworkDecision::Pass);
    let mut session = adapter.session();
    assert_eq!(adapter.authentication_options(&mut session, None, &wish()).await.unwrap().status, 500);
    server.await.unwrap();
    let answer = adapter.authentication_options(&mut session, None, &wish()).await.unwrap();
    assert_eq!(answer.arrived, Arrived::Nothing(Lost::Refused));
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_said_to_be_one() {
    // RFC 6761 §6.4: never a name.
    let adapter = at("http://shop.invalid", NetworkDecision::Pass);
    let error = adapter.authentication_options(&mut adapter.session(), None, &wish()).await.unwrap_err();
    let AdapterError::Unreachable(unreachable) = error else { panic!("{error:?}") };
    assert_eq!(unreachable.why, Why::NameUnresolved);
    assert!(unreachable.to_string().ends_with(". Is the host's name right?"), "{unreachable}");
}

#[tokio::test]
async fn an_answer_without_end_is_too_long() {
    let (address, _) = serve(|_| "x".repeat(5 * 1024 * 1024).into_response()).await;
    let Bench { adapter, .. } = built_in("fido-conformance", address);
    let answer = adapter.authentication_options(&mut adapter.session(), None, &wish()).await.unwrap();
    assert_eq!(answer.arrived, Arrived::Part(Lost::TooLong));
}

#[tokio::test]
async fn the_bytes_on_the_wire_are_those_without_a_relay() {
    const REQUEST: &str = "POST /assertion/options HTTP/1.1\r\nhost: broker.test\r\naccept: application/json\r\n\
                           content-type: application/json\r\norigin: https://broker.test\r\nconnection: close\r\n\
                           content-length: 31\r\n\r\n{\"userVerification\":\"required\"}";
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let mut requests = Vec::new();
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut bytes = Vec::new();
            while !bytes.ends_with(b"}") && stream.read_buf(&mut bytes).await.unwrap() > 0 {}
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\n{\"status\":\"ok\"}").await.unwrap();
            requests.push(String::from_utf8(bytes).unwrap());
        }
        requests
    });
    let Bench { adapter, .. } = built_in("fido-conformance", address);
    adapter.authentication_options(&mut adapter.session(), None, &wish()).await.unwrap();
    // The same request by the same HTTP client, straight to the server.
    let io = hyper_util::rt::TokioIo::new(TcpStream::connect(address).await.unwrap());
    let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await.unwrap();
    tokio::spawn(connection);
    let request = hyper::Request::post("/assertion/options")
        .header("host", "broker.test")
        .header("accept", "application/json")
        .header("content-type", "application/json")
        .header("origin", "https://broker.test")
        .header("connection", "close")
        .body("{\"userVerification\":\"required\"}".to_owned());
    sender.send_request(request.unwrap()).await.unwrap();
    assert_eq!(server.await.unwrap(), [REQUEST, REQUEST]);
}
