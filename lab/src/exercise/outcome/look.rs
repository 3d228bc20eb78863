//! What the outcome classes, the forbidden outcomes and the invariants look at: one check each.

use faultkey_relying_party::{AccountState, Answer, Arrived, Observation, StoredCredential};

use crate::exercise::ceremony::{Ceremony, Ended, Kind};
use crate::verdict::{Check, Judgement};

pub fn accepted(ceremony: &Ceremony) -> Check {
    Check::is("accepted", !ceremony.failed(), how_it_ended(ceremony))
}

pub fn not_accepted(ceremony: &Ceremony) -> Check {
    Check::is("not accepted", ceremony.failed(), how_it_ended(ceremony))
}

/// Refused by the relying party, with a 4xx.
pub fn refused(ceremony: &Ceremony) -> Check {
    let client_error = ceremony.answer().is_some_and(|answer| (400..500).contains(&answer.status));
    Check::is("refused with a 4xx", ceremony.ended() == Ended::Refused && client_error, how_it_ended(ceremony))
}

pub fn client_failed(ceremony: &Ceremony) -> Check {
    Check::is("the client failed, nothing was verified", matches!(ceremony.ended(), Ended::Client(_)), how_it_ended(ceremony))
}

/// The relying party lists the credential in `excludeCredentials`, so the client says InvalidStateError; or it refuses with 409 or the like.
pub fn excluded(ceremony: &Ceremony) -> Check {
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
pub fn established(ceremony: &Ceremony) -> Check {
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

pub fn no_session(ceremony: &Ceremony) -> Check {
    if ceremony.before.authenticated == Observation::Seen(true) {
        return Check::new("no session is minted", Judgement::Held, "the user had a session before, from another authentication");
    }
    seen("no session is minted", &ceremony.after.authenticated, |yes| (!yes, yes_no(*yes).to_owned()))
}

fn both_rows(ceremony: &Ceremony) -> Result<(&[StoredCredential], &[StoredCredential]), String> {
    match (&ceremony.before.credentials, &ceremony.after.credentials) {
        (Observation::Seen(before), Observation::Seen(after)) => Ok((before, after)),
        (Observation::NotObservable(why), _) | (_, Observation::NotObservable(why)) => Err(why.to_string()),
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

fn columns(row: &StoredCredential) -> String {
    let key = row.public_key.as_deref().map(|key| key.chars().take(12).collect::<String>());
    format!("(key {}…, counter {:?}, BE {:?})", key.unwrap_or_default(), row.sign_count, row.backup_eligible)
}

pub fn one_row(ceremony: &Ceremony) -> Check {
    seen("one credential is stored", &ceremony.after.credentials, |rows| (rows.len() == 1, format!("{} stored", count(rows.len()))))
}

pub fn not_locked(ceremony: &Ceremony) -> Check {
    let what = "the account is not locked";
    match &ceremony.after.account {
        Observation::NotObservable(why) => Check::not_observable(what, why.to_string()),
        Observation::Seen(account) => match account.locked {
            Some(locked) => Check::is(what, !locked, if locked { "locked" } else { "open" }),
            None => Check::not_observable(what, "the account hook does not tell"),
        },
    }
}

pub fn tries_unchanged(ceremony: &Ceremony) -> Check {
    let what = "no password try is used up";
    let tries = |account: &Observation<AccountState>| match account {
        Observation::NotObservable(why) => Err(why.to_string()),
        Observation::Seen(account) => account.password_tries_left.ok_or_else(|| "the account hook does not tell".to_owned()),
    };
    match (tries(&ceremony.before.account), tries(&ceremony.after.account)) {
        (Ok(before), Ok(after)) => Check::is(what, after >= before, format!("{before} left before, {after} after")),
        (Err(why), _) | (_, Err(why)) => Check::not_observable(what, why),
    }
}

/// The user is shown one of these ways.
pub fn offers(what: &str, ceremony: &Ceremony, ways: &[&str]) -> Check {
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

pub fn signal(ceremony: &Ceremony, method: &str) -> Check {
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
pub fn names_a_reason(ceremony: &Ceremony) -> Check {
    let what = "a reason is named";
    match ceremony.shown() {
        Err(why) => Check::not_observable(what, why),
        Ok(shown) => {
            let named = [&shown.code, &shown.message].into_iter().flatten().any(|text| !text.trim().is_empty());
            Check::is(what, named, answer_text(shown))
        }
    }
}

pub fn reason_logged(ceremony: &Ceremony) -> Check {
    let what = "a reason is logged";
    match ceremony.logged() {
        Observation::NotObservable(why) => Check::not_observable(what, why.to_string()),
        Observation::Seen(None) => Check::is(what, false, "nothing was logged"),
        Observation::Seen(Some(reason)) => Check::is(what, true, reason),
    }
}

/// The answer to whoever asks again says that it had worked, by the mapping's rule.
pub fn told_the_truth(ceremony: &Ceremony) -> Check {
    let what = "the user is told that it had worked";
    match ceremony.shown() {
        Err(why) => Check::not_observable(what, why),
        Ok(shown) => Check::is(what, shown.accepted, answer_text(shown)),
    }
}

/// The device has a passkey already: that is no error (a 2xx).
pub fn told_kindly(ceremony: &Ceremony) -> Check {
    let what = "it is told as news, not as a failure";
    match ceremony.shown() {
        Err(why) => Check::not_observable(what, why),
        Ok(shown) => Check::is(what, (200..300).contains(&shown.status), answer_text(shown)),
    }
}

/// Options are given again, with another challenge.
pub fn new_challenge(ceremony: &Ceremony) -> Check {
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
        Observation::NotObservable(why) => Check::not_observable(what, why.to_string()),
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
