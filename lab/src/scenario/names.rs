//! Names that a file's writer may have mistyped.

/// `, did you mean …?` for the nearest of `known`, or nothing if none is near.
pub(crate) fn did_you_mean<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let near = known.map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate)).min();
    match near {
        Some((distance, candidate)) if distance <= 1 + name.chars().count() / 4 => format!(", did you mean `{candidate}`?"),
        _ => String::new(),
    }
}

/// `a`, `b`, `c`
pub(crate) fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_the_nearest_name_only() {
        let known = ["cut-verify", "cut-options", "sig-bitflip"];
        assert_eq!(did_you_mean("cut-verfiy", known.into_iter()), ", did you mean `cut-verify`?");
        assert_eq!(did_you_mean("teapot", known.into_iter()), "");
        assert_eq!(list(known.into_iter()), "`cut-verify`, `cut-options`, `sig-bitflip`");
    }
}
