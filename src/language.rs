//! The language in which the program speaks: `--lang`, then what a file configures, then the locale.

use std::sync::OnceLock;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use faultkey_fault_injection::Language;
use faultkey_lab::words::Words;

/// What `--lang` says. Set once, before anything is printed.
static ARGUMENT: OnceLock<Option<Language>> = OnceLock::new();

/// The language to speak: that of `--lang`; without it `configured`, e.g. by faultkey.toml; without that the locale's.
pub fn language(configured: Option<Language>) -> Language {
    ARGUMENT.get().copied().flatten().or(configured).unwrap_or_else(|| of_environment(|name| std::env::var(name).ok()))
}

/// The texts in [`language`].
pub fn words() -> Words {
    Words::of(language(None))
}

/// Keeps what `--lang` says.
pub fn set(argument: Option<Language>) {
    // Set once: a second call would be a bug, and changes nothing.
    let _ = ARGUMENT.set(argument);
}

/// POSIX's order for messages: the first variable that is set and not empty decides.
fn of_environment(variable: impl Fn(&str) -> Option<String>) -> Language {
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(|name| variable(name).filter(|locale| !locale.is_empty()));
    Language::of_locale(&locale.unwrap_or_default())
}

/// `en` or `ja`.
pub fn parser() -> impl TypedValueParser<Value = Language> {
    PossibleValuesParser::new(Language::ALL.map(Language::tag)).map(|tag| of_tag(&tag).unwrap_or_default())
}

/// The language of a BCP 47 tag, if it is one of ours.
pub fn of_tag(tag: &str) -> Option<Language> {
    Language::ALL.into_iter().find(|language| language.tag() == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Language {
        of_environment(|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn the_first_variable_that_says_something_decides() {
        assert_eq!(of(&[]), Language::English);
        assert_eq!(of(&[("LANG", "ja_JP.UTF-8")]), Language::Japanese);
        assert_eq!(of(&[("LANG", "ja_JP.UTF-8"), ("LC_ALL", "C")]), Language::English);
        assert_eq!(of(&[("LANG", "en_US.UTF-8"), ("LC_MESSAGES", "ja_JP.UTF-8")]), Language::Japanese);
        assert_eq!(of(&[("LANG", "ja_JP.UTF-8"), ("LC_MESSAGES", "de_DE"), ("LC_ALL", "")]), Language::English);
    }
}
