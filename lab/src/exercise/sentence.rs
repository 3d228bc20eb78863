//! The sentences of a verdict: what happened, what was found, what to change.

use faultkey_transport::Entry;

use super::play::Played;
use super::whole_run::ANSWER_OF_ITS_OWN;
use super::{Part, Plan, PlayedPart, TargetPlan, invariant};
use crate::scenario::Forbidden;
use crate::verdict::{Check, InvariantVerdict, Judgement, OutcomeClass, ScenarioVerdict};

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

/// What to change when a check fell short, the gravest first. Which cause it is comes on top: see [`advice`].
const ADVICE: [(&str, &str); 30] = [
    ("I2", "mint no session unless the ceremony was accepted"),
    ("no session is minted", "mint no session unless the ceremony was accepted"),
    ("I3", "take the challenge out of the store before verifying, so that it dies with the attempt, accepted or refused"),
    ("I1", "catch the failure and answer with a 4xx and a reason; never let an exception out to the client"),
    ("no server error", "catch the failure and answer with a 4xx and a reason; never let an exception out to the client"),
    ("refused with a 4xx", "refuse this with a 4xx, and leave everything as it was"),
    ("not accepted", "do not accept an answer to a challenge that has expired or was never given"),
    ("the credential's row is kept unchanged", "leave the credential's row, its key and its counter as they are when a log-in fails"),
    ("the credential's row is kept", "never delete a credential because one log-in failed"),
    (
        "the device is not told that the passkey is unknown",
        "do not signal a known credential as unknown: the provider may delete it for good",
    ),
    ("I10", "store one credential for one registration: make the verify request idempotent, and replace instead of adding"),
    (
        "no credential is stored twice",
        "store one credential for one registration: make the verify request idempotent, and replace instead of adding",
    ),
    (
        "one credential is stored",
        "store one credential for one registration: make the verify request idempotent, and replace instead of adding",
    ),
    ("the account is not locked", "do not lock the account because passkeys failed"),
    ("I5", "do not count passkey failures against the account or its password"),
    ("no password try is used up", "do not count passkey failures against the password's tries"),
    ("accepted or stepped up", "take the counter as a sign of risk, not as proof: accept and note it, or ask for a second step"),
    (
        "registering again is offered",
        "say that the key on the device does not match, and offer to register again after another authentication",
    ),
    ("the device is told that the passkey is unknown", "send signalUnknownCredential when, and only when, the credential id is unknown"),
    (
        "the user is told that it had worked",
        "make the verify request idempotent: whoever asks again after a lost answer is told the result that stands",
    ),
    (
        "it is told as news, not as a failure",
        "tell \"already registered\" as what it is, not as an error, and say what to do if the passkey does not work",
    ),
    ("a retry is offered", "offer a retry with a new challenge on the error page itself"),
    ("a new challenge is given", "give new options with a new challenge at once, whatever became of the last attempt"),
    (
        "a way on is offered, should the passkey not work",
        "beside \"already registered\", offer a way on for the case that the passkey is dead",
    ),
    ("another way is offered", "offer another way in on the error page itself: password, telephone or support"),
    ("an alternative is offered", "say which policy refused, and offer an alternative beside it"),
    ("I6", "offer another way in on the error page itself: password, telephone or support"),
    ("a reason is logged", "log the reason of every refusal, one token for each cause"),
    ("I9", "keep the user's unsaved form over a failed attempt"),
    ("I8", "give options of the same shape whether or not the account exists"),
];

/// One sentence: what to change first; and that the cause needs an answer of its own, if it has none.
fn advice(verdict: &ScenarioVerdict) -> String {
    let steps =
        verdict.steps.iter().flat_map(|step| step.checks.iter().map(move |check| (check.what.as_str(), check, step.action.as_str())));
    let failed: Vec<(&str, &Check, &str)> = steps.filter(|(_, check, _)| check.judgement == Judgement::FellShort).collect();
    let broken: Vec<&InvariantVerdict> = verdict.invariants.iter().filter(|found| found.judgement == Judgement::FellShort).collect();
    let names = || failed.iter().map(|(what, _, _)| *what).chain(broken.iter().map(|invariant| invariant.id.as_str()));

    let own_answer = failed.iter().find(|(what, _, _)| *what == ANSWER_OF_ITS_OWN).map(|(_, check, _)| check.found.as_str());
    let own_answer = own_answer.or_else(|| broken.iter().find(|invariant| invariant.id == "I7").map(|invariant| invariant.found.as_str()));
    let own_answer = own_answer.map(|found| format!("give this cause an answer of its own: {found}"));
    let first = ADVICE.iter().find(|(what, _)| names().any(|name| name == *what)).map(|(_, advice)| (*advice).to_owned()).or_else(|| {
        let (what, check, action) = failed.iter().find(|(what, _, _)| *what != ANSWER_OF_ITS_OWN)?;
        Some(format!("at \"{action}\", make sure of this: {what} (found: {})", check.found))
    });
    match (first, own_answer) {
        (Some(first), Some(own)) => sentence(&format!("{first}; and {own}")),
        (Some(only), None) | (None, Some(only)) => sentence(&only),
        (None, None) => nothing_fell_short(verdict),
    }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

fn nothing_fell_short(verdict: &ScenarioVerdict) -> String {
    let unseen = verdict.steps.iter().flat_map(|step| &step.checks).find(|check| check.judgement == Judgement::NotObservable);
    let unseen = unseen.map(|check| (check.what.as_str(), check.found.as_str())).or_else(|| {
        let mut invariants = verdict.invariants.iter().filter(|verdict| says_something(verdict));
        let found = invariants.find(|verdict| verdict.judgement == Judgement::NotObservable)?;
        Some((found.title.as_str(), found.found.as_str()))
    });
    match unseen {
        Some((what, why)) => format!("Nothing fell short in what can be seen; not observable, for one: {what} ({why})."),
        None => "Nothing to change.".to_owned(),
    }
}
