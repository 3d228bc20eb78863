//! Where a run stands: one line on a terminal, nothing in a pipe.

use std::cell::RefCell;
use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;

use faultkey_fault_injection::Language;
use faultkey_lab::exercise::{CleanUp, Learnt, Progress};
use faultkey_relying_party::Waiter;
use faultkey_transport::escape::escaped;
use indicatif::{ProgressBar, ProgressStyle};

use crate::language;
use crate::output::complain;

pub struct Terminal {
    bar: ProgressBar,
    language: Language,
    /// For the end.
    accounts: RefCell<Vec<String>>,
}

impl Terminal {
    pub fn new(language: Language) -> Self {
        let bar = if std::io::stderr().is_terminal() { ProgressBar::new(0) } else { ProgressBar::hidden() };
        if let Ok(style) = ProgressStyle::with_template("{bar:20} {pos}/{len} {wide_msg}") {
            bar.set_style(style);
        }
        Self { bar, language, accounts: RefCell::default() }
    }

    /// The names in it are somebody else's.
    fn tell(&self, text: &str) {
        self.bar.set_message(escaped(text).into_owned());
    }

    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }

    /// What has become of the accounts.
    pub fn tell_of_accounts(&self) {
        self.accounts.borrow().iter().for_each(|line| complain!("{line}"));
    }
}

impl Progress for Terminal {
    fn started(&self, target: &str, scenario: &str, profile: &str, done: usize, total: usize) {
        self.bar.set_length(total as u64);
        self.bar.set_position(done as u64);
        self.tell(&language::words().playing(target, scenario, profile));
    }

    fn finished(&self, _target: &str, _scenario: &str, _profile: &str, done: usize, _total: usize) {
        self.bar.set_position(done as u64);
    }

    fn learnt(&self, target: &str, learnt: &Learnt) {
        complain!("{}", faultkey_lab::help::learnt(target, learnt, self.language));
    }

    fn cleaned_up(&self, target: &str, clean_up: &CleanUp) {
        self.accounts.borrow_mut().push(faultkey_lab::help::cleaned_up(target, clean_up, self.language));
    }

    fn stopped_answering(&self, target: &str, patience: Duration) {
        self.tell(&language::words().waiting_for(target, patience.as_secs()));
    }

    fn waiter(&self) -> Waiter {
        let bar = self.bar.clone();
        Arc::new(move |how_long| {
            let bar = bar.clone();
            Box::pin(async move {
                let mut left = how_long;
                // A countdown only where it is worth one.
                while left > Duration::from_secs(2) {
                    bar.set_message(language::words().waiting_for_clock(left.as_secs()));
                    let step = Duration::from_secs(1);
                    tokio::time::sleep(step).await;
                    left = left.saturating_sub(step);
                }
                tokio::time::sleep(left).await;
            })
        })
    }
}
