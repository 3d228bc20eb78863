//! Random sequences: single commands, and short motifs that lead somewhere (get a token and use it, guess until it is blocked, reset in
//! time), with users who mostly approve.

use faultkey_authenticator::{Random, random};
use rand::Rng;

use crate::action::{Action, Answer, Assert, Auth, Bio, Command, Damage, Gesture, Guess, LONGEST, Make, Manage, Secret, Setting};

const MC: u8 = 0x01;
const GA: u8 = 0x02;
const CM: u8 = 0x04;
const BE: u8 = 0x08;
const LBW: u8 = 0x10;
const ACFG: u8 = 0x20;
const PCMR: u8 = 0x40;

/// Around every limit that the authenticator has.
const TIMES: [u64; 12] = [1, 400, 5_000, 9_999, 10_001, 29_999, 30_000, 30_001, 45_000, 599_999, 600_000, 7_200_000];

pub struct Dice(Random);

impl Dice {
    pub fn new(seed: u64, number: u64) -> Self {
        Self(random::stream(seed, &format!("sequence {number}")))
    }

    pub fn below(&mut self, end: u8) -> u8 {
        u8::try_from(self.0.next_u32() % u32::from(end.max(1))).unwrap_or(0)
    }

    fn chance(&mut self, percent: u8) -> bool {
        self.below(100) < percent
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.0.next_u32() as usize % from.len()]
    }

    fn maybe<T>(&mut self, percent: u8, value: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.chance(percent).then(|| value(self))
    }
}

struct Generator {
    dice: Dice,
    actions: Vec<Action>,
    /// The platform that mostly speaks.
    favourite: u8,
    /// The relying party that most of it is about.
    rp: u8,
    /// Tokens are mostly got by finger, once there is one.
    by_finger: bool,
    kind: Kind,
    /// What the sequence has probably reached: only to choose well.
    has_pin: bool,
    has_finger: bool,
}

/// The kind of device, as far as it decides what makes sense.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Full,
    /// CTAP 2.0 with a PIN.
    Old,
    /// No management, blobs or sensor.
    PinOnly,
    WithoutPin,
}

/// Sequence number `number` of a run, for the profile called `profile`.
pub fn sequence(seed: u64, number: u64, profile: &str) -> Vec<Action> {
    let mut dice = Dice::new(seed, number);
    let longest = u8::try_from(LONGEST).unwrap_or(u8::MAX);
    // Every length comes, shorter ones more often.
    let length = 1 + usize::from(dice.below(longest).min(dice.below(longest)));
    let favourite = dice.below(3);
    let by_finger = match profile {
        "fingerprint" => dice.chance(75),
        "full" => dice.chance(30),
        _ => false,
    };
    let kind = match profile {
        "key-2.0" => Kind::Old,
        "factory-pin" => Kind::PinOnly,
        "without-pin" => Kind::WithoutPin,
        _ => Kind::Full,
    };
    let (has_pin, has_finger) = (profile == "factory-pin", profile == "fingerprint");
    let rp = dice.below(3);
    let mut generator = Generator { dice, actions: Vec::new(), favourite, rp, by_finger, kind, has_pin, has_finger };
    while generator.actions.len() < length {
        generator.motif();
    }
    generator.actions.truncate(length);
    generator.actions
}

impl Generator {
    fn platform(&mut self) -> u8 {
        if self.dice.chance(85) { self.favourite } else { self.dice.below(3) }
    }

    fn send(&mut self, command: Command) {
        let on = self.platform();
        self.send_on(on, command);
    }

    fn send_on(&mut self, on: u8, command: Command) {
        let user = self.user();
        self.actions.push(Action::Send { on, send: command, user });
    }

    fn user(&mut self) -> Vec<Gesture> {
        let approve = Gesture { answer: Answer::Approve, after_ms: 300 };
        if self.dice.chance(85) {
            return vec![approve; 2];
        }
        let count = self.dice.below(7);
        (0..count).map(|_| self.gesture()).collect()
    }

    fn gesture(&mut self) -> Gesture {
        let all =
            [Answer::Approve, Answer::Refuse, Answer::WrongFinger, Answer::WrongFinger, Answer::BadSample, Answer::Never, Answer::Cancel];
        let after_ms = if self.dice.chance(10) { self.dice.pick(&TIMES) } else { 100 };
        Gesture { answer: self.dice.pick(&all), after_ms }
    }

