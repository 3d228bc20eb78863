//! The outcome classes (catalogue §0.5): whether a ceremony ended as one demands, and the looks that go with it.

use crate::check::CheckId;
use crate::facts::{Ceremony, Ended, Kind, Phase};
use crate::scenario::{Forbidden, OutcomeClass, Rule};
use crate::verdict::Blind;

use super::look::{self, Look, Looked, at_end};

/// The looks of the class that fits best: one as whose the ceremony ended, and of several the one with the least grave failure.
pub fn judge(expected: &[OutcomeClass], rule: Option<Rule>, ceremony: &Ceremony, times: Times) -> Vec<Looked> {
    let all = expected.iter().map(|class| class_looks(*class, rule, ceremony, times));
    all.min_by_key(|(fits, looks)| (!fits, cost(looks))).map(|(_, looks)| looks).unwrap_or_default()
}

/// When a challenge that has expired has expired: what the relying party says, or only what its options hint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// The adapter file names the lifetime.
    Lifetime,
    /// The options' timeout.
    Timeout,
}

/// The gravest failure, the lower the graver; then how many looks can't be seen.
fn cost(looks: &[Looked]) -> (Option<std::cmp::Reverse<crate::check::Gravity>>, usize) {
    let failed = looks.iter().filter(|looked| matches!(looked.look, Look::Fails(_)));
    let unseen = looks.iter().filter(|looked| matches!(looked.look, Look::Unseen(_))).count();
    (failed.map(|looked| std::cmp::Reverse(looked.check.gravity())).max(), unseen)
}

fn class_looks(class: OutcomeClass, rule: Option<Rule>, ceremony: &Ceremony, times: Times) -> (bool, Vec<Looked>) {
    match class {
        OutcomeClass::Ok | OutcomeClass::Tolerate => accepted(rule, ceremony),
        OutcomeClass::SecurityReject => refused(rule, ceremony, times, |ceremony| vec![look::reason_logged(ceremony)]),
        OutcomeClass::KeyMismatch => refused(rule, ceremony, times, |ceremony| {
            vec![look::offers_register_again(ceremony), look::no_signal(ceremony), look::reason_logged(ceremony)]
        }),
        OutcomeClass::UnknownCredential => refused(rule, ceremony, times, |ceremony| vec![look::signals_unknown(ceremony)]),
        OutcomeClass::Policy => {
            refused(rule, ceremony, times, |ceremony| vec![look::names_a_reason(ceremony), look::offers_something(ceremony)])
        }
        OutcomeClass::OpaqueClient => client_failed(ceremony, |ceremony| vec![look::offers_retry(ceremony)]),
        OutcomeClass::Unsupported => client_failed(ceremony, |ceremony| vec![look::names_a_reason(ceremony)]),
        OutcomeClass::RetryNewChallenge => retry_new_challenge(rule, ceremony, times),
        OutcomeClass::Reconcile => reconcile(ceremony),
        OutcomeClass::Already => already(ceremony),
        OutcomeClass::Risk => risk(ceremony),
    }
}

/// O-OK, O-TOLERATE: accepted, session created or credential stored.
fn accepted(rule: Option<Rule>, ceremony: &Ceremony) -> (bool, Vec<Looked>) {
    if !ceremony.failed() {
        let check = rule.map_or(CheckId::RetryRefused, Rule::refused);
        return (true, vec![at_end(check, ceremony, Look::Holds), look::established(ceremony)]);
    }
    let check = match ceremony.ended() {
        Ended::Network(_) => CheckId::NoAnswer,
        _ => rule.map_or(CheckId::RetryRefused, Rule::refused),
    };
    // A fault that keeps an answer away is no refusal.
    let injected = matches!(ceremony.ended(), Ended::Network(_)) && !ceremony.fired.is_empty();
    let look = if injected { Look::Unseen(Blind::NotReached) } else { Look::Fails(look::ending(ceremony)) };
    (false, vec![at_end(check, ceremony, look)])
}

/// What is wrong where the relying party accepts what the rule forbids.
fn wrongly_accepted(rule: Option<Rule>, times: Times) -> Option<CheckId> {
    match (rule, times) {
        (Some(Rule::ChallengeExpiry), Times::Timeout) => Some(CheckId::ChallengeOutlivesTimeout),
        (rule, _) => rule?.accepted(),
    }
}

/// Refused by the relying party (its own rule says so), nothing changed.
fn refused(rule: Option<Rule>, ceremony: &Ceremony, times: Times, further: impl FnOnce(&Ceremony) -> Vec<Looked>) -> (bool, Vec<Looked>) {
    let check = wrongly_accepted(rule, times);
    match ceremony.ended() {
        Ended::Refused => {
            let mut looks: Vec<Looked> = check.map(|check| at_end(check, ceremony, Look::Holds)).into_iter().collect();
            looks.extend([look::refused_with_4xx(ceremony), look::rows_unchanged(ceremony), look::rows_kept(ceremony)]);
            looks.extend(look::no_session(ceremony));
            looks.extend(further(ceremony));
            (true, looks)
        }
        Ended::Accepted => (false, check.map(|check| at_end(check, ceremony, Look::Fails(look::ending(ceremony)))).into_iter().collect()),
        Ended::Client(_) | Ended::Network(_) => (false, not_reached(check, ceremony)),
    }
}

/// The relying party was not asked, so that nothing can be said.
fn not_reached(check: Option<CheckId>, ceremony: &Ceremony) -> Vec<Looked> {
    vec![at_end(check.unwrap_or(CheckId::NoAnswer), ceremony, Look::Unseen(Blind::NotReached))]
}

