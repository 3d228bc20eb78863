//! The doors of a test system, and the session's own state.

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::options::text;
use crate::state::{Account, State};

pub fn me(state: &mut State, session: &str) -> Answer {
    let session = state.session(session);
    Answer::ok(json!({ "signedIn": session.signed_in.is_some(), "draft": session.draft }))
}

pub fn draft(state: &mut State, session: &str, body: &Value) -> Answer {
    state.session(session).draft = text(body, "draft").unwrap_or_default().to_owned();
    Answer::ok(json!({ "status": "ok" }))
}

/// A fresh account, with no passkey, in place of any with this name.
pub fn prepare(state: &mut State, body: &Value) -> Answer {
    let (Some(username), Some(password)) = (text(body, "username"), text(body, "password")) else { return missing() };
    let account = Account {
        password: password.to_owned(),
        user_id: state.user_id(username),
        credentials: Vec::new(),
        unwritten: Vec::new(),
        locked: false,
        wrong_passwords: 0,
    };
    state.accounts.insert(username.to_owned(), account);
    state.log.remove(username);
    Answer::ok(json!({ "status": "ok" }))
}

/// What the support desk does: every passkey is forgotten, and the account is open again.
pub fn reset(state: &mut State, body: &Value) -> Answer {
    change(state, body, |account| {
        account.credentials.clear();
        account.unwritten.clear();
        account.locked = false;
        account.wrong_passwords = 0;
    })
}

pub fn lose_credential(state: &mut State, body: &Value) -> Answer {
    change(state, body, |account| account.credentials.clear())
}

fn change(state: &mut State, body: &Value, change: impl FnOnce(&mut Account)) -> Answer {
    match text(body, "username").and_then(|username| state.accounts.get_mut(username)) {
        Some(account) => {
            change(account);
            Answer::ok(json!({ "status": "ok" }))
        }
        None => missing(),
    }
}

pub fn credentials(state: &State, username: &str) -> Answer {
    let rows = state.accounts.get(username).into_iter().flat_map(|account| &account.credentials);
    let row = |row: &crate::verify::Credential| {
        json!({
            "id": BASE64URL_NOPAD.encode(&row.id),
            "publicKey": BASE64URL_NOPAD.encode(&row.public_key),
            "signCount": row.sign_count,
            "backupEligible": row.backup_eligible,
        })
    };
    Answer::ok(rows.map(row).collect())
}

pub fn account(state: &State, username: &str) -> Answer {
    let Some(account) = state.accounts.get(username) else { return missing() };
    let sessions = state.sessions_of(username);
    Answer::ok(json!({ "locked": account.locked, "passwordTriesLeft": account.password_tries_left(), "sessions": sessions }))
}

pub fn log(state: &State, username: &str) -> Answer {
    let lines = state.log.get(username).into_iter().flatten();
    Answer::ok(lines.map(|reason| json!({ "reason": reason, "text": reason })).collect())
}

fn missing() -> Answer {
    Answer { status: 404, body: json!({ "status": "failed", "code": "no-such-account" }), session: None }
}
