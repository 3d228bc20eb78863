//! The built-in mapping `embedded` against the embedded relying party itself, with the faults as a run arms them.

use faultkey_fault_injection::{FaultSpec, profile};

use super::*;
use crate::{Embedded, Handling};

struct Run {
    adapter: Adapter,
    faults: Faults,
    transcript: Transcript,
    clock: Clock,
    _embedded: Embedded,
}

async fn run(handling: Handling) -> Run {
    let (clock, transcript) = (Clock::default(), Transcript::new());
    let embedded = Embedded::start(handling, clock.clone(), 7).await.unwrap();
    let faults = Faults::new(7, &profile::all()[0], transcript.clone());
    let target = Target {
        url: "https://broker.test".parse().unwrap(),
        connect: Some(embedded.address()),
        certificate_authority: None,
        proxies: Proxies::default(),
    };
    let mapping = Mapping::built_in("embedded").unwrap();
    let adapter = Adapter::new(mapping, target, faults.clone(), transcript.clone(), clock.clone()).unwrap();
    adapter.prepare(&mika()).await.unwrap();
    Run { adapter, faults, transcript, clock, _embedded: embedded }
}

fn garbage() -> Value {
    json!({"id": "AQ", "rawId": "AQ", "type": "public-key", "response": {"clientDataJSON": "e30", "authenticatorData": "AA", "signature": "AA"}, "clientExtensionResults": {}})
}

#[tokio::test]
async fn every_section_of_the_mapping_fits() {
    let Run { adapter, _embedded, .. } = run(Handling::Diagnosing).await;
    let mut session = adapter.session();
    assert_eq!(adapter.is_authenticated(&mut session).await.unwrap(), Observation::Seen(false));
    assert_eq!(adapter.save_draft(&mut session, "buy 100 NOMU @ 820").await.unwrap(), Observation::Seen(()));
    assert_eq!(adapter.draft(&mut session).await.unwrap(), Observation::Seen("buy 100 NOMU @ 820".to_owned()));
    for way in [Fallback::Password, Fallback::Phone, Fallback::SupportReset] {
        let Observation::Seen(answer) = adapter.fall_back(&mut session, &mika(), way).await.unwrap() else { panic!("not observable") };
        assert!(answer.accepted, "{way:?}: {}", answer.text);
    }
    let options = adapter.registration_options(&mut session, &mika(), &wish()).await.unwrap();
    assert!(options.accepted, "{}", options.text);
    assert_eq!(options.options.unwrap()["rp"]["id"], "broker.test");
    let options = adapter.authentication_options(&mut session, None, &wish()).await.unwrap();
    assert!(options.options.unwrap()["challenge"].is_string());

    let answer = adapter.authentication_result(&mut session, &mika(), &garbage()).await.unwrap();
    assert!(!answer.accepted);
    assert!(answer.code.is_some() && answer.message.is_some(), "{}", answer.text);
    assert!(!answer.next.is_empty(), "{}", answer.text);
    for way in &answer.next {
        assert_eq!(adapter.way_out_exists(&mut session, way).await.unwrap(), Observation::Seen(true), "{way}");
    }
    let Observation::Seen(answer) = adapter.report(&mut session, &mika(), &failure()).await.unwrap() else { panic!("not observable") };
    assert_eq!(answer.code.as_deref(), Some("passkey-not-usable"));

    assert_eq!(adapter.credentials(&mika()).await.unwrap(), Observation::Seen(Vec::new()));
    let Observation::Seen(state) = adapter.account_state(&mika()).await.unwrap() else { panic!("not observable") };
    assert_eq!(state.locked, Some(false));
    let Observation::Seen(log) = adapter.log(&mika()).await.unwrap() else { panic!("not observable") };
    assert!(log.iter().any(|line| line.reason == "passkey-not-usable"), "{log:?}");
    assert_eq!(adapter.delete_credential(&mika()).await.unwrap(), Observation::Seen(()));
    assert_eq!(adapter.reset(&mika()).await.unwrap(), Observation::Seen(()));
}

