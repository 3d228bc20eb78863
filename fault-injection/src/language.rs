//! The languages in which people read faultkey's texts. Names, ids, JSON keys and exit codes are the same in both.

use serde::{Deserialize, Serialize};

/// A language of what people read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub enum Language {
    #[default]
    #[serde(rename = "en")]
    English,
    #[serde(rename = "ja")]
    Japanese,
}

impl Language {
    pub const ALL: [Language; 2] = [Language::English, Language::Japanese];

    /// As BCP 47 and `lang` attributes have it.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Japanese => "ja",
        }
    }

    /// The language of a POSIX locale, e.g. `ja_JP.UTF-8`. Every locale that is not Japanese gets English.
    #[must_use]
    pub fn of_locale(locale: &str) -> Language {
        match locale.split(['_', '.', '@', '-']).next() {
            Some("ja") => Language::Japanese,
            _ => Language::English,
        }
    }
}

/// A text in both languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Text<T = String> {
    pub en: T,
    pub ja: T,
}

impl<T> Text<T> {
    pub const fn new(en: T, ja: T) -> Self {
        Self { en, ja }
    }

    /// For what is the same in both, such as numbers and code.
    pub const fn same(text: T) -> Self
    where
        T: Copy,
    {
        Self { en: text, ja: text }
    }

    /// In `language`.
    pub const fn get(&self, language: Language) -> &T {
        match language {
            Language::English => &self.en,
            Language::Japanese => &self.ja,
        }
    }
}

impl From<Text<&str>> for Text {
    fn from(text: Text<&str>) -> Self {
        Self { en: text.en.to_owned(), ja: text.ja.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_japanese_locales_are_japanese() {
        for locale in ["ja", "ja_JP.UTF-8", "ja_JP.eucJP", "ja-JP", "ja@hiragana"] {
            assert_eq!(Language::of_locale(locale), Language::Japanese, "{locale}");
        }
        for locale in ["", "C", "C.UTF-8", "POSIX", "en_US.UTF-8", "jam_JM", "de_DE", "jav"] {
            assert_eq!(Language::of_locale(locale), Language::English, "{locale}");
        }
    }
}
