//! Outcomes that a step forbids: one check for each.

use faultkey_relying_party::Observation;

use super::ceremony::Ceremony;
use super::outcome::{self, answer_text};
use crate::scenario::Forbidden;
use crate::verdict::Check;

/// `None` for what can only be judged over the whole run (see `whole_run`).
pub fn check(forbidden: Forbidden, ceremony: &Ceremony) -> Option<Check> {
    Some(match forbidden {
        Forbidden::Locked => outcome::not_locked(ceremony),
        Forbidden::PasswordTryUsed => outcome::tries_unchanged(ceremony),
        Forbidden::CredentialDeleted => outcome::rows_kept(ceremony),
        Forbidden::CredentialChanged => outcome::rows_unchanged(ceremony),
        Forbidden::DuplicateCredential => no_duplicate(ceremony),
        Forbidden::Session => no_session(ceremony),
        Forbidden::GenericCode => return None,
        Forbidden::SignalUnknownCredential => outcome::no_signal(ceremony, "unknown-credential"),
        Forbidden::ServerError => no_server_error(ceremony),
    })
}

fn no_duplicate(ceremony: &Ceremony) -> Check {
    let what = "no credential is stored twice";
    match &ceremony.after.credentials {
        Observation::NotObservable(why) => Check::not_observable(what, why.to_string()),
        Observation::Seen(rows) => Check::is(what, rows.len() <= 1, outcome::count(rows.len())),
    }
}

fn no_session(ceremony: &Ceremony) -> Check {
    let what = "no session is minted";
    match &ceremony.after.authenticated {
        Observation::NotObservable(why) => Check::not_observable(what, why.to_string()),
        Observation::Seen(yes) => {
            let had = ceremony.before.authenticated == Observation::Seen(true);
            Check::is(what, !yes || had, if *yes { "there is a session" } else { "there is no session" })
        }
    }
}

fn no_server_error(ceremony: &Ceremony) -> Check {
    let failed = ceremony.answers().into_iter().find(|answer| answer.status >= 500);
    Check::is("no server error", failed.is_none(), failed.map_or_else(|| "every status is below 500".to_owned(), answer_text))
}
