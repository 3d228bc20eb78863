//! The test accounts' names.

use std::sync::atomic::{AtomicUsize, Ordering};

use sha2::{Digest, Sha256};

use super::file::AccountRule;
use crate::adapter::account::TestAccount;
use crate::adapter::template::{Captured, Filling, Template, Values};

/// How many digits make a name unique.
const DIGITS: usize = 12;
const DISPLAY_NAME: &str = "Hanako Tester";
const PASSWORD: &str = "paper-crane-1042";

/// How test accounts are named, by the section `[account]`.
#[derive(Debug)]
pub(in crate::adapter) struct Accounts {
    name: Option<Template>,
    longest: Option<usize>,
    list: Option<Vec<String>>,
    display_name: String,
    password: Option<Template>,
    /// How many accounts of the list were used.
    used: AtomicUsize,
}

impl Accounts {
    pub(super) fn new(rule: &AccountRule) -> Result<Accounts, String> {
        let AccountRule { name, longest, list, display_name, password } = rule.clone();
        if name.is_some() && list.is_some() {
            return Err("`name` and `list` at once, expected one of them".to_owned());
        }
        if list.as_ref().is_some_and(Vec::is_empty) {
            return Err("`list` is empty, expected names of accounts".to_owned());
        }
        if let Some(name) = &name
            && !name.uses("n")
            && !name.uses("name")
        {
            return Err("`name` is the same for every account, expected `{n}` or `{name}` in it, or `list`".to_owned());
        }
        if longest.is_some_and(|longest| longest < DIGITS) {
            return Err(format!("`longest` is less than {DIGITS}, expected room for the digits that make a name unique"));
        }
        let display_name = display_name.unwrap_or_else(|| DISPLAY_NAME.to_owned());
        Ok(Accounts { name, longest, list, display_name, password, used: AtomicUsize::new(0) })
    }

    /// The account that stands for this long name, which is the only one of its kind. `None`: every account of the list has been used.
    pub(in crate::adapter) fn account(&self, long_name: &str, again: bool) -> Option<TestAccount> {
        let username = match (&self.list, &self.name) {
            (Some(list), _) => {
                let number = self.used.fetch_add(1, Ordering::SeqCst);
                let number = if again { number % list.len() } else { number };
                list.get(number)?.clone()
            }
            (None, name) => self.shortened(match name {
                Some(name) => {
                    let values = Values::from([("n", digits(long_name).into()), ("name", long_name.into())]);
                    name.fill_whole(Filling { values: &values, captured: &Captured::new(), shown: false })?
                }
                None => long_name.to_owned(),
            }),
        };
        let (values, captured) = (Values::default(), Captured::new());
        let password = |shown| {
            let filling = Filling { values: &values, captured: &captured, shown };
            self.password.as_ref().and_then(|password| password.fill_whole(filling)).unwrap_or_else(|| PASSWORD.to_owned())
        };
        let (sent, shown) = (password(false), password(true));
        let password_shown = (sent != shown).then_some(shown);
        Some(TestAccount { username, display_name: self.display_name.clone(), password: sent, password_shown })
    }

    fn shortened(&self, name: String) -> String {
        let Some(longest) = self.longest.filter(|longest| name.chars().count() > *longest) else { return name };
        let start: String = name.chars().take(longest.saturating_sub(DIGITS)).collect();
        format!("{start}{}", digits(&name))
    }
}

/// Twelve digits that another name hardly has.
fn digits(name: &str) -> String {
    let hash = Sha256::digest(name.as_bytes());
    let number = hash.iter().take(8).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    format!("{:012}", number % 1_000_000_000_000)
}

#[cfg(test)]
mod tests {
    use super::super::Mapping;

    fn accounts(section: &str) -> Mapping {
        let text = include_str!("../../../adapters/fido-conformance.toml");
        Mapping::parse(&format!("{text}\n[account]\n{section}"), "shop.toml").unwrap()
    }

    fn name(section: &str, long: &str) -> String {
        accounts(section).account(long).unwrap().username
    }

    #[test]
    fn a_name_is_made_by_the_pattern() {
        let short = name("name = \"fk{n}\"", "clean-ceremonies-gpm-19a2b3c4d5e-1");
        assert_eq!((short.len(), &short[..2]), (14, "fk"));
        assert_ne!(short, name("name = \"fk{n}\"", "clean-ceremonies-gpm-19a2b3c4d5e-2"));
        assert_eq!(short, name("name = \"fk{n}\"", "clean-ceremonies-gpm-19a2b3c4d5e-1"), "the same every time");
        assert_eq!(name("name = \"{name}@example.com\"", "a-1"), "a-1@example.com");
    }

    #[test]
    fn a_long_name_is_cut_and_stays_unique() {
        let long = "clean-ceremonies-gpm-19a2b3c4d5e";
        let (one, other) = (name("longest = 30", &format!("{long}-1")), name("longest = 30", &format!("{long}-2")));
        assert_eq!((one.len(), &one[..18]), (30, "clean-ceremonies-g"));
        assert_ne!(one, other);
        assert_eq!(name("longest = 30", "short"), "short");
    }

    #[test]
    fn accounts_of_a_list_are_used_in_turn_and_then_there_are_none() {
        let mapping = accounts("list = [\"qa1\", \"qa2\"]");
        let next = || mapping.account("any").map(|account| account.username);
        assert_eq!([next(), next(), next()], [Some("qa1".to_owned()), Some("qa2".to_owned()), None]);
    }

    #[test]
    fn a_password_may_be_a_secret() {
        let account = accounts("password = \"{env:CARGO_PKG_NAME}\"").account("a").unwrap();
        assert_eq!(account.password, "faultkey-relying-party");
        assert_eq!(account.password_shown.as_deref(), Some("{env:CARGO_PKG_NAME}"));
    }

    #[test]
    fn what_names_no_account_is_refused() {
        for (section, problem) in [
            ("name = \"qa\"", "`name` is the same for every account, expected `{n}` or `{name}` in it, or `list`"),
            ("name = \"{n}\"\nlist = [\"a\"]", "`name` and `list` at once, expected one of them"),
            ("list = []", "`list` is empty, expected names of accounts"),
            ("longest = 8", "`longest` is less than 12, expected room for the digits that make a name unique"),
        ] {
            let text = include_str!("../../../adapters/fido-conformance.toml");
            let error = Mapping::parse(&format!("{text}\n[account]\n{section}"), "shop.toml").unwrap_err().to_string();
            assert!(error.ends_with(&format!(", account: {problem}")), "{error}");
        }
    }
}
