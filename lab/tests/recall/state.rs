//! What the server remembers: accounts, sessions, open attempts, the log.

use std::collections::BTreeMap;

use data_encoding::BASE64URL_NOPAD;
use faultkey_authenticator::{Random, random};
use rand::Rng;
use serde_json::Value;

use crate::verify::{Credential, Kind};
use crate::weakness::{Switch, Weakness};

pub const ORIGIN: &str = "https://shop.example";
pub const RP_ID: &str = "shop.example";
/// Of a challenge, and what the options say.
pub const LIFETIME: u64 = 300_000;
const PASSWORD_TRIES: u32 = 5;

/// An attempt that was begun by giving options.
#[derive(Clone, Debug)]
pub struct Attempt {
    pub challenge: String,
    pub username: Option<String>,
    pub user_verification: bool,
    /// The new passkey takes the old one's place.
    pub replace: bool,
    pub issued: u64,
}

#[derive(Clone, Debug, Default)]
pub struct Session {
    pub signed_in: Option<String>,
    /// By password, by telephone or by the support desk: enough to replace a passkey.
    pub proved: bool,
    pub draft: String,
    pub registration: Option<Attempt>,
    pub authentication: Option<Attempt>,
    /// The last registration that was accepted here: account, the request and its answer. The same request again gets it again.
    pub registered: Option<(String, Value, Value)>,
    /// Whose attempt was the last one here.
    pub last_username: Option<String>,
    /// For weaknesses: an attempt has failed here; the next request for options is refused.
    pub has_failed: bool,
    pub refuse_next_options: bool,
}

impl Session {
    pub fn attempt(&mut self, kind: Kind) -> &mut Option<Attempt> {
        match kind {
            Kind::Registration => &mut self.registration,
            Kind::Authentication => &mut self.authentication,
        }
    }
}

#[derive(Clone, Debug)]
pub struct Account {
    pub password: String,
    pub user_id: Vec<u8>,
    pub credentials: Vec<Credential>,
    /// Written at the next request for options.
    pub unwritten: Vec<Credential>,
    pub locked: bool,
    pub wrong_passwords: u32,
}

impl Account {
    pub fn password_tries_left(&self) -> u32 {
        PASSWORD_TRIES.saturating_sub(self.wrong_passwords)
    }
}

pub struct State {
    pub switch: Switch,
    pub now: u64,
    pub accounts: BTreeMap<String, Account>,
    pub sessions: BTreeMap<String, Session>,
    /// Reasons by account.
    pub log: BTreeMap<String, Vec<&'static str>>,
    seed: u64,
    chance: Random,
}

impl State {
    pub fn new(switch: Switch, seed: u64) -> Self {
        let (accounts, sessions, log) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        State { switch, now: 0, accounts, sessions, log, seed, chance: random::stream(seed, "recall: challenges and sessions") }
    }

    pub fn weak(&self, weakness: Weakness) -> bool {
        self.switch.is(weakness)
    }

    fn draw(&mut self, length: usize) -> String {
        let mut bytes = vec![0; length];
        self.chance.fill_bytes(&mut bytes);
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// The same for the same name and purpose, and nothing that the name could be read from.
    pub fn derive(&self, purpose: &str, username: &str, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        random::stream(self.seed, &format!("recall: {purpose} of {username}")).fill_bytes(&mut bytes);
        bytes
    }

    pub fn user_id(&self, username: &str) -> Vec<u8> {
        if self.weak(Weakness::NameInUserId) && username.len() <= 64 {
            return username.as_bytes().to_vec();
        }
        let length = if self.weak(Weakness::UserIdTooLong) { 65 } else { 32 };
        self.derive("user id", username, length)
    }

    pub fn new_challenge(&mut self, kind: Kind) -> String {
        if self.weak(Weakness::ChallengeRepeated) && kind == Kind::Registration {
            return BASE64URL_NOPAD.encode(&self.derive("challenge", "", 32));
        }
        let length = if self.weak(Weakness::ChallengeShort) { 8 } else { 32 };
        self.draw(length)
    }

    /// The session with this cookie, or a new one.
    pub fn open_session(&mut self, cookie: Option<&str>) -> String {
        match cookie.filter(|cookie| self.sessions.contains_key(*cookie)) {
            Some(cookie) => cookie.to_owned(),
            None => self.new_session(Session::default()),
        }
    }

    pub fn new_session(&mut self, session: Session) -> String {
        let id = self.draw(16);
        self.sessions.insert(id.clone(), session);
        id
    }

    pub fn session(&mut self, id: &str) -> &mut Session {
        self.sessions.entry(id.to_owned()).or_default()
    }

    /// Signs in, in a session with a new id (session fixation). The old id stays what it was, but for the attempt.
    pub fn sign_in(&mut self, id: &str, username: &str, proved: bool) -> String {
        let session = self.session(id);
        let draft = session.draft.clone();
        let new = Session { signed_in: Some(username.to_owned()), proved, draft, ..Session::default() };
        // Whoever was signed in there is not any more.
        session.signed_in = None;
        session.proved = false;
        if self.weak(Weakness::ExtraSession) {
            self.new_session(new.clone());
        }
        self.new_session(new)
    }

    pub fn sessions_of(&self, username: &str) -> usize {
        self.sessions.values().filter(|session| session.signed_in.as_deref() == Some(username)).count()
    }

    pub fn note(&mut self, username: Option<&str>, reason: &'static str) {
        if let Some(username) = username {
            self.log.entry(username.to_owned()).or_default().push(reason);
        }
    }

    /// The account and its credential with this id.
    pub fn find_credential(&self, id: &[u8]) -> Option<(String, Credential)> {
        self.accounts.iter().find_map(|(username, account)| {
            let credential = account.credentials.iter().find(|credential| credential.id == id)?;
            Some((username.clone(), credential.clone()))
        })
    }

    /// The account with this user id.
    pub fn find_user(&self, user_id: &[u8]) -> Option<String> {
        self.accounts.iter().find(|(_, account)| account.user_id == user_id).map(|(username, _)| username.clone())
    }

    /// What was accepted and not stored is stored.
    pub fn write_through(&mut self) {
        for account in self.accounts.values_mut() {
            account.credentials.append(&mut account.unwritten);
        }
    }
}
