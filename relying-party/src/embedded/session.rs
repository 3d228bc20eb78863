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
    /// The session from which a log-in led here.
    predecessor: Option<String>,
    /// The session to which a log-in led from here.
    successor: Option<String>,
    /// Its client has come back with its cookie.
    seen: bool,
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
    /// The cookie that the client has not been told yet.
    untold: Option<String>,
}

impl Sessions {
    pub(super) fn new(seed: u64) -> Self {
        Self { by_id: BTreeMap::new(), chance: random::stream(seed, "embedded relying party: session ids"), untold: None }
    }

    /// The session with this cookie, or a new one.
    pub(super) fn open(&mut self, cookie: Option<&str>) -> String {
        self.untold = None;
        if let Some(id) = cookie
            && let Some(session) = self.by_id.get_mut(id)
        {
            session.seen = true;
            return id.to_owned();
        }
        self.begin(Session::default())
    }

    fn begin(&mut self, session: Session) -> String {
        let mut bytes = [0; 16];
        self.chance.fill_bytes(&mut bytes);
        let id = BASE64URL_NOPAD.encode(&bytes);
        self.by_id.insert(id.clone(), session);
        self.untold = Some(id.clone());
        id
    }

    /// A new id at log-in, so that nobody who knew the old one is logged in with it (session fixation: WebAuthn-3 leaves sessions to the
    /// relying party, OWASP ASVS 5.0 §7.2.4 demands it). Who was logged in moves to the new session. The old one stays as an anonymous one with
    /// the order form that it had: a client whose answer is lost knows no other, and must lose nothing that it wrote.
    pub(super) fn renew(&mut self, id: &str) -> String {
        self.end_unseen_successor(id);
        let old = self.by_id.entry(id.to_owned()).or_default();
        let renewed = Session {
            log_in: old.log_in.take(),
            draft: old.draft.clone(),
            last_username: old.last_username.clone(),
            predecessor: Some(id.to_owned()),
            ..Session::default()
        };
        let new = self.begin(renewed);
        self.get_mut(id).successor = Some(new.clone());
        new
    }

    /// Ends the session to which a log-in led from this one, if its client never came: the answer with its cookie was lost.
    pub(super) fn end_unseen_successor(&mut self, id: &str) {
        let successor = self.by_id.get_mut(id).and_then(|session| session.successor.take());
        if let Some(successor) = successor.filter(|successor| self.by_id.get(successor).is_some_and(|session| !session.seen)) {
            self.by_id.remove(&successor);
        }
    }

    /// Whether a log-in led from `before` to `id`.
    pub(super) fn follows(&self, id: &str, before: &str) -> bool {
        self.get(id).and_then(|session| session.predecessor.as_deref()) == Some(before)
    }

    pub(super) fn predecessor(&self, id: &str) -> Option<&str> {
        self.get(id)?.predecessor.as_deref()
    }

    /// The cookie to set with the answer, once.
    pub(super) fn take_untold(&mut self) -> Option<String> {
        self.untold.take()
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
            (sessions.open(None), sessions.open(Some("forged")))
        };
        assert_eq!(ids(1), ids(1));
        assert_ne!(ids(1), ids(2));
        assert_ne!(ids(1).0, ids(1).1);
        assert_ne!(ids(1).1, "forged", "a cookie that was never given is not taken over");
    }
    #[test]
    fn a_log_in_gets_a_new_id_and_the_old_one_opens_nothing() {
        let mut sessions = Sessions::new(1);
        let old = sessions.open(None);
        assert_eq!(sessions.take_untold(), Some(old.clone()));
        sessions.get_mut(&old).draft = "buy 100".to_owned();
        let new = sessions.renew(&old);
        sessions.get_mut(&new).log_in_by_passkey("hanako", Risk::Usual);
        assert_ne!(new, old);
        assert_eq!((sessions.take_untold(), sessions.take_untold()), (Some(new.clone()), None));
        let state = |sessions: &Sessions, id: &str| sessions.get(id).map(|session| (session.rights(), session.draft.clone()));
        assert_eq!(state(&sessions, &new), Some((Rights::Full, "buy 100".to_owned())));
        assert_eq!(state(&sessions, &old), Some((Rights::None, "buy 100".to_owned())));
        assert!(sessions.follows(&new, &old) && !sessions.follows(&old, &new));
        // Logged in already: that moves along, and the step-up counts.
        sessions.open(Some(&new));
        let newer = sessions.renew(&new);
        sessions.get_mut(&newer).log_in_otherwise("hanako");
        assert!(sessions.get(&newer).is_some_and(|session| session.may_replace_passkey_of("hanako")));
        assert_eq!((state(&sessions, &new).map(|state| state.0), sessions.logged_in_as("hanako")), (Some(Rights::None), 1));
    }

    #[test]
    fn a_session_whose_cookie_was_lost_ends_with_the_next_log_in() {
        for seen in [false, true] {
            let mut sessions = Sessions::new(1);
            let old = sessions.open(None);
            let lost = sessions.renew(&old);
            sessions.get_mut(&lost).log_in_by_passkey("hanako", Risk::Usual);
            if seen {
                sessions.open(Some(&lost));
            }
            let new = sessions.renew(&old);
            sessions.get_mut(&new).log_in_by_passkey("hanako", Risk::Usual);
            assert_eq!(sessions.get(&lost).is_some(), seen);
            assert_eq!(sessions.logged_in_as("hanako"), if seen { 2 } else { 1 });
        }
    }
}
