use std::net::SocketAddr;

use faultkey_transport::transcript::What;

use super::*;
use crate::scenario;
use crate::verdict::{FailOn, Judgement, OutcomeClass};

/// Says nothing; never asked to wait.
struct Quiet;

impl Progress for Quiet {
    fn started(&mut self, _: &str, _: &str, _: &str, _: usize, _: usize) {}
    fn finished(&mut self, _: &str, _: &ScenarioVerdict, _: usize, _: usize) {}
    fn waiter(&self) -> Waiter {
        panic!("virtual time needs no waiting");
    }
}

fn plan(handling: Handling, names: &[&str]) -> Plan {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    Plan {
        targets: vec![TargetPlan::Embedded(handling)],
        scenarios: scenario::select(&names).unwrap(),
        profile: None,
        seed: 42,
        include_real_wait: false,
    }
}

/// The embedded relying party's hooks are not mapped: somebody else's, of which little can be seen.
fn through_the_plain_mapping(address: SocketAddr, names: &[&str]) -> Plan {
    let mut mapping = Mapping::built_in("fido-conformance").unwrap();
    mapping.origin = Some("https://broker.test".to_owned());
    let foreign = TargetPlan::Foreign {
        name: "https://broker.test".to_owned(),
        mapping: Box::new(mapping),
        target: Target { url: url::Url::parse("https://broker.test").unwrap(), connect: Some(address), certificate_authority: None },
        accounts: "t1".to_owned(),
        arguments: "--rp https://broker.test".to_owned(),
    };
    Plan { targets: vec![foreign], ..plan(Handling::Opaque, names) }
}

/// What is worth a look in a failing test.
fn complaints(run: &Run) -> String {
    let mut lines = Vec::new();
    for verdict in run.targets.iter().flat_map(|target| &target.scenarios).filter(|verdict| verdict.judgement != Judgement::Held) {
        lines.push(format!(
            "\n{} on {}: {}\n  {}\n  {}",
            verdict.id, verdict.profile, verdict.judgement, verdict.rp_answered, verdict.advice
        ));
        for step in &verdict.steps {
            for check in step.checks.iter().filter(|check| check.judgement != Judgement::Held) {
                lines.push(format!("  {} {}: {}: {}: {}", step.number, step.action, check.what, check.judgement, check.found));
            }
        }
        for invariant in verdict.invariants.iter().filter(|invariant| invariant.judgement != Judgement::Held) {
            lines.push(format!("  {} {}: {}: {}", invariant.id, invariant.title, invariant.judgement, invariant.found));
        }
    }
    lines.join("\n")
}

#[tokio::test]
async fn the_diagnosing_relying_party_holds_every_expectation() {
    let run = exercise(&plan(Handling::Diagnosing, &[]), &mut Quiet).await.unwrap();
    assert_eq!(run.judgement(), Judgement::Held, "{}", complaints(&run));
    assert!(!run.targets[0].fails(FailOn::NotObservable));
    let matrix = &run.targets[0].confusion;
    assert!(matrix.causes.len() >= 12, "{:?}", matrix.causes);
    for grouping in [&matrix.shown, &matrix.api, &matrix.logged] {
        assert!(grouping.share_told_apart().unwrap() > 0.95, "{grouping:?}");
    }
    for verdict in &run.targets[0].scenarios {
        assert_eq!(verdict.advice, "Nothing to change.", "{}", verdict.id);
    }
}

#[tokio::test]
async fn the_opaque_relying_party_has_one_code_for_everything() {
    let run = exercise(&plan(Handling::Opaque, &[]), &mut Quiet).await.unwrap();
    for verdict in &run.targets[0].scenarios {
        // Unusual bytes are no failure: it verifies as well as the other.
        let is_tolerance = verdict.steps.iter().any(|step| step.expected.contains(&OutcomeClass::Tolerate));
        let expected = if is_tolerance { Judgement::Held } else { Judgement::FellShort };
        assert_eq!(verdict.judgement, expected, "{} on {}", verdict.id, verdict.profile);
    }
    let matrix = &run.targets[0].confusion;
    assert!(matrix.causes.len() >= 12, "{:?}", matrix.causes);
    for (grouping, answer) in [(&matrix.api, "400 M0902"), (&matrix.logged, "M0902")] {
        assert_eq!(grouping.told_apart, 0, "{grouping:?}");
        let pile = grouping.largest_pile.as_ref().unwrap();
        assert_eq!((pile.answer.as_str(), pile.causes.len()), (answer, matrix.causes.len()));
    }
    assert_eq!(matrix.shown.share_told_apart(), Some(0.0));
    let swapped = run.targets[0].scenarios.iter().find(|verdict| verdict.id == "m0902-key-swapped-same-id").unwrap();
    assert_eq!(
        swapped.advice,
        "Say that the key on the device does not match, and offer to register again after another authentication; and give this cause an answer of its own: \
         M0902 is also the answer to 20 other causes (app-backgrounded, backup-eligibility-changed, challenge-expired, …)."
    );
}

