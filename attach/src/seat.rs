//! The place of one key in a running program: it is plugged in, unplugged and plugged in again here.

use std::cell::{Cell, RefCell};
use std::future::pending;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use faultkey_transport::{LineEvent, Port, WallClock};
use tokio::sync::{mpsc, oneshot};

use crate::key::Key;
use crate::link::{Found, Via};
use crate::place::PowerMeter;

/// What somebody orders, and where the outcome goes: where the key is now, or why not.
struct Order {
    wish: OrderKind,
    done: Done,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OrderKind {
    Unplug,
    /// Unplug it if it is plugged in, and plug it in.
    Replug {
        keeps_state: bool,
    },
}

type Done = oneshot::Sender<Result<Found, String>>;

/// The control side of one key.
pub struct Seat {
    number: usize,
    port: Port<Key>,
    orders: mpsc::Sender<Order>,
    found: Mutex<Found>,
}

/// The side of a seat that does the work.
pub(crate) struct Worker {
    port: Port<Key>,
    orders: mpsc::Receiver<Order>,
    via: Via,
    meter: PowerMeter,
    clock: WallClock,
    was_ready: Cell<bool>,
}

/// What ended the time of a key on the bus.
enum Ended {
    Line(LineEvent),
    Order(Order),
}

impl Seat {
    pub(crate) fn new(key: Key, meter: PowerMeter, via: Via, clock: WallClock) -> (Self, Worker) {
        let (orders, ordered) = mpsc::channel(1);
        let number = key.number();
        let port = Port::new(key);
        let seat = Self { number, port: port.clone(), orders, found: Mutex::default() };
        (seat, Worker { port, orders: ordered, via, meter, clock, was_ready: Cell::new(false) })
    }

    #[must_use]
    pub fn number(&self) -> usize {
        self.number
    }

    #[must_use]
    pub fn port(&self) -> &Port<Key> {
        &self.port
    }

    /// Where a host finds the key, as it was last plugged in.
    #[must_use]
    pub fn place(&self) -> String {
        self.found().text
    }

    /// Why the programs of this user can't open the key's device node, and what mends it; None where they can, or where there is no node.
    #[must_use]
    pub fn obstacle(&self) -> Option<String> {
        #[cfg(unix)]
        return self.found().node.and_then(|node| faultkey_transport::device_node::obstacle(&node));
        #[cfg(not(unix))]
        None
    }

    fn found(&self) -> Found {
        self.found.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes the key off the bus, if it is there.
    ///
    /// # Errors
    /// In words, when the program is ending.
    pub async fn unplug(&self) -> Result<(), String> {
        self.order(OrderKind::Unplug).await.map(|_| ())
    }

    /// A power cycle; without its state, another key of the same kind comes instead. Tells where a host finds it.
    ///
    /// # Errors
    /// In words, when it can't be plugged in again.
    pub async fn replug(&self, keeps_state: bool) -> Result<String, String> {
        self.order(OrderKind::Replug { keeps_state }).await.map(|found| found.text)
    }

    async fn order(&self, wish: OrderKind) -> Result<Found, String> {
        let ending = || "the program is ending".to_owned();
        let (done, outcome) = oneshot::channel();
        self.orders.send(Order { wish, done }).await.map_err(|_| ending())?;
        let found = outcome.await.map_err(|_| ending())??;
        if matches!(wish, OrderKind::Replug { .. }) {
            self.set_found(found.clone());
        }
        Ok(found)
    }

    pub(crate) fn set_found(&self, found: Found) {
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = found;
    }
}

impl Worker {
    /// Plugs the key in, and goes on until the link fails for good. `ready` is told where the key is, or why it can't be plugged in.
    pub async fn run(mut self, ready: Done) -> String {
        let mut done = Some(ready);
        loop {
            let link = match self.plug().await {
                Ok(link) => link,
                Err(error) => {
                    if self.failed(&mut done, &error) {
                        return error;
                    }
                    done = self.unplugged(None).await;
                    continue;
                }
            };
            // Whoever waits for the key is told once a host finds it.
            let waiting = RefCell::new(done.take());
            let ready = |found: Found| {
                self.was_ready.set(true);
                if let Some(done) = waiting.take() {
                    drop(done.send(Ok(found)));
                }
            };
            let ended = tokio::select! {
                ended = link.run(&self.port, &self.clock, ready) => ended.map(Ended::Line),
                order = self.orders.recv() => match order {
                    Some(order) => Ok(Ended::Order(order)),
                    None => return "nobody controls the key any more".to_owned(),
                },
            };
            let mut done_before = waiting.take();
            let ended = match ended {
                Ok(ended) => ended,
                Err(error) => {
                    if self.failed(&mut done_before, &error) {
                        return error;
                    }
                    done = self.unplugged(None).await;
                    continue;
                }
            };
            match ended {
                // Its power is not lost.
                Ended::Line(LineEvent::BusReset | LineEvent::Stall) => {}
                Ended::Line(LineEvent::Unplug { again_after, keeps_state }) => {
                    self.take_off();
                    if !keeps_state {
                        self.forget();
                    }
                    done = self.unplugged(Some(again_after).flatten()).await;
                }
                Ended::Order(order) => {
                    self.take_off();
                    done = match self.obey(order) {
                        Some(done) => Some(done),
                        None => self.unplugged(None).await,
                    };
                }
            }
        }
    }

