//! The sentences of a verdict: what happened, what was found, what to change.

use faultkey_transport::Entry;

use super::play::Played;
use super::whole_run::ANSWER_OF_ITS_OWN;
use super::{Part, Plan, PlayedPart, TargetPlan, invariant};
use crate::scenario::Forbidden;
use crate::verdict::{InvariantVerdict, Judgement, OutcomeClass, ScenarioVerdict};

/// A verdict before the look at all scenarios.
pub fn verdict(plan: &Plan, target: &TargetPlan, part: &Part<'_>, played: Played, transcript: Vec<Entry>) -> PlayedPart {
    let mut verdict = blank(plan, target, part);
    verdict.steps = played.steps.clone();
    verdict.invariants = played.invariants.verdicts();
    verdict.transcript = transcript;
    let list = |sentences: &[String], none: &str| if sentences.is_empty() { none.to_owned() } else { sentences.join("; ") };
    verdict.device_did = list(&played.device, "nothing unusual");
    verdict.rp_answered = list(&played.answers, "accepted everything");
    verdict.way_out = list(&played.ways, "none was needed");
    let no_generic_code = part.scenario.steps.iter().enumerate();
    let no_generic_code = no_generic_code.filter(|(_, step)| step.forbid.contains(&Forbidden::GenericCode)).map(|(index, _)| index);
    let mut part = PlayedPart { verdict, played, no_generic_code: no_generic_code.collect() };
    conclude(&mut part);
    part
}

/// A scenario that is not played.
pub fn skipped(plan: &Plan, target: &TargetPlan, part: &Part<'_>, why: &str) -> PlayedPart {
    let verdict = ScenarioVerdict { skipped: Some(why.to_owned()), ..blank(plan, target, part) };
    PlayedPart { verdict, played: Played::default(), no_generic_code: Vec::new() }
}

fn blank(plan: &Plan, target: &TargetPlan, part: &Part<'_>) -> ScenarioVerdict {
    let scenario = part.scenario;
    let seed = scenario.seed.unwrap_or(plan.seed);
    let wait = if scenario.needs_real_wait && target.is_foreign() { " --wait" } else { "" };
    ScenarioVerdict {
        id: scenario.id.clone(),
        title: scenario.title.clone(),
        words_en: scenario.words.en.clone(),
        words_ja: scenario.words.ja.clone(),
        catalogue: scenario.catalogue.clone(),
        profile: part.profile.name.clone(),
        evidence: scenario.evidence.to_string(),
        evidence_note: scenario.evidence_note.clone(),
        skipped: None,
        judgement: Judgement::NotObservable,
        device_did: String::new(),
        rp_answered: String::new(),
        state: String::new(),
        way_out: String::new(),
        expected: expected(part),
        advice: String::new(),
        steps: Vec::new(),
        invariants: Vec::new(),
        replay: format!(
            "faultkey exercise --scenario {} --profile {} --seed {seed} {}{wait}",
            scenario.source,
            part.profile.name,
            target.arguments()
        ),
        transcript: Vec::new(),
    }
}

fn expected(part: &Part<'_>) -> String {
    let mut sentences: Vec<String> = Vec::new();
    for step in &part.scenario.steps {
        if step.expect.iter().all(|class| *class == OutcomeClass::Ok) {
            continue;
        }
        let classes: Vec<String> = step.expect.iter().map(|class| format!("{} ({})", class.name(), class.meaning())).collect();
        let sentence = format!("{}: {}", step.action, classes.join(" or "));
        if !sentences.contains(&sentence) {
            sentences.push(sentence);
        }
    }
    if sentences.is_empty() { "everything is accepted".to_owned() } else { sentences.join("; ") }
}

/// Judgement, state and advice, from the checks that are there now.
pub fn conclude(part: &mut PlayedPart) {
    let verdict = &mut part.verdict;
    if verdict.skipped.is_some() {
        return;
    }
    let steps = verdict.steps.iter().map(|step| step.judgement);
    let invariants = verdict.invariants.iter().filter(|verdict| says_something(verdict)).map(|verdict| verdict.judgement);
    verdict.judgement = steps.chain(invariants).max().unwrap_or(Judgement::NotObservable);
    verdict.state = state(&verdict.invariants);
    verdict.advice = advice(verdict);
}

/// I7 with nothing to compare says something about the run, not about the relying party.
fn says_something(verdict: &InvariantVerdict) -> bool {
    verdict.found != invariant::nothing_to_compare().0
}

/// Whether the relying party's state is right: no session, key, counter, account, rows.
fn state(invariants: &[InvariantVerdict]) -> String {
    let of_state: Vec<&InvariantVerdict> =
        invariants.iter().filter(|verdict| ["I2", "I4", "I5", "I10", "I12"].contains(&verdict.id.as_str())).collect();
    let judged = |judgement| of_state.iter().filter(move |verdict| verdict.judgement == judgement);
    let list = |judgement| judged(judgement).map(|verdict| format!("{} ({})", verdict.title, verdict.found)).collect::<Vec<_>>().join("; ");
    if judged(Judgement::FellShort).next().is_some() {
        return format!("wrong, broken: {}", list(Judgement::FellShort));
    }
    let unseen = list(Judgement::NotObservable);
    let held: Vec<&str> = judged(Judgement::Held).map(|verdict| verdict.title.as_str()).collect();
    match (held.is_empty(), unseen.is_empty()) {
        (_, true) => format!("right: {}", held.join("; ")),
        (true, false) => format!("not observable: {unseen}"),
        (false, false) => format!("right as far as it can be seen: {}; not observable: {unseen}", held.join("; ")),
    }
}

