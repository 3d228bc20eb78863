//! Whether the user gets back to a working passkey: the first way that works is enough.

use faultkey_relying_party::{Answer, Observation};

use crate::check::{CheckId, Request};
use crate::facts::{Ceremony, Recovery};
use crate::verdict::{AnswerSummary, Found};

use super::look::{Look, Looked, at_end, ending};

/// `retry`: the passkey as it is, where the device could have signed in with it.
pub fn looks(recovery: &Recovery, retry: Option<&Ceremony>) -> Vec<Looked> {
    let looked = |request, exchange, look| vec![Looked { check: CheckId::NoRecovery, request, exchange, look }];
    if let Some(ceremony) = &recovery.as_it_is
        && !ceremony.failed()
    {
        return vec![at_end(CheckId::NoRecovery, ceremony, Look::Holds)];
    }
    if let Some(works) = recovery.ways.iter().find(|way| way.works()) {
        let exchange = works.authentication.as_ref().and_then(Ceremony::exchange);
        return looked(Request::Fallback, exchange, Look::Holds);
    }
    // What stands in the way may be for the user to remove; the adapter doesn't say how.
    let unremoved = recovery.ways.iter().find_map(|way| match &way.removal {
        Some(Observation::NotObservable(unseen)) => Some(Look::Unseen(unseen.into())),
        _ => None,
    });
    if let Some(look) = unremoved {
        return looked(Request::Fallback, None, look);
    }
    let answers = recovery.ways.iter().filter_map(|way| match &way.answer {
        Observation::Seen(answer) => Some((way, answer)),
        Observation::NotObservable(_) => None,
    });
    let tried: Vec<_> = answers.collect();
    let Some((_, answer)) = tried.last() else {
        // No way is known, and the passkey as it is was refused although nothing lasting is wrong with it.
        if let Some(ceremony) = retry {
            return vec![at_end(CheckId::RetryRefused, ceremony, Look::Fails(ending(ceremony)))];
        }
        let unseen = recovery.ways.iter().find_map(|way| match &way.answer {
            Observation::NotObservable(unseen) => Some(Look::Unseen(unseen.into())),
            Observation::Seen(_) => None,
        });
        return unseen.map(|look| looked(Request::Fallback, None, look)).unwrap_or_default();
    };
    let ways = tried.iter().map(|(way, _)| crate::scenario::way_name(way.way).to_owned()).collect();
    // The way itself may have been accepted: then what came after it is shown.
    let after =
        tried.last().and_then(|(way, _)| [&way.authentication, &way.registration].into_iter().flatten().find(|ceremony| ceremony.failed()));
    let (summary, exchange) = match after {
        Some(ceremony) => (ceremony.summary(), ceremony.exchange()),
        None => (Some(AnswerSummary::of(answer)), Some(answer.exchange)),
    };
    looked(Request::Fallback, exchange, Look::Fails(Found::WaysTried { ways, answer: summary }))
}

/// A way that the scenario says the user takes.
pub fn fallback(answer: &Observation<Answer>) -> Option<Looked> {
    let (exchange, look) = match answer {
        Observation::NotObservable(unseen) => (None, Look::Unseen(unseen.into())),
        Observation::Seen(answer) if answer.accepted => (Some(answer.exchange), Look::Holds),
        Observation::Seen(answer) => (Some(answer.exchange), Look::Fails(Found::Answered { answer: AnswerSummary::of(answer) })),
    };
    Some(Looked { check: CheckId::NoRecovery, request: Request::Fallback, exchange, look })
}

/// Every ceremony that was played for it.
pub fn ceremonies(recovery: &Recovery) -> impl Iterator<Item = &Ceremony> {
    let ways = recovery.ways.iter().flat_map(|way| way.registration.iter().chain(&way.authentication));
    recovery.as_it_is.iter().chain(ways)
}
