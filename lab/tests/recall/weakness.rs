//! The switches: each makes the server do one thing wrong, and names what must be found then.

use faultkey_lab::check::{CheckId, FindingId, Request};

macro_rules! weaknesses {
    ($(
        $(#[$doc:meta])*
        $name:ident: $check:ident at $($request:ident)+ $(, so $consequence:ident at $where:ident because $reason:literal)* $(, in $($scenario:literal)+)?;
    )*) => {
        /// One thing that the server does wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Weakness { $($(#[$doc])* $name),* }

        impl Weakness {
            pub const ALL: &[Weakness] = &[$(Weakness::$name),*];

            /// What it is.
            pub const fn check(self) -> CheckId {
                match self { $(Weakness::$name => CheckId::$check),* }
            }

            /// What must be found: the check, at each request at which it shows.
            pub const fn findings(self) -> &'static [FindingId] {
                match self { $(Weakness::$name => &[$(FindingId { check: CheckId::$check, request: Request::$request }),+]),* }
            }

            /// What is found besides, and why it can't be otherwise.
            pub const fn consequences(self) -> &'static [(FindingId, &'static str)] {
                match self {
                    $(Weakness::$name => &[$((FindingId { check: CheckId::$consequence, request: Request::$where }, $reason)),*]),*
                }
            }

            /// The built-in scenarios that are played for it besides [`COMMON`].
            pub const fn scenarios(self) -> &'static [&'static str] {
                match self { $(Weakness::$name => &[$($($scenario),+)?]),* }
            }
        }

        /// One test for each, under its name.
        #[allow(non_snake_case)]
        mod switched_on {
            $(#[tokio::test]
            async fn $name() {
                crate::is_found(super::Weakness::$name).await;
            })*
        }
    };
}

/// Played for every switch, so that other findings would show: clean ceremonies and what can be seen of them, a key that does not match,
/// an unknown credential, a failure that only the client saw, failures of the network, and answers that break one rule each.
pub const COMMON: &[&str] = &[
    "clean-ceremonies",
    "m0902-key-swapped-same-id",
    "m0902-unknown-credential",
    "interrupted-app-backgrounded",
    "interrupted-registration-committed",
    "interrupted-double-tap",
    "registrations-that-must-be-refused",
    "sign-ins-that-must-be-refused",
];

