//! What to change.

use crate::check::Mend;

/// One sentence that says what to do.
#[must_use]
pub const fn mend(mend: Mend) -> &'static str {
    match mend {
        Mend::ConsumeChallenge => {
            "Take the challenge out of the store before verifying, so that it serves one attempt, accepted or refused."
        }
        Mend::SessionOnlyOnAcceptance => "Create the session only after every step of verification has passed.",
        Mend::VerifySignature => {
            "Verify the signature over the authenticator data and the hash of the client data with the stored public key, and refuse when it does not match."
        }
        Mend::VerifyChallenge => {
            "Compare the challenge in the client data with the one that was stored for this session, and refuse any other."
        }
        Mend::VerifyOrigin => "Compare the origin in the client data with a fixed list of your own origins, and refuse any other.",
        Mend::VerifyRpId => "Compare the RP ID hash in the authenticator data with the SHA-256 hash of your RP ID, and refuse any other.",
        Mend::VerifyType => {
            "Check that the type in the client data is `webauthn.create` at registration and `webauthn.get` at authentication."
        }
        Mend::VerifyUserPresence => "Check that the UP flag in the authenticator data is set.",
        Mend::EnforceUserVerification => {
            "Check that the UV flag in the authenticator data is set whenever the options say `userVerification: required`."
        }
        Mend::FindCredential => "Look up the credential id among those of the account, and refuse when it is not there.",
        Mend::VerifyUserHandle => "Compare the user handle, where the response has one, with the account that owns the credential.",
        Mend::CheckForm => "Check that every required member of the response is present and well-formed before verifying anything.",
        Mend::ExpireChallenge => "Store the time at which each challenge was given out, and refuse it once its lifetime has ended.",
        Mend::LongerChallenge => "Make challenges of at least 16 random bytes; 32 are common.",
        Mend::RandomChallenge => "Make a new challenge from a cryptographic random source for every request for options.",
        Mend::SurviveInput => "Catch every error and panic of the request handler, so that one request cannot end the process.",
        Mend::CatchErrors => "Handle this input as a refused ceremony: catch the error, and answer with a 4xx and a reason.",
        Mend::AnswerInTime => "Answer every request within a fixed time limit, with an error if need be.",
        Mend::Idempotent => {
            "Put a unique constraint on the credential id, and answer a repeated registration with the result of the first one."
        }
        Mend::KeepCredential => "Write to the credential's record only after every step of verification has passed.",
        Mend::NoPasskeyLockout => "Do not count failed passkey ceremonies towards the account lock or the password tries.",
        Mend::OneSession => "Create one session per sign-in, and answer a repeated request with the one that exists.",
        Mend::SignalOnlyUnknown => {
            "Call `signalUnknownCredential` only for a credential id that no account has, not for every failed verification."
        }
        Mend::StoreBeforeAnswer => "Commit the credential to the store before answering that the registration has worked.",
        Mend::SessionOnAcceptance => "Create the session, and set its cookie, in the answer that accepts the authentication.",
        Mend::KeepDraft => {
            "Keep what the user has entered on the server or in the page until it is submitted, whatever becomes of the sign-in."
        }
        Mend::OfferFallback => "Offer another way to sign in on every error page of a ceremony, and check that its address works.",
        Mend::OfferRetry => "Offer to try again after a failure, starting with new options.",
        Mend::OfferRegisterAgain => "Offer to register a new passkey after another way of signing in.",
        Mend::MakeRecoveryWork => {
            "After a failure, accept a clean ceremony with the same passkey, or let the user sign in another way and register a new one."
        }
        Mend::AcceptShortSignature => {
            "Read the signature with a DER parser that accepts integers of any length, and pad r and s if the crypto library needs fixed sizes."
        }
        Mend::AcceptEmptyExtensions => "Accept an empty CBOR map where the ED flag is set.",
        Mend::IgnoreExtensions => "Ignore extension outputs that the options did not ask for.",
        Mend::RequireDiscoverable => {
            "Set `residentKey: required` in the registration options, or list the account's credentials in `allowCredentials`."
        }
        Mend::ShortUserId => "Use 16 to 64 random bytes as the user handle.",
        Mend::NewChallenge => "Give out new options, with a new challenge, whenever they are asked for.",
        Mend::AnswerOfItsOwn => "Give each cause of failure a code and a message of its own that tells the user what to do next.",
        Mend::LogReason => "Log which step of verification failed, with the account and the credential id.",
        Mend::SignalUnknown => "Call `signalUnknownCredential` in the page when the credential id is not registered.",
        Mend::NewsNotFailure => {
            "Treat `InvalidStateError` at registration as success: tell the user that this device already has a passkey."
        }
        Mend::TellWhatStands => {
            "Keep the result of a ceremony for a short time, and answer the repeated request of the same session with it."
        }
        Mend::HideAccounts => "Answer a name without an account with options of the same shape and with made-up but stable credential ids.",
        Mend::RefuseWith4xx => "Answer a refusal with a 4xx status.",
        Mend::NoteSignCount => "Log a signature counter that does not grow, or ask for a second factor.",
        Mend::LongerTimeout => "Set `timeout` to five minutes or more.",
        Mend::RandomUserId => "Use random bytes as the user handle, unrelated to the user's name.",
        Mend::ExcludeCredentials => "List the account's credentials in `excludeCredentials` of the registration options.",
        Mend::HideTraces => "Turn off debug pages in production, log the trace, and answer with a code.",
    }
}
