//! Whether the adapter file tells a refusal from an acceptance: an answer with a broken signature is the control.

use faultkey_relying_party::Observation;
use faultkey_transport::Entry;
use faultkey_transport::transcript::{RequestPurpose, What};
use serde_json::Value;

use crate::facts::{Attempt, Kind, StepSeen};

/// What an acceptance and the answer to a broken signature differ in, although the adapter file's rule takes both for accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untold {
    /// JSON pointer.
    pub pointer: String,
    pub accepted: Value,
    /// `None`: it is not there.
    pub refused: Option<Value>,
    /// The answer that accepted the registration has the same there.
    pub at_registration: bool,
}

/// With the index of the step that shows it. `None` where the broken signature was refused, or where its answer is that of an acceptance:
/// then it is a finding, and not the adapter's doing.
pub fn untold(attempt: &Attempt) -> Option<(Untold, usize)> {
    let authentications = attempt.steps.iter().enumerate().filter_map(|(index, step)| match &step.seen {
        StepSeen::Ceremony(ceremony) if ceremony.kind == Kind::Authentication && !ceremony.failed() => Some((index, ceremony)),
        _ => None,
    });
    let accepted: Vec<(usize, bool, Value)> = authentications
        .filter_map(|(index, ceremony)| Some((index, ceremony.fired.is_empty(), ceremony.verify.as_ref()?.json.clone()?)))
        .collect();
    let (control, refused) = accepted.iter().find(|(_, clean, _)| !clean).map(|(index, _, json)| (*index, json))?;
    let mut clean = accepted.iter().filter(|(_, clean, _)| *clean).map(|(_, _, json)| json);
    let (first, second) = (clean.next()?, clean.next()?);
    // What two acceptances have in common says that they are acceptances; tokens and times differ.
    let differs = leaves(first)
        .into_iter()
        .find(|(pointer, value)| second.pointer(pointer) == Some(value) && refused.pointer(pointer) != Some(value));
    let (pointer, accepted) = differs?;
    let refused = refused.pointer(&pointer).cloned();
    let at_registration = attempt.steps.iter().any(|step| match &step.seen {
        StepSeen::Ceremony(ceremony) if ceremony.kind == Kind::Registration && !ceremony.failed() => {
            ceremony.verify.as_ref().and_then(|verify| verify.json.as_ref()?.pointer(&pointer)) == Some(&accepted)
        }
        _ => false,
    });
    Some((Untold { pointer, accepted, refused, at_registration }, control))
}

/// What `[session]` says although the answers to it say otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionUntold {
    /// What it said before the log-in and after: both are wrong, or one is.
    pub signed_in: bool,
    /// The answer before the log-in, and after it.
    pub before: String,
    pub after: String,
}

/// Whether `[session]` at this path can be believed: a new session is not signed in; and where the answer after a log-in is another than
/// before, the user is. Where it is the same, the relying party says so itself.
pub fn session_untold(attempt: &Attempt, path: &str) -> Option<SessionUntold> {
    let clean = attempt.steps.iter().find_map(|step| match &step.seen {
        StepSeen::Ceremony(ceremony) if ceremony.kind == Kind::Authentication && !ceremony.failed() && ceremony.fired.is_empty() => {
            Some(ceremony)
        }
        _ => None,
    })?;
    let (Observation::Seen(before), Observation::Seen(after)) = (&clean.before.authenticated, &clean.after.authenticated) else {
        return None;
    };
    let at = clean.verify.as_ref()?.exchange;
    let looks: Vec<(usize, &str)> = looks(&attempt.transcript, path);
    let (_, seen_before) = looks.iter().rev().find(|(number, _)| *number < at)?;
    let (_, seen_after) = looks.iter().find(|(number, _)| *number > at)?;
    let wrong = *before || (!after && seen_before != seen_after);
    wrong.then(|| SessionUntold { signed_in: *before, before: (*seen_before).to_owned(), after: (*seen_after).to_owned() })
}

/// The answers to looks at the session, with the numbers of their requests.
fn looks<'a>(transcript: &'a [Entry], session: &str) -> Vec<(usize, &'a str)> {
    let mut asked = None;
    let mut looks = Vec::new();
    for entry in transcript {
        match (&entry.what, asked) {
            (What::HttpRequest { path, purpose: RequestPurpose::Look, .. }, _) => asked = path.ends_with(session).then_some(entry.number),
            (What::HttpRequest { .. }, _) => asked = None,
            (What::HttpResponse { body, .. }, Some(number)) => {
                looks.push((number, body.as_str()));
                asked = None;
            }
            _ => {}
        }
    }
    looks
}

/// Members that are no lists or objects, yes and no first: they say most plainly what an answer means.
fn leaves(value: &Value) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    collect(String::new(), value, &mut all);
    all.sort_by_key(|(_, value)| !value.is_boolean());
    all
}

fn collect(pointer: String, value: &Value, all: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                collect(format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1")), member, all);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                collect(format!("{pointer}/{index}"), item, all);
            }
        }
        other => all.push((pointer, other.clone())),
    }
}

#[cfg(test)]
mod tests {
    use faultkey_relying_party::Answer;
    use serde_json::json;

    use super::*;
    use crate::facts::Ceremony;
    use crate::facts::sample::{attempt, fired, signed_in};

    /// Two acceptances and the answer to a broken signature, all taken for accepted.
    fn seen(first: Value, second: Value, broken: Value) -> Option<Untold> {
        let answered = |json: Value| {
            let mut ceremony = signed_in();
            ceremony.verify = ceremony.verify.map(|verify| Answer { json: Some(json), ..verify });
            ceremony
        };
        let broken = Ceremony { fired: vec![fired()], ..answered(broken) };
        let steps = [answered(first), answered(second), broken].map(|ceremony| StepSeen::Ceremony(Box::new(ceremony)));
        untold(&attempt(Vec::from(steps))).map(|(untold, _)| untold)
    }

    #[test]
    fn what_only_acceptances_have_in_common_tells_them_from_a_refusal() {
        let yes = |token: &str| json!({ "token": token, "user": { "name": "mika" }, "a/b": [{ "verified": true }] });
        let untold = seen(yes("1"), yes("2"), json!({ "a/b": [{ "verified": false }] })).unwrap();
        assert_eq!(
            untold,
            Untold { pointer: "/a~1b/0/verified".to_owned(), accepted: json!(true), refused: Some(json!(false)), at_registration: false }
        );
        let untold = seen(json!({ "user": "mika" }), json!({ "user": "mika" }), json!({ "error": "no" })).unwrap();
        assert_eq!(untold, Untold { pointer: "/user".to_owned(), accepted: json!("mika"), refused: None, at_registration: false });
    }

    #[test]
    fn an_answer_that_is_an_acceptance_is_the_relying_partys() {
        let yes = |token: u64| json!({ "token": token, "verified": true });
        assert_eq!(seen(yes(1), yes(2), yes(3)), None);
        assert_eq!(seen(json!({}), json!({}), json!({ "error": "no" })), None, "nothing that acceptances have in common");
    }

    #[test]
    fn a_refusal_needs_no_control() {
        let steps = [signed_in(), signed_in(), crate::facts::sample::good_refusal()].map(|ceremony| StepSeen::Ceremony(Box::new(ceremony)));
        assert!(untold(&attempt(Vec::from(steps))).is_none());
    }
}
