use super::*;
use crate::accept::Accepted;
use crate::report::{json, sample};
use crate::verdict::Aspect;

const REPLAY: &str = "replay/authentication-verify";
const ALSO: &str = "challenge-survives-refusal/authentication-verify";
const NO_REGISTER_AGAIN: &str = "no-register-again/authentication-verify";
const ENUMERATION: &str = "account-enumeration/authentication-options";

fn compared(old: &Run, new: &Run) -> TargetComparison {
    let mut comparison = compare(&Snapshot::of(old), &Snapshot::of(new));
    assert_eq!((comparison.targets.len(), &comparison.only_old, &comparison.only_new), (1, &Vec::new(), &Vec::new()));
    comparison.targets.remove(0)
}

fn ids(changes: &[Change]) -> Vec<&str> {
    changes.iter().map(|change| change.id.as_str()).collect()
}

fn without(index: usize) -> Run {
    let mut run = sample::foreign();
    run.targets[0].findings.remove(index);
    run
}

#[test]
fn a_run_differs_in_nothing_from_itself() {
    let run = sample::foreign();
    let target = compared(&run, &run);
    assert_eq!(ids(&target.remaining), [REPLAY, NO_REGISTER_AGAIN, ENUMERATION, ALSO], "the gravest first");
    assert_eq!(target.remaining[3].gravity, Gravity::Advice, "a further side is as grave as its own check");
    let rest = TargetComparison { remaining: target.remaining.clone(), name: target.name.clone(), ..TargetComparison::default() };
    assert_eq!(target, rest);
}

#[test]
fn what_is_new_and_what_is_gone() {
    let target = compared(&without(1), &sample::foreign());
    assert_eq!(ids(&target.new), [NO_REGISTER_AGAIN]);
    assert!(target.gone.is_empty());
    let target = compared(&sample::foreign(), &without(1));
    assert_eq!((ids(&target.new), ids(&target.gone)), (Vec::new(), vec![NO_REGISTER_AGAIN]));
}

#[test]
fn what_was_not_played_again_is_not_gone() {
    let mut new = without(1);
    let seen = sample::foreign().targets[0].findings[1].seen[0].scenario.clone();
    for scenario in new.targets[0].scenarios.iter_mut().filter(|scenario| scenario.id == seen) {
        scenario.standing = Standing::NotPlayed;
    }
    let target = compared(&sample::foreign(), &new);
    assert!(target.gone.is_empty(), "{:?}", target.gone);
    assert_eq!(ids(&target.not_looked_for), [NO_REGISTER_AGAIN]);
}

#[test]
fn a_further_side_can_be_new() {
    let mut old = sample::foreign();
    old.targets[0].findings[0].also.clear();
    let target = compared(&old, &sample::foreign());
    assert_eq!(ids(&target.new), [ALSO]);
}

#[test]
fn what_is_accepted_is_left_out_and_is_new_once_it_is_not_accepted_any_more() {
    let mut accepted = sample::foreign();
    accepted.targets[0].findings[1].accepted = Some(Accepted { reason: "SHOP-1".into(), until: None });
    assert_eq!(ids(&compared(&accepted, &sample::foreign()).new), [NO_REGISTER_AGAIN]);
    let target = compared(&sample::foreign(), &accepted);
    assert!(target.gone.is_empty() && target.not_looked_for.is_empty() && !ids(&target.remaining).contains(&NO_REGISTER_AGAIN));
}

#[test]
fn with_a_baseline_only_what_is_new_fails() {
    let fails = |old: &Run| {
        let mut run = sample::foreign();
        against(&mut run, &Snapshot::of(old));
        (run.targets[0].fails(FailOn::default()), run.targets[0].is_new(&run.targets[0].findings[1]))
    };
    assert_eq!(fails(&sample::foreign()), (false, false));
    assert_eq!(fails(&without(1)), (true, true));
    // A remark is not grave enough.
    assert_eq!(fails(&without(2)), (false, false));
}

