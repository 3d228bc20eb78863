//! webauthn-rs: makes the options and gives the verdict of cryptography.
//!
//! The library draws the challenge of a ceremony's state from the operating system. Its states can be serialized, so our own
//! challenge is put in the place of that one; what the library drew is thrown away unseen.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;
use webauthn_rs_core::WebauthnCore;
use webauthn_rs_core::error::WebauthnError;
use webauthn_rs_core::proto::{
    AllowCredentials, AttestationConveyancePreference, AuthenticationResult, AuthenticationState, Credential, PublicKeyCredential,
    RegisterPublicKeyCredential, RegistrationState, RequestRegistrationExtensions, ResidentKeyRequirement, UserVerificationPolicy,
};

use super::challenge::{Challenge, LIFETIME};
use super::reason::Reason;
use super::site::Site;

/// What registration options say besides the challenge.
pub(super) struct CreationWish<'a> {
    pub(super) user_handle: &'a [u8],
    pub(super) username: &'a str,
    pub(super) display_name: &'a str,
    pub(super) resident_key: ResidentKeyRequirement,
    pub(super) attestation: AttestationConveyancePreference,
    pub(super) exclude: Vec<Vec<u8>>,
}

pub(super) struct Verifier {
    core: WebauthnCore,
}

impl Verifier {
    pub(super) fn new(site: &Site) -> Self {
        // An origin that is no URL would leave none allowed; a test registers and logs in, so it is one.
        let origins = Url::parse(&site.origin).into_iter().collect();
        Self { core: WebauthnCore::new_unsafe_experts_only("Broker", &site.rp_id, origins, LIFETIME, None, None) }
    }

    /// PublicKeyCredentialCreationOptionsJSON.
    pub(super) fn creation_options(&self, challenge: &Challenge, wish: CreationWish<'_>) -> Result<Value, WebauthnError> {
        let builder = self
            .core
            .new_challenge_register_builder(wish.user_handle, wish.username, wish.display_name)?
            .attestation(wish.attestation)
            .user_verification_policy(challenge.user_verification)
            .exclude_credentials(Some(wish.exclude))
            .require_resident_key(matches!(wish.resident_key, ResidentKeyRequirement::Required))
            .extensions(Some(extensions()));
        let (mut options, _) = self.core.generate_challenge_register(builder)?;
        options.public_key.challenge = challenge.bytes.to_vec();
        if let Some(selection) = &mut options.public_key.authenticator_selection {
            // The library knows only required and discouraged.
            selection.resident_key = Some(wish.resident_key);
        }
        Ok(serde_json::to_value(options.public_key)?)
    }

    /// PublicKeyCredentialRequestOptionsJSON. Transports are never told, so that a decoy looks like any other.
    pub(super) fn request_options(&self, challenge: &Challenge, allow: Vec<Vec<u8>>) -> Result<Value, WebauthnError> {
        let builder = self.core.new_challenge_authenticate_builder(Vec::new(), Some(challenge.user_verification))?;
        let (mut options, _) = self.core.generate_challenge_authenticate(builder)?;
        options.public_key.challenge = challenge.bytes.to_vec();
        options.public_key.allow_credentials =
            allow.into_iter().map(|id| AllowCredentials { type_: "public-key".into(), id, transports: None }).collect();
        Ok(serde_json::to_value(options.public_key)?)
    }

    /// Verifies a registration (WebAuthn-3 §7.1).
    pub(super) fn register(&self, challenge: &Challenge, response: &RegisterPublicKeyCredential) -> Result<Credential, WebauthnError> {
        let builder = self
            .core
            .new_challenge_register_builder(b"user", "user", "user")?
            .user_verification_policy(challenge.user_verification)
            .extensions(Some(extensions()));
        let (_, state) = self.core.generate_challenge_register(builder)?;
        let state: RegistrationState = with_challenge(&state, challenge)?;
        self.core.register_credential(response, &state, None)
    }

    /// Verifies an assertion (WebAuthn-3 §7.2).
    ///
    /// # Errors
    /// [`WebauthnError::CredentialPossibleCompromise`] comes last: all else was right.
    pub(super) fn authenticate(
        &self,
        challenge: &Challenge,
        response: &PublicKeyCredential,
        credential: &Credential,
    ) -> Result<AuthenticationResult, WebauthnError> {
        let builder = self.core.new_challenge_authenticate_builder(Vec::new(), Some(challenge.user_verification))?;
        let (_, state) = self.core.generate_challenge_authenticate(builder)?;
        let state: AuthenticationState = with_challenge(&state, challenge)?;
        // The library also enforces what was asked for at registration. What is asked for in the options is what is checked
        // (WebAuthn-3 §7.2 step 17), and nothing else (catalogue PF-27).
        let credential = Credential { registration_policy: UserVerificationPolicy::Discouraged_DO_NOT_USE, ..credential.clone() };
        self.core.authenticate_single_credential(response, &state, &credential)
    }
}

