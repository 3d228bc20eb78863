//! Mozilla's Public Suffix List.
//!
//! Asked here alone: `psl` is generic over a name's labels, so the compiler makes its thousands of functions anew for each place that asks.

use psl::{List, Psl};

/// What its owner registered: `example.co.uk` of `www.example.co.uk`. `None` for a name that nobody registers for himself: on the list, or of one
/// label.
pub(crate) fn registrable_domain(domain: &str) -> Option<&str> {
    str::from_utf8(List.domain(domain.as_bytes())?.as_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registrable_domain_is_one_label_below_the_suffix() {
        for (domain, expected) in [
            ("www.example.co.uk", Some("example.co.uk")),
            ("example.com", Some("example.com")),
            ("a.b.c.kobe.jp", Some("b.c.kobe.jp")),
            // Of the list's private part.
            ("someone.github.io", Some("someone.github.io")),
            // The list has none of these: its rule is `*`.
            ("broker.test", Some("broker.test")),
            ("co.uk", None),
            ("github.io", None),
            ("localhost", None),
            ("", None),
        ] {
            assert_eq!(registrable_domain(domain), expected, "{domain}");
        }
    }
}
