//! Which parts of a transcript are not the ceremony: the lab looking at the relying party's state between its steps. They are most of it, and
//! a reader wants them folded.

use std::ops::Range;

use faultkey_transport::Entry;
use faultkey_transport::transcript::{RequestPurpose, What};

/// A part of a transcript, by indices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stretch {
    Entry(usize),
    /// Requests and what came back, nothing else.
    Looks(Range<usize>),
}

/// The whole transcript in order; neighbouring looks are one stretch.
pub(crate) fn stretches(entries: &[Entry]) -> Vec<Stretch> {
    let mut stretches = Vec::new();
    let mut index = 0;
    while let Some(entry) = entries.get(index) {
        if !is_look(&entry.what) {
            stretches.push(Stretch::Entry(index));
            index += 1;
            continue;
        }
        let answers = entries.iter().skip(index + 1).take_while(|entry| is_answer(&entry.what)).count();
        let end = index + 1 + answers;
        match stretches.last_mut() {
            Some(Stretch::Looks(range)) => range.end = end,
            _ => stretches.push(Stretch::Looks(index..end)),
        }
        index = end;
    }
    stretches
}

fn is_look(what: &What) -> bool {
    matches!(what, What::HttpRequest { purpose: RequestPurpose::Look, .. })
}

fn is_answer(what: &What) -> bool {
    matches!(what, What::HttpResponse { .. } | What::NetworkError { .. })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(purpose: RequestPurpose) -> What {
        What::HttpRequest { method: "GET".into(), path: "/session".into(), headers: vec![], body: String::new(), purpose }
    }

    #[test]
    fn looks_are_folded_and_ceremonies_are_not() {
        let answer = || What::HttpResponse { status: 200, headers: vec![], body: String::new() };
        let error = || What::NetworkError { text: "reset".into() };
        let look = || request(RequestPurpose::Look);
        let ceremony = || request(RequestPurpose::Ceremony);
        let whats = [look(), answer(), look(), answer(), error(), ceremony(), answer(), look(), ceremony()];
        let entries: Vec<_> = whats.into_iter().enumerate().map(|(i, what)| Entry { number: i + 1, at: 0, what }).collect();
        use Stretch::{Entry as One, Looks};
        assert_eq!(stretches(&entries), [Looks(0..5), One(5), One(6), Looks(7..8), One(8)]);
    }
}
