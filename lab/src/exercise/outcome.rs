//! The outcome classes (catalogue §0.5) as predicates: one function for each, which says what it looked at and what it found.

use faultkey_relying_party::{Answer, Arrived, Observation};

use super::ceremony::{Ceremony, Ended, Kind};
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

// ---- what the predicates look at

fn accepted(ceremony: &Ceremony) -> Check {
    Check::is("accepted", !ceremony.failed(), how_it_ended(ceremony))
}

fn not_accepted(ceremony: &Ceremony) -> Check {
    Check::is("not accepted", ceremony.failed(), how_it_ended(ceremony))
}

/// Refused by the relying party, with a 4xx.
fn refused(ceremony: &Ceremony) -> Check {
    let client_error = ceremony.answer().is_some_and(|answer| (400..500).contains(&answer.status));
    Check::is("refused with a 4xx", ceremony.ended() == Ended::Refused && client_error, how_it_ended(ceremony))
}

fn client_failed(ceremony: &Ceremony) -> Check {
    Check::is("the client failed, nothing was verified", matches!(ceremony.ended(), Ended::Client(_)), how_it_ended(ceremony))
}

/// The relying party lists the credential in `excludeCredentials`, so the client says InvalidStateError; or it refuses with 409 or the like.
fn excluded(ceremony: &Ceremony) -> Check {
    let holds = matches!(ceremony.ended(), Ended::Client(_) | Ended::Refused) && ceremony.kind == Kind::Registration;
    Check::is("no second passkey is made", holds, how_it_ended(ceremony))
}

pub fn how_it_ended(ceremony: &Ceremony) -> String {
    match ceremony.ended() {
        Ended::Accepted | Ended::Refused => ceremony.answer().map_or_else(|| "no answer".to_owned(), answer_text),
        Ended::Client(exception) => format!("the client: {exception}"),
        Ended::Network(request) => {
            let answer = if request == "verify" { &ceremony.verify } else { &ceremony.options };
            match answer.as_ref().map(|answer| &answer.arrived) {
                Some(Arrived::Nothing(error) | Arrived::Part(error)) => format!("no whole answer to the {request} request: {error}"),
                _ => format!("no whole answer to the {request} request"),
            }
        }
    }
}

/// `400 M0902 "…"`
pub fn answer_text(answer: &Answer) -> String {
    let mut text = answer.status.to_string();
    if let Some(code) = &answer.code {
        text = format!("{text} {code}");
    }
    if let Some(message) = answer.message.as_ref().filter(|message| !message.is_empty()) {
        text = format!("{text} \"{message}\"");
    }
    text
}

/// Authentication: there is a session. Registration: the new credential is stored.
fn established(ceremony: &Ceremony) -> Check {
    match ceremony.kind {
        Kind::Authentication => seen("a session exists", &ceremony.after.authenticated, |yes| (*yes, yes_no(*yes).to_owned())),
        Kind::Registration => seen("the passkey is stored", &ceremony.after.credentials, |rows| {
            let made = ceremony.credential_id();
            let stored = rows.iter().any(|row| Some(row.id.as_str()) == made);
            (
                stored,
                format!(
                    "{} stored, {}",
                    count(rows.len()),
                    if stored { "the new one among them" } else { "the new one is not among them" }
                ),
            )
        }),
    }
}

fn no_session(ceremony: &Ceremony) -> Check {
    if ceremony.before.authenticated == Observation::Seen(true) {
        return Check::new("no session is minted", Judgement::Held, "the user had a session before, from another authentication");
    }
    seen("no session is minted", &ceremony.after.authenticated, |yes| (!yes, yes_no(*yes).to_owned()))
}

fn both_rows<'a>(
    ceremony: &'a Ceremony,
) -> Result<(&'a [faultkey_relying_party::StoredCredential], &'a [faultkey_relying_party::StoredCredential]), &'a str> {
    match (&ceremony.before.credentials, &ceremony.after.credentials) {
        (Observation::Seen(before), Observation::Seen(after)) => Ok((before, after)),
        (Observation::NotObservable(why), _) | (_, Observation::NotObservable(why)) => Err(why),
    }
}

