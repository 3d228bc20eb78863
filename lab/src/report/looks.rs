//! Which parts of a transcript are not the ceremony: the lab looking at the relying party's state between its steps. They are most of it, and
//! a reader wants them folded.

use std::ops::Range;

use faultkey_transport::{Entry, transcript::What};

/// A part of a transcript, by indices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stretch {
    Entry(usize),
    /// Requests and their answers, nothing else.
    Looks(Range<usize>),
}

/// The whole transcript in order; neighbouring looks are one stretch. `touched` as [`super::touched::decisions`] gives it.
pub(crate) fn stretches(entries: &[Entry], touched: &[Vec<usize>]) -> Vec<Stretch> {
    let mut stretches = Vec::new();
    let mut index = 0;
    while index < entries.len() {
        if !is_look(entries, touched, index) {
            stretches.push(Stretch::Entry(index));
            index += 1;
            continue;
        }
        match stretches.last_mut() {
            Some(Stretch::Looks(range)) => range.end = index + 2,
            _ => stretches.push(Stretch::Looks(index..index + 2)),
        }
        index += 2;
    }
    stretches
}

/// A request for state and its answer. What a fault touched, or what gives a challenge, is part of a ceremony, whatever its path.
fn is_look(entries: &[Entry], touched: &[Vec<usize>], index: usize) -> bool {
    let untouched = |index: usize| touched.get(index).is_some_and(Vec::is_empty);
    let (Some(request), Some(response)) = (entries.get(index), entries.get(index + 1)) else { return false };
    let (What::HttpRequest { method, path, .. }, What::HttpResponse { body, .. }) = (&request.what, &response.what) else { return false };
    let of_state = method == "GET" || path.starts_with("/hooks/") || path.starts_with("/session");
    of_state && !body.contains("\"challenge\"") && untouched(index) && untouched(index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(method: &str, path: &str, body: &str) -> [What; 2] {
        [
            What::HttpRequest { method: method.into(), path: path.into(), headers: vec![], body: String::new() },
            What::HttpResponse { status: 200, headers: vec![], body: body.into() },
        ]
    }

    #[test]
    fn looks_are_folded_and_ceremonies_are_not() {
        let whats = [
            pair("GET", "/session", "{}"),
            pair("POST", "/hooks/account", "{}"),
            pair("POST", "/assertion/options", "{}"),
            pair("GET", "/options", r#"{"challenge":"x"}"#),
            pair("GET", "/session", "{}"),
        ];
        let entries: Vec<_> = whats.into_iter().flatten().enumerate().map(|(i, what)| Entry { number: i + 1, at: 0, what }).collect();
        let mut touched = vec![vec![]; entries.len()];
        let single = [4, 5, 6, 7].map(Stretch::Entry);
        assert_eq!(stretches(&entries, &touched), [&[Stretch::Looks(0..4)][..], &single, &[Stretch::Looks(8..10)]].concat());
        touched[9].push(3);
        assert_eq!(stretches(&entries, &touched)[5..], [Stretch::Entry(8), Stretch::Entry(9)]);
    }
}
