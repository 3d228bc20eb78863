//! One ceremony as it was played: what was asked, what came back, and the relying party's state before and after.

use faultkey_client::DomException;
use faultkey_fault_injection::Fired;
use faultkey_relying_party::{AccountState, Answer, Arrived, LogLine, Observation, StoredCredential};
use serde_json::Value;

use crate::verdict::AnswerSummary;

/// Which ceremony.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Registration,
    Authentication,
}

impl Kind {
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Registration => "registration",
            Kind::Authentication => "authentication",
        }
    }
}

/// What can be seen of the relying party's state.
#[derive(Clone, Debug)]
pub struct State {
    pub authenticated: Observation<bool>,
    pub credentials: Observation<Vec<StoredCredential>>,
    pub account: Observation<AccountState>,
    pub log: Observation<Vec<LogLine>>,
    pub draft: Observation<String>,
}

/// How a ceremony ended, as the user's side sees it.
#[derive(Debug, PartialEq, Eq)]
pub enum Ended {
    Accepted,
    /// The relying party refused to give options, or the response.
    Refused,
    /// The client threw.
    Client(DomException),
    /// No whole answer came: to `options` or `verify`.
    Network(&'static str),
}

/// The same challenge signed again, cleanly, after a refusal.
#[derive(Debug)]
pub enum ChallengeProbe {
    Answered(Box<Answer>),
    /// The device can't sign, or what was registered is no longer what it signs with: a refusal would say nothing about the challenge.
    Inconclusive,
}

/// What the mapping can read in an answer.
#[derive(Clone, Copy, Debug)]
pub struct Sees {
    pub ways: bool,
    pub signals: bool,
}

/// The record of one ceremony.
#[derive(Debug)]
pub struct Ceremony {
    pub sees: Sees,
    pub kind: Kind,
    pub before: State,
    pub after: State,
    /// What the faults decided meanwhile.
    pub fired: Vec<Fired>,
    pub options: Option<Answer>,
    pub client: Option<Result<Value, DomException>>,
    pub verify: Option<Answer>,
    /// The answer to the report of a failure that only the client saw.
    pub reported: Option<Observation<Answer>>,
    /// Whether the ways out that were shown are there.
    pub ways: Vec<(String, Observation<bool>)>,
    pub challenge_probe: Option<ChallengeProbe>,
    /// New options, asked for after the failure.
    pub new_options: Option<Answer>,
    pub draft_saved: Option<String>,
    /// The request was a repetition of an earlier one.
    pub repeated: bool,
}

impl Ceremony {
    pub fn ended(&self) -> Ended {
        let lost = |answer: &Answer| answer.arrived != Arrived::Whole;
        if let Some(verify) = &self.verify {
            return if lost(verify) {
                Ended::Network("verify")
            } else if verify.accepted {
                Ended::Accepted
            } else {
                Ended::Refused
            };
        }
        if let Some(Err(exception)) = &self.client {
            return Ended::Client(exception.clone());
        }
        match &self.options {
            Some(options) if lost(options) => Ended::Network("options"),
            _ => Ended::Refused,
        }
    }

    pub fn failed(&self) -> bool {
        self.ended() != Ended::Accepted
    }

    /// It failed, or it was accepted with a code: the user is shown more than that all is well.
    pub fn says_something(&self) -> bool {
        self.failed() || self.shown().is_ok_and(|shown| shown.code.is_some())
    }

    /// The relying party's own last answer, if it arrived.
    pub fn answer(&self) -> Option<&Answer> {
        let last = self.verify.as_ref().or(self.options.as_ref())?;
        (last.arrived == Arrived::Whole).then_some(last)
    }

    /// What the user is shown in the end; why not, where that can't be seen.
    pub fn shown(&self) -> Result<&Answer, String> {
        match (&self.reported, self.ended()) {
            (Some(Observation::Seen(answer)), _) => Ok(answer),
            (Some(Observation::NotObservable(why)), _) => Err(why.to_string()),
            (None, Ended::Accepted | Ended::Refused) => self.answer().ok_or_else(|| "the relying party was not asked".to_owned()),
            (None, _) => Err("the failure was seen by the client alone".to_owned()),
        }
    }

    /// Every answer of the relying party, in order.
    pub fn answers(&self) -> Vec<&Answer> {
        let reported = match &self.reported {
            Some(Observation::Seen(answer)) => Some(answer),
            _ => None,
        };
        let probed = match &self.challenge_probe {
            Some(ChallengeProbe::Answered(answer)) => Some(answer.as_ref()),
            _ => None,
        };
        let first = [self.options.as_ref(), self.verify.as_ref(), reported, probed, self.new_options.as_ref()];
        first.into_iter().flatten().flat_map(|answer| std::iter::once(answer).chain(answer.second.as_deref())).collect()
    }

    /// The reason logged last during the ceremony.
    pub fn logged(&self) -> Observation<Option<String>> {
        match (&self.before.log, &self.after.log) {
            (Observation::Seen(before), Observation::Seen(after)) => {
                Observation::Seen(after.iter().skip(before.len()).last().map(|line| line.reason.clone()))
            }
            (Observation::NotObservable(why), _) | (_, Observation::NotObservable(why)) => Observation::NotObservable(why.clone()),
        }
    }

    pub fn summary(&self) -> Option<AnswerSummary> {
        let shown = self.shown().ok()?;
        let logged = match self.logged() {
            Observation::Seen(reason) => reason,
            Observation::NotObservable(_) => None,
        };
        Some(AnswerSummary {
            status: shown.status,
            code: shown.code.clone(),
            message: shown.message.clone(),
            next: shown.next.clone(),
            logged,
        })
    }

    /// The id of the credential that the client made or used.
    pub fn credential_id(&self) -> Option<&str> {
        match &self.client {
            Some(Ok(credential)) => credential.get("id")?.as_str(),
            _ => None,
        }
    }
}
