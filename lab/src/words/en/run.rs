//! How scenarios and runs stand, and why.

use crate::check::Gravity;
use crate::confusion::Grouping;
use crate::report::text::one_line;
use crate::scenario::OutcomeClass;
use crate::verdict::{Blind, BlindSpot, Happened, Incomplete, KeyEffect, Reason, Standing, TargetRun};
use crate::words::{Noun, View, free};

use super::found;
use super::found::listed;

/// `1 check`, `2 checks`.
#[must_use]
pub fn counted(count: u64, noun: Noun) -> String {
    let noun = match noun {
        Noun::Answer => "answer",
        Noun::Cause => "cause",
        Noun::Check => "check",
        Noun::Finding => "finding",
        Noun::Scenario => "scenario",
        Noun::Step => "step",
    };
    plural(count, noun)
}

pub(super) fn plural(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// A label.
#[must_use]
pub const fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Passed => "passed",
        Standing::Failed => "failed",
        Standing::NotSetUp => "could not be set up",
        Standing::DoesNotApply => "does not apply",
        Standing::NotObservable => "not observable",
        Standing::NotPlayed => "not played",
    }
}

/// A label.
#[must_use]
pub const fn gravity(gravity: Gravity) -> &'static str {
    match gravity {
        Gravity::Security => "security",
        Gravity::State => "state",
        Gravity::NoWayOut => "no way out",
        Gravity::Unclear => "unclear",
        Gravity::Advice => "remark",
    }
}

#[must_use]
pub const fn gravity_means(gravity: Gravity) -> &'static str {
    match gravity {
        Gravity::Security => "Someone can get in who should not, or the service can be stopped.",
        Gravity::State => "The relying party's records are wrong afterwards.",
        Gravity::NoWayOut => "The user cannot go on.",
        Gravity::Unclear => "Neither the user nor the support desk can tell what happened.",
        Gravity::Advice => "WebAuthn leaves the choice to the relying party, or the effect is small.",
    }
}

fn counted_gravity(gravity: Gravity, count: usize) -> String {
    match gravity {
        Gravity::Security => format!("{count} security"),
        Gravity::State => format!("{count} state"),
        Gravity::NoWayOut => format!("{count} no way out"),
        Gravity::Unclear => format!("{count} unclear"),
        Gravity::Advice => plural(count as u64, "remark"),
    }
}

/// `4 findings (1 security, 1 unclear, 2 remarks).`
#[must_use]
pub fn findings_counted(target: &TargetRun) -> String {
    if target.findings.is_empty() {
        return "No findings.".to_owned();
    }
    let count = |gravity| target.findings.iter().filter(|finding| finding.gravity == gravity).count();
    let by_gravity: Vec<String> = Gravity::ALL
        .into_iter()
        .map(|gravity| (gravity, count(gravity)))
        .filter(|(_, count)| *count > 0)
        .map(|(gravity, count)| counted_gravity(gravity, count))
        .collect();
    format!("{} ({}).", counted(target.findings.len() as u64, Noun::Finding), by_gravity.join(", "))
}

/// `14 scenarios: 12 passed, 2 failed.`
#[must_use]
pub fn scenarios_counted(target: &TargetRun) -> String {
    if target.scenarios.is_empty() {
        return "No scenarios.".to_owned();
    }
    let order =
        [Standing::Passed, Standing::Failed, Standing::NotSetUp, Standing::NotObservable, Standing::DoesNotApply, Standing::NotPlayed];
    let by_standing: Vec<String> = order
        .into_iter()
        .map(|standing| (standing, target.count(standing)))
        .filter(|(_, count)| *count > 0)
        .map(|(standing, count)| counted_standing(standing, count))
        .collect();
    format!("{}: {}.", counted(target.scenarios.len() as u64, Noun::Scenario), by_standing.join(", "))
}

fn counted_standing(standing: Standing, count: usize) -> String {
    match standing {
        Standing::Passed => format!("{count} passed"),
        Standing::Failed => format!("{count} failed"),
        Standing::NotSetUp => format!("{count} could not be set up"),
        Standing::DoesNotApply if count == 1 => "1 does not apply".to_owned(),
        Standing::DoesNotApply => format!("{count} do not apply"),
        Standing::NotObservable => format!("{count} not observable"),
        Standing::NotPlayed => format!("{count} not played"),
    }
}

