//! A fault's own parameters, read with errors that say what was expected.

use std::ops::RangeInclusive;

use toml::{Table, Value};

use crate::envelope::{describe, list};
use crate::scene::Ceremony;
use crate::suggestion::did_you_mean;
use crate::{FaultError, FaultInfo};

/// The parameters that were given to one fault.
pub struct Parameters<'a> {
    fault: &'static str,
    given: &'a Table,
}

impl<'a> Parameters<'a> {
    /// # Errors
    /// When one is given that the fault doesn't have.
    pub fn new(info: &FaultInfo, given: &'a Table) -> Result<Self, FaultError> {
        let known: Vec<&str> = info.parameters.iter().map(|parameter| parameter.name).collect();
        let parameters = Self { fault: info.name, given };
        match given.keys().find(|key| !known.contains(&key.as_str())) {
            None => Ok(parameters),
            Some(key) if known.is_empty() => Err(parameters.error(key, "this fault has no parameters".to_owned())),
            Some(key) => {
                let suggestion = did_you_mean(key, known.iter().copied());
                Err(parameters.error(key, format!("there is no such parameter{suggestion}; it has {}", list(&known))))
            }
        }
    }

    #[must_use]
    pub fn error(&self, parameter: &str, problem: String) -> FaultError {
        FaultError::Parameter { fault: self.fault.to_owned(), parameter: parameter.to_owned(), problem }
    }

    fn expected<T>(&self, parameter: &str, expected: &str, found: &Value) -> Result<T, FaultError> {
        Err(self.error(parameter, format!("expected {expected}, found {}", describe(found))))
    }

    #[must_use]
    pub fn is_given(&self, name: &str) -> bool {
        self.given.contains_key(name)
    }

    #[must_use]
    pub fn value(&self, name: &str) -> Option<&'a Value> {
        self.given.get(name)
    }

    /// One of several words.
    ///
    /// # Errors
    /// When it is another.
    pub fn choice<T: Copy>(&self, name: &str, words: &[(&str, T)], default: T) -> Result<T, FaultError> {
        let Some(value) = self.given.get(name) else { return Ok(default) };
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        match value.as_str().map(|text| (text, words.iter().find(|(word, _)| *word == text))) {
            Some((_, Some((_, choice)))) => Ok(*choice),
            Some((text, None)) => {
                let suggestion = did_you_mean(text, known.iter().copied());
                Err(self.error(name, format!("expected {}, found `{text}`{suggestion}", one_of(&known))))
            }
            None => self.expected(name, &one_of(&known), value),
        }
    }

    /// `registration`, `authentication` or `any`; `None` is any.
    ///
    /// # Errors
    /// When it is another word.
    pub fn ceremony(&self, default: Option<Ceremony>) -> Result<Option<Ceremony>, FaultError> {
        let words = [("registration", Some(Ceremony::Registration)), ("authentication", Some(Ceremony::Authentication)), ("any", None)];
        self.choice("ceremony", &words, default)
    }

    /// A whole number, if it is given.
    ///
    /// # Errors
    /// When it is no whole number in the range.
    pub fn integer(&self, name: &str, range: RangeInclusive<u64>) -> Result<Option<u64>, FaultError> {
        let Some(value) = self.given.get(name) else { return Ok(None) };
        match value.as_integer().and_then(|number| u64::try_from(number).ok()).filter(|number| range.contains(number)) {
            Some(number) => Ok(Some(number)),
            None => self.expected(name, &format!("a whole number from {} to {}", range.start(), range.end()), value),
        }
    }

    /// # Errors
    /// When it is neither `true` nor `false`.
    pub fn flag(&self, name: &str, default: bool) -> Result<bool, FaultError> {
        match self.given.get(name) {
            None => Ok(default),
            Some(Value::Boolean(on)) => Ok(*on),
            Some(other) => self.expected(name, "`true` or `false`", other),
        }
    }

    /// Text that is not empty.
    ///
    /// # Errors
    /// When it is empty or no text.
    pub fn text(&self, name: &str, default: &str) -> Result<String, FaultError> {
        match self.given.get(name) {
            None => Ok(default.to_owned()),
            Some(Value::String(text)) if !text.is_empty() => Ok(text.clone()),
            Some(other) => self.expected(name, "text that is not empty", other),
        }
    }
}

fn one_of(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [only] => format!("`{only}`"),
        [most @ .., last] => format!("{} or `{last}`", list(most)),
    }
}
