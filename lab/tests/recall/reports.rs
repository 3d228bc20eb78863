//! What only the client saw, and the other ways to sign in.

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use crate::answer::{Answer, Place, explain, with_outcome};
use crate::options::{refused, text, timeout};
use crate::reason::Reason;
use crate::state::State;
use crate::verify::Kind;
use crate::weakness::Weakness;

/// The page tells of a failure, and gets what its user is to be shown.
pub fn failure(state: &mut State, session: &str, body: &Value) -> Answer {
    let kind = match text(body, "ceremony") {
        Some("registration") => Kind::Registration,
        Some("authentication") => Kind::Authentication,
        _ => return refuse(state, Reason::Malformed),
    };
    let (Some(username), Some(phase), Some(error)) = (text(body, "username"), text(body, "phase"), text(body, "error")) else {
        return refuse(state, Reason::Malformed);
    };
    let elapsed = body.get("elapsed").and_then(Value::as_u64).unwrap_or(0);
    let reason = match (phase, kind) {
        ("options", _) => Reason::OptionsLost,
        ("verify", Kind::Authentication) => Reason::AuthenticationLost,
        ("verify", Kind::Registration) if is_registered(state, session, username, body) => Reason::Reconciled,
        ("verify", Kind::Registration) => Reason::RegistrationLost,
        _ => dialog(kind, error, elapsed >= timeout(state)),
    };
    if phase == "dialog" {
        // The attempt ended on the device.
        *state.session(session).attempt(kind) = None;
    }
    if kind == Kind::Authentication {
        state.session(session).has_failed = true;
    }
    if reason == Reason::OptionsLost && state.weak(Weakness::NoNewChallenge) {
        state.session(session).refuse_next_options = true;
    }
    let generic = state.weak(Weakness::GenericAnswerAtReport);
    state.note(Some(username), if generic { "failed" } else { reason.code() });
    let told = reason == Reason::Reconciled && !state.weak(Weakness::TellsNotWhatStands);
    let shown = if reason == Reason::Reconciled && !told { Reason::RegistrationLost } else { reason };
    let explained = explain(Place::Report(kind), shown, None, state.switch);
    let mut answer = Answer::ok(with_outcome(if told { "reconciled" } else { "explained" }, explained));
    answer.body["status"] = "ok".into();
    if reason == Reason::DeviceHasPasskey && state.weak(Weakness::NewsToldAsFailure) {
        answer.status = 409;
    }
    answer
}

/// As far as the name of the exception and the time tell.
fn dialog(kind: Kind, error: &str, timed_out: bool) -> Reason {
    let has = |parts: &[&str]| parts.iter().any(|part| error.contains(part));
    match kind {
        Kind::Registration if error == "InvalidStateError" => Reason::DeviceHasPasskey,
        Kind::Registration if timed_out => Reason::NoneMadeInTime,
        Kind::Authentication if timed_out => Reason::NoAnswerInTime,
        _ if has(&["NotAllowed", "Timeout", "Cancellation", "NoCredential", "Unknown"]) => Reason::NotUsable,
        _ if has(&["Abort", "Interrupted"]) => Reason::Aborted,
        _ if has(&["NotSupported", "Constraint", "Unsupported", "ProviderConfiguration", "NoCreateOption"]) => Reason::Unsupported,
        _ => Reason::ClientError,
    }
}

/// The credential that the client made in this session is stored.
fn is_registered(state: &mut State, session: &str, username: &str, body: &Value) -> bool {
    let here = state.session(session).registered.as_ref().is_some_and(|(who, ..)| who == username);
    let id = text(body, "credentialId").and_then(|id| BASE64URL_NOPAD.decode(id.as_bytes()).ok());
    here && id.is_some_and(|id| state.find_credential(&id).is_some_and(|(owner, _)| owner == username))
}

pub fn password(state: &mut State, session: &str, body: &Value) -> Answer {
    let (Some(username), Some(password)) = (text(body, "username"), text(body, "password")) else {
        return refuse(state, Reason::Malformed);
    };
    if state.weak(Weakness::NoRecovery) {
        return refuse(state, Reason::NotConfirmed);
    }
    let right = match state.accounts.get_mut(username) {
        None => false,
        Some(account) if account.password_tries_left() == 0 => false,
        Some(account) if account.password == password => {
            account.wrong_passwords = 0;
            true
        }
        Some(account) => {
            account.wrong_passwords += 1;
            false
        }
    };
    if right { signed_in(state, session, username) } else { refuse(state, Reason::WrongPassword) }
}

/// Stands for a call to the number on file, which the customer answers.
pub fn phone(state: &mut State, session: &str, body: &Value) -> Answer {
    let Some(username) = text(body, "username") else { return refuse(state, Reason::Malformed) };
    if state.weak(Weakness::NoRecovery) || !state.accounts.contains_key(username) {
        return refuse(state, Reason::NotConfirmed);
    }
    signed_in(state, session, username)
}

/// Files the request: the hook is what the desk does then.
pub fn support(state: &mut State, _: &str, body: &Value) -> Answer {
    match text(body, "username") {
        None => refuse(state, Reason::Malformed),
        Some(_) if state.weak(Weakness::NoRecovery) => refuse(state, Reason::NotConfirmed),
        Some(_) => Answer::ok(json!({ "status": "ok" })),
    }
}

fn signed_in(state: &mut State, session: &str, username: &str) -> Answer {
    let new = state.sign_in(session, username, true);
    Answer::ok(json!({ "status": "ok" })).in_session(new)
}

fn refuse(state: &State, reason: Reason) -> Answer {
    Answer { status: reason.status(), body: refused(explain(Place::Elsewhere, reason, None, state.switch)), session: None }
}
