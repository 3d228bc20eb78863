use std::net::SocketAddr;

use faultkey_fault_injection::Text;
use faultkey_relying_party::{Clock, Embedded, Proxies};
use faultkey_transport::Entry;
use faultkey_transport::transcript::What;

use super::*;
use crate::check::CheckId;
use crate::scenario::{self, OutcomeClass};
use crate::verdict::{Blind, FailOn, Reason, ScenarioResult, Standing};

/// Says nothing; never asked to wait.
struct Quiet;

impl Progress for Quiet {
    fn started(&self, _: &str, _: &str, _: &str, _: usize, _: usize) {}
    fn finished(&self, _: &str, _: &str, _: &str, _: usize, _: usize) {}
    fn learnt(&self, _: &str, _: &Learnt) {}
    fn stopped_answering(&self, _: &str, _: Duration) {}
    fn waiter(&self) -> Waiter {
        Arc::new(|_| panic!("virtual time needs no waiting"))
    }
}

async fn exercised(plan: &Plan) -> TargetRun {
    exercise(plan, &Quiet, &Stop::never()).await.unwrap().targets.remove(0)
}

fn plan(handling: Handling, names: &[&str]) -> Plan {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    Plan {
        targets: vec![TargetPlan::Embedded { handling, for_comparison: false }],
        scenarios: scenario::select(&names).unwrap(),
        profile: None,
        seed: 42,
        include_real_wait: false,
        language: Language::English,
    }
}

/// The embedded relying party's hooks are not mapped: somebody else's, of which little can be seen.
fn through_the_plain_mapping(address: SocketAddr, names: &[&str]) -> Plan {
    let mut mapping = Mapping::built_in("fido-conformance").unwrap();
    mapping.origin = Some("https://broker.test".to_owned());
    let foreign = TargetPlan::Foreign(Foreign {
        name: "https://broker.test".to_owned(),
        mapping,
        target: Target {
            url: url::Url::parse("https://broker.test").unwrap(),
            connect: Some(address),
            certificate_authority: None,
            proxies: Proxies::default(),
        },
        accounts: "t1".to_owned(),
        arguments: "--rp https://broker.test".to_owned(),
        pace: Duration::ZERO,
        patience: Duration::from_secs(10),
        comes_back_within: Duration::ZERO,
        restart: None,
    });
    Plan { targets: vec![foreign], ..plan(Handling::Opaque, names) }
}

/// What is worth a look in a failing test.
fn complaints(run: &TargetRun) -> String {
    let mut lines = Vec::new();
    for finding in &run.findings {
        lines.push(format!(
            "\n{}: {:?}\n  seen: {:?}\n  also: {:?}\n  {:?}",
            finding.id, finding.found, finding.seen, finding.also, finding.evidence
        ));
    }
    for scenario in run.scenarios.iter().filter(|scenario| scenario.standing != Standing::Passed) {
        lines.push(format!("\n{} on {}: {:?} {:?}", scenario.id, scenario.profile, scenario.standing, scenario.reason));
        for step in &scenario.steps {
            for check in step.checks.iter().filter(|check| check.standing != Standing::Passed) {
                lines.push(format!(
                    "  {} {}: {}: {:?} {:?} {:?}",
                    step.number, step.action.en, check.id, check.standing, check.found, check.blind
                ));
            }
        }
    }
    lines.push(format!("{:?}", run.blind_spots));
    lines.join("\n")
}

fn find<'a>(run: &'a TargetRun, id: &str) -> &'a ScenarioResult {
    run.scenarios.iter().find(|scenario| scenario.id == id).unwrap()
}

#[tokio::test]
async fn the_diagnosing_relying_party_passes_everything() {
    let run = exercised(&plan(Handling::Diagnosing, &[])).await;
    assert!(run.findings.is_empty(), "{}", complaints(&run));
    assert!(run.blind_spots.is_empty(), "{}", complaints(&run));
    assert_eq!(run.count(Standing::Passed), run.scenarios.len(), "{}", complaints(&run));
    assert!(!run.fails(FailOn::AtLeast(crate::check::Gravity::Advice)));
    let matrix = &run.confusion;
    assert!(matrix.causes.len() >= 12, "{:?}", matrix.causes);
    for grouping in [&matrix.shown, &matrix.api, &matrix.logged] {
        assert!(grouping.share_told_apart().unwrap() > 0.95, "{grouping:?}");
    }
}

