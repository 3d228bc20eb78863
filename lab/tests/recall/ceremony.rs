//! The answers that the client brings: found to their attempt, verified, and acted on.

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use crate::answer::{Answer, Outcome, Place, explain};
use crate::options::{is_proved, refused};
use crate::reason::Reason;
use crate::state::{Attempt, LIFETIME, ORIGIN, RP_ID, State};
use crate::verify::{self, Credential, Expected, Kind, Response};
use crate::weakness::Weakness;

/// A refusal, with whose log it goes to and which credential is nobody's.
struct Refusal {
    reason: Reason,
    username: Option<String>,
    unknown: Option<Vec<u8>>,
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Refusal {
        Refusal { reason, username: None, unknown: None }
    }
}

pub fn registration(state: &mut State, session: &str, body: &Value) -> Outcome {
    if is_incomplete(Kind::Registration, body) && state.weak(Weakness::StopsAtRegistration) {
        return Outcome::Stop;
    }
    if let Some(answer) = repeated(state, session, body) {
        return Answer::ok(answer).into();
    }
    let registered = register(state, session, body);
    state.session(session).registration = None;
    match registered {
        Ok(answer) => Answer::ok(answer).into(),
        Err(refusal) => refuse(state, session, Kind::Registration, refusal),
    }
}

/// The same registration again, in the session that brought it first, while it stands.
fn repeated(state: &mut State, session: &str, body: &Value) -> Option<Value> {
    let (username, request, answer) = state.session(session).registered.clone()?;
    let id = answer.get("credentialId")?.as_str()?.as_bytes().to_vec();
    let id = BASE64URL_NOPAD.decode(&id).ok()?;
    let (owner, credential) = state.find_credential(&id)?;
    if owner != username || request != *body {
        return None;
    }
    if state.weak(Weakness::DuplicateCredential) {
        state.accounts.get_mut(&username)?.credentials.push(credential);
    }
    Some(answer)
}

fn register(state: &mut State, session: &str, body: &Value) -> Result<Value, Refusal> {
    let (response, attempt) = admit(state, session, Kind::Registration, body)?;
    let username = attempt.username.clone().unwrap_or_default();
    let expected = expected(Kind::Registration, &attempt);
    let made = verify::registration(&expected, &response, state.switch)?;
    // WebAuthn-3 §7.1 step 26.
    if state.find_credential(&made.id).is_some() {
        return Err(Reason::CredentialTaken.into());
    }
    let proved = is_proved(state, session, &username);
    let registered_here = state.session(session).registered.as_ref().is_some_and(|(who, ..)| *who == username);
    let Some(account) = state.accounts.get_mut(&username) else { return Err(Reason::NoSuchAccount.into()) };
    let may_replace = registered_here || (attempt.replace && proved);
    if !account.credentials.is_empty() && !may_replace {
        return Err(Reason::AlreadyRegistered.into());
    }
    let answer = json!({ "status": "ok", "credentialId": BASE64URL_NOPAD.encode(&made.id) });
    account.credentials.clear();
    if state.switch.is(Weakness::AcceptedNotStored) {
        account.unwritten.push(made);
    } else {
        account.credentials.push(made);
    }
    state.session(session).registered = Some((username, body.clone(), answer.clone()));
    Ok(answer)
}

pub fn authentication(state: &mut State, session: &str, body: &Value) -> Outcome {
    if is_incomplete(Kind::Authentication, body) && state.weak(Weakness::StopsAtAuthentication) {
        return Outcome::Stop;
    }
    let authenticated = authenticate(state, session, body);
    // Whatever becomes of the answer, the attempt is over.
    let survives = if authenticated.is_ok() { Weakness::Replay } else { Weakness::ChallengeSurvivesRefusal };
    if !state.weak(survives) {
        state.session(session).authentication = None;
    }
    match authenticated {
        Ok((answer, session)) => match session {
            Some(session) => answer.in_session(session).into(),
            None => answer.into(),
        },
        Err(refusal) if refusal.reason == Reason::UnknownCredential && state.weak(Weakness::NoAnswer) => Outcome::Hang,
        Err(refusal) => refuse(state, session, Kind::Authentication, refusal),
    }
}