    fn secret(&mut self) -> Secret {
        // Mostly one, since each is a key agreement.
        Secret { protocol: 2 - u8::from(self.dice.chance(20)), stale: self.dice.chance(5) }
    }

    fn guess(&mut self) -> Guess {
        if self.dice.chance(88) { Guess::Right } else { self.dice.pick(&[Guess::Wrong, Guess::Former]) }
    }

    fn auth(&mut self) -> Auth {
        const ODD: [Auth; 8] = [
            Auth::OldToken,
            Auth::ForeignToken,
            Auth::WrongMessage,
            Auth::Forged,
            Auth::Empty,
            Auth::NoProtocol,
            Auth::UnknownProtocol,
            Auth::OtherProtocol,
        ];
        match self.dice.below(100) {
            0..65 => Auth::Token,
            65..85 => Auth::None,
            _ => self.dice.pick(&ODD),
        }
    }

    /// After a motif got a token, its commands bring it, but for a few.
    fn token_or_odd(&mut self) -> Auth {
        if self.kind == Kind::WithoutPin && self.dice.chance(90) {
            return Auth::None;
        }
        if self.dice.chance(92) { Auth::Token } else { self.auth() }
    }

    fn set_pin(&mut self) {
        let pin = self.new_pin();
        let secret = self.secret();
        self.has_pin = true;
        self.send(Command::SetPin { secret, pin });
    }

    fn rp(&mut self) -> u8 {
        if self.dice.chance(70) { self.rp } else { self.dice.below(3) }
    }

    fn new_pin(&mut self) -> u8 {
        if self.dice.chance(80) { self.dice.pick(&[0, 1, 2, 4]) } else { self.dice.below(9) }
    }

    /// Gets a token with one of these permissions on `on`.
    fn token(&mut self, on: u8, permissions: u8, rp: Option<u8>) {
        if self.kind == Kind::WithoutPin && self.dice.chance(95) {
            return;
        }
        let by_finger = self.by_finger && self.has_finger;
        if !by_finger && !self.has_pin && self.dice.chance(90) {
            self.set_pin();
        }
        let (secret, guess) = (self.secret(), self.guess());
        let kind = self.dice.below(100);
        let command = if self.kind == Kind::Old || kind < 5 {
            Command::PinToken { secret, guess }
        } else if by_finger == (kind < 95) {
            Command::PermissionsByFinger { secret, permissions, rp }
        } else {
            Command::PermissionsByPin { secret, guess, permissions, rp }
        };
        self.send_on(on, command);
    }

    fn motif(&mut self) {
        let on = self.platform();
        let rp = self.rp();
        match self.dice.below(100) {
            0..20 => {
                self.token(on, MC, Some(rp));
                let mut make = self.make(rp);
                make.auth = self.token_or_odd();
                self.send_on(on, Command::Make(make));
            }
            20..32 => {
                self.register_several(on, rp);
                self.token(on, GA, Some(rp));
                let mut assert = self.assert(rp);
                assert.auth = self.token_or_odd();
                self.send_on(on, Command::Assert(assert));
                for _ in 0..self.dice.below(3) {
                    self.send_on(on, Command::Next);
                }
            }
            32..45 if self.kind != Kind::WithoutPin => self.management(on, rp),
            45..51 if self.kind == Kind::Full => self.blobs(on),
            51..58 if [Kind::Full, Kind::PinOnly].contains(&self.kind) => {
                let permissions = if self.dice.chance(90) { ACFG } else { ACFG | CM };
                self.token(on, permissions, None);
                for _ in 0..=self.dice.below(2) {
                    let (auth, what) = (self.token_or_odd(), self.setting());
                    self.send_on(on, Command::Configure { auth, what });
                }
            }
            58..66 if self.kind == Kind::Full => self.enrolment(on),
            66..69 if self.kind != Kind::WithoutPin => self.guesses(on),
            69..72 => {
                let anew = self.dice.chance(50);
                self.actions.push(Action::PowerCycle { anew });
                if self.dice.chance(30) {
                    let ms = self.dice.pick(&[9_999, 10_000, 10_001, 60_000]);
                    self.actions.push(Action::Wait { ms });
                }
                if self.dice.chance(30) {
                    (self.has_pin, self.has_finger) = (false, false);
                    self.send_on(on, Command::Reset);
                }
            }
            72..75 => {
                let ms = self.dice.pick(&TIMES);
                self.actions.push(Action::Wait { ms });
            }
            75..78 => {
                let (send, at) = (self.command(), self.dice.below(3));
                self.actions.push(Action::PowerFails {
                    on,
                    send,
                    user: vec![Gesture { answer: Answer::Approve, after_ms: 50 }; 2],
                    at: at.into(),
                });
            }
            78..82 => {
                let send = self.command();
                let how = match self.dice.below(10) {
                    0..3 => Damage::Cut(1 + u16::from(self.dice.below(60))),
                    3 => Damage::Longer,
                    4 => Damage::Command(self.dice.below(255)),
                    _ => Damage::Flip(u16::from(self.dice.below(250)) * 8 + u16::from(self.dice.below(8))),
                };
                self.actions.push(Action::Damaged { on, send, how });
            }
            82..84 => {
                let user = self.gesture();
                self.actions.push(Action::Late { user });
            }
            84 => self.actions.push(Action::CloseChannel { on }),
            87..91 if self.kind != Kind::WithoutPin => self.dead_token(on, rp),
            85..87 => {
                let (secret, guess, pin) = (self.secret(), self.guess(), self.new_pin());
                self.send_on(on, Command::ChangePin { secret, guess, pin });
            }
            _ => {
                let command = self.command();
                self.send_on(on, command);
            }
        }
    }

