//! What goes back over the wire.

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use crate::reason::{Reason, Way};
use crate::state::RP_ID;
use crate::verify::Kind;
use crate::weakness::{Switch, Weakness};

/// What a handler makes of a request.
#[derive(Debug)]
pub enum Outcome {
    Answer(Answer),
    /// Nothing is sent, and the connection stays open.
    Hang,
    /// The process ends.
    Stop,
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
    /// The cookie that the client gets.
    pub session: Option<String>,
}

impl Answer {
    pub fn ok(body: Value) -> Answer {
        Answer { status: 200, body, session: None }
    }

    pub fn in_session(self, session: String) -> Answer {
        Answer { session: Some(session), ..self }
    }
}

impl From<Answer> for Outcome {
    fn from(answer: Answer) -> Outcome {
        Outcome::Answer(answer)
    }
}

/// Where the explanation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a refusal, or beside an acceptance.
    Verify(Kind),
    /// In the answer to what the page reports.
    Report(Kind),
    /// In everything else.
    Elsewhere,
}

/// The members that explain: code, message, ways out, signals. `unknown`: a credential id that nobody has.
pub fn explain(place: Place, reason: Reason, unknown: Option<&[u8]>, switch: Switch) -> Value {
    let weak = |weakness| switch.is(weakness);
    let generic = match place {
        Place::Verify(Kind::Authentication) => weak(Weakness::GenericAnswerAtAuthentication),
        Place::Report(_) => weak(Weakness::GenericAnswerAtReport),
        _ => false,
    };
    let (code, message) = match (place, generic) {
        (_, true) => ("failed", "It did not work."),
        (Place::Verify(_), _) if weak(Weakness::NoReason) && reason == Reason::UserVerification => ("", ""),
        _ => (reason.code(), reason.message()),
    };
    let judged = !matches!(place, Place::Elsewhere);
    let offered = |way: &Way| match way {
        _ if !judged => true,
        Way::Retry => !weak(Weakness::NoRetry),
        Way::RegisterAgain => !weak(Weakness::NoRegisterAgain),
        _ => !weak(Weakness::NoFallback),
    };
    let ways = if generic { Way::ALL.to_vec() } else { reason.ways() };
    let next: Vec<Value> =
        ways.into_iter().filter(offered).map(|way| json!({ "action": way.action(), "href": href(way, place, switch) })).collect();
    let signal: Vec<Value> = unknown.into_iter().map(unknown_credential).collect();
    json!({ "code": code, "message": message, "next": next, "signal": signal })
}

fn unknown_credential(id: &[u8]) -> Value {
    json!({ "method": "unknown-credential", "rpId": RP_ID, "credentialId": BASE64URL_NOPAD.encode(id) })
}

fn href(way: Way, place: Place, switch: Switch) -> &'static str {
    match way {
        _ if way.is_fallback() && switch.is(Weakness::FallbackBroken) => "/help",
        Way::Retry if matches!(place, Place::Verify(Kind::Authentication) | Place::Report(Kind::Authentication)) => {
            "/passkey/sign-in/options"
        }
        Way::Retry | Way::RegisterAgain => "/passkey/register/options",
        Way::Password => "/sign-in/password",
        Way::Phone => "/sign-in/phone",
        Way::Support => "/support",
    }
}

/// `explained` and a status of its own.
pub fn with_outcome(outcome: &str, explained: Value) -> Value {
    let mut body = json!({ "outcome": outcome });
    if let (Some(body), Value::Object(members)) = (body.as_object_mut(), explained) {
        body.extend(members);
    }
    body
}
