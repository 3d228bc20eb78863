//! What CTAP 2.3 demands of the authenticator, written a second time, small and without the steps of the authenticator's own code.
//!
//! A command is straight-line code here: the device ran first, so every answer of its user is known, and what it drew at random
//! (credential ids, tokens) is learned from its reply. State is in two parts, what a power cycle leaves and what it ends.

mod assertion;
mod bio;
mod blob;
mod credential;
mod info;
mod management;
mod pin;
mod settings;
mod token;
mod u2f;

use faultkey_authenticator::config::{BuiltInVerification, SignCountPolicy, Version};
use faultkey_authenticator::{Config, Prompt, Status};

use crate::action::{Answer, Command};
use crate::platform::{Platform, Token};
use crate::reply::Reply;
use crate::request::{Param, Sent};

pub use credential::Credential;

pub const PIN_TRIES: u8 = 8;
pub const PIN_TRIES_PER_POWER_CYCLE: u8 = 3;
/// Of enumerations and getNextAssertion.
const STATE_TIMEOUT: u64 = 30_000;
const RESET_WINDOW: u64 = 10_000;

#[derive(Clone, Debug, PartialEq)]
pub struct Finger {
    /// Unknown until it is told.
    pub id: Option<Vec<u8>>,
    pub name: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    pub min_pin_length: u8,
    pub min_pin_length_rps: u8,
    pub force_change: bool,
    pub complexity: bool,
    pub always_uv: bool,
    pub enterprise: bool,
    pub long_touch: bool,
}

/// What a power cycle leaves.
#[derive(Clone, Debug)]
pub struct Durable {
    pub pin: Option<String>,
    pub pin_tries: u8,
    pub uv_tries: u8,
    pub persistent_token: Option<[u8; 32]>,
    pub settings: Settings,
    pub fingers: Vec<Finger>,
    /// Oldest first.
    pub credentials: Vec<Credential>,
    pub blob: Vec<u8>,
}

/// A token in use.
#[derive(Clone, Debug)]
pub struct InUse {
    token: Token,
    channel: usize,
    permissions: u8,
    rp: Option<String>,
    verified: bool,
    present: bool,
    issued: u64,
    used: bool,
}

/// What goes on after its first command.
#[derive(Clone, Debug)]
enum GoesOn {
    Assertions { rest: Vec<Vec<u8>>, asked: assertion::Asked, since: Since },
    Rps { rest: Vec<String>, since: Since },
    Credentials { rest: Vec<Vec<u8>>, since: Since },
}

/// When it went on last, and whether it ends with the token that began it.
#[derive(Clone, Copy, Debug)]
struct Since {
    last: u64,
    by_token: bool,
}

/// What a power cycle ends.
#[derive(Clone, Debug, Default)]
struct Volatile {
    powered_on: u64,
    /// Whose command was the last.
    channel: usize,
    /// Which key the authenticator agrees with.
    epoch: u32,
    token: Option<InUse>,
    wrong_pins: u8,
    verifications: u64,
    goes_on: Option<GoesOn>,
    /// Whose enrolment, its `templateId`, and the samples that remain.
    enrolling: Option<(usize, Vec<u8>, u8)>,
    /// Whose write, the announced length, and what was written.
    blob: (usize, usize, Vec<u8>),
}

/// Why a command ends without success.
pub enum Stop {
    Status(Status),
    /// Where the specification leaves the choice.
    OneOf(Vec<Status>),
    Word(u16),
    /// The user does nothing; the prompt stays open.
    Open,
    PowerFailed,
    /// The authenticator did what it must not.
    Wrong(String),
}

impl From<Status> for Stop {
    fn from(status: Status) -> Self {
        Self::Status(status)
    }
}

impl From<String> for Stop {
    fn from(what: String) -> Self {
        Self::Wrong(what)
    }
}

pub type Verdict<T> = Result<T, Stop>;

pub fn refuse<T>(status: Status) -> Verdict<T> {
    Err(status.into())
}

fn wrong<T>(what: impl Into<String>) -> Verdict<T> {
    Err(Stop::Wrong(what.into()))
}

fn must(is: bool, what: &str) -> Verdict<()> {
    if is { Ok(()) } else { wrong(what) }
}

/// One command and what the device made of it.
pub struct Exchange<'a> {
    pub sent: &'a Sent,
    pub channel: usize,
    /// When it was sent.
    pub at: u64,
    /// What the user did, and when.
    pub gestures: &'a [(Answer, u64)],
    pub prompts: &'a [Prompt],
    /// `None`: a prompt is open.
    pub reply: Option<&'a Reply>,
    pub platform: &'a mut Platform,
}

