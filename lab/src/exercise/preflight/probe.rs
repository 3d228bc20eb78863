//! What is tried otherwise where a clean request is refused: the first that is accepted names what the relying party minds.

use ciborium::Value as Cbor;
use data_encoding::BASE64URL_NOPAD;
use faultkey_fault_injection::{Profile, profile};
use serde_json::Value;
use url::{Host, Url};

use super::problem::{NameForm, Problem};
use super::tell::{Seen, offered, rp_id};
use crate::check::Request;
use crate::exercise::part::Otherwise;
use crate::facts::Ceremony;
use crate::scenario::{Action, Scenario};

/// More would only load a server that refuses.
const MOST: usize = 6;

/// Gives a full attestation of one certificate chain where it is asked for.
const ATTESTING: &str = "yubikey-5";
/// Gives none.
const NOT_ATTESTING: &str = "pixel-chrome";
/// Has every algorithm.
const VERSATILE: &str = "security-key-full";
/// RS256 and EdDSA, which relying parties take besides ES256.
const ALGORITHMS: [i64; 2] = [-257, -8];

/// One thing that is done otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Probe {
    Origin(String),
    Account {
        username: String,
        form: NameForm,
    },
    /// A device that attests, or one that doesn't.
    Attestation {
        profile: &'static str,
        asked: &'static str,
    },
    Algorithm(i64),
}

/// What to try where this request is refused, at most six.
pub fn probes(seen: &Seen<'_>, request: Request, accounts: &str) -> Vec<Probe> {
    let Some(ceremony) = seen.ceremony else { return Vec::new() };
    let origins = origins(seen, ceremony);
    let mut probes = match request {
        Request::RegistrationOptions if seen.mapping.names_accounts() => origins,
        Request::RegistrationOptions => names(accounts).into_iter().chain(origins).collect(),
        Request::RegistrationVerify => origins.into_iter().chain([attestation(ceremony)]).chain(algorithms(ceremony)).collect(),
        _ => origins,
    };
    probes.truncate(MOST);
    probes
}

fn origins(seen: &Seen<'_>, ceremony: &Ceremony) -> Vec<Probe> {
    let own = seen.url.origin().ascii_serialization();
    let local = match seen.url.host() {
        Some(Host::Ipv4(address)) if address.is_loopback() => at_localhost(seen.url),
        Some(Host::Ipv6(address)) if address.is_loopback() => at_localhost(seen.url),
        _ => None,
    };
    let of_rp_id = ceremony.given().and_then(rp_id).map(|rp_id| format!("https://{rp_id}"));
    let mut origins: Vec<String> = Vec::new();
    for origin in [Some(own), local, of_rp_id].into_iter().flatten() {
        if origin != seen.origin && !origins.contains(&origin) {
            origins.push(origin);
        }
    }
    origins.into_iter().map(Probe::Origin).collect()
}

/// The origin of the same server by its name.
pub fn at_localhost(url: &Url) -> Option<String> {
    let mut url = url.clone();
    url.set_host(Some("localhost")).ok()?;
    Some(url.origin().ascii_serialization())
}

/// Short names that an earlier run has hardly used.
fn names(accounts: &str) -> Vec<Probe> {
    let letters: Vec<char> = accounts.chars().filter(char::is_ascii_alphanumeric).collect();
    let last: String = letters.iter().skip(letters.len().saturating_sub(6)).collect();
    let short = format!("fk{}", last.to_ascii_lowercase());
    let email = format!("{short}@example.com");
    vec![Probe::Account { username: short, form: NameForm::Short }, Probe::Account { username: email, form: NameForm::Email }]
}

fn attestation(ceremony: &Ceremony) -> Probe {
    match format(ceremony).as_deref() {
        None | Some("none") => Probe::Attestation { profile: ATTESTING, asked: "direct" },
        Some(_) => Probe::Attestation { profile: NOT_ATTESTING, asked: "none" },
    }
}

fn algorithms(ceremony: &Ceremony) -> Vec<Probe> {
    let offered = ceremony.given().map(offered).unwrap_or_default();
    let used = algorithm(ceremony);
    ALGORITHMS.into_iter().filter(|each| offered.contains(each) && Some(*each) != used).map(Probe::Algorithm).collect()
}