#[tokio::test]
async fn the_same_seed_gives_the_same_run_byte_for_byte() {
    let some: &[&str] = &["interrupted-login-committed", "interrupted-double-tap"];
    for (handling, names) in [(Handling::Diagnosing, [].as_slice()), (Handling::Opaque, some)] {
        let (first, second) = (plan(handling, names), plan(handling, names));
        let first = exercise(&first, &mut Quiet).await.unwrap();
        let second = exercise(&second, &mut Quiet).await.unwrap();
        for (left, right) in first.targets[0].scenarios.iter().zip(&second.targets[0].scenarios) {
            for (left, right) in left.transcript.iter().zip(&right.transcript) {
                assert_eq!(left, right);
            }
            assert!(left.transcript.len() > 10);
        }
        assert_eq!(serde_json::to_string(&first).unwrap(), serde_json::to_string(&second).unwrap());
    }
}

#[tokio::test]
async fn another_seed_gives_other_keys() {
    let names = ["m0902-key-swapped-same-id"];
    let first = exercise(&plan(Handling::Diagnosing, &names), &mut Quiet).await.unwrap();
    let second = exercise(&Plan { seed: 43, ..plan(Handling::Diagnosing, &names) }, &mut Quiet).await.unwrap();
    assert_ne!(first.targets[0].scenarios[0].transcript, second.targets[0].scenarios[0].transcript);
    assert_eq!(second.targets[0].scenarios[0].judgement, Judgement::Held);
}

#[tokio::test]
async fn what_is_not_mapped_is_not_observable_and_never_passed() {
    let embedded = Embedded::start(Handling::Diagnosing, Clock::default(), 42).await.unwrap();
    let plan = through_the_plain_mapping(embedded.address(), &["m0902-key-swapped-same-id", "m0902-challenge-expired-slow-finger"]);
    let run = exercise(&plan, &mut Quiet).await.unwrap();
    let [swapped, _, expired, _] = run.targets[0].scenarios.as_slice() else { panic!("four runs") };
    assert_eq!(swapped.judgement, Judgement::NotObservable, "{}", complaints(&run));
    let log_in = &swapped.steps[4];
    let found: Vec<(&str, Judgement)> = log_in.checks.iter().map(|check| (check.what.as_str(), check.judgement)).collect();
    assert_eq!(found[0], ("refused with a 4xx", Judgement::Held));
    assert_eq!(found[2], ("the credential's row is kept unchanged", Judgement::NotObservable));
    assert_eq!(found[3], ("registering again is offered", Judgement::NotObservable));
    assert!(swapped.advice.starts_with("Nothing fell short in what can be seen; "), "{}", swapped.advice);
    assert_eq!(
        expired.skipped.as_deref(),
        Some("it needs the relying party's own clock to pass; play it with --wait"),
        "an own clock can't be moved"
    );
    assert_eq!(run.targets[0].judgement(), Judgement::NotObservable);
    assert_eq!(
        expired.replay,
        "faultkey exercise --scenario m0902-challenge-expired-slow-finger --profile pixel-chrome --seed 42 --rp https://broker.test --wait"
    );
}

#[tokio::test]
async fn a_single_cause_has_nothing_to_be_confused_with() {
    let run = exercise(&plan(Handling::Diagnosing, &["m0902-uv-not-set"]), &mut Quiet).await.unwrap();
    let verdict = &run.targets[0].scenarios[0];
    let seventh = verdict.invariants.iter().find(|invariant| invariant.id == "I7").unwrap();
    assert_eq!(seventh.judgement, Judgement::NotObservable);
    assert_eq!(seventh.found, "only one cause was played, so there is nothing to compare its answer with");
    assert_eq!(verdict.judgement, Judgement::Held, "that says nothing about the relying party");
    assert_eq!(verdict.replay, "faultkey exercise --scenario m0902-uv-not-set --profile pixel-chrome --seed 42 --handling diagnosing");
}

