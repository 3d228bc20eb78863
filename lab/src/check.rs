//! What is judged: every check with its name, its gravity and its source, in one table. What it says to a person is in [`crate::words`].

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

/// How grave a finding is, the gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Gravity {
    /// Somebody who should not get in does, or the service can be stopped.
    Security,
    /// The relying party's records are wrong afterwards.
    State,
    /// The user can't go on.
    NoWayOut,
    /// The user can go on, but neither the user nor support can tell what happened.
    Unclear,
    /// A remark: WebAuthn leaves the choice, or the effect is small.
    Advice,
}

impl Gravity {
    pub const ALL: [Gravity; 5] = [Gravity::Security, Gravity::State, Gravity::NoWayOut, Gravity::Unclear, Gravity::Advice];

    /// The name on the command line and in `report.json`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Gravity::Security => "security",
            Gravity::State => "state",
            Gravity::NoWayOut => "no-way-out",
            Gravity::Unclear => "unclear",
            Gravity::Advice => "advice",
        }
    }
}

/// A request to the relying party, by what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Request {
    RegistrationOptions,
    RegistrationVerify,
    AuthenticationOptions,
    AuthenticationVerify,
    /// The page's report of a failure that only the client saw.
    FailureReport,
    /// Another way to sign in: a password, a telephone call, the support desk.
    Fallback,
}

impl Request {
    pub const ALL: [Request; 6] = [
        Request::RegistrationOptions,
        Request::RegistrationVerify,
        Request::AuthenticationOptions,
        Request::AuthenticationVerify,
        Request::FailureReport,
        Request::Fallback,
    ];

    /// The second half of a finding's id.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Request::RegistrationOptions => "registration-options",
            Request::RegistrationVerify => "registration-verify",
            Request::AuthenticationOptions => "authentication-options",
            Request::AuthenticationVerify => "authentication-verify",
            Request::FailureReport => "failure-report",
            Request::Fallback => "fallback",
        }
    }
}

/// What a relying party changes to close a finding. Findings with the same one are told once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mend {
    ConsumeChallenge,
    SessionOnlyOnAcceptance,
    VerifySignature,
    VerifyChallenge,
    VerifyOrigin,
    VerifyRpId,
    VerifyType,
    VerifyUserPresence,
    EnforceUserVerification,
    FindCredential,
    VerifyUserHandle,
    CheckForm,
    ExpireChallenge,
    LongerChallenge,
    RandomChallenge,
    SurviveInput,
    CatchErrors,
    AnswerInTime,
    Idempotent,
    KeepCredential,
    NoPasskeyLockout,
    OneSession,
    SignalOnlyUnknown,
    StoreBeforeAnswer,
    SessionOnAcceptance,
    KeepDraft,
    OfferFallback,
    OfferRetry,
    OfferRegisterAgain,
    MakeRecoveryWork,
    AcceptShortSignature,
    AcceptEmptyExtensions,
    IgnoreExtensions,
    RequireDiscoverable,
    ShortUserId,
    NewChallenge,
    AnswerOfItsOwn,
    LogReason,
    SignalUnknown,
    NewsNotFailure,
    TellWhatStands,
    HideAccounts,
    RefuseWith4xx,
    NoteSignCount,
    LongerTimeout,
    RandomUserId,
    ExcludeCredentials,
    HideTraces,
}

