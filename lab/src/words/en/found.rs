//! What was found, and where it was seen.

use crate::check::Request;
use crate::facts::ReplayFrom;
use crate::report::text::one_line;
use crate::verdict::{AnswerSummary, Evidence, Found, SeenIn};
use crate::words::{answer_between, free};

use super::run::plural as counted;

/// Causes that a sentence names; the picture has them all.
const NAMED: usize = 5;
/// Scenarios that a sentence names.
const SCENARIOS: usize = 3;

pub(super) fn listed<T: AsRef<str>>(names: &[T]) -> String {
    crate::words::listed(names, ", ")
}

/// `400 M0902 "This passkey can't be used."`.
#[must_use]
pub fn answer(answer: &AnswerSummary) -> String {
    answer_between(answer, " \"", "\"")
}

/// Whole sentences.
#[must_use]
pub fn found(found: &Found) -> String {
    match found {
        Found::Answered { answer: summary } => answered(summary),
        Found::ClientThrew { name, message } => match free(message) {
            text if text.is_empty() => format!("The client threw {}.", one_line(name)),
            text => format!("The client threw {}: {text}.", one_line(name)),
        },
        Found::NoAnswer { problem } => match free(problem) {
            text if text.is_empty() => "No complete answer came.".to_owned(),
            text => format!("No complete answer came: {text}."),
        },
        Found::StoppedAnswering => "It had answered until this request, and has not accepted a connection since.".to_owned(),
        Found::SessionExists => "The user is signed in, although the ceremony failed.".to_owned(),
        Found::NoSession => "The user is not signed in, although the answer says so.".to_owned(),
        Found::Sessions { before, after } => {
            format!("The account had {} before and has {} now.", counted(*before, "session"), counted(*after, "session"))
        }
        Found::Locked => "The account is locked.".to_owned(),
        Found::PasswordTries { before, after } => {
            format!("The account had {} left before and has {} left now.", tries(*before), tries(*after))
        }
        Found::RowsDeleted { ids } => match ids.as_slice() {
            [id] => format!("The stored credential {} is gone.", one_line(id)),
            ids => format!("{} stored credentials are gone: {}.", ids.len(), listed(ids)),
        },
        Found::RowsChanged { ids } => match ids.as_slice() {
            [id] => format!("The stored credential {} has another public key, sign count or backup eligibility than before.", one_line(id)),
            ids => format!(
                "{} stored credentials have another public key, sign count or backup eligibility than before: {}.",
                ids.len(),
                listed(ids)
            ),
        },
        Found::Rows { rows, registrations } => {
            format!("The account has {} after {}.", counted(*rows as u64, "credential"), counted(*registrations as u64, "registration"))
        }
        Found::NotStored { rows: 0 } => "The account has no credential.".to_owned(),
        Found::NotStored { rows } => {
            format!("The account has {}, and the registered one is missing.", counted(*rows as u64, "credential"))
        }
        Found::Draft { saved, found } if found.trim().is_empty() => {
            format!("The user had entered \"{}\", and it is gone.", one_line(saved))
        }
        Found::Draft { saved, found } => {
            format!("The user had entered \"{}\", and it has become \"{}\".", one_line(saved), one_line(found))
        }
        Found::Offers { ways, answer: summary } => match ways.as_slice() {
            [] => format!("The answer offers no way to go on: {}.", answer(summary)),
            ways => format!("The answer offers only {}: {}.", listed(ways), answer(summary)),
        },
        Found::LeadsNowhere { ways } => match ways.as_slice() {
            [way] => format!("The answer offers {}, which does not work.", one_line(way)),
            ways => format!("The answer offers {}, none of which works.", listed(ways)),
        },
        Found::Signals { methods } => match methods.as_slice() {
            [] => "The answer carries no signal for the client.".to_owned(),
            [method] => format!("The answer carries the signal {}.", one_line(method)),
            methods => format!("The answer carries the signals {}.", listed(methods)),
        },
        Found::SameChallenge => "The new options have the same challenge as those of the failed attempt.".to_owned(),
        Found::NoChallenge { answer: summary } => format!("The request for new options got no challenge: {}.", answer(summary)),
        Found::ChallengeBytes { bytes } => format!("The challenge has {}.", counted(*bytes as u64, "byte")),
        Found::ChallengeRepeated { options, challenges } => format!(
            "{} for options got only {}.",
            counted(*options as u64, "request"),
            match challenges {
                1 => "1 challenge".to_owned(),
                several => format!("{several} different challenges"),
            }
        ),
        Found::AcceptedAgain { from: ReplayFrom::NoSession, answer: summary } => {
            format!("The same response was accepted again without any cookies: {}.", answer(summary))
        }
        Found::AcceptedAgain { from: ReplayFrom::AnotherSession, answer: summary } => {
            format!("The same response was accepted again in another session: {}.", answer(summary))
        }
        Found::AcceptedAgain { from: ReplayFrom::SameCookies, answer: summary } => {
            format!("The same response was accepted again with the same cookies: {}.", answer(summary))
        }
        Found::AcceptedTwice { answer: summary } => {
            format!("The same response, delivered twice at the same moment, was accepted both times: {}.", answer(summary))
        }
        Found::ChallengeAccepted { answer: summary } => {
            format!("A new signature over the challenge of the refused attempt was accepted: {}.", answer(summary))
        }
        Found::NothingLogged => "The log has no entry for the failure.".to_owned(),
        Found::ReasonsShared { reasons, failures } => format!(
            "{} with different causes were logged with only {}.",
            counted(*failures as u64, "failure"),
            counted(*reasons as u64, "reason")
        ),
        Found::SharedAnswer { causes, of, answer: summary } => shared(causes, *of, summary),
        Found::Statuses { existing, missing } => {
            format!("A name with an account gets the status {existing}, and a name without one gets {missing}.")
        }
        Found::Shapes { existing, missing } => format!(
            "A name with an account gets options of the shape {}, and a name without one gets {}.",
            one_line(existing),
            one_line(missing)
        ),
        Found::Timeout { milliseconds: 1 } => "The timeout in the options is 1 millisecond.".to_owned(),
        Found::Timeout { milliseconds } => format!("The timeout in the options is {milliseconds} milliseconds."),
        Found::UserIdBytes { bytes } => format!("The user handle has {}.", counted(*bytes as u64, "byte")),
        Found::UserIdHolds { name } => format!("The user handle contains the name \"{}\".", one_line(name)),
        Found::NotExcluded { registered, excluded: 0 } => {
            format!("The account has the credential {}, and the options exclude none.", one_line(registered))
        }
        Found::NotExcluded { registered, excluded } => format!(
            "The options exclude {}, and not the registered one, {}.",
            counted(*excluded as u64, "credential"),
            one_line(registered)
        ),
        Found::NoAllowCredentials { resident_key: Some(asked) } => {
            format!("Registration asked for residentKey \"{}\", and the authentication options have no allowCredentials.", one_line(asked))
        }
        Found::NoAllowCredentials { resident_key: None } => {
            "Registration did not ask for a discoverable credential, and the authentication options have no allowCredentials.".to_owned()
        }
        Found::Trace { marker } => format!("The answer contains \"{}\".", one_line(marker)),
        Found::WaysTried { ways, answer: summary } => tried(ways, summary.as_ref()),
    }
}

