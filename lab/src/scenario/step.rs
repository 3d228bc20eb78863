//! One step of a scenario: what is done, and what is expected of the relying party.

use std::fmt;
use std::time::Duration;

use faultkey_authenticator::Event;
use faultkey_fault_injection::FaultSpec;
use faultkey_relying_party::Fallback;

use super::{CauseName, OutcomeClass, Rule};
use crate::facts::{Kind, ReplayFrom};

/// One step.
#[derive(Clone, Debug)]
pub struct Step {
    /// Where it begins in its file.
    pub line: usize,
    pub action: Action,
    /// Any of these holds.
    pub expect: Vec<OutcomeClass>,
    /// By which rule the answer is to be refused, or accepted.
    pub rule: Option<Rule>,
    /// None of these may happen.
    pub forbid: Vec<Forbidden>,
    /// The cause whose answer this step shows, for the confusion matrix.
    pub cause: Option<CauseName>,
}

/// What a step does.
#[derive(Clone, Debug)]
pub enum Action {
    /// A registration ceremony. `replace`: in the place of the account's passkey.
    Register {
        replace: bool,
        user_verification: String,
        resident_key: String,
        attestation: String,
        user: UserAct,
    },
    /// An authentication ceremony. `usernameless`: with no user name and no allow list.
    LogIn {
        usernameless: bool,
        user_verification: String,
        user: UserAct,
    },
    /// The same verify body once more, as an impatient user's app sends it.
    Retry,
    /// An answer that was accepted is sent once more, with these cookies.
    Replay {
        of: Kind,
        from: ReplayFrom,
    },
    /// Options for a name that has an account, and for one that has none.
    CompareAccounts,
    /// Options for one more registration, in the session in which the account has registered.
    OptionsAgain,
    /// Something happens to the device.
    Event(Event),
    Arm(FaultSpec),
    /// Disarms the fault with this name, or all.
    Clear(Option<String>),
    Advance(Duration),
    /// The relying party's state is changed behind the user's back.
    Hook(Hook),
    /// The user proves who they are in another way.
    FallBack(Fallback),
    /// The passkey as it is, or the first of these ways that leads to a new one and to a clean authentication.
    Recover(Vec<Fallback>),
    /// A new account and a new device of the same profile, with no fault armed; for several causes in one scenario.
    StartOver,
    /// Facts about the run so far.
    Check(Vec<FactCheck>),
}

/// What the user does when the device asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UserAct {
    #[default]
    Approve,
    Refuse,
    /// Or types a wrong PIN, where the device has no reader.
    WrongFinger,
    Never,
}

/// A change of the relying party's state that needs a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hook {
    /// The support desk's reset.
    Reset,
    /// Only the credential's row is deleted (catalogue RP-01).
    DeleteCredential,
}

/// A fact about the run so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactCheck {
    /// The causes of this scenario were logged with at least so many different reasons.
    DistinctReasons(usize),
    /// The relying party holds exactly so many credentials for the account.
    Credentials(usize),
    /// The account has at most so many sessions more than before the last authentication.
    SessionsAtMost(u64),
}

/// An outcome that a step forbids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forbidden {
    /// The account is locked.
    Locked,
    /// A password try was used up.
    PasswordTryUsed,
    CredentialDeleted,
    CredentialChanged,
    DuplicateCredential,
    /// A session is minted.
    Session,
    /// Code and text are those that another cause gets, too. Judged over all scenarios of a run.
    GenericCode,
    SignalUnknownCredential,
    ServerError,
}

impl Forbidden {
    pub const ALL: [Forbidden; 9] = [
        Forbidden::Locked,
        Forbidden::PasswordTryUsed,
        Forbidden::CredentialDeleted,
        Forbidden::CredentialChanged,
        Forbidden::DuplicateCredential,
        Forbidden::Session,
        Forbidden::GenericCode,
        Forbidden::SignalUnknownCredential,
        Forbidden::ServerError,
    ];

    /// The name in scenario files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Forbidden::Locked => "locked",
            Forbidden::PasswordTryUsed => "password-try-used",
            Forbidden::CredentialDeleted => "credential-deleted",
            Forbidden::CredentialChanged => "credential-changed",
            Forbidden::DuplicateCredential => "duplicate-credential",
            Forbidden::Session => "session",
            Forbidden::GenericCode => "generic-code",
            Forbidden::SignalUnknownCredential => "signal-unknown-credential",
            Forbidden::ServerError => "server-error",
        }
    }
}

/// The names of the ways out in scenario files.
pub const WAYS: [(&str, Fallback); 3] =
    [("password", Fallback::Password), ("phone", Fallback::Phone), ("support-reset", Fallback::SupportReset)];

/// The name of a way out.
#[must_use]
pub fn way_name(way: Fallback) -> &'static str {
    match way {
        Fallback::Password => "password",
        Fallback::Phone => "phone",
        Fallback::SupportReset => "support-reset",
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::Register { replace: false, .. } => f.write_str("register"),
            Action::Register { replace: true, .. } => f.write_str("register again, replacing the passkey"),
            Action::LogIn { usernameless: false, .. } => f.write_str("sign in"),
            Action::LogIn { usernameless: true, .. } => f.write_str("sign in without a user name"),
            Action::Retry => f.write_str("send the same verify request again"),
            Action::Replay { of, from } => write!(f, "send the accepted {} answer again, with {}", of.name(), from_text(*from)),
            Action::CompareAccounts => f.write_str("ask for options for a name with an account and for one without"),
            Action::OptionsAgain => f.write_str("ask for registration options again"),
            Action::Event(event) => write!(f, "event {}", event.name()),
            Action::Arm(spec) => write!(f, "arm {}{}", spec.name, parameters(&spec.parameters)),
            Action::Clear(Some(name)) => write!(f, "clear {name}"),
            Action::Clear(None) => f.write_str("clear every fault"),
            Action::Advance(time) => write!(f, "{} s pass", time.as_secs()),
            Action::Hook(Hook::Reset) => f.write_str("the support desk resets the passkey"),
            Action::Hook(Hook::DeleteCredential) => f.write_str("the relying party loses the credential's row"),
            Action::FallBack(way) => write!(f, "fall back to {}", way_name(*way)),
            Action::Recover(ways) => write!(f, "recover by {}", ways.iter().map(|w| way_name(*w)).collect::<Vec<_>>().join(" or ")),
            Action::StartOver => f.write_str("start over with a new account and device"),
            Action::Check(_) => f.write_str("check"),
        }
    }
}

const fn from_text(from: ReplayFrom) -> &'static str {
    match from {
        ReplayFrom::NoSession => "no cookies",
        ReplayFrom::AnotherSession => "another session's cookies",
        ReplayFrom::SameCookies => "the cookies of its first sending",
    }
}

fn parameters(table: &toml::Table) -> String {
    if table.is_empty() {
        return String::new();
    }
    let list: Vec<String> = table.iter().map(|(name, value)| format!("{name} {value}")).collect();
    format!(" ({})", list.join(", "))
}
