//! All keys of one program, and what drives them together.

use std::path::Path;
use std::sync::Arc;

use faultkey_authenticator::Time;
use faultkey_transport::WallClock;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinSet;

use crate::happening::Happening;
use crate::link::Via;
use crate::log::Log;
use crate::place::PowerMeter;
use crate::seat::Seat;
use crate::view::View;
use crate::{Key, KeyState, Plan, trace_file};

/// Keys that are not plugged in yet.
pub struct Keyring {
    keys: Vec<(Key, PowerMeter, Via)>,
    log: Log,
    clock: WallClock,
}

/// Keys that are plugged in. Dropping it, or [`Attached::end`], unplugs them all.
pub struct Attached {
    keys: Arc<Keys>,
    workers: JoinSet<String>,
}

/// What a controller reaches.
pub struct Keys {
    pub(crate) seats: Vec<Seat>,
    pub(crate) log: Log,
    pub(crate) clock: WallClock,
    pub(crate) quit: Notify,
}

impl Default for Keyring {
    fn default() -> Self {
        Self { keys: Vec::new(), log: Log::default(), clock: WallClock::start() }
    }
}

impl Keyring {
    /// Adds a key.
    ///
    /// # Errors
    /// In words, when it can't be.
    pub fn add(&mut self, plan: Plan, via: Via, view: Option<View>, trace: Option<&Path>) -> Result<(), String> {
        let (mut key, meter) = plan.build().map_err(|error| error.to_string())?;
        let (number, log) = (key.number(), self.log.clone());
        key.watch(move |now: Time, happening: &Happening| {
            log.record(number, now, happening);
            if let Some(view) = &view {
                view.show(number, now, happening);
            }
        });
        if let Some(path) = trace {
            let identity = crate::identity::of(key.profile(), number);
            key.set_trace(Some(trace_file::open(&trace_file::of_key(path, number), &identity, &self.clock)?));
        }
        self.keys.push((key, meter, via));
        Ok(())
    }

    /// Plugs all keys in, inside of a [`tokio::task::LocalSet`].
    ///
    /// # Errors
    /// In words, when one can't be; then none is.
    pub async fn attach(self) -> Result<Attached, String> {
        let mut workers = JoinSet::new();
        let mut seats = Vec::new();
        for (key, meter, via) in self.keys {
            let (seat, worker) = Seat::new(key, meter, via, self.clock);
            let (ready, is_ready) = oneshot::channel();
            workers.spawn_local(worker.run(ready));
            let found = is_ready.await.map_err(|_| "the key's link ended before it was ready".to_owned())??;
            seat.set_found(found);
            seats.push(seat);
        }
        let keys = Keys { seats, log: self.log, clock: self.clock, quit: Notify::new() };
        Ok(Attached { keys: Arc::new(keys), workers })
    }
}

impl Attached {
    #[must_use]
    pub fn keys(&self) -> &Arc<Keys> {
        &self.keys
    }

    /// Until somebody orders the end.
    ///
    /// # Errors
    /// In words, when a key's link has failed for good.
    pub async fn run(&mut self) -> Result<(), String> {
        tokio::select! {
            () = self.keys.quit.notified() => Ok(()),
            failed = self.workers.join_next() => Err(match failed {
                Some(Ok(error)) => error,
                Some(Err(error)) => format!("a key's link broke down: {error}"),
                None => "there is no key".to_owned(),
            }),
        }
    }

    /// Unplugs all keys.
    pub async fn end(mut self) {
        self.workers.shutdown().await;
        for seat in &self.keys.seats {
            seat.port().with(|key| key.unplug(self.keys.clock.now()));
        }
    }
}

impl Keys {
    #[must_use]
    pub fn seats(&self) -> &[Seat] {
        &self.seats
    }

    /// How they stand now.
    #[must_use]
    pub fn states(&self) -> Vec<KeyState> {
        let now = self.clock.now();
        self.seats.iter().map(|seat| KeyState::of(seat, now)).collect()
    }

    /// The time of this program's keys.
    #[must_use]
    pub fn now(&self) -> Time {
        self.clock.now()
    }

    /// Ends the program.
    pub fn quit(&self) {
        self.quit.notify_one();
    }

    /// The key that is meant.
    ///
    /// # Errors
    /// In words, when there is none with this number, or several and none is named.
    pub fn seat(&self, number: Option<usize>) -> Result<&Seat, String> {
        match (number, self.seats.as_slice()) {
            (None, [only]) => Ok(only),
            (None, several) => Err(format!("there are {} keys; say which, with --key 1 to --key {}", several.len(), several.len())),
            (Some(number), seats) => seats
                .iter()
                .find(|seat| seat.number() == number)
                .ok_or_else(|| format!("there is no key {number}; `faultkey ctl list` shows those that are there")),
        }
    }
}
