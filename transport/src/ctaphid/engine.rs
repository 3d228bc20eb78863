//! The engine: reports and time in, reports and events out.

mod ctap1;
mod lock;
mod user;

use std::collections::VecDeque;

use faultkey_authenticator::{ChannelId, CommandSteps, Status, Step, Time, UserAnswer};

use self::ctap1::Polled;
use super::channels::Channels;
use super::packet::LONGEST_MESSAGE;
use super::queue::Queue;
use super::transaction::{Lock, State, Transaction, patience, planned};
use super::{BROADCAST, Config, Ctap1, ErrorCode, HidEvent, Keepalive, PROTOCOL_VERSION, Packet, RESERVED, Report, Touch, command};

/// One device: its channels, the one transaction that is under way, and the authenticator behind them.
///
/// After each call, take the reports with [`Engine::next_report`], and call [`Engine::tick`] at [`Engine::deadline`].
pub struct Engine<S, T> {
    config: Config,
    steps: S,
    touch: T,
    channels: Channels,
    /// There is one at a time over all channels (CTAP2.3 §11.2.5.1).
    transaction: Option<Transaction>,
    /// What a U2F host asks for again and again, between its transactions.
    polled: Option<Polled>,
    lock: Option<Lock>,
    queue: Queue,
    events: VecDeque<HidEvent>,
}

/// Events that nobody takes are forgotten, the oldest first.
const MOST_EVENTS: usize = 1_024;

impl<S: CommandSteps, T: Touch> Engine<S, T> {
    #[must_use]
    pub fn new(config: Config, steps: S, touch: T) -> Self {
        let channels = Channels::new(config.first_channel, config.most_channels);
        Self {
            config,
            steps,
            touch,
            channels,
            transaction: None,
            polled: None,
            lock: None,
            queue: Queue::default(),
            events: VecDeque::new(),
        }
    }

    /// The authenticator, for events that happen to the device.
    pub fn steps_mut(&mut self) -> &mut S {
        &mut self.steps
    }

    /// The user, for another mood. A prompt that waits is put again by [`Engine::ask_again`].
    pub fn touch_mut(&mut self) -> &mut T {
        &mut self.touch
    }

    /// A report from the host.
    pub fn receive(&mut self, now: Time, report: &Report) {
        self.tick(now);
        match Packet::parse(report) {
            Packet::Initialization { channel, command, length, data } => self.initialization(now, channel, command, length, data),
            Packet::Continuation { channel, sequence, data } => self.continuation(now, channel, sequence, data),
        }
        // What takes no time is done at once: a fast key, a user whose finger is there already.
        self.tick(now);
    }

    /// The next report for the host. A transaction lasts until the last report of its response is taken.
    pub fn next_report(&mut self) -> Option<Report> {
        let report = self.queue.next();
        if matches!(self.transaction, Some(Transaction { state: State::Sending, .. })) && !self.queue.has_response() {
            self.transaction = None;
        }
        report
    }

    /// How many reports wait for the host.
    #[must_use]
    pub fn backlog(&self) -> usize {
        self.queue.len()
    }

    /// The next thing that happened.
    pub fn next_event(&mut self) -> Option<HidEvent> {
        self.events.pop_front()
    }

    /// Time passes: timeouts, keepalives, and users who take their time.
    pub fn tick(&mut self, now: Time) {
        if let Some(lock) = self.lock.filter(|lock| now >= lock.until) {
            self.unlock(lock.channel);
        }
        while self.transaction_tick(now) {}
    }

    /// When [`Engine::tick`] has something to do, if nothing comes before.
    #[must_use]
    pub fn deadline(&self) -> Option<Time> {
        let transaction = self.transaction.as_ref().and_then(|transaction| transaction.state.deadline());
        transaction.into_iter().chain(self.lock.map(|lock| lock.until)).min()
    }

