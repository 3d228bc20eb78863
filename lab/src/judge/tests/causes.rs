//! Causes of failure and the answers to them, over a whole run.

use faultkey_fault_injection::Text;
use faultkey_relying_party::{Answer, Observation};

use super::*;
use crate::facts::sample::*;
use crate::facts::{Ceremony, PartFacts, StepSeen};
use crate::verdict::{AnswerSummary, Found};

/// The same answer to each.
fn all_alike(causes: &[&str]) -> Vec<Played> {
    causes.iter().map(|cause| caused(cause, good_refusal())).collect()
}

/// The causes of what is found to share an answer, and of how many.
fn shared(facts: &RunFacts) -> Option<(Vec<String>, usize)> {
    judge(facts).findings.into_iter().find_map(|finding| match finding.found {
        Found::SharedAnswer { causes, of, .. } => Some((causes, of)),
        _ => None,
    })
}

fn names<const N: usize>(names: [&str; N]) -> Vec<String> {
    names.map(str::to_owned).into()
}

#[test]
fn three_causes_under_one_answer_are_too_many_and_two_are_not() {
    let of = |causes: &[&str]| shared(&run(vec![part("s", all_alike(causes))]));
    assert_eq!(of(&["a", "b"]), None);
    assert_eq!(of(&["a", "b", "c"]), Some((names(["a", "b", "c"]), 3)));
    let mut steps = all_alike(&["a", "b", "c", "d"]);
    steps.push(caused("e", good_refusal_by(answer(404, "other", "password", ""))));
    assert_eq!(shared(&run(vec![part("s", steps)])), Some((names(["a", "b", "c", "d"]), 5)));
}

#[test]
fn a_shared_answer_is_one_finding_with_that_answer() {
    let judged = judge(&run(vec![part("s", all_alike(&["a", "b", "c"]))]));
    let [finding] = judged.findings.as_slice() else { panic!("{:?}", judged.findings) };
    assert_eq!(finding.id.to_string(), "generic-answer/authentication-verify");
    let answer = AnswerSummary { logged: Some("a-reason".to_owned()), ..AnswerSummary::of(good_refusal().verify.as_ref().unwrap()) };
    assert_eq!(finding.found, Found::SharedAnswer { causes: names(["a", "b", "c"]), of: 3, answer });
    assert_eq!(finding.evidence.as_ref().unwrap().path, "/verify");
    assert_eq!((finding.seen.len(), finding.seen[0].step), (1, 1));
}

#[test]
fn what_tells_the_third_cause_apart_is_enough() {
    let with_third = |third: Ceremony| {
        let mut steps = all_alike(&["a", "b"]);
        steps.push(caused("c", third));
        shared(&run(vec![part("s", steps)]))
    };
    let answered = |change: &dyn Fn(&mut Answer)| {
        let mut third = good_refusal();
        third.verify.iter_mut().for_each(change);
        with_third(third)
    };
    assert!(with_third(good_refusal()).is_some());
    assert_eq!(answered(&|answer| answer.message = Some("its own".to_owned())), None, "to the user");
    assert_eq!(answered(&|answer| answer.next.push("phone".to_owned())), None, "by the ways out");
    assert_eq!(answered(&|answer| answer.code = Some("its-own".to_owned())), None, "to the caller");
    assert_eq!(answered(&|answer| answer.status = 401), None, "to the caller");
    let mut logged = good_refusal();
    logged.after = state(false, &[row("k")], &["its-own"]);
    assert_eq!(with_third(logged), None, "to a reader of the log");
    let mut elsewhere = good_refusal();
    elsewhere.kind = crate::facts::Kind::Registration;
    assert_eq!(with_third(elsewhere), None, "at another request");
}

#[test]
fn of_two_heaps_at_one_request_the_larger_is_told_and_of_two_alike_the_first() {
    let heap = |causes: &[&str], code: &str| -> Vec<Played> {
        causes.iter().map(|cause| caused(cause, good_refusal_by(answer(403, code, "password", "")))).collect()
    };
    let of = |first: &[&str], second: &[&str]| {
        let facts = run(vec![part("s", heap(first, "one").into_iter().chain(heap(second, "two")).collect())]);
        assert_eq!(leading(&facts), ["generic-answer/authentication-verify"]);
        shared(&facts).unwrap().0
    };
    assert_eq!(of(&["a", "b", "c"], &["d", "e", "f", "g"]), names(["d", "e", "f", "g"]));
    assert_eq!(of(&["a", "b", "c", "d"], &["e", "f", "g"]), names(["a", "b", "c", "d"]));
    assert_eq!(of(&["a", "b", "c"], &["d", "e", "f"]), names(["a", "b", "c"]));
}

#[test]
fn a_heap_at_each_request_is_one_finding_since_one_change_mends_them() {
    let registrations = all_alike(&["d", "e", "f"]).into_iter().map(|(step, seen)| {
        let StepSeen::Ceremony(mut ceremony) = seen else { panic!("no ceremony") };
        ceremony.kind = crate::facts::Kind::Registration;
        (step, StepSeen::Ceremony(ceremony))
    });
    let facts = run(vec![part("s", all_alike(&["a", "b", "c"]).into_iter().chain(registrations).collect())]);
    assert_eq!(leading(&facts), ["generic-answer/registration-verify"]);
    assert_eq!(ids(&facts), ["generic-answer/authentication-verify", "generic-answer/registration-verify"]);
}

