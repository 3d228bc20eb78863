//! The relying parties for which the user's touch comes by itself.
//!
//! A key that the browser sees can be asked by any page that is open. If every touch came by itself, a page could use the key without anybody
//! noticing; so it does only for relying parties that are there for tests, and for those that the tester names.

use std::fmt;
use std::str::FromStr;

use faultkey_authenticator::step::Purpose;
use faultkey_authenticator::{Credential, Prompt};

/// RP IDs, some of them with everything below.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowList {
    patterns: Vec<Pattern>,
}

/// `*`, `name` or `*.name`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    Any,
    Exactly(String),
    Below(String),
}

/// Reserved for tests and documentation (RFC 6761 §6.2 to §6.5), so that no real site can have them.
const DEFAULT: [&str; 4] = ["localhost", "*.localhost", "*.test", "example.com"];

impl Default for AllowList {
    fn default() -> Self {
        Self { patterns: DEFAULT.iter().filter_map(|pattern| pattern.parse().ok()).collect() }
    }
}

impl AllowList {
    /// Every relying party: for keys that no browser can see.
    #[must_use]
    pub fn any() -> Self {
        Self { patterns: vec![Pattern::Any] }
    }

    /// The same with more.
    #[must_use]
    pub fn with(mut self, more: impl IntoIterator<Item = Pattern>) -> Self {
        self.patterns.extend(more);
        self
    }

    /// Whether the touch that is asked for may come by itself. What no page can ask for may.
    #[must_use]
    pub fn allows(&self, prompt: &Prompt) -> bool {
        relying_party(prompt).is_none_or(|rp_id| self.patterns.iter().any(|pattern| pattern.covers(rp_id)))
    }
}

/// The RP ID that a prompt names.
#[must_use]
pub fn relying_party(prompt: &Prompt) -> Option<&str> {
    let (Prompt::Presence { purpose } | Prompt::Verification { purpose, .. }) = prompt;
    match purpose {
        Purpose::Register { rp_id, .. } | Purpose::Authenticate { rp_id } | Purpose::IssueToken { rp_id: Some(rp_id) } => Some(rp_id),
        Purpose::Select
        | Purpose::Reset
        | Purpose::ResetByLongTouch
        | Purpose::EnrollFingerprint { .. }
        | Purpose::IssueToken { rp_id: None } => None,
    }
}

impl Pattern {
    fn covers(&self, rp_id: &str) -> bool {
        match self {
            Pattern::Any => true,
            Pattern::Exactly(name) => rp_id == name || of_u2f(name).any(|known| known == rp_id),
            Pattern::Below(name) => rp_id.strip_suffix(name).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.')),
        }
    }
}

/// U2F shows only a hash. A browser that speaks U2F for WebAuthn hashes the RP ID; the U2F API hashed an AppID, often the origin.
fn of_u2f(name: &str) -> impl Iterator<Item = String> {
    use sha2::{Digest, Sha256};
    [name.to_owned(), format!("https://{name}")].into_iter().map(|text| Credential::u2f_rp_id(&Sha256::digest(text).into()))
}

impl FromStr for Pattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let name = text.strip_prefix("*.").unwrap_or(text);
        match text {
            "*" => Ok(Pattern::Any),
            _ if name.is_empty() || name.contains(['*', '/', ':']) || name.contains(char::is_whitespace) => Err(format!(
                "`{text}` is not an RP ID; write a host name without scheme and port, e.g. `staging.example.net`, `*.example.net` for everything below it, or `*` for every relying party"
            )),
            _ if name.len() < text.len() => Ok(Pattern::Below(name.to_owned())),
            _ => Ok(Pattern::Exactly(name.to_owned())),
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pattern::Any => f.write_str("*"),
            Pattern::Exactly(name) => f.write_str(name),
            Pattern::Below(name) => write!(f, "*.{name}"),
        }
    }
}

impl fmt::Display for AllowList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.patterns.iter().map(Pattern::to_string).collect();
        f.write_str(&names.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    fn register(rp_id: &str) -> Prompt {
        Prompt::Presence { purpose: Purpose::Register { rp_id: rp_id.to_owned(), user_name: None } }
    }

    fn sign_in(rp_id: &str) -> Prompt {
        Prompt::Verification { purpose: Purpose::Authenticate { rp_id: rp_id.to_owned() }, tries_left: 3 }
    }

    #[test]
    fn only_names_for_tests_are_allowed_by_themselves() {
        let list = AllowList::default();
        for (rp_id, allowed) in [
            ("localhost", true),
            ("app.localhost", true),
            ("broker.test", true),
            ("a.b.test", true),
            ("example.com", true),
            ("test", false),
            (".test", false),
            ("www.example.com", false),
            ("example.com.evil.org", false),
            ("notlocalhost", false),
            ("contest", false),
            ("bank.example", false),
            ("", false),
        ] {
            assert_eq!(list.allows(&register(rp_id)), allowed, "{rp_id:?}");
            assert_eq!(list.allows(&sign_in(rp_id)), allowed, "{rp_id:?}");
            let token = Prompt::Presence { purpose: Purpose::IssueToken { rp_id: Some(rp_id.to_owned()) } };
            assert_eq!(list.allows(&token), allowed, "{rp_id:?}");
        }
    }

    #[test]
    fn more_can_be_named() {
        let list = AllowList::default().with(["bank.example".parse().unwrap(), "*.staging.net".parse().unwrap()]);
        assert!(list.allows(&register("bank.example")) && list.allows(&sign_in("x.staging.net")));
        assert!(!list.allows(&register("staging.net")));
        assert!(AllowList::any().allows(&register("anything")));
        assert_eq!(list.to_string(), "localhost, *.localhost, *.test, example.com, bank.example, *.staging.net");
    }

    #[test]
    fn what_no_page_can_ask_for_is_allowed() {
        for purpose in [
            Purpose::Select,
            Purpose::Reset,
            Purpose::ResetByLongTouch,
            Purpose::EnrollFingerprint { remaining_samples: 2, timeout: None },
            Purpose::IssueToken { rp_id: None },
        ] {
            assert!(AllowList::default().allows(&Prompt::Presence { purpose }));
        }
    }

    #[test]
    fn of_u2f_only_known_hashes_are_allowed() {
        let list = AllowList::default();
        for (hashed, allowed) in
            [("example.com", true), ("https://example.com", true), ("https://evil.org", false), ("https://x.test", false)]
        {
            let rp_id = Credential::u2f_rp_id(&Sha256::digest(hashed).into());
            assert_eq!(list.allows(&register(&rp_id)), allowed, "{hashed}");
        }
    }

    #[test]
    fn what_is_not_an_rp_id_is_refused() {
        for text in ["https://example.net", "example.net:8443", "a b", "", "*.", "a*.example"] {
            let refused = text.parse::<Pattern>().unwrap_err();
            assert!(refused.starts_with(&format!("`{text}` is not an RP ID; write a host name")), "{refused}");
        }
    }
}