macro_rules! checks {
    ($($(#[$doc:meta])* $check:ident = $id:literal, $gravity:ident, $mend:ident, $source:literal;)*) => {
        /// One thing that is judged. The name is the first half of a finding's id, and stays what it is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum CheckId {
            $($(#[$doc])* #[serde(rename = $id)] $check),*
        }

        impl CheckId {
            /// Every check, the gravest first.
            pub const ALL: &[CheckId] = &[$(CheckId::$check),*];

            /// The first half of a finding's id.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(CheckId::$check => $id),* }
            }

            #[must_use]
            pub const fn gravity(self) -> Gravity {
                match self { $(CheckId::$check => Gravity::$gravity),* }
            }

            #[must_use]
            pub const fn mend(self) -> Mend {
                match self { $(CheckId::$check => Mend::$mend),* }
            }

            /// The section of a specification, or the reason of a policy.
            #[must_use]
            pub const fn source(self) -> &'static str {
                match self { $(CheckId::$check => $source),* }
            }
        }
    };
}

checks! {
    /// The server no longer answers after a request.
    StoppedAnswering = "stopped-answering", Security, SurviveInput, "CWE-248: one request must not end the service for everybody";
    /// An answer that was accepted once is accepted again.
    Replay = "replay", Security, ConsumeChallenge, "WebAuthn-3 §13.4.3";
    SessionOnRefusal = "session-on-refusal", Security, SessionOnlyOnAcceptance, "WebAuthn-3 §7.2: the ceremony fails when a step fails";
    SignatureNotVerified = "signature-not-verified", Security, VerifySignature, "WebAuthn-3 §7.2 step 21";
    ChallengeNotVerified = "challenge-not-verified", Security, VerifyChallenge, "WebAuthn-3 §7.1 step 8, §7.2 step 11";
    OriginNotVerified = "origin-not-verified", Security, VerifyOrigin, "WebAuthn-3 §7.1 step 9, §7.2 step 12, §13.4.9";
    RpIdNotVerified = "rp-id-not-verified", Security, VerifyRpId, "WebAuthn-3 §7.1 step 14, §7.2 step 15";
    TypeNotVerified = "type-not-verified", Security, VerifyType, "WebAuthn-3 §7.1 step 7, §7.2 step 10";
    UserPresenceNotVerified = "user-presence-not-verified", Security, VerifyUserPresence, "WebAuthn-3 §7.1 step 15, §7.2 step 16";
    UserVerificationNotEnforced = "user-verification-not-enforced", Security, EnforceUserVerification, "WebAuthn-3 §7.1 step 16, §7.2 step 17";
    UnknownCredentialAccepted = "unknown-credential-accepted", Security, FindCredential, "WebAuthn-3 §7.2 step 6";
    /// An answer without a member that verification needs, or of the other ceremony, is accepted.
    MalformedAccepted = "malformed-accepted", Security, CheckForm, "WebAuthn-3 §5.1, §7.1 step 3, §7.2 step 3";
    /// Accepted after the lifetime that the adapter file names.
    ChallengeOutlivesLifetime = "challenge-outlives-lifetime", Security, ExpireChallenge, "WebAuthn-3 §13.4.3, and the relying party's own lifetime";
    ChallengeShort = "challenge-short", Security, LongerChallenge, "WebAuthn-3 §13.4.3: at least 16 bytes";
    ChallengeRepeated = "challenge-repeated", Security, RandomChallenge, "WebAuthn-3 §13.4.3";

    ServerError = "server-error", State, CatchErrors, "RFC 9110 §15.6: 5xx is the server's own failure";
    DuplicateCredential = "duplicate-credential", State, Idempotent, "WebAuthn-3 §7.1 step 26";
    CredentialDeleted = "credential-deleted", State, KeepCredential, "WebAuthn-3 §7.2: a failed ceremony changes no record";
    CredentialChanged = "credential-changed", State, KeepCredential, "WebAuthn-3 §7.2 step 24: the record is updated after every step has passed";
    AccountLocked = "account-locked", State, NoPasskeyLockout, "Policy: a passkey that fails is no password guess (NIST SP 800-63B-4 §3.2.2)";
    PasswordTryUsed = "password-try-used", State, NoPasskeyLockout, "Policy: a passkey that fails is no password guess (NIST SP 800-63B-4 §3.2.2)";
    ExtraSession = "extra-session", State, OneSession, "Policy: one sign-in makes one session";
    KnownSignalledUnknown = "known-signalled-unknown", State, SignalOnlyUnknown, "WebAuthn-3 §5.1.10.2: providers may delete the passkey";
    AcceptedNotStored = "accepted-not-stored", State, StoreBeforeAnswer, "WebAuthn-3 §7.1 step 27";
    AcceptedWithoutSession = "accepted-without-session", State, SessionOnAcceptance, "Policy: who is told \"signed in\" is signed in";
    DraftLost = "draft-lost", State, KeepDraft, "Policy: a failed sign-in does not cost the user's work";

    NoAnswer = "no-answer", NoWayOut, AnswerInTime, "Policy: every request is answered within the time limit";
    NoRecovery = "no-recovery", NoWayOut, MakeRecoveryWork, "Policy: some way leads back to a working passkey";
    RetryRefused = "retry-refused", NoWayOut, MakeRecoveryWork, "Policy: a clean ceremony after a failure is accepted";
    NoFallback = "no-fallback", NoWayOut, OfferFallback, "Policy: another way to sign in is one step from the error";
    FallbackBroken = "fallback-broken", NoWayOut, OfferFallback, "Policy: what an error page offers is there";
    NoRetry = "no-retry", NoWayOut, OfferRetry, "Policy: an interrupted ceremony can be repeated";
    NoRegisterAgain = "no-register-again", NoWayOut, OfferRegisterAgain, "Policy: a passkey that no longer works can be replaced";
    NoNewChallenge = "no-new-challenge", NoWayOut, NewChallenge, "WebAuthn-3 §13.4.3: each ceremony has its own challenge";
    ShortSignatureRefused = "short-signature-refused", NoWayOut, AcceptShortSignature, "WebAuthn-3 §6.5.5: Ecdsa-Sig-Value in DER has integers of any length";
    EmptyExtensionsRefused = "empty-extensions-refused", NoWayOut, AcceptEmptyExtensions, "WebAuthn-3 §6.1: extensions are a CBOR map";
    UnsolicitedExtensionRefused = "unsolicited-extension-refused", NoWayOut, IgnoreExtensions, "WebAuthn-3 §9: unsolicited extension outputs can be ignored";
    UsernamelessImpossible = "usernameless-impossible", NoWayOut, RequireDiscoverable, "WebAuthn-3 §5.4.4: without allowCredentials only discoverable credentials answer";
    UserIdTooLong = "user-id-too-long", NoWayOut, ShortUserId, "WebAuthn-3 §5.4.3: 1 to 64 bytes";

    /// Several causes get the same answer.
    GenericAnswer = "generic-answer", Unclear, AnswerOfItsOwn, "Policy: each cause of failure gets an answer of its own";
    NoReason = "no-reason", Unclear, AnswerOfItsOwn, "Policy: a refusal says why";
    ReasonNotLogged = "reason-not-logged", Unclear, LogReason, "Policy: support can see why a ceremony was refused";
    NewsToldAsFailure = "news-told-as-failure", Unclear, NewsNotFailure, "Policy: \"already registered\" is no failure";

    ChallengeSurvivesRefusal = "challenge-survives-refusal", Advice, ConsumeChallenge, "WebAuthn-3 §13.4.3: stored until the operation is complete";
    /// Accepted after the options' own timeout.
    ChallengeOutlivesTimeout = "challenge-outlives-timeout", Advice, ExpireChallenge, "WebAuthn-3 §5.4: timeout is a hint, the lifetime is the relying party's";
    UserHandleNotVerified = "user-handle-not-verified", Advice, VerifyUserHandle, "WebAuthn-3 §7.2 step 6";
    AccountEnumeration = "account-enumeration", Advice, HideAccounts, "WebAuthn-3 §14.6.2";
    RefusedWith2xx = "refused-with-2xx", Advice, RefuseWith4xx, "RFC 9110 §15.5: proxies, logs and monitors read the status";
    SignCountIgnored = "sign-count-ignored", Advice, NoteSignCount, "WebAuthn-3 §7.2 step 22: a sign of a cloned authenticator, not a proof";
    TellsNotWhatStands = "tells-not-what-stands", Advice, TellWhatStands, "Policy: who asks again after a lost answer is told the result that stands";
    UnknownNotSignalled = "unknown-not-signalled", Advice, SignalUnknown, "WebAuthn-3 §5.1.10.2";
    TimeoutShort = "timeout-short", Advice, LongerTimeout, "WebAuthn-3 §15.1";
    NameInUserId = "name-in-user-id", Advice, RandomUserId, "WebAuthn-3 §14.6.1";
    NoExcludeCredentials = "no-exclude-credentials", Advice, ExcludeCredentials, "WebAuthn-3 §5.4";
    StackTrace = "stack-trace", Advice, HideTraces, "CWE-209";
}

/// What names a finding: the same in every run, whatever scenario, seed or order showed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FindingId {
    pub check: CheckId,
    pub request: Request,
}