#[tokio::test]
async fn a_look_at_the_state_is_recorded_as_one_and_what_a_user_does_is_not() {
    let Run { adapter, transcript, _embedded, .. } = run(Handling::Diagnosing).await;
    let mut session = adapter.session();
    adapter.authentication_options(&mut session, None, &wish()).await.unwrap();
    adapter.authentication_result(&mut session, &mika(), &garbage()).await.unwrap();
    adapter.way_out_exists(&mut session, "retry").await.unwrap();
    adapter.report(&mut session, &mika(), &failure()).await.unwrap();
    adapter.fall_back(&mut session, &mika(), Fallback::Password).await.unwrap();
    adapter.is_authenticated(&mut session).await.unwrap();
    adapter.credentials(&mika()).await.unwrap();
    let purposes: Vec<_> = transcript
        .entries()
        .into_iter()
        .filter_map(|entry| match entry.what {
            What::HttpRequest { purpose, .. } => Some(purpose),
            _ => None,
        })
        .collect();
    use RequestPurpose::{Ceremony, Look};
    assert_eq!(purposes, [Look, Ceremony, Ceremony, Look, Ceremony, Ceremony, Look, Look]);
}

#[tokio::test]
async fn the_opaque_relying_party_offers_no_way_out() {
    let Run { adapter, _embedded, .. } = run(Handling::Opaque).await;
    let mut session = adapter.session();
    adapter.authentication_options(&mut session, None, &wish()).await.unwrap();
    let answer = adapter.authentication_result(&mut session, &mika(), &garbage()).await.unwrap();
    assert_eq!((answer.status, answer.code.as_deref(), answer.next.len()), (400, Some("M0902"), 0));
    assert_eq!(adapter.way_out_exists(&mut session, "retry").await.unwrap(), Observation::Seen(false));
}

#[tokio::test]
async fn an_armed_fault_acts_and_stands_beside_the_request_that_it_touched() {
    let Run { adapter, faults, transcript, clock, _embedded } = run(Handling::Diagnosing).await;
    let start = transcript.entries().len();
    let spec: FaultSpec = "cut-options,at=n5,ending=silence".parse().unwrap();
    faults.arm(clock.now(), spec).unwrap();
    let mut session = adapter.session();
    let answer = adapter.authentication_options(&mut session, None, &wish()).await.unwrap();
    assert_eq!(answer.arrived, Arrived::Nothing(Lost::TimedOut));
    assert_eq!(clock.now().as_millis(), 10_000);
    let entries = transcript.entries();
    let kinds: Vec<_> = entries[start..]
        .iter()
        .map(|entry| match &entry.what {
            What::HttpRequest { .. } => "request",
            What::Decision { .. } => "decision",
            What::NetworkError { .. } => "error",
            _ => "other",
        })
        .collect();
    assert_eq!(kinds, ["request", "decision", "error"]);
    faults.clear(None);
    assert!(adapter.authentication_options(&mut session, None, &wish()).await.unwrap().accepted);
}

#[tokio::test]
async fn the_same_seed_gives_the_same_transcript_byte_for_byte() {
    let mut transcripts = Vec::new();
    for _ in 0..2 {
        let Run { adapter, faults, transcript, clock, _embedded } = run(Handling::Diagnosing).await;
        let mut session = adapter.session();
        for fault in ["cut-verify,at=n5,ending=rst", "cut-verify,at=n4,bytes=90,ending=fin", "cut-verify,at=n6,bytes=150,ending=silence"] {
            faults.arm(clock.now(), fault.parse().unwrap()).unwrap();
            adapter.authentication_options(&mut session, None, &wish()).await.unwrap();
            adapter.authentication_result(&mut session, &mika(), &garbage()).await.unwrap();
            faults.clear(None);
        }
        transcripts.push(transcript.entries());
    }
    assert!(transcripts[0].len() > 12);
    assert_eq!(transcripts[0], transcripts[1]);
}
