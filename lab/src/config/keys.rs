//! The keys of the file, and where they stand.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::scenario::names::{did_you_mean, list};

/// Every key at the top, in the order of the manual.
pub(super) const KEYS: [&str; 23] = [
    "rp",
    "adapter",
    "i-may-test",
    "ca",
    "accounts",
    "scenarios",
    "profile",
    "seed",
    "wait",
    "pace",
    "request-timeout",
    "time-limit",
    "restart",
    "comes-back-within",
    "out",
    "formats",
    "language",
    "label",
    "transcripts",
    "fail-on",
    "require-observable",
    "baseline",
    "accept",
];

/// Every key of `[[accept]]`.
pub(super) const ACCEPT_KEYS: [&str; 3] = ["id", "reason", "until"];

/// The first key that there is not, and what is wrong with it. Of a text that is no TOML, none.
pub(super) fn unknown(text: &str) -> Option<(Range<usize>, String)> {
    let table = DeTable::parse(text).ok()?;
    let unknown = |table: &DeTable<'_>, known: &[&str]| {
        let key = table.keys().filter(|key| !known.contains(&key.get_ref().as_ref())).min_by_key(|key| key.span().start)?;
        Some((key.span(), problem(key.get_ref(), known)))
    };
    let acceptances = acceptances(table.get_ref());
    unknown(table.get_ref(), &KEYS)
        .or_else(|| acceptances.iter().filter_map(|value| value.get_ref().as_table()).find_map(|table| unknown(table, &ACCEPT_KEYS)))
}

/// The line of each `[[accept]]`, counted from 1.
pub(super) fn lines_of_acceptances(text: &str) -> Vec<usize> {
    let Ok(table) = DeTable::parse(text) else { return Vec::new() };
    let line = |value: &Spanned<DeValue<'_>>| 1 + text.bytes().take(value.span().start).filter(|byte| *byte == b'\n').count();
    acceptances(table.get_ref()).iter().map(line).collect()
}

fn acceptances<'t, 'i>(table: &'t DeTable<'i>) -> &'t [Spanned<DeValue<'i>>] {
    table.get("accept").and_then(|value| value.get_ref().as_array()).map_or(&[], |items| items)
}

fn problem(key: &str, known: &[&str]) -> String {
    if key == "show-secrets" {
        return "`show-secrets` is no key of this file: it would show secrets in every run's report; give it on the command line"
            .to_owned();
    }
    match did_you_mean(key, known.iter().copied()).as_str() {
        "" => format!("unknown key `{key}`, expected one of {}", list(known.iter().copied())),
        suggestion => format!("unknown key `{key}`{suggestion}"),
    }
}
