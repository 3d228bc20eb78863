//! The test account of a recording: its name, e-mail address, display name and password, and where they were sent.

use serde_json::Value;

use super::ceremony::Found;
use super::har::Recording;
use super::leaf::{self, plain};

/// What a person typed.
#[derive(Clone, Debug, Default)]
pub struct Account {
    username: Option<String>,
    display_name: Option<String>,
    passwords: Vec<String>,
}

const USER_NAMES: [&str; 16] = [
    "username",
    "user",
    "login",
    "loginid",
    "loginname",
    "userid",
    "identity",
    "identifier",
    "account",
    "accountname",
    "handle",
    "email",
    "mail",
    "emailaddress",
    "useremail",
    "uid",
];
const DISPLAY_NAMES: [&str; 12] = [
    "displayname",
    "display",
    "name",
    "fullname",
    "nickname",
    "firstname",
    "lastname",
    "givenname",
    "familyname",
    "label",
    "keyname",
    "devicename",
];

/// What a page calls a new passkey.
const LABELS: [&str; 9] =
    ["label", "keyname", "devicename", "passkeyname", "credentialname", "authenticatorname", "nickname", "friendlyname", "name"];

fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.') && !text.contains(char::is_whitespace))
}

fn is_password_name(name: &str) -> bool {
    ["password", "passwd", "passphrase", "pwd"].iter().any(|part| plain(name).contains(part)) || plain(name) == "pass"
}

impl Account {
    pub fn of(recording: &Recording, origins: &[String], found: &Found) -> Account {
        let user = found.registration.options.as_ref().and_then(|options| options.json.get("user"));
        let of_options = |name: &str| user.and_then(|user| user.get(name)?.as_str()).filter(|text| !text.is_empty()).map(str::to_owned);
        let mut account = Account { username: of_options("name"), display_name: of_options("displayName"), passwords: Vec::new() };
        let mut named: Vec<String> = Vec::new();
        let mut display: Vec<String> = Vec::new();
        for exchange in recording.exchanges.iter().filter(|exchange| origins.contains(&exchange.origin())) {
            let mut note = |name: &str, text: &str| {
                let short = !text.is_empty() && text.len() <= 128;
                if is_password_name(name) && !text.is_empty() {
                    account.passwords.push(text.to_owned());
                } else if short && USER_NAMES.contains(&last_part(name).as_str()) {
                    named.push(text.to_owned());
                } else if short && DISPLAY_NAMES.contains(&last_part(name).as_str()) {
                    display.push(text.to_owned());
                }
            };
            for (name, value) in exchange.url.query_pairs() {
                note(&name, &value);
            }
            if let Some(tree) = exchange.body.tree().filter(|_| !exchange.is_get()) {
                leaf::walk(&tree, &mut |way, value| {
                    if let (Some(name), Some(text)) = (leaf::name(way), value.as_str()) {
                        note(name, text);
                    }
                });
            }
        }
        // What is sent is the account's name, whatever the options call the user.
        if !account.username.as_ref().is_some_and(|name| named.contains(name)) {
            account.username = named.iter().find(|name| is_email(name)).or(named.first()).cloned().or(account.username);
        }
        account.display_name = account.display_name.or_else(|| display.first().cloned());
        account
    }

    /// A name is an e-mail address.
    pub fn is_email(&self) -> bool {
        self.username.as_deref().is_some_and(is_email)
    }

    pub const fn has_password(&self) -> bool {
        !self.passwords.is_empty()
    }

    pub fn is_username(&self, text: &str) -> bool {
        self.username.as_deref() == Some(text)
    }

    /// Within a ceremony a name that is not the user's is the passkey's, and often has to be another for each.
    pub fn label(&self, name: &str, text: &str) -> Option<String> {
        let users = self.is_username(text) || self.display_name.as_deref() == Some(text);
        (LABELS.contains(&last_part(name).as_str()) && !users && !text.is_empty()).then(|| "key {unique}".to_owned())
    }

    /// The placeholder for what a member of this name was sent with.
    pub fn placeholder(&self, name: &str, text: &str) -> Option<String> {
        if text.is_empty() {
            return None;
        }
        let last = last_part(name);
        if is_password_name(name) || self.passwords.iter().any(|password| password == text) {
            return Some("{password}".to_owned());
        }
        if self.is_username(text) {
            // A display name that is the account's name may be either.
            let display = DISPLAY_NAMES.contains(&last.as_str()) && last != "name";
            return Some(if display && self.display_name.as_deref() == Some(text) { "{display_name}" } else { "{username}" }.to_owned());
        }
        if is_email(text) && (USER_NAMES.contains(&last.as_str()) || last.contains("mail")) {
            return Some(if self.is_email() { "{username}" } else { "{username}@example.com" }.to_owned());
        }
        let local = self.username.as_deref().and_then(|name| name.split_once('@')).map(|(local, _)| local);
        if USER_NAMES.contains(&last.as_str()) && !is_machine_made(text) && local.is_none_or(|local| local == text) {
            return Some("{username}".to_owned());
        }
        if DISPLAY_NAMES.contains(&last.as_str()) || (text.len() >= 3 && self.display_name.as_deref() == Some(text)) {
            return Some("{display_name}".to_owned());
        }
        None
    }
}

/// A form's field may be named `user[email]`, a member `account.email`.
fn last_part(name: &str) -> String {
    plain(name.trim_end_matches(']').rsplit(['[', '.']).next().unwrap_or_default())
}

/// An id, a token: no person types it.
fn is_machine_made(text: &str) -> bool {
    text.len() > 20 && text.chars().any(|c| c.is_ascii_digit()) && !text.contains('@')
}

/// Members of a request for options by which the page says what it wants, and their placeholders.
pub fn wish(name: &str, value: &Value) -> Option<&'static str> {
    let text = value.as_str();
    Some(match plain(name).as_str() {
        "userverification" => "{user_verification}",
        "residentkey" | "residentkeyrequirement" if text.is_some() => "{resident_key}",
        "requireresidentkey" if value.is_boolean() => "{require_resident_key}",
        "replace" | "replaceexisting" if value.is_boolean() => "{replace}",
        "attestation" | "attestationtype" | "attestationconveyance" | "conveyancepreference" if text.is_some() => "{attestation}",
        _ => return None,
    })
}