    /// The bus was reset, or the host went away: idle, nothing to send, no channel is anybody's. The keys are untouched.
    pub fn reset(&mut self, now: Time) {
        self.abort(now);
        self.polled = None;
        if let Some(lock) = self.lock {
            self.unlock(lock.channel);
        }
        self.queue.clear();
        for channel in self.channels.clear() {
            self.steps.channel_closed(now, ChannelId(channel));
        }
    }

    fn initialization(&mut self, now: Time, channel: u32, command: u8, length: usize, data: &[u8]) {
        if command == command::CANCEL {
            return self.cancel(now, channel);
        }
        if channel == RESERVED || (channel == BROADCAST && command != command::INIT) {
            return self.error(channel, ErrorCode::InvalidChannel);
        }
        // §11.2.6: as long as the lock is active, any other channel's message fails, a request for a new channel too.
        if self.lock.is_some_and(|lock| lock.channel != channel) {
            return self.error(channel, ErrorCode::ChannelBusy);
        }
        let active = self.transaction.as_ref().map(|transaction| transaction.channel);
        // §11.2.5.1: one transaction at a time. INIT alone disturbs nobody else's.
        if active.is_some_and(|active| active != channel) && command != command::INIT {
            return self.error(channel, ErrorCode::ChannelBusy);
        }
        if channel != BROADCAST && !self.channels.contains(channel) {
            return self.error(channel, ErrorCode::InvalidChannel);
        }
        self.channels.touch(channel);
        if command == command::INIT {
            return self.init(now, channel, length, data);
        }
        match self.transaction.as_ref().map(|transaction| &transaction.state) {
            None => self.begin(now, channel, command, length, data),
            // §11.2.5.4: a continuation packet was expected.
            Some(State::Receiving { .. }) => self.fail(channel, ErrorCode::InvalidSequence),
            Some(_) => self.error(channel, ErrorCode::ChannelBusy),
        }
    }

    /// The first packet of a message.
    fn begin(&mut self, now: Time, channel: u32, command: u8, length: usize, data: &[u8]) {
        if let Err(error) = self.accepts(channel, command, length) {
            return self.error(channel, error);
        }
        let message = data.get(..length).unwrap_or(data).to_vec();
        if message.len() == length {
            return self.execute(now, channel, command, message);
        }
        let due = now + self.config.transaction_timeout;
        self.transaction = Some(Transaction { channel, state: State::Receiving { command, length, message, next_sequence: 0, due } });
    }

    /// Whether the device has the command, and it may be so long.
    fn accepts(&self, channel: u32, command: u8, length: usize) -> Result<(), ErrorCode> {
        let lengths = match command {
            command::PING => 0..=LONGEST_MESSAGE,
            command::CBOR => 1..=LONGEST_MESSAGE,
            command::MSG if self.config.ctap1 != Ctap1::Absent => 1..=LONGEST_MESSAGE,
            command::WINK if self.config.wink => 0..=0,
            command::LOCK if self.config.lock => 1..=1,
            other => match self.config.vendor(other) {
                None => return Err(ErrorCode::InvalidCommand),
                Some(vendor) if vendor.needs_lock && self.lock.is_none_or(|lock| lock.channel != channel) => {
                    return Err(ErrorCode::LockRequired);
                }
                Some(_) => 0..=LONGEST_MESSAGE,
            },
        };
        if lengths.contains(&length) { Ok(()) } else { Err(ErrorCode::InvalidLength) }
    }

    fn continuation(&mut self, now: Time, channel: u32, sequence: u8, data: &[u8]) {
        // §11.2.5.4: spurious ones are ignored, and so are those of other channels.
        let Some(transaction) = self.transaction.as_mut().filter(|transaction| transaction.channel == channel) else { return };
        let State::Receiving { command, length, message, next_sequence, due } = &mut transaction.state else { return };
        if sequence != *next_sequence {
            return self.fail(channel, ErrorCode::InvalidSequence);
        }
        let missing = length.saturating_sub(message.len());
        message.extend_from_slice(data.get(..missing).unwrap_or(data));
        // At most 0x7F, since the length was checked.
        *next_sequence = next_sequence.saturating_add(1);
        *due = now + self.config.transaction_timeout;
        if message.len() >= *length {
            let (command, message) = (*command, std::mem::take(message));
            self.execute(now, channel, command, message);
        }
    }

