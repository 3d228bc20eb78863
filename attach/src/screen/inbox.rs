//! News on its way from the keys to the screen. Who puts it there never waits.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use faultkey_authenticator::Time;

use super::Scroll;
use crate::view::Told;

/// Most news that wait for a terminal that stands still; the oldest make room.
const MOST: usize = 10_000;
/// How long somebody waits for the terminal to be given back.
const PATIENCE: Duration = Duration::from_secs(1);

/// One thing that the screen has to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    Told {
        key: usize,
        at: Time,
        told: Told,
    },
    /// A line of the program's own.
    Said(String),
    Scroll(Scroll),
    /// Nothing but that there is something to be seen.
    Look,
}

/// Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Inbox {
    shared: Arc<(Mutex<Waiting>, Condvar)>,
}

#[derive(Debug, Default)]
struct Waiting {
    news: VecDeque<News>,
    lost: usize,
    wanted: Wanted,
    is_on: bool,
}

/// What is to be done with the terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Wanted {
    #[default]
    Shown,
    Hidden,
    Ended,
}

/// What was in the inbox.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub news: VecDeque<News>,
    /// So many older ones made room.
    pub lost: usize,
    pub wanted: Wanted,
}

impl Inbox {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts something in.
    pub fn put(&self, news: News) {
        let mut waiting = self.lock();
        if waiting.news.len() >= MOST {
            waiting.news.pop_front();
            waiting.lost += 1;
        }
        waiting.news.push_back(news);
        self.shared.1.notify_all();
    }

    /// Everything in it, once there is something, or something else is wanted than `before`, or after `patience`.
    pub(super) fn take(&self, before: Wanted, patience: Duration) -> Taken {
        let nothing = |waiting: &mut Waiting| waiting.news.is_empty() && waiting.wanted == before;
        let waited = self.shared.1.wait_timeout_while(self.lock(), patience, nothing);
        let mut waiting = waited.unwrap_or_else(PoisonError::into_inner).0;
        // From here on the terminal is taken: who orders it back waits until it is.
        waiting.is_on |= waiting.wanted == Wanted::Shown;
        Taken { news: std::mem::take(&mut waiting.news), lost: std::mem::take(&mut waiting.lost), wanted: waiting.wanted }
    }

    /// Orders the terminal to be given back, or taken again. Returns when it is given back; not never, since a terminal may stand still.
    pub(crate) fn hide(&self, hidden: bool) {
        self.order(if hidden { Wanted::Hidden } else { Wanted::Shown });
    }

    pub(super) fn end(&self) {
        self.order(Wanted::Ended);
    }

    fn order(&self, wanted: Wanted) {
        let mut waiting = self.lock();
        waiting.wanted = wanted;
        self.shared.1.notify_all();
        if wanted != Wanted::Shown {
            drop(self.shared.1.wait_timeout_while(waiting, PATIENCE, |waiting| waiting.is_on));
        }
    }

    /// The terminal is given back.
    pub(super) fn is_off(&self) {
        self.lock().is_on = false;
        self.shared.1.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_puts_news_never_waits_and_the_oldest_make_room() {
        let inbox = Inbox::default();
        for number in 0..MOST + 3 {
            inbox.put(News::Said(number.to_string()));
        }
        let taken = inbox.take(Wanted::Shown, Duration::ZERO);
        assert_eq!((taken.news.len(), taken.lost, &taken.news[0]), (MOST, 3, &News::Said("3".to_owned())));
        let taken = inbox.take(Wanted::Shown, Duration::ZERO);
        assert_eq!((taken.news.len(), taken.lost, taken.wanted), (0, 0, Wanted::Shown));
    }

    #[test]
    fn the_terminal_is_given_back_before_who_asked_for_it_goes_on() {
        let inbox = Inbox::default();
        assert_eq!(inbox.take(Wanted::Shown, Duration::ZERO).wanted, Wanted::Shown);
        assert!(inbox.lock().is_on);
        let thread = std::thread::spawn({
            let inbox = inbox.clone();
            move || {
                while inbox.take(Wanted::Shown, Duration::from_secs(60)).wanted != Wanted::Hidden {}
                inbox.is_off();
            }
        });
        inbox.hide(true);
        assert!(!inbox.lock().is_on);
        thread.join().unwrap();
    }
}
