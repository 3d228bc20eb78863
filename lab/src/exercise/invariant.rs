//! The invariants (catalogue §0.6): looked at after every ceremony, one function for each. I7 is judged over the whole run, in `whole_run`.

use std::collections::BTreeMap;

use faultkey_relying_party::{Answer, Arrived, Observation};
use serde_json::Value;

use super::ceremony::{Ceremony, ChallengeProbe, Ended, Kind};
use super::outcome::{self, OTHER_WAYS, answer_text};
use crate::verdict::{Check, InvariantVerdict, Judgement};

/// Number and title.
pub const TITLES: [&str; 12] = [
    "no server error, no stack trace",
    "no session on a refused ceremony",
    "a challenge is used once and dies with the attempt",
    "a refused log-in leaves key, counter and backup eligibility as they were",
    "passkey failures neither lock the account nor use up password tries",
    "a fallback is one step from the error",
    "the error carries a reason finer than one code for all",
    "answers do not tell whether an account exists",
    "the unsaved order survives",
    "no duplicate credentials after retries",
    "every answer comes in bounded time",
    "no credential is deleted because a log-in failed",
];

/// What was found so far, over all ceremonies of a scenario.
#[derive(Debug, Default)]
pub struct Invariants {
    found: BTreeMap<usize, Vec<Check>>,
    /// Registrations of which the user was told that they had worked, since the account was empty.
    told: usize,
}

impl Invariants {
    /// The account was emptied, or is another one.
    pub fn account_emptied(&mut self) {
        self.told = 0;
    }

    /// Looks at a ceremony. What does not apply to it says nothing.
    pub fn look(&mut self, ceremony: &Ceremony) {
        let told = ceremony.shown().is_ok_and(|shown| (200..300).contains(&shown.status));
        if ceremony.kind == Kind::Registration && ceremony.ended() == Ended::Accepted && told && !ceremony.repeated {
            self.told += 1;
        }
        let looks: [(usize, Option<Check>); 10] = [
            (1, Some(no_server_error(ceremony))),
            (2, no_session_on_refusal(ceremony)),
            (3, challenge_dies(ceremony)),
            (4, refused_assertion(ceremony).then(|| outcome::rows_unchanged(ceremony))),
            (5, (ceremony.failed() || !ceremony.fired.is_empty()).then(|| not_locked_no_try_used(ceremony))),
            (6, ceremony.failed().then(|| fallback_in_one_step(ceremony))),
            (9, ceremony.failed().then(|| outcome::draft_kept(ceremony))),
            (10, Some(no_duplicates(ceremony, self.told))),
            (11, Some(bounded_time(ceremony))),
            (12, refused_assertion(ceremony).then(|| outcome::rows_kept(ceremony))),
        ];
        for (number, check) in looks {
            self.found.entry(number).or_default().extend(check);
        }
    }

    /// I8, from a look of its own.
    pub fn enumeration(&mut self, existing: &Answer, missing: &Answer) {
        self.found.entry(8).or_default().push(no_enumeration(existing, missing));
    }

    /// One verdict for each that applied: the worst that was found.
    pub fn verdicts(&self) -> Vec<InvariantVerdict> {
        let worst = |checks: &Vec<Check>| checks.iter().rev().max_by_key(|check| check.judgement).cloned();
        self.found.iter().filter_map(|(number, checks)| Some(verdict(*number, worst(checks)?))).collect()
    }
}

pub fn verdict(number: usize, check: Check) -> InvariantVerdict {
    let title = number.checked_sub(1).and_then(|index| TITLES.get(index)).copied().unwrap_or_default();
    InvariantVerdict { id: format!("I{number}"), title: title.to_owned(), judgement: check.judgement, found: check.found }
}

/// A log-in that the relying party refused, or that never reached it.
fn refused_assertion(ceremony: &Ceremony) -> bool {
    ceremony.kind == Kind::Authentication && matches!(ceremony.ended(), Ended::Refused | Ended::Client(_))
}

/// What frameworks print when they fall over.
const TRACES: [&str; 9] = [
    "Traceback (most recent call last)",
    "stack backtrace:",
    "panicked at",
    "Exception in thread",
    "goroutine 1 [",
    "node_modules/",
    "    at Object.",
    "    at async ",
    "\tat java.",
];

/// I1
fn no_server_error(ceremony: &Ceremony) -> Check {
    let what = "no server error";
    for answer in ceremony.answers() {
        if answer.status >= 500 {
            return Check::is(what, false, answer_text(answer));
        }
        if let Some(trace) = TRACES.iter().find(|trace| answer.text.contains(**trace)) {
            return Check::is(what, false, format!("the answer {} holds a stack trace (\"{}\")", answer.status, trace.trim()));
        }
    }
    Check::is(what, true, "every status is below 500, no stack trace in any answer")
}

/// I2
fn no_session_on_refusal(ceremony: &Ceremony) -> Option<Check> {
    let what = "no session on refusal";
    if !matches!(ceremony.ended(), Ended::Refused | Ended::Client(_)) || ceremony.before.authenticated == Observation::Seen(true) {
        return None;
    }
    Some(match &ceremony.after.authenticated {
        Observation::NotObservable(why) => Check::not_observable(what, why.to_string()),
        Observation::Seen(yes) => {
            Check::is(what, !yes, if *yes { "there is a session after a refusal" } else { "there is no session after a refusal" })
        }
    })
}