/// Every row that was there is there.
pub fn rows_kept(ceremony: &Ceremony) -> Check {
    let what = "the credential's row is kept";
    match both_rows(ceremony) {
        Err(why) => Check::not_observable(what, why),
        Ok((before, after)) => {
            let lost: Vec<&str> = before.iter().map(|row| row.id.as_str()).filter(|id| !after.iter().any(|row| row.id == *id)).collect();
            let found =
                if lost.is_empty() { format!("{} before and after", count(before.len())) } else { format!("deleted: {}", lost.join(", ")) };
            Check::is(what, lost.is_empty(), found)
        }
    }
}

/// Key, counter and backup eligibility of every row are as they were.
pub fn rows_unchanged(ceremony: &Ceremony) -> Check {
    let what = "the credential's row is kept unchanged";
    match both_rows(ceremony) {
        Err(why) => Check::not_observable(what, why),
        Ok((before, after)) => {
            let changed: Vec<String> = before
                .iter()
                .filter_map(|row| match after.iter().find(|other| other.id == row.id) {
                    None => Some(format!("{} deleted", row.id)),
                    Some(other) if other != row => Some(format!("{} changed from {} to {}", row.id, columns(row), columns(other))),
                    Some(_) => None,
                })
                .collect();
            let found = if changed.is_empty() { format!("{}, unchanged", count(before.len())) } else { changed.join("; ") };
            Check::is(what, changed.is_empty(), found)
        }
    }
}

fn columns(row: &faultkey_relying_party::StoredCredential) -> String {
    let key = row.public_key.as_deref().map(|key| key.chars().take(12).collect::<String>());
    format!("(key {}…, counter {:?}, BE {:?})", key.unwrap_or_default(), row.sign_count, row.backup_eligible)
}

fn one_row(ceremony: &Ceremony) -> Check {
    seen("one credential is stored", &ceremony.after.credentials, |rows| (rows.len() == 1, format!("{} stored", count(rows.len()))))
}

pub fn not_locked(ceremony: &Ceremony) -> Check {
    let what = "the account is not locked";
    match &ceremony.after.account {
        Observation::NotObservable(why) => Check::not_observable(what, why.as_str()),
        Observation::Seen(account) => match account.locked {
            Some(locked) => Check::is(what, !locked, if locked { "locked" } else { "open" }),
            None => Check::not_observable(what, "the account hook does not tell"),
        },
    }
}

pub fn tries_unchanged(ceremony: &Ceremony) -> Check {
    let what = "no password try is used up";
    let tries = |account: &Observation<faultkey_relying_party::AccountState>| match account {
        Observation::NotObservable(why) => Err(why.clone()),
        Observation::Seen(account) => account.password_tries_left.ok_or_else(|| "the account hook does not tell".to_owned()),
    };
    match (tries(&ceremony.before.account), tries(&ceremony.after.account)) {
        (Ok(before), Ok(after)) => Check::is(what, after >= before, format!("{before} left before, {after} after")),
        (Err(why), _) | (_, Err(why)) => Check::not_observable(what, why),
    }
}

/// The user is shown one of these ways.
fn offers(what: &str, ceremony: &Ceremony, ways: &[&str]) -> Check {
    match ceremony.shown() {
        Err(why) => Check::not_observable(what, why),
        Ok(_) if !ceremony.sees.ways => Check::not_observable(what, WAYS_UNSEEN),
        Ok(shown) => {
            let offered: Vec<&str> = ways.iter().copied().filter(|way| shown.next.iter().any(|next| next == way)).collect();
            let found =
                if shown.next.is_empty() { "no way out is offered".to_owned() } else { format!("offered: {}", shown.next.join(", ")) };
            Check::is(what, !offered.is_empty(), found)
        }
    }
}

pub const WAYS_UNSEEN: &str = "the mapping does not say where an answer offers ways out";
pub const SIGNALS_UNSEEN: &str = "the mapping does not say where an answer carries Signal API hints";

