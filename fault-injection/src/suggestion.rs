//! "Did you mean": the known name that is nearest to a wrong one.

/// `, did you mean …?` if a known name is near, else nothing.
pub(crate) fn did_you_mean<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(wrong, name), name))
        .filter(|(distance, name)| *distance <= 1 + name.len() / 4)
        .min()
        .map_or_else(String::new, |(_, name)| format!(", did you mean `{name}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_nearest_or_nothing() {
        let known = ["cut-options", "cut-verify", "no-op"];
        assert_eq!(did_you_mean("cut-verfy", known), ", did you mean `cut-verify`?");
        assert_eq!(did_you_mean("noop", known), ", did you mean `no-op`?");
        assert_eq!(did_you_mean("something-else", known), "");
    }
}