/// I3
fn challenge_dies(ceremony: &Ceremony) -> Option<Check> {
    let what = "the challenge dies with the attempt";
    match ceremony.challenge_probe.as_ref()? {
        ChallengeProbe::Inconclusive => None,
        ChallengeProbe::Answered(answer) if answer.accepted => {
            Some(Check::is(what, false, format!("the challenge of a refused attempt, signed again, was accepted: {}", answer_text(answer))))
        }
        ChallengeProbe::Answered(answer) => Some(Check::is(
            what,
            true,
            format!("the challenge of a refused attempt, signed again cleanly, was refused: {}", answer_text(answer)),
        )),
    }
}

/// I5
fn not_locked_no_try_used(ceremony: &Ceremony) -> Check {
    [outcome::not_locked(ceremony), outcome::tries_unchanged(ceremony)]
        .into_iter()
        .max_by_key(|check| check.judgement)
        .unwrap_or_else(|| Check::not_observable("not locked", "not looked at"))
}

/// I6
fn fallback_in_one_step(ceremony: &Ceremony) -> Check {
    let what = "a fallback is one step away";
    let shown = match ceremony.shown() {
        Err(why) => return Check::not_observable(what, why),
        Ok(_) if !ceremony.sees.ways => return Check::not_observable(what, outcome::WAYS_UNSEEN),
        Ok(shown) => shown,
    };
    // Nothing to fall back from: the answer says that it had worked.
    if (200..300).contains(&shown.status) && ceremony.after.authenticated == Observation::Seen(true) {
        return Check::is(what, true, "not needed: the user is logged in");
    }
    let reconciled = ceremony.kind == Kind::Registration && matches!(ceremony.ended(), Ended::Network(_)) && stored(ceremony);
    if reconciled && (200..300).contains(&shown.status) {
        return Check::is(what, true, "not needed: the passkey is registered, and the user is told so");
    }
    let fallbacks: Vec<&(String, Observation<bool>)> = ceremony.ways.iter().filter(|(way, _)| OTHER_WAYS.contains(&way.as_str())).collect();
    if fallbacks.is_empty() {
        let offered = if shown.next.is_empty() { "nothing".to_owned() } else { shown.next.join(", ") };
        return Check::is(what, false, format!("{} offers {offered}, no fallback", answer_text(shown)));
    }
    if let Some((way, _)) = fallbacks.iter().find(|(_, there)| *there == Observation::Seen(true)) {
        return Check::is(what, true, format!("{way} is offered, and is there"));
    }
    match fallbacks.iter().find_map(|(_, there)| if let Observation::NotObservable(why) = there { Some(why) } else { None }) {
        Some(why) => Check::not_observable(what, why.to_string()),
        None => Check::is(what, false, "what is offered leads nowhere"),
    }
}

fn stored(ceremony: &Ceremony) -> bool {
    match &ceremony.after.credentials {
        Observation::Seen(rows) => rows.iter().any(|row| Some(row.id.as_str()) == ceremony.credential_id()),
        Observation::NotObservable(_) => false,
    }
}

/// I8: the same status and the same shape for a name with an account and one without. Timing is not judged.
fn no_enumeration(existing: &Answer, missing: &Answer) -> Check {
    let what = "no enumeration";
    let shape = |answer: &Answer| answer.json.as_ref().map_or_else(|| "no JSON".to_owned(), shape);
    if existing.status != missing.status {
        let found = format!("options for a name with an account: {}, for one without: {}", existing.status, missing.status);
        return Check::is(what, false, found);
    }
    let (with, without) = (shape(existing), shape(missing));
    if with == without {
        return Check::is(
            what,
            true,
            "options for a name with an account and one without have the same status and shape (timing is not judged)",
        );
    }
    Check::is(what, false, format!("options for a name with an account look like {with}, for one without like {without}"))
}

/// The members' names and types, not their values. Of an array, its first element.
fn shape(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => "boolean".to_owned(),
        Value::Number(_) => "number".to_owned(),
        Value::String(_) => "text".to_owned(),
        Value::Array(items) => format!("[{}]", items.first().map(shape).unwrap_or_default()),
        Value::Object(members) => {
            let members: BTreeMap<&String, String> = members.iter().map(|(name, value)| (name, shape(value))).collect();
            let list: Vec<String> = members.into_iter().map(|(name, shape)| format!("{name}: {shape}")).collect();
            format!("{{{}}}", list.join(", "))
        }
    }
}

/// I10: no id twice, and no more rows than registrations of which the user was told that they had worked (one may have been lost).
fn no_duplicates(ceremony: &Ceremony, told: usize) -> Check {
    let what = "no duplicates";
    match &ceremony.after.credentials {
        Observation::NotObservable(why) => Check::not_observable(what, why.to_string()),
        Observation::Seen(rows) => {
            let mut ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
            ids.sort_unstable();
            ids.dedup();
            let most = told.max(1);
            let holds = ids.len() == rows.len() && rows.len() <= most;
            Check::is(what, holds, format!("{} for the account", outcome::count(rows.len())))
        }
    }
}

/// I11: only what the network swallowed on purpose stays away.
fn bounded_time(ceremony: &Ceremony) -> Check {
    let what = "bounded time";
    let late = ceremony.answers().into_iter().find_map(|answer| match &answer.arrived {
        Arrived::Whole => None,
        Arrived::Nothing(error) | Arrived::Part(error) => Some(error.to_string()),
    });
    match late {
        Some(error) if ceremony.fired.is_empty() => {
            Check::is(what, false, format!("no whole answer, and no fault was in the way: {error}"))
        }
        _ => Check::is(what, true, "every answer came, but for what the injected fault swallowed"),
    }
}

/// For a scenario whose I7 says nothing yet.
pub const fn nothing_to_compare() -> (&'static str, Judgement) {
    ("only one cause was played, so there is nothing to compare its answer with", Judgement::NotObservable)
}

#[cfg(test)]
mod tests;
