//! Rate limits: nobody waits for real here, the waiter writes down.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

#[derive(Clone, Default)]
struct Waits(Arc<Mutex<Vec<u64>>>);

impl Waits {
    /// In milliseconds.
    fn all(&self) -> Vec<u64> {
        self.0.lock().unwrap().clone()
    }

    fn pace(&self, between: Duration) -> Pace {
        let waits = self.clone();
        Pace::new(
            between,
            Arc::new(move |time| {
                waits.0.lock().unwrap().push(u64::try_from(time.as_millis()).unwrap());
                Box::pin(std::future::ready(()))
            }),
        )
    }
}

/// Refuses `limited` times, then accepts.
async fn limiting(limited: usize, refusal: impl Fn() -> Response + Send + Sync + 'static) -> (SocketAddr, Log) {
    let seen = AtomicUsize::new(0);
    serve(
        move |_| {
            if seen.fetch_add(1, Ordering::SeqCst) < limited { refusal() } else { reply(200, json!({"status": "ok", "challenge": "AAAA"})) }
        },
    )
    .await
}

async fn ask(address: SocketAddr) -> (Answer, Vec<u64>, Clock) {
    let Bench { adapter, clock, .. } = built_in("fido-conformance", address);
    let waits = Waits::default();
    let adapter = adapter.paced(waits.pace(Duration::ZERO));
    let answer = adapter.authentication_options(&mut adapter.session(), None, &wish()).await.unwrap();
    (answer, waits.all(), clock)
}

fn limited(status: u16, headers: &[(&'static str, &str)]) -> Response {
    headers.iter().fold(reply(status, json!({})), |response, (name, value)| with_header(response, name, value))
}

#[tokio::test]
async fn it_waits_as_long_as_the_relying_party_says_and_sends_again() {
    let date = "Mon, 23 Nov 2026 01:00:00 GMT";
    for (status, headers, wait) in [
        (429, vec![("retry-after", "7")], 7_000),
        (503, vec![("retry-after", "60")], 60_000),
        (429, vec![("date", date), ("retry-after", "Mon, 23 Nov 2026 01:00:12 GMT")], 12_000),
        (429, vec![("date", date), ("retry-after", "Mon, 23 Nov 2026 00:59:00 GMT")], 0),
        (429, vec![("retry-after", "soon")], 1_000),
    ] {
        let refusal = headers.clone();
        let (address, log) = limiting(1, move || limited(status, &refusal)).await;
        let (answer, waits, clock) = ask(address).await;
        assert!(answer.accepted && !answer.rate_limited());
        assert_eq!((waits, clock.now().as_millis()), (vec![wait], 0), "{headers:?}");
        assert_eq!(log.all().len(), 2);
        assert_eq!(log.all()[0].body, log.all()[1].body);
    }
}

#[tokio::test]
async fn without_a_time_it_waits_longer_each_time_and_gives_up_after_four_tries() {
    let (address, log) = limiting(9, || limited(429, &[])).await;
    let (answer, waits, _) = ask(address).await;
    assert!(answer.rate_limited() && !answer.accepted);
    assert_eq!((waits, log.all().len()), (vec![1_000, 2_000, 4_000], 4));
    assert_eq!(answer.exchange, 7, "the last of the requests");
}

#[tokio::test]
async fn nobody_waits_for_more_than_a_minute_or_for_a_server_that_only_fails() {
    let (address, log) = limiting(9, || limited(429, &[("retry-after", "61")])).await;
    let (answer, waits, _) = ask(address).await;
    assert_eq!((answer.rate_limited(), answer.retry_after, waits.len()), (true, Some(Duration::from_secs(61)), 0));
    assert_eq!(log.all().len(), 1);
    let (address, _) = limiting(9, || limited(503, &[])).await;
    let (answer, waits, _) = ask(address).await;
    assert_eq!((answer.status, answer.rate_limited(), waits.len()), (503, false, 0));
}

#[tokio::test]
async fn without_a_pace_the_refusal_is_the_answer() {
    let (address, log) = limiting(9, || limited(429, &[("retry-after", "1")])).await;
    let Bench { adapter, .. } = built_in("fido-conformance", address);
    let answer = adapter.authentication_options(&mut adapter.session(), None, &wish()).await.unwrap();
    assert_eq!((answer.rate_limited(), log.all().len()), (true, 1));
}

#[tokio::test]
async fn what_a_fault_touched_is_not_sent_again() {
    let (address, log) = limiting(9, || limited(429, &[])).await;
    let bench = bench(Mapping::built_in("fido-conformance").unwrap(), address, |_| NetworkDecision::Delay(Duration::from_secs(1)));
    let waits = Waits::default();
    let adapter = bench.adapter.paced(waits.pace(Duration::ZERO));
    let answer = adapter.authentication_options(&mut adapter.session(), None, &wish()).await.unwrap();
    assert!(answer.faulted && answer.rate_limited());
    assert_eq!((waits.all().len(), log.all().len()), (0, 1));
}

#[tokio::test]
async fn a_fault_decides_once_however_often_a_request_is_sent() {
    let (address, _) = limiting(2, || limited(429, &[])).await;
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let bench = bench(Mapping::built_in("fido-conformance").unwrap(), address, move |_| {
        counter.fetch_add(1, Ordering::SeqCst);
        NetworkDecision::Pass
    });
    let adapter = bench.adapter.paced(Waits::default().pace(Duration::ZERO));
    assert!(adapter.authentication_options(&mut adapter.session(), None, &wish()).await.unwrap().accepted);
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn hooks_wait_too() {
    let seen = AtomicUsize::new(0);
    let (address, _) = serve(move |_| match seen.fetch_add(1, Ordering::SeqCst) {
        0 => limited(429, &[("retry-after", "3")]),
        _ => reply(200, json!([])),
    })
    .await;
    let waits = Waits::default();
    let adapter = built_in("embedded", address).adapter.paced(waits.pace(Duration::ZERO));
    assert_eq!(adapter.credentials(&mika()).await.unwrap(), Observation::Seen(Vec::new()));
    assert_eq!(waits.all(), [3_000]);
}

#[tokio::test]
async fn a_pace_is_kept_between_the_requests_of_all_adapters_that_share_it() {
    let (address, log) = limiting(0, || limited(429, &[])).await;
    let waits = Waits::default();
    let pace = waits.pace(Duration::from_millis(250));
    for _ in 0..2 {
        let adapter = built_in("fido-conformance", address).adapter.paced(pace.clone());
        adapter.authentication_options(&mut adapter.session(), None, &wish()).await.unwrap();
    }
    assert_eq!((waits.all(), log.all().len()), (vec![250], 2), "none before the first");
}
