//! What can be said of options alone, without a failure.

use std::collections::BTreeMap;

use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use faultkey_relying_party::Answer;
use serde_json::Value;

use crate::check::{CheckId, Request};
use crate::facts::{Attempt, Ceremony, Kind, Phase, StepSeen};
use crate::verdict::Found;

use super::look::{Look, Looked};

/// WebAuthn-3 §13.4.3.
const CHALLENGE: usize = 16;
/// WebAuthn-3 §15.1 recommends five to ten minutes. Less than one is too little for somebody who has to find the phone.
const TIMEOUT: u64 = 60_000;
/// WebAuthn-3 §5.4.3.
const USER_ID: usize = 64;

/// Looks at the options that a ceremony got.
pub fn looks(ceremony: &Ceremony) -> Vec<Looked> {
    let (Some(answer), false) = (&ceremony.options, ceremony.repeated) else { return Vec::new() };
    let Some(options) = ceremony.given() else { return Vec::new() };
    let request = ceremony.kind.request(Phase::Options);
    let looked = |check, failure: Option<Found>| Looked {
        check,
        request,
        exchange: Some(answer.exchange),
        look: failure.map_or(Look::Holds, Look::Fails),
    };
    let mut looks = Vec::new();
    if let Some(bytes) = challenge(options) {
        looks.push(looked(CheckId::ChallengeShort, (bytes.len() < CHALLENGE).then_some(Found::ChallengeBytes { bytes: bytes.len() })));
    }
    let timeout = options.get("timeout").and_then(Value::as_u64);
    // 0 is what some libraries say for "no timeout".
    let short = timeout.filter(|milliseconds| (1..TIMEOUT).contains(milliseconds));
    looks.push(looked(CheckId::TimeoutShort, short.map(|milliseconds| Found::Timeout { milliseconds })));
    if let Some(user) = options.get("user") {
        looks.extend(user_id(user).into_iter().map(|(check, failure)| looked(check, failure)));
    }
    looks
}

fn challenge(options: &Value) -> Option<Vec<u8>> {
    decode(options.get("challenge")?)
}

fn decode(value: &Value) -> Option<Vec<u8>> {
    BASE64URL_NOPAD.decode(value.as_str()?.trim_end_matches('=').as_bytes()).ok()
}

fn user_id(user: &Value) -> Vec<(CheckId, Option<Found>)> {
    let Some(id) = user.get("id").and_then(decode) else { return Vec::new() };
    let long = (id.len() > USER_ID).then_some(Found::UserIdBytes { bytes: id.len() });
    let name = user.get("name").and_then(Value::as_str).filter(|name| name.len() >= 3);
    // As it is, or encoded once more.
    let ways = |name: &str| {
        [name.to_owned(), BASE64.encode(name.as_bytes()), BASE64URL_NOPAD.encode(name.as_bytes()), HEXLOWER.encode(name.as_bytes())]
    };
    let holds = |name: &str| ways(name).iter().any(|way| id.windows(way.len()).any(|part| part == way.as_bytes()));
    let named = name.filter(|name| holds(name)).map(|name| Found::UserIdHolds { name: name.to_owned() });
    vec![(CheckId::UserIdTooLong, long), (CheckId::NameInUserId, named)]
}

/// Challenges that were given more than once, over the whole run: each request for options has to get its own.
#[derive(Debug, Default)]
pub struct Challenges {
    /// By request: how many options, and how often each challenge.
    given: BTreeMap<Request, (usize, BTreeMap<String, usize>)>,
}

impl Challenges {
    /// Counts the options of an answer. `Some` when this challenge was given before.
    pub fn count(&mut self, request: Request, answer: &Answer) -> Option<Looked> {
        let challenge = answer.options.as_ref()?.get("challenge")?.as_str()?.to_owned();
        let (options, challenges) = self.given.entry(request).or_default();
        *options += 1;
        let times = challenges.entry(challenge).or_default();
        *times += 1;
        let repeated = *times > 1;
        let found = Found::ChallengeRepeated { options: *options, challenges: challenges.len() };
        let look = if repeated { Look::Fails(found) } else { Look::Holds };
        Some(Looked { check: CheckId::ChallengeRepeated, request, exchange: Some(answer.exchange), look })
    }
}

/// Options of an authentication that list no credential, after a registration whose options required no discoverable one.
pub fn needs_what_was_not_required(registered: &Ceremony, authentication: &Ceremony) -> bool {
    let (Some(options), Some(given)) = (authentication.given(), registered.given()) else { return false };
    let listed = options.get("allowCredentials").and_then(Value::as_array).is_some_and(|list| !list.is_empty());
    let selection = given.get("authenticatorSelection");
    let resident_key = selection.and_then(|selection| selection.get("residentKey")).and_then(Value::as_str);
    let required = selection.and_then(|selection| selection.get("requireResidentKey")).and_then(Value::as_bool);
    let discoverable = resident_key.map_or(required == Some(true), |resident_key| resident_key == "required");
    !listed && !discoverable
}

/// Without a list of credentials only discoverable ones answer: were they asked for at registration? `asks`: what was registered before
/// with options of the relying party's own making.
pub fn usernameless(registered: &Ceremony, ceremony: &Ceremony) -> Option<Looked> {
    if ceremony.kind != Kind::Authentication || ceremony.usernameless || registered.asked.resident_key || ceremony.given().is_none() {
        return None;
    }
    let resident_key = registered.given()?.pointer("/authenticatorSelection/residentKey").and_then(Value::as_str);
    let look = match needs_what_was_not_required(registered, ceremony) {
        false => Look::Holds,
        true => Look::Fails(Found::NoAllowCredentials { resident_key: resident_key.map(str::to_owned) }),
    };
    let exchange = ceremony.options.as_ref().map(|answer| answer.exchange);
    Some(Looked { check: CheckId::UsernamelessImpossible, request: Request::RegistrationOptions, exchange, look })
}

/// Options for a second registration list the credential that the account has.
pub fn excludes(registered: &Ceremony, again: &Answer) -> Option<Looked> {
    let id = registered.credential_id()?;
    let bytes = BASE64URL_NOPAD.decode(id.as_bytes()).ok()?;
    let options = again.options.as_ref()?;
    let list = options.get("excludeCredentials").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let listed = list.iter().any(|entry| entry.get("id").and_then(decode).as_ref() == Some(&bytes));
    let found = Found::NotExcluded { registered: id.to_owned(), excluded: list.len() };
    let look = if listed { Look::Holds } else { Look::Fails(found) };
    Some(Looked { check: CheckId::NoExcludeCredentials, request: Request::RegistrationOptions, exchange: Some(again.exchange), look })
}

/// The last registration that was accepted before the step.
pub fn registered(attempt: &Attempt, before: usize) -> Option<&Ceremony> {
    attempt.steps.iter().take(before).rev().find_map(|step| match &step.seen {
        StepSeen::Ceremony(ceremony) if ceremony.kind == Kind::Registration && !ceremony.failed() => Some(ceremony.as_ref()),
        _ => None,
    })
}
