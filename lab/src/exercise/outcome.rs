//! The outcome classes (catalogue §0.5) as predicates: one function for each, which says what it looked at and what it found.

mod look;

pub use look::*;

use super::ceremony::{Ceremony, Kind};
use crate::verdict::{Check, Judgement, OutcomeClass, worst};

/// Ways to prove who one is without the passkey.
pub const OTHER_WAYS: [&str; 3] = ["password", "phone", "support"];

/// The class that fits best: its checks. (Of several that fit equally, the first.)
pub fn judge(expected: &[OutcomeClass], ceremony: &Ceremony) -> Vec<Check> {
    expected.iter().map(|class| checks(*class, ceremony)).min_by_key(|checks| worst(checks)).unwrap_or_default()
}

pub fn checks(class: OutcomeClass, ceremony: &Ceremony) -> Vec<Check> {
    match class {
        OutcomeClass::Ok | OutcomeClass::Tolerate => ok(ceremony),
        OutcomeClass::SecurityReject => security_reject(ceremony),
        OutcomeClass::KeyMismatch => key_mismatch(ceremony),
        OutcomeClass::UnknownCredential => unknown_credential(ceremony),
        OutcomeClass::OpaqueClient => opaque_client(ceremony),
        OutcomeClass::RetryNewChallenge => retry_new_challenge(ceremony),
        OutcomeClass::Reconcile => reconcile(ceremony),
        OutcomeClass::Already => already(ceremony),
        OutcomeClass::Policy => policy(ceremony),
        OutcomeClass::Unsupported => unsupported(ceremony),
        OutcomeClass::Risk => risk(ceremony),
    }
}

/// O-OK, O-TOLERATE: accepted, session created or credential stored.
fn ok(ceremony: &Ceremony) -> Vec<Check> {
    vec![accepted(ceremony), established(ceremony)]
}

/// O-SECURITY-REJECT: refused with 4xx, no state change, logged with a precise reason.
fn security_reject(ceremony: &Ceremony) -> Vec<Check> {
    vec![refused(ceremony), no_session(ceremony), rows_unchanged(ceremony), reason_logged(ceremony)]
}

/// O-KEY-MISMATCH: id known, signature wrong. The row stays, and the device is not told that the passkey is unknown: it may delete it for good.
fn key_mismatch(ceremony: &Ceremony) -> Vec<Check> {
    vec![
        refused(ceremony),
        no_session(ceremony),
        rows_unchanged(ceremony),
        offers("registering again is offered", ceremony, &["register-again"]),
        offers("another way is offered", ceremony, &OTHER_WAYS),
        no_signal(ceremony, "unknown-credential"),
    ]
}

/// O-UNKNOWN-CRED: refused, `signalUnknownCredential` issued, another way offered.
fn unknown_credential(ceremony: &Ceremony) -> Vec<Check> {
    vec![
        refused(ceremony),
        no_session(ceremony),
        signal(ceremony, "unknown-credential"),
        offers("another way is offered", ceremony, &OTHER_WAYS),
    ]
}

/// O-OPAQUE-CLIENT: the client told nothing. Nothing counts against the account; retry and another way are offered.
fn opaque_client(ceremony: &Ceremony) -> Vec<Check> {
    vec![
        client_failed(ceremony),
        no_session(ceremony),
        not_locked(ceremony),
        tries_unchanged(ceremony),
        offers("a retry is offered", ceremony, &["retry"]),
        offers("another way is offered", ceremony, &OTHER_WAYS),
    ]
}

/// O-RETRY-NEW-CHALLENGE: a new challenge, without the user losing the form.
fn retry_new_challenge(ceremony: &Ceremony) -> Vec<Check> {
    vec![
        not_accepted(ceremony),
        no_session(ceremony),
        offers("a retry is offered", ceremony, &["retry"]),
        new_challenge(ceremony),
        draft_kept(ceremony),
    ]
}

/// O-RECONCILE: the relying party may have committed; whoever asks again is told the truth.
fn reconcile(ceremony: &Ceremony) -> Vec<Check> {
    let mut checks = vec![told_the_truth(ceremony), established(ceremony)];
    if ceremony.kind == Kind::Registration {
        checks.push(one_row(ceremony));
    }
    checks
}

/// O-ALREADY: the account has a passkey, which is told as such, not as a failure; with a way on, should the passkey not work.
fn already(ceremony: &Ceremony) -> Vec<Check> {
    vec![
        excluded(ceremony),
        told_kindly(ceremony),
        rows_unchanged(ceremony),
        offers("a way on is offered, should the passkey not work", ceremony, &["password", "phone", "support", "register-again"]),
    ]
}

/// O-POLICY: says which policy, offers an alternative.
fn policy(ceremony: &Ceremony) -> Vec<Check> {
    vec![
        refused(ceremony),
        no_session(ceremony),
        names_a_reason(ceremony),
        offers("an alternative is offered", ceremony, &["retry", "register-again", "password", "phone", "support"]),
    ]
}

/// O-UNSUPPORTED: names what is missing, offers a fallback.
fn unsupported(ceremony: &Ceremony) -> Vec<Check> {
    vec![client_failed(ceremony), no_session(ceremony), names_a_reason(ceremony), offers("another way is offered", ceremony, &OTHER_WAYS)]
}

/// O-RISK: accepted, or stepped up; noted; never a silent lock (WebAuthn-3 §7.2 step 22: a signal, not a proof).
fn risk(ceremony: &Ceremony) -> Vec<Check> {
    let step_up = Check { what: "accepted or stepped up".to_owned(), ..accepted(ceremony) };
    let mut checks = if ceremony.failed() {
        let offered = offers("accepted or stepped up", ceremony, &OTHER_WAYS);
        vec![if offered.judgement == Judgement::Held { offered } else { step_up }]
    } else {
        vec![step_up]
    };
    checks.extend([not_locked(ceremony), reason_logged(ceremony), rows_kept(ceremony)]);
    checks
}

#[cfg(test)]
mod tests;