#[tokio::test]
async fn the_diagnosing_relying_party_tells_all_causes_apart_in_japanese() {
    let run = exercised(&Plan { language: Language::Japanese, ..plan(Handling::Diagnosing, &[]) }).await;
    assert!(run.findings.is_empty(), "{}", complaints(&run));
    assert_eq!(run.count(Standing::Passed), run.scenarios.len(), "{}", complaints(&run));
    let shown = &run.confusion.shown;
    assert!(shown.pairs > 100 && shown.told_apart == shown.pairs, "{shown:?}");
    let answers: Vec<&String> = shown.answers.iter().flatten().collect();
    assert!(answers.iter().all(|answer| answer.contains('。')), "{answers:?}");
}

#[tokio::test]
async fn only_japanese_is_asked_for() {
    for (language, asked) in [(Language::English, None), (Language::Japanese, Some("ja"))] {
        let run = exercised(&Plan { language, ..plan(Handling::Diagnosing, &["m0902-uv-not-set"]) }).await;
        let requests = run.scenarios[0].transcript.iter().filter_map(|entry| match &entry.what {
            // A way out is only looked at, by GET.
            What::HttpRequest { method, headers, .. } if method == "POST" => Some(headers),
            _ => None,
        });
        let languages: Vec<Option<&str>> =
            requests.map(|headers| headers.iter().find(|(name, _)| name == "accept-language").map(|(_, value)| value.as_str())).collect();
        assert!(languages.len() > 3 && languages.iter().all(|sent| *sent == asked), "{languages:?}");
    }
}

#[tokio::test]
async fn the_opaque_relying_party_has_one_code_for_everything() {
    let run = exercised(&plan(Handling::Opaque, &[])).await;
    for scenario in &run.scenarios {
        // It verifies as well as the other: what only tests that, it passes.
        let is_verification = |step: &crate::verdict::StepResult| {
            step.expected.iter().all(|class| matches!(class, OutcomeClass::Ok | OutcomeClass::Tolerate | OutcomeClass::SecurityReject))
        };
        if scenario.steps.iter().all(is_verification) {
            assert_eq!(scenario.standing, Standing::Passed, "{}: {}", scenario.id, complaints(&run));
        }
    }
    assert_eq!(find(&run, "m0902-key-swapped-same-id").standing, Standing::Failed);
    assert!(run.fails(FailOn::default()));
    let ids: Vec<String> = run.findings.iter().flat_map(|finding| finding.ids()).map(|id| id.to_string()).collect();
    for id in ["generic-answer/authentication-verify", "no-register-again/authentication-verify", "no-retry/failure-report"] {
        assert!(ids.contains(&id.to_owned()), "{id}: {ids:?}");
    }
    assert!(run.findings.iter().all(|finding| finding.gravity > crate::check::Gravity::Security), "{}", complaints(&run));
    let matrix = &run.confusion;
    assert!(matrix.causes.len() >= 12, "{:?}", matrix.causes);
    for (grouping, answer) in [(&matrix.api, "400 M0902"), (&matrix.logged, "M0902")] {
        assert_eq!(grouping.told_apart, 0, "{grouping:?}");
        let group = grouping.largest_group.as_ref().unwrap();
        assert_eq!((group.answer.as_str(), group.causes.len()), (answer, matrix.causes.len()));
    }
    assert_eq!(matrix.shown.share_told_apart(), Some(0.0));
}

#[tokio::test]
async fn the_same_seed_gives_the_same_run_byte_for_byte() {
    let some: &[&str] = &["interrupted-login-committed", "interrupted-double-tap"];
    for (handling, names) in [(Handling::Diagnosing, [].as_slice()), (Handling::Opaque, some)] {
        let first = exercised(&plan(handling, names)).await;
        let second = exercised(&plan(handling, names)).await;
        for (left, right) in first.scenarios.iter().zip(&second.scenarios) {
            for (left, right) in left.transcript.iter().zip(&right.transcript) {
                assert_eq!(left, right);
            }
            assert!(left.transcript.len() > 10);
        }
        assert_eq!(serde_json::to_string(&first).unwrap(), serde_json::to_string(&second).unwrap());
    }
}