fn response(ceremony: &Ceremony) -> Option<&Value> {
    ceremony.client.as_ref()?.as_ref().ok()?.get("response")
}

/// The attestation statement format that was sent (WebAuthn-3 §6.5.4).
pub fn format(ceremony: &Ceremony) -> Option<String> {
    let object = response(ceremony)?.get("attestationObject")?.as_str()?;
    let object: Cbor = ciborium::from_reader(BASE64URL_NOPAD.decode(object.as_bytes()).ok()?.as_slice()).ok()?;
    let (_, format) = object.as_map()?.iter().find(|(key, _)| key.as_text() == Some("fmt"))?;
    format.as_text().map(str::to_owned)
}

/// The COSE number of the new credential's algorithm.
fn algorithm(ceremony: &Ceremony) -> Option<i64> {
    response(ceremony)?.get("publicKeyAlgorithm")?.as_i64()
}

impl Probe {
    /// What the attempt claims.
    pub fn otherwise(&self, username: String) -> Otherwise {
        match self {
            Probe::Origin(origin) => Otherwise { origin: Some(origin.clone()), username: Some(username) },
            Probe::Account { username, .. } => Otherwise { origin: None, username: Some(username.clone()) },
            Probe::Attestation { .. } | Probe::Algorithm(_) => Otherwise { origin: None, username: Some(username) },
        }
    }

    /// The device, if another one is tried.
    pub fn profile(&self) -> Option<Profile> {
        match self {
            Probe::Attestation { profile, .. } => profile::find(profile).cloned(),
            Probe::Algorithm(algorithm) => {
                let mut profile = profile::find(VERSATILE)?.clone();
                profile.authenticator.algorithms = vec![*algorithm];
                Some(profile)
            }
            Probe::Origin(_) | Probe::Account { .. } => None,
        }
    }

    /// The clean scenario, with what this asks for.
    pub fn scenario(&self, clean: &Scenario) -> Scenario {
        let mut scenario = clean.clone();
        if let Probe::Attestation { asked, .. } = self {
            for step in &mut scenario.steps {
                if let Action::Register { attestation, .. } = &mut step.action {
                    *attestation = (*asked).to_owned();
                }
            }
        }
        scenario
    }

    /// What it means that this was accepted where the run's own attempt was not.
    pub fn problem(&self, seen: &Seen<'_>) -> Option<Problem> {
        let ceremony = seen.ceremony?;
        Some(match self {
            Probe::Origin(origin) => Problem::OriginUnlike { claimed: seen.origin.to_owned(), accepted: origin.clone() },
            Probe::Account { form, .. } => Problem::AccountNameRefused { refused: seen.account.to_owned(), form: *form },
            Probe::Attestation { profile: ATTESTING, .. } => Problem::AttestationWanted { accepted: ATTESTING },
            Probe::Attestation { profile, .. } => Problem::AttestationNotTrusted { format: format(ceremony), accepted: Some(profile) },
            Probe::Algorithm(accepted) => {
                let offered = ceremony.given().map(offered).unwrap_or_default();
                Problem::AlgorithmRefused { refused: algorithm(ceremony), accepted: *accepted, profile: using(*accepted, &offered) }
            }
        })
    }
}

/// A profile that takes this algorithm: the first of the offered ones that it has (CTAP2.3 §6.1.2 step 3).
fn using(algorithm: i64, offered: &[i64]) -> Option<&'static str> {
    let takes = |profile: &&Profile| offered.iter().find(|each| profile.authenticator.algorithms.contains(each)) == Some(&algorithm);
    profile::all().iter().find(takes).map(|profile| profile.name.as_str())
}

/// Where every attempt was refused: what the options themselves demand and the run's device can't prove.
pub fn unexplained(seen: &Seen<'_>, request: Request) -> Option<Problem> {
    let ceremony = seen.ceremony?;
    let conveyance = ceremony.given()?.get("attestation")?.as_str()?;
    let asked_for = request == Request::RegistrationVerify && matches!(conveyance, "direct" | "enterprise");
    asked_for.then(|| Problem::AttestationNotTrusted { format: format(ceremony), accepted: None })
}
