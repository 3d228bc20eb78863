//! Options for both ceremonies (WebAuthn-3 §5.4, §5.5).

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use crate::answer::{Answer, Place, explain, with_outcome};
use crate::reason::Reason;
use crate::state::{Attempt, LIFETIME, RP_ID, State};
use crate::verify::Kind;
use crate::weakness::Weakness;

pub fn registration(state: &mut State, session: &str, body: &Value) -> Answer {
    state.write_through();
    let Some(username) = text(body, "username") else { return refuse(state, Reason::Malformed) };
    let display_name = text(body, "displayName").unwrap_or(username);
    let replace = body.get("replace").and_then(Value::as_bool).unwrap_or(false);
    let user_id = state.user_id(username);
    let old: Vec<Value> = match state.accounts.get(username) {
        None => return refuse(state, Reason::NoSuchAccount),
        Some(account) => account.credentials.iter().map(|credential| descriptor(&credential.id)).collect(),
    };
    if let Err(reason) = begin(state, session) {
        return refuse(state, reason);
    }
    let proved = is_proved(state, session, username);
    if replace && !old.is_empty() && !proved {
        return refuse(state, Reason::ProofNeeded);
    }
    let attempt = attempt(state, Kind::Registration, Some(username), body, replace);
    let user_verification = attempt.1;
    // A passkey that is to be replaced is not excluded: a device that still lists it, dead, must be able to make a new one.
    let exclude = if replace || state.weak(Weakness::NoExcludeCredentials) { Vec::new() } else { old };
    let options = json!({
        "rp": { "id": RP_ID, "name": "Shop" },
        "user": { "id": BASE64URL_NOPAD.encode(&user_id), "name": username, "displayName": display_name },
        "challenge": attempt.0.challenge,
        "pubKeyCredParams": [{ "type": "public-key", "alg": -7 }],
        "timeout": timeout(state),
        "excludeCredentials": exclude,
        "authenticatorSelection": { "residentKey": "preferred", "requireResidentKey": false, "userVerification": user_verification },
        "attestation": "none",
    });
    keep(state, session, Kind::Registration, attempt.0);
    Answer::ok(json!({ "status": "ok", "publicKey": options }))
}

pub fn authentication(state: &mut State, session: &str, body: &Value) -> Answer {
    state.write_through();
    let username = text(body, "username");
    if let Err(reason) = begin(state, session) {
        return refuse(state, reason);
    }
    let mut allow = Vec::new();
    if let Some(username) = username {
        let ids = state.accounts.get(username).map(|account| account.credentials.iter().map(|credential| credential.id.clone()).collect());
        if ids.is_none() && state.weak(Weakness::AccountEnumeration) {
            return refuse(state, Reason::NoSuchAccount);
        }
        let ids: Vec<Vec<u8>> = ids.unwrap_or_default();
        // WebAuthn-3 §14.6.2: the answer must not tell whether there is such an account. The decoy is the same each time.
        let ids = if ids.is_empty() { vec![state.derive("decoy", username, 32)] } else { ids };
        if !state.weak(Weakness::UsernamelessImpossible) {
            allow.extend(ids.iter().map(|id| descriptor(id)));
        }
    }
    let (attempt, user_verification) = attempt(state, Kind::Authentication, username, body, false);
    let options = json!({
        "challenge": attempt.challenge,
        "timeout": timeout(state),
        "rpId": RP_ID,
        "allowCredentials": allow,
        "userVerification": user_verification,
    });
    keep(state, session, Kind::Authentication, attempt);
    Answer::ok(json!({ "status": "ok", "publicKey": options }))
}

/// The session is the account's, by another proof than the passkey.
pub fn is_proved(state: &mut State, session: &str, username: &str) -> bool {
    let session = state.session(session);
    session.proved && session.signed_in.as_deref() == Some(username)
}

fn begin(state: &mut State, session: &str) -> Result<(), Reason> {
    let session = state.session(session);
    if std::mem::take(&mut session.refuse_next_options) { Err(Reason::UnderWay) } else { Ok(()) }
}

fn attempt(state: &mut State, kind: Kind, username: Option<&str>, body: &Value, replace: bool) -> (Attempt, &'static str) {
    let user_verification = match text(body, "userVerification") {
        Some("required") => "required",
        Some("discouraged") => "discouraged",
        _ => "preferred",
    };
    let attempt = Attempt {
        challenge: state.new_challenge(kind),
        username: username.map(str::to_owned),
        user_verification: user_verification == "required",
        replace,
        issued: state.now,
    };
    (attempt, user_verification)
}

fn keep(state: &mut State, session: &str, kind: Kind, attempt: Attempt) {
    let session = state.session(session);
    session.last_username = attempt.username.clone();
    *session.attempt(kind) = Some(attempt);
}

pub fn timeout(state: &State) -> u64 {
    if state.weak(Weakness::TimeoutShort) { 30_000 } else { LIFETIME }
}

fn descriptor(id: &[u8]) -> Value {
    json!({ "type": "public-key", "id": BASE64URL_NOPAD.encode(id) })
}

fn refuse(state: &State, reason: Reason) -> Answer {
    let explained = explain(Place::Elsewhere, reason, None, state.switch);
    Answer { status: reason.status(), body: refused(explained), session: None }
}

pub fn refused(explained: Value) -> Value {
    let mut body = with_outcome("refused", explained);
    body["status"] = "failed".into();
    body
}

pub fn text<'a>(body: &'a Value, name: &str) -> Option<&'a str> {
    body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}
