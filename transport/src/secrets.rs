//! What must not stand in a report: the values of secrets, and what stands in their place.
//!
//! Equal secrets have equal masks and different ones different masks, so that a reader sees whether a session's cookie is a new one, and so that
//! no verdict changes. A value from the environment is `{env:NAME}`, any other `<masked N>`, counted in the order in which they were met.

mod forms;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use data_encoding::{BASE64, HEXLOWER};

/// Begins what stands for an environment variable.
pub const ENVIRONMENT: &str = "{env:";

/// Shorter values from the environment, and [`WORDS`], are looked for in no text: they would shred it, and hide nothing.
const SHORTEST: usize = 4;
const WORDS: [&str; 5] = ["true", "false", "null", "none", "undefined"];

/// Other values (of cookies, of `Authorization`) are looked for from this length on, if they have a digit...
const SHORTEST_NUMBERED: usize = 8;
/// ...or are longer than a word.
const LONGER_THAN_A_WORD: usize = 16;

/// The secrets of a run. Clones share them.
#[derive(Clone, Default)]
pub struct Secrets(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    revealed: bool,
    /// The mask of each value, whether or not it is looked for.
    masks: BTreeMap<String, String>,
    variables: BTreeSet<String>,
    numbered: usize,
    /// Values that are no secrets, wherever else they stand.
    public: BTreeSet<String>,
    /// The forms of the values that are looked for, by their first bytes; the longest first.
    forms: BTreeMap<[u8; SHORTEST], Vec<Form>>,
}

struct Form {
    text: String,
    value: String,
    mask: String,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").field("known", &self.lock().masks.len()).finish_non_exhaustive()
    }
}

impl Secrets {
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nothing is masked from now on.
    pub fn reveal(&self) {
        self.lock().revealed = true;
    }

    #[must_use]
    pub fn are_revealed(&self) -> bool {
        self.lock().revealed
    }

    /// The value of an environment variable.
    pub fn variable(&self, name: &str, value: &str) {
        let known = &mut *self.lock();
        known.variables.insert(name.to_owned());
        if value.is_empty() || known.masks.contains_key(value) {
            return;
        }
        let mask = format!("{ENVIRONMENT}{name}}}");
        known.masks.insert(value.to_owned(), mask.clone());
        if value.len() >= SHORTEST && !WORDS.contains(&value.to_ascii_lowercase().as_str()) {
            known.look_for(value, &mask);
        }
    }

    /// A value without a name: a session's, a token. It is looked for in texts if it can't be taken for a word.
    pub fn value(&self, value: &str) -> String {
        self.lock().value(value)
    }

    /// The value of `Authorization` or `Proxy-Authorization`: the scheme is none, what follows is a secret, and so is the password in it.
    pub fn credentials(&self, header: &str) -> String {
        let known = &mut *self.lock();
        let Some((scheme, rest)) = header.split_once(' ') else { return known.value(header) };
        let mask = known.value(rest);
        if scheme.eq_ignore_ascii_case("basic")
            && let Some(pair) = BASE64.decode(rest.as_bytes()).ok().and_then(|bytes| String::from_utf8(bytes).ok())
        {
            known.pair(&pair);
        }
        format!("{scheme} {mask}")
    }

    /// `user:password` of a URL.
    pub fn userinfo(&self, user: &str, password: &str) {
        let known = &mut *self.lock();
        known.value(user);
        let pair = format!("{user}:{password}");
        known.value(&BASE64.encode(pair.as_bytes()));
        known.pair(&pair);
    }

    /// A value that is public though a cookie has it, too: a challenge, a user's name.
    pub fn public(&self, value: &str) {
        let known = &mut *self.lock();
        if !known.public.insert(value.to_owned()) || !known.masks.get(value).is_some_and(|mask| mask.starts_with('<')) {
            return;
        }
        for forms in known.forms.values_mut() {
            forms.retain(|form| form.value != value);
        }
    }

    /// The text with masks.
    #[must_use]
    pub fn mask(&self, text: &str) -> String {
        self.mask_and_cut(text, usize::MAX, 0)
    }

    /// The text with masks, and not much more than the first `most` bytes of it: a secret is never cut in two. It says how many bytes were cut,
    /// with those that were cut before.
    #[must_use]
    pub fn mask_and_cut(&self, text: &str, most: usize, cut_before: usize) -> String {
        let known = self.lock();
        let bytes = text.as_bytes();
        let (mut out, mut plain, mut at) = (String::new(), 0, 0);
        while at < bytes.len() && at < most {
            let rest = bytes.get(at..).unwrap_or_default();
            match known.at(rest) {
                Some((length, mask)) => {
                    out.push_str(text.get(plain..at).unwrap_or_default());
                    out.push_str(mask);
                    at += length;
                    plain = at;
                }
                None => at += known.variable_at(rest).unwrap_or(1),
            }
        }
        while !text.is_char_boundary(at) {
            at += 1;
        }
        let at = at.min(bytes.len());
        out.push_str(text.get(plain..at).unwrap_or_default());
        let cut = bytes.len() - at + cut_before;
        if cut > 0 {
            out.push_str(&format!("… ({cut} more bytes, cut)"));
        }
        out
    }

