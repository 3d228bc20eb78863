//! What goes back: the same refusal as the opaque and as the diagnosing relying party put it.

use faultkey_fault_injection::Language;
use serde_json::{Map, Value, json};

use super::Handling;
use super::challenge::Ceremony;
use super::reason::Way;
use super::refusal::{Refusal, Signal};

/// The one code of the story, for whatever happened.
pub(super) const OPAQUE_CODE: &str = "M0902";
const OPAQUE_MESSAGE: &str = "M0902 パスキー認証エラー";

/// An HTTP status and a JSON body.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
}

impl Answer {
    pub(super) fn ok(body: Value) -> Self {
        Self { status: 200, body }
    }

    pub(super) fn refused(handling: Handling, rp_id: &str, refusal: &Refusal, language: Language) -> Self {
        match handling {
            Handling::Opaque => {
                Self { status: 400, body: json!({ "status": "failed", "errorMessage": OPAQUE_MESSAGE, "code": OPAQUE_CODE }) }
            }
            Handling::Diagnosing => Self { status: refusal.reason.status(), body: explanation("failed", rp_id, refusal, language) },
        }
    }
}

/// The body that explains a failure.
pub(super) fn explanation(status: &str, rp_id: &str, refusal: &Refusal, language: Language) -> Value {
    let reason = refusal.reason;
    let shown = reason.shown(language);
    let message = match (&refusal.form, language) {
        (None, _) => shown.to_owned(),
        (Some(_), Language::English) => format!("{shown} ({})", refusal.detail),
        (Some(form), Language::Japanese) => format!("{shown}詳細：{form}"),
    };
    json!({
        "status": status,
        "errorMessage": message,
        "code": reason.code(),
        "next": ways(reason.ways(), refusal.ceremony, language),
        "signal": signals(rp_id, &refusal.signals),
    })
}

pub(super) fn ways(ways: &[Way], ceremony: Ceremony, language: Language) -> Value {
    let way = |way: &Way| json!({ "action": way.action(), "href": way.href(ceremony), "label": way.label(language) });
    ways.iter().map(way).collect()
}

pub(super) fn signals(rp_id: &str, signals: &[Signal]) -> Value {
    signals.iter().map(|signal| signal.to_json(rp_id)).collect()
}

/// `{"status":"ok","errorMessage":""}` and the members of `more`.
pub(super) fn success(more: Value) -> Value {
    let mut body = Map::new();
    body.insert("status".into(), "ok".into());
    body.insert("errorMessage".into(), "".into());
    if let Value::Object(members) = more {
        body.extend(members);
    }
    Value::Object(body)
}