    /// §11.2.9.1.3: a new channel, or a channel's way back to where it knows where it stands.
    fn init(&mut self, now: Time, channel: u32, length: usize, data: &[u8]) {
        let Some(nonce) = data.get(..8).filter(|_| length == 8) else { return self.error(channel, ErrorCode::InvalidLength) };
        let given = if channel == BROADCAST {
            let kept: Vec<u32> =
                self.transaction.iter().map(|transaction| transaction.channel).chain(self.lock.map(|lock| lock.channel)).collect();
            let (given, recycled) = self.channels.allocate(&kept);
            if let Some(channel) = recycled {
                self.polled.take_if(|polled| polled.channel == channel);
                self.steps.channel_closed(now, ChannelId(channel));
                self.event(HidEvent::ChannelRecycled { channel });
            }
            self.event(HidEvent::ChannelAllocated { channel: given });
            given
        } else {
            if self.transaction.as_ref().is_some_and(|transaction| transaction.channel == channel) {
                self.abort(now);
            }
            self.polled.take_if(|polled| polled.channel == channel);
            channel
        };
        let mut answer = nonce.to_vec();
        answer.extend(given.to_be_bytes());
        answer.push(PROTOCOL_VERSION);
        answer.extend(self.config.device_version);
        answer.push(self.config.capabilities());
        self.queue.other(channel, command::INIT, &answer);
    }

    /// §11.2.9.1.5: ends the command that is being processed, which answers for itself. CANCEL is never answered.
    fn cancel(&mut self, now: Time, channel: u32) {
        match &self.transaction {
            Some(Transaction { channel: active, state: State::Waiting { .. } }) if *active == channel => {
                self.answered(now, UserAnswer::Cancel);
            }
            Some(Transaction { channel: active, state: State::Working { .. } }) if *active == channel => {
                self.respond(channel, command::CBOR, vec![Status::KeepaliveCancel.code()]);
            }
            _ => {}
        }
    }

    /// A whole message is there.
    fn execute(&mut self, now: Time, channel: u32, command: u8, message: Vec<u8>) {
        self.event(HidEvent::Request { channel, command, message: message.clone() });
        match command {
            command::PING => self.respond(channel, command, message),
            command::CBOR => {
                self.polled = None;
                let (due, keepalive) = (now + self.config.processing_time, now + self.config.keepalive_interval);
                self.transaction = Some(Transaction { channel, state: State::Working { request: message, due, keepalive } });
            }
            command::MSG => match self.config.ctap1 {
                Ctap1::Absent => self.fail(channel, ErrorCode::InvalidCommand),
                Ctap1::Refuse(status_word) => self.respond(channel, command, status_word.to_be_bytes().to_vec()),
                Ctap1::Implemented => self.execute_apdu(now, channel, &message),
            },
            command::WINK => {
                self.event(HidEvent::Wink { channel });
                self.respond(channel, command, Vec::new());
            }
            command::LOCK => self.execute_lock(now, channel, message.first().copied().unwrap_or(0)),
            _ => match self.config.vendor(command).map(|vendor| vendor.answer.clone()) {
                Some(answer) => self.respond(channel, command, answer),
                None => self.fail(channel, ErrorCode::InvalidCommand),
            },
        }
    }