#[tokio::test]
async fn the_report_of_the_demonstration_is_small_and_the_same_but_for_its_circumstances() {
    use crate::report::{Settings, json};
    let demonstration = Plan {
        targets: [(Handling::Opaque, true), (Handling::Diagnosing, false)]
            .map(|(handling, for_comparison)| TargetPlan::Embedded { handling, for_comparison })
            .to_vec(),
        ..plan(Handling::Opaque, &[])
    };
    let run = async || exercise(&demonstration, &Quiet, &Stop::never()).await.unwrap();
    let (first, mut second) = (run().await, run().await);
    let report = json::render(&first, &Settings::default()).unwrap();
    assert!(report.len() < 2_000_000, "{} bytes", report.len());
    second.circumstances =
        Circumstances { started: Some("2026-11-30T15:04:05Z".to_owned()), milliseconds: Some(1), ..Circumstances::default() };
    let other = json::render(&second, &Settings::default()).unwrap();
    assert_ne!(report, other);
    second.circumstances = first.circumstances.clone();
    assert_eq!(report, json::render(&second, &Settings::default()).unwrap());
    // What is judged has its transcripts where it failed.
    let mut judged =
        Plan { targets: vec![TargetPlan::Embedded { handling: Handling::Opaque, for_comparison: false }], ..demonstration.clone() };
    judged.scenarios.truncate(3);
    let report = json::render(&exercise(&judged, &Quiet, &Stop::never()).await.unwrap(), &Settings::default()).unwrap();
    assert!(report.contains("\"kind\": \"ctap-request\""));
}

#[tokio::test]
async fn another_seed_gives_other_keys() {
    let names = ["m0902-key-swapped-same-id"];
    let first = exercised(&plan(Handling::Diagnosing, &names)).await;
    let second = exercised(&Plan { seed: 43, ..plan(Handling::Diagnosing, &names) }).await;
    assert_ne!(first.scenarios[0].transcript, second.scenarios[0].transcript);
    assert_eq!(second.scenarios[0].standing, Standing::Passed);
}

#[tokio::test]
async fn what_is_not_mapped_is_told_once_and_blamed_on_nobody() {
    let embedded = Embedded::start(Handling::Diagnosing, Clock::default(), 42).await.unwrap();
    let plan = through_the_plain_mapping(embedded.address(), &["m0902-key-swapped-same-id", "m0902-challenge-expired-slow-finger"]);
    let run = exercised(&plan).await;
    let [swapped, _, expired, _] = run.scenarios.as_slice() else { panic!("four runs") };
    assert!(run.findings.is_empty(), "{}", complaints(&run));
    assert_eq!(swapped.standing, Standing::Passed, "what can be seen is right: {}", complaints(&run));
    let checks: Vec<(CheckId, Standing)> = swapped.steps[4].checks.iter().map(|check| (check.id.check, check.standing)).collect();
    assert_eq!(checks[0], (CheckId::SignatureNotVerified, Standing::Passed));
    assert!(checks.contains(&(CheckId::CredentialChanged, Standing::NotObservable)), "{checks:?}");
    assert!(checks.contains(&(CheckId::NoRegisterAgain, Standing::NotObservable)), "{checks:?}");
    let credentials = run.blind_spots.iter().filter(|spot| spot.blind == Blind::Section { section: "hooks.credentials".to_owned() });
    assert_eq!(credentials.map(|spot| spot.checks.contains(&CheckId::CredentialChanged)).collect::<Vec<_>>(), [true]);
    assert_eq!((expired.standing, &expired.reason), (Standing::NotPlayed, &Some(Reason::NeedsWait)), "an own clock can't be moved");
    assert_eq!(
        expired.replay,
        "faultkey exercise --scenario m0902-challenge-expired-slow-finger --profile pixel-chrome --seed 42 --rp https://broker.test --wait"
    );
}

