//! An adapter file, before it is text.

use sha2::{Digest, Sha256};
use url::Url;

use super::accepted::Reasons;
use super::account::Account;
use super::before::{self, Once};
use super::ceremony::{Found, Kind};
use super::csrf::{self, Csrf};
use super::encoding::{Fields, giving};
use super::har::{Answered, Recording};
use super::request::{Errand, Maker, Request};
use super::scene::{Ceremony, OptionsPlace};
use super::session_check::{self, SessionCheck};
use super::unknown::Unknown;

pub struct Draft {
    pub name: String,
    pub origin: Option<String>,
    /// The origin of the API, for `--rp`.
    pub server: String,
    pub rp_id: Option<String>,
    pub email: bool,
    pub password: bool,
    pub headers: Vec<(String, String)>,
    pub options_encoding: Fields,
    pub credential_encoding: Fields,
    pub registration: Ceremony,
    pub authentication: Ceremony,
    pub reasons: Reasons,
    pub csrf: Option<(Csrf, String)>,
    pub session: Option<(SessionCheck, Request)>,
    /// A request that may say who is signed in.
    pub perhaps_session: Option<String>,
    /// Requests that seem to be of no use to a ceremony.
    pub left_out: Vec<usize>,
    pub unknown: Vec<Unknown>,
}

impl Draft {
    pub fn of(recording: &Recording, found: &Found) -> Draft {
        let ceremonies = [&found.registration, &found.authentication];
        let client_data = ceremonies.iter().find_map(|ceremony| ceremony.verify.as_ref()).map(|verify| &verify.sent.client_data);
        let origin = client_data.map(|data| data.origin.clone());
        let at = ceremonies.iter().find_map(|ceremony| ceremony.end()).unwrap_or(0);
        let server = recording.exchanges[at].origin();
        let origins = vec![server.clone()];
        let account = Account::of(recording, &origins, found);
        let mut unknown = Vec::new();
        if let Some(page) = origin.clone().filter(|page| *page != server && page.starts_with("http")) {
            unknown.push(Unknown::OtherOrigin { page, api: server.clone() });
        }

        let (registration_changes, mut left_out) = before::changes(recording, &origins, &account, found, Kind::Registration);
        let (authentication_changes, left) = before::changes(recording, &origins, &account, found, Kind::Authentication);
        left_out.extend(left);
        let requests: Vec<usize> = ceremonies
            .iter()
            .flat_map(|ceremony| [ceremony.options_at(), ceremony.end()])
            .flatten()
            .chain(registration_changes.iter().chain(&authentication_changes).copied())
            .collect();
        let csrf = csrf::find(recording, &origins, &requests);
        let mut maker = Maker::new(recording, &origins, &account, csrf.as_ref());
        let mut registration = Ceremony::play(&mut maker, found, Kind::Registration, &registration_changes, &mut unknown);
        let mut authentication = Ceremony::play(&mut maker, found, Kind::Authentication, &authentication_changes, &mut unknown);
        let signed_in = found.authentication.end().or(found.registration.end()).unwrap_or(0);
        let session = session_check::find(recording, &origins, signed_in);
        let asks = match &session {
            session_check::Found::Yes(check) => Some(check.exchange),
            session_check::Found::OnlyAfter(exchange) => Some(*exchange),
            session_check::Found::No => None,
        };
        let mut session_request = asks.map(|exchange| {
            let (request, wanted) = maker.request(exchange, "session", Errand::Other);
            for ceremony in [&mut registration, &mut authentication] {
                ceremony.give(&wanted);
            }
            request
        });
        let cookies = cookies_from_nowhere(recording, &mut maker, &requests);
        unknown.extend(maker.secrets.iter().cloned());
        let mut headers = common_headers(&mut registration, &mut authentication, session_request.as_mut());
        headers.extend(cookies);

        let mut draft = Draft {
            name: Url::parse(origin.as_deref().unwrap_or(&server))
                .ok()
                .and_then(|url| url.host_str().map(str::to_owned))
                .unwrap_or_else(|| "my-rp".to_owned()),
            rp_id: rp_id(found, origin.as_deref()),
            origin,
            server,
            email: account.is_email(),
            password: account.has_password(),
            headers,
            options_encoding: Fields::default(),
            credential_encoding: Fields::default(),
            registration,
            authentication,
            reasons: Reasons::of(recording, &found.refused),
            csrf: csrf.map(|csrf| {
                let path = csrf.page.map_or_else(|| "/".to_owned(), |page| recording.exchanges[page].url.path().to_owned());
                (csrf, path)
            }),
            perhaps_session: session_request
                .as_ref()
                .filter(|_| matches!(session, session_check::Found::OnlyAfter(_)))
                .map(|request| request.path.clone()),
            session: match session {
                session_check::Found::Yes(check) => session_request.map(|request| (check, request)),
                _ => None,
            },
            left_out,
            unknown,
        };
        draft.note_encodings(found);
        draft.note_what_is_missing(recording, found);
        draft
    }

