//! Authentication: `navigator.credentials.get()` (WebAuthn-3 §5.1.4).

use faultkey_authenticator::Time;
use faultkey_authenticator::pin_uv::Permissions;
use faultkey_transport::Transport;
use serde_json::Value;

use crate::authenticator_error::exception;
use crate::client::Client;
use crate::conditional;
use crate::create::check_verification;
use crate::ctap_reply::Assertion;
use crate::ctap_request::GetAssertion;
use crate::dialog::{Dialog, Ended};
use crate::dom_exception::Because;
use crate::extension;
use crate::options::RequestOptions;
use crate::origin::Caller;
use crate::pin::Scope;
use crate::preflight::fitting;
use crate::response::Authentication;
use crate::verification::{self, Verification, Wish};
use crate::{Call, ClientData, ClientDataCollector, DomException, Mediation, User};

impl<T: Transport, U: User, C: ClientDataCollector> Client<T, U, C> {
    /// The whole ceremony; moves `now` to its end.
    pub(crate) fn authenticate(&mut self, call: &Call, now: &mut Time, options: &Value) -> Result<Value, DomException> {
        let options = RequestOptions::parse(options)?;
        let caller = Caller::of(call)?;
        let rp_id = self.rp_id(&caller, options.rp_id.as_deref(), "rpId")?;
        let client_data = self.client_data(*now, ClientData::Get, &caller, call.cross_origin, &options.challenge);

        let failed = |ended| exception(ClientData::Get, ended);
        let unsuitable = |what: &str| Err(DomException::not_allowed(Because::Unsuitable(what.into())));
        let mut dialog = self.dialog(Some(call), now, options.timeout);
        let info = dialog.info().map_err(failed)?;
        if !info.ctap2 {
            return unsuitable("it doesn't speak CTAP2");
        }
        check_verification(options.user_verification, &info)?;
        // What the form field offers is asked for silently; only a user who takes an account is verified.
        let scope = Scope { permissions: Permissions::GET_ASSERTION, rp_id: &rp_id };
        let wish = Wish { requirement: options.user_verification, needed: info.always_verifies, scope };
        let mut verification = match call.mediation {
            Mediation::Conditional => Verification::Not,
            Mediation::Optional => verification::obtain(&mut dialog, &info, &wish).map_err(failed)?,
        };
        let mut allow = fitting(&mut dialog, &info, &rp_id, &options.allow.ids, &verification).map_err(failed)?;
        if allow.is_empty() && options.allow.given {
            // Not to be sent as it is: an empty list would allow every credential.
            return unsuitable("none of the credentials that the options allow can be its own");
        }
        let mut user_handle = None;
        if call.mediation == Mediation::Conditional {
            let (id, handle) = conditional::offer(&mut dialog, &rp_id, &allow).map_err(failed)?;
            (allow, user_handle) = (vec![id], handle);
            verification = verification::obtain(&mut dialog, &info, &wish).map_err(failed)?;
        }

        let (asked, allow) =
            extension::at_authentication(&mut dialog, &info, &rp_id, &options.extensions, allow, &verification).map_err(failed)?;

        let request = GetAssertion {
            rp_id: &rp_id,
            client_data_hash: &client_data.hash,
            allow: &allow,
            extensions: &asked.inputs,
            verification: &Verification::Not,
            silent: false,
        };
        let reply = verification::ask(&mut dialog, &info, scope, &mut verification, |verification| {
            GetAssertion { verification, ..request }.to_bytes()
        });
        let first = reply.and_then(|reply| Ok(Assertion::read(&reply)?)).map_err(failed)?;
        let assertion = if allow.is_empty() { choose(&mut dialog, first).map_err(failed)? } else { first };

        let credential_id = match (assertion.credential_id, allow.as_slice()) {
            (Some(id), _) => id,
            (None, [only]) => only.clone(),
            (None, _) => return Err(failed(Ended::Malformed("the getAssertion reply doesn't say which credential it used".into()))),
        };
        if allow.is_empty() && assertion.user.is_none() {
            // WebAuthn-3 §5.1.4.1 step 20: without an allow list there must be a user handle.
            return Err(failed(Ended::Malformed("the getAssertion reply has no user, though the credential is discoverable".into())));
        }
        let authentication = Authentication {
            credential_id: &credential_id,
            client_data: &client_data.json,
            authenticator_data: &assertion.authenticator_data,
            signature: &assertion.signature,
            user_handle: assertion.user.as_ref().map(|user| user.id.as_slice()).or(user_handle.as_deref()),
            attachment: info.attachment(),
            extensions: asked.results(&assertion.authenticator_data),
        };
        Ok(authentication.into_json())
    }
}

/// Lets the user choose, if there are several accounts and the authenticator has not asked already (CTAP2.3 §6.3).
fn choose<T: Transport, U: User>(dialog: &mut Dialog<'_, T, U>, first: Assertion) -> Result<Assertion, Ended> {
    if first.number_of_credentials.unwrap_or(1) <= 1 || first.user_selected {
        return Ok(first);
    }
    let mut assertions = conditional::all(dialog, first)?;
    let choice = conditional::choice(dialog, "choose an account for the sign-in", &assertions, U::choose);
    choice.map(|index| assertions.swap_remove(index)).ok_or(Ended::User)
}
