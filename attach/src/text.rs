//! Parts of texts for people.

/// `1 credential`, `2 credentials`.
#[must_use]
pub fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// A name that a relying party chose. What would drive a terminal is spelled out where it is printed.
#[must_use]
pub fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_singular() {
        assert_eq!([0, 1, 2].map(|count| counted(count, "byte")), ["0 bytes", "1 byte", "2 bytes"]);
    }

    #[test]
    fn a_name_stays_as_it_is_written() {
        assert_eq!(quoted("か\u{3099}く \\ 山田"), "\"か\u{3099}く \\ 山田\"");
    }
}
