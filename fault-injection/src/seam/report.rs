//! Around [`ReportDevice`]: report faults between a CTAPHID host and the key, and the connection itself.

mod decision;
mod message;
mod outbound;
mod work;

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::time::Duration;

use faultkey_authenticator::{Prompt, Status, Time, UserAnswer};
use faultkey_transport::ctaphid::{ErrorCode, Keepalive, Packet, Report, command, fragment};
use faultkey_transport::transcript::Touches;
use faultkey_transport::{Attended, LineEvent, ReportDevice};

pub use decision::{Direction, ReportDecision};
pub use message::{Part, SeenReport};

use self::message::Messages;
use self::outbound::Outbound;
use self::work::{Held, Work};
use crate::Faults;
use crate::scene::Seen;

/// A device behind the fault layer. With nothing armed, every report and every time is that of the device.
///
/// After [`LineEvent::Unplug`] it hears and says nothing until [`ReportDevice::reset`], which a link calls when it ends.
pub struct FaultyReports<D> {
    faults: Faults,
    inner: D,
    messages: Messages,
    /// On the way to the device, in order, each with the moment at which it arrives.
    inbound: VecDeque<(Time, Report)>,
    outbound: Outbound,
    /// Held back until the next one of its direction.
    swapped_in: Option<Report>,
    swapped_out: Option<Report>,
    work: Option<Work>,
    gone: bool,
}

impl<D: ReportDevice> FaultyReports<D> {
    pub(crate) fn new(faults: Faults, inner: D) -> Self {
        Self {
            faults,
            inner,
            messages: Messages::default(),
            inbound: VecDeque::new(),
            outbound: Outbound::default(),
            swapped_in: None,
            swapped_out: None,
            work: None,
            gone: false,
        }
    }

    pub fn inner(&self) -> &D {
        &self.inner
    }

    pub fn inner_mut(&mut self) -> &mut D {
        &mut self.inner
    }

