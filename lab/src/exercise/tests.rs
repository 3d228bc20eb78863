use super::*;
use crate::scenario;
use crate::verdict::Judgement;

/// Says nothing; never asked to wait.
pub struct Quiet;

impl Progress for Quiet {
    fn started(&mut self, _: &str, _: &str, _: &str, _: usize, _: usize) {}
    fn finished(&mut self, _: &str, _: &ScenarioVerdict, _: usize, _: usize) {}
    fn waiter(&self) -> Waiter {
        panic!("the embedded relying party needs no real time");
    }
}

pub fn plan(handling: Handling, names: &[&str]) -> Plan {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    Plan {
        targets: vec![TargetPlan::Embedded(handling)],
        scenarios: scenario::select(&names).unwrap(),
        profile: None,
        seed: 42,
        include_real_wait: false,
    }
}

/// What is worth a look in a failing test.
fn complaints(run: &Run) -> String {
    let mut text = String::new();
    for verdict in run.targets.iter().flat_map(|target| &target.scenarios) {
        if verdict.judgement == Judgement::Held {
            continue;
        }
        text += &format!(
            "\n== {} on {}: {:?} {:?}\n   {}\n   {}\n",
            verdict.id, verdict.profile, verdict.judgement, verdict.skipped, verdict.rp_answered, verdict.advice
        );
        for step in verdict.steps.iter() {
            for check in step.checks.iter().filter(|check| check.judgement != Judgement::Held) {
                text += &format!("   {} {}: {} {:?}: {}\n", step.number, step.action, check.what, check.judgement, check.found);
            }
        }
        for invariant in verdict.invariants.iter().filter(|invariant| invariant.judgement != Judgement::Held) {
            text += &format!("   {} {}: {:?} {}\n", invariant.id, invariant.title, invariant.judgement, invariant.found);
        }
    }
    text
}

#[tokio::test]
async fn the_diagnosing_relying_party_holds_every_expectation() {
    let run = exercise(&plan(Handling::Diagnosing, &[]), &mut Quiet).await.unwrap();
    assert_eq!(run.judgement(), Judgement::Held, "{}", complaints(&run));
}

#[tokio::test]
async fn the_opaque_relying_party_falls_short_in_every_scenario() {
    let run = exercise(&plan(Handling::Opaque, &[]), &mut Quiet).await.unwrap();
    for verdict in &run.targets[0].scenarios {
        assert_eq!(verdict.judgement, Judgement::FellShort, "{} on {}", verdict.id, verdict.profile);
    }
}
