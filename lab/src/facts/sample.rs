//! Ceremonies for the tests of predicates: a good relying party's state, and answers to order.

use faultkey_authenticator::Status;
use faultkey_client::{DomException, DomExceptionName, dom_exception::Because};
use faultkey_relying_party::{AccountState, Answer, Arrived, LogLine, Lost, Observation, StoredCredential};
use serde_json::json;

use super::{Asked, Ceremony, Kind, Sees, State};

/// `next` and `signals` are words with blanks between them.
pub fn answer(status: u16, code: &str, next: &str, signals: &str) -> Answer {
    let list = |words: &str| words.split_whitespace().map(str::to_owned).collect();
    Answer {
        exchange: 1,
        status,
        json: Some(json!({})),
        text: "{}".to_owned(),
        accepted: (200..300).contains(&status),
        code: (!code.is_empty()).then(|| code.to_owned()),
        message: (!code.is_empty()).then(|| format!("about {code}")),
        next: list(next),
        signals: list(signals),
        ..Answer::default()
    }
}

pub fn options(challenge: &str) -> Answer {
    Answer { options: Some(json!({ "challenge": challenge })), ..answer(200, "", "", "") }
}

/// Nothing came back.
pub fn lost() -> Answer {
    Answer { arrived: Arrived::Nothing(Lost::Reset), faulted: true, accepted: false, ..answer(0, "", "", "") }
}

pub fn row(id: &str) -> StoredCredential {
    StoredCredential { id: id.to_owned(), public_key: Some("pk".to_owned()), sign_count: Some(3), backup_eligible: Some(true) }
}

pub fn state(authenticated: bool, rows: &[StoredCredential], log: &[&str]) -> State {
    State {
        authenticated: Observation::Seen(authenticated),
        credentials: Observation::Seen(rows.to_vec()),
        account: Observation::Seen(AccountState { locked: Some(false), password_tries_left: Some(5), sessions: Some(1) }),
        log: Observation::Seen(log.iter().map(|reason| LogLine { reason: (*reason).to_owned(), text: String::new() }).collect()),
        draft: Observation::Seen("order".to_owned()),
    }
}

/// Of an account with the passkey `k`: options came, the client made a response, and nothing was verified yet.
pub fn ceremony(kind: Kind) -> Ceremony {
    Ceremony {
        sees: Sees { ways: true, signals: true, reasons: true },
        kind,
        before: state(false, &[row("k")], &[]),
        after: state(false, &[row("k")], &["a-reason"]),
        fired: Vec::new(),
        options: Some(options("first")),
        client: Some(Ok(json!({ "id": "k" }))),
        verify: None,
        reported: None,
        ways: Vec::new(),
        challenge_probe: None,
        new_options: None,
        draft_saved: Some("order".to_owned()),
        repeated: false,
        usernameless: false,
        asked: Asked::default(),
    }
}

pub fn refused(verify: Answer) -> Ceremony {
    Ceremony { verify: Some(verify), ..ceremony(Kind::Authentication) }
}

/// The client threw; the report was answered so.
pub fn thrown(kind: Kind, name: DomExceptionName, reported: Answer) -> Ceremony {
    let exception = DomException { name, message: "no".to_owned(), because: Because::Authenticator(Status::OperationDenied) };
    Ceremony { client: Some(Err(exception)), reported: Some(Observation::Seen(reported)), ..ceremony(kind) }
}

/// The answer to the verify request was lost; the report was answered so.
pub fn cut(kind: Kind, reported: Answer) -> Ceremony {
    Ceremony { verify: Some(lost()), reported: Some(Observation::Seen(reported)), ..ceremony(kind) }
}
