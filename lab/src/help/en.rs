//! English.

mod caller;
mod connection;
mod met;
mod problem;

use std::fmt::Write as _;

use faultkey_client::DomException;
use faultkey_relying_party::{Arrived, Unreachable};

use crate::check::Request;
use crate::exercise::{CleanUp, Learnt, NameForm, NotExercisable, Probe, Tried};

use super::place::name_of_algorithm;
pub use met::met;
pub use problem::words;

pub const TRIED: &str = "What was tried";
pub const REQUEST: &str = "The request";
pub const ANSWER: &str = "The answer";
pub const MEANING: &str = "What it probably means";
pub const ADVICE: &str = "What to do";
/// Between a line and what it met.
pub const COLON: &str = ": ";
pub const NO_REQUEST: &str = "No request was answered.";

pub fn title(problem: &NotExercisable) -> String {
    format!(
        "The relying party could not be exercised, and nothing was judged ({}). Before anything is judged, it has to accept a clean registration \
         and a clean authentication.",
        problem.problem.id()
    )
}

/// The clean attempt.
pub fn attempt(problem: &NotExercisable) -> String {
    let NotExercisable { adapter, profile, origin, account, request, .. } = problem;
    format!(
        "Adapter `{adapter}`, device `{profile}`, origin {origin}, account `{account}`. It ended at {}.",
        match request {
            Request::RegistrationOptions => "the request for registration options",
            Request::RegistrationVerify => "the request that verifies the registration",
            Request::AuthenticationOptions => "the request for authentication options, after a registration that was accepted",
            Request::AuthenticationVerify => "the request that verifies the authentication, after a registration that was accepted",
            Request::FailureReport => "the report of a failure",
            Request::Fallback => "another way to sign in",
        }
    )
}

/// What else was tried.
pub fn tried(tried: &Tried) -> String {
    let result = if tried.accepted { "accepted" } else { "not accepted" };
    match &tried.probe {
        Probe::Origin(origin) => format!("With the origin {origin} it is {result}."),
        Probe::Account { username, form: NameForm::Short } => format!("With the short account name `{username}` it is {result}."),
        Probe::Account { username, form: NameForm::Email } => {
            format!("With the e-mail address `{username}` as account name it is {result}.")
        }
        Probe::Attestation { profile, asked } => {
            format!("From the device `{profile}`, where the attestation `{asked}` is asked for, it is {result}.")
        }
        Probe::Algorithm(algorithm) => {
            format!("From a device that has only the algorithm {} it is {result}.", name_of_algorithm(*algorithm))
        }
    }
}

pub fn unreachable(unreachable: &Unreachable) -> String {
    format!("There was none from {}: {}.", unreachable.url, unreachable.problem)
}

pub fn arrived(arrived: &Arrived, status: u16, content_type: Option<&str>) -> String {
    match (arrived, content_type) {
        (Arrived::Nothing(lost), _) => format!("There was none: {lost}."),
        (Arrived::Part(lost), _) => format!("Status {status}, and only a part of the answer arrived: {lost}."),
        (Arrived::Whole, Some(kind)) => format!("Status {status}, {kind}"),
        (Arrived::Whole, None) => format!("Status {status}, without a Content-Type"),
    }
}

pub fn location(location: &str) -> String {
    format!("Location: {location}")
}

pub fn cut(more: usize) -> String {
    format!("({more} more characters)")
}

pub fn exception(exception: &DomException) -> String {
    format!("With that, the client said {exception}")
}

/// Optional sections of an adapter file, and what each lets be seen.
const SECTIONS: [(&str, &str); 7] = [
    ("session", "whether the user is signed in"),
    ("report", "the answer to a failure that only the page saw"),
    ("fallback.password", "whether another way to sign in works"),
    ("hooks.credentials", "which passkeys are stored"),
    ("hooks.account", "whether an account is locked, and its sessions"),
    ("hooks.log", "what the log says of a failure"),
    ("hooks.reset", "whether the support desk can help"),
];

/// A sentence each.
pub fn learnt(target: &str, learnt: &Learnt) -> Vec<String> {
    let Learnt { profile, took, missing, insecure } = learnt;
    let mut sentences = vec![format!(
        "{target}: a clean registration and a clean authentication were accepted from the device `{profile}`; they took {} ms.",
        took.as_millis()
    )];
    if *insecure {
        sentences.push("No certificate of the server is checked: the adapter file says `insecure = true`.".to_owned());
    }
    let (missing, seen): (Vec<_>, Vec<_>) = SECTIONS.into_iter().partition(|(section, _)| missing.contains(section));
    let mut observed = "What can be observed: its answers".to_owned();
    for (_, shows) in seen {
        let _ = write!(observed, "; {shows}");
    }
    sentences.push(format!("{observed}."));
    if !missing.is_empty() {
        let add: Vec<String> = missing.into_iter().map(|(section, shows)| format!("`[{section}]` ({shows})")).collect();
        sentences.push(format!("To let more be observed, add to the adapter file: {}.", add.join(", ")));
    }
    sentences
}

/// One sentence or two.
pub fn cleaned_up(target: &str, clean_up: &CleanUp) -> String {
    let counted = |count: usize| if count == 1 { "1 account".to_owned() } else { format!("{count} accounts") };
    match clean_up {
        CleanUp::NoHook { accounts } => {
            format!(
                "{target}: the run made {} there, to stay; `[hooks.clean-up]` in the adapter file would remove what a run makes.",
                counted(*accounts)
            )
        }
        CleanUp::Interrupted { accounts } => {
            format!("{target}: the run made {} there, to stay, since it was ended early.", counted(*accounts))
        }
        CleanUp::Gone { accounts } => format!("{target}: the run made {} there, to stay: nothing answers any more.", counted(*accounts)),
        CleanUp::Done { accounts, failed: 0, .. } => {
            format!("{target}: the run made {} there, and `[hooks.clean-up]` removed all of them.", counted(*accounts))
        }
        CleanUp::Done { accounts, failed, first } => format!(
            "{target}: the run made {} there, and `[hooks.clean-up]` failed for {failed}. The first: {}",
            counted(*accounts),
            first.as_deref().unwrap_or_default()
        ),
    }
}

/// Before the lines.
pub fn checked(target: &str, file: &str, profile: &str, took: std::time::Duration) -> String {
    format!(
        "{target}: a clean registration and a clean authentication were accepted from the device `{profile}`; all of it took {} ms. The lines of {file}, \
         and what each met:",
        took.as_millis()
    )
}

/// No client takes the options.
pub fn unusable(target: &str, exception: Option<&DomException>) -> String {
    match exception {
        Some(exception) => format!("{target}: no client takes the options of this relying party: {exception}"),
        None => format!("{target}: no client takes the options of this relying party"),
    }
}
