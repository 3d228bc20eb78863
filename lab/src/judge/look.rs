//! One look for each check: what a ceremony shows of it. Classes, forbidden outcomes and invariants all ask here.

use faultkey_relying_party::{AccountState, Answer, Arrived, Observation, StoredCredential};

use crate::check::{CheckId, Request};
use crate::facts::{Ceremony, ChallengeProbe, Ended, Kind};
use crate::verdict::{AnswerSummary, Blind, Found};

/// What a look showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    Holds,
    Fails(Found),
    Unseen(Blind),
}

/// A look with what it was for and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Looked {
    pub check: CheckId,
    pub request: Request,
    /// The transcript's entry that shows it.
    pub exchange: Option<usize>,
    pub look: Look,
}

/// Ways to prove who one is without the passkey, as answers offer them.
pub const OTHER_WAYS: [&str; 3] = ["password", "phone", "support"];
const RETRY: &str = "retry";
const REGISTER_AGAIN: &str = "register-again";
const SIGNAL_UNKNOWN: &str = "unknown-credential";

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

fn holds(yes: bool, found: impl FnOnce() -> Found) -> Look {
    if yes { Look::Holds } else { Look::Fails(found()) }
}

/// The failure of an observation, or the look at what it saw.
fn seen<T>(observation: &Observation<T>, look: impl FnOnce(&T) -> Look) -> Look {
    match observation {
        Observation::NotObservable(unseen) => Look::Unseen(unseen.into()),
        Observation::Seen(value) => look(value),
    }
}

/// At the request with which the ceremony ended.
pub fn at_end(check: CheckId, ceremony: &Ceremony, look: Look) -> Looked {
    Looked { check, request: ceremony.request(), exchange: ceremony.exchange(), look }
}

/// At the request whose answer the user is shown.
pub fn at_shown(check: CheckId, ceremony: &Ceremony, look: Look) -> Looked {
    Looked { check, request: ceremony.shown_at(), exchange: ceremony.shown_exchange(), look }
}

/// How a ceremony ended that had to end otherwise.
pub fn ending(ceremony: &Ceremony) -> Found {
    match ceremony.ended() {
        Ended::Client(exception) => Found::ClientThrew { name: exception.name.to_string(), message: exception.message },
        Ended::Network(_) => Found::NoAnswer { problem: lost(ceremony).unwrap_or_default() },
        Ended::Accepted | Ended::Refused => match ceremony.answer() {
            Some(answer) => Found::Answered { answer: AnswerSummary::of(answer) },
            None => Found::NoAnswer { problem: String::new() },
        },
    }
}

fn lost(ceremony: &Ceremony) -> Option<String> {
    let last = ceremony.verify.as_ref().or(ceremony.options.as_ref())?;
    match &last.arrived {
        Arrived::Whole => None,
        Arrived::Nothing(lost) | Arrived::Part(lost) => Some(lost.to_string()),
    }
}

/// A refusal is told by the HTTP status, too.
pub fn refused_with_4xx(ceremony: &Ceremony) -> Looked {
    let look = match ceremony.answer() {
        Some(answer) => holds(!(200..300).contains(&answer.status), || Found::Answered { answer: AnswerSummary::of(answer) }),
        None => Look::Unseen(Blind::NotReached),
    };
    at_end(CheckId::RefusedWith2xx, ceremony, look)
}

/// Authentication: there is a session. Registration: the new credential is stored.
pub fn established(ceremony: &Ceremony) -> Looked {
    match ceremony.kind {
        Kind::Authentication => {
            let look = seen(&ceremony.after.authenticated, |yes| holds(*yes, || Found::NoSession));
            at_end(CheckId::AcceptedWithoutSession, ceremony, look)
        }
        Kind::Registration => {
            let look = seen(&ceremony.after.credentials, |rows| {
                holds(rows.iter().any(|row| Some(row.id.as_str()) == ceremony.credential_id()), || Found::NotStored { rows: rows.len() })
            });
            at_end(CheckId::AcceptedNotStored, ceremony, look)
        }
    }
}

/// `None` where the user had a session before, from another authentication.
pub fn no_session(ceremony: &Ceremony) -> Option<Looked> {
    if !matches!(ceremony.ended(), Ended::Refused | Ended::Client(_)) || ceremony.before.authenticated == Observation::Seen(true) {
        return None;
    }
    let look = seen(&ceremony.after.authenticated, |yes| holds(!yes, || Found::SessionExists));
    Some(at_end(CheckId::SessionOnRefusal, ceremony, look))
}

