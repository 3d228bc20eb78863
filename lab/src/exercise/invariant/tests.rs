use faultkey_client::DomExceptionName::NotAllowedError;
use serde_json::json;

use super::*;
use crate::exercise::sample::{answer, ceremony, cut, lost, refused, row, state, thrown};

/// What stands of each invariant after one ceremony: `I3 held`.
fn after(ceremony: &Ceremony) -> Vec<String> {
    let mut invariants = Invariants::default();
    invariants.look(ceremony);
    invariants.verdicts().into_iter().map(|verdict| format!("{} {}", verdict.id, verdict.judgement)).collect()
}

fn fell_short(ceremony: &Ceremony) -> Vec<String> {
    after(ceremony).into_iter().filter_map(|verdict| verdict.strip_suffix(" fell short").map(str::to_owned)).collect()
}

fn good_refusal() -> Ceremony {
    Ceremony { ways: vec![("password".to_owned(), Observation::Seen(true))], ..refused(answer(403, "x", "password", "")) }
}

#[test]
fn a_good_refusal_holds_all_that_apply() {
    assert_eq!(
        after(&good_refusal()),
        ["I1 held", "I2 held", "I4 held", "I5 held", "I6 held", "I9 held", "I10 held", "I11 held", "I12 held"]
    );
}

#[test]
fn i1_server_errors_and_stack_traces() {
    assert_eq!(fell_short(&Ceremony { verify: Some(answer(502, "", "password", "")), ..good_refusal() }), ["I1"]);
    let mut traced = answer(400, "", "password", "");
    traced.text = "Traceback (most recent call last):\n  File".to_owned();
    assert_eq!(fell_short(&Ceremony { verify: Some(traced), ..good_refusal() }), ["I1"]);
}

#[test]
fn i2_i4_i12_state_after_a_refusal() {
    assert_eq!(fell_short(&Ceremony { after: state(true, &[row("k")], &[]), ..good_refusal() }), ["I2"]);
    assert_eq!(fell_short(&Ceremony { after: state(false, &[], &[]), ..good_refusal() }), ["I4", "I12"]);
    let counted = faultkey_relying_party::StoredCredential { sign_count: Some(4), ..row("k") };
    assert_eq!(fell_short(&Ceremony { after: state(false, &[counted], &[]), ..good_refusal() }), ["I4"]);
}

#[test]
fn i3_a_challenge_that_lives_on() {
    let probed = |status| Some(ChallengeProbe::Answered(Box::new(answer(status, "", "", ""))));
    assert_eq!(fell_short(&Ceremony { challenge_probe: probed(200), ..good_refusal() }), ["I3"]);
    assert!(after(&Ceremony { challenge_probe: probed(400), ..good_refusal() }).contains(&"I3 held".to_owned()));
    assert!(
        !after(&Ceremony { challenge_probe: Some(ChallengeProbe::Inconclusive), ..good_refusal() }).iter().any(|v| v.starts_with("I3"))
    );
}

#[test]
fn i5_locks_and_tries() {
    let mut locked = good_refusal();
    locked.after.account =
        Observation::Seen(faultkey_relying_party::AccountState { locked: Some(false), password_tries_left: Some(4), sessions: None });
    assert_eq!(fell_short(&locked), ["I5"]);
}

#[test]
fn i6_a_fallback_that_is_missing_or_leads_nowhere() {
    assert_eq!(fell_short(&refused(answer(403, "x", "retry", ""))), ["I6"]);
    let nowhere = Ceremony { ways: vec![("password".to_owned(), Observation::Seen(false))], ..good_refusal() };
    assert_eq!(fell_short(&nowhere), ["I6"]);
    let mut unseen = good_refusal();
    unseen.sees.ways = false;
    assert!(after(&unseen).contains(&"I6 not observable".to_owned()));
    let mut reconciled = cut(Kind::Authentication, answer(200, "interrupted-log-in", "", ""));
    reconciled.after = state(true, &[row("k")], &[]);
    assert!(after(&reconciled).contains(&"I6 held".to_owned()), "who is logged in needs no way out");
}

#[test]
fn i8_shapes() {
    let with = |json: Value| Answer { json: Some(json), ..answer(200, "", "", "") };
    let existing = with(json!({ "challenge": "a", "allowCredentials": [{ "id": "x", "type": "public-key" }] }));
    let found = |missing: &Answer| {
        let mut invariants = Invariants::default();
        invariants.enumeration(&existing, missing);
        let verdict = invariants.verdicts().remove(0);
        (verdict.judgement, verdict.found)
    };
    let decoy = with(json!({ "allowCredentials": [{ "type": "public-key", "id": "y" }], "challenge": "b" }));
    assert_eq!(found(&decoy).0, Judgement::Held);
    let empty = with(json!({ "challenge": "b", "allowCredentials": [] }));
    assert_eq!(
        found(&empty),
        (
            Judgement::FellShort,
            "options for a name with an account look like {allowCredentials: [{id: text, type: text}], challenge: text}, \
             for one without like {allowCredentials: [], challenge: text}"
                .to_owned()
        )
    );
    assert_eq!(found(&answer(404, "", "", "")).1, "options for a name with an account: 200, for one without: 404");
}

#[test]
fn i9_and_i10() {
    let mut forgotten = good_refusal();
    forgotten.after.draft = Observation::Seen(String::new());
    assert_eq!(fell_short(&forgotten), ["I9"]);
    let twice = Ceremony { after: state(false, &[row("k"), row("l")], &[]), ..good_refusal() };
    assert_eq!(fell_short(&twice), ["I10"], "one registration at most was told, and there are two rows");
}

#[test]
fn i10_counts_what_the_user_was_told() {
    let mut invariants = Invariants::default();
    let registered = Ceremony { verify: Some(answer(200, "", "", "")), ..ceremony(Kind::Registration) };
    invariants.look(&registered);
    invariants.look(&Ceremony { after: state(false, &[row("k"), row("l")], &[]), ..registered });
    let tenth = invariants.verdicts().into_iter().find(|verdict| verdict.id == "I10").unwrap();
    assert_eq!(tenth.judgement, Judgement::Held);
}

#[test]
fn i11_an_answer_that_stays_away_for_no_reason() {
    let silent = Ceremony { verify: Some(lost()), ..cut(Kind::Authentication, answer(200, "x", "password", "")) };
    assert!(fell_short(&silent).contains(&"I11".to_owned()));
}

#[test]
fn what_the_client_alone_saw_is_looked_at_too() {
    let thrown = thrown(Kind::Authentication, NotAllowedError, answer(400, "M0902", "", ""));
    assert_eq!(fell_short(&thrown), ["I6"]);
}

#[test]
fn the_worst_is_told() {
    let mut invariants = Invariants::default();
    invariants.look(&Ceremony { after: state(false, &[], &[]), ..good_refusal() });
    invariants.look(&good_refusal());
    let twelfth = invariants.verdicts().into_iter().find(|verdict| verdict.id == "I12").unwrap();
    assert_eq!((twelfth.judgement, twelfth.found.as_str()), (Judgement::FellShort, "deleted: k"));
}
