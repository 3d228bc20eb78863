//! What stands for a standing or a gravity where there is no room for words, or no colour.

use crate::check::Gravity;
use crate::verdict::Standing;

/// Two ASCII characters that read without colour.
pub(crate) const fn mark(standing: Standing) -> &'static str {
    match standing {
        Standing::Passed => "ok",
        Standing::Failed => "!!",
        Standing::NotSetUp => "xx",
        Standing::NotObservable => "??",
        Standing::DoesNotApply | Standing::NotPlayed => "--",
    }
}

/// A name for style sheets.
pub(crate) const fn class(standing: Standing) -> &'static str {
    match standing {
        Standing::Passed => "passed",
        Standing::Failed => "failed",
        Standing::NotSetUp => "not-set-up",
        Standing::NotObservable => "not-observable",
        Standing::DoesNotApply => "does-not-apply",
        Standing::NotPlayed => "not-played",
    }
}

/// Parameters of ECMA-48 SGR.
pub(crate) const fn colour(gravity: Gravity) -> &'static str {
    match gravity {
        Gravity::Security | Gravity::State => "1;31",
        Gravity::NoWayOut | Gravity::Unclear => "1;33",
        Gravity::Advice => "1",
    }
}
