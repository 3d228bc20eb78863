//! The path and the query of a request, with placeholders where they belong to one account or one session.

use super::accepted::is_id;
use super::provenance::{self, Origin, origin_of};
use super::request::{Maker, Role};
use super::source::Place;
use super::template::{literal, looks_secret};
use super::unknown::Unknown;

impl Maker<'_> {
    pub(super) fn path(&mut self, index: usize, section: &str, unknown: &mut Vec<Unknown>) -> String {
        let exchange = self.exchange(index);
        let url = &exchange.url;
        let mut path = String::new();
        let mut unexplained: Vec<String> = Vec::new();
        let before = (self.names.len(), self.wanted.len());
        let parts: Vec<&str> = url.path_segments().map(Iterator::collect).unwrap_or_default();
        for (position, part) in parts.iter().enumerate() {
            path.push('/');
            let decoded = provenance::percent_decoded(part);
            if self.account.is_username(&decoded) {
                path.push_str("{username}");
            } else if is_id(part) {
                // `/users/17`: the number is a user's id.
                let of = position.checked_sub(1).and_then(|before| parts.get(before)).map_or("id", |name| name.trim_end_matches('s'));
                match origin_of(self.recording, self.origins, index, &format!("{of}_id"), &decoded) {
                    Origin::Answer { exchange, source, name } => path.push_str(&self.capture(index, exchange, source, &name, of)),
                    Origin::Client | Origin::Nowhere => {
                        unexplained.push((*part).to_owned());
                        path.push_str(&literal(part));
                    }
                }
            } else {
                path.push_str(&literal(part));
            }
        }
        let mut parameters = Vec::new();
        for pair in url.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let decoded = url::form_urlencoded::parse(format!("v={value}").as_bytes())
                .next()
                .map(|(_, value)| value.into_owned())
                .unwrap_or_default();
            match self.role(index, name, &decoded) {
                Role::Placeholder(placeholder) => parameters.push(format!("{name}={placeholder}")),
                Role::Csrf => {}
                Role::Constant => parameters.push(literal(pair)),
                Role::Unknown { .. } if decoded.len() <= 32 && !looks_secret(name, &decoded) => parameters.push(literal(pair)),
                Role::Unknown { .. } => unexplained.push(name.to_owned()),
            }
        }
        if !parameters.is_empty() {
            path = format!("{path}?{}", parameters.join("&"));
        }
        let by_pattern = self.wanted.iter().skip(before.1).any(|wanted| matches!(wanted.source.place, Place::Text(_)));
        if by_pattern || !unexplained.is_empty() {
            let parts = (self.names.split_off(before.0), self.wanted.split_off(before.1));
            if let Some(whole) = self.whole_url(index) {
                return whole;
            }
            self.names.extend(parts.0);
            self.wanted.extend(parts.1);
            let shown = |part: String| if part.len() > 32 { "…".to_owned() } else { part };
            unknown.extend(unexplained.into_iter().map(|part| Unknown::PathPart { section: section.to_owned(), part: shown(part) }));
        }
        path
    }

    /// An earlier answer has the whole URL.
    fn whole_url(&mut self, index: usize) -> Option<String> {
        let url = &self.exchange(index).url;
        let earlier = self.recording.exchanges.iter().enumerate().take(index).rev();
        let found = earlier.filter(|(_, exchange)| self.origins.contains(&exchange.origin())).find_map(|(other, exchange)| {
            let given = provenance::given(exchange).iter().find(|given| provenance::same_url(&exchange.url, &given.text, url))?;
            Some((other, given))
        });
        let (other, given) = found?;
        Some(self.capture(index, other, given.source.clone(), &given.name, "action"))
    }
}
