//! How a key stands at a moment: what `faultkey ctl` tells and the screen shows.

use std::path::PathBuf;
use std::time::Duration;

use faultkey_authenticator::standing::Standing;
use faultkey_authenticator::{Store, Time};
use faultkey_transport::transcript::prompt_text;
use serde_json::{Value, json};

use crate::escape::escaped;
use crate::key::LastExchange;
use crate::seat::Seat;
use crate::text::counted;
use crate::user::{self, Reason, time_text};
use crate::{Place, Presence, Verification};

/// A key at a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyState {
    pub number: usize,
    pub profile: String,
    pub seed: u64,
    pub is_plugged: bool,
    /// By what it is plugged in: UHID, USB/IP, a socket.
    pub way: &'static str,
    /// Where a host finds it.
    pub place: String,
    pub power_up: u64,
    pub presence: Presence,
    pub verification: Verification,
    /// For whom touches come by themselves.
    pub allowed: String,
    /// `None`: not known, it has no power.
    pub standing: Option<Standing>,
    /// `None`: the store can't be read.
    pub credentials: Option<usize>,
    pub waits: Option<Waits>,
    /// Number and request.
    pub under_way: Option<(u64, String)>,
    pub last: Option<LastExchange>,
    pub exchanges: u64,
    pub faults: Vec<ArmedFault>,
    /// How often faults decided, since the program began.
    pub decisions: usize,
    pub kept: Place,
    pub trace: Option<PathBuf>,
}

/// A prompt that waits for an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waits {
    pub text: String,
    /// How long the touch has to be held.
    pub hold: Option<Duration>,
    /// Why somebody has to do something; `None` when the answer comes by itself.
    pub reason: Option<Reason>,
    pub since: Time,
    /// Then the key gives up.
    pub until: Time,
}

/// A fault that is armed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArmedFault {
    pub name: String,
    /// With its trigger, schedule and parameters, as the command line writes it.
    pub spec: String,
    pub acted: u32,
    pub is_over: bool,
}

impl KeyState {
    #[must_use]
    pub fn of(seat: &Seat, now: Time) -> Self {
        Self::with(seat, now, Self::count(seat))
    }

    /// How many credentials it has. The key may go on meanwhile.
    pub(crate) fn count(seat: &Seat) -> Option<usize> {
        let store = seat.port().with(|key| key.store().clone());
        store.credentials().ok().map(|credentials| credentials.len())
    }

    /// The same, with its credentials counted already.
    pub(crate) fn with(seat: &Seat, now: Time, credentials: Option<usize>) -> Self {
        let place = seat.place();
        seat.port().with(|key| {
            let user = key.user().clone();
            let faults = key.faults().list().into_iter().map(|listed| ArmedFault {
                name: listed.info.name.to_owned(),
                spec: listed.spec.to_string(),
                acted: listed.acted,
                is_over: listed.over,
            });
            Self {
                number: key.number(),
                profile: key.profile().name.clone(),
                seed: key.seed(),
                is_plugged: key.is_plugged(),
                way: key.way(),
                place,
                power_up: key.power_up(),
                presence: user.presence,
                verification: user.verification,
                allowed: user.allow_list.to_string(),
                standing: key.standing(),
                credentials,
                waits: key.asked(now).map(|asked| Waits {
                    text: escaped(&prompt_text(&asked.prompt)).into_owned(),
                    hold: user::hold(&asked.prompt),
                    reason: asked.waits,
                    since: asked.since,
                    until: asked.until,
                }),
                under_way: key.under_way().map(|(number, request)| (number, request.to_owned())),
                last: key.last_exchange().cloned(),
                exchanges: key.exchanges(),
                faults: faults.collect(),
                decisions: key.decisions(),
                kept: key.kept().clone(),
                trace: key.trace_file().map(ToOwned::to_owned),
            }
        })
    }

