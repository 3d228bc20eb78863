//! When and how a run was made: what its report has beside what the seed decides.

use std::cell::RefCell;
use std::ops::Deref;
use std::time::{Duration, Instant, SystemTime};

use faultkey_lab::date::Date;
use faultkey_lab::exercise::{CleanUp, Learnt, Progress};
use faultkey_lab::verdict::{Circumstances, Timing};
use faultkey_relying_party::Waiter;

/// Measures a run, and each scenario of it, on the way to whom it is told.
pub struct Timed<P> {
    progress: P,
    started: SystemTime,
    began: Instant,
    /// Scenarios under way: several can wait together.
    playing: RefCell<Vec<([String; 3], Instant)>>,
    timings: RefCell<Vec<Timing>>,
}

impl<P: Progress> Timed<P> {
    /// The run begins now.
    pub fn new(progress: P) -> Self {
        let (playing, timings) = (RefCell::default(), RefCell::default());
        Self { progress, started: SystemTime::now(), began: Instant::now(), playing, timings }
    }

    /// What is known now, at the run's end.
    pub fn circumstances(&self, label: Option<String>) -> Circumstances {
        Circumstances {
            started: Some(rfc3339(self.started)),
            milliseconds: Some(milliseconds(self.began.elapsed())),
            command: Some(command(std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned()))),
            label,
            timings: self.timings.borrow().clone(),
        }
    }
}

impl<P> Deref for Timed<P> {
    type Target = P;

    fn deref(&self) -> &P {
        &self.progress
    }
}

impl<P: Progress> Progress for Timed<P> {
    fn started(&self, target: &str, scenario: &str, profile: &str, done: usize, total: usize) {
        self.playing.borrow_mut().push(([target, scenario, profile].map(str::to_owned), Instant::now()));
        self.progress.started(target, scenario, profile, done, total);
    }

    fn finished(&self, target: &str, scenario: &str, profile: &str, done: usize, total: usize) {
        let mut playing = self.playing.borrow_mut();
        if let Some(index) = playing.iter().position(|(of, _)| *of == [target, scenario, profile]) {
            let ([target, scenario, profile], began) = playing.swap_remove(index);
            self.timings.borrow_mut().push(Timing { target, scenario, profile, milliseconds: milliseconds(began.elapsed()) });
        }
        self.progress.finished(target, scenario, profile, done, total);
    }

    fn learnt(&self, target: &str, learnt: &Learnt) {
        self.progress.learnt(target, learnt);
    }

    fn cleaned_up(&self, target: &str, clean_up: &CleanUp) {
        self.progress.cleaned_up(target, clean_up);
    }

    fn stopped_answering(&self, target: &str, patience: Duration) {
        self.progress.stopped_answering(target, patience);
    }

    fn waiter(&self) -> Waiter {
        self.progress.waiter()
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// `2026-11-30T15:04:05Z`. A clock before 1970 is taken for 1970.
fn rfc3339(time: SystemTime) -> String {
    let seconds = time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let of_day = seconds % 86_400;
    format!("{}T{:02}:{:02}:{:02}Z", Date::of_unix_time(seconds), of_day / 3_600, of_day / 60 % 60, of_day % 60)
}

/// The command line as a shell reads it. Of a URL, user and password are masked.
fn command(arguments: impl Iterator<Item = String>) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:=,@%+~*".contains(c);
    let quoted = |argument: String| {
        let argument = masked(&argument);
        // A `*` only stands where something is masked or where the shell had it quoted; the latter needs its quotes again.
        match !argument.is_empty() && argument.chars().all(|c| plain(c) && (c != '*' || argument.contains("***@"))) {
            true => argument,
            false => format!("'{}'", argument.replace('\'', "'\\''")),
        }
    };
    std::iter::once("faultkey".to_owned()).chain(arguments.map(quoted)).collect::<Vec<_>>().join(" ")
}

/// `https://user:password@host/` as `https://***@host/`, wherever it stands in the text.
fn masked(text: &str) -> String {
    let mut masked = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        masked.push_str(before);
        masked.push_str("://");
        let end = after.find(|c: char| c.is_whitespace() || "/?#\"'".contains(c)).unwrap_or(after.len());
        let (authority, behind) = after.split_at(end);
        match authority.rsplit_once('@') {
            Some((_, host)) => {
                masked.push_str("***@");
                masked.push_str(host);
            }
            None => masked.push_str(authority),
        }
        rest = behind;
    }
    masked.push_str(rest);
    masked
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn times_are_rfc_3339_in_utc() {
        let at = |seconds| rfc3339(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(0), "1970-01-01T00:00:00Z");
        assert_eq!(at(1_796_051_045), "2026-11-30T15:04:05Z");
        assert_eq!(rfc3339(SystemTime::UNIX_EPOCH - Duration::from_secs(1)), "1970-01-01T00:00:00Z");
    }

    #[test]
    fn the_command_line_is_for_a_shell_and_has_no_password() {
        let of = |arguments: &[&str]| command(arguments.iter().map(|argument| (*argument).to_owned()));
        assert_eq!(
            of(&["exercise", "--rp", "https://user:pass@shop.test:8443/a@b"]),
            "faultkey exercise --rp https://***@shop.test:8443/a@b"
        );
        assert_eq!(of(&["exercise", "--rp=http://user@shop.test"]), "faultkey exercise --rp=http://***@shop.test");
        assert_eq!(
            of(&["exercise", "--restart", "curl 'http://a:b@c' && echo x", "--label", ""]),
            r"faultkey exercise --restart 'curl '\''http://***@c'\'' && echo x' --label ''"
        );
        assert_eq!(of(&["exercise", "--scenario", "*.toml"]), "faultkey exercise --scenario '*.toml'");
        assert_eq!(masked("https://user:p@ss@shop.test?u=a@b"), "https://***@shop.test?u=a@b");
        assert_eq!(masked("https://user:pass@"), "https://***@");
    }

    struct Quiet;

    impl Progress for Quiet {
        fn started(&self, _: &str, _: &str, _: &str, _: usize, _: usize) {}
        fn finished(&self, _: &str, _: &str, _: &str, _: usize, _: usize) {}
        fn learnt(&self, _: &str, _: &Learnt) {}
        fn stopped_answering(&self, _: &str, _: Duration) {}
        fn waiter(&self) -> Waiter {
            Arc::new(|_| Box::pin(std::future::ready(())))
        }
    }

    #[test]
    fn scenarios_that_wait_together_are_measured_each() {
        let timed = Timed::new(Quiet);
        timed.started("shop", "a", "iphone", 0, 2);
        timed.started("shop", "b", "iphone", 0, 2);
        timed.finished("shop", "b", "iphone", 1, 2);
        timed.finished("shop", "a", "iphone", 2, 2);
        timed.started("shop", "c", "iphone", 2, 3);
        let circumstances = timed.circumstances(Some("build 7".to_owned()));
        assert_eq!(circumstances.timings.iter().map(|timing| timing.scenario.as_str()).collect::<Vec<_>>(), ["b", "a"]);
        assert_eq!(circumstances.label.as_deref(), Some("build 7"));
        assert!(circumstances.command.unwrap().starts_with("faultkey"));
    }
}