fn extensions() -> RequestRegistrationExtensions {
    RequestRegistrationExtensions { cred_protect: None, uvm: None, cred_props: Some(true), min_pin_length: None, hmac_create_secret: None }
}

/// The same state with our challenge in it.
fn with_challenge<S: Serialize + DeserializeOwned>(state: &S, challenge: &Challenge) -> Result<S, WebauthnError> {
    let mut json = serde_json::to_value(state)?;
    json["challenge"] = challenge.value().into();
    Ok(serde_json::from_value(json)?)
}

/// The library's verdict in our words.
pub(super) fn reason(error: &WebauthnError) -> Reason {
    use WebauthnError as E;
    match error {
        E::InvalidClientDataType => Reason::WrongCeremonyType,
        E::MismatchedChallenge => Reason::ChallengeMismatch,
        E::InvalidRPOrigin => Reason::OriginMismatch,
        E::CredentialCrossOrigin => Reason::CrossOrigin,
        E::InvalidRPIDHash => Reason::RpIdMismatch,
        E::UserNotPresent => Reason::UserPresenceMissing,
        E::UserNotVerified => Reason::UserVerificationMissing,
        E::CredentialBackupEligibilityInconsistent => Reason::BackupEligibilityChanged,
        E::CredentialMayNotBeHardwareBound => Reason::BackupStateInvalid,
        E::AuthenticationFailure => Reason::KeyMismatch,
        E::SignatureInvalid => Reason::SignatureMalformed,
        E::CredentialPossibleCompromise => Reason::SignCountWentBack,
        E::CredentialAlteredAlgFromRequest | E::COSEKeyInvalidType | E::COSEKeyInvalidAlgorithm | E::COSEKeyEDUnsupported => {
            Reason::AlgorithmNotOffered
        }
        E::ParseNOMFailure
        | E::ParseCBORFailure(_)
        | E::ParseInsufficientBytesAvailable
        | E::MissingAttestationCredentialData
        | E::COSEKeyInvalidCBORValue
        | E::COSEKeyECDSAXYInvalid
        | E::COSEKeyECDSAInvalidCurve
        | E::COSEKeyRSANEInvalid
        | E::EcdsaPointInvalid => Reason::AuthenticatorDataMalformed,
        E::ParseJSONFailure(_) | E::ParseBase64Failure(_) => Reason::MalformedRequest,
        E::AttestationNotSupported
        | E::AttestationStatementMapInvalid
        | E::AttestationStatementResponseMissing
        | E::AttestationStatementResponseInvalid
        | E::AttestationStatementSigMissing
        | E::AttestationStatementSigInvalid
        | E::AttestationStatementVerMissing
        | E::AttestationStatementVerInvalid
        | E::AttestationStatementVerUnsupported
        | E::AttestationStatementX5CMissing
        | E::AttestationStatementX5CInvalid
        | E::AttestationStatementAlgMissing
        | E::AttestationStatementCertInfoMissing
        | E::AttestationStatementMissingExtension
        | E::AttestationStatementPubAreaMissing
        | E::AttestationStatementAlgMismatch
        | E::AttestationStatementAlgInvalid
        | E::AttestationTrustFailure
        | E::AttestationCertificateAAGUIDMismatch
        | E::AttestationCertificateNonceMismatch
        | E::AttestationTpmStInvalid
        | E::AttestationTpmPubAreaMismatch
        | E::AttestationTpmExtraDataInvalid
        | E::AttestationTpmExtraDataMismatch
        | E::AttestationTpmPubAreaHashUnknown
        | E::AttestationTpmPubAreaHashInvalid
        | E::AttestationTpmAttestCertifyInvalid
        | E::AttestationCertificateRequirementsNotMet
        | E::AttestationCertificateTrustStoreEmpty
        | E::AttestationLeafCertMissing
        | E::AttestationNotVerifiable
        | E::AttestationUntrustedAaguid
        | E::AttestationFormatMissingAaguid
        | E::AttestationChainNotTrusted(_)
        | E::AttestationCredentialSubjectKeyMismatch
        | E::MissingAttestationCaList => Reason::AttestationRefused,
        _ => Reason::VerificationRefused,
    }
}