fn rows(ceremony: &Ceremony, look: impl FnOnce(&[StoredCredential], &[StoredCredential]) -> Look) -> Look {
    seen(&ceremony.before.credentials, |before| seen(&ceremony.after.credentials, |after| look(before, after)))
}

/// Every row that was there is there.
pub fn rows_kept(ceremony: &Ceremony) -> Looked {
    let look = rows(ceremony, |before, after| {
        let gone = |row: &&StoredCredential| !after.iter().any(|other| other.id == row.id);
        let ids: Vec<String> = before.iter().filter(gone).map(|row| row.id.clone()).collect();
        holds(ids.is_empty(), || Found::RowsDeleted { ids })
    });
    at_end(CheckId::CredentialDeleted, ceremony, look)
}

/// Key, counter and backup eligibility of every row that is still there are as they were.
pub fn rows_unchanged(ceremony: &Ceremony) -> Looked {
    let look = rows(ceremony, |before, after| {
        let changed = |row: &&StoredCredential| after.iter().any(|other| other.id == row.id && other != *row);
        let ids: Vec<String> = before.iter().filter(changed).map(|row| row.id.clone()).collect();
        holds(ids.is_empty(), || Found::RowsChanged { ids })
    });
    at_end(CheckId::CredentialChanged, ceremony, look)
}

/// No id twice, and no more rows than registrations of which the user was told that they had worked (one may have been lost).
pub fn no_duplicates(ceremony: &Ceremony, told: usize) -> Looked {
    let look = seen(&ceremony.after.credentials, |rows| {
        let mut ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        let fine = ids.len() == rows.len() && rows.len() <= told.max(1);
        holds(fine, || Found::Rows { rows: rows.len(), registrations: told })
    });
    // It is a registration that makes rows, whichever ceremony shows them.
    Looked { request: Request::RegistrationVerify, ..at_end(CheckId::DuplicateCredential, ceremony, look) }
}

const ACCOUNT: &str = "hooks.account";

fn field(field: &str) -> Look {
    Look::Unseen(Blind::Field { section: ACCOUNT.to_owned(), field: field.to_owned() })
}

/// An account that was locked before proves nothing.
pub fn not_locked(ceremony: &Ceremony) -> Looked {
    let look = seen(&ceremony.after.account, |account| match account.locked {
        Some(locked) => holds(!locked, || Found::Locked),
        None => field("locked"),
    });
    at_end(CheckId::AccountLocked, ceremony, look)
}

pub fn tries_unchanged(ceremony: &Ceremony) -> Looked {
    let tries = |account: &Observation<AccountState>, look: &dyn Fn(u64) -> Look| {
        seen(account, |account| account.password_tries_left.map_or_else(|| field("password-tries-left"), look))
    };
    let look = tries(&ceremony.before.account, &|before| {
        tries(&ceremony.after.account, &|after| holds(after >= before, || Found::PasswordTries { before, after }))
    });
    at_end(CheckId::PasswordTryUsed, ceremony, look)
}

/// What the user is shown, or why that can't be seen.
fn shown(ceremony: &Ceremony, look: impl FnOnce(&Answer) -> Look) -> Look {
    match ceremony.shown() {
        Ok(answer) => look(answer),
        Err(blind) => Look::Unseen(blind),
    }
}

fn offers(ceremony: &Ceremony, ways: &[&str]) -> Look {
    shown(ceremony, |answer| {
        if !ceremony.sees.ways {
            return Look::Unseen(Blind::Field { section: "result".to_owned(), field: "next".to_owned() });
        }
        let offered = answer.next.iter().any(|next| ways.contains(&next.as_str()));
        holds(offered, || Found::Offers { ways: answer.next.clone(), answer: AnswerSummary::of(answer) })
    })
}

pub fn offers_retry(ceremony: &Ceremony) -> Looked {
    at_shown(CheckId::NoRetry, ceremony, offers(ceremony, &[RETRY]))
}

pub fn offers_register_again(ceremony: &Ceremony) -> Looked {
    at_shown(CheckId::NoRegisterAgain, ceremony, offers(ceremony, &[REGISTER_AGAIN]))
}

/// Any way on: for an answer after which nothing in particular has to be offered.
pub fn offers_something(ceremony: &Ceremony) -> Looked {
    at_shown(CheckId::NoFallback, ceremony, offers(ceremony, &[RETRY, REGISTER_AGAIN, "password", "phone", "support"]))
}