fn signal(ceremony: &Ceremony, method: &str) -> Check {
    let what = "the device is told that the passkey is unknown";
    match ceremony.shown() {
        Err(why) => Check::not_observable(what, why),
        Ok(_) if !ceremony.sees.signals => Check::not_observable(what, SIGNALS_UNSEEN),
        Ok(shown) => Check::is(what, shown.signals.iter().any(|signal| signal == method), signals_text(shown)),
    }
}

pub fn no_signal(ceremony: &Ceremony, method: &str) -> Check {
    let what = "the device is not told that the passkey is unknown";
    match ceremony.shown() {
        Err(why) => Check::not_observable(what, why),
        Ok(_) if !ceremony.sees.signals => Check::not_observable(what, SIGNALS_UNSEEN),
        Ok(shown) => Check::is(what, !shown.signals.iter().any(|signal| signal == method), signals_text(shown)),
    }
}

fn signals_text(answer: &Answer) -> String {
    if answer.signals.is_empty() { "no signal".to_owned() } else { format!("signals: {}", answer.signals.join(", ")) }
}

/// A code, or a reason in the log. (Whether it is finer than one for all is invariant I7, judged over the whole run.)
fn names_a_reason(ceremony: &Ceremony) -> Check {
    let what = "a reason is named";
    match ceremony.shown() {
        Err(why) => Check::not_observable(what, why),
        Ok(shown) => {
            let named = [&shown.code, &shown.message].into_iter().flatten().any(|text| !text.trim().is_empty());
            Check::is(what, named, answer_text(shown))
        }
    }
}

fn reason_logged(ceremony: &Ceremony) -> Check {
    let what = "a reason is logged";
    match ceremony.logged() {
        Observation::NotObservable(why) => Check::not_observable(what, why),
        Observation::Seen(None) => Check::is(what, false, "nothing was logged"),
        Observation::Seen(Some(reason)) => Check::is(what, true, reason),
    }
}

/// The answer to whoever asks again says that it had worked, by the mapping's rule.
fn told_the_truth(ceremony: &Ceremony) -> Check {
    let what = "the user is told that it had worked";
    match ceremony.shown() {
        Err(why) => Check::not_observable(what, why),
        Ok(shown) => Check::is(what, shown.accepted, answer_text(shown)),
    }
}

/// The device has a passkey already: that is no error (a 2xx).
fn told_kindly(ceremony: &Ceremony) -> Check {
    let what = "it is told as news, not as a failure";
    match ceremony.shown() {
        Err(why) => Check::not_observable(what, why),
        Ok(shown) => Check::is(what, (200..300).contains(&shown.status), answer_text(shown)),
    }
}

/// Options are given again, with another challenge.
fn new_challenge(ceremony: &Ceremony) -> Check {
    let what = "a new challenge is given";
    let challenge = |answer: &Answer| answer.options.as_ref()?.get("challenge")?.as_str().map(str::to_owned);
    let Some(new) = &ceremony.new_options else {
        return Check::not_observable(what, "not asked for");
    };
    match challenge(new) {
        None => Check::is(what, false, answer_text(new)),
        new if ceremony.options.as_ref().and_then(challenge) == new => Check::is(what, false, "the same challenge as before"),
        Some(_) => Check::is(what, true, "another challenge than before"),
    }
}

pub fn draft_kept(ceremony: &Ceremony) -> Check {
    let what = "the unsaved order survives";
    let Some(saved) = &ceremony.draft_saved else {
        return Check::not_observable(what, "the mapping has no hook for the user's unsaved form");
    };
    seen(what, &ceremony.after.draft, |draft| (draft == saved, format!("saved {saved:?}, found {draft:?}")))
}

fn seen<T>(what: &str, observation: &Observation<T>, judge: impl FnOnce(&T) -> (bool, String)) -> Check {
    match observation {
        Observation::NotObservable(why) => Check::not_observable(what, why.as_str()),
        Observation::Seen(value) => {
            let (holds, found) = judge(value);
            Check::is(what, holds, found)
        }
    }
}

const fn yes_no(yes: bool) -> &'static str {
    if yes { "there is a session" } else { "there is no session" }
}

pub fn count(rows: usize) -> String {
    if rows == 1 { "1 credential".to_owned() } else { format!("{rows} credentials") }
}

#[cfg(test)]
mod tests;