    /// Bytes in hex, of the same length: a secret becomes asterisks.
    #[must_use]
    pub fn mask_hex(&self, hex: &str) -> String {
        let known = self.lock();
        let Ok(mut bytes) = HEXLOWER.decode(hex.as_bytes()) else { return hex.to_owned() };
        let (mut at, mut found) = (0, false);
        while at < bytes.len() {
            match known.at(bytes.get(at..).unwrap_or_default()) {
                Some((length, _)) => {
                    bytes.iter_mut().skip(at).take(length).for_each(|byte| *byte = b'*');
                    found = true;
                    at += length;
                }
                None => at += 1,
            }
        }
        if found { HEXLOWER.encode(&bytes) } else { hex.to_owned() }
    }

    /// The value of a header: those that are secret by its name are masked, whatever they look like.
    #[must_use]
    pub fn header(&self, name: &str, value: &str) -> String {
        // What an adapter file fills in stands there by its name.
        if self.are_revealed() || value.contains(ENVIRONMENT) {
            return self.mask(value);
        }
        match name.to_ascii_lowercase().as_str() {
            "authorization" | "proxy-authorization" => self.credentials(value),
            "cookie" => value.split("; ").map(|pair| self.cookie(pair)).collect::<Vec<_>>().join("; "),
            "set-cookie" => match value.split_once(';') {
                Some((pair, attributes)) => format!("{};{}", self.cookie(pair), self.mask(attributes)),
                None => self.cookie(value),
            },
            _ => self.mask(value),
        }
    }

    fn cookie(&self, pair: &str) -> String {
        match pair.split_once('=') {
            Some((name, "")) => format!("{}=", self.mask(name)),
            Some((name, value)) => format!("{}={}", self.mask(name), self.value(value.trim())),
            None => self.value(pair),
        }
    }
}

impl Known {
    fn value(&mut self, value: &str) -> String {
        if self.revealed || value.is_empty() {
            return value.to_owned();
        }
        if let Some(mask) = self.masks.get(value) {
            return mask.clone();
        }
        self.numbered += 1;
        let mask = format!("<masked {}>", self.numbered);
        self.masks.insert(value.to_owned(), mask.clone());
        let long = value.len() >= LONGER_THAN_A_WORD;
        let looks_made = value.len() >= SHORTEST_NUMBERED && (long || value.bytes().any(|byte| byte.is_ascii_digit()));
        if looks_made && !self.public.contains(value) {
            self.look_for(value, &mask);
        }
        mask
    }

    /// `user:password`
    fn pair(&mut self, pair: &str) {
        self.value(pair);
        if let Some((_, password)) = pair.split_once(':') {
            self.value(password);
        }
    }

    fn look_for(&mut self, value: &str, mask: &str) {
        for text in forms::of(value) {
            let Some(first) = text.as_bytes().first_chunk() else { continue };
            let forms = self.forms.entry(*first).or_default();
            if forms.iter().all(|form| form.text != text) {
                forms.push(Form { text, value: value.to_owned(), mask: mask.to_owned() });
                forms.sort_by_key(|form| std::cmp::Reverse(form.text.len()));
            }
        }
    }

    /// The longest secret with which these bytes begin: its length, and its mask.
    fn at(&self, bytes: &[u8]) -> Option<(usize, &str)> {
        if self.revealed {
            return None;
        }
        let forms = self.forms.get(bytes.first_chunk::<SHORTEST>()?)?;
        forms.iter().find(|form| bytes.starts_with(form.text.as_bytes())).map(|form| (form.text.len(), form.mask.as_str()))
    }

    /// The length of a variable's name in its braces, with which these bytes begin. It is no place to look for a secret.
    fn variable_at(&self, bytes: &[u8]) -> Option<usize> {
        let name = bytes.strip_prefix(ENVIRONMENT.as_bytes())?;
        let end = name.iter().position(|byte| *byte == b'}')?;
        let name = std::str::from_utf8(name.get(..end)?).ok()?;
        self.variables.contains(name).then_some(ENVIRONMENT.len() + end + 1)
    }
}

#[cfg(test)]
mod tests;
