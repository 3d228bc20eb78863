//! Registration: options and result (WebAuthn-3 §7.1).

use ciborium::Value as Cbor;
use data_encoding::BASE64URL_NOPAD;
use faultkey_authenticator::{AttestedCredentialData, AuthenticatorData, cbor};
use faultkey_fault_injection::Text;
use serde_json::{Value, json};
use webauthn_rs_core::proto::{AttestationConveyancePreference, RegisterPublicKeyCredential, ResidentKeyRequirement};

use super::account::Passkey;
use super::answer;
use super::broker::{Admitted, Broker};
use super::challenge::{Ceremony, Challenge, Issue, Settled};
use super::client_data::ClientData;
use super::reason::Reason;
use super::refusal::{Refusal, Signal};
use super::request::Body;
use super::verifier::{self, CreationWish};

const CEREMONY: Ceremony = Ceremony::Registration;

/// RegistrationResponseJSON, read.
struct Response {
    id: Vec<u8>,
    client_data: ClientData,
    attestation_object: Vec<u8>,
    whole: RegisterPublicKeyCredential,
}

impl Response {
    fn read(body: &Body) -> Result<Self, Refusal> {
        let id = body.required_bytes("/id")?;
        let raw_id = body.required_bytes("/rawId")?;
        body.required_text("/type")?;
        let client_data = ClientData::parse(&body.required_bytes("/response/clientDataJSON")?)?;
        let attestation_object = body.required_bytes("/response/attestationObject")?;
        if id != raw_id {
            return Err(Refusal::malformed(Text::new(
                "members id and rawId name different credentials".to_owned(),
                "項目idとrawIdのクレデンシャルIDが異なります。".to_owned(),
            )));
        }
        Ok(Self { id, client_data, attestation_object, whole: body.whole()? })
    }
}

impl Broker {
    /// POST /attestation/options.
    pub(super) fn registration_options(&mut self, session: &str, body: &Body) -> Result<Value, Refusal> {
        let username = body.required_text("/username")?;
        self.sessions.get_mut(session).last_username = Some(username.to_owned());
        self.make_registration_options(session, username, body).map_err(|refusal| refusal.during(CEREMONY).about(Some(username)))
    }

    fn make_registration_options(&mut self, session: &str, username: &str, body: &Body) -> Result<Value, Refusal> {
        let display_name = body.text("/displayName")?.filter(|name| !name.is_empty()).unwrap_or(username);
        let user_verification = body.user_verification("/authenticatorSelection/userVerification")?;
        let demanded = body.flag("/authenticatorSelection/requireResidentKey")?.unwrap_or(false);
        let resident_key = body.choice(
            "/authenticatorSelection/residentKey",
            &[
                ("required", ResidentKeyRequirement::Required),
                ("preferred", ResidentKeyRequirement::Preferred),
                ("discouraged", ResidentKeyRequirement::Discouraged),
            ],
            // WebAuthn-3 §5.4.4: without residentKey, requireResidentKey decides.
            if demanded { ResidentKeyRequirement::Required } else { ResidentKeyRequirement::Preferred },
        )?;
        let direct = body.choice("/attestation", &[("none", false), ("indirect", true), ("direct", true)], false)?;
        let attestation = if direct { AttestationConveyancePreference::Direct } else { AttestationConveyancePreference::None };
        let replace = body.flag("/replace")?.unwrap_or(false) && self.is_diagnosing();

        let old = self.accounts.passkey(username).map(|passkey| passkey.credential.cred_id.clone());
        if old.is_some() && !self.is_diagnosing() {
            return Err(Refusal::new(Reason::AlreadyRegistered, "the account has a passkey"));
        }
        if old.is_some() && replace && !self.may_replace(session, username) {
            return Err(Refusal::new(Reason::AuthenticationNeeded, "asked to replace the passkey without another authentication"));
        }
        let challenge = self.challenges.issue(
            self.clock.now(),
            &Issue { ceremony: CEREMONY, session, username: Some(username), display_name, user_verification, replace },
        );
        // A passkey that is to be replaced is not excluded: a device that still lists it, dead, must be able to make a new one
        // (catalogue AK-01 d).
        let exclude = old.filter(|_| !replace).into_iter().collect();
        let user_handle = self.accounts.handle(username);
        let wish = CreationWish { user_handle: &user_handle, username, display_name, resident_key, attestation, exclude };
        let options = self.verifier.creation_options(&challenge, wish);
        options.map(answer::success).map_err(|error| Refusal::new(verifier::reason(&error), error.to_string()))
    }

