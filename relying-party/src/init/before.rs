//! Which requests before a ceremony matter, and how often.

use super::account::Account;
use super::ceremony::{Ceremony, Found, Kind};
use super::har::{Exchange, Recording};
use super::leaf::{self, plain};
use super::session_check::is_sign_out;

/// How often a request before a ceremony is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Once {
    Account,
    Session,
}

impl Once {
    pub const fn name(self) -> &'static str {
        match self {
            Once::Account => "account",
            Once::Session => "session",
        }
    }
}

const SIGN_UP: [&str; 8] = ["signup", "register", "registration", "createaccount", "join", "users", "accounts", "enroll"];
const SIGN_IN: [&str; 7] = ["signin", "login", "logon", "sessions", "authenticate", "token", "auth"];
/// Requests of the page about itself.
const TALK: [&str; 10] = ["telemetry", "analytics", "metrics", "beacon", "collect", "track", "events", "log", "report", "sentry"];

/// From which exchange on a ceremony's requests are looked for.
pub fn window(found: &Found, kind: Kind) -> usize {
    let other = match kind {
        Kind::Registration => &found.authentication,
        Kind::Authentication => &found.registration,
    };
    let start = found.of(kind).options_at().unwrap_or(0);
    other.end().filter(|end| *end < start).map_or(0, |end| end + 1)
}

/// Requests that change something and come before the options, in order; and those that were left out.
pub fn changes(recording: &Recording, origins: &[String], account: &Account, found: &Found, kind: Kind) -> (Vec<usize>, Vec<usize>) {
    let ceremony: &Ceremony = found.of(kind);
    let Some(end) = ceremony.options_at().or(ceremony.end()) else { return (Vec::new(), Vec::new()) };
    let begin = window(found, kind);
    let slice = || recording.exchanges.iter().enumerate().take(end).skip(begin);
    let begin = slice().filter(|(_, exchange)| is_sign_out(exchange)).map(|(index, _)| index + 1).next_back().unwrap_or(begin);
    let own: Vec<usize> = [&found.registration, &found.authentication]
        .iter()
        .flat_map(|ceremony| [ceremony.options_at(), ceremony.end()])
        .flatten()
        .chain(found.refused.iter().copied())
        .collect();
    let candidates = recording.exchanges.iter().enumerate().take(end).skip(begin).filter(|(index, exchange)| {
        let answered = (200..400).contains(&exchange.status);
        !exchange.is_get() && origins.contains(&exchange.origin()) && !own.contains(index) && answered && !is_talk(exchange)
    });
    // The same kind of ceremony that was tried before and not finished.
    let earlier_try = |exchange: &Exchange| {
        let path = ceremony.options_at().map(|index| recording.exchanges[index].url.path());
        path == Some(exchange.url.path())
    };
    let candidates: Vec<(usize, &Exchange)> = candidates.filter(|(_, exchange)| !earlier_try(exchange)).collect();
    // After a registration the page may still be busy with it, for example with the passkey's name.
    let after_registration = kind == Kind::Authentication && begin > 0 && found.registration.end().is_some_and(|end| end < begin);
    let says_more = |exchange: &Exchange| {
        let in_options = ceremony.options_at().is_some_and(|index| carries_account(account, &recording.exchanges[index]));
        carries_password(account, exchange) || !exchange.set_cookies.is_empty() || (carries_account(account, exchange) && !in_options)
    };
    let (kept, left): (Vec<_>, Vec<_>) = candidates.into_iter().partition(|(_, exchange)| !after_registration || says_more(exchange));
    (kept.into_iter().map(|(index, _)| index).collect(), left.into_iter().map(|(index, _)| index).collect())
}

fn is_talk(exchange: &Exchange) -> bool {
    let talks = exchange.url.path_segments().is_some_and(|mut parts| parts.any(|part| TALK.contains(&plain(part).as_str())));
    talks || exchange.asked_by.as_deref() == Some("ping")
}

fn any_member(exchange: &Exchange, is: &dyn Fn(&str, &str) -> bool) -> bool {
    let mut found = exchange.url.query_pairs().any(|(name, value)| is(&name, &value));
    if let Some(tree) = exchange.body.tree() {
        leaf::walk(&tree, &mut |way, value| {
            if let (Some(name), Some(text)) = (leaf::name(way), value.as_str()) {
                found |= is(name, text);
            }
        });
    }
    found
}

fn carries_account(account: &Account, exchange: &Exchange) -> bool {
    any_member(exchange, &|_, text| account.is_username(text))
}

fn carries_password(account: &Account, exchange: &Exchange) -> bool {
    any_member(exchange, &|name, text| account.placeholder(name, text).as_deref() == Some("{password}"))
}

/// By what the path says, and whether a password goes with it.
pub fn once(recording: &Recording, account: &Account, kind: Kind, index: usize, others: &[usize]) -> Option<Once> {
    let exchange = &recording.exchanges[index];
    if exchange.is_get() {
        return None;
    }
    let parts: Vec<String> = exchange.url.path_segments().map(|parts| parts.map(plain).collect()).unwrap_or_default();
    let has = |words: &[&str]| parts.iter().any(|part| words.contains(&part.as_str()));
    let with_password = carries_password(account, exchange);
    if kind == Kind::Registration {
        // A password that is sent twice in one request is a new one.
        if has(&SIGN_UP) && !has(&SIGN_IN) || password_twice(account, exchange) {
            return Some(Once::Account);
        }
        if with_password || has(&SIGN_IN) {
            return Some(Once::Session);
        }
        // The first that has the account's name may make it; what follows belongs to it.
        let is_first = others.iter().all(|other| *other >= index);
        return (is_first && carries_account(account, exchange) && has(&SIGN_UP)).then_some(Once::Account);
    }
    None
}

fn password_twice(account: &Account, exchange: &Exchange) -> bool {
    let mut count = 0;
    if let Some(tree) = exchange.body.tree() {
        leaf::walk(&tree, &mut |way, value| {
            if let (Some(name), Some(text)) = (leaf::name(way), value.as_str()) {
                count += usize::from(account.placeholder(name, text).as_deref() == Some("{password}"));
            }
        });
    }
    count > 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_talks_of_itself_is_not_of_the_ceremony() {
        let exchange = |url: &str| {
            let har = format!(
                r#"{{"log":{{"entries":[{{"startedDateTime":"","request":{{"method":"POST","url":"{url}"}},"response":{{"status":204}}}}]}}}}"#
            );
            Recording::parse(&har, "a.har").unwrap().exchanges.remove(0)
        };
        assert!(is_talk(&exchange("https://a.test/api/telemetry")));
        assert!(!is_talk(&exchange("https://a.test/login")));
        assert!(is_sign_out(&exchange("https://a.test/auth/sign-out")));
    }
}
