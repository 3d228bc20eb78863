//! Which exchanges of a recording are a registration and a log-in. Names of members vary, so that what is looked at is the shape.

use serde_json::Value;

use super::credential::{self, Sent};
use super::encoding::{Encoding, readings};
use super::har::{Answered, Exchange, Recording};
use super::leaf::{self, Step};
use super::page;
use super::source::Source;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Registration,
    Authentication,
}

/// Options for a client in an answer.
#[derive(Clone, Debug)]
pub struct Options {
    pub exchange: usize,
    pub kind: Kind,
    pub source: Source,
    pub json: Value,
}

/// A client's response in a request.
#[derive(Clone, Debug)]
pub struct Verify {
    pub exchange: usize,
    pub kind: Kind,
    pub sent: Sent,
}

/// What a recording has of one ceremony.
#[derive(Clone, Debug, Default)]
pub struct Ceremony {
    pub options: Option<Options>,
    /// Where the challenge stood, if no answer had options: the page makes them itself.
    pub challenge: Option<(usize, Source)>,
    pub verify: Option<Verify>,
}

#[derive(Clone, Debug, Default)]
pub struct Found {
    pub registration: Ceremony,
    pub authentication: Ceremony,
    /// Verify requests that were refused.
    pub refused: Vec<usize>,
}

impl Found {
    pub fn is_empty(&self) -> bool {
        [&self.registration, &self.authentication].iter().all(|ceremony| ceremony.options.is_none() && ceremony.verify.is_none())
    }

    pub const fn of(&self, kind: Kind) -> &Ceremony {
        match kind {
            Kind::Registration => &self.registration,
            Kind::Authentication => &self.authentication,
        }
    }
}

impl Ceremony {
    pub fn options_at(&self) -> Option<usize> {
        self.options.as_ref().map(|options| options.exchange).or(self.challenge.as_ref().map(|(exchange, _)| *exchange))
    }

    /// The last of its exchanges.
    pub fn end(&self) -> Option<usize> {
        self.verify.as_ref().map(|verify| verify.exchange).or(self.options_at())
    }
}

pub fn find(recording: &Recording) -> Found {
    let options: Vec<Options> = recording.exchanges.iter().enumerate().flat_map(|(index, exchange)| in_answer(index, exchange)).collect();
    let verifies: Vec<Verify> =
        recording.exchanges.iter().enumerate().filter_map(|(index, exchange)| in_request(index, exchange)).collect();
    let mut found = Found {
        registration: one(recording, Kind::Registration, &options, &verifies),
        authentication: one(recording, Kind::Authentication, &options, &verifies),
        refused: Vec::new(),
    };
    let refused = verifies.iter().map(|verify| verify.exchange).filter(|exchange| recording.exchanges[*exchange].status >= 400);
    found.refused = refused.collect();
    found
}

/// The first that was accepted, as far as the status says; else the last.
fn one(recording: &Recording, kind: Kind, options: &[Options], verifies: &[Verify]) -> Ceremony {
    let of_kind = || verifies.iter().filter(|verify| verify.kind == kind);
    let accepted = |verify: &&Verify| (200..400).contains(&recording.exchanges[verify.exchange].status);
    let verify = of_kind().find(accepted).or_else(|| of_kind().next_back()).cloned();
    let of_kind = || options.iter().filter(|options| options.kind == kind);
    let Some(verify) = verify else {
        return Ceremony { options: of_kind().next().cloned(), ..Ceremony::default() };
    };
    let before = || of_kind().filter(|options| options.exchange < verify.exchange);
    let challenge = &verify.sent.client_data.challenge;
    let same = before().rfind(|options| fits(&options.json, challenge)).or_else(|| before().next_back());
    let challenge = match same {
        Some(_) => None,
        None => (0..verify.exchange).rev().find_map(|index| {
            let given = super::provenance::given(&recording.exchanges[index]);
            let given =
                given.iter().find(|given| readings(&Value::String(given.text.clone())).iter().any(|(_, bytes)| bytes == challenge))?;
            Some((index, given.source.clone()))
        }),
    };
    Ceremony { options: same.cloned(), challenge, verify: Some(verify) }
}

fn fits(options: &Value, challenge: &[u8]) -> bool {
    options.get("challenge").is_some_and(|value| readings(value).iter().any(|(_, bytes)| bytes == challenge))
}

/// The first options of each kind in an answer.
fn in_answer(index: usize, exchange: &Exchange) -> Vec<Options> {
    let mut found: Vec<Options> = Vec::new();
    let mut look = |json: &Value, source: &dyn Fn(&[Step]) -> Option<Source>| {
        leaf::walk(json, &mut |way, value| {
            let Some(kind) = kind_of_options(value) else { return };
            if found.iter().any(|options| options.kind == kind) {
                return;
            }
            if let Some(source) = source(way) {
                found.push(Options { exchange: index, kind, source, json: value.clone() });
            }
        });
    };
    match &exchange.answer {
        Answered::Json(json) => look(json, &Source::of_way),
        Answered::Html(html) => {
            for (source, json) in page::json(html) {
                look(&json, &|way| source.clone().into_json(way));
            }
        }
        _ => {}
    }
    found
}

/// WebAuthn-3 §5.4 and §5.5; members that may be missing are not asked for.
pub fn kind_of_options(value: &Value) -> Option<Kind> {
    let members = value.as_object()?;
    let challenge = members.get("challenge")?;
    let is_challenge = readings(challenge).iter().any(|(encoding, bytes)| *encoding != Encoding::Text || bytes.len() >= 8);
    let has = |name: &str| members.contains_key(name);
    if !is_challenge || has("clientDataJSON") || has("signature") {
        return None;
    }
    if has("pubKeyCredParams") || (has("user") && has("rp")) {
        return Some(Kind::Registration);
    }
    (has("rpId") || has("allowCredentials") || (has("timeout") && has("userVerification"))).then_some(Kind::Authentication)
}

fn in_request(index: usize, exchange: &Exchange) -> Option<Verify> {
    let sent = credential::find(&exchange.body.tree()?)?;
    Some(Verify { exchange: index, kind: sent.client_data.kind, sent })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn options_are_known_by_their_members() {
        let creation = json!({ "challenge": "AAAAAAAAAAAAAAAAAAAAAA", "rp": { "name": "x" }, "user": {}, "pubKeyCredParams": [] });
        assert_eq!(kind_of_options(&creation), Some(Kind::Registration));
        assert_eq!(kind_of_options(&json!({ "challenge": [1, 2, 3], "allowCredentials": [] })), Some(Kind::Authentication));
        assert_eq!(kind_of_options(&json!({ "challenge": "AAAAAAAAAAAAAAAAAAAAAA" })), None);
        let response = json!({ "challenge": "AAAAAAAAAAAAAAAAAAAAAA", "rpId": "x", "signature": "AAAA" });
        assert_eq!(kind_of_options(&response), None);
    }
}