#[tokio::test]
async fn a_single_cause_has_nothing_to_be_confused_with() {
    let run = exercised(&plan(Handling::Opaque, &["m0902-uv-not-set"])).await;
    assert!(run.findings.iter().flat_map(|finding| finding.ids()).all(|id| id.check != CheckId::GenericAnswer), "{}", complaints(&run));
    assert_eq!(run.scenarios[0].replay, "faultkey exercise --scenario m0902-uv-not-set --profile pixel-chrome --seed 42 --handling opaque");
}

#[tokio::test]
async fn a_profile_that_is_forced_on_all_skips_what_it_cannot_play() {
    let mut all = plan(Handling::Diagnosing, &["m0902-uv-not-set", "m0902-counter-restored"]);
    all.profile = Some("iphone".to_owned());
    let run = exercised(&all).await;
    let [played, skipped] = run.scenarios.as_slice() else { panic!("two runs") };
    assert_eq!((played.standing, skipped.standing), (Standing::Passed, Standing::DoesNotApply));
    let Some(Reason::ImpossibleOnProfile { problem }) = &skipped.reason else { panic!("{:?}", skipped.reason) };
    let Text { en: problem, ja } = problem;
    assert!(problem.contains("`sign-count-rollback`") && problem.contains("its signature counter is always zero"), "{problem}");
    assert!(ja.ends_with("フォールト`sign-count-rollback`は端末プロファイル`iphone`では起こらない（署名カウンターが常に0である）"), "{ja}");

    let mut one = plan(Handling::Diagnosing, &["m0902-counter-restored"]);
    one.profile = Some("iphone".to_owned());
    let error = exercise(&one, &Quiet, &Stop::never()).await.unwrap_err().to_string();
    assert!(error.ends_with(problem), "{error}");
    one.profile = Some("iphon".to_owned());
    let error = exercise(&one, &Quiet, &Stop::never()).await.unwrap_err().to_string();
    assert!(error.contains("`iphon`, did you mean `iphone`?"), "{error}");
}

#[tokio::test]
async fn a_fault_that_never_fires_proves_nothing() {
    let text = r#"
        id = "never"
        title = "A fault that never fires"
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
        expect = ["O-RETRY-NEW-CHALLENGE"]
    "#;
    let never = Scenario::parse("never.toml", text).unwrap();
    let run = exercised(&Plan { scenarios: vec![never], ..plan(Handling::Diagnosing, &[]) }).await;
    let scenario = &run.scenarios[0];
    assert_eq!(scenario.standing, Standing::NotObservable);
    assert_eq!(scenario.reason, Some(Reason::FaultDidNotFire { fault: "cut-verify".to_owned() }));
    assert!(scenario.steps[2].checks.is_empty() && run.findings.is_empty(), "{}", complaints(&run));
}

#[tokio::test]
async fn the_transcript_says_which_step_begins() {
    let run = exercised(&plan(Handling::Diagnosing, &["interrupted-challenge-half"])).await;
    let transcript = &run.scenarios[0].transcript;
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
            "step 3: sign in",
            "step 4: sign in",
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
        rule = "credential"
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
        rule = "challenge"
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
    let run = exercised(&Plan { scenarios: vec![others], ..plan(Handling::Diagnosing, &[]) }).await;
    assert_eq!(run.scenarios[0].standing, Standing::Passed, "{}", complaints(&run));
    assert!(run.findings.is_empty(), "{}", complaints(&run));
}

/// Writes down how long was to be waited; nobody goes on before `together` wait.
struct Waits {
    seconds: Arc<std::sync::Mutex<Vec<u64>>>,
    together: Arc<tokio::sync::Barrier>,
}

impl Progress for Waits {
    fn started(&self, _: &str, _: &str, _: &str, _: usize, _: usize) {}
    fn finished(&self, _: &str, _: &str, _: &str, _: usize, _: usize) {}
    fn learnt(&self, _: &str, _: &Learnt) {}
    fn stopped_answering(&self, _: &str, _: Duration) {}
    fn waiter(&self) -> Waiter {
        let (seconds, together) = (Arc::clone(&self.seconds), Arc::clone(&self.together));
        Arc::new(move |time| {
            seconds.lock().unwrap().push(time.as_secs());
            let together = Arc::clone(&together);
            Box::pin(async move {
                together.wait().await;
            })
        })
    }
}