fn answered(summary: &AnswerSummary) -> String {
    if summary.accepted {
        format!("The relying party accepted this: {}.", answer(summary))
    } else if summary.status >= 500 {
        // No refusal: it failed.
        format!("The relying party answered {}.", answer(summary))
    } else {
        format!("The relying party refused this: {}.", answer(summary))
    }
}

fn tries(count: u64) -> String {
    match count {
        1 => "1 password try".to_owned(),
        count => format!("{count} password tries"),
    }
}

fn shared(causes: &[String], of: usize, summary: &AnswerSummary) -> String {
    let (answer, count) = (answer(summary), causes.len());
    match causes.get(NAMED..).map_or(0, <[String]>::len) {
        0 => format!("{count} of {} get {answer}: {}.", counted(of as u64, "cause"), listed(causes)),
        more => {
            let named = causes.get(..NAMED).unwrap_or_default();
            format!("{count} of {} get {answer}: {} and {more} more.", counted(of as u64, "cause"), listed(named))
        }
    }
}

fn tried(ways: &[String], summary: Option<&AnswerSummary>) -> String {
    match (ways, summary.map(answer)) {
        ([], None) => "No way back could be tried.".to_owned(),
        ([], Some(last)) => format!("No way back could be tried; the last answer was {last}."),
        ([way], None) => format!("The way back by {} did not lead to a working passkey.", one_line(way)),
        ([way], Some(last)) => {
            format!("The way back by {} did not lead to a working passkey; the last answer was {last}.", one_line(way))
        }
        (ways, None) => format!("None of these ways back led to a working passkey: {}.", listed(ways)),
        (ways, Some(last)) => {
            format!("None of these ways back led to a working passkey: {}; the last answer was {last}.", listed(ways))
        }
    }
}

/// A request as a person says it, within a sentence.
#[must_use]
pub const fn request(request: Request) -> &'static str {
    match request {
        Request::RegistrationOptions => "the options request of a registration",
        Request::RegistrationVerify => "the verify request of a registration",
        Request::AuthenticationOptions => "the options request of an authentication",
        Request::AuthenticationVerify => "the verify request of an authentication",
        Request::FailureReport => "the report of a failure that only the client saw",
        Request::Fallback => "another way to sign in",
    }
}

/// Whose cookies a repetition carried, as a label.
#[must_use]
pub const fn replay_from(from: ReplayFrom) -> &'static str {
    match from {
        ReplayFrom::NoSession => "without cookies",
        ReplayFrom::AnotherSession => "in another session",
        ReplayFrom::SameCookies => "with the same cookies",
    }
}

/// `POST /assertion/result -> 200`.
#[must_use]
pub fn evidence(evidence: &Evidence) -> String {
    let (method, path) = (one_line(&evidence.method), one_line(&evidence.path));
    match evidence.status {
        Some(status) => format!("{method} {path} -> {status}"),
        None => format!("{method} {path} -> no answer"),
    }
}

/// `2 scenarios: one on iphone (step 3), another on pixel-chrome (step 4).`
#[must_use]
pub fn seen(seen: &[SeenIn]) -> String {
    let named: Vec<String> = seen.iter().take(SCENARIOS).map(seen_in).collect();
    let (count, named) = (counted(seen.len() as u64, "scenario"), named.join(", "));
    match seen.len().saturating_sub(SCENARIOS) {
        0 => format!("{count}: {named}."),
        more => format!("{count}: {named} and {more} more."),
    }
}

/// `interrupted-double-tap on pixel-chrome (step 4, in 2 of 6 attempts)`.
#[must_use]
pub fn seen_in(seen: &SeenIn) -> String {
    let (scenario, profile, step) = (one_line(&seen.scenario), one_line(&seen.profile), seen.step);
    match seen.times {
        None => format!("{scenario} on {profile} (step {step})"),
        Some((times, of)) => format!("{scenario} on {profile} (step {step}, in {times} of {of} attempts)"),
    }
}