/// The run of one command.
struct Run<'a, 'b> {
    model: &'a mut Model,
    exchange: &'a mut Exchange<'b>,
    asked: usize,
    now: u64,
}

#[derive(Clone)]
pub struct Model {
    pub config: std::sync::Arc<Config>,
    pub durable: Durable,
    volatile: Volatile,
    /// Changes made durable, ever.
    pub commits: u32,
    /// Power fails after so many.
    pub power_fails: Option<u32>,
    /// Highest signature counters seen: of the authenticator, or by credential.
    counters: std::collections::BTreeMap<Vec<u8>, u32>,
    /// The PIN before the one that is set.
    pub former_pin: Option<String>,
    /// hmac-secret's outputs, by credential and verification.
    secrets: std::collections::BTreeMap<(Vec<u8>, bool), Vec<u8>>,
}

impl Model {
    pub fn new(config: &Config) -> Self {
        let protection = &config.protection;
        let finger = Finger { id: None, name: String::new() };
        let is_enrolled = config.commands.fingerprint_sensor.is_some() && config.verification == BuiltInVerification::Ready;
        Self {
            durable: Durable {
                pin: protection.pin.clone(),
                pin_tries: PIN_TRIES,
                uv_tries: config.verification_tries,
                persistent_token: None,
                settings: Self::factory_settings(config),
                fingers: if is_enrolled { vec![finger] } else { Vec::new() },
                credentials: Vec::new(),
                blob: crate::request::blob_array(0),
            },
            volatile: Volatile::default(),
            commits: 0,
            power_fails: None,
            counters: std::collections::BTreeMap::new(),
            former_pin: None,
            secrets: std::collections::BTreeMap::new(),
            config: std::sync::Arc::new(config.clone()),
        }
    }

    fn factory_settings(config: &Config) -> Settings {
        let protection = &config.protection;
        Settings {
            min_pin_length: protection.min_pin_length,
            min_pin_length_rps: 0,
            force_change: false,
            complexity: protection.pin_complexity_policy == Some(true),
            always_uv: protection.always_uv == Some(true),
            enterprise: false,
            long_touch: protection.long_touch_for_reset == Some(true),
        }
    }

    /// Which key the authenticator agrees with now.
    pub fn epoch(&self) -> u32 {
        self.volatile.epoch
    }

    pub fn power_cycle(&mut self, now: u64, anew: bool) {
        let verifications = if anew { 0 } else { self.volatile.verifications };
        let epoch = self.volatile.epoch + 1;
        self.volatile = Volatile { powered_on: now, epoch, verifications, ..Volatile::default() };
        self.power_fails = None;
    }

    /// A message came on `channel` that is no request: it ends what would go on.
    pub fn interrupted(&mut self, channel: usize) {
        self.volatile.channel = channel;
        self.volatile.goes_on = None;
    }

    /// Nobody has `channel` any more.
    pub fn channel_closed(&mut self, channel: usize) {
        let volatile = &mut self.volatile;
        if volatile.channel == channel {
            volatile.goes_on = None;
        }
        volatile.token.take_if(|token| token.channel == channel);
        volatile.enrolling.take_if(|enrolling| enrolling.0 == channel);
        if volatile.blob.0 == channel {
            volatile.blob = (0, 0, Vec::new());
        }
    }

    pub fn uv_ready(&self) -> bool {
        match self.config.commands.fingerprint_sensor {
            _ if self.config.verification == BuiltInVerification::Absent => false,
            None => self.config.verification == BuiltInVerification::Ready,
            Some(_) => !self.durable.fingers.is_empty(),
        }
    }

    fn is_protected(&self) -> bool {
        self.durable.pin.is_some() || self.uv_ready()
    }

    /// A PIN token may be used for mc and ga here.
    fn takes_pin(&self) -> bool {
        self.config.protection.client_pin && !self.config.protection.no_mc_ga_permissions_with_client_pin
    }

    fn has_protocols(&self) -> bool {
        let protection = &self.config.protection;
        let hmac_secret = faultkey_authenticator::Extension::HmacSecret;
        protection.client_pin || protection.pin_uv_auth_token || self.config.extensions.has(hmac_secret)
    }

    /// By the rules of CTAP 2.1 and later; otherwise by those of 2.0.
    fn is_2_1(&self) -> bool {
        self.config.protection.is_at_least(Version::Fido2_1)
    }