    /// Gets a token, lets something happen that it does not live through (or just so), and uses it.
    fn dead_token(&mut self, on: u8, rp: u8) {
        let use_of_token = [
            (MC, Command::Make(Make { auth: Auth::Token, ..self.make(rp) })),
            (GA, Command::Assert(Assert { auth: Auth::Token, ..self.assert(rp) })),
            (CM, Command::Manage { preview: false, auth: Auth::Token, what: Manage::Metadata }),
            (PCMR, Command::Manage { preview: false, auth: Auth::Token, what: Manage::Metadata }),
            (ACFG, Command::Configure { auth: Auth::Token, what: Setting::Enterprise }),
            (BE, Command::Bio { preview: false, auth: Auth::Token, what: Bio::Enumerate }),
            (LBW, Command::WriteBlob { auth: Auth::Token, array: 0, part: 0, of: 1 }),
        ];
        let end = if self.kind == Kind::Old { 2 } else { u8::try_from(use_of_token.len()).unwrap_or(0) };
        let (permissions, command) = use_of_token[usize::from(self.dice.below(end))].clone();
        self.token(on, permissions, (permissions & (MC | GA) != 0).then_some(rp));
        if self.dice.chance(30) {
            self.send_on(on, command.clone());
        }
        if self.dice.chance(30) {
            // Of the platform before it, the one with the token is the neighbour.
            self.send_on((on + 2) % 3, command.clone().with_auth(Auth::ForeignToken));
        }
        let secret = self.secret();
        match self.dice.below(8) {
            0..3 => {
                let pin = self.new_pin();
                self.send_on(on, Command::ChangePin { secret, guess: Guess::Right, pin });
            }
            3 => self.actions.push(Action::PowerCycle { anew: false }),
            4 => self.actions.push(Action::CloseChannel { on }),
            5 | 6 => {
                let ms = self.dice.pick(&[29_000, 30_000, 31_000, 599_000, 601_000]);
                self.actions.push(Action::Wait { ms });
            }
            _ => {
                let what = Setting::MinPin { length: None, rps: None, force: true, complexity: false };
                self.token(on, ACFG, None);
                self.send_on(on, Command::Configure { auth: Auth::Token, what });
            }
        }
        self.send_on(on, command);
    }

    /// Two passkeys of one relying party, so that there is something to choose from.
    fn register_several(&mut self, on: u8, rp: u8) {
        if self.dice.chance(35) {
            for user in 0..2 {
                self.token(on, MC, Some(rp));
                let auth = if self.kind == Kind::WithoutPin { Auth::None } else { Auth::Token };
                let make = Make {
                    user,
                    rk: Some(true),
                    uv: None,
                    up: None,
                    auth,
                    exclude: Vec::new(),
                    protect: None,
                    enterprise: None,
                    ..self.make(rp)
                };
                self.send_on(on, Command::Make(make));
            }
        }
    }

