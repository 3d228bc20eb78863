//! Log-in by passkey: options and result (WebAuthn-3 §7.2).

use faultkey_authenticator::AuthenticatorData;
use faultkey_fault_injection::{Language, Text};
use serde_json::{Value, json};
use webauthn_rs_core::error::WebauthnError;
use webauthn_rs_core::proto::PublicKeyCredential;

use super::answer;
use super::broker::{Admitted, Broker};
use super::challenge::{Ceremony, Challenge, Issue, Settled};
use super::client_data::ClientData;
use super::reason::Reason;
use super::refusal::{Refusal, Signal};
use super::request::Body;
use super::session::Risk;
use super::verifier;

const CEREMONY: Ceremony = Ceremony::Authentication;

/// AuthenticationResponseJSON, read.
struct Response {
    id: Vec<u8>,
    user_handle: Option<Vec<u8>>,
    client_data: ClientData,
    authenticator_data: Vec<u8>,
    whole: PublicKeyCredential,
}

impl Response {
    fn read(body: &Body) -> Result<Self, Refusal> {
        let id = body.required_bytes("/id")?;
        let raw_id = body.required_bytes("/rawId")?;
        body.required_text("/type")?;
        let client_data = ClientData::parse(&body.required_bytes("/response/clientDataJSON")?)?;
        let authenticator_data = body.required_bytes("/response/authenticatorData")?;
        body.required_bytes("/response/signature")?;
        let user_handle = body.bytes("/response/userHandle")?;
        if id != raw_id {
            return Err(Refusal::malformed(Text::new(
                "members id and rawId name different credentials".to_owned(),
                "項目idとrawIdのクレデンシャルIDが異なります。".to_owned(),
            )));
        }
        Ok(Self { id, user_handle, client_data, authenticator_data, whole: body.whole()? })
    }
}

impl Broker {
    /// POST /assertion/options.
    pub(super) fn authentication_options(&mut self, session: &str, body: &Body) -> Result<Value, Refusal> {
        let username = body.text("/username")?.filter(|name| !name.is_empty());
        self.sessions.get_mut(session).last_username = username.map(str::to_owned);
        self.make_authentication_options(session, username, body).map_err(|refusal| refusal.during(CEREMONY).about(username))
    }

    fn make_authentication_options(&mut self, session: &str, username: Option<&str>, body: &Body) -> Result<Value, Refusal> {
        let user_verification = body.user_verification("/userVerification")?;
        let challenge = self
            .challenges
            .issue(self.clock.now(), &Issue { ceremony: CEREMONY, session, username, display_name: "", user_verification, replace: false });
        // No user name: the authenticator shows which discoverable credentials it has.
        // A name without a passkey gets a decoy, so that the answer does not tell (invariant I8, WebAuthn-3 §14.6.2).
        let allow = username.map(|username| match self.accounts.passkey(username) {
            Some(passkey) => passkey.credential.cred_id.clone(),
            None => self.accounts.decoy_credential_id(username),
        });
        let options = self.verifier.request_options(&challenge, allow.into_iter().collect());
        options.map(answer::success).map_err(|error| Refusal::new(verifier::reason(&error), error.to_string()))
    }

    /// POST /assertion/result.
    pub(super) fn authentication_result(&mut self, session: &str, body: &Body) -> Result<Value, Refusal> {
        let response = Response::read(body)?;
        let digest = body.digest();
        let admitted = self.admit(session, CEREMONY, &response.client_data, &digest);
        let named = match &admitted {
            Ok(Admitted::Fresh(challenge)) => challenge.username.clone(),
            _ => None,
        };
        // Whose log: the name that was typed, else the credential's owner, else who the user handle says.
        let by_handle = response.user_handle.as_deref().and_then(|handle| self.accounts.owner_of_handle(handle));
        let username = named.or_else(|| self.accounts.owner_of_credential(&response.id).or(by_handle).map(str::to_owned));
        let challenge = match admitted.map_err(|refusal| refusal.about(username.as_deref()))? {
            Admitted::Fresh(challenge) => challenge,
            Admitted::Repeated(answer) => return Ok(answer),
        };
        let outcome =
            self.authenticate(session, &challenge, &response, body.language).map_err(|refusal| refusal.about(username.as_deref()));
        self.challenges.settle(&challenge.value(), Settled { digest, outcome: outcome.clone(), username });
        outcome
    }