    fn may_replace(&self, session: &str, username: &str) -> bool {
        self.sessions.get(session).is_some_and(|session| session.may_replace_passkey_of(username))
    }

    /// POST /attestation/result.
    pub(super) fn registration_result(&mut self, session: &str, body: &Body) -> Result<Value, Refusal> {
        let response = Response::read(body).map_err(|refusal| refusal.during(CEREMONY))?;
        let digest = body.digest();
        let challenge = match self.admit(session, CEREMONY, &response.client_data, &digest) {
            Ok(Admitted::Fresh(challenge)) => challenge,
            Ok(Admitted::Repeated(answer)) => return Ok(answer),
            Err(refusal) if refusal.reason == Reason::ChallengeExpired => {
                return Err(self.disown(refusal.during(CEREMONY), &response.id));
            }
            Err(refusal) => return Err(refusal.during(CEREMONY)),
        };
        let username = challenge.username.clone().unwrap_or_default();
        let outcome = self
            .register(session, &username, &challenge, &response)
            .map_err(|refusal| self.disown(refusal.during(CEREMONY).about(Some(&username)), &response.id));
        let settled = Settled { digest, outcome: outcome.clone(), username: Some(username) };
        self.challenges.settle(&challenge.value(), settled);
        outcome
    }

    /// A registration that ends without a row leaves an orphan on the device. Its id is in nobody's account, so the provider
    /// may be told (catalogue NW-06, RP-15).
    pub(super) fn disown(&self, refusal: Refusal, id: &[u8]) -> Refusal {
        if self.accounts.owner_of_credential(id).is_some() {
            return refusal;
        }
        refusal.signalling(Signal::UnknownCredential { id: id.to_vec() })
    }

    fn register(&mut self, session: &str, username: &str, challenge: &Challenge, response: &Response) -> Result<Value, Refusal> {
        response.client_data.check(CEREMONY, &self.site.origin)?;
        let attested = attested_credential(&response.attestation_object)?;
        if attested.credential_id != response.id {
            return Err(Refusal::new(Reason::CredentialIdMismatch, "id and attested credential data name different credentials"));
        }
        // WebAuthn-3 §7.1 step 26.
        if self.accounts.owner_of_credential(&response.id).is_some_and(|owner| owner != username) {
            return Err(Refusal::new(Reason::CredentialIdTaken, "the credential id is registered for another account"));
        }
        // Looked at again here: the options may be older than the passkey, or than the log-out.
        let had_one = self.accounts.passkey(username).is_some();
        if had_one && !(challenge.replace && self.may_replace(session, username)) {
            return Err(Refusal::new(Reason::AlreadyRegistered, "the account has a passkey, and this one does not replace it"));
        }
        let credential = self
            .verifier
            .register(challenge, &response.whole)
            .map_err(|error| Refusal::new(verifier::reason(&error), error.to_string()))?;

        if self.accounts.get(username).is_none() {
            self.accounts.create(username, &challenge.display_name, None);
        }
        let public_key = cbor::write(&attested.public_key);
        let passkey = Passkey { credential, public_key, registered_in: session.to_owned(), tried: false };
        self.accounts.set_passkey(username, passkey);
        self.log_success(username, "ok", if had_one { "registration: passkey replaced" } else { "registration: passkey stored" });

        let mut more = json!({ "credentialId": BASE64URL_NOPAD.encode(&response.id) });
        if self.is_diagnosing() {
            more["signal"] = answer::signals(&self.site.rp_id, &[self.accepted_credentials(username)]);
        }
        Ok(answer::success(more))
    }
}

/// The attested credential data inside an attestation object (WebAuthn-3 §6.5). webauthn-rs takes no notice of bytes after the end.
fn attested_credential(attestation_object: &[u8]) -> Result<AttestedCredentialData, Refusal> {
    let malformed = |what: String| Refusal::new(Reason::AuthenticatorDataMalformed, what);
    let object: Cbor =
        ciborium::from_reader(attestation_object).map_err(|error| malformed(format!("attestation object is not CBOR: {error}")))?;
    let bytes = object
        .as_map()
        .and_then(|members| members.iter().find(|(name, _)| name.as_text() == Some("authData")))
        .and_then(|(_, value)| value.as_bytes())
        .ok_or_else(|| malformed("attestation object has no authData".into()))?;
    let data = AuthenticatorData::parse(bytes).map_err(malformed)?;
    if !data.trailing.is_empty() {
        return Err(malformed(format!("authenticator data has bytes after its end: {}", data.trailing.len())));
    }
    data.attested_credential_data.ok_or_else(|| malformed("authenticator data has no attested credential data".into()))
}
