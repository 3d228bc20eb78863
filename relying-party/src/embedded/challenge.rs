//! Challenges: each for one session and one ceremony, used once, alive for a minute.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use faultkey_authenticator::{Random, Time, random};
use rand::Rng;
use serde_json::Value;
use webauthn_rs_core::proto::UserVerificationPolicy;

use super::refusal::Refusal;

/// How long a challenge may be answered.
pub(super) const LIFETIME: Duration = Duration::from_secs(60);
/// How long it is remembered, so that a late or repeated answer can be told from a forged one.
const REMEMBERED: Duration = Duration::from_secs(600);

/// Which ceremony.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ceremony {
    Registration,
    Authentication,
}

impl Ceremony {
    /// The type that client data must name (WebAuthn-3 §7.1 step 7, §7.2 step 10).
    pub(super) const fn client_data_type(self) -> &'static str {
        match self {
            Ceremony::Registration => "webauthn.create",
            Ceremony::Authentication => "webauthn.get",
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Ceremony::Registration => "registration",
            Ceremony::Authentication => "log-in",
        }
    }

    /// The code, in answer and log, of an attempt that had succeeded although its answer was lost.
    pub(super) const fn reconciled(self) -> &'static str {
        match self {
            Ceremony::Registration => "registration-reconciled",
            Ceremony::Authentication => "log-in-reconciled",
        }
    }
}

/// How the attempt ended.
#[derive(Clone, Debug)]
pub(super) struct Settled {
    /// SHA-256 of the request that was answered: the same request again gets the same answer.
    pub(super) digest: [u8; 32],
    pub(super) outcome: Result<Value, Refusal>,
    /// The account that it was about.
    pub(super) username: Option<String>,
}

#[derive(Clone, Debug)]
pub(super) enum State {
    Open,
    Settled(Box<Settled>),
    /// The attempt ended without an answer that could be verified.
    Retired,
}

#[derive(Clone, Debug)]
pub(super) struct Challenge {
    pub(super) bytes: [u8; 32],
    pub(super) ceremony: Ceremony,
    pub(super) session: String,
    /// `None` for a log-in without a user name.
    pub(super) username: Option<String>,
    pub(super) display_name: String,
    pub(super) user_verification: UserVerificationPolicy,
    /// The new passkey replaces the old one.
    pub(super) replace: bool,
    pub(super) issued: Time,
    pub(super) state: State,
}

impl Challenge {
    pub(super) fn value(&self) -> String {
        BASE64URL_NOPAD.encode(&self.bytes)
    }

    pub(super) fn is_expired(&self, now: Time) -> bool {
        now - self.issued > LIFETIME
    }

    pub(super) fn is_answerable(&self, now: Time) -> bool {
        matches!(self.state, State::Open) && !self.is_expired(now)
    }
}

/// What is asked for when a challenge is issued.
pub(super) struct Issue<'a> {
    pub(super) ceremony: Ceremony,
    pub(super) session: &'a str,
    pub(super) username: Option<&'a str>,
    pub(super) display_name: &'a str,
    pub(super) user_verification: UserVerificationPolicy,
    pub(super) replace: bool,
}

pub(super) struct Challenges {
    by_value: BTreeMap<String, Challenge>,
    /// Oldest first.
    order: VecDeque<String>,
    chance: Random,
}

impl Challenges {
    pub(super) fn new(seed: u64) -> Self {
        Self { by_value: BTreeMap::new(), order: VecDeque::new(), chance: random::stream(seed, "embedded relying party: challenges") }
    }

    pub(super) fn issue(&mut self, now: Time, issue: &Issue<'_>) -> Challenge {
        self.forget_old(now);
        let mut bytes = [0; 32];
        self.chance.fill_bytes(&mut bytes);
        let challenge = Challenge {
            bytes,
            ceremony: issue.ceremony,
            session: issue.session.to_owned(),
            username: issue.username.map(str::to_owned),
            display_name: issue.display_name.to_owned(),
            user_verification: issue.user_verification,
            replace: issue.replace,
            issued: now,
            state: State::Open,
        };
        self.order.push_back(challenge.value());
        self.by_value.insert(challenge.value(), challenge.clone());
        challenge
    }

    fn forget_old(&mut self, now: Time) {
        while let Some(oldest) = self.order.front() {
            if self.by_value.get(oldest).is_some_and(|challenge| now - challenge.issued <= REMEMBERED) {
                break;
            }
            self.by_value.remove(oldest);
            self.order.pop_front();
        }
    }

    pub(super) fn get(&self, value: &str) -> Option<&Challenge> {
        self.by_value.get(value)
    }

    /// The session's last challenge of this ceremony.
    pub(super) fn latest(&self, session: &str, ceremony: Ceremony) -> Option<&Challenge> {
        let mine = |challenge: &&Challenge| challenge.session == session && challenge.ceremony == ceremony;
        self.order.iter().rev().filter_map(|value| self.by_value.get(value)).find(mine)
    }

    pub(super) fn settle(&mut self, value: &str, settled: Settled) {
        self.set(value, State::Settled(Box::new(settled)));
    }

    /// Ends an attempt that is still open.
    pub(super) fn retire(&mut self, value: &str) {
        if self.get(value).is_some_and(|challenge| matches!(challenge.state, State::Open)) {
            self.set(value, State::Retired);
        }
    }

    fn set(&mut self, value: &str, state: State) {
        if let Some(challenge) = self.by_value.get_mut(value) {
            challenge.state = state;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issue(challenges: &mut Challenges, at: u64) -> Challenge {
        challenges.issue(
            Time::from_millis(at),
            &Issue {
                ceremony: Ceremony::Authentication,
                session: "s",
                username: None,
                display_name: "",
                user_verification: UserVerificationPolicy::Required,
                replace: false,
            },
        )
    }

    #[test]
    fn challenges_depend_on_the_seed_only() {
        let draw = |seed| issue(&mut Challenges::new(seed), 0).value();
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        let mut challenges = Challenges::new(1);
        assert_ne!(issue(&mut challenges, 0).value(), issue(&mut challenges, 0).value());
    }

    #[test]
    fn a_challenge_lives_for_a_minute_and_is_remembered_for_ten() {
        let mut challenges = Challenges::new(1);
        let first = issue(&mut challenges, 0);
        assert!(first.is_answerable(Time::from_millis(60_000)));
        assert!(!first.is_answerable(Time::from_millis(60_001)));
        issue(&mut challenges, 600_000);
        assert!(challenges.get(&first.value()).is_some());
        issue(&mut challenges, 600_001);
        assert!(challenges.get(&first.value()).is_none());
    }

    #[test]
    fn a_retired_challenge_is_not_answerable_and_a_settled_one_stays_settled() {
        let mut challenges = Challenges::new(1);
        let value = issue(&mut challenges, 0).value();
        challenges.retire(&value);
        assert!(!challenges.get(&value).unwrap().is_answerable(Time::START));
        let value = issue(&mut challenges, 0).value();
        challenges.settle(&value, Settled { digest: [0; 32], outcome: Ok(Value::Null), username: None });
        challenges.retire(&value);
        assert!(matches!(challenges.get(&value).unwrap().state, State::Settled(_)));
    }
}
