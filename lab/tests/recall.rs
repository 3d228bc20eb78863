//! What `exercise` finds: nothing at a relying party that does everything right, and at one with a weakness that weakness and no other.

#[path = "recall/answer.rs"]
mod answer;
#[path = "recall/ceremony.rs"]
mod ceremony;
#[path = "recall/hooks.rs"]
mod hooks;
#[path = "recall/options.rs"]
mod options;
#[path = "recall/reason.rs"]
mod reason;
#[path = "recall/reports.rs"]
mod reports;
#[path = "recall/server.rs"]
mod server;
#[path = "recall/state.rs"]
mod state;
#[path = "recall/verify.rs"]
mod verify;
#[path = "recall/weakness.rs"]
mod weakness;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use faultkey_fault_injection::Language;
use faultkey_lab::check::CheckId;
use faultkey_lab::exercise::{ExerciseError, Foreign, Learnt, Plan, Problem, Progress, Stop, TargetPlan, exercise};
use faultkey_lab::help;
use faultkey_lab::scenario::{self, Scenario};
use faultkey_lab::verdict::{Standing, TargetRun};
use faultkey_relying_party::{Mapping, Proxies, Target, Waiter};

use server::Server;
use weakness::{COMMON, Switch, Weakness};

/// Printed with every failure.
const SEED: u64 = 42;

/// A run's time is the server's.
struct Quiet(Waiter);

impl Progress for Quiet {
    fn started(&self, _: &str, _: &str, _: &str, _: usize, _: usize) {}
    fn finished(&self, _: &str, _: &str, _: &str, _: usize, _: usize) {}
    fn learnt(&self, _: &str, _: &Learnt) {}
    fn stopped_answering(&self, _: &str, _: Duration) {}
    fn waiter(&self) -> Waiter {
        Arc::clone(&self.0)
    }
}

/// What says when challenges expire; left out where the options alone are to say it.
const LIFETIME: &str = "[challenge]\nlifetime = 300\n";

fn mapping(switch: Switch) -> Mapping {
    let text = include_str!("recall/adapter.toml");
    assert!(text.contains(LIFETIME));
    let text = if switch.is(Weakness::ChallengeOutlivesTimeout) { text.replace(LIFETIME, "") } else { text.to_owned() };
    Mapping::parse(&text, "adapter.toml").unwrap()
}

/// Scenarios that wait for real wait side by side. This server's clock is moved by whoever waits, so they are played one after the other.
fn runs(scenarios: Vec<Scenario>) -> Vec<Vec<Scenario>> {
    let (waiting, others): (Vec<_>, Vec<_>) = scenarios.into_iter().partition(|scenario| scenario.needs_real_wait);
    let alone = |scenario: Scenario| {
        scenario.profiles.clone().into_iter().map(move |profile| vec![Scenario { profiles: vec![profile], ..scenario.clone() }])
    };
    std::iter::once(others).chain(waiting.into_iter().flat_map(alone)).collect()
}

fn foreign(server: &Server, mapping: Mapping) -> Foreign {
    Foreign {
        name: "shop".to_owned(),
        mapping,
        target: Target {
            url: url::Url::parse("https://shop.example").unwrap(),
            connect: Some(server.address()),
            certificate_authority: None,
            proxies: Proxies::default(),
        },
        accounts: "r".to_owned(),
        arguments: "--rp https://shop.example".to_owned(),
        pace: Duration::ZERO,
        patience: Duration::from_secs(30),
        comes_back_within: Duration::from_secs(10),
        restart: None,
    }
}

fn plan(foreign: Foreign, scenarios: Vec<Scenario>) -> Plan {
    Plan {
        targets: vec![TargetPlan::Foreign(foreign)],
        scenarios,
        profile: None,
        seed: SEED,
        include_real_wait: true,
        language: Language::English,
    }
}

/// Plays the scenarios against a server with this switch on.
async fn played(switch: Switch, names: &[&str]) -> Vec<TargetRun> {
    let server = Arc::new(Server::start(switch, SEED));
    let restarted = Arc::clone(&server);
    let progress = Quiet(server.waiter());
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut targets = Vec::new();
    for (number, scenarios) in runs(scenario::select(&names).unwrap()).into_iter().enumerate() {
        let restarted = Arc::clone(&restarted);
        let foreign = Foreign {
            accounts: format!("r{number}"),
            // Only one switch makes anybody wait for so long.
            patience: Duration::from_secs(if switch.is(Weakness::NoAnswer) { 2 } else { 30 }),
            restart: Some(Arc::new(move || {
                restarted.restart();
                Ok(())
            })),
            ..foreign(&server, mapping(switch))
        };
        let plan = plan(foreign, scenarios);
        let run = exercise(&plan, &progress, &Stop::never()).await;
        targets.extend(run.unwrap_or_else(|error| panic!("seed {SEED}, {switch:?}: {error}: {error:?}")).targets);
    }
    targets
}

fn ids(targets: &[TargetRun]) -> BTreeSet<String> {
    targets.iter().flat_map(|target| &target.findings).flat_map(|finding| finding.ids()).map(|id| id.to_string()).collect()
}