    fn authenticate(&mut self, session: &str, challenge: &Challenge, response: &Response, language: Language) -> Result<Value, Refusal> {
        let owner = self.identify(challenge, response)?;
        if let Some(passkey) = self.accounts.passkey_mut(&owner) {
            passkey.tried = true;
        }
        response.client_data.check(CEREMONY, &self.site.origin)?;
        let data = AuthenticatorData::parse(&response.authenticator_data)
            .map_err(|what| Refusal::new(Reason::AuthenticatorDataMalformed, what))?;
        if !data.trailing.is_empty() {
            let what = format!("authenticator data has bytes after its end: {}", data.trailing.len());
            return Err(Refusal::new(Reason::AuthenticatorDataMalformed, what));
        }
        let diagnosing = self.is_diagnosing();
        let Some(passkey) = self.accounts.passkey_mut(&owner) else {
            return Err(Refusal::new(Reason::UnknownCredential, "the credential is gone"));
        };
        let stored = &mut passkey.credential;
        match self.verifier.authenticate(challenge, &response.whole, stored) {
            Ok(verified) => {
                stored.counter = verified.counter();
                stored.backup_state = verified.backup_state();
                Ok(self.log_in(session, &owner))
            }
            // WebAuthn-3 §7.2 step 22: a sign of a copied key, not a proof. Everything else was right. The stored counter stays.
            Err(WebauthnError::CredentialPossibleCompromise) if diagnosing => {
                let detail = format!("sign-in: signature counter {} after {}; rights restricted", data.sign_count, stored.counter);
                Ok(self.log_in_at_risk(session, &owner, detail, language))
            }
            Err(error) => {
                let reason = verifier::reason(&error);
                let detail = match reason {
                    // Not recoverable by flipping the stored flag: WebAuthn-3 §6.1.3 says that BE never changes, and §7.2 step 19
                    // demands that it is what it was. So the passkey is another than the one that was admitted.
                    Reason::BackupEligibilityChanged => {
                        format!("backup eligibility is {}, was {}", !stored.backup_eligible, stored.backup_eligible)
                    }
                    _ => error.to_string(),
                };
                Err(Refusal::new(reason, detail))
            }
        }
    }

    /// The account that the credential belongs to (WebAuthn-3 §7.2 steps 5 and 6).
    fn identify(&self, challenge: &Challenge, response: &Response) -> Result<String, Refusal> {
        let Some(owner) = self.accounts.owner_of_credential(&response.id) else {
            let refusal = Refusal::new(Reason::UnknownCredential, "no account has this credential id");
            return Err(refusal.signalling(Signal::UnknownCredential { id: response.id.clone() }));
        };
        if challenge.username.as_deref().is_some_and(|username| username != owner) {
            return Err(Refusal::new(Reason::CredentialNotAllowed, "the credential is another account's than the one named"));
        }
        match &response.user_handle {
            Some(handle) if *handle != self.accounts.handle(owner) => {
                Err(Refusal::new(Reason::UserHandleMismatch, "the user handle is not the one of the account that has this credential"))
            }
            None if challenge.username.is_none() => {
                Err(Refusal::new(Reason::UserHandleMismatch, "sign-in without a user name, and the answer has no user handle"))
            }
            _ => Ok(owner.to_owned()),
        }
    }

    fn log_in(&mut self, session: &str, username: &str) -> Value {
        let session = self.sessions.renew(session);
        let session = self.sessions.get_mut(&session);
        session.log_in_by_passkey(username, Risk::Usual);
        let mut more = json!({ "rights": session.rights() });
        self.log_success(username, "ok", "sign-in by passkey");
        if self.is_diagnosing() {
            more["signal"] = answer::signals(&self.site.rp_id, &[self.accepted_credentials(username)]);
        }
        answer::success(more)
    }

    fn log_in_at_risk(&mut self, session: &str, username: &str, detail: String, language: Language) -> Value {
        let reason = Reason::SignCountWentBack;
        let session = self.sessions.renew(session);
        let session = self.sessions.get_mut(&session);
        session.log_in_by_passkey(username, Risk::Raised);
        let rights = session.rights();
        self.log_success(username, reason.code(), detail);
        answer::success(json!({
            "errorMessage": reason.shown(language),
            "rights": rights,
            "risk": true,
            "code": reason.code(),
            "next": answer::ways(reason.ways(), CEREMONY, language),
        }))
    }
}