    fn note_encodings(&mut self, found: &Found) {
        let ids: Vec<Vec<u8>> =
            [&found.registration, &found.authentication].iter().filter_map(|ceremony| ceremony.verify.as_ref()?.sent.id.clone()).collect();
        for ceremony in [&found.registration, &found.authentication] {
            let Some(verify) = &ceremony.verify else { continue };
            let Some(options) = &ceremony.options else { continue };
            if let Some(challenge) = options.json.get("challenge") {
                self.options_encoding.saw("challenge", giving(challenge, &verify.sent.client_data.challenge));
            }
            let handle = found.authentication.verify.as_ref().and_then(|verify| verify.sent.user_handle.clone());
            if let (Some(id), Some(handle)) = (options.json.pointer("/user/id"), handle) {
                self.options_encoding.saw("user-id", giving(id, &handle));
            }
            for list in ["allowCredentials", "excludeCredentials"] {
                for item in options.json.get(list).and_then(|list| list.as_array()).into_iter().flatten() {
                    for id in &ids {
                        self.options_encoding.saw("credential-id", item.get("id").map(|value| giving(value, id)).unwrap_or_default());
                    }
                }
            }
        }
        for ceremony in [&found.registration, &found.authentication] {
            if let Some(verify) = &ceremony.verify {
                self.credential_encoding.merge(&verify.sent.encodings);
            }
        }
        for (section, fields) in [("options", &self.options_encoding), ("credential", &self.credential_encoding)] {
            let (most, others) = fields.settle();
            let all = others.iter().copied().chain(fields.with(most).map(|field| (field, most)));
            self.unknown.extend(all.filter(|(_, encoding)| !encoding.can_be_said()).map(|(field, _)| Unknown::Encoding { section, field }));
        }
    }

    fn note_what_is_missing(&mut self, recording: &Recording, found: &Found) {
        let mut unknown = Vec::new();
        for ceremony in [&self.registration, &self.authentication] {
            let (options, verify, name) = match ceremony.kind {
                Kind::Registration => ("registration.options", "registration.verify", "registration"),
                Kind::Authentication => ("authentication.options", "authentication.verify", "log-in"),
            };
            match (&ceremony.options, &ceremony.source) {
                (None, _) => {
                    unknown.push(Unknown::Request {
                        section: options,
                        what: if name == "registration" {
                            "the request for registration options"
                        } else {
                            "the request for log-in options"
                        },
                    });
                }
                (Some(request), OptionsPlace::Unknown) => {
                    let request = recording.exchanges[request.exchange].named();
                    unknown.push(Unknown::AnswerMissing { section: options, request });
                }
                (Some(_), OptionsPlace::Made(_)) => unknown.push(Unknown::OptionsMadeByPage { section: options }),
                (Some(_), OptionsPlace::At(_)) => {}
            }
            match &ceremony.verify {
                None => unknown.push(Unknown::Request {
                    section: verify,
                    what: if name == "registration" {
                        "the request that verifies the registration"
                    } else {
                        "the request that verifies the log-in"
                    },
                }),
                Some(request) if request.accepted.is_none() => {
                    let exchange = &recording.exchanges[request.exchange];
                    match exchange.answer {
                        Answered::Missing => unknown.push(Unknown::AnswerMissing { section: verify, request: exchange.named() }),
                        _ => unknown.push(Unknown::Accepted { section: verify, status: exchange.status }),
                    }
                }
                Some(_) => {}
            }
            for request in ceremony.before.iter().chain(&ceremony.options).chain(&ceremony.verify) {
                unknown.extend(request.unknown.iter().cloned());
                unknown.extend(request.content.unknown().into_iter().cloned());
            }
        }
        let once = |once| self.registration.before.iter().any(|request| request.once == Some(once));
        if once(Once::Account) && !once(Once::Session) {
            unknown.push(Unknown::SignIn);
        }
        if self.rp_id.is_none() {
            unknown.push(Unknown::RpId);
        }
        if let Some((csrf, _)) = &self.csrf
            && csrf.page.is_none()
            && let super::source::Place::Cookie(cookie) = &csrf.from.place
        {
            unknown.push(Unknown::CsrfPath { cookie: cookie.clone() });
        }
        if self.session.is_none() {
            unknown.push(Unknown::Session { only_after: self.perhaps_session.as_ref().map(|path| format!("GET {path}")) });
        }
        if found.refused.is_empty() || (self.reasons.code.is_none() && self.reasons.message.is_none()) {
            unknown.push(Unknown::Reasons);
        }
        self.unknown.extend(unknown);
    }
}

