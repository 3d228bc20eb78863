//! The envelope of a fault: its name, when it is armed, how long it lasts, whom it concerns, and its parameters.
//!
//! An *opportunity* is a moment at which a fault could act; each fault says what its opportunities are ([`crate::FaultInfo::opportunity`]).
//! What the subject or an `on-match` excludes is no opportunity. The **trigger** says which opportunities are *offered* to the schedule,
//! the **schedule** at which of those offered the fault acts. `docs/faults.md` has the table; [`crate::gate`] keeps the count.

mod parse;
mod show;

pub(crate) use parse::{describe, list};

use faultkey_authenticator::Event;

use crate::{Text, suggestion};

/// A fault as a scenario or a command line asks for it. Unchecked until [`crate::Faults::arm`] or [`crate::registry::check`].
#[derive(Clone, Debug, PartialEq)]
pub struct FaultSpec {
    pub name: String,
    pub trigger: Trigger,
    pub schedule: Schedule,
    pub subject: Subject,
    /// The fault's own parameters, checked against its description when loaded.
    pub parameters: toml::Table,
}

/// When it starts.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Trigger {
    /// Every opportunity is offered.
    #[default]
    Always,
    /// The nth opportunity and those after it are offered, counted from 1 since the fault was armed.
    Nth(u32),
    /// Opportunities are offered from this event of the device on. If the event itself is an opportunity, it is the first one offered.
    AfterEvent(Event),
    /// Opportunities that match are offered; others are none.
    OnMatch(Match),
    /// Each opportunity is offered with this probability, drawn from the run's seed: one draw for each, acted on or not.
    Probability(f64),
}

/// What an opportunity must look like. All that are given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Match {
    pub rp_id: Option<String>,
    pub origin: Option<String>,
    /// `registration` or `authentication`.
    pub ceremony: Option<String>,
}

/// How long it lasts: at which of the offered opportunities it acts.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Schedule {
    /// At the first one offered.
    Once,
    /// At the first n offered.
    First(u32),
    /// At every nth offered: n, 2n, 3n …
    Every(u32),
    /// At each one offered until this event; never after it, and not at the event itself.
    UntilEvent(Event),
    /// At those offered in this part of the run's time, in milliseconds: `from` is inside, `to` is outside.
    Window { from: u64, to: u64 },
    /// At each one offered.
    #[default]
    Permanent,
    /// At each one offered until this many milliseconds after it first acted.
    HealAfter(u64),
}

/// Whom it concerns; empty is everyone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    pub rp_id: Option<String>,
    /// The account's user name, or its user handle in base64url.
    pub user: Option<String>,
}

/// Why a fault can't be armed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultError {
    /// `nearest`: the fault that may have been meant.
    #[error("there is no fault named `{name}`{}; `faultkey faults` lists them", suggestion::asked(nearest.as_deref()))]
    Unknown { name: String, nearest: Option<String> },
    #[error("fault `{fault}`, parameter `{parameter}`: {problem}")]
    Parameter { fault: String, parameter: String, problem: String },
    #[error("fault `{fault}` cannot happen on the profile `{profile}`: {}", reason.en)]
    Impossible { fault: String, profile: String, reason: Box<Text> },
    /// A field of the envelope: trigger, schedule or subject.
    #[error("fault `{fault}`, field `{field}`: {problem}")]
    Field { fault: String, field: String, problem: String },
    /// The text or table is not a fault at all.
    #[error("{problem}; write `fault = \"NAME\"` in a file or `NAME,key=value` on the command line; `faultkey faults` lists the names")]
    NoName { problem: String },
}

impl FaultError {
    /// In both languages. Only what a report or a list tells has Japanese of its own: that it is unknown, or cannot happen on a profile.
    #[must_use]
    pub fn text(&self) -> Text {
        let en = self.to_string();
        let ja = match self {
            FaultError::Impossible { fault, profile, reason } => {
                format!("フォールト`{fault}`は端末プロファイル`{profile}`では起こらない（{}）", reason.ja)
            }
            FaultError::Unknown { name, nearest } => {
                suggestion::unknown_in_japanese("フォールト", name, nearest.as_deref(), "faultkey faults")
            }
            _ => en.clone(),
        };
        Text::new(en, ja)
    }
}