    /// Whether it has left the bus, and no link has been [`ReportDevice::reset`] since.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.gone
    }

    /// What the faults decide about a report, and the report as they leave it.
    fn decide(&mut self, now: Time, direction: Direction, report: &Report) -> (ReportDecision, Report) {
        let part = self.messages.part(direction, report);
        if self.faults.is_idle() {
            return (ReportDecision::Pass, *report);
        }
        let scene = self.messages.scene(Packet::parse(report).channel()).map(|mut scene| {
            if scene.user.is_none() {
                scene.user = self.faults.account(&scene);
            }
            scene
        });
        let ceremony = part.as_ref().and_then(|part| part.ceremony());
        // What a request asks for is known from its last report on; before that, the scene is the one before.
        let scene = scene.filter(|scene| part.as_ref().is_some_and(Part::knows_its_request) && Some(scene.ceremony) == ceremony);
        let seen = scene.as_ref().map_or(Seen { ceremony, ..Seen::default() }, |scene| scene.seen());
        let mut data = (ReportDecision::Pass, *report);
        self.faults.ask(
            now,
            &seen,
            |_| part.as_ref().map_or(Touches::Nothing, Part::touches),
            &mut data,
            |fault, world, (_, report)| {
                let seen = SeenReport { direction, report, part: part.as_ref(), scene: scene.as_ref() };
                fault.report(&seen, world)
            },
            |(decision, report), decided| match decided {
                ReportDecision::Pass => ControlFlow::Continue(()),
                ReportDecision::Replace(other) => {
                    *report = *other;
                    ControlFlow::Continue(())
                }
                decided => {
                    *decision = decided;
                    ControlFlow::Break(())
                }
            },
        );
        data
    }

    /// A report reaches the device, after those that are still on the way.
    fn arrive(&mut self, now: Time, after: Duration, report: Report) {
        let due = self.inbound.back().map_or(now, |(due, _)| (*due).max(now)).max(now + after);
        self.inbound.push_back((due, report));
        self.inbound.extend(self.swapped_in.take().map(|report| (due, report)));
        self.flush(now);
    }

    /// What is due arrives.
    fn flush(&mut self, now: Time) {
        while let Some((due, report)) = self.inbound.front().copied().filter(|(due, _)| *due <= now) {
            self.inbound.pop_front();
            self.inner.receive(due, &report);
            self.look_at_line(due);
        }
    }

    /// A report of the device goes to the host, if the faults let it.
    fn send(&mut self, now: Time, report: &Report) {
        let (decision, report) = self.decide(now, Direction::ToHost, report);
        match decision {
            ReportDecision::Drop | ReportDecision::Refuse(_) => {}
            ReportDecision::Pass | ReportDecision::Replace(_) => self.depart(now, Duration::ZERO, report),
            ReportDecision::Duplicate => {
                self.depart(now, Duration::ZERO, report);
                self.depart(now, Duration::ZERO, report);
            }
            ReportDecision::Swap => self.swapped_out = Some(report),
            ReportDecision::Delay(by) => self.depart(now, by, report),
            ReportDecision::Work { status, lasts } => {
                let held = self.rest_of_message(now, report);
                self.begin_work(now, Packet::parse(&report).channel(), status, lasts, Held::ToHost(held));
            }
            ReportDecision::Line { event, after } => {
                if after {
                    self.depart(now, Duration::ZERO, report);
                }
                self.happen(now, event);
                if !after && event == LineEvent::Stall {
                    self.depart(now, Duration::ZERO, report);
                }
            }
        }
    }

    fn depart(&mut self, now: Time, after: Duration, report: Report) {
        self.outbound.report(now + after, report);
        if let Some(swapped) = self.swapped_out.take() {
            self.outbound.report(now + after, swapped);
        }
    }

    /// This report and those that follow it in its message, taken from the device at once.
    fn rest_of_message(&mut self, now: Time, first: Report) -> Vec<Report> {
        let mut held = vec![first];
        while self.messages.goes_on(Packet::parse(&first).channel()) {
            let Some(report) = self.inner.next_report(now) else { break };
            self.messages.part(Direction::ToHost, &report);
            held.push(report);
        }
        held
    }

    /// The whole request that ends with this report. The device, which waits for its end, forgets what it has of it: CTAP2.3 §11.2.9.1.3, INIT.
    fn take_back(&mut self, now: Time, channel: u32, last: Report) -> Vec<Report> {
        let request = fragment(channel, command::CBOR, self.messages.asked(channel)).unwrap_or_default();
        if request.len() <= 1 {
            return vec![last];
        }
        for init in fragment(channel, command::INIT, &[0; 8]).into_iter().flatten() {
            self.inner.receive(now, &init);
        }
        while let Some(report) = self.inner.next_report(now) {
            match Packet::parse(&report) {
                Packet::Initialization { channel: answered, command: command::INIT, .. } if answered == channel => break,
                _ => self.send(now, &report),
            }
        }
        request
    }

    fn begin_work(&mut self, now: Time, channel: u32, status: Keepalive, lasts: Option<Duration>, held: Held) {
        self.work = Some(Work::new(now, channel, status, lasts, held));
        self.tick_work(now);
    }

    /// Keepalives of the work under way, and its end.
    fn tick_work(&mut self, now: Time) {
        while let Some(keepalive) = self.work.as_mut().and_then(|work| work.keepalive(now)) {
            self.send(now, &keepalive);
        }
        if let Some(done) = self.work.take_if(|work| work.is_done(now)) {
            match done.held {
                Held::ToKey(reports) => reports.into_iter().for_each(|report| self.arrive(now, Duration::ZERO, report)),
                Held::ToHost(reports) => reports.into_iter().for_each(|report| self.depart(now, Duration::ZERO, report)),
            }
        }
    }

    /// A report from the host while the key is said to be at work. Returns whether it goes on to the device.
    fn hear_at_work(&mut self, now: Time, report: &Report) -> bool {
        let Some(work) = &self.work else { return true };
        let own = work.channel;
        match Packet::parse(report) {
            // CTAP2.3 §11.2.9.1.3: INIT is answered at any time; on the channel at work it ends the work.
            Packet::Initialization { channel, command: command::INIT, .. } => {
                if channel == own {
                    self.work = None;
                }
                true
            }
            // §11.2.9.1.5
            Packet::Initialization { channel, command: command::CANCEL, .. } => {
                if channel == own {
                    self.work = None;
                    self.answer(now, own, command::CBOR, &[Status::KeepaliveCancel.code()]);
                }
                false
            }
            // §11.2.5.1
            Packet::Initialization { channel, .. } => {
                self.answer(now, channel, command::ERROR, &[ErrorCode::ChannelBusy.code()]);
                false
            }
            Packet::Continuation { .. } => false,
        }
    }

    /// A message of the fault layer's own, on which no fault acts.
    fn answer(&mut self, now: Time, channel: u32, command: u8, message: &[u8]) {
        for report in fragment(channel, command, message).into_iter().flatten() {
            self.messages.part(Direction::ToHost, &report);
            self.depart(now, Duration::ZERO, report);
        }
    }

    /// Something happens to the connection.
    fn happen(&mut self, now: Time, event: LineEvent) {
        if event != LineEvent::Stall {
            self.forget(now);
            // Before the event, since it ends what waits for the user.
            self.inner.reset(now);
            self.gone = matches!(event, LineEvent::Unplug { .. });
        }
        self.outbound.line(event);
    }

    /// What was under way is lost; what the host could have read already is not.
    fn forget(&mut self, now: Time) {
        self.messages = Messages::default();
        self.inbound.clear();
        self.outbound.keep_due(now);
        (self.swapped_in, self.swapped_out, self.work) = (None, None, None);
    }

    /// What a fault at another seam decided for the connection, e.g. at the moment of the touch.
    fn look_at_line(&mut self, now: Time) {
        if let Some(event) = self.faults.take_line_event() {
            self.happen(now, event);
        }
    }
}

