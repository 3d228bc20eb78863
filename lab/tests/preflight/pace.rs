//! A relying party that limits the rate of requests: six in three seconds. Time passes only where somebody waits for it.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use super::*;
use faultkey_lab::verdict::{Standing, TargetRun};
use faultkey_relying_party::{Clock, Embedded, Handling};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;

/// Milliseconds that were waited for.
#[derive(Clone, Default)]
struct Waited(Arc<AtomicU64>);

impl Progress for Waited {
    fn started(&self, _: &str, _: &str, _: &str, _: usize, _: usize) {}
    fn finished(&self, _: &str, _: &str, _: &str, _: usize, _: usize) {}
    fn learnt(&self, _: &str, _: &Learnt) {}
    fn stopped_answering(&self, _: &str, _: Duration) {}
    fn waiter(&self) -> Waiter {
        let waited = self.clone();
        Arc::new(move |time| {
            waited.0.fetch_add(u64::try_from(time.as_millis()).unwrap(), Ordering::SeqCst);
            Box::pin(std::future::ready(()))
        })
    }
}

/// The embedded relying party behind a limit.
async fn limited(waited: &Waited, retry_after: Option<&'static str>, from: usize) -> (SocketAddr, Embedded) {
    let embedded = Embedded::start(Handling::Diagnosing, Clock::default(), 42).await.unwrap();
    let behind = embedded.address();
    let waited = waited.clone();
    let times: Arc<Mutex<Vec<u64>>> = Arc::default();
    let app = axum::Router::new().fallback(move |request: axum::extract::Request| {
        let (waited, times) = (waited.clone(), Arc::clone(&times));
        async move {
            let now = waited.0.load(Ordering::SeqCst);
            let too_many = {
                let mut times = times.lock().unwrap();
                let recent = times.iter().filter(|time| now - **time < 3_000).count();
                if recent < 6 {
                    times.push(now);
                }
                recent >= 6 && times.len() >= from
            };
            if too_many {
                let refusal = refusal(429);
                return retry_after.map_or_else(|| refusal, |time| with_header(super::refusal(429), "retry-after", time));
            }
            let (parts, body) = request.into_parts();
            let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
            let stream = tokio::net::TcpStream::connect(behind).await.unwrap();
            let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
            tokio::spawn(connection);
            let response = sender.send_request(axum::http::Request::from_parts(parts, Full::new(Bytes::from(body)))).await.unwrap();
            let (parts, body) = response.into_parts();
            Response::from_parts(parts, axum::body::Body::from(body.collect().await.unwrap().to_bytes()))
        }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    (address, embedded)
}

async fn exercised(address: SocketAddr, waited: &Waited, scenarios: &[&str]) -> Result<TargetRun, ExerciseError> {
    let mut case = Case::at("https://broker.test");
    case.mapping.origin = Some("https://broker.test".to_owned());
    let mut plan = case.plan();
    let names: Vec<String> = scenarios.iter().map(|name| (*name).to_owned()).collect();
    plan.scenarios = scenario::select(&names).unwrap();
    let [TargetPlan::Foreign(foreign)] = plan.targets.as_mut_slice() else { panic!("one target") };
    foreign.target.connect = Some(address);
    exercise(&plan, waited, &Stop::never()).await.map(|mut run| run.targets.remove(0))
}

const SOME: [&str; 3] = ["clean-ceremonies", "m0902-key-swapped-same-id", "m0902-unknown-credential"];

#[tokio::test]
async fn a_limit_is_waited_for_with_and_without_a_time() {
    for retry_after in [Some("3"), None] {
        let waited = Waited::default();
        let (address, _embedded) = limited(&waited, retry_after, 0).await;
        let run = exercised(address, &waited, &SOME).await.unwrap();
        assert!(waited.0.load(Ordering::SeqCst) > 3_000, "{retry_after:?}");
        assert!(!run.rate_limited, "{retry_after:?}");
        assert!(run.scenarios.iter().all(|scenario| scenario.standing == Standing::Passed), "{retry_after:?}: {:?}", run.scenarios);
        assert!(run.findings.is_empty(), "{:?}", run.findings);
    }
}

#[tokio::test]
async fn a_limit_that_lasts_is_no_causes_answer() {
    let waited = Waited::default();
    // Longer than anybody waits, once the clean ceremonies are through.
    let (address, _embedded) = limited(&waited, Some("3600"), 6).await;
    let run = match exercised(address, &waited, &SOME).await {
        Ok(run) => run,
        Err(ExerciseError::NotExercisable(not)) => panic!("{:?}", not.problem),
        Err(other) => panic!("{other}"),
    };
    assert!(run.rate_limited);
    assert!(run.findings.is_empty(), "{:?}", run.findings);
    assert!(run.confusion.causes.is_empty(), "{:?}", run.confusion);
    assert!(run.scenarios.iter().all(|scenario| scenario.standing != Standing::Failed), "{:?}", run.scenarios);
}

#[tokio::test]
async fn a_limit_from_the_start_is_what_keeps_it_from_being_exercised() {
    for retry_after in [Some("3600"), None] {
        let address = answering(OPTIONS, move |_| match retry_after {
            Some(time) => with_header(refusal(429), "retry-after", time),
            None => refusal(429),
        })
        .await;
        let (not, page) = Case::localhost(address).fails().await;
        let time = retry_after.map(|_| Duration::from_secs(3600));
        assert_eq!(not.problem, Problem::RateLimited { retry_after: time });
        says(&page, &["limits the rate of requests", "--pace 2s"]);
    }
}
