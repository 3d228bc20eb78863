//! Why a relying party can't be exercised: decided on statuses, headers, typed errors and probes.

use std::time::Duration;

use faultkey_relying_party::{Encoding, Lost, Unread, Why};

use super::control::{SessionUntold, Untold};

/// What is probably wrong. What it says to a person is in [`crate::help`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// No connection, or no TLS.
    Unreachable(Why),
    /// It was connected to, and no whole answer came.
    NoAnswer(Lost),
    /// It answered, and then nothing listened any more.
    StoppedAnswering,
    NoSuchPath,
    /// A page where JSON is expected.
    Html,
    NotJson {
        content_type: Option<String>,
    },
    Redirect {
        location: Option<String>,
        elsewhere: Elsewhere,
    },
    /// 401: only a signed-in user may register.
    SignInWanted,
    /// 401 or 403 to an account that has just registered.
    AccountNotConfirmed,
    /// 401 with WWW-Authenticate (RFC 9110 §11.6.1).
    HttpCredentialsWanted,
    /// Probably: 403, and the adapter file has no `[csrf]`.
    CsrfTokenWanted,
    MethodNotAllowed {
        allow: Option<String>,
    },
    UnsupportedMediaType,
    RateLimited {
        retry_after: Option<Duration>,
    },
    ServerError {
        status: u16,
    },
    /// A pointer of the adapter file finds nothing.
    PointerFindsNothing {
        unread: Unread,
        /// Pointers that the answer has.
        there: Vec<String>,
    },
    /// The adapter file's rule takes a refusal for an acceptance.
    RefusalNotTold(Untold),
    /// `[session]` of the adapter file does not tell who is signed in from who is not.
    SessionNotTold(SessionUntold),
    /// The relying party writes what is binary in another form than base64url.
    OtherEncoding {
        encoding: Encoding,
    },
    /// A hook that prepares the account was refused, or does not fit the answer.
    HookFailed {
        section: &'static str,
    },
    /// The origin is an IP address, which can't have passkeys (WebAuthn-3 §5.1.3 step 7).
    AddressForName {
        origin: String,
        /// What the relying party's options say.
        rp_id: Option<String>,
    },
    /// Neither https nor localhost.
    InsecureOrigin {
        origin: String,
        rp_id: Option<String>,
    },
    /// A page of this origin can't use this RP ID (WebAuthn-3 §5.1.3 step 8).
    RpIdUnlikeOrigin {
        origin: String,
        rp_id: Option<String>,
    },
    /// No client takes the options; what the client said names the member.
    UnusableOptions {
        exception: String,
    },
    /// The options allow no credential that the device has.
    NoCredential,
    /// The device has none of the algorithms that the options offer.
    AlgorithmNotOffered {
        offered: Vec<i64>,
        /// Profiles that have one of them.
        profiles: Vec<&'static str>,
    },
    DeviceLacks {
        lacks: String,
        /// Every profile of the preflight was tried, not only the one that the command line names.
        all_tried: bool,
    },
    /// Another origin is accepted.
    OriginUnlike {
        claimed: String,
        accepted: String,
    },
    /// Another form of account name is accepted.
    AccountNameRefused {
        refused: String,
        form: NameForm,
    },
    /// 409.
    AccountExists {
        account: String,
    },
    /// Another device's attestation is accepted, or this one's is asked for and refused.
    AttestationNotTrusted {
        format: Option<String>,
        /// The profile that is accepted.
        accepted: Option<&'static str>,
    },
    /// An attestation is accepted, and none is refused.
    AttestationWanted {
        accepted: &'static str,
    },
    AlgorithmRefused {
        refused: Option<i64>,
        accepted: i64,
        /// A profile that would use it.
        profile: Option<&'static str>,
    },
    /// For another reason.
    Refused {
        status: u16,
    },
}

/// Where a redirect leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Elsewhere {
    /// The same path at another origin, such as https instead of http; the URL for `--rp`.
    Origin(String),
    /// Another path of the same server.
    Path,
    /// Another site, or nowhere that can be read.
    Other,
}

/// A form of account name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameForm {
    /// A few letters and digits.
    Short,
    Email,
}

impl Problem {
    /// Stable, for programs.
    #[must_use]
    pub fn id(&self) -> &'static str {
        match self {
            Problem::Unreachable(why) => match why {
                Why::NameUnresolved => "name-unresolved",
                Why::NothingListens => "nothing-listens",
                Why::TimedOut => "connection-timed-out",
                Why::Reset => "connection-reset",
                Why::TlsToPlain => "tls-to-plain",
                Why::PlainToTls => "plain-to-tls",
                Why::UnknownIssuer => "unknown-issuer",
                Why::SelfSigned => "self-signed",
                Why::CertificateNotForName => "certificate-not-for-name",
                Why::CertificateExpired => "certificate-expired",
                Why::CaUsedAsEndEntity => "authority-as-server",
                Why::ProxyUnreachable => "proxy-unreachable",
                Why::ProxyRefused { .. } => "proxy-refused",
                Why::ClientCertificateWanted => "client-certificate-wanted",
                Why::OtherTls(_) => "tls",
                Why::Other(_) => "unreachable",
            },
            Problem::NoAnswer(_) => "no-answer",
            Problem::StoppedAnswering => "stopped-answering",
            Problem::NoSuchPath => "no-such-path",
            Problem::Html => "html",
            Problem::NotJson { .. } => "not-json",
            Problem::Redirect { .. } => "redirect",
            Problem::SignInWanted => "sign-in-wanted",
            Problem::AccountNotConfirmed => "account-not-confirmed",
            Problem::HttpCredentialsWanted => "http-credentials-wanted",
            Problem::CsrfTokenWanted => "csrf-token-wanted",
            Problem::MethodNotAllowed { .. } => "method-not-allowed",
            Problem::UnsupportedMediaType => "unsupported-media-type",
            Problem::RateLimited { .. } => "rate-limited",
            Problem::ServerError { .. } => "server-error",
            Problem::PointerFindsNothing { .. } => "pointer-finds-nothing",
            Problem::RefusalNotTold(_) => "refusal-not-told",
            Problem::SessionNotTold(_) => "session-not-told",
            Problem::OtherEncoding { .. } => "other-encoding",
            Problem::HookFailed { .. } => "hook-failed",
            Problem::AddressForName { .. } => "address-for-name",
            Problem::InsecureOrigin { .. } => "insecure-origin",
            Problem::RpIdUnlikeOrigin { .. } => "rp-id-unlike-origin",
            Problem::UnusableOptions { .. } => "unusable-options",
            Problem::NoCredential => "no-credential",
            Problem::AlgorithmNotOffered { .. } => "algorithm-not-offered",
            Problem::DeviceLacks { .. } => "device-lacks",
            Problem::OriginUnlike { .. } => "origin-unlike",
            Problem::AccountNameRefused { .. } => "account-name-refused",
            Problem::AccountExists { .. } => "account-exists",
            Problem::AttestationNotTrusted { .. } => "attestation-not-trusted",
            Problem::AttestationWanted { .. } => "attestation-wanted",
            Problem::AlgorithmRefused { .. } => "algorithm-refused",
            Problem::Refused { .. } => "refused",
        }
    }

    /// A refusal whose reason only other attempts can show.
    pub(super) const fn is_unexplained(&self) -> bool {
        matches!(self, Problem::Refused { .. } | Problem::CsrfTokenWanted)
    }
}