    fn can_have_pin(&self) -> bool {
        self.config.protection.client_pin || self.config.protection.pin_uv_auth_token
    }

    fn has_u2f(&self) -> bool {
        self.config.protection.versions.contains(&Version::U2fV2)
    }

    /// Judges one exchange, and moves on. The error is what the authenticator did wrong.
    pub fn judge(&mut self, exchange: &mut Exchange) -> Result<(), String> {
        let at = exchange.at;
        let mut run = Run { model: self, exchange, asked: 0, now: at };
        let verdict = run.command();
        let asked = run.asked;
        let (reply, prompts) = (exchange.reply, exchange.prompts.len());
        let expected = match verdict {
            Err(Stop::Wrong(what)) => return Err(what),
            Ok(()) => None,
            Err(stop) => Some(stop),
        };
        let is_expected = match (&expected, reply) {
            (None, Some(reply)) => reply.is_success(),
            (Some(Stop::Status(status)), Some(Reply::Ctap { status: own, .. })) => own == status,
            (Some(Stop::OneOf(all)), Some(Reply::Ctap { status: own, .. })) => all.contains(own),
            (Some(Stop::Word(word)), Some(Reply::Apdu { word: own, .. })) => own == word,
            (Some(Stop::Open), None) => true,
            (Some(Stop::PowerFailed), Some(Reply::Ctap { status, .. })) => *status == Status::Other,
            (Some(Stop::PowerFailed), Some(Reply::Apdu { word, .. })) => *word == 0x6F00,
            _ => false,
        };
        let was = reply.map_or("an open prompt".to_owned(), Reply::verdict);
        if !is_expected {
            let expected = match expected {
                None => "success".to_owned(),
                Some(Stop::Status(status)) => status.to_string(),
                Some(Stop::OneOf(all)) => all.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or "),
                Some(Stop::Word(word)) => format!("{word:04X}"),
                Some(Stop::Open) => "an open prompt".to_owned(),
                Some(Stop::PowerFailed) => "OTHER, since power failed".to_owned(),
                Some(Stop::Wrong(what)) => what,
            };
            return Err(format!("expected {expected}, and it was {was}"));
        }
        if asked != prompts {
            return Err(format!("the user was asked {prompts} times, and should be {asked} times"));
        }
        Ok(())
    }
}

impl Run<'_, '_> {
    fn command(&mut self) -> Verdict<()> {
        let command = self.exchange.sent.command.clone();
        let goes_on = match &command {
            Command::Next => matches!(self.model.volatile.goes_on, Some(GoesOn::Assertions { .. })),
            Command::Manage { what: crate::action::Manage::NextRp | crate::action::Manage::NextCredential, .. } => {
                self.is_there(&command) && !matches!(self.model.volatile.goes_on, Some(GoesOn::Assertions { .. }))
            }
            _ => false,
        };
        let is_same_channel = self.model.volatile.channel == self.exchange.channel;
        self.model.volatile.channel = self.exchange.channel;
        if !goes_on || !is_same_channel {
            self.model.volatile.goes_on = None;
        }
        if !self.is_there(&command) {
            return refuse(Status::InvalidCommand);
        }
        match command {
            Command::Info => self.info(),
            Command::KeyAgreement { .. } => self.granted(),
            Command::PinRetries => self.pin_retries(),
            Command::UvRetries | Command::PermissionsByPin { .. } | Command::PermissionsByFinger { .. } if !self.model.is_2_1() => {
                refuse(Status::InvalidParameter)
            }
            Command::UvRetries => self.uv_retries(),
            Command::SetPin { pin, .. } => self.set_pin(crate::request::pin(pin)),
            Command::ChangePin { pin, .. } => self.change_pin(crate::request::pin(pin)),
            Command::PinToken { .. } => self.pin_token(),
            Command::PermissionsByPin { permissions, rp, .. } => self.token_by_pin(permissions, rp),
            Command::PermissionsByFinger { permissions, rp, .. } => self.token_by_finger(permissions, rp),
            Command::Make(make) => self.make(&make),
            Command::Assert(assert) => self.assert(&assert),
            Command::Next => self.next_assertion(),
            Command::Manage { preview, what, .. } => self.manage(preview, &what),
            Command::ReadBlob { count, offset } => self.read_blob(usize::from(count), usize::from(offset)),
            Command::WriteBlob { array, part, of, .. } => self.write_blob(array, part, of),
            Command::Configure { what, .. } => self.configure(&what),
            Command::Bio { preview, what, .. } => self.bio(preview, &what),
            Command::Reset => self.reset(),
            Command::Select => self.select(),
            Command::U2fVersion => self.u2f_version(),
            Command::U2fRegister { .. } => self.u2f_register(),
            Command::U2fSign { control, .. } => self.u2f_sign(control),
        }
    }