fn authenticate(state: &mut State, session: &str, body: &Value) -> Result<(Answer, Option<String>), Refusal> {
    let (response, attempt) = admit(state, session, Kind::Authentication, body)?;
    let about = |refusal: Refusal| {
        let by_handle = || state.find_user(response.user_handle.as_deref()?);
        let username = attempt.username.clone().or_else(by_handle);
        Refusal { username: refusal.username.or(username), ..refusal }
    };
    let (username, stored) = match identify(state, &attempt, &response) {
        Ok(found) => found,
        Err(refusal) if refusal.reason == Reason::UnknownCredential && state.weak(Weakness::UnknownCredentialAccepted) => {
            let Some(username) = about(refusal).username else { return Err(Reason::UnknownCredential.into()) };
            return Ok(accept(state, session, &username, None));
        }
        Err(refusal) => return Err(about(refusal)),
    };
    let expected = expected(Kind::Authentication, &attempt);
    let mut seen = None;
    let verified = verify::authentication(&expected, &response, &stored, state.switch, |count| seen = Some(count));
    if let (Some(count), true) = (seen, state.weak(Weakness::CredentialChanged)) {
        row(state, &username, &stored.id, |row| row.sign_count = count);
    }
    match verified {
        Ok(verified) => {
            // WebAuthn-3 §7.2 step 22: a sign of a copied key, not a proof. It is noted, and the user is told. The stored count stays.
            let noted = verified.went_back && !state.weak(Weakness::SignCountIgnored);
            if !verified.went_back {
                row(state, &username, &stored.id, |row| row.sign_count = verified.sign_count);
            }
            Ok(accept(state, session, &username, noted.then_some(Reason::SignCount)))
        }
        Err(reason) => {
            if reason == Reason::KeyMismatch
                && state.weak(Weakness::CredentialDeleted)
                && let Some(account) = state.accounts.get_mut(&username)
            {
                account.credentials.retain(|row| row.id != stored.id);
            }
            let signalled = reason == Reason::KeyMismatch && state.weak(Weakness::KnownSignalledUnknown);
            Err(Refusal { reason, username: Some(username), unknown: signalled.then_some(stored.id) })
        }
    }
}

fn row(state: &mut State, username: &str, id: &[u8], change: impl FnOnce(&mut Credential)) {
    let account = state.accounts.get_mut(username);
    if let Some(row) = account.and_then(|account| account.credentials.iter_mut().find(|row| row.id == id)) {
        change(row);
    }
}

/// Which account, and which of its credentials (WebAuthn-3 §7.2 steps 5 and 6).
fn identify(state: &State, attempt: &Attempt, response: &Response) -> Result<(String, Credential), Refusal> {
    let Some((owner, stored)) = state.find_credential(&response.id) else {
        let unknown = (!state.weak(Weakness::UnknownNotSignalled)).then(|| response.id.clone());
        return Err(Refusal { reason: Reason::UnknownCredential, username: None, unknown });
    };
    if attempt.username.as_ref().is_some_and(|username| *username != owner) {
        return Err(Reason::NotYours.into());
    }
    let handle = response.user_handle.as_ref();
    let named = handle.is_none_or(|handle| state.accounts.get(&owner).is_some_and(|account| account.user_id == *handle));
    let missing = handle.is_none() && attempt.username.is_none();
    if (!named || missing) && !state.weak(Weakness::UserHandleNotVerified) {
        return Err(Refusal { reason: Reason::UserHandle, username: Some(owner), unknown: None });
    }
    Ok((owner, stored))
}

fn accept(state: &mut State, session: &str, username: &str, noted: Option<Reason>) -> (Answer, Option<String>) {
    let mut body = json!({ "status": "ok" });
    if let Some(reason) = noted {
        state.note(Some(username), reason.code());
        body = explain(Place::Verify(Kind::Authentication), reason, None, state.switch);
        body["status"] = "ok".into();
    }
    let signed_in = !state.weak(Weakness::AcceptedWithoutSession);
    let session = signed_in.then(|| state.sign_in(session, username, false));
    (Answer::ok(body), session)
}

