//! What is known of the relying party, and why something is not.

use std::fmt;

use super::error::{Mismatch, Unreachable};

/// What is known of something that needs a hook or a pointer of the mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observation<T> {
    Seen(T),
    NotObservable(Unseen),
}

/// Why something can't be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unseen {
    /// The mapping has no section for it, e.g. `hooks.credentials`.
    NoSection(&'static str),
    /// The section does not say where it stands.
    NoField { section: &'static str, field: &'static str },
    /// The answer offers this way out without an address.
    NoAddress { way: String },
    /// The answer offers this way out at an address that is not on the relying party's server.
    ElsewhereAddress { way: String, href: String },
    /// A hook or a session check whose answer could not be read, or that was refused.
    HookFailed(Box<Mismatch>),
    /// The relying party could not be asked.
    Unreachable(Box<Unreachable>),
}

impl Unseen {
    /// The section to add to the mapping, where that is all that is missing.
    #[must_use]
    pub fn section(&self) -> Option<&'static str> {
        match self {
            Unseen::NoSection(section) => Some(section),
            _ => None,
        }
    }
}

impl fmt::Display for Unseen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unseen::NoSection(section) => write!(f, "the adapter has no section [{section}]"),
            Unseen::NoField { section, field } => write!(f, "the adapter has no `{field}` in its section [{section}]"),
            Unseen::NoAddress { way } => write!(f, "the answer offers `{way}` without an address"),
            Unseen::ElsewhereAddress { way, href } => {
                write!(f, "the answer offers `{way}` at {href}, which is not on the relying party's server")
            }
            Unseen::HookFailed(mismatch) => mismatch.fmt(f),
            Unseen::Unreachable(unreachable) => unreachable.fmt(f),
        }
    }
}
