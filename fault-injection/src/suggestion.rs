//! "Did you mean": the known name that is nearest to a wrong one.

/// `, did you mean …?` if a known name is near, else nothing.
pub(crate) fn did_you_mean<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    asked(nearest(wrong, known))
}

/// The known name that is nearest, if one is near.
pub(crate) fn nearest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let distances = known.into_iter().map(|name| (strsim::damerau_levenshtein(wrong, name), name));
    distances.filter(|(distance, name)| *distance <= 1 + name.len() / 4).min().map(|(_, name)| name)
}

/// Within an English sentence.
pub(crate) fn asked(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |name| format!(", did you mean `{name}`?"))
}

/// That there is no such thing, in Japanese; `list` is the command that lists what there is.
pub(crate) fn unknown_in_japanese(kind: &str, name: &str, nearest: Option<&str>, list: &str) -> String {
    let asked = nearest.map_or_else(String::new, |name| format!("`{name}`の間違いではありませんか。"));
    format!("{kind}「{name}」はありません。{asked}`{list}`で一覧を確認してください。")
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
