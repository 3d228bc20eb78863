//! Browser sessions: who is logged in, with which rights, and the order that is being written.

use std::collections::BTreeMap;

use data_encoding::BASE64URL_NOPAD;
use faultkey_authenticator::{Random, random};
use rand::Rng;
use serde::Serialize;

/// What a session may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Rights {
    #[default]
    None,
    /// Look, but no trade and no transfer: logged in without a passkey, or with one that is at risk.
    Restricted,
    Full,
}

/// Who a session is logged in as, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
struct LogIn {
    username: String,
    /// By a passkey: at risk or not.
    passkey: Option<Risk>,
    /// By password or telephone.
    otherwise: bool,
}

/// Whether a log-in by passkey carries a sign of a copied key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Risk {
    Usual,
    Raised,
}

#[derive(Debug, Default)]
pub(super) struct Session {
    log_in: Option<LogIn>,
    /// The order form (invariant I9): no failure touches it.
    pub(super) draft: String,
    /// The user name of the last ceremony, so that a broken request can be logged.
    pub(super) last_username: Option<String>,
}

impl Session {
    pub(super) fn username(&self) -> Option<&str> {
        self.log_in.as_ref().map(|log_in| log_in.username.as_str())
    }

    pub(super) fn rights(&self) -> Rights {
        match &self.log_in {
            None => Rights::None,
            Some(LogIn { passkey: Some(Risk::Usual), .. }) => Rights::Full,
            // The step-up: a passkey at risk, and another proof.
            Some(LogIn { passkey: Some(Risk::Raised), otherwise: true, .. }) => Rights::Full,
            Some(_) => Rights::Restricted,
        }
    }

    pub(super) fn is_logged_in_as(&self, username: &str) -> bool {
        self.username() == Some(username)
    }

    /// Whether this session may replace the account's passkey. A log-in by a passkey at risk is no proof for that.
    pub(super) fn may_replace_passkey_of(&self, username: &str) -> bool {
        self.log_in.as_ref().is_some_and(|log_in| log_in.username == username && (log_in.otherwise || log_in.passkey == Some(Risk::Usual)))
    }

    /// The id stays the same on log-in: a client whose response was lost must find its session again.
    pub(super) fn log_in_by_passkey(&mut self, username: &str, risk: Risk) {
        self.log_in_as(username).passkey = Some(risk);
    }

    pub(super) fn log_in_otherwise(&mut self, username: &str) {
        self.log_in_as(username).otherwise = true;
    }

    fn log_in_as(&mut self, username: &str) -> &mut LogIn {
        if !self.is_logged_in_as(username) {
            self.log_in = None;
        }
        self.log_in.get_or_insert_with(|| LogIn { username: username.to_owned(), passkey: None, otherwise: false })
    }
}

/// Every session, by the value of its cookie.
pub(super) struct Sessions {
    by_id: BTreeMap<String, Session>,
    chance: Random,
}

impl Sessions {
    pub(super) fn new(seed: u64) -> Self {
        Self { by_id: BTreeMap::new(), chance: random::stream(seed, "embedded relying party: session ids") }
    }

    /// The session with this cookie, or a new one. Says whether it is new.
    pub(super) fn open(&mut self, cookie: Option<&str>) -> (String, bool) {
        if let Some(id) = cookie.filter(|id| self.by_id.contains_key(*id)) {
            return (id.to_owned(), false);
        }
        let mut bytes = [0; 16];
        self.chance.fill_bytes(&mut bytes);
        let id = BASE64URL_NOPAD.encode(&bytes);
        self.by_id.insert(id.clone(), Session::default());
        (id, true)
    }

    pub(super) fn get(&self, id: &str) -> Option<&Session> {
        self.by_id.get(id)
    }

    pub(super) fn get_mut(&mut self, id: &str) -> &mut Session {
        self.by_id.entry(id.to_owned()).or_default()
    }

    /// How many sessions are logged in as this user.
    pub(super) fn logged_in_as(&self, username: &str) -> usize {
        self.by_id.values().filter(|session| session.is_logged_in_as(username)).count()
    }

    pub(super) fn log_out_everywhere(&mut self, username: &str) {
        for session in self.by_id.values_mut().filter(|session| session.log_in.as_ref().is_some_and(|log_in| log_in.username == username)) {
            session.log_in = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_follow_from_the_proofs_given() {
        let mut session = Session::default();
        assert_eq!(session.rights(), Rights::None);
        session.log_in_by_passkey("hanako", Risk::Raised);
        assert_eq!(session.rights(), Rights::Restricted);
        assert!(!session.may_replace_passkey_of("hanako"), "a passkey at risk must not replace itself");
        session.log_in_otherwise("hanako");
        assert_eq!(session.rights(), Rights::Full, "another proof steps up");
        assert!(session.may_replace_passkey_of("hanako"));
        assert!(!session.may_replace_passkey_of("taro"));
        session.log_in_otherwise("taro");
        assert_eq!(session.rights(), Rights::Restricted, "another user starts afresh");
    }

    #[test]
    fn session_ids_depend_on_the_seed_only() {
        let ids = |seed| {
            let mut sessions = Sessions::new(seed);
            (sessions.open(None).0, sessions.open(Some("forged")).0)
        };
        assert_eq!(ids(1), ids(1));
        assert_ne!(ids(1), ids(2));
        assert_ne!(ids(1).0, ids(1).1);
        assert_ne!(ids(1).1, "forged", "a cookie that was never given is not taken over");
    }
}
