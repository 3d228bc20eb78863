//! Names of places in the page: the same in every run, and each only once.

use std::collections::BTreeSet;

/// Ids that the page has whatever is in the run.
const OWN: [&str; 10] =
    ["main", "verdict", "fix-first", "matrix", "filter", "findings", "scenarios", "comparison", "not-observable", "search"];

/// Names that are taken.
pub(super) struct Anchors(BTreeSet<String>);

impl Default for Anchors {
    fn default() -> Self {
        Self(OWN.map(str::to_owned).into())
    }
}

impl Anchors {
    /// `name`, or with a number behind where it is taken.
    pub(super) fn take(&mut self, name: String) -> String {
        let mut free = name.clone();
        let mut number = 2_usize;
        while !self.0.insert(free.clone()) {
            free = format!("{name}--{number}");
            number += 1;
        }
        free
    }
}

/// What can stand in a link.
pub(super) fn slug(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect()
}

/// `embedded-opaque` for `embedded, opaque`.
pub(super) fn kebab(name: &str) -> String {
    let parts = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    let kebab = parts.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-");
    if kebab.is_empty() { "target".to_owned() } else { kebab }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_taken_gets_a_number() {
        let mut anchors = Anchors::default();
        assert_eq!(["a", "a", "a", "main"].map(|name| anchors.take(name.to_owned())), ["a", "a--2", "a--3", "main--2"]);
    }

    #[test]
    fn names_can_stand_in_links() {
        assert_eq!(slug("m0902-uv <b>"), "m0902-uv__b_");
        assert_eq!(
            (kebab("embedded, opaque"), kebab("https://a.example:1/"), kebab("日本")),
            ("embedded-opaque".into(), "https-a-example-1".into(), "target".into())
        );
    }
}
