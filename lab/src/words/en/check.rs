//! What is wrong, and what that means.

use crate::check::CheckId;

/// What is wrong with the relying party, in one sentence.
#[must_use]
pub const fn title(check: CheckId) -> &'static str {
    words(check).0
}

/// What it means for a user or for those who run the service. Of a remark: where the choice is left to the relying party.
#[must_use]
pub const fn why(check: CheckId) -> &'static str {
    words(check).1
}

const fn words(check: CheckId) -> (&'static str, &'static str) {
    match check {
        // Security.
        CheckId::StoppedAnswering => {
            ("The server stops answering after a request.", "Anyone who can send this request can take the service down for everybody.")
        }
        CheckId::Replay => (
            "An answer that was accepted once is accepted again.",
            "Whoever gets hold of one response, from a log, a proxy or a shared computer, can sign in with it without the passkey.",
        ),
        CheckId::SessionOnRefusal => (
            "A ceremony that failed leaves the user signed in.",
            "The refusal protects nothing: whoever causes it has a session afterwards.",
        ),
        CheckId::SignatureNotVerified => (
            "A response with a wrong signature is accepted.",
            "Anyone who knows the id of a credential can sign in as its owner, without the private key.",
        ),
        CheckId::ChallengeNotVerified => (
            "A response to a different challenge is accepted.",
            "A response that was recorded or made for another session can be used to sign in.",
        ),
        CheckId::OriginNotVerified => (
            "A response for another origin is accepted.",
            "A phishing site can pass on what its visitors sign, which is the attack that passkeys exist to prevent.",
        ),
        CheckId::RpIdNotVerified => (
            "A response for another RP ID is accepted.",
            "A signature that the user made for a different site is good enough to sign in here.",
        ),
        CheckId::TypeNotVerified => (
            "A response of the wrong ceremony type is accepted.",
            "What the user signed to register can be passed off as a sign-in, or the reverse.",
        ),
        CheckId::UserPresenceNotVerified => (
            "A response without user presence is accepted.",
            "Software on the user's device can sign in without anyone touching the authenticator.",
        ),
        CheckId::UserVerificationNotEnforced => (
            "User verification is required and not enforced.",
            "Whoever finds or steals the authenticator can sign in without its PIN or fingerprint, although the options demand one.",
        ),
        CheckId::UnknownCredentialAccepted => {
            ("A credential that is not registered is accepted.", "Anyone can sign in with a key pair of their own.")
        }
        CheckId::MalformedAccepted => (
            "A response that lacks a required member, or belongs to the other ceremony, is accepted.",
            "A step of verification was skipped because its input was absent, and an attacker chooses what is absent.",
        ),
        CheckId::ChallengeOutlivesLifetime => (
            "A challenge is accepted after its lifetime has ended.",
            "A response that was captured or delayed stays usable for longer than the relying party intends.",
        ),
        CheckId::ChallengeShort => {
            ("The challenge has fewer than 16 bytes.", "A short challenge can be guessed, and a response can be prepared in advance.")
        }
        CheckId::ChallengeRepeated => (
            "The same challenge is given out more than once.",
            "A response to an earlier challenge fits a later ceremony, so that it can be replayed.",
        ),
        // State.
        CheckId::ServerError => (
            "A request is answered with a server error (5xx).",
            "The code met input that it did not expect; what it had written by then is unknown, and the user is told nothing useful.",
        ),
        CheckId::DuplicateCredential => (
            "One registration is stored more than once.",
            "The account lists passkeys that do not exist, and deleting one of them leaves the other behind.",
        ),
        CheckId::CredentialDeleted => (
            "A failed ceremony deletes a stored credential.",
            "The user's passkey no longer works after a single failure, although no one asked for that.",
        ),
        CheckId::CredentialChanged => (
            "A failed ceremony changes a stored credential.",
            "The next sign-in is checked against a key, counter or backup flag that came from a response that was refused.",
        ),
        CheckId::AccountLocked => (
            "The account is locked after a passkey failed.",
            "A failing authenticator is no guessing attack: the lock keeps out the owner and stops no attacker.",
        ),
        CheckId::PasswordTryUsed => {
            ("A passkey that fails uses up a password try.", "A few failures of an authenticator lock the user out of the password, too.")
        }
        CheckId::ExtraSession => {
            ("One sign-in creates more than one session.", "The user signs out and stays signed in, in a session that no one sees.")
        }
        CheckId::KnownSignalledUnknown => (
            "The client is told that a registered passkey is unknown.",
            "Passkey providers may hide or delete the passkey on this signal, and then a working passkey is lost.",
        ),
        CheckId::AcceptedNotStored => (
            "A registration is reported as successful, and the passkey is not stored.",
            "The user's device holds a passkey that will never work here.",
        ),
        CheckId::AcceptedWithoutSession => (
            "A sign-in is reported as successful, and the user is not signed in.",
            "The user lands on the sign-in page again and cannot tell why.",
        ),
        CheckId::DraftLost => (
            "A failed sign-in discards what the user had entered.",
            "The user has to fill in the form again, or notices too late that an order was never placed.",
        ),
        // No way out.
        CheckId::NoAnswer => (
            "A request gets no complete answer.",
            "The user waits until the client gives up, and does not know whether the ceremony took effect.",
        ),
        CheckId::NoRecovery => {
            ("No way leads back to a working passkey.", "The user stays locked out until someone repairs the account by hand.")
        }
        CheckId::RetryRefused => {
            ("A correct ceremony is refused after a failure.", "The user does everything right on the second attempt and is still refused.")
        }
        CheckId::NoFallback => {
            ("No other way to sign in is offered after a failure.", "A user whose passkey does not work is stuck on the error page.")
        }
        CheckId::FallbackBroken => {
            ("A way to sign in that the error page offers does not work.", "The user follows the way out and meets a second error.")
        }
        CheckId::NoRetry => (
            "The ceremony cannot be repeated after an interruption.",
            "A lost connection or a closed dialog costs the user the whole process.",
        ),
        CheckId::NoRegisterAgain => {
            ("A passkey that no longer works cannot be replaced.", "The user meets the same failure at every sign-in.")
        }
        CheckId::NoNewChallenge => (
            "No new challenge is given after a failure.",
            "The user cannot try again, because a ceremony cannot start without a challenge.",
        ),
        CheckId::ShortSignatureRefused => (
            "A valid signature with a short r or s is refused.",
            "About one valid ES256 signature in 256 is refused, seemingly at random, and no one can reproduce it.",
        ),
        CheckId::EmptyExtensionsRefused => (
            "Authenticator data with an empty extensions map is refused.",
            "Some authenticators send an empty map, and their users cannot sign in.",
        ),
        CheckId::UnsolicitedExtensionRefused => (
            "An extension output that was not asked for is refused.",
            "Authenticators may add outputs of their own, and their users cannot sign in.",
        ),
        CheckId::UsernamelessImpossible => (
            "Sign-in relies on discoverable credentials that registration does not require.",
            "Users whose authenticator did not store a discoverable credential can register, and then never sign in.",
        ),
        CheckId::UserIdTooLong => {
            ("The user handle has more than 64 bytes.", "Clients refuse these options, so that no passkey can be registered at all.")
        }
        // Unclear.
        CheckId::GenericAnswer => (
            "Several causes of failure get the same answer.",
            "Neither the user nor the support desk can tell what happened, or what would help.",
        ),
        CheckId::NoReason => {
            ("A refusal gives no reason.", "The user does not know what to do next, and a caller of the API can only guess.")
        }
        CheckId::ReasonNotLogged => ("The reason for a refusal is not logged.", "The support desk cannot find out why a user was refused."),
        CheckId::NewsToldAsFailure => (
            "A device that is already registered is shown as a failure.",
            "The user has a working passkey, and believes that registration failed.",
        ),
        // Remarks.
        CheckId::ChallengeSurvivesRefusal => (
            "The challenge of a refused attempt is accepted in a second attempt.",
            "WebAuthn asks only that a challenge is kept until the operation is complete. Discarding it after a refusal leaves an attacker one attempt instead of many.",
        ),
        CheckId::ChallengeOutlivesTimeout => (
            "A challenge is accepted after the timeout in the options.",
            "WebAuthn calls the timeout a hint and leaves the lifetime to the relying party. State the lifetime in the adapter file, and it will be checked instead.",
        ),
        CheckId::UserHandleNotVerified => (
            "A response whose user handle belongs to another account is accepted.",
            "WebAuthn asks for the comparison. This is a remark because the signature is verified with the credential's own key, so that no one gains access by it alone.",
        ),
        CheckId::AccountEnumeration => (
            "The options tell whether a name has an account.",
            "WebAuthn leaves this to the relying party. Where account names are private, anyone can test them one by one.",
        ),
        CheckId::RefusedWith2xx => (
            "A refusal is sent with a 2xx status.",
            "WebAuthn does not define the HTTP status, so this is a choice. Proxies, logs and monitors will count these failures as successes.",
        ),
        CheckId::SignCountIgnored => (
            "A signature counter that went back is accepted and not noted.",
            "WebAuthn lets the relying party decide what to do here. The counter is the only sign of a cloned authenticator that it will ever get.",
        ),
        CheckId::TellsNotWhatStands => (
            "A client that asks again after a lost answer is not told the result that stands.",
            "WebAuthn says nothing about repeated requests. A user who is told \"failed\" after a success will try again, or call the support desk.",
        ),
        CheckId::UnknownNotSignalled => (
            "The client is not told that a passkey is unknown.",
            "WebAuthn offers this signal and does not require it. Without it the device keeps offering a passkey that no longer works.",
        ),
        CheckId::TimeoutShort => (
            "The timeout in the options is shorter than one minute.",
            "WebAuthn lets the relying party choose, and recommends five to ten minutes. Users who need longer, for example to fetch a phone, run into the timeout.",
        ),
        CheckId::NameInUserId => (
            "The user handle contains the user name.",
            "WebAuthn leaves the form of the handle open, but asks for one without personal data. Authenticators may reveal the handle without user verification.",
        ),
        CheckId::NoExcludeCredentials => (
            "Options for a second registration do not exclude the registered passkey.",
            "WebAuthn recommends excludeCredentials and does not require it. Without it a user can register the same device again without noticing.",
        ),
        CheckId::StackTrace => (
            "An answer contains a stack trace.",
            "WebAuthn does not cover this. The trace shows file names, versions and code to anyone who can cause the error.",
        ),
    }
}