/// Another way to sign in is one step away, and is there. `None` where none is needed, since all went well.
pub fn fallback(ceremony: &Ceremony) -> Option<Looked> {
    if went_well(ceremony) {
        return None;
    }
    let offered = at_shown(CheckId::NoFallback, ceremony, offers(ceremony, &OTHER_WAYS));
    if offered.look != Look::Holds {
        return Some(offered);
    }
    let mut fallbacks = ceremony.ways.iter().filter(|(way, _)| OTHER_WAYS.contains(&way.as_str()));
    if fallbacks.clone().any(|(_, there)| *there == Observation::Seen(true)) {
        return Some(offered);
    }
    let unseen = fallbacks.clone().find_map(|(_, there)| match there {
        Observation::NotObservable(unseen) => Some(Look::Unseen(unseen.into())),
        Observation::Seen(_) => None,
    });
    let broken = || Look::Fails(Found::LeadsNowhere { ways: fallbacks.by_ref().map(|(way, _)| way.clone()).collect() });
    Some(at_shown(CheckId::FallbackBroken, ceremony, unseen.unwrap_or_else(broken)))
}

/// The user is told that all is well, and it is: signed in, or the new passkey is stored.
fn went_well(ceremony: &Ceremony) -> bool {
    let told = ceremony.shown().is_ok_and(|answer| (200..300).contains(&answer.status));
    told && match ceremony.kind {
        Kind::Authentication => ceremony.after.authenticated == Observation::Seen(true),
        Kind::Registration => established(ceremony).look == Look::Holds,
    }
}

/// The device is told that this passkey is unknown.
pub fn signals_unknown(ceremony: &Ceremony) -> Looked {
    at_shown(CheckId::UnknownNotSignalled, ceremony, signals(ceremony, true))
}

/// The device is not told that a passkey is unknown that the relying party has.
pub fn no_signal(ceremony: &Ceremony) -> Looked {
    at_shown(CheckId::KnownSignalledUnknown, ceremony, signals(ceremony, false))
}

fn signals(ceremony: &Ceremony, wanted: bool) -> Look {
    shown(ceremony, |answer| {
        if !ceremony.sees.signals {
            return Look::Unseen(Blind::Field { section: "result".to_owned(), field: "signal".to_owned() });
        }
        let signalled = answer.signals.iter().any(|signal| signal == SIGNAL_UNKNOWN);
        holds(signalled == wanted, || Found::Signals { methods: answer.signals.clone() })
    })
}

/// A code or a message. (Whether it is finer than one for all is judged over the whole run.)
pub fn names_a_reason(ceremony: &Ceremony) -> Looked {
    let look = shown(ceremony, |answer| {
        if !ceremony.sees.reasons {
            return Look::Unseen(Blind::Field { section: "result".to_owned(), field: "message".to_owned() });
        }
        let named = [&answer.code, &answer.message].into_iter().flatten().any(|text| !text.trim().is_empty());
        holds(named, || Found::Answered { answer: AnswerSummary::of(answer) })
    });
    at_shown(CheckId::NoReason, ceremony, look)
}

pub fn reason_logged(ceremony: &Ceremony) -> Looked {
    let look = seen(&ceremony.logged(), |reason| holds(reason.is_some(), || Found::NothingLogged));
    at_end(CheckId::ReasonNotLogged, ceremony, look)
}

/// A counter that went back was accepted: a remark, unless a log shows that it was noted.
pub fn sign_count_noted(ceremony: &Ceremony) -> Looked {
    let noted = ceremony.failed() || matches!(ceremony.logged(), Observation::Seen(Some(_)));
    at_end(CheckId::SignCountIgnored, ceremony, holds(noted, || ending(ceremony)))
}

/// Whoever asks again is told that it had worked, by the adapter's rule.
pub fn told_what_stands(ceremony: &Ceremony) -> Looked {
    let look = shown(ceremony, |answer| holds(answer.accepted, || Found::Answered { answer: AnswerSummary::of(answer) }));
    at_shown(CheckId::TellsNotWhatStands, ceremony, look)
}

/// The device has a passkey already: that is no error; as an answer of the relying party itself, 409 says just that (RFC 9110 §15.5.10).
pub fn told_as_news(ceremony: &Ceremony) -> Looked {
    let own = ceremony.reported.is_none();
    let look = shown(ceremony, |answer| {
        if own && ceremony.verify.is_none() && keeps_strangers_out(ceremony, answer) {
            return Look::Unseen(Blind::NotReached);
        }
        let news = (200..300).contains(&answer.status) || (own && answer.status == 409);
        holds(news, || Found::Answered { answer: AnswerSummary::of(answer) })
    });
    at_shown(CheckId::NewsToldAsFailure, ceremony, look)
}