    fn is_there(&self, command: &Command) -> bool {
        let (commands, protection) = (&self.model.config.commands, &self.model.config.protection);
        let has_sensor = commands.fingerprint_sensor.is_some();
        match command {
            Command::Manage { preview: true, .. } => commands.credential_management_preview,
            Command::Manage { .. } => commands.credential_management,
            Command::Bio { preview: true, .. } => commands.bio_enrollment_preview && has_sensor,
            Command::Bio { .. } => commands.bio_enrollment && has_sensor,
            Command::ReadBlob { .. } | Command::WriteBlob { .. } => commands.large_blobs.is_some(),
            Command::Configure { .. } => protection.authenticator_config,
            Command::Select => self.model.is_2_1(),
            Command::KeyAgreement { .. }
            | Command::PinRetries
            | Command::UvRetries
            | Command::SetPin { .. }
            | Command::ChangePin { .. }
            | Command::PinToken { .. }
            | Command::PermissionsByPin { .. }
            | Command::PermissionsByFinger { .. } => self.model.has_protocols(),
            _ => true,
        }
    }

    /// The command succeeds; what is checked of the reply comes after.
    fn granted(&self) -> Verdict<()> {
        match self.exchange.reply {
            Some(reply) if reply.is_success() => Ok(()),
            Some(reply) => wrong(format!("expected success, and it was {}", reply.verdict())),
            None => wrong("expected success, and a prompt is open"),
        }
    }

    fn reply(&self) -> Verdict<&Reply> {
        self.granted()?;
        self.exchange.reply.ok_or_else(|| Stop::Wrong("there is no reply".to_owned()))
    }

    /// Asks the user: what was done, or nothing until it was too late.
    fn ask(&mut self, timeout: Option<u64>) -> Verdict<Answer> {
        self.asked += 1;
        let Some((answer, at)) = self.exchange.gestures.get(self.asked - 1).copied() else { return Err(Stop::Open) };
        let waited = at - self.now;
        self.now = at;
        let timeout = timeout.unwrap_or(30_000);
        Ok(if waited > timeout { Answer::Never } else { answer })
    }

    /// The prompt that was shown at the last [`Run::ask`].
    fn prompt(&self) -> Option<&Prompt> {
        self.exchange.prompts.get(self.asked.checked_sub(1)?)
    }

    /// A test of user presence; any finger will do.
    fn touch(&mut self) -> Verdict<()> {
        let answer = self.ask(None)?;
        must(matches!(self.prompt(), Some(Prompt::Presence { .. })), "the user was asked for a finger, not for a touch")?;
        match answer {
            Answer::Approve | Answer::WrongFinger | Answer::BadSample => Ok(()),
            other => refuse(declined(other)),
        }
    }

    /// One change that is durable before anything else happens.
    fn commit(&mut self, change: impl FnOnce(&mut Durable)) -> Verdict<()> {
        match &mut self.model.power_fails {
            Some(0) => return Err(Stop::PowerFailed),
            Some(left) => *left -= 1,
            None => {}
        }
        self.model.commits += 1;
        change(&mut self.model.durable);
        Ok(())
    }

    /// A signature counter that came, which must have risen.
    fn counted(&mut self, id: &[u8], count: u32) -> Verdict<()> {
        let scope = match self.model.config.sign_count {
            SignCountPolicy::Zero => return must(count == 0, "a signature counter that is always zero was not"),
            SignCountPolicy::Global => Vec::new(),
            SignCountPolicy::PerCredential => id.to_vec(),
        };
        let last = self.model.counters.insert(scope, count).unwrap_or(0);
        if count > last { Ok(()) } else { wrong(format!("the signature counter went from {last} to {count}")) }
    }

    fn param(&self) -> Param {
        self.exchange.sent.param
    }
}

/// The status of a command that the user did not let through.
fn declined(answer: Answer) -> Status {
    match answer {
        Answer::Cancel => Status::KeepaliveCancel,
        Answer::Never => Status::UserActionTimeout,
        _ => Status::OperationDenied,
    }
}