/// What to change when a check fell short, the gravest first.
const ADVICE: [(&str, &str); 30] = [
    ("I2", "Mint no session unless the ceremony was accepted."),
    ("no session is minted", "Mint no session unless the ceremony was accepted."),
    ("I3", "Take the challenge out of the store before verifying, so that it dies with the attempt, accepted or refused."),
    ("I1", "Catch the failure and answer with a 4xx and a reason; never let an exception out to the client."),
    ("no server error", "Catch the failure and answer with a 4xx and a reason; never let an exception out to the client."),
    ("refused with a 4xx", "Refuse this with a 4xx, and leave everything as it was."),
    ("not accepted", "Do not accept an answer to a challenge that has expired or was never given."),
    ("the credential's row is kept unchanged", "Leave the credential's row, its key and its counter as they are when a log-in fails."),
    ("the credential's row is kept", "Never delete a credential because one log-in failed."),
    (
        "the device is not told that the passkey is unknown",
        "Do not signal a known credential as unknown: the provider may delete it for good.",
    ),
    ("I10", "Store one credential for one registration: make the verify request idempotent, and replace instead of adding."),
    (
        "no credential is stored twice",
        "Store one credential for one registration: make the verify request idempotent, and replace instead of adding.",
    ),
    (
        "one credential is stored",
        "Store one credential for one registration: make the verify request idempotent, and replace instead of adding.",
    ),
    ("the account is not locked", "Do not lock the account because passkeys failed."),
    ("I5", "Do not count passkey failures against the account or its password."),
    ("no password try is used up", "Do not count passkey failures against the password's tries."),
    (ANSWER_OF_ITS_OWN, "Give this cause a code and a text of its own."),
    ("I7", "Give this cause a code of its own, or at least a reason of its own in the log."),
    (
        "registering again is offered",
        "Say that the key on the device does not match, and offer to register again after another authentication.",
    ),
    ("the device is told that the passkey is unknown", "Send signalUnknownCredential when, and only when, the credential id is unknown."),
    (
        "the user is told that it had worked",
        "Make the verify request idempotent: whoever asks again after a lost answer is told the result that stands.",
    ),
    (
        "it is told as news, not as a failure",
        "Tell \"already registered\" as what it is, not as an error, and say what to do if the passkey does not work.",
    ),
    ("a retry is offered", "Offer a retry with a new challenge on the error page itself."),
    ("a new challenge is given", "Give new options with a new challenge at once, whatever became of the last attempt."),
    (
        "a way on is offered, should the passkey not work",
        "Beside \"already registered\", offer a way on for the case that the passkey is dead.",
    ),
    ("another way is offered", "Offer another way in on the error page itself: password, telephone or support."),
    ("I6", "Offer another way in on the error page itself: password, telephone or support."),
    ("an alternative is offered", "Say which policy refused, and offer an alternative beside it."),
    ("I9", "Keep the user's unsaved form over a failed attempt."),
    ("I8", "Give options of the same shape whether or not the account exists."),
];

fn advice(verdict: &ScenarioVerdict) -> String {
    let checks = verdict.steps.iter().flat_map(|step| step.checks.iter().map(move |check| (check, step)));
    let failed: Vec<(&str, &str, &str)> = checks
        .filter(|(check, _)| check.judgement == Judgement::FellShort)
        .map(|(check, step)| (check.what.as_str(), check.found.as_str(), step.action.as_str()))
        .chain(
            verdict
                .invariants
                .iter()
                .filter(|invariant| invariant.judgement == Judgement::FellShort)
                .map(|invariant| (invariant.id.as_str(), invariant.found.as_str(), "after a failure")),
        )
        .collect();
    for (what, advice) in ADVICE {
        if let Some((_, found, _)) = failed.iter().find(|(failed, _, _)| *failed == what) {
            return format!("{advice} (Found: {found}.)");
        }
    }
    if let Some((what, found, action)) = failed.first() {
        return format!("At \"{action}\", make sure of this: {what}. (Found: {found}.)");
    }
    let unseen = verdict.steps.iter().flat_map(|step| &step.checks).find(|check| check.judgement == Judgement::NotObservable);
    let unseen = unseen.map(|check| (check.what.as_str(), check.found.as_str())).or_else(|| {
        let mut invariants = verdict.invariants.iter().filter(|verdict| says_something(verdict));
        let found = invariants.find(|verdict| verdict.judgement == Judgement::NotObservable)?;
        Some((found.title.as_str(), found.found.as_str()))
    });
    match unseen {
        Some((what, why)) => format!("Nothing fell short in what can be seen. Not observable, for one: {what} ({why})."),
        None => "Nothing to change.".to_owned(),
    }
}