    fn management(&mut self, on: u8, rp: u8) {
        self.register_several(on, rp);
        let (permissions, bound) = match self.dice.below(10) {
            0 | 1 => (PCMR, None),
            2 => (CM, Some(rp)),
            _ => (CM, None),
        };
        self.token(on, permissions, bound);
        let preview = self.kind == Kind::Old || self.dice.chance(10);
        for _ in 0..=self.dice.below(3) {
            let (auth, mut what) = (self.token_or_odd(), self.managed());
            if let (Manage::Credentials { rp: own }, true) = (&mut what, self.dice.chance(70)) {
                *own = rp;
            }
            let next = match &what {
                Manage::Rps => Some(Manage::NextRp),
                Manage::Credentials { .. } => Some(Manage::NextCredential),
                _ => None,
            };
            self.send_on(on, Command::Manage { preview, auth, what });
            for _ in 0..self.dice.below(3) {
                if let Some(what) = next.clone() {
                    self.send_on(on, Command::Manage { preview, auth: Auth::None, what });
                }
            }
        }
    }

    fn managed(&mut self) -> Manage {
        match self.dice.below(10) {
            0 => Manage::Metadata,
            1 | 2 => Manage::Rps,
            3 => Manage::NextRp,
            4..7 => Manage::Credentials { rp: self.rp() },
            7 => Manage::NextCredential,
            8 => Manage::Delete { credential: self.dice.below(8) },
            _ => Manage::Update { credential: self.dice.below(8), name: self.dice.below(6), wrong_user: self.dice.chance(10) },
        }
    }

    fn blobs(&mut self, on: u8) {
        self.token(on, LBW, None);
        let (array, of) = (self.dice.below(5), 1 + self.dice.below(3));
        for part in 0..of {
            let auth = self.token_or_odd();
            if self.dice.chance(95) {
                self.send_on(on, Command::WriteBlob { auth, array, part, of });
            }
        }
        let read = self.read_blob();
        self.send(read);
    }

    fn read_blob(&mut self) -> Command {
        let count = if self.dice.chance(90) { 2_000 } else { self.dice.pick(&[0, 10, 7_545, 7_546]) };
        let offset = if self.dice.chance(80) { 0 } else { self.dice.pick(&[1, 17, 18, 2_000]) };
        Command::ReadBlob { count, offset }
    }

    fn setting(&mut self) -> Setting {
        match self.dice.below(10) {
            0 => Setting::Enterprise,
            1..4 => Setting::AlwaysUv,
            4 => Setting::LongTouch,
            5 => Setting::Vendor,
            _ => Setting::MinPin {
                length: self.dice.maybe(50, |dice| dice.pick(&[4, 4, 5, 6, 3, 64])),
                rps: self.dice.maybe(60, |dice| dice.pick(&[0, 1, 2, 3, 9])),
                force: self.dice.chance(20),
                complexity: self.dice.chance(15),
            },
        }
    }

    fn enrolment(&mut self, on: u8) {
        self.token(on, BE, None);
        let preview = self.dice.chance(10);
        if self.dice.chance(60) {
            self.has_finger = true;
            for what in [Bio::Begin { timeout_ms: None }, Bio::Capture] {
                let auth = self.token_or_odd();
                self.send_on(on, Command::Bio { preview, auth, what });
            }
        }
        let (auth, what) = (self.token_or_odd(), self.bio());
        self.send_on(on, Command::Bio { preview, auth, what });
    }

    fn bio(&mut self) -> Bio {
        match self.dice.below(9) {
            0 => Bio::Modality,
            1 => Bio::Sensor,
            2 => Bio::Begin { timeout_ms: self.dice.maybe(50, |dice| dice.pick(&[10, 5_000, 60_000])) },
            3 => Bio::Capture,
            4 => Bio::Cancel,
            5 | 6 => Bio::Enumerate,
            7 => Bio::Rename { finger: self.dice.below(3), name: self.dice.below(10) },
            _ => Bio::Remove { finger: self.dice.below(3) },
        }
    }

    /// Wrong PINs in a row, up to the block and beyond.
    fn guesses(&mut self, on: u8) {
        for _ in 0..=self.dice.below(11) {
            let (secret, guess) = (self.secret(), self.dice.pick(&[Guess::Wrong, Guess::Wrong, Guess::Former]));
            let command = match self.dice.below(4) {
                0 => Command::ChangePin { secret, guess, pin: 0 },
                1 => Command::PermissionsByPin { secret, guess, permissions: GA, rp: Some(0) },
                _ => Command::PinToken { secret, guess },
            };
            self.send_on(on, command);
            if self.dice.chance(35) {
                let anew = self.dice.chance(50);
                self.actions.push(Action::PowerCycle { anew });
            }
        }
        self.send(Command::PinRetries);
    }