#[test]
fn a_cause_whose_answer_cannot_be_seen_is_not_counted() {
    let silent = Ceremony { ways: password_there(), ..cut(crate::facts::Kind::Authentication, answer(200, "x", "", "")) };
    let silent = Ceremony { reported: None, ..silent };
    let mut steps = all_alike(&["a", "b", "c"]);
    steps.push(caused("d", silent));
    let facts = run(vec![part("s", steps)]);
    assert_eq!(shared(&facts), Some((names(["a", "b", "c"]), 3)));
    let matrix = judge(&facts).confusion;
    assert_eq!(matrix.causes.len(), 4);
    assert_eq!([&matrix.shown.answers[3], &matrix.api.answers[3], &matrix.logged.answers[3]], [&None; 3]);
}

#[test]
fn what_the_matrix_shows() {
    let of = |ceremony: Ceremony| {
        let matrix = judge(&run(vec![part("s", vec![caused("a", ceremony)])])).confusion;
        let first = |grouping: &crate::confusion::Grouping| grouping.answers.first().cloned().flatten();
        [first(&matrix.shown), first(&matrix.api), first(&matrix.logged)]
    };
    let some = |text: &str| Some(text.to_owned());
    let refusal = |code: &str, next: &str| good_refusal_by(answer(403, code, next, ""));
    assert_eq!(of(refusal("x", "retry phone")), [some("about x [retry, phone]"), some("403 x"), some("a-reason")]);
    assert_eq!(of(refusal("x", "")), [some("about x []"), some("403 x"), some("a-reason")], "no way out is a part of what is shown");
    assert_eq!(of(refusal("", "retry")), [some(" [retry]"), some("403"), some("a-reason")]);
    let mut unmapped = refusal("x", "retry");
    unmapped.sees.ways = false;
    unmapped.after.log = Observation::Seen(Vec::new());
    assert_eq!(of(unmapped), [some("about x"), some("403 x"), None]);
    let accepted = |next: &str| Ceremony { after: state(true, &[row("k")], &[]), ..refused(answer(200, "x", next, "")) };
    assert_eq!(of(accepted(""))[0], some("about x"), "who got in needs no way out");
    assert_eq!(of(accepted("support"))[0], some("about x [support]"));
}

#[test]
fn the_matrix_names_the_cause_and_where_it_was_played_first() {
    let on = |profile: &str, code: &str| {
        let ceremony = good_refusal_by(answer(403, code, "password", ""));
        PartFacts { profile: profile.to_owned(), ..part("s", vec![caused("a", ceremony)]) }
    };
    let matrix = judge(&run(vec![on("iphone", "first"), on("pixel", "second")])).confusion;
    assert_eq!(
        matrix.causes,
        [crate::confusion::Cause {
            id: "a".to_owned(),
            title: Text::new("the cause a".to_owned(), "原因a".to_owned()),
            scenario: "s on iphone".to_owned()
        }]
    );
    assert_eq!(matrix.api.answers, [Some("403 first".to_owned())]);
}

#[test]
fn what_is_no_answer_to_a_cause_is_not_in_the_matrix() {
    let causes = |part: PartFacts| -> Vec<String> { judge(&run(vec![part])).confusion.causes.into_iter().map(|cause| cause.id).collect() };
    let one = |ceremony| part("s", vec![caused("a", ceremony)]);
    assert_eq!(causes(one(good_refusal())), ["a"]);
    assert_eq!(causes(one(signed_in())), [""; 0], "nothing was wrong");
    let noted = Ceremony { after: state(true, &[row("k")], &[]), ..refused(answer(200, "x", "", "")) };
    assert_eq!(causes(one(noted)), ["a"], "it was accepted, with a code");
    assert_eq!(causes(part("s", vec![played(good_refusal())])), [""; 0], "of no cause");

    let mut idle = one(good_refusal());
    idle.scenario.steps.insert(0, other(crate::scenario::Action::Retry, StepSeen::Nothing).0);
    idle.attempts[0]
        .steps
        .insert(0, crate::facts::StepFacts { disturbed: false, fired: Vec::new(), effect: None, seen: StepSeen::Nothing });
    idle.attempts[0].armed = vec![armed(0, Vec::new())];
    assert_eq!(causes(idle), [""; 0], "its fault never fired");

    let mut broken_off = one(good_refusal());
    broken_off.attempts[0].broken_off = Some(BrokenOff::RateLimited { step: 0 });
    assert_eq!(causes(broken_off), [""; 0], "a limit on the rate answered");
    let skipped = PartFacts { attempts: Vec::new(), skipped: Some(crate::facts::Skipped::NeedsWait), ..one(good_refusal()) };
    assert_eq!(causes(skipped), [""; 0]);

    let mut second_only = one(signed_in());
    second_only.attempts.push(attempt(vec![StepSeen::Ceremony(Box::new(good_refusal()))]));
    assert_eq!(causes(second_only), [""; 0], "the first of several repetitions counts");
}
