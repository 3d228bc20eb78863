//! One ceremony as it was played: what was asked, what came back, and the relying party's state before and after.

use faultkey_client::DomException;
use faultkey_fault_injection::Fired;
use faultkey_relying_party::{AccountState, Answer, Arrived, LogLine, Observation, StoredCredential};
use serde_json::Value;

use crate::check::Request;
use crate::verdict::{AnswerSummary, Blind};

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

    pub const fn request(self, phase: Phase) -> Request {
        match (self, phase) {
            (Kind::Registration, Phase::Options) => Request::RegistrationOptions,
            (Kind::Registration, Phase::Verify) => Request::RegistrationVerify,
            (Kind::Authentication, Phase::Options) => Request::AuthenticationOptions,
            (Kind::Authentication, Phase::Verify) => Request::AuthenticationVerify,
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
    /// No whole answer came to this request.
    Network(Phase),
}

/// A ceremony's two requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Options,
    Verify,
}

impl Phase {
    /// As the page reports it.
    pub const fn name(self) -> &'static str {
        match self {
            Phase::Options => "options",
            Phase::Verify => "verify",
        }
    }
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
    /// Codes or messages.
    pub reasons: bool,
}

/// Which members of the options the adapter file lets the caller choose.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked {
    pub resident_key: bool,
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
    /// No account was named in the request for options.
    pub usernameless: bool,
    /// What the options say because the caller asked for it, not the relying party.
    pub asked: Asked,
}

impl Ceremony {
    pub fn ended(&self) -> Ended {
        let lost = |answer: &Answer| answer.arrived != Arrived::Whole;
        if let Some(verify) = &self.verify {
            // Of a request that was delivered twice the page gets both answers, and one that accepts is enough.
            let second = verify.second.as_deref().is_some_and(|second| second.accepted && !lost(second));
            return if second {
                Ended::Accepted
            } else if lost(verify) {
                Ended::Network(Phase::Verify)
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
            Some(options) if lost(options) => Ended::Network(Phase::Options),
            _ => Ended::Refused,
        }
    }

    /// The request with which it ended: the one that was answered, or to which no answer came.
    pub fn request(&self) -> Request {
        self.kind.request(if self.verify.is_some() { Phase::Verify } else { Phase::Options })
    }

    /// The request whose answer the user is shown.
    pub fn shown_at(&self) -> Request {
        if self.reported.is_some() { Request::FailureReport } else { self.request() }
    }

    /// Number of the transcript's entry that records that request.
    pub fn exchange(&self) -> Option<usize> {
        Some(self.verify.as_ref().or(self.options.as_ref())?.exchange)
    }

    /// The same for the answer that the user is shown.
    pub fn shown_exchange(&self) -> Option<usize> {
        match &self.reported {
            Some(Observation::Seen(answer)) => Some(answer.exchange),
            _ => self.exchange(),
        }
    }

    /// What the options said, if they came.
    pub fn given(&self) -> Option<&Value> {
        self.options.as_ref()?.options.as_ref()
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
        let second = last.second.as_deref().filter(|second| second.accepted && !last.accepted);
        let last = second.unwrap_or(last);
        (last.arrived == Arrived::Whole).then_some(last)
    }

    /// What the user is shown in the end; why not, where that can't be seen.
    pub fn shown(&self) -> Result<&Answer, Blind> {
        match (&self.reported, self.ended()) {
            (Some(Observation::Seen(answer)), _) => Ok(answer),
            (Some(Observation::NotObservable(unseen)), _) => Err(unseen.into()),
            (None, Ended::Accepted | Ended::Refused) => self.answer().ok_or(Blind::NotReached),
            (None, _) => Err(Blind::NotReached),
        }
    }

    /// Every answer with the request that it answers, in order.
    pub fn requests(&self) -> Vec<(Request, &Answer)> {
        let of = |phase| self.kind.request(phase);
        let reported = match &self.reported {
            Some(Observation::Seen(answer)) => Some((Request::FailureReport, answer)),
            _ => None,
        };
        let probed = match &self.challenge_probe {
            Some(ChallengeProbe::Answered(answer)) => Some((of(Phase::Verify), answer.as_ref())),
            _ => None,
        };
        let options = if self.repeated { None } else { self.options.as_ref() };
        let all = [
            options.map(|answer| (of(Phase::Options), answer)),
            self.verify.as_ref().map(|answer| (of(Phase::Verify), answer)),
            reported,
            probed,
            self.new_options.as_ref().map(|answer| (of(Phase::Options), answer)),
        ];
        let all = all.into_iter().flatten();
        all.flat_map(|(request, answer)| std::iter::once((request, answer)).chain(answer.second.as_deref().map(|second| (request, second))))
            .collect()
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

    /// What the user is shown, and what was logged.
    pub fn summary(&self) -> Option<AnswerSummary> {
        let logged = match self.logged() {
            Observation::Seen(reason) => reason,
            Observation::NotObservable(_) => None,
        };
        Some(AnswerSummary { logged, ..AnswerSummary::of(self.shown().ok()?) })
    }

    /// The id of the credential that the client made or used.
    pub fn credential_id(&self) -> Option<&str> {
        match &self.client {
            Some(Ok(credential)) => credential.get("id")?.as_str(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