    fn make(&mut self, rp: u8) -> Make {
        let option = |dice: &mut Dice, percent: u8, yes: u8| dice.maybe(percent, |dice| dice.chance(yes));
        let (kind, dice) = (self.kind, &mut self.dice);
        Make {
            rp,
            user: dice.below(3),
            rk: if kind == Kind::WithoutPin { option(dice, 10, 50) } else { option(dice, 70, 92) },
            uv: option(dice, 20, 80),
            up: option(dice, 8, 60),
            auth: Auth::None,
            exclude: if dice.chance(12) { (0..=dice.below(4)).map(|_| dice.below(8)).collect() } else { Vec::new() },
            algorithm: match dice.below(20) {
                0..16 => -8,
                19 => -300,
                _ => -7,
            },
            protect: dice.maybe(35, |dice| dice.pick(&[1, 2, 3, 3, 3, 4])),
            hmac_secret: dice.chance(25),
            blob: dice.maybe(20, |dice| dice.pick(&[0, 1, 32, 33])),
            large_blob_key: option(dice, 20, 90),
            enterprise: dice.maybe(3, |dice| dice.below(4)),
        }
    }

    fn assert(&mut self, rp: u8) -> Assert {
        let option = |dice: &mut Dice, percent: u8, yes: u8| dice.maybe(percent, |dice| dice.chance(yes));
        let secret = self.secret();
        let dice = &mut self.dice;
        Assert {
            rp,
            rk: option(dice, 3, 50),
            uv: option(dice, 20, 80),
            up: option(dice, 15, 30),
            auth: Auth::None,
            allow: if dice.chance(25) { (0..=dice.below(4)).map(|_| dice.below(8)).collect() } else { Vec::new() },
            hmac_secret: dice.maybe(20, |_| secret),
            blob: dice.chance(15),
            large_blob_key: option(dice, 15, 90),
        }
    }

    /// Any one command.
    fn command(&mut self) -> Command {
        let rp = self.rp();
        let (secret, guess, auth) = (self.secret(), self.guess(), self.auth());
        let permissions = self.dice.pick(&[MC, GA, MC | GA, CM, BE, LBW, ACFG, PCMR, PCMR | CM, 0, 0x80, 0x3F]);
        let some_rp = self.dice.maybe(70, |_| rp);
        let auth = if self.kind == Kind::WithoutPin && self.dice.chance(90) { Auth::None } else { auth };
        let end = if self.kind == Kind::WithoutPin { 56 } else { 100 };
        let number = self.dice.below(end);
        // Without a PIN, what is left after the first kinds is U2F.
        let number = if number >= 48 && self.kind == Kind::WithoutPin { number + 44 } else { number };
        match number {
            0..20 => {
                let auth = if self.dice.chance(60) { Auth::None } else { auth };
                Command::Make(Make { auth, ..self.make(rp) })
            }
            20..38 => {
                let auth = if self.dice.chance(60) { Auth::None } else { auth };
                Command::Assert(Assert { auth, ..self.assert(rp) })
            }
            38..41 => Command::Next,
            41..48 => Command::Info,
            48 => Command::KeyAgreement { protocol: secret.protocol },
            49..51 => Command::PinRetries,
            51..53 => Command::UvRetries,
            53..57 => Command::SetPin { secret, pin: self.new_pin() },
            57..60 => Command::ChangePin { secret, guess, pin: self.new_pin() },
            60..63 => Command::PinToken { secret, guess },
            63..66 => Command::PermissionsByPin { secret, guess, permissions, rp: some_rp },
            66..69 => Command::PermissionsByFinger { secret, permissions, rp: some_rp },
            69..73 => Command::Manage { preview: self.kind == Kind::Old || self.dice.chance(20), auth, what: self.managed() },
            73..75 => self.read_blob(),
            75..77 => Command::WriteBlob { auth, array: self.dice.below(5), part: self.dice.below(2), of: 1 + self.dice.below(2) },
            77..81 => Command::Configure { auth, what: self.setting() },
            81..85 => Command::Bio { preview: self.dice.chance(20), auth, what: self.bio() },
            85..88 => Command::Reset,
            88..91 => Command::Select,
            91 => Command::U2fVersion,
            92..94 => Command::U2fRegister { rp },
            _ => Command::U2fSign {
                credential: self.dice.below(8),
                control: self.dice.pick(&[0x03, 0x07, 0x08]),
                wrong_rp: self.dice.chance(10),
            },
        }
    }
}