    const fn plugged_text(&self) -> &'static str {
        if self.is_plugged { "plugged" } else { "unplugged" }
    }

    /// What `faultkey ctl list` has of it.
    #[must_use]
    pub fn listed(&self) -> Value {
        let last = self.last.as_ref().map(|last| json!({ "number": last.number, "request": last.request, "reply": last.reply }));
        json!({
            "key": self.number,
            "profile": self.profile,
            "seed": self.seed,
            "state": self.plugged_text(),
            "place": self.place,
            "powerUp": self.power_up,
            "presence": self.presence.to_string(),
            "verification": self.verification.to_string(),
            "allowed": self.allowed,
            "waits": self.waits.as_ref().map(Waits::to_json),
            "lastExchange": last,
            "faults": self.faults.len(),
        })
    }

    /// All of it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut whole = self.listed();
        let pin = self.standing.and_then(|standing| standing.pin);
        let more = json!({
            "via": self.way,
            "pin": pin.map(|pin| json!({ "set": pin.is_set, "triesLeft": pin.tries_left, "needsPowerCycle": pin.needs_power_cycle })),
            "verificationTriesLeft": self.standing.and_then(|standing| standing.verification_tries_left),
            "credentials": self.credentials,
            "exchanges": self.exchanges,
            "underWay": self.under_way.as_ref().map(|(number, request)| json!({ "number": number, "request": request })),
            "faults": self.faults.iter().map(ArmedFault::to_json).collect::<Vec<_>>(),
            "decisions": self.decisions,
            "store": self.kept.to_string(),
            "trace": self.trace,
        });
        if let (Some(whole), Value::Object(more)) = (whole.as_object_mut(), more) {
            whole.extend(more);
        }
        whole
    }

    /// A few lines for people.
    #[must_use]
    pub fn text(&self) -> String {
        let at = if self.is_plugged { format!(" at {}", self.place) } else { String::new() };
        let mut text = format!(
            "key {}: {}, {}{at}, power-up {}, presence {}, verification {}",
            self.number,
            self.profile,
            self.plugged_text(),
            self.power_up,
            self.presence,
            self.verification
        );
        if let Some(waits) = &self.waits {
            text.push_str(&format!("\n  waits: {}", waits.text));
        }
        if let Some(last) = &self.last {
            text.push_str(&format!("\n  last: #{} {}: {}", last.number, last.request, last.reply));
        }
        if !self.faults.is_empty() {
            text.push_str(&format!("\n  faults armed: {}", self.faults.len()));
        }
        text
    }

    /// The PIN in words.
    #[must_use]
    pub fn pin_text(&self) -> String {
        match self.standing.map(|standing| standing.pin) {
            None => "PIN not known without power".to_owned(),
            Some(None) => "takes no PIN".to_owned(),
            Some(Some(pin)) if !pin.is_set => "no PIN set".to_owned(),
            Some(Some(pin)) if pin.tries_left == 0 => "PIN blocked until a reset".to_owned(),
            Some(Some(pin)) if pin.needs_power_cycle => format!("PIN blocked until a power cycle, {}", left(pin.tries_left)),
            Some(Some(pin)) => format!("PIN set, {}", left(pin.tries_left)),
        }
    }

    /// The reader in words.
    #[must_use]
    pub fn reader_text(&self) -> String {
        match self.standing.map(|standing| standing.verification_tries_left) {
            None => String::new(),
            Some(None) => "no reader".to_owned(),
            Some(Some(tries)) => format!("finger: {}", left(tries)),
        }
    }

    /// The credentials in words.
    #[must_use]
    pub fn credentials_text(&self) -> String {
        match self.credentials {
            None => "credentials can't be read".to_owned(),
            Some(count) => counted(count, "credential"),
        }
    }

    /// What is left of it after the end, in a few lines.
    #[must_use]
    pub fn parting(&self) -> String {
        let mut text = format!(
            "key {}: {}, {}, {} of faults",
            self.number,
            self.profile,
            counted(usize::try_from(self.exchanges).unwrap_or(usize::MAX), "exchange"),
            counted(self.decisions, "decision")
        );
        for fault in &self.faults {
            text.push_str(&format!("\n  still armed: {}", fault.text()));
        }
        let kept = match &self.kept {
            Place::Memory => "gone with the program (--store DIR keeps them)".to_owned(),
            Place::Folder(folder) => format!("kept in {}", folder.display()),
        };
        text.push_str(&format!("\n  {}, {kept}", self.credentials_text()));
        if let Some(trace) = &self.trace {
            text.push_str(&format!("\n  trace: {}", trace.display()));
        }
        text
    }
}

fn left(tries: u8) -> String {
    if tries == 1 { "1 try left".to_owned() } else { format!("{tries} tries left") }
}

impl Waits {
    fn to_json(&self) -> Value {
        json!({
            "prompt": self.text,
            "reason": self.reason.map(Reason::text),
            "hold": self.hold.map(|hold| u64::try_from(hold.as_millis()).unwrap_or(u64::MAX)),
            "since": self.since.as_millis(),
        })
    }
}

impl ArmedFault {
    /// For scripts.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({ "fault": self.name, "spec": self.spec, "acted": self.acted, "over": self.is_over })
    }

    /// `2 times`.
    #[must_use]
    pub fn acted_text(&self) -> String {
        counted(usize::try_from(self.acted).unwrap_or(usize::MAX), "time")
    }

    /// For people.
    #[must_use]
    pub fn text(&self) -> String {
        let over = if self.is_over { ", its schedule has ended" } else { "" };
        format!("{}: acted {}{over}", self.spec, self.acted_text())
    }
}

/// How a touch is made that is held long enough, for a person.
#[must_use]
pub fn hold_text(hold: Duration) -> String {
    let time = time_text(hold);
    format!("it has to be held for {time}: `faultkey ctl touch --hold {time}`")
}