/// Every finding with where it was seen, and every scenario that did not pass.
fn told(targets: &[TargetRun]) -> String {
    let mut lines = Vec::new();
    for finding in targets.iter().flat_map(|target| &target.findings) {
        lines.push(format!("{}: {:?}", finding.id, finding.found));
        lines.extend(finding.also.iter().map(|also| format!("  also {}: {:?}", also.id, also.found)));
        lines.extend(finding.seen.iter().map(|seen| format!("  in {} on {}, step {}", seen.scenario, seen.profile, seen.step)));
        lines.extend(finding.evidence.iter().map(|evidence| {
            format!("  {} {} {}\n  -> {:?} {}", evidence.method, evidence.path, evidence.body, evidence.status, evidence.answer)
        }));
    }
    for scenario in targets.iter().flat_map(|target| &target.scenarios).filter(|scenario| scenario.standing != Standing::Passed) {
        lines.push(format!("{} on {}: {:?} {:?}", scenario.id, scenario.profile, scenario.standing, scenario.reason));
    }
    lines.join("\n")
}

/// Set: every switch is tried in all scenarios, which takes minutes.
const ALL: &str = "FAULTKEY_RECALL_ALL";

/// Plays the switch's scenarios, and compares what is found.
async fn is_found(weakness: Weakness) {
    // One signature in 256 is short by itself: in many scenarios some clean one is refused, and that is found as what it looks like.
    let common = if weakness == Weakness::ShortSignatureRefused { &["clean-ceremonies"] } else { COMMON };
    let names: Vec<&str> = common.iter().chain(weakness.scenarios()).copied().collect();
    let all = std::env::var_os(ALL).is_some() && common == COMMON;
    let targets = played(Switch(Some(weakness)), if all { &[] } else { &names }).await;
    let consequences = weakness.consequences().iter().map(|(id, _)| id);
    let expected: BTreeSet<String> = weakness.findings().iter().chain(consequences).map(ToString::to_string).collect();
    let found = ids(&targets);
    let (missing, more): (Vec<_>, Vec<_>) = (expected.difference(&found).collect(), found.difference(&expected).collect());
    let told = told(&targets);
    assert!(
        missing.is_empty() && more.is_empty(),
        "seed {SEED}, switch {weakness:?}\nmissing: {missing:?}\nnot expected: {more:?}\n{told}"
    );
}

#[tokio::test]
async fn nothing_is_found_where_everything_is_right() {
    let targets = played(Switch(None), &[]).await;
    assert_eq!(ids(&targets), BTreeSet::new(), "seed {SEED}, all switches off\n{}", told(&targets));
    for scenario in targets.iter().flat_map(|target| &target.scenarios) {
        let fine = matches!(scenario.standing, Standing::Passed | Standing::DoesNotApply);
        assert!(fine, "seed {SEED}, all switches off\n{}", told(&targets));
    }
    for target in &targets {
        assert!(target.incomplete.is_none() && !target.rate_limited, "{:?}", target.incomplete);
        assert!(target.blind_spots.is_empty(), "everything is mapped: {:?}", target.blind_spots);
    }
}

/// Refusals with 200, and an adapter file without the rule that tells them: what it takes for a weak relying party is its own mistake.
#[tokio::test]
async fn an_adapter_that_can_not_tell_a_refusal_is_told_so_and_the_relying_party_is_not_blamed() {
    let server = Server::start(Switch(Some(Weakness::RefusedWith2xx)), SEED);
    let rule = "accepted = { pointer = \"/status\", equals = \"ok\" }\n";
    let text = include_str!("recall/adapter.toml");
    assert!(text.contains(rule));
    let mapping = Mapping::parse(&text.replace(rule, ""), "adapter.toml").unwrap();
    let plan = plan(foreign(&server, mapping), scenario::select(&["m0902-key-swapped-same-id".to_owned()]).unwrap());
    let error = exercise(&plan, &Quiet(server.waiter()), &Stop::never()).await.unwrap_err();
    let ExerciseError::NotExercisable(not) = error else { panic!("{error:?}") };
    let Problem::RefusalNotTold(untold) = &not.problem else { panic!("{:?}", not.problem) };
    assert_eq!((untold.pointer.as_str(), &untold.accepted, untold.at_registration), ("/status", &serde_json::json!("ok"), true));
    let page = help::page(&not, None, Language::English);
    assert!(page.contains("does not tell a refusal from an acceptance"), "{page}");
    assert!(page.contains("[authentication.verify]\n    accepted = { pointer = \"/status\", equals = \"ok\" }"), "{page}");
}

#[test]
fn every_check_has_a_switch() {
    for check in CheckId::ALL {
        assert!(Weakness::ALL.iter().any(|weakness| weakness.check() == *check), "{}", check.name());
    }
}

#[test]
fn few_weaknesses_show_as_another_too() {
    let consequences: Vec<_> = Weakness::ALL.iter().flat_map(|weakness| weakness.consequences()).collect();
    assert!(consequences.len() <= 5, "{consequences:?}");
    for (id, reason) in consequences {
        assert!(!reason.is_empty(), "{id}");
    }
}