#[test]
fn scenarios_that_stand_otherwise_and_what_became_observable() {
    let mut new = sample::foreign();
    let scenario = new.targets[0].scenarios.iter_mut().find(|scenario| scenario.standing == Standing::Failed).unwrap();
    scenario.standing = Standing::Passed;
    let (id, profile) = (scenario.id.clone(), scenario.profile.clone());
    let spot = new.targets[0].blind_spots.remove(0);
    let target = compared(&sample::foreign(), &new);
    let change = StandingChange { scenario: id, profile, old: Some(Standing::Failed), new: Some(Standing::Passed) };
    assert_eq!(target.standings, [change]);
    assert_eq!(target.observable, spot.checks.iter().map(|check| check.name()).collect::<Vec<_>>());
    assert_eq!(compared(&new, &sample::foreign()).no_longer_observable, target.observable);
}

#[test]
fn relying_parties_are_paired_by_name_then_by_order() {
    let (mut old, new) = (sample::both(), sample::both());
    old.targets.reverse();
    let comparison = compare(&Snapshot::of(&old), &Snapshot::of(&new));
    assert!(comparison.targets.iter().all(|target| target.new.is_empty() && target.standings.is_empty()), "{comparison:?}");
    let mut renamed = sample::foreign();
    renamed.targets[0].relying_party.name = "another".into();
    assert!(compared(&renamed, &sample::foreign()).new.is_empty());
    old.targets.truncate(1);
    let comparison = compare(&Snapshot::of(&old), &Snapshot::of(&new));
    assert_eq!(comparison.only_new, ["embedded, opaque"]);
    let comparison = compare(&Snapshot::of(&new), &Snapshot::of(&old));
    assert_eq!(comparison.only_old, ["embedded, opaque"]);
}

#[test]
fn a_comparison_fails_on_new_findings_that_are_grave_enough() {
    let comparison = compare(&Snapshot::of(&without(1)), &Snapshot::of(&sample::foreign()));
    assert!(comparison.fails(FailOn::default()));
    assert!(!comparison.fails(FailOn::AtLeast(Gravity::State)) && !comparison.fails(FailOn::Never));
    let mut new = sample::foreign();
    new.targets[0].for_comparison = true;
    assert!(!compare(&Snapshot::of(&without(1)), &Snapshot::of(&new)).fails(FailOn::default()));
}

#[test]
fn a_report_is_read_back() {
    let mut run = sample::foreign();
    run.targets[0].findings[1].accepted = Some(Accepted { reason: "SHOP-1".into(), until: None });
    let text = json::render(&run, &crate::report::Settings::default()).unwrap();
    let read = Snapshot::read(&text, "report.json").unwrap();
    let own = Snapshot::of(&run);
    assert_eq!(compare(&read, &own), compare(&own, &own));
    assert_eq!(compare(&own, &read), compare(&own, &own));
}

#[test]
fn checks_of_another_version_are_compared_by_name() {
    let mut run = sample::foreign();
    let also = Aspect { id: ENUMERATION.parse().unwrap(), found: crate::verdict::Found::Locked };
    run.targets[0].findings[1].also.push(also);
    let text = json::render(&run, &crate::report::Settings::default()).unwrap().replace(ENUMERATION, "no-such-check/fallback");
    let read = Snapshot::read(&text, "report.json").unwrap();
    let gone = compare(&read, &Snapshot::of(&sample::foreign())).targets.remove(0).gone;
    assert!(ids(&gone).contains(&"no-such-check/fallback"), "{gone:?}");
}

#[test]
fn what_is_no_report_of_this_version_is_refused_by_name() {
    let error = |text: &str| Snapshot::read(text, "baseline.json").unwrap_err().to_string();
    assert_eq!(
        error("{\"schema\": \"faultkey-report/1\"}"),
        "baseline.json is a faultkey-report/1; this faultkey reads faultkey-report/2: make it again with `faultkey exercise` of this version"
    );
    assert_eq!(
        error("<html>"),
        "baseline.json is not JSON: expected value at line 1 column 1; expected a report.json of `faultkey exercise`"
    );
    for other in ["[]", "{}", "{\"schema\": \"sarif\"}", "{\"schema\": 2}"] {
        assert_eq!(error(other), "baseline.json is no report of faultkey; expected a report.json of `faultkey exercise`");
    }
    assert_eq!(
        error("{\"schema\": \"faultkey-report/2\"}"),
        "baseline.json says that it is a faultkey-report/2, but is not as one is: missing field `targets`; make it again with `faultkey exercise`"
    );
}
