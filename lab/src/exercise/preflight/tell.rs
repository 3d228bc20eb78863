//! What is probably wrong, by what a clean attempt showed. No text that a person reads is looked at.

use faultkey_authenticator::Status;
use faultkey_client::dom_exception::Because;
use faultkey_client::{DomException, DomExceptionName};
use faultkey_fault_injection::{Profile, profile};
use faultkey_relying_party::{AdapterError, Answer, Arrived, Encoding, Mapping};
use faultkey_transport::Entry;
use faultkey_transport::transcript::What;
use serde_json::Value;
use url::{Host, Url};

use super::problem::{Elsewhere, Problem};
use crate::facts::{BrokenOff, Ceremony, Ended, Kind};

/// How many pointers of an answer are named.
const POINTERS: usize = 30;
/// More bytes than a host's name can have (RFC 1035 §2.3.4).
const RP_ID: usize = 300;
/// How deep they go.
const DEPTH: usize = 3;

/// What a clean attempt showed.
pub struct Seen<'a> {
    pub mapping: &'a Mapping,
    pub url: &'a Url,
    /// The origin that the client claimed.
    pub origin: &'a str,
    pub account: &'a str,
    /// The ceremony that was not accepted, if it came to one.
    pub ceremony: Option<&'a Ceremony>,
    pub broken_off: Option<&'a BrokenOff>,
    pub transcript: &'a [Entry],
    pub profile: &'a Profile,
    /// The command line names none, so that several were tried.
    pub all_profiles_tried: bool,
}

/// `None`: an error that is the caller's own, not the relying party's.
pub fn error(error: &AdapterError) -> Option<Problem> {
    match error {
        AdapterError::Unreachable(unreachable) => Some(Problem::Unreachable(unreachable.why.clone())),
        AdapterError::Mismatch(mismatch) => Some(Problem::HookFailed { section: mismatch.section }),
        _ => None,
    }
}

pub fn problem(seen: &Seen<'_>) -> Problem {
    let Some(ceremony) = seen.ceremony else { return Problem::Refused { status: 0 } };
    let answer = ceremony.verify.as_ref().or(ceremony.options.as_ref());
    match (seen.broken_off, ceremony.ended(), answer) {
        (Some(BrokenOff::StoppedAnswering { .. }), _, _) => Problem::StoppedAnswering,
        (Some(BrokenOff::Unsuitable { lacks, .. }), _, _) => unsuitable(seen, ceremony, lacks),
        (_, Ended::Client(exception), _) => client(seen, ceremony, &exception),
        (_, _, Some(answer)) => answered(seen, ceremony, answer),
        (_, _, None) => Problem::Refused { status: 0 },
    }
}

fn answered(seen: &Seen<'_>, ceremony: &Ceremony, answer: &Answer) -> Problem {
    if let Arrived::Nothing(lost) | Arrived::Part(lost) = &answer.arrived {
        return Problem::NoAnswer(lost.clone());
    }
    if answer.rate_limited() {
        return Problem::RateLimited { retry_after: answer.retry_after };
    }
    let status = answer.status;
    let registering = ceremony.kind == Kind::Registration;
    match status {
        300..=399 => Problem::Redirect { location: answer.location.clone(), elsewhere: elsewhere(seen, answer) },
        401 if answer.www_authenticate => Problem::HttpCredentialsWanted,
        401 | 403 if !registering => Problem::AccountNotConfirmed,
        // After options that were given, it is the response that is refused.
        401 if ceremony.verify.is_none() => Problem::SignInWanted,
        // 419 is Laravel's.
        403 | 419 if !seen.mapping.sends_csrf_token() && !a_change_was_let_in(seen, answer.exchange) => Problem::CsrfTokenWanted,
        // JSON about an account says that there is none, not that there is no such path.
        404 if registering || answer.json.is_none() => Problem::NoSuchPath,
        // RFC 9110 §15.6.2: the server knows no such method at all.
        405 | 501 => Problem::MethodNotAllowed { allow: answer.allow.clone() },
        409 if registering && ceremony.verify.is_none() => Problem::AccountExists { account: seen.account.to_owned() },
        415 => Problem::UnsupportedMediaType,
        500.. => Problem::ServerError { status },
        _ if other_encoding(ceremony).is_some_and(|encoding| encoding == Encoding::Hex) => {
            Problem::OtherEncoding { encoding: Encoding::Hex }
        }
        _ => match (answer.unread.as_ref().or(answer.absent.as_ref()), &answer.json) {
            (_, None) if answer.is_html() && status < 300 => Problem::Html,
            (Some(_), None) => Problem::NotJson { content_type: answer.content_type.clone() },
            (Some(unread), Some(json)) => Problem::PointerFindsNothing { unread: unread.clone(), there: pointers(json) },
            (None, _) => Problem::Refused { status },
        },
    }
}