/// Nobody is signed in, and by now the name may have an account: then it is right to give no options for another passkey of it.
fn keeps_strangers_out(ceremony: &Ceremony, options: &Answer) -> bool {
    let signed_in = matches!(ceremony.before.authenticated, Observation::Seen(true));
    ceremony.kind == Kind::Registration && (400..500).contains(&options.status) && !options.accepted && !signed_in
}

/// Options are given again, with another challenge. `None` where they were not asked for.
pub fn new_challenge(ceremony: &Ceremony) -> Option<Looked> {
    let challenge = |answer: &Answer| answer.options.as_ref()?.get("challenge")?.as_str().map(str::to_owned);
    let new = ceremony.new_options.as_ref()?;
    let (check, look) = match challenge(new) {
        None if new.rate_limited() => (CheckId::NoNewChallenge, Look::Unseen(Blind::RateLimited)),
        None if ceremony.verify.is_some() && keeps_strangers_out(ceremony, new) => {
            (CheckId::NoNewChallenge, Look::Unseen(Blind::NotReached))
        }
        None => (CheckId::NoNewChallenge, Look::Fails(Found::NoChallenge { answer: AnswerSummary::of(new) })),
        same if ceremony.options.as_ref().and_then(challenge) == same => (CheckId::ChallengeRepeated, Look::Fails(Found::SameChallenge)),
        Some(_) => (CheckId::NoNewChallenge, Look::Holds),
    };
    let request = ceremony.kind.request(crate::facts::Phase::Options);
    Some(Looked { check, request, exchange: Some(new.exchange), look })
}

pub fn draft_kept(ceremony: &Ceremony) -> Looked {
    let look = match &ceremony.draft_saved {
        None => Look::Unseen(Blind::Section { section: "hooks.draft.save".to_owned() }),
        Some(saved) => {
            seen(&ceremony.after.draft, |draft| holds(draft == saved, || Found::Draft { saved: saved.clone(), found: draft.clone() }))
        }
    };
    at_end(CheckId::DraftLost, ceremony, look)
}

/// The challenge of a refused attempt, signed again cleanly. `None` where that was not tried, or would say nothing.
pub fn challenge_dies(ceremony: &Ceremony) -> Option<Looked> {
    match ceremony.challenge_probe.as_ref()? {
        ChallengeProbe::Inconclusive => None,
        ChallengeProbe::Answered(answer) => Some(Looked {
            check: CheckId::ChallengeSurvivesRefusal,
            request: ceremony.request(),
            exchange: Some(answer.exchange),
            look: holds(!answer.accepted, || Found::ChallengeAccepted { answer: AnswerSummary::of(answer) }),
        }),
    }
}

/// Of two deliveries of one authentication the second finds the challenge used. `None` where there were no two answers.
pub fn accepted_once(ceremony: &Ceremony) -> Option<Looked> {
    let answer = ceremony.verify.as_ref().filter(|_| ceremony.kind == Kind::Authentication)?;
    let second = answer.second.as_deref()?;
    let both = answer.accepted && second.accepted;
    let found = || Found::AcceptedTwice { answer: AnswerSummary::of(second) };
    Some(at_end(CheckId::Replay, ceremony, holds(!both, found)))
}

/// No 5xx, no stack trace, and a whole answer, wherever no fault was in the way.
pub fn answers(ceremony: &Ceremony) -> Vec<Looked> {
    ceremony.requests().into_iter().flat_map(|(request, answer)| answer_looks(request, answer)).collect()
}

/// The same for one answer.
pub fn answer_looks(request: Request, answer: &Answer) -> Vec<Looked> {
    let looked = |check, look| Looked { check, request, exchange: Some(answer.exchange), look };
    let summary = || Found::Answered { answer: AnswerSummary::of(answer) };
    let mut looks = Vec::new();
    match &answer.arrived {
        Arrived::Nothing(lost) | Arrived::Part(lost) if !answer.faulted => {
            looks.push(looked(CheckId::NoAnswer, Look::Fails(Found::NoAnswer { problem: lost.to_string() })));
        }
        _ => looks.push(looked(CheckId::NoAnswer, Look::Holds)),
    }
    // 503 with Retry-After is a limit on the rate, not a failure.
    looks.push(looked(CheckId::ServerError, holds(answer.status < 500 || answer.rate_limited(), summary)));
    let trace = TRACES.iter().find(|trace| answer.text.contains(**trace));
    looks.push(looked(
        CheckId::StackTrace,
        trace.map_or(Look::Holds, |trace| Look::Fails(Found::Trace { marker: trace.trim().to_owned() })),
    ));
    looks
}
