//! The last things that happened at all keys, numbered, for those who wait for one of them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use faultkey_authenticator::Time;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::happening::{Happening, effect_text};

/// Older ones are forgotten.
const MOST_ENTRIES: usize = 4_096;

/// A shared log. Clones are the same.
#[derive(Clone, Debug)]
pub struct Log {
    entries: Arc<Mutex<VecDeque<Entry>>>,
    last: watch::Sender<u64>,
}

/// One line of it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Counted from 1 over all keys.
    pub number: u64,
    /// The key's number.
    pub key: usize,
    pub at: Time,
    pub happening: Happening,
}

impl Default for Log {
    fn default() -> Self {
        Self { entries: Arc::default(), last: watch::Sender::new(0) }
    }
}

impl Log {
    fn lock(&self) -> MutexGuard<'_, VecDeque<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends what happened. Reports are not kept: there are too many.
    pub fn record(&self, key: usize, at: Time, happening: &Happening) {
        if matches!(happening, Happening::ReportIn(_) | Happening::ReportOut(_)) {
            return;
        }
        let mut entries = self.lock();
        let number = *self.last.borrow() + 1;
        if entries.len() >= MOST_ENTRIES {
            entries.pop_front();
        }
        entries.push_back(Entry { number, key, at, happening: happening.clone() });
        self.last.send_replace(number);
    }

    /// The number of the last entry; 0 before the first.
    #[must_use]
    pub fn last(&self) -> u64 {
        *self.last.borrow()
    }

    /// Tells of each new entry.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.last.subscribe()
    }

    /// The first entry of `key` after `after` that is wanted.
    pub fn find(&self, key: usize, after: u64, wanted: impl Fn(&Happening) -> bool) -> Option<Entry> {
        self.lock().iter().find(|entry| entry.key == key && entry.number > after && wanted(&entry.happening)).cloned()
    }

    /// The text of the request with this number of exchange at `key`, if it is still known.
    #[must_use]
    pub fn request(&self, key: usize, exchange: u64) -> Option<String> {
        self.lock().iter().rev().find_map(|entry| match &entry.happening {
            Happening::Request { number, text, .. } if entry.key == key && *number == exchange => Some(text.clone()),
            _ => None,
        })
    }
}

impl Entry {
    /// For scripts.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut json = json!({ "number": self.number, "key": self.key, "at": self.at.as_millis(), "happened": self.happening.name() });
        let more = match &self.happening {
            Happening::Plugged { power_up } => json!({ "powerUp": power_up }),
            Happening::Request { number, channel, text, .. } | Happening::Reply { number, channel, text, .. } => {
                json!({ "exchange": number, "channel": channel, "text": text })
            }
            Happening::Silence { number, channel } | Happening::Aborted { number, channel } => {
                json!({ "exchange": number, "channel": channel })
            }
            Happening::Prompt { prompt, waits } => {
                json!({ "text": faultkey_transport::transcript::prompt_text(prompt), "waits": waits.map(crate::user::Reason::text) })
            }
            Happening::Answer { answer } => json!({ "text": faultkey_transport::transcript::answer_text(*answer) }),
            Happening::HidError { channel, code, text } => json!({ "channel": channel, "code": code, "text": text }),
            Happening::Fault { fault, text } => json!({ "fault": fault, "text": text }),
            Happening::Event { event, effect } => {
                json!({ "event": event.name(), "effect": effect.name(), "text": effect_text(*effect) })
            }
            Happening::Note { text } => json!({ "text": text }),
            Happening::Unplugged | Happening::Wink | Happening::ReportIn(_) | Happening::ReportOut(_) => Value::Null,
        };
        if let (Some(json), Value::Object(more)) = (json.as_object_mut(), more) {
            json.extend(more);
        }
        json
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(text: &str) -> Happening {
        Happening::Note { text: text.to_owned() }
    }

    #[test]
    fn entries_are_numbered_and_found_after_a_number() {
        let log = Log::default();
        let news = log.subscribe();
        log.record(1, Time::START, &note("a"));
        log.record(2, Time::from_millis(5), &note("b"));
        log.record(1, Time::from_millis(7), &Happening::ReportIn([0; 64]));
        log.record(1, Time::from_millis(9), &note("c"));
        assert_eq!((log.last(), *news.borrow()), (3, 3));
        let found = log.find(1, 1, |happening| matches!(happening, Happening::Note { .. })).unwrap();
        assert_eq!(found.to_json().to_string(), r#"{"number":3,"key":1,"at":9,"happened":"note","text":"c"}"#);
        assert!(log.find(1, 3, |_| true).is_none());
    }

    #[test]
    fn old_entries_are_forgotten() {
        let log = Log::default();
        for _ in 0..=MOST_ENTRIES {
            log.record(1, Time::START, &Happening::Wink);
        }
        assert_eq!(log.lock().len(), MOST_ENTRIES);
        assert_eq!(log.find(1, 0, |_| true).unwrap().number, 2);
    }
}