/// Whether an earlier request that is no GET was answered with 2xx: then none of them needs a token.
fn a_change_was_let_in(seen: &Seen<'_>, before: usize) -> bool {
    let mut changes = false;
    for entry in seen.transcript.iter().filter(|entry| entry.number < before) {
        match &entry.what {
            What::HttpRequest { method, .. } => changes = method != "GET",
            What::HttpResponse { status: 200..300, .. } if changes => return true,
            _ => {}
        }
    }
    false
}

fn elsewhere(seen: &Seen<'_>, answer: &Answer) -> Elsewhere {
    let path = seen.transcript.iter().find_map(|entry| match &entry.what {
        What::HttpRequest { path, .. } if entry.number == answer.exchange => Some(path),
        _ => None,
    });
    let (Some(location), Some(path)) = (&answer.location, path) else { return Elsewhere::Other };
    let (Ok(asked), Ok(target)) = (seen.url.join(path), seen.url.join(location)) else { return Elsewhere::Other };
    match (asked.origin() == target.origin(), asked.path() == target.path()) {
        (true, _) => Elsewhere::Path,
        (false, true) => {
            let base = seen.url.path().trim_end_matches('/');
            Elsewhere::Origin(format!("{}{base}", target.origin().ascii_serialization()))
        }
        (false, false) => Elsewhere::Other,
    }
}

/// Every pointer of an answer, the shallow ones first.
fn pointers(json: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut level = vec![(String::new(), json)];
    for _ in 0..DEPTH {
        let mut next = Vec::new();
        for (pointer, value) in level {
            let members: Vec<(String, &Value)> = match value {
                // RFC 6901 §3.
                Value::Object(members) => members.iter().map(|(name, value)| (name.replace('~', "~0").replace('/', "~1"), value)).collect(),
                Value::Array(items) => items.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect(),
                _ => continue,
            };
            next.extend(members.into_iter().map(|(name, value)| (format!("{pointer}/{name}"), value)));
        }
        found.extend(next.iter().map(|(pointer, _)| pointer.clone()));
        if found.len() >= POINTERS {
            break;
        }
        level = next;
    }
    found.truncate(POINTERS);
    found
}

fn client(seen: &Seen<'_>, ceremony: &Ceremony, exception: &DomException) -> Problem {
    let origin = seen.origin.to_owned();
    match (&exception.name, &exception.because) {
        (DomExceptionName::SecurityError, _) => {
            let rp_id = ceremony.given().and_then(rp_id).map(|rp_id| seen.mapping.secrets().mask_and_cut(rp_id, RP_ID, 0));
            match Url::parse(&origin).ok().as_ref().and_then(Url::host) {
                Some(Host::Ipv4(_) | Host::Ipv6(_)) => Problem::AddressForName { origin, rp_id },
                Some(Host::Domain(domain)) if !is_secure(&origin, domain) => Problem::InsecureOrigin { origin, rp_id },
                _ => Problem::RpIdUnlikeOrigin { origin, rp_id },
            }
        }
        (_, Because::Authenticator(Status::NoCredentials)) => Problem::NoCredential,
        _ => match other_encoding(ceremony) {
            Some(encoding) => Problem::OtherEncoding { encoding },
            None => Problem::UnusableOptions { exception: exception.to_string() },
        },
    }
}

/// How the options write what is binary, if that is plainly not base64url.
fn other_encoding(ceremony: &Ceremony) -> Option<Encoding> {
    let options = ceremony.given()?;
    [options.get("challenge"), options.pointer("/user/id")].into_iter().flatten().find_map(Encoding::of)
}

fn is_secure(origin: &str, domain: &str) -> bool {
    let local = domain == "localhost" || domain.ends_with(".localhost");
    local || Url::parse(origin).is_ok_and(|url| url.scheme() != "http")
}

/// The RP ID that options name, of either ceremony.
pub fn rp_id(options: &Value) -> Option<&str> {
    options.pointer("/rp/id").or_else(|| options.get("rpId")).and_then(Value::as_str)
}

fn unsuitable(seen: &Seen<'_>, ceremony: &Ceremony, lacks: &str) -> Problem {
    let offered = ceremony.given().map(offered).unwrap_or_default();
    if ceremony.kind == Kind::Registration && !offered.is_empty() && !has_one_of(seen.profile, &offered) {
        let profiles = profile::all().iter().filter(|profile| has_one_of(profile, &offered)).map(|profile| profile.name.as_str()).collect();
        return Problem::AlgorithmNotOffered { offered, profiles };
    }
    Problem::DeviceLacks { lacks: lacks.to_owned(), all_tried: seen.all_profiles_tried }
}

/// Whether the device has one of these algorithms.
pub fn has_one_of(profile: &Profile, algorithms: &[i64]) -> bool {
    profile.authenticator.algorithms.iter().any(|algorithm| algorithms.contains(algorithm))
}

/// COSE numbers of the algorithms that options for a registration offer.
pub fn offered(options: &Value) -> Vec<i64> {
    let list = options.get("pubKeyCredParams").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(|item| item.get("alg")?.as_i64()).collect()
}
