//! The requests of one ceremony, in order.

use std::collections::BTreeMap;

use super::accepted::Rule;
use super::before::{self, Once};
use super::ceremony::{Found, Kind};
use super::har::Answered;
use super::request::{Errand, Maker, Request, Wanted};
use super::source::Source;
use super::unknown::Unknown;

/// The requests of one ceremony, with the values that one of them gives to another.
pub struct Ceremony {
    pub kind: Kind,
    pub before: Vec<Request>,
    pub options: Option<Request>,
    pub source: OptionsPlace,
    pub verify: Option<Request>,
}

pub enum OptionsPlace {
    At(Source),
    /// The page makes them; the name of the captured challenge.
    Made(String),
    Unknown,
}

impl Ceremony {
    pub fn play(maker: &mut Maker<'_>, found: &Found, kind: Kind, changes: &[usize], unknown: &mut Vec<Unknown>) -> Ceremony {
        let ceremony = found.of(kind);
        let recording = maker.recording;
        let name = match kind {
            Kind::Registration => "registration",
            Kind::Authentication => "authentication",
        };
        let begin = before::window(found, kind);
        let mut options_at = ceremony.options_at();
        if options_at.is_none()
            && let Some(verify) = &ceremony.verify
        {
            // Without its answer it can only be guessed: the last request before it whose answer is not in the recording.
            options_at = (begin..verify.exchange).rev().find(|index| {
                let exchange = &recording.exchanges[*index];
                exchange.answer == Answered::Missing
                    && maker.origins.contains(&exchange.origin())
                    && exchange.asked_by.as_deref() != Some("document")
            });
        }
        let mut made: BTreeMap<usize, Request> = BTreeMap::new();
        let mut all_wanted: Vec<(usize, Wanted)> = Vec::new();
        let mut pending: Vec<usize> =
            changes.iter().copied().chain(options_at).chain(ceremony.verify.as_ref().map(|verify| verify.exchange)).collect();
        pending.sort_unstable();
        pending.dedup();
        while let Some(index) = pending.pop() {
            if made.contains_key(&index) {
                continue;
            }
            let (section, errand) = match &ceremony.verify {
                Some(verify) if verify.exchange == index => (format!("{name}.verify"), Errand::Verify(&verify.sent.places)),
                _ if options_at == Some(index) => (format!("{name}.options"), Errand::Options),
                _ => (format!("{name}.before"), Errand::Other),
            };
            let (request, wanted) = maker.request(index, &section, errand);
            for each in wanted {
                let exchange = &recording.exchanges[each.exchange];
                if each.exchange >= begin || exchange.is_get() {
                    pending.push(each.exchange);
                } else if !made.contains_key(&each.exchange) {
                    let elsewhere = Unknown::Elsewhere { section: section.clone(), capture: each.name.clone(), request: exchange.named() };
                    if !unknown.contains(&elsewhere) {
                        unknown.push(elsewhere);
                    }
                }
                all_wanted.push((index, each));
            }
            made.insert(index, request);
        }
        let source = match (&ceremony.options, &ceremony.challenge) {
            (Some(options), _) => OptionsPlace::At(options.source.clone()),
            (None, Some((exchange, source))) => {
                let wanted = Wanted { exchange: *exchange, source: source.clone(), name: "options_challenge".to_owned() };
                all_wanted.push((*exchange, wanted));
                OptionsPlace::Made("options_challenge".to_owned())
            }
            (None, None) => OptionsPlace::Unknown,
        };
        let take = |made: &mut BTreeMap<usize, Request>, index: Option<usize>| index.and_then(|index| made.remove(&index));
        let options = take(&mut made, options_at);
        let mut verify = take(&mut made, ceremony.verify.as_ref().map(|verify| verify.exchange));
        if let Some(verify) = &mut verify {
            verify.accepted = Rule::of(&recording.exchanges[verify.exchange]);
        }
        let indexes: Vec<usize> = made.keys().copied().collect();
        let mut before: Vec<Request> = made.into_values().collect();
        for request in &mut before {
            let exchange = &recording.exchanges[request.exchange];
            request.accepted = Rule::of(exchange).filter(|rule| matches!(rule, Rule::Location(_)));
            request.once = before::once(recording, maker.account, kind, request.exchange, &indexes);
        }
        settle_once(&mut before, &all_wanted, options_at, ceremony.verify.as_ref().map(|verify| verify.exchange));
        let mut scene = Ceremony { kind, before, options, source, verify };
        let wanted: Vec<Wanted> = all_wanted.into_iter().map(|(_, wanted)| wanted).collect();
        scene.give(&wanted);
        scene
    }

    /// Lets requests of this scene capture what is wanted of their answers.
    pub fn give(&mut self, wanted: &[Wanted]) {
        let Ceremony { before, options, verify, .. } = self;
        for request in before.iter_mut().chain(options).chain(verify) {
            for each in wanted.iter().filter(|wanted| wanted.exchange == request.exchange) {
                let capture = (each.name.clone(), each.source.clone());
                if !request.captures.contains(&capture) {
                    request.captures.push(capture);
                }
            }
        }
    }
}

/// A page that only a sign-up needs is loaded as often as that.
fn settle_once(before: &mut [Request], wanted: &[(usize, Wanted)], options: Option<usize>, verify: Option<usize>) {
    for position in (0..before.len()).rev() {
        let index = before[position].exchange;
        let users: Vec<usize> = wanted.iter().filter(|(_, wanted)| wanted.exchange == index).map(|(user, _)| *user).collect();
        if before[position].method != "GET" || users.is_empty() || users.iter().any(|user| Some(*user) == options || Some(*user) == verify)
        {
            continue;
        }
        let kinds: Vec<Option<Once>> =
            users.iter().map(|user| before.iter().find(|request| request.exchange == *user).and_then(|request| request.once)).collect();
        if kinds.windows(2).all(|pair| pair[0] == pair[1]) {
            before[position].once = kinds.first().copied().flatten();
        }
    }
}