/// Why a scenario has no verdict.
#[must_use]
pub fn reason(reason: &Reason) -> String {
    match reason {
        Reason::ImpossibleOnProfile { problem } => format!("Does not apply on this profile: {}.", free(&problem.en)),
        Reason::NeedsWait => "Not played: it has to wait for the relying party's clock; `--wait` plays it.".to_owned(),
        Reason::RunEnded => "Not played: the run had ended before.".to_owned(),
        Reason::CleanStepFailed { step, found: what } => {
            format!("Could not be set up: step {step} has no fault in it and was not accepted. {}", found(what))
        }
        Reason::DeviceLacks { step, lacks } => {
            format!("Does not apply on this profile: step {step} needs {}, which the device lacks.", free(lacks))
        }
        Reason::RateLimited { step } => format!("Not observable: at step {step} the relying party limited the rate of requests."),
        Reason::AdapterDoesNotFit { step, problem } => {
            format!("Not observable: at step {step} the adapter file does not fit the answer: {}.", free(problem))
        }
        Reason::StoppedAnswering { step } => format!("Failed: at step {step} the relying party stopped answering."),
        Reason::FaultDidNotFire { fault } => format!("Not observable: the fault `{}` did not fire.", one_line(fault)),
        Reason::NothingSeen => "Not observable: the adapter file shows nothing of what the scenario expects.".to_owned(),
        Reason::VerificationNotRequired => "Does not apply: the options do not require user verification.".to_owned(),
    }
}

/// The same for several scenarios.
#[must_use]
pub fn reason_of(scenarios: usize, why: &Reason) -> String {
    format!("{} ({})", reason(why), counted(scenarios as u64, Noun::Scenario))
}

/// Why a check could not be made.
#[must_use]
pub fn blind(blind: &Blind) -> String {
    match blind {
        Blind::Section { section } => format!("Not observable: the adapter file has no section `[{}]`.", one_line(section)),
        Blind::Field { section, field } => {
            format!("Not observable: the section `[{}]` of the adapter file has no `{}`.", one_line(section), one_line(field))
        }
        Blind::HookFailed { section, problem } if section.is_empty() => {
            format!("Not observable: the relying party's state could not be read: {}.", free(problem))
        }
        Blind::HookFailed { section, problem } => {
            format!("Not observable: `[{}]` of the adapter file could not be used: {}.", one_line(section), free(problem))
        }
        Blind::NotReached => "Not observable: the ceremony did not get that far.".to_owned(),
        Blind::RateLimited => "Not observable: the relying party limited the rate of requests.".to_owned(),
        Blind::FaultDidNotFire => "Not observable: the fault did not fire.".to_owned(),
        Blind::NothingToCompare => "Not observable: there is no other cause to compare with.".to_owned(),
    }
}

/// What to add to the adapter file, and what that shows. Told once for a run.
#[must_use]
pub fn blind_spot(spot: &BlindSpot) -> String {
    let names: Vec<&str> = spot.checks.iter().map(|check| check.name()).collect();
    let checks = match names.as_slice() {
        [name] => format!("1 check becomes visible: {name}"),
        names => format!("{} checks become visible: {}", names.len(), listed(names)),
    };
    match &spot.blind {
        Blind::Section { section } => format!("Add `[{}]` to the adapter file, and {checks}.", one_line(section)),
        Blind::Field { section, field } => {
            format!("Add `{}` to `[{}]` in the adapter file, and {checks}.", one_line(field), one_line(section))
        }
        Blind::HookFailed { section, problem } if section.is_empty() => {
            format!("Make the relying party's state readable, and {checks}. The problem was: {}.", free(problem))
        }
        Blind::HookFailed { section, problem } => {
            format!("Correct `[{}]` in the adapter file, and {checks}. The problem was: {}.", one_line(section), free(problem))
        }
        Blind::NotReached => format!("Make the ceremonies get further, and {checks}."),
        Blind::RateLimited => format!("Raise the rate limit, or slow down with `--pace`, and {checks}."),
        Blind::FaultDidNotFire => format!("Give the faults an opportunity to fire, and {checks}."),
        Blind::NothingToCompare => format!("Play scenarios with more causes of failure, and {checks}."),
    }
}