/// Against a clock that stands still: whatever is waited for never comes, so the challenge is accepted.
async fn waited(lifetime: &str) -> (TargetRun, Vec<u64>) {
    let embedded = Embedded::start(Handling::Diagnosing, Clock::default(), 42).await.unwrap();
    let mut plan = through_the_plain_mapping(embedded.address(), &["m0902-challenge-expired-slow-finger"]);
    plan.include_real_wait = true;
    let TargetPlan::Foreign(foreign) = &mut plan.targets[0] else { panic!("somebody else's") };
    let mapping =
        format!("origin = \"https://broker.test\"\n{}\n{lifetime}", include_str!("../../../relying-party/adapters/fido-conformance.toml"));
    foreign.mapping = Mapping::parse(&mapping, "m.toml").unwrap();
    let waits = Waits { seconds: Arc::default(), together: Arc::new(tokio::sync::Barrier::new(2)) };
    let run = exercise(&plan, &waits, &Stop::never()).await.unwrap().targets.remove(0);
    let seconds = waits.seconds.lock().unwrap().clone();
    (run, seconds)
}

#[tokio::test]
async fn what_waits_waits_side_by_side_and_as_long_as_the_challenge_lasts() {
    let ids = |run: &TargetRun| run.findings.iter().map(|finding| finding.id.to_string()).collect::<Vec<_>>();
    // The options say 60 s. Two profiles; alone, neither would go on.
    let (run, seconds) = waited("").await;
    assert_eq!(seconds, [65, 65]);
    assert_eq!(ids(&run), ["challenge-outlives-timeout/authentication-verify"], "{}", complaints(&run));
    let (run, seconds) = waited("[challenge]\nlifetime = 120").await;
    assert_eq!(seconds, [125, 125]);
    assert_eq!(ids(&run), ["challenge-outlives-lifetime/authentication-verify"], "{}", complaints(&run));
}

#[tokio::test]
async fn a_sign_in_after_a_registration_is_in_a_session_of_its_own() {
    let run = exercised(&plan(Handling::Diagnosing, &["m0902-uv-not-set"])).await;
    let cookies: Vec<Option<&String>> = run.scenarios[0]
        .transcript
        .iter()
        .filter_map(|entry| match &entry.what {
            What::HttpRequest { path, headers, .. } if path == "/assertion/options" => {
                Some(headers.iter().find(|(name, _)| name == "cookie").map(|(_, value)| value))
            }
            _ => None,
        })
        .collect();
    let registered = run.scenarios[0].transcript.iter().find_map(|entry| match &entry.what {
        What::HttpRequest { path, headers, .. } if path == "/attestation/result" => {
            headers.iter().find(|(name, _)| name == "cookie").map(|(_, value)| value)
        }
        _ => None,
    });
    assert!(registered.is_some() && !cookies.is_empty());
    assert!(cookies.iter().all(|cookie| *cookie != registered), "{cookies:?} {registered:?}");
}

#[test]
fn the_first_answer_that_names_its_server_says_which_it_is() {
    use crate::facts::sample::{part, played, registered, run};
    let answer = |number, headers: &[(&str, &str)]| {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Entry { number, at: 0, what: What::HttpResponse { status: 200, headers, body: String::new() } }
    };
    let of = |entries: Vec<Entry>| {
        let mut part = part("a", vec![played(registered())]);
        part.attempts[0].transcript = entries;
        server(&run(vec![part]))
    };
    let (silent, named) = (answer(1, &[("content-type", "text/html")]), answer(2, &[("server", "nginx/1.25\u{1b}[2J")]));
    assert_eq!(of(vec![silent.clone(), named, answer(3, &[("server", "another")])]).as_deref(), Some("nginx/1.25\\u{1b}[2J"));
    assert_eq!(of(vec![silent]), None);
    assert_eq!(of(vec![answer(1, &[("server", "")])]), None);
    assert_eq!(of(vec![answer(1, &[("server", &"x".repeat(300))])]).map(|server| server.len()), Some(SERVER));
}