/// Headers that all requests have go to the top of the file, and what signs the user in.
fn common_headers(registration: &mut Ceremony, authentication: &mut Ceremony, session: Option<&mut Request>) -> Vec<(String, String)> {
    let mut requests: Vec<&mut Request> = Vec::new();
    for Ceremony { before, options, verify, .. } in [registration, authentication] {
        requests.extend(before.iter_mut().chain(options).chain(verify));
    }
    let ceremony: Vec<&[(String, String)]> = requests.iter().map(|request| request.headers.as_slice()).collect();
    let mut common: Vec<(String, String)> = Vec::new();
    for header in ceremony.iter().flat_map(|headers| headers.iter()) {
        // A token that an answer gave is for all; before, there is none to send.
        let signs_in = header.0 == "authorization" && !header.1.contains("{env:");
        let everywhere = ceremony.iter().all(|headers| headers.contains(header)) || signs_in;
        if everywhere && !common.iter().any(|(name, _)| *name == header.0) {
            common.push(header.clone());
        }
    }
    if let Some(session) = session {
        let signs_in = session.headers.iter().find(|header| header.0 == "authorization");
        common.extend(signs_in.filter(|_| !common.iter().any(|(name, _)| name == "authorization")).cloned());
        session.headers.retain(|header| !common.contains(header));
    }
    for request in requests {
        request.headers.retain(|header| !common.contains(header));
    }
    common
}

/// Cookies that were there before the recording began and that the server never set again.
fn cookies_from_nowhere(recording: &Recording, maker: &mut Maker<'_>, requests: &[usize]) -> Vec<(String, String)> {
    const OTHERS: [&str; 14] =
        ["_ga", "_gid", "_gat", "_fbp", "_gcl", "ajs_", "amp_", "_hj", "__utm", "intercom", "mp_", "ph_", "optanon", "cookieconsent"];
    let csrf_cookie = maker.csrf.and_then(|csrf| match &csrf.from.place {
        super::source::Place::Cookie(name) => Some(name.clone()),
        _ => None,
    });
    let mut names: Vec<String> = Vec::new();
    for (name, value) in requests.iter().flat_map(|index| &recording.exchanges[*index].cookies) {
        let lower = name.to_ascii_lowercase();
        let is_others = OTHERS.iter().any(|start| lower.starts_with(start));
        let was_set = recording.cookie_was_set(name, recording.exchanges.len());
        if !is_others
            && !was_set
            && !names.contains(name)
            && csrf_cookie.as_ref() != Some(name)
            && super::template::looks_secret(name, value)
        {
            names.push(name.clone());
        }
    }
    let pairs: Vec<String> = names.iter().map(|name| format!("{name}={}", maker.secret(name))).collect();
    if pairs.is_empty() { Vec::new() } else { vec![("cookie".to_owned(), pairs.join("; "))] }
}

/// What options say; else the suffix of the origin's host whose hash the authenticator signed (WebAuthn-3 §6.1).
fn rp_id(found: &Found, origin: Option<&str>) -> Option<String> {
    let ceremonies = [&found.registration, &found.authentication];
    let said = ceremonies.iter().filter_map(|ceremony| ceremony.options.as_ref()).find_map(|options| {
        let id = options.json.pointer("/rp/id").or_else(|| options.json.get("rpId"));
        id.and_then(|id| id.as_str()).map(str::to_owned)
    });
    said.or_else(|| {
        let hash = ceremonies.iter().find_map(|ceremony| ceremony.verify.as_ref()?.sent.rp_id_hash.clone())?;
        let host = Url::parse(origin?).ok()?.host_str()?.to_owned();
        let labels: Vec<&str> = host.split('.').collect();
        (0..labels.len()).map(|skip| labels[skip..].join(".")).find(|suffix| Sha256::digest(suffix.as_bytes()).as_slice() == hash)
    })
}