#[tokio::test]
async fn a_profile_that_is_forced_on_all_skips_what_it_cannot_play() {
    let mut all = plan(Handling::Diagnosing, &["m0902-uv-not-set", "m0902-counter-restored"]);
    all.profile = Some("iphone".to_owned());
    let run = exercise(&all, &mut Quiet).await.unwrap();
    let [played, skipped] = run.targets[0].scenarios.as_slice() else { panic!("two runs") };
    assert_eq!((played.skipped.as_deref(), played.judgement), (None, Judgement::Held));
    let why = skipped.skipped.as_deref().unwrap();
    assert!(
        why.ends_with("fault `sign-count-rollback` cannot happen on the profile `iphone`: its signature counter is always zero"),
        "{why}"
    );

    let mut one = plan(Handling::Diagnosing, &["m0902-counter-restored"]);
    one.profile = Some("iphone".to_owned());
    let error = exercise(&one, &mut Quiet).await.unwrap_err().to_string();
    assert!(error.ends_with(why), "{error}");
    one.profile = Some("iphon".to_owned());
    let error = exercise(&one, &mut Quiet).await.unwrap_err().to_string();
    assert_eq!(error, "there is no profile named `iphon`, did you mean `iphone`?; `faultkey profiles` lists them");
}

#[tokio::test]
async fn a_fault_that_meets_no_opportunity_is_told() {
    let text = r#"
        id = "never"
        title = "A fault that never acts"
        profiles = ["iphone"]
        evidence = "inferred"
        evidence-note = "For this test."
        [words]
        [[step]]
        do = "register"
        [[step]]
        do = "arm"
        with = { fault = "cut-verify", ceremony = "registration" }
        [[step]]
        do = "log-in"
    "#;
    let never = Scenario::parse("never.toml", text).unwrap();
    let run = exercise(&Plan { scenarios: vec![never], ..plan(Handling::Diagnosing, &[]) }, &mut Quiet).await.unwrap();
    let verdict = &run.targets[0].scenarios[0];
    assert_eq!(verdict.judgement, Judgement::NotObservable);
    assert_eq!(verdict.steps[1].checks[0].found, "cut-verify met no opportunity to act");
}

#[tokio::test]
async fn the_transcript_says_which_step_begins() {
    let run = exercise(&plan(Handling::Diagnosing, &["interrupted-challenge-half"]), &mut Quiet).await.unwrap();
    let transcript = &run.targets[0].scenarios[0].transcript;
    let notes: Vec<&str> = transcript
        .iter()
        .filter_map(|entry| match &entry.what {
            What::Note { text } if text.starts_with("step ") => Some(text.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(
        notes,
        [
            "step 1: register",
            "step 2: arm cut-options (at \"n6\", bytes 200, ceremony \"authentication\")",
            "step 3: log in",
            "step 4: log in",
            "step 5: recover by password or support-reset",
        ]
    );
}

/// Steps that no built-in scenario has: hooks, other ways in, faults of the platform, a challenge of another session.
#[tokio::test]
async fn the_other_steps_work_too() {
    let text = r#"
        id = "others"
        title = "What the built-in scenarios do not play"
        profiles = ["pixel-native-app"]
        evidence = "inferred"
        evidence-note = "For this test."
        [words]
        [[step]]
        do = "register"
        [[step]]
        do = "hook"
        hook = "delete-credential"
        [[step]]
        do = "log-in"
        usernameless = true
        expect = ["O-UNKNOWN-CRED"]
        [[step]]
        do = "fall-back"
        way = "phone"
        [[step]]
        do = "register"
        [[step]]
        do = "log-in"
        [[step]]
        do = "arm"
        with = { fault = "challenge-other-session", schedule = "once" }
        [[step]]
        do = "log-in"
        expect = ["O-SECURITY-REJECT"]
        forbid = ["session", "credential-changed", "server-error", "password-try-used"]
        [[step]]
        do = "advance"
        seconds = 90
        [[step]]
        do = "log-in"
        user = "refuse"
        expect = ["O-OPAQUE-CLIENT"]
        [[step]]
        do = "arm"
        with = { fault = "provider-unsupported", face = "native" }
        [[step]]
        do = "log-in"
        expect = ["O-UNSUPPORTED"]
        [[step]]
        do = "clear"
        fault = "provider-unsupported"
        [[step]]
        do = "log-in"
        [[step]]
        do = "check"
        credentials = 1
    "#;
    let others = Scenario::parse("others.toml", text).unwrap();
    let run = exercise(&Plan { scenarios: vec![others], ..plan(Handling::Diagnosing, &[]) }, &mut Quiet).await.unwrap();
    assert_eq!(run.judgement(), Judgement::Held, "{}", complaints(&run));
}
