//! The envelope of a fault: its name, when it is armed, how long it lasts, whom it concerns, and its parameters.

use faultkey_authenticator::Event;

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

/// When it fires.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Trigger {
    /// At every opportunity.
    #[default]
    Always,
    /// At the nth opportunity, counted from 1.
    Nth(u32),
    /// From this event of the device on.
    AfterEvent(Event),
    /// At opportunities that match.
    OnMatch(Match),
    /// At each opportunity with this probability, drawn from the run's seed.
    Probability(f64),
}

/// What an opportunity must look like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Match {
    pub rp_id: Option<String>,
    pub origin: Option<String>,
    /// `registration` or `authentication`.
    pub ceremony: Option<String>,
}

/// How long it lasts once it fires.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Schedule {
    Once,
    First(u32),
    Every(u32),
    UntilEvent(Event),
    /// Milliseconds of the run's time.
    Window {
        from: u64,
        to: u64,
    },
    #[default]
    Permanent,
    /// Heals this many milliseconds after it first fired.
    HealAfter(u64),
}

/// Whom it concerns; empty is everyone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    pub rp_id: Option<String>,
    pub user: Option<String>,
}

/// Why a fault can't be armed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultError {
    #[error("there is no fault named `{name}`{suggestion}; `faultkey faults` lists them")]
    Unknown { name: String, suggestion: String },
    #[error("fault `{fault}`, parameter `{parameter}`: {problem}")]
    Parameter { fault: String, parameter: String, problem: String },
    #[error("fault `{fault}` cannot happen on the profile `{profile}`: {reason}")]
    Impossible { fault: String, profile: String, reason: String },
}