impl<D: ReportDevice> ReportDevice for FaultyReports<D> {
    fn receive(&mut self, now: Time, report: &Report) {
        self.tick(now);
        if self.gone || !self.hear_at_work(now, report) {
            return;
        }
        let (decision, report) = self.decide(now, Direction::ToKey, report);
        let channel = Packet::parse(&report).channel();
        match decision {
            ReportDecision::Pass | ReportDecision::Replace(_) => self.arrive(now, Duration::ZERO, report),
            ReportDecision::Drop => {}
            ReportDecision::Duplicate => {
                self.arrive(now, Duration::ZERO, report);
                self.arrive(now, Duration::ZERO, report);
            }
            ReportDecision::Swap => self.swapped_in = Some(report),
            ReportDecision::Delay(by) => self.arrive(now, by, report),
            ReportDecision::Refuse(error) => self.answer(now, channel, command::ERROR, &[error.code()]),
            ReportDecision::Work { status, lasts } => {
                let request = self.take_back(now, channel, report);
                self.begin_work(now, channel, status, lasts, Held::ToKey(request));
            }
            ReportDecision::Line { event, after } => {
                if after {
                    self.arrive(now, Duration::ZERO, report);
                }
                self.happen(now, event);
                if !after && event == LineEvent::Stall {
                    self.arrive(now, Duration::ZERO, report);
                }
            }
        }
    }

    fn next_report(&mut self, now: Time) -> Option<Report> {
        self.tick(now);
        while self.outbound.is_empty() {
            let report = self.inner.next_report(now)?;
            self.send(now, &report);
        }
        self.outbound.next(now)
    }

    fn backlog(&self) -> usize {
        self.inner.backlog() + self.outbound.len()
    }

    fn tick(&mut self, now: Time) {
        self.look_at_line(now);
        self.flush(now);
        self.tick_work(now);
        self.inner.tick(now);
        self.look_at_line(now);
    }

    fn deadline(&self) -> Option<Time> {
        let inbound = self.inbound.front().map(|(due, _)| *due);
        let work = self.work.as_ref().map(Work::deadline);
        [self.inner.deadline(), inbound, self.outbound.deadline(), work].into_iter().flatten().min()
    }

    fn reset(&mut self, now: Time) {
        self.forget(now);
        self.outbound = Outbound::default();
        _ = self.faults.take_line_event();
        self.gone = false;
        self.inner.reset(now);
    }

    fn next_line_event(&mut self) -> Option<LineEvent> {
        self.outbound.next_line_event().or_else(|| self.outbound.is_empty().then(|| self.inner.next_line_event()).flatten())
    }
}

impl<D: ReportDevice + Attended> Attended for FaultyReports<D> {
    fn next_prompt(&mut self) -> Option<Prompt> {
        self.inner.next_prompt()
    }

    fn user(&mut self, now: Time, answer: UserAnswer) -> bool {
        let heard = self.inner.user(now, answer);
        self.look_at_line(now);
        heard
    }
}