/// O-OPAQUE-CLIENT, O-UNSUPPORTED: only the client knows. Nothing counts against the account, and there is a way on.
fn client_failed(ceremony: &Ceremony, further: impl FnOnce(&Ceremony) -> Vec<Looked>) -> (bool, Vec<Looked>) {
    if !matches!(ceremony.ended(), Ended::Client(_)) {
        return (false, not_reached(None, ceremony));
    }
    let mut looks = vec![look::not_locked(ceremony), look::tries_unchanged(ceremony)];
    looks.extend(look::no_session(ceremony));
    looks.extend(further(ceremony));
    looks.extend(look::fallback(ceremony));
    (true, looks)
}

/// O-RETRY-NEW-CHALLENGE: a new challenge, without the user losing the form.
fn retry_new_challenge(rule: Option<Rule>, ceremony: &Ceremony, times: Times) -> (bool, Vec<Looked>) {
    let check = wrongly_accepted(rule, times);
    if !ceremony.failed() {
        let repeated = ceremony.repeated.then_some(CheckId::Replay);
        return match check.or(repeated) {
            Some(check) => (false, vec![at_end(check, ceremony, Look::Fails(look::ending(ceremony)))]),
            None => (false, not_reached(None, ceremony)),
        };
    }
    let mut looks: Vec<Looked> = check.map(|check| at_end(check, ceremony, Look::Holds)).into_iter().collect();
    looks.extend([look::offers_retry(ceremony), look::draft_kept(ceremony)]);
    looks.extend(look::no_session(ceremony));
    looks.extend(look::new_challenge(ceremony));
    (true, looks)
}

/// O-RECONCILE: the relying party may have committed; whoever asks again is told the truth.
fn reconcile(ceremony: &Ceremony) -> (bool, Vec<Looked>) {
    let told = look::told_what_stands(ceremony);
    // What is told has to be so: for a registration, the passkey is stored.
    let mut looks = vec![told.clone()];
    if told.look == Look::Holds && ceremony.kind == Kind::Registration {
        looks.push(look::established(ceremony));
    }
    (told.look == Look::Holds, looks)
}

/// O-ALREADY: the account has a passkey, which is told as such, not as a failure; with a way on, should the passkey not work.
fn already(ceremony: &Ceremony) -> (bool, Vec<Looked>) {
    let excluded = ceremony.kind == Kind::Registration && matches!(ceremony.ended(), Ended::Client(_) | Ended::Refused);
    if !excluded {
        return (false, not_reached(None, ceremony));
    }
    let looks =
        vec![look::told_as_news(ceremony), look::rows_unchanged(ceremony), look::rows_kept(ceremony), look::offers_something(ceremony)];
    (true, looks)
}

/// O-RISK: accepted, or refused; noted; never locked (WebAuthn-3 §7.2 step 22: a sign, not a proof).
fn risk(ceremony: &Ceremony) -> (bool, Vec<Looked>) {
    match ceremony.ended() {
        Ended::Accepted | Ended::Refused => {
            (true, vec![look::not_locked(ceremony), look::rows_kept(ceremony), look::sign_count_noted(ceremony)])
        }
        Ended::Client(_) | Ended::Network(_) => (false, not_reached(Some(CheckId::SignCountIgnored), ceremony)),
    }
}

/// An outcome that a step forbids; `None` for what is judged over the whole run.
pub fn forbidden(forbidden: Forbidden, ceremony: &Ceremony, told: usize) -> Option<Looked> {
    // A registration that is accepted may take the place of the account's passkey, as it does on the authenticator (WebAuthn-3 §5.4.3).
    let replaces = ceremony.kind == Kind::Registration && !ceremony.failed();
    match forbidden {
        Forbidden::CredentialDeleted | Forbidden::CredentialChanged if replaces => None,
        Forbidden::Locked => Some(look::not_locked(ceremony)),
        Forbidden::PasswordTryUsed => Some(look::tries_unchanged(ceremony)),
        Forbidden::CredentialDeleted => Some(look::rows_kept(ceremony)),
        Forbidden::CredentialChanged => Some(look::rows_unchanged(ceremony)),
        Forbidden::DuplicateCredential => Some(look::no_duplicates(ceremony, told)),
        Forbidden::Session => look::no_session(ceremony),
        Forbidden::SignalUnknownCredential => Some(look::no_signal(ceremony)),
        Forbidden::ServerError => {
            look::answers(ceremony).into_iter().find(|looked| looked.check == CheckId::ServerError && looked.look != Look::Holds)
        }
        Forbidden::GenericCode => None,
    }
}

/// What must be true after every ceremony, whatever the scenario expects (catalogue §0.6). `told`: registrations of which the user was told.
pub fn invariants(ceremony: &Ceremony, told: usize) -> Vec<Looked> {
    let mut looks = look::answers(ceremony);
    looks.extend(look::no_session(ceremony));
    looks.extend(look::challenge_dies(ceremony));
    looks.extend(look::accepted_once(ceremony));
    looks.push(look::no_duplicates(ceremony, told));
    if ceremony.failed() || !ceremony.fired.is_empty() {
        looks.extend([look::not_locked(ceremony), look::tries_unchanged(ceremony)]);
    }
    if ceremony.failed() {
        looks.push(look::draft_kept(ceremony));
        looks.extend(look::fallback(ceremony));
    }
    // The answer was lost, and the passkey is stored: whoever is told otherwise registers again, or gives up.
    let lost = ceremony.kind == Kind::Registration && ceremony.ended() == Ended::Network(Phase::Verify);
    if lost && look::established(ceremony).look == Look::Holds {
        looks.push(look::told_what_stands(ceremony));
    }
    if ceremony.kind == Kind::Authentication && matches!(ceremony.ended(), Ended::Refused | Ended::Client(_)) {
        looks.extend([look::rows_unchanged(ceremony), look::rows_kept(ceremony)]);
    }
    looks
}