/// The attempt that an answer belongs to.
fn admit(state: &mut State, session: &str, kind: Kind, body: &Value) -> Result<(Response, Attempt), Refusal> {
    let (now, switch) = (state.now, state.switch);
    let own = state.session(session).attempt(kind).clone();
    let response = Response::read(kind, body, switch);
    let challenge = response.as_ref().ok().and_then(Response::challenge);
    // With a weakness: whoever has the challenge open.
    let anywhere = match kind {
        Kind::Registration => Weakness::ChallengeNotVerifiedAtRegistration,
        Kind::Authentication => Weakness::ChallengeNotVerifiedAtAuthentication,
    };
    let foreign = challenge.as_ref().filter(|_| state.weak(anywhere)).and_then(|challenge| {
        state.sessions.values_mut().find_map(|session| session.attempt(kind).take_if(|attempt| attempt.challenge == *challenge))
    });
    let response = response?;
    if kind == Kind::Authentication && switch.is(Weakness::RetryRefused) && state.session(session).has_failed {
        return Err(Reason::TryLater.into());
    }
    let attempt = foreign.or(own).ok_or(Reason::NoAttempt)?;
    let refusal = |reason| Refusal { reason, username: attempt.username.clone(), unknown: None };
    if challenge.as_ref().is_some_and(|challenge| *challenge != attempt.challenge) {
        return Err(refusal(Reason::Challenge));
    }
    let expires = !switch.is(Weakness::ChallengeOutlivesLifetime) && !switch.is(Weakness::ChallengeOutlivesTimeout);
    if expires && now.saturating_sub(attempt.issued) > LIFETIME {
        return Err(refusal(Reason::Expired));
    }
    Ok((response, attempt))
}

fn expected(kind: Kind, attempt: &Attempt) -> Expected<'_> {
    let (challenge, user_verification) = (attempt.challenge.as_str(), attempt.user_verification);
    Expected { kind, challenge, origin: ORIGIN, rp_id: RP_ID, user_verification }
}

/// A member that this ceremony's answer has is not there.
fn is_incomplete(kind: Kind, body: &Value) -> bool {
    let members: &[&str] = match kind {
        Kind::Registration => &["clientDataJSON", "attestationObject"],
        Kind::Authentication => &["clientDataJSON", "authenticatorData", "signature"],
    };
    let response = body.get("response");
    members.iter().any(|member| response.and_then(|response| response.get(member)).is_none())
}

fn refuse(state: &mut State, session: &str, kind: Kind, refusal: Refusal) -> Outcome {
    let Refusal { reason, username, unknown } = refusal;
    let username = username.or_else(|| state.session(session).last_username.clone());
    let authentication = kind == Kind::Authentication;
    let weak = |state: &State, weakness| authentication && state.weak(weakness);
    if !weak(state, Weakness::ReasonNotLogged) {
        let generic = weak(state, Weakness::GenericAnswerAtAuthentication);
        state.note(username.as_deref(), if generic { "failed" } else { reason.code() });
    }
    let mut answer = Answer { status: reason.status(), body: Value::Null, session: None };
    answer.body = refused(explain(Place::Verify(kind), reason, unknown.as_deref(), state.switch));
    if authentication {
        state.session(session).has_failed = true;
    }
    let locks = weak(state, Weakness::AccountLocked);
    let counts = weak(state, Weakness::PasswordTryUsed);
    if let Some(account) = username.as_ref().and_then(|username| state.accounts.get_mut(username)) {
        account.locked |= locks;
        account.wrong_passwords += u32::from(counts);
    }
    if weak(state, Weakness::DraftLost) {
        state.session(session).draft.clear();
    }
    if weak(state, Weakness::RefusedWith2xx) {
        answer.status = 200;
    }
    if reason == Reason::UnknownCredential {
        if weak(state, Weakness::ServerError) {
            answer.status = 500;
        }
        if weak(state, Weakness::StackTrace) {
            answer.body["debug"] = "Traceback (most recent call last):\n  File \"shop.py\", line 12, in find\nKeyError".into();
        }
    }
    if let (Reason::KeyMismatch, Some(username), true) = (reason, &username, weak(state, Weakness::SessionOnRefusal)) {
        let signed_in = state.sign_in(session, username, false);
        return answer.in_session(signed_in).into();
    }
    answer.into()
}
