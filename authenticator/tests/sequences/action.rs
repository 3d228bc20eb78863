//! What can happen, as plain data. A sequence is a list of it, one line of JSON each, and the same list plays the same every time.
//!
//! Actions name things by number (the third relying party, the second credential that was ever made), so that an action still means
//! something after others before it were left out.

use serde::{Deserialize, Serialize};

/// The relying parties.
pub const RPS: [&str; 3] = ["broker.test", "bank.test", "shop.test"];

/// PINs, chosen for what is wrong with them.
pub const PINS: [&str; 9] = [
    "1357",
    "correct horse",
    "いろはにほ",
    "1234",
    "864208",
    "12",
    "",
    "e\u{301}tude",
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
];

/// The longest sequence.
pub const LONGEST: usize = 64;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "do")]
pub enum Action {
    /// A platform sends a command; the user answers its prompts one after the other. Prompts without an answer stay open.
    Send { on: u8, send: Command, user: Vec<Gesture> },
    /// The same, and power fails when the command is about to make its change number `at`, from 0, durable.
    PowerFails { on: u8, send: Command, user: Vec<Gesture>, at: u32 },
    /// A command whose bytes were damaged on the way.
    Damaged { on: u8, send: Command, how: Damage },
    /// The user does something while no prompt is open, or a prompt that was left open.
    Late { user: Gesture },
    /// Time passes.
    Wait { ms: u64 },
    /// A platform goes away, and another takes its place on the channel.
    CloseChannel { on: u8 },
    /// Unplugged and plugged in again. `anew`: the program ended as well, so that only the store is left.
    PowerCycle { anew: bool },
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gesture {
    pub answer: Answer,
    pub after_ms: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    Approve,
    Refuse,
    WrongFinger,
    BadSample,
    Never,
    Cancel,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Damage {
    /// The last bytes are missing, so many.
    Cut(u16),
    /// One byte more.
    Longer,
    /// One bit is another.
    Flip(u16),
    /// Another command byte.
    Command(u8),
}

/// The shared secret of a PIN/UV auth protocol.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Secret {
    pub protocol: u8,
    /// The platform goes on with the secret that it has, even if the authenticator has another by now.
    pub stale: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Guess {
    Right,
    Wrong,
    /// The PIN before this one.
    Former,
}

/// `pinUvAuthParam`
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Auth {
    None,
    /// Signed with the platform's latest token.
    Token,
    /// The token before that.
    OldToken,
    /// Another platform's latest.
    ForeignToken,
    /// Signed with the latest token, but over another message.
    WrongMessage,
    /// Signed with zeros.
    Forged,
    /// Zero bytes.
    Empty,
    NoProtocol,
    UnknownProtocol,
    /// The other protocol than the token's.
    OtherProtocol,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Command {
    Info,
    KeyAgreement {
        protocol: u8,
    },
    PinRetries,
    UvRetries,
    SetPin {
        secret: Secret,
        pin: u8,
    },
    ChangePin {
        secret: Secret,
        guess: Guess,
        pin: u8,
    },
    PinToken {
        secret: Secret,
        guess: Guess,
    },
    PermissionsByPin {
        secret: Secret,
        guess: Guess,
        permissions: u8,
        rp: Option<u8>,
    },
    PermissionsByFinger {
        secret: Secret,
        permissions: u8,
        rp: Option<u8>,
    },
    Make(Make),
    Assert(Assert),
    Next,
    Manage {
        preview: bool,
        auth: Auth,
        what: Manage,
    },
    ReadBlob {
        count: u16,
        offset: u16,
    },
    /// Part `part` of `of` parts of array number `array`.
    WriteBlob {
        auth: Auth,
        array: u8,
        part: u8,
        of: u8,
    },
    Configure {
        auth: Auth,
        what: Setting,
    },
    Bio {
        preview: bool,
        auth: Auth,
        what: Bio,
    },
    Reset,
    Select,
    U2fVersion,
    U2fRegister {
        rp: u8,
    },
    U2fSign {
        credential: u8,
        control: u8,
        wrong_rp: bool,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Make {
    pub rp: u8,
    pub user: u8,
    pub rk: Option<bool>,
    pub uv: Option<bool>,
    pub up: Option<bool>,
    pub auth: Auth,
    pub exclude: Vec<u8>,
    /// COSE.
    pub algorithm: i64,
    pub protect: Option<u8>,
    pub hmac_secret: bool,
    /// Bytes of a credBlob.
    pub blob: Option<u8>,
    pub large_blob_key: Option<bool>,
    pub enterprise: Option<u8>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Assert {
    pub rp: u8,
    pub rk: Option<bool>,
    pub uv: Option<bool>,
    pub up: Option<bool>,
    pub auth: Auth,
    pub allow: Vec<u8>,
    pub hmac_secret: Option<Secret>,
    pub blob: bool,
    pub large_blob_key: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Manage {
    Metadata,
    Rps,
    NextRp,
    Credentials { rp: u8 },
    NextCredential,
    Delete { credential: u8 },
    Update { credential: u8, name: u8, wrong_user: bool },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Setting {
    Enterprise,
    AlwaysUv,
    MinPin { length: Option<u8>, rps: Option<u8>, force: bool, complexity: bool },
    LongTouch,
    Vendor,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bio {
    Modality,
    Sensor,
    Begin { timeout_ms: Option<u64> },
    Capture,
    Cancel,
    Enumerate,
    Rename { finger: u8, name: u8 },
    Remove { finger: u8 },
}

impl Command {
    /// For counting.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Info => "getInfo",
            Self::KeyAgreement { .. } => "getKeyAgreement",
            Self::PinRetries => "getPINRetries",
            Self::UvRetries => "getUVRetries",
            Self::SetPin { .. } => "setPIN",
            Self::ChangePin { .. } => "changePIN",
            Self::PinToken { .. } => "getPinToken",
            Self::PermissionsByPin { .. } => "token by PIN",
            Self::PermissionsByFinger { .. } => "token by UV",
            Self::Make(_) => "makeCredential",
            Self::Assert(_) => "getAssertion",
            Self::Next => "getNextAssertion",
            Self::Manage { what, .. } => match what {
                Manage::Metadata => "getCredsMetadata",
                Manage::Rps => "enumerateRPsBegin",
                Manage::NextRp => "enumerateRPsGetNextRP",
                Manage::Credentials { .. } => "enumerateCredentialsBegin",
                Manage::NextCredential => "enumerateCredentialsGetNext",
                Manage::Delete { .. } => "deleteCredential",
                Manage::Update { .. } => "updateUserInformation",
            },
            Self::ReadBlob { .. } => "largeBlobs get",
            Self::WriteBlob { .. } => "largeBlobs set",
            Self::Configure { what, .. } => match what {
                Setting::Enterprise => "enableEnterpriseAttestation",
                Setting::AlwaysUv => "toggleAlwaysUv",
                Setting::MinPin { .. } => "setMinPINLength",
                Setting::LongTouch => "enableLongTouchForReset",
                Setting::Vendor => "vendorPrototype",
            },
            Self::Bio { what, .. } => match what {
                Bio::Modality => "getModality",
                Bio::Sensor => "getFingerprintSensorInfo",
                Bio::Begin { .. } => "enrollBegin",
                Bio::Capture => "enrollCaptureNextSample",
                Bio::Cancel => "cancelCurrentEnrollment",
                Bio::Enumerate => "enumerateEnrollments",
                Bio::Rename { .. } => "setFriendlyName",
                Bio::Remove { .. } => "removeEnrollment",
            },
            Self::Reset => "reset",
            Self::Select => "selection",
            Self::U2fVersion => "U2F version",
            Self::U2fRegister { .. } => "U2F register",
            Self::U2fSign { .. } => "U2F authenticate",
        }
    }

    /// The same with another `pinUvAuthParam`, if it takes one.
    pub fn with_auth(mut self, new: Auth) -> Self {
        if let Self::Make(Make { auth, .. })
        | Self::Assert(Assert { auth, .. })
        | Self::Manage { auth, .. }
        | Self::WriteBlob { auth, .. }
        | Self::Configure { auth, .. }
        | Self::Bio { auth, .. } = &mut self
        {
            *auth = new;
        }
        self
    }

    /// It needs a shared secret, of this protocol.
    pub fn secret(&self) -> Option<Secret> {
        match self {
            Self::SetPin { secret, .. }
            | Self::ChangePin { secret, .. }
            | Self::PinToken { secret, .. }
            | Self::PermissionsByPin { secret, .. }
            | Self::PermissionsByFinger { secret, .. } => Some(*secret),
            Self::Assert(assert) => assert.hmac_secret,
            _ => None,
        }
    }
}

/// The sequence as text that [`read`] reads.
pub fn write(profile: &str, actions: &[Action]) -> String {
    let lines = actions.iter().map(|action| serde_json::to_string(action).expect("an action is plain data") + "\n");
    std::iter::once(format!("profile {profile}\n")).chain(lines).collect()
}

/// The profile's name and the actions of a text; anything else than an action is told with its line.
pub fn read(text: &str) -> Result<(String, Vec<Action>), String> {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let profile = lines.next().and_then(|line| line.strip_prefix("profile ")).ok_or("the first line is not `profile NAME`")?;
    let actions: Result<_, String> = lines.map(|line| serde_json::from_str(line).map_err(|error| format!("{line}: {error}"))).collect();
    Ok((profile.to_owned(), actions?))
}