impl std::fmt::Display for FindingId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.check.name(), self.request.name())
    }
}

impl JsonSchema for FindingId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "FindingId".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        crate::config::field::id_schema(generator)
    }
}

impl Serialize for FindingId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl std::str::FromStr for FindingId {
    type Err = String;

    fn from_str(text: &str) -> Result<FindingId, String> {
        let wrong = || format!("`{text}` is no finding's id, expected check/request, for example `replay/authentication-verify`");
        let (check, request) = text.split_once('/').ok_or_else(wrong)?;
        let check = CheckId::ALL.iter().copied().find(|known| known.name() == check).ok_or_else(wrong)?;
        let request = Request::ALL.into_iter().find(|known| known.name() == request).ok_or_else(wrong)?;
        Ok(FindingId { check, request })
    }
}

impl<'de> Deserialize<'de> for FindingId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<FindingId, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_and_ids_are_read_back() {
        let names: BTreeSet<&str> = CheckId::ALL.iter().map(|check| check.name()).collect();
        assert_eq!(names.len(), CheckId::ALL.len());
        for check in CheckId::ALL {
            for request in Request::ALL {
                let id = FindingId { check: *check, request };
                assert_eq!(id.to_string().parse(), Ok(id));
            }
        }
        assert_eq!(
            FindingId { check: CheckId::Replay, request: Request::AuthenticationVerify }.to_string(),
            "replay/authentication-verify"
        );
        for wrong in ["replay", "replay/", "replay/nowhere", "nothing/authentication-verify"] {
            let error = wrong.parse::<FindingId>().unwrap_err();
            assert!(error.starts_with(&format!("`{wrong}` is no finding's id, expected check/request")), "{error}");
        }
    }

    #[test]
    fn the_gravest_come_first() {
        let gravities: Vec<Gravity> = CheckId::ALL.iter().map(|check| check.gravity()).collect();
        assert!(gravities.is_sorted());
        assert_eq!(gravities.iter().collect::<BTreeSet<_>>().len(), Gravity::ALL.len());
        assert!(Gravity::ALL.is_sorted());
    }

    #[test]
    fn every_check_names_its_source() {
        for check in CheckId::ALL {
            let source = check.source();
            let kinds = ["WebAuthn-3 §", "Policy: ", "RFC 9110 §", "CWE-"];
            assert!(kinds.iter().any(|kind| source.starts_with(kind)), "{}: {source}", check.name());
        }
    }

    #[test]
    fn names_are_those_in_files() {
        let gravities = Gravity::ALL.map(Gravity::name);
        assert_eq!(gravities, ["security", "state", "no-way-out", "unclear", "advice"]);
        let requests = Request::ALL.map(Request::name);
        assert_eq!(
            requests,
            [
                "registration-options",
                "registration-verify",
                "authentication-options",
                "authentication-verify",
                "failure-report",
                "fallback"
            ]
        );
        let written = |value: serde_json::Result<serde_json::Value>| value.unwrap();
        assert_eq!(written(serde_json::to_value(Gravity::ALL)), serde_json::json!(gravities));
        assert_eq!(written(serde_json::to_value(Request::ALL)), serde_json::json!(requests));
        let checks: Vec<&str> = CheckId::ALL.iter().map(|check| check.name()).collect();
        assert_eq!(written(serde_json::to_value(CheckId::ALL)), serde_json::json!(checks));
    }

    #[test]
    fn an_id_is_written_as_it_is_shown() {
        let id = FindingId { check: CheckId::NoFallback, request: Request::FailureReport };
        assert_eq!(serde_json::to_value(id).unwrap(), serde_json::json!("no-fallback/failure-report"));
        assert_eq!(serde_json::from_str::<FindingId>("\"no-fallback/failure-report\"").unwrap(), id);
        let error = serde_json::from_str::<FindingId>("\"no-fallback\"").unwrap_err().to_string();
        assert!(error.starts_with("`no-fallback` is no finding's id"), "{error}");
    }
}