    /// Does one thing that is due; `true` when there may be another.
    fn transaction_tick(&mut self, now: Time) -> bool {
        let interval = self.config.keepalive_interval;
        let Some(Transaction { channel, state }) = &mut self.transaction else { return false };
        let channel = *channel;
        match state {
            State::Receiving { due, .. } if now >= *due => self.fail(channel, ErrorCode::Timeout),
            State::Working { request, due, .. } if now >= *due => {
                let (request, due) = (std::mem::take(request), *due);
                self.steps.channel(due, ChannelId(channel));
                let step = self.steps.handle(due, &request);
                self.step(due, channel, step);
            }
            State::Waiting { answer: Some((due, answer)), gives_up, .. } if now >= *due && *due <= *gives_up => {
                let (due, answer) = (*due, *answer);
                self.answered(due, answer);
            }
            State::Waiting { gives_up, .. } if now >= *gives_up => {
                let gives_up = *gives_up;
                self.answered(gives_up, UserAnswer::Never);
            }
            State::Working { keepalive, .. } if now >= *keepalive => {
                *keepalive = now + interval;
                self.queue.keepalive(channel, Keepalive::Processing);
            }
            State::Waiting { keepalive, .. } if now >= *keepalive => {
                *keepalive = now + interval;
                self.queue.keepalive(channel, Keepalive::UserPresenceNeeded);
            }
            _ => return false,
        }
        true
    }

    /// The user did something, or the client gave up.
    fn answered(&mut self, now: Time, answer: UserAnswer) {
        let Some(channel) = self.transaction.as_ref().map(|transaction| transaction.channel) else { return };
        self.event(HidEvent::Answer { channel, answer });
        let step = self.steps.answer(now, answer);
        self.step(now, channel, step);
    }

    /// What the authenticator wants next.
    fn step(&mut self, now: Time, channel: u32, step: Step) {
        match step {
            Step::NeedUser(prompt) => {
                self.event(HidEvent::Prompt { channel, prompt: prompt.clone() });
                let answer = planned(now, self.touch.asked(now, &prompt));
                if answer.is_none_or(|(due, _)| due > now) {
                    // §11.2.9.1.7: whenever the status changes.
                    self.queue.keepalive(channel, Keepalive::UserPresenceNeeded);
                }
                let (gives_up, keepalive) =
                    (now + patience(&prompt, self.config.user_action_timeout), now + self.config.keepalive_interval);
                self.transaction = Some(Transaction { channel, state: State::Waiting { prompt, answer, gives_up, keepalive } });
            }
            Step::Reply(reply) => match reply.to_bytes() {
                Some(bytes) => self.respond(channel, command::CBOR, bytes),
                None => {
                    self.transaction = None;
                    self.queue.abort();
                    self.event(HidEvent::Silence { channel });
                }
            },
        }
    }

    /// The transaction's answer.
    fn respond(&mut self, channel: u32, command: u8, message: Vec<u8>) {
        if !self.queue.response(channel, command, &message) {
            return self.fail(channel, ErrorCode::Other);
        }
        self.transaction = Some(Transaction { channel, state: State::Sending });
        self.event(HidEvent::Reply { channel, command, message });
    }

    /// The transaction ends with an error.
    fn fail(&mut self, channel: u32, error: ErrorCode) {
        self.transaction = None;
        self.error(channel, error);
    }

    /// An error that ends nothing.
    fn error(&mut self, channel: u32, error: ErrorCode) {
        self.queue.other(channel, command::ERROR, &[error.code()]);
        self.event(HidEvent::Error { channel, error });
    }

    /// Ends what is under way without an answer.
    fn abort(&mut self, now: Time) {
        let Some(Transaction { channel, state }) = self.transaction.take() else { return };
        if matches!(state, State::Waiting { .. }) {
            // The authenticator must not wait for its user any more; what it says to that goes nowhere.
            let _ = self.steps.answer(now, UserAnswer::Cancel);
        }
        self.queue.abort();
        self.event(HidEvent::Aborted { channel });
    }

    fn event(&mut self, event: HidEvent) {
        if self.events.len() >= MOST_EVENTS {
            self.events.pop_front();
        }
        self.events.push_back(event);
    }
}
