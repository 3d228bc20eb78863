//! What a check found, as data. [`crate::words`] makes sentences of it.

use faultkey_relying_party::{Answer, Unseen};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::facts::ReplayFrom;

/// What was found where a check failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Found {
    /// The answer, where the answer itself is what is wrong.
    Answered {
        answer: AnswerSummary,
    },
    /// The client threw: the exception's name and message.
    ClientThrew {
        name: String,
        message: String,
    },
    /// No whole answer, as the HTTP client tells it.
    NoAnswer {
        problem: String,
    },
    /// It was answered before; nothing listens now.
    StoppedAnswering,
    SessionExists,
    NoSession,
    Sessions {
        before: u64,
        after: u64,
    },
    Locked,
    PasswordTries {
        before: u64,
        after: u64,
    },
    /// Ids of rows that are gone.
    RowsDeleted {
        ids: Vec<String>,
    },
    /// Ids of rows whose key, counter or backup eligibility is another.
    RowsChanged {
        ids: Vec<String>,
    },
    /// Rows of the account, and how many registrations it was told of.
    Rows {
        rows: usize,
        registrations: usize,
    },
    NotStored {
        rows: usize,
    },
    Draft {
        saved: String,
        found: String,
    },
    /// Ways out that the answer offers.
    Offers {
        ways: Vec<String>,
        answer: AnswerSummary,
    },
    LeadsNowhere {
        ways: Vec<String>,
    },
    Signals {
        methods: Vec<String>,
    },
    SameChallenge,
    /// The options that were asked for gave no challenge.
    NoChallenge {
        answer: AnswerSummary,
    },
    ChallengeBytes {
        bytes: usize,
    },
    ChallengeRepeated {
        options: usize,
        challenges: usize,
    },
    /// The same answer was accepted again, with whose cookies.
    AcceptedAgain {
        from: ReplayFrom,
        answer: AnswerSummary,
    },
    /// The same answer, delivered twice at the same moment, was accepted both times.
    AcceptedTwice {
        answer: AnswerSummary,
    },
    /// The challenge of a refused attempt was accepted with a clean signature.
    ChallengeAccepted {
        answer: AnswerSummary,
    },
    NothingLogged,
    /// Fewer reasons were logged than there were causes of failure.
    ReasonsShared {
        reasons: usize,
        failures: usize,
    },
    /// Causes (their ids) that share an answer.
    SharedAnswer {
        causes: Vec<String>,
        of: usize,
        answer: AnswerSummary,
    },
    Statuses {
        existing: u16,
        missing: u16,
    },
    Shapes {
        existing: String,
        missing: String,
    },
    Timeout {
        milliseconds: u64,
    },
    UserIdBytes {
        bytes: usize,
    },
    UserIdHolds {
        name: String,
    },
    NotExcluded {
        registered: String,
        excluded: usize,
    },
    NoAllowCredentials {
        resident_key: Option<String>,
    },
    Trace {
        marker: String,
    },
    /// Ways back that were tried: their names in scenario files.
    WaysTried {
        ways: Vec<String>,
        answer: Option<AnswerSummary>,
    },
}

/// The answer as the user and the caller of the API see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AnswerSummary {
    pub status: u16,
    pub accepted: bool,
    pub code: Option<String>,
    pub message: Option<String>,
    pub next: Vec<String>,
    /// The reason that the RP logged, where that can be seen.
    pub logged: Option<String>,
}

impl AnswerSummary {
    #[must_use]
    pub fn of(answer: &Answer) -> Self {
        AnswerSummary {
            status: answer.status,
            accepted: answer.accepted,
            code: answer.code.clone(),
            message: answer.message.clone().filter(|message| !message.is_empty()),
            next: answer.next.clone(),
            logged: None,
        }
    }
}

/// Why a check could not be made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Blind {
    /// The adapter file has no such section.
    Section {
        section: String,
    },
    /// The section says nothing about this.
    Field {
        section: String,
        field: String,
    },
    /// A hook is there, but could not be read.
    HookFailed {
        section: String,
        problem: String,
    },
    /// The ceremony did not get as far as this.
    NotReached,
    RateLimited,
    FaultDidNotFire,
    /// One cause alone can't be told from others.
    NothingToCompare,
}

impl From<&Unseen> for Blind {
    fn from(unseen: &Unseen) -> Self {
        match unseen {
            Unseen::NoSection(section) => Blind::Section { section: (*section).to_owned() },
            Unseen::NoField { section, field } => Blind::Field { section: (*section).to_owned(), field: (*field).to_owned() },
            other => Blind::HookFailed { section: other.section().unwrap_or_default().to_owned(), problem: other.to_string() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::sample::answer;

    #[test]
    fn what_is_told_of_an_answer() {
        let summary = AnswerSummary::of(&answer(403, "x", "retry phone", ""));
        let expected = AnswerSummary {
            status: 403,
            accepted: false,
            code: Some("x".to_owned()),
            message: Some("about x".to_owned()),
            next: vec!["retry".to_owned(), "phone".to_owned()],
            logged: None,
        };
        assert_eq!(summary, expected);
        let empty = Answer { message: Some(String::new()), ..answer(200, "", "", "") };
        assert_eq!((AnswerSummary::of(&empty).message, AnswerSummary::of(&empty).accepted), (None, true));
    }

    #[test]
    fn why_something_is_not_seen() {
        let section = Blind::from(&Unseen::NoSection("hooks.credentials"));
        assert_eq!(section, Blind::Section { section: "hooks.credentials".to_owned() });
        let field = Blind::from(&Unseen::NoField { section: "result", field: "next" });
        assert_eq!(field, Blind::Field { section: "result".to_owned(), field: "next".to_owned() });
        let unseen = Unseen::NoAddress { way: "phone".to_owned() };
        assert_eq!(Blind::from(&unseen), Blind::HookFailed { section: String::new(), problem: unseen.to_string() });
    }
}
