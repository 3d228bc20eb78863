//! A token against forged requests: which header or field has it, and where it came from.

use super::har::{Exchange, Recording};
use super::leaf::plain;
use super::provenance::{Origin, origin_of, percent_decoded};
use super::source::{Place, Source};

/// How `[csrf]` sends it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Send {
    Header(String),
    Field(String),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Csrf {
    pub send: Send,
    pub from: Source,
    /// A GET that gives it; `None`: the recording has none.
    pub page: Option<usize>,
}

/// A name such as X-XSRF-TOKEN, csrfmiddlewaretoken, authenticity_token, `__RequestVerificationToken`, `_token`.
pub fn is_token_name(name: &str) -> bool {
    let plain = plain(name);
    ["csrf", "xsrf", "requestverificationtoken", "authenticitytoken"].iter().any(|part| plain.contains(part)) || name == "_token"
}

/// `None`: there is no token, or one page does not give it for all of these requests. Then each request captures its own.
pub fn find(recording: &Recording, origins: &[String], requests: &[usize]) -> Option<Csrf> {
    let requests: Vec<usize> = requests.iter().copied().filter(|index| !recording.exchanges[*index].is_get()).collect();
    let tokens: Vec<(usize, Send, String)> = requests.iter().filter_map(|index| token(*index, &recording.exchanges[*index])).collect();
    let (_, send, _) = tokens.first()?;
    // The token would go into every request that is no GET.
    if tokens.len() != requests.len() && !matches!(send, Send::Header(_)) || tokens.iter().any(|(_, other, _)| other != send) {
        return None;
    }
    let mut from: Option<(Source, Option<String>)> = None;
    let mut page = None;
    for (index, _, value) in &tokens {
        let exchange = &recording.exchanges[*index];
        let cookie =
            exchange.cookies.iter().find(|(_, cookie)| cookie == value || percent_decoded(cookie) == *value).map(|(name, _)| name.clone());
        let (source, path) = match cookie {
            Some(name) => {
                let sets = |exchange: &Exchange| exchange.is_get() && exchange.set_cookies.iter().any(|(other, _)| *other == name);
                page = page.or_else(|| recording.exchanges.iter().take(*index).position(sets));
                (Source::new(Place::Cookie(name)), None)
            }
            None => match origin_of(recording, origins, *index, "csrf_token", value) {
                Origin::Answer { exchange, source, .. } if recording.exchanges[exchange].is_get() => {
                    page = page.or(Some(exchange));
                    (source, Some(recording.exchanges[exchange].url.path().to_owned()))
                }
                _ => return None,
            },
        };
        match &from {
            None => from = Some((source, path)),
            Some(other) if *other == (source, path) => {}
            Some(_) => return None,
        }
    }
    let (from, _) = from?;
    Some(Csrf { send: send.clone(), from, page })
}

fn token(index: usize, exchange: &Exchange) -> Option<(usize, Send, String)> {
    if let Some((name, value)) = exchange.headers.iter().find(|(name, _)| is_token_name(name)) {
        return Some((index, Send::Header(name.clone()), value.clone()));
    }
    let tree = exchange.body.tree()?;
    let (name, value) = tree.as_object()?.iter().find(|(name, _)| is_token_name(name))?;
    Some((index, Send::Field(name.clone()), value.as_str()?.to_owned()))
}