    /// It is off the bus, against everybody's will. `true`: it never was on it, and the program has no use for it.
    fn failed(&self, done: &mut Option<Done>, error: &str) -> bool {
        let never = !self.was_ready.get();
        self.take_off();
        match done.take() {
            Some(done) => drop(done.send(Err(error.to_owned()))),
            None => {
                self.port.with(|key| key.note(self.clock.now(), format!("it is off the bus: {error}; `faultkey ctl replug` tries again")))
            }
        }
        never
    }

    /// Power, and then the bus.
    async fn plug(&mut self) -> Result<crate::link::Plugged, String> {
        if !self.port.with(|key| key.is_plugged()) {
            let power_up = self.meter.power_up().map_err(|error| error.to_string())?;
            self.port.with(|key| key.plug(self.clock.now(), power_up)).map_err(|error| error.to_string())?;
        }
        let identity = self.port.with(|key| crate::identity::of(key.profile(), key.number()));
        let link = self.via.plug(&identity).await?;
        if let Some(via) = link.again() {
            self.via = via;
        }
        self.port.with(|key| key.set_way(way(&self.via)));
        Ok(link)
    }

    fn take_off(&self) {
        self.port.with(|key| key.unplug(self.clock.now()));
    }

    fn forget(&self) {
        let forgotten = self.port.with(Key::forget);
        if let Err(error) = forgotten {
            self.port.with(|key| key.note(self.clock.now(), format!("its state is still there: {error}")));
        }
    }

    /// Does what an order wants of a key without power. `Some`: plug it in now, and tell this one.
    fn obey(&self, order: Order) -> Option<Done> {
        match order.wish {
            OrderKind::Unplug => {
                drop(order.done.send(Ok(Found::default())));
                None
            }
            OrderKind::Replug { keeps_state } => {
                if !keeps_state {
                    self.forget();
                }
                Some(order.done)
            }
        }
    }

    /// Off the bus, until that time is over or somebody plugs it in. Who is told then?
    async fn unplugged(&mut self, again_after: Option<Duration>) -> Option<Done> {
        let again = again_after.map(|after| self.clock.now() + after);
        loop {
            tokio::select! {
                () = self.clock.reach(again) => return None,
                order = self.orders.recv() => match order {
                    Some(order) => if let Some(done) = self.obey(order) {
                        return Some(done);
                    },
                    None => pending().await,
                },
            }
        }
    }
}

/// For a person.
const fn way(via: &Via) -> &'static str {
    match via {
        Via::Whatever => "",
        Via::Uhid => "UHID",
        Via::UsbIp | Via::UsbIpServer(_) => "USB/IP",
        Via::Socket(_) => "socket",
    }
}