weaknesses! {
    // ---- Security
    /// The process ends when an answer lacks a member, as one does that belongs to the other ceremony.
    StopsAtAuthentication: StoppedAnswering at AuthenticationVerify, in "malformed-answers";
    StopsAtRegistration: StoppedAnswering at RegistrationVerify, in "malformed-answers";
    /// The challenge is not used up by the answer that is accepted.
    Replay: Replay at AuthenticationVerify,
        so ExtraSession at AuthenticationVerify because "the answer that is delivered twice signs in twice",
        in "interrupted-login-committed";
    /// The session is signed in before the signature is verified.
    SessionOnRefusal: SessionOnRefusal at AuthenticationVerify;
    SignatureNotVerified: SignatureNotVerified at AuthenticationVerify, in "m0902-seven-causes";
    /// Any open challenge will do, whichever session it was given to.
    ChallengeNotVerifiedAtRegistration: ChallengeNotVerified at RegistrationVerify;
    ChallengeNotVerifiedAtAuthentication: ChallengeNotVerified at AuthenticationVerify, in "m0902-challenge-of-another-session";
    OriginNotVerifiedAtRegistration: OriginNotVerified at RegistrationVerify;
    OriginNotVerifiedAtAuthentication: OriginNotVerified at AuthenticationVerify, in "m0902-native-origin";
    RpIdNotVerifiedAtRegistration: RpIdNotVerified at RegistrationVerify;
    RpIdNotVerifiedAtAuthentication: RpIdNotVerified at AuthenticationVerify;
    TypeNotVerifiedAtRegistration: TypeNotVerified at RegistrationVerify;
    TypeNotVerifiedAtAuthentication: TypeNotVerified at AuthenticationVerify, in "m0902-wrong-ceremony-type";
    UserPresenceNotVerifiedAtRegistration: UserPresenceNotVerified at RegistrationVerify;
    UserPresenceNotVerifiedAtAuthentication: UserPresenceNotVerified at AuthenticationVerify;
    UserVerificationNotEnforcedAtRegistration: UserVerificationNotEnforced at RegistrationVerify;
    UserVerificationNotEnforcedAtAuthentication: UserVerificationNotEnforced at AuthenticationVerify, in "m0902-uv-not-set";
    /// A credential that is not found has no key to verify with, so nothing is verified.
    UnknownCredentialAccepted: UnknownCredentialAccepted at AuthenticationVerify, in "registered-ghost-credential";
    /// What is missing is not looked at.
    MalformedAcceptedAtRegistration: MalformedAccepted at RegistrationVerify, in "malformed-answers";
    MalformedAcceptedAtAuthentication: MalformedAccepted at AuthenticationVerify, in "malformed-answers";
    /// Challenges do not expire, though the adapter file says when they do.
    ChallengeOutlivesLifetime: ChallengeOutlivesLifetime at AuthenticationVerify, in "m0902-challenge-expired-slow-finger";
    ChallengeShort: ChallengeShort at RegistrationOptions AuthenticationOptions;
    /// The same challenge for every registration.
    ChallengeRepeated: ChallengeRepeated at RegistrationOptions;

    // ---- State
    /// 500 for a credential that is not found, with everything else as it should be.
    ServerError: ServerError at AuthenticationVerify;
    /// A repeated answer to a registration is stored again.
    DuplicateCredential: DuplicateCredential at RegistrationVerify;
    /// The row is deleted when the signature does not verify.
    CredentialDeleted: CredentialDeleted at AuthenticationVerify;
    /// The counter is stored before the signature is verified.
    CredentialChanged: CredentialChanged at AuthenticationVerify;
    AccountLocked: AccountLocked at AuthenticationVerify;
    PasswordTryUsed: PasswordTryUsed at AuthenticationVerify;
    /// One sign-in makes two sessions.
    ExtraSession: ExtraSession at AuthenticationVerify;
    KnownSignalledUnknown: KnownSignalledUnknown at AuthenticationVerify;
    /// The row is written at the next request for options only.
    AcceptedNotStored: AcceptedNotStored at RegistrationVerify;
    AcceptedWithoutSession: AcceptedWithoutSession at AuthenticationVerify;
    /// A refusal empties the form.
    DraftLost: DraftLost at AuthenticationVerify;

    // ---- No way out
    /// No answer about a credential that is not found.
    NoAnswer: NoAnswer at AuthenticationVerify;
    /// Password, telephone and support all refuse.
    NoRecovery: NoRecovery at Fallback;
    /// After a failure, the session can't sign in.
    RetryRefused: RetryRefused at AuthenticationVerify;
    NoFallback: NoFallback at RegistrationVerify AuthenticationVerify FailureReport;
    /// The addresses of the other ways lead nowhere.
    FallbackBroken: FallbackBroken at RegistrationVerify AuthenticationVerify FailureReport;
    NoRetry: NoRetry at AuthenticationVerify FailureReport, in "m0902-challenge-expired-slow-finger";
    NoRegisterAgain: NoRegisterAgain at AuthenticationVerify;
    /// No options right after an attempt whose options were lost.
    NoNewChallenge: NoNewChallenge at AuthenticationOptions, in "interrupted-challenge-half";
    /// `r` and `s` must have 32 bytes.
    ShortSignatureRefused: ShortSignatureRefused at AuthenticationVerify, in "short-signature";
    EmptyExtensionsRefusedAtRegistration: EmptyExtensionsRefused at RegistrationVerify, in "registered-empty-extensions";
    EmptyExtensionsRefusedAtAuthentication: EmptyExtensionsRefused at AuthenticationVerify, in "registered-empty-extensions";
    UnsolicitedExtensionRefused: UnsolicitedExtensionRefused at RegistrationVerify, in "registered-unsolicited-extension";
    /// Authentication lists no credentials, and registration only prefers discoverable ones.
    UsernamelessImpossible: UsernamelessImpossible at RegistrationOptions;
    /// 65 bytes: no client registers.
    UserIdTooLong: UserIdTooLong at RegistrationOptions;

    // ---- Unclear
    /// One answer, and one line of the log, for all that is refused.
    GenericAnswerAtAuthentication: GenericAnswer at AuthenticationVerify,
        so ReasonNotLogged at AuthenticationVerify because "a log with one line for all says no reason",
        in "m0902-seven-causes" "m0902-challenge-of-another-session" "m0902-wrong-ceremony-type";
    /// The same for all that only the client saw.
    GenericAnswerAtReport: GenericAnswer at FailureReport,
        in "interrupted-challenge-half" "interrupted-key-unplugged" "m0902-fingerprint-reset-biometric-only";
    /// Neither code nor message where the user was not verified.
    NoReason: NoReason at AuthenticationVerify, in "m0902-uv-not-set";
    ReasonNotLogged: ReasonNotLogged at AuthenticationVerify;
    /// 409 where the device has the passkey already.
    NewsToldAsFailure: NewsToldAsFailure at FailureReport, in "m0902-fingerprint-reset-excluded";

    // ---- Remarks
    /// Only an answer that is accepted uses the challenge up.
    ChallengeSurvivesRefusal: ChallengeSurvivesRefusal at AuthenticationVerify, in "m0902-native-origin";
    /// Challenges do not expire, and the adapter file says nothing about it.
    ChallengeOutlivesTimeout: ChallengeOutlivesTimeout at AuthenticationVerify, in "m0902-challenge-expired-slow-finger";
    UserHandleNotVerified: UserHandleNotVerified at AuthenticationVerify, in "registered-user-handle-reencoded";
    /// 404 for a name that has no account.
    AccountEnumeration: AccountEnumeration at AuthenticationOptions;
    RefusedWith2xx: RefusedWith2xx at AuthenticationVerify;
    SignCountIgnored: SignCountIgnored at AuthenticationVerify, in "m0902-counter-restored";
    /// A registration that was stored, and whose answer was lost, is told as lost.
    TellsNotWhatStands: TellsNotWhatStands at FailureReport;
    UnknownNotSignalled: UnknownNotSignalled at AuthenticationVerify;
    /// Half a minute.
    TimeoutShort: TimeoutShort at RegistrationOptions AuthenticationOptions;
    /// The user id is the user name.
    NameInUserId: NameInUserId at RegistrationOptions;
    NoExcludeCredentials: NoExcludeCredentials at RegistrationOptions, in "m0902-fingerprint-reset-excluded";
    /// The refusal of an unknown credential carries a trace.
    StackTrace: StackTrace at AuthenticationVerify;
}

/// The switch that is on, if any.
#[derive(Clone, Copy, Debug, Default)]
pub struct Switch(pub Option<Weakness>);

impl Switch {
    pub fn is(self, weakness: Weakness) -> bool {
        self.0 == Some(weakness)
    }
}