/// Said once for a run.
#[must_use]
pub const fn rate_limited() -> &'static str {
    "The relying party limited the rate of requests, so that some scenarios show nothing; slow down with `--pace`, or raise the limit for the test."
}

/// Said first: what follows is not everything.
#[must_use]
pub const fn incomplete(incomplete: Incomplete) -> &'static str {
    match incomplete {
        Incomplete::Interrupted => "This run is incomplete: it was interrupted from the keyboard.",
        Incomplete::Terminated => "This run is incomplete: it was terminated by a signal.",
        Incomplete::TimeLimit => "This run is incomplete: its time limit was reached.",
        Incomplete::Gone => "This run is incomplete: the relying party stopped answering and did not come back.",
    }
}

/// What happened to the device, or on its way to the relying party.
#[must_use]
pub fn happened(happened: &Happened) -> String {
    match happened {
        Happened::Fault { fault, text } => format!("The fault `{}` fired: {}.", one_line(fault), free(&text.en)),
        Happened::Event { effect } => key_effect(*effect).to_owned(),
    }
}

const fn key_effect(effect: KeyEffect) -> &'static str {
    match effect {
        KeyEffect::Nothing => "The event left the keys of the device as they were.",
        KeyEffect::KeyInvalidated => "The event made the private key unusable.",
        KeyEffect::CredentialGone => "The event removed the credential from the device.",
        KeyEffect::OtherKey => "The event put another private key under the same credential id.",
    }
}

/// What a class asks of the relying party (catalogue §0.5).
#[must_use]
pub const fn expectation(class: OutcomeClass) -> &'static str {
    match class {
        OutcomeClass::Ok => "Accepts, and there is a session or the passkey is stored.",
        OutcomeClass::Tolerate => "Accepts what is unusual and legal.",
        OutcomeClass::SecurityReject => "Refuses, changes nothing, and logs the reason.",
        OutcomeClass::KeyMismatch => "Refuses a wrong key, keeps the record, and offers to register again.",
        OutcomeClass::UnknownCredential => "Refuses, tells the client that the passkey is unknown, and offers another way to sign in.",
        OutcomeClass::OpaqueClient => "Counts nothing against the account, and offers a retry and another way to sign in.",
        OutcomeClass::RetryNewChallenge => "Gives a new challenge, and keeps what the user has entered.",
        OutcomeClass::Reconcile => "Tells a client that asks again the result that stands.",
        OutcomeClass::Already => "Tells the user that the device is already registered, and does not call it a failure.",
        OutcomeClass::Policy => "Refuses, names the policy, and offers an alternative.",
        OutcomeClass::Unsupported => "Says what the device lacks, and offers another way to sign in.",
        OutcomeClass::Risk => "Accepts or asks for more, takes note, and locks nothing.",
    }
}

/// Within a sentence.
#[must_use]
pub const fn view(view: View) -> &'static str {
    match view {
        View::Shown => "by what the user is shown",
        View::Api => "by what the API says",
        View::Logged => "by what the relying party logs",
    }
}

/// `Tells 0 of 91 pairs of causes apart by what the user is shown.`
#[must_use]
pub fn told_apart(grouping: &Grouping, by: View) -> String {
    let (told, pairs) = (grouping.told_apart, plural(grouping.pairs as u64, "pair"));
    match by {
        _ if grouping.pairs == 0 => not_compared(by).to_owned(),
        View::Shown => format!("Tells {told} of {pairs} of causes apart by what the user is shown."),
        View::Api => format!("Tells {told} of {pairs} of causes apart by what the API says."),
        View::Logged => format!("Tells {told} of {pairs} of causes apart by what the relying party logs."),
    }
}

const fn not_compared(by: View) -> &'static str {
    match by {
        View::Shown => "What the user is shown for different causes cannot be compared.",
        View::Api => "What the API says for different causes cannot be compared.",
        View::Logged => "What the relying party logs for different causes cannot be compared.",
    }
}

/// `The largest group holds 14 causes under "M0902".` `None` when nothing was answered.
#[must_use]
pub fn largest_group(grouping: &Grouping) -> Option<String> {
    let group = grouping.largest_group.as_ref()?;
    Some(match group.causes.len() {
        0 | 1 => "No two causes share an answer.".to_owned(),
        causes => format!("The largest group holds {causes} causes under \"{}\".", one_line(&group.answer)),
    })
}
