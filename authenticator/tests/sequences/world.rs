//! Plays one sequence on a device and its model side by side.

use std::collections::BTreeMap;

use faultkey_authenticator::{
    ApduStep, Authenticator, ChannelId, CommandSteps, KeyState, Outcome, Prompt, Random, Status, Step, Time, UserAnswer, fingerprint,
    random,
};

use crate::action::{Action, Answer, Command, Damage, Gesture, RPS};
use crate::device::Device;
use crate::model::{Credential, Exchange, Model};
use crate::platform::Platform;
use crate::profile::Profile;
use crate::reply::Reply;
use crate::request::{Known, Sent, Writer};
use crate::witness::Witness;

/// How often each command had each outcome.
pub type Counts = BTreeMap<(&'static str, String), u64>;

/// What the authenticator does next, whether it was asked in CTAP2 or U2F.
enum Got {
    Reply(Vec<u8>),
    Prompt(Prompt),
}

impl Got {
    fn of(step: Step) -> Result<Self, String> {
        Ok(match step {
            Step::Reply(reply) => Self::Reply(reply.to_bytes().ok_or("the authenticator answered with silence")?),
            Step::NeedUser(prompt) => Self::Prompt(prompt),
        })
    }

    fn of_apdu(step: ApduStep) -> Self {
        match step {
            ApduStep::Reply(bytes) => Self::Reply(bytes),
            ApduStep::NeedUser(prompt) => Self::Prompt(prompt),
        }
    }
}

/// A command whose prompt nobody answered yet.
struct Open {
    on: usize,
    sent: Sent,
    at: u64,
    gestures: Vec<(Answer, u64)>,
    prompts: Vec<Prompt>,
    /// The model as it was before the command.
    before: Model,
}

pub struct World {
    device: Device,
    model: Model,
    witness: Witness,
    platforms: [Platform; 3],
    known: Vec<Known>,
    fingers: Vec<Vec<u8>>,
    now: u64,
    random: Random,
    open: Option<Open>,
    pub counts: Counts,
}

/// Plays the sequence. The error names the action, from 0, and what the authenticator did wrong.
pub fn play(profile: &Profile, actions: &[Action], on_sled: bool) -> Result<Counts, (usize, String)> {
    let mut world = World {
        device: Device::new(&profile.config, on_sled),
        model: Model::new(&profile.config),
        witness: Witness::default(),
        platforms: Default::default(),
        known: Vec::new(),
        fingers: Vec::new(),
        now: 0,
        random: random::stream(0, "sequences: platforms"),
        open: None,
        counts: Counts::new(),
    };
    for (number, action) in actions.iter().enumerate() {
        world.act(action).and_then(|()| world.check()).map_err(|what| (number, what))?;
    }
    Ok(world.counts)
}

impl World {
    fn act(&mut self, action: &Action) -> Result<(), String> {
        match action {
            Action::Send { on, send, user } => self.send(usize::from(*on) % 3, send, user, None),
            Action::PowerFails { on, send, user, at } => {
                self.send(usize::from(*on) % 3, send, user, Some(*at))?;
                self.now += 1;
                self.power_cycle(true);
                Ok(())
            }
            Action::Damaged { on, send, how } => self.damaged(usize::from(*on) % 3, send, *how),
            Action::Late { user } => self.late(*user),
            Action::Wait { ms } => {
                self.now += ms;
                Ok(())
            }
            Action::CloseChannel { on } => {
                let on = usize::from(*on) % 3;
                self.device.key().channel_closed(Time::from_millis(self.now), channel(on));
                self.model.channel_closed(on);
                self.open.take_if(|open| open.on == on);
                Ok(())
            }
            Action::PowerCycle { anew } => {
                self.power_cycle(*anew);
                Ok(())
            }
        }
    }

    fn power_cycle(&mut self, anew: bool) {
        self.open = None;
        self.device.power_cycle(Time::from_millis(self.now), anew);
        self.model.power_cycle(self.now, anew);
    }

    fn write(&mut self, on: usize, command: &Command) -> Sent {
        let writer = Writer {
            platforms: &self.platforms,
            on,
            known: &self.known,
            fingers: &self.fingers,
            pin: self.model.durable.pin.as_deref(),
            former: self.model.former_pin.as_deref(),
            random: &mut self.random,
        };
        writer.write(command)
    }

    fn send(&mut self, on: usize, command: &Command, user: &[Gesture], power_fails: Option<u32>) -> Result<(), String> {
        // A platform agrees on a secret first, unless it goes on with one that it has.
        if let Some(secret) = command.secret() {
            let has = self.platforms[on].secret(secret.protocol).map(|(epoch, _)| *epoch);
            if has.is_none() || (has != Some(self.model.epoch()) && !secret.stale) {
                self.send(on, &Command::KeyAgreement { protocol: secret.protocol }, &[], None)?;
            }
        }
        let sent = self.write(on, command);
        if let Some(at) = power_fails {
            self.device.let_power_fail(at);
            self.model.power_fails = Some(at);
        }
        let key = self.device.key();
        let now = Time::from_millis(self.now);
        key.channel(now, channel(on));
        let got = if sent.is_apdu() { Got::of_apdu(key.apdu(now, &sent.bytes)) } else { Got::of(key.handle(now, &sent.bytes))? };
        let open = Open { on, sent, at: self.now, gestures: Vec::new(), prompts: Vec::new(), before: self.model.clone() };
        self.go_on(open, got, user)
    }

    fn answer(&mut self, is_apdu: bool, now: Time, answer: UserAnswer) -> Result<Got, String> {
        let key = self.device.key();
        if is_apdu { Ok(Got::of_apdu(key.answer_apdu(now, answer))) } else { Got::of(key.answer(now, answer)) }
    }

    /// Lets the user answer prompts, and judges what came of it.
    fn go_on(&mut self, mut open: Open, mut got: Got, user: &[Gesture]) -> Result<(), String> {
        let mut user = user.iter();
        let reply = loop {
            match got {
                Got::Reply(bytes) => {
                    let is_apdu = open.sent.is_apdu();
                    break Some(if is_apdu { Reply::read_apdu(&bytes)? } else { Reply::read(&bytes)? });
                }
                Got::Prompt(prompt) => {
                    open.prompts.push(prompt);
                    let Some(gesture) = user.next() else { break None };
                    self.now += gesture.after_ms;
                    open.gestures.push((gesture.answer, self.now));
                    let (now, answer) = (Time::from_millis(self.now), user_answer(gesture.answer));
                    got = self.answer(open.sent.is_apdu(), now, answer)?;
                }
            }
        };
        let is_right_pin = open.before.durable.pin.as_deref() == Some(&open.sent.guess) && open.sent.epoch == Some(open.before.epoch());
        let mut exchange = Exchange {
            sent: &open.sent,
            channel: open.on,
            at: open.at,
            gestures: &open.gestures,
            prompts: &open.prompts,
            reply: reply.as_ref(),
            platform: &mut self.platforms[open.on],
        };
        self.model.judge(&mut exchange)?;
        let name = open.sent.command.name();
        let verdict = reply.as_ref().map_or("left open".to_owned(), Reply::verdict);
        *self.counts.entry((name, verdict)).or_default() += 1;
        let (made, asked) = (self.device.commits(), self.model.commits);
        if made != asked {
            return Err(format!("{made} changes were made durable, and should be {asked}"));
        }
        match reply {
            Some(reply) => {
                self.learn(open.on, &open.sent, &reply)?;
                self.witness.saw(&open.sent, &reply, is_right_pin);
                self.open = None;
            }
            None => self.open = Some(open),
        }
        Ok(())
    }

    /// What a platform keeps of a successful reply.
    fn learn(&mut self, on: usize, sent: &Sent, reply: &Reply) -> Result<(), String> {
        if !reply.is_success() {
            return Ok(());
        }
        match &sent.command {
            Command::KeyAgreement { protocol } => {
                let theirs = reply.member(1).ok_or("getKeyAgreement has no key")?.clone();
                let epoch = self.model.epoch();
                let known = self.platforms.iter().filter_map(|platform| platform.secret(*protocol)).find(|(own, _)| *own == epoch);
                let known = known.map(|(_, secret)| secret.clone());
                self.platforms[on].agree(*protocol, epoch, &theirs, known)?;
            }
            Command::PinToken { .. } | Command::PermissionsByPin { .. } | Command::PermissionsByFinger { .. }
                if sent.epoch == Some(self.model.epoch()) =>
            {
                let token = self.platforms[on].tokens.last().copied().ok_or("the platform has no token")?;
                self.witness.token(token, self.model.durable.persistent_token)?;
            }
            Command::Make(make) => self.made(make.rp)?,
            Command::U2fRegister { rp } => self.made(*rp)?,
            Command::Bio { .. } => {
                for id in self.model.durable.fingers.iter().filter_map(|finger| finger.id.clone()) {
                    if !self.fingers.contains(&id) {
                        self.fingers.push(id);
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn made(&mut self, rp: u8) -> Result<(), String> {
        let Some(Credential { id, user, .. }) = self.model.durable.credentials.last().cloned() else { return Ok(()) };
        if id.len() != 32 || self.known.iter().any(|known| known.id == id) {
            return Err("the new credential's id is not new".to_owned());
        }
        self.known.push(Known { id, rp: rp % RPS.len() as u8, user });
        Ok(())
    }

    /// The user acts when nobody waits, or on a prompt that was left open.
    fn late(&mut self, user: Gesture) -> Result<(), String> {
        match self.open.take() {
            Some(open) => {
                self.now += user.after_ms;
                let gestures: Vec<_> = open.gestures.iter().copied().chain([(user.answer, self.now)]).collect();
                let (now, answer) = (Time::from_millis(self.now), user_answer(user.answer));
                let got = self.answer(open.sent.is_apdu(), now, answer)?;
                self.model = open.before.clone();
                self.go_on(Open { gestures, ..open }, got, &[])
            }
            None => {
                let step = self.device.key().answer(Time::from_millis(self.now), user_answer(user.answer));
                match step {
                    Step::Reply(reply) if reply.to_bytes().as_deref() == Some(&[Status::NotAllowed.code()]) => Ok(()),
                    other => Err(format!("nothing waits for the user, and the answer to one is {other:?}")),
                }
            }
        }
    }

    /// A request that was damaged on the way: mostly none any more. One that still is, is played on a copy of the device, since only chance
    /// knows what it means now.
    fn damaged(&mut self, on: usize, command: &Command, how: Damage) -> Result<(), String> {
        let sent = self.write(on, command);
        if sent.is_apdu() {
            return Ok(());
        }
        let bytes = damage(&sent.bytes, how);
        let now = Time::from_millis(self.now);
        let key = self.device.key();
        key.channel(now, channel(on));
        self.open = None;
        self.model.interrupted(on);
        let decoded = key.decode(now, &bytes);
        let Err(status) = decoded else {
            if let Some(shadow) = self.device.shadow() {
                self.wild(shadow, &bytes)?;
            }
            // The copy had it, not the device, which still has to hear a message.
            return self.send(on, &Command::Info, &[], None);
        };
        let reply = key.encode(now, Outcome::refused(status)).to_bytes().ok_or("the authenticator answered with silence")?;
        let reply = Reply::read(&reply)?;
        *self.counts.entry(("damaged", reply.verdict())).or_default() += 1;
        const REFUSALS: [Status; 8] = [
            Status::InvalidCommand,
            Status::InvalidParameter,
            Status::InvalidLength,
            Status::CborUnexpectedType,
            Status::InvalidCbor,
            Status::MissingParameter,
            Status::LimitExceeded,
            Status::RequestTooLarge,
        ];
        if REFUSALS.contains(&status) { Ok(()) } else { Err(format!("a message that is no request was answered with {status}")) }
    }

    fn wild(&mut self, mut shadow: Authenticator, bytes: &[u8]) -> Result<(), String> {
        let now = Time::from_millis(self.now);
        shadow.power_cycle(now);
        let mut step = shadow.handle(now, bytes);
        for _ in 0..10 {
            match step {
                Step::NeedUser(_) => step = shadow.answer(now, UserAnswer::Approve),
                Step::Reply(reply) => {
                    let reply = Reply::read(&reply.to_bytes().ok_or("the authenticator answered with silence")?)?;
                    *self.counts.entry(("damaged, but a request", reply.verdict())).or_default() += 1;
                    return Ok(());
                }
            }
        }
        Err("a user who approves everything is asked for ever".to_owned())
    }

    /// What is durable is what the model says, whatever the last action was.
    fn check(&mut self) -> Result<(), String> {
        if !self.witness.is_stale(self.device.commits()) {
            return Ok(());
        }
        let stored = self.device.credentials();
        let modelled = &self.model.durable.credentials;
        let is_same = |(stored, own): (&faultkey_authenticator::Credential, &Credential)| {
            let rp =
                if own.is_u2f { faultkey_authenticator::Credential::u2f_rp_id(&crate::request::hash_of(&own.rp)) } else { own.rp.clone() };
            let kept = &stored.extensions;
            let algorithm = match &stored.key {
                KeyState::Usable(key) => key.algorithm(),
                KeyState::Invalidated => 0,
            };
            stored.id.0 == own.id
                && stored.rp_id == rp
                && stored.user.id == own.user
                && stored.user.name == own.name
                && stored.user.display_name == own.display_name
                && stored.discoverable == own.discoverable
                && algorithm == own.algorithm
                && kept.cred_protect.level() == own.protect
                && kept.cred_random.is_some() == own.hmac_secret
                && kept.cred_blob == own.blob
                && kept.large_blob_key.as_ref().map(|key| key.0.as_slice()) == own.large_blob_key.as_deref()
        };
        if stored.len() != modelled.len() {
            return Err(format!("{} credentials are stored, and should be {}", stored.len(), modelled.len()));
        }
        if let Some(number) = stored.iter().zip(modelled).position(|pair| !is_same(pair)) {
            return Err(format!("credential {number} is stored otherwise than it was made: {:?}", stored[number]));
        }
        let Some(mut shadow) = self.device.shadow() else { return Ok(()) };
        self.witness.durable(&mut shadow, &self.model, self.device.commits())
    }
}

fn damage(bytes: &[u8], how: Damage) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    match how {
        Damage::Cut(missing) => bytes.truncate(bytes.len().saturating_sub(usize::from(missing))),
        Damage::Longer => bytes.push(0),
        Damage::Flip(bit) => {
            let place = usize::from(bit / 8) % bytes.len();
            bytes[place] ^= 1 << (bit % 8);
        }
        Damage::Command(code) => bytes[0] = code,
    }
    bytes
}

fn channel(on: usize) -> ChannelId {
    ChannelId(u32::try_from(on).unwrap_or(0) + 1)
}

fn user_answer(answer: Answer) -> UserAnswer {
    match answer {
        // Long enough for whatever is asked; any other touch is short.
        Answer::Approve => UserAnswer::Held(std::time::Duration::from_secs(10)),
        Answer::Refuse => UserAnswer::Refuse,
        Answer::WrongFinger => UserAnswer::WrongFinger,
        Answer::BadSample => UserAnswer::Sample(fingerprint::SampleStatus::PoorQuality),
        Answer::Never => UserAnswer::Never,
        Answer::Cancel => UserAnswer::Cancel,
    }
}
