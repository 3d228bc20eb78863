//! Authentication: `navigator.credentials.get()` (WebAuthn-3 §5.1.4).

use faultkey_authenticator::Time;
use faultkey_authenticator::pin_uv::Permissions;
use faultkey_transport::Transport;
use serde_json::{Map, Value};

use crate::authenticator_error::exception;
use crate::authenticator_info::AuthenticatorInfo;
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
use crate::preflight::{self, fitting};
use crate::response::Authentication;
use crate::verification::{self, Verification, Wish};
use crate::{Call, ClientData, ClientDataCollector, DomException, Mediation, User, app_id, u2f};

impl<T: Transport, U: User, C: ClientDataCollector> Client<T, U, C> {
    /// The whole ceremony; moves `now` to its end.
    pub(crate) fn authenticate(&mut self, call: &Call, now: &mut Time, options: &Value) -> Result<Value, DomException> {
        let options = RequestOptions::parse(options)?;
        let caller = Caller::of(call)?;
        let rp_id = self.rp_id(&caller, options.rp_id.as_deref(), "rpId")?;
        let app_id = options.extensions.app_id.as_deref();
        let app_id = app_id.map(|app_id| app_id::authorized(&caller, app_id, "appid")).transpose()?;
        let client_data = self.client_data(*now, ClientData::Get, &caller, call.cross_origin, &options.challenge);

        let failed = |ended| exception(ClientData::Get, ended);
        let unsuitable = |what: &str| Err(DomException::not_allowed(Because::Unsuitable(what.into())));
        let mut dialog = self.dialog(Some(call), now, options.timeout);
        let info = dialog.info().map_err(failed)?;
        if !info.ctap2 && !info.u2f {
            return unsuitable("it doesn't speak CTAP2");
        }
        check_verification(options.user_verification, &info)?;
        let about = About { options: &options, rp_id: &rp_id, client_data_hash: &client_data.hash, info: &info };
        let app_id = app_id.as_deref();
        let got = if info.ctap2 {
            about.get(&mut dialog, call.mediation, app_id)
        } else {
            about.get_over_u2f(&mut dialog, call.mediation, app_id)
        };
        let Got { assertion, credential_id, extensions } = got.map_err(failed)?;
        let authentication = Authentication {
            credential_id: &credential_id,
            client_data: &client_data.json,
            authenticator_data: &assertion.authenticator_data,
            signature: &assertion.signature,
            user_handle: assertion.user.as_ref().map(|user| user.id.as_slice()),
            attachment: info.attachment(),
            extensions,
        };
        Ok(authentication.into_json())
    }
}

/// What an authentication is about.
struct About<'a> {
    options: &'a RequestOptions,
    rp_id: &'a str,
    client_data_hash: &'a [u8],
    info: &'a AuthenticatorInfo,
}

/// What it came to.
struct Got {
    assertion: Assertion,
    credential_id: Vec<u8>,
    /// Client extension results.
    extensions: Map<String, Value>,
}

impl About<'_> {
    fn get<T: Transport, U: User>(&self, dialog: &mut Dialog<'_, T, U>, mediation: Mediation, app_id: Option<&str>) -> Result<Got, Ended> {
        let Self { options, client_data_hash, info, .. } = *self;
        let app_id = self.app_id_in_use(dialog, app_id)?;
        let rp_id = app_id.unwrap_or(self.rp_id);
        let writes = options.extensions.large_blob.as_ref().is_some_and(|asked| asked.write.is_some()) && info.is_protected();
        let permissions = if writes { Permissions::GET_ASSERTION.with(Permissions::LARGE_BLOB_WRITE) } else { Permissions::GET_ASSERTION };
        let scope = Scope { permissions, rp_id };
        let wish = Wish { requirement: options.user_verification, needed: info.always_verifies || writes, scope };
        // What the form field offers is asked for silently; only a user who takes an account is verified.
        let mut verification = match mediation {
            Mediation::Conditional => Verification::Not,
            Mediation::Optional => verification::obtain(dialog, info, &wish)?,
        };
        let mut allow = fitting(dialog, info, rp_id, &options.allow.ids, &verification)?;
        if allow.is_empty() && options.allow.given {
            // Not to be sent as it is: an empty list would allow every credential.
            return Err(Ended::Unsuitable("none of the credentials that the options allow can be its own".into()));
        }
        let mut offered = None;
        if mediation == Mediation::Conditional {
            let (id, user) = conditional::offer(dialog, rp_id, &allow)?;
            (allow, offered) = (vec![id], user);
            verification = verification::obtain(dialog, info, &wish)?;
        }

        let (asked, allow) = extension::at_authentication(dialog, info, rp_id, &options.extensions, allow, &verification)?;
        let not = Verification::Not;
        let request = GetAssertion { rp_id, client_data_hash, allow: &allow, extensions: &asked.inputs, verification: &not, silent: false };
        let reply =
            verification::ask(dialog, info, scope, &mut verification, |verification| GetAssertion { verification, ..request }.to_bytes());
        let first = Assertion::read(&reply?)?;
        let mut assertion = if allow.is_empty() { choose(dialog, first)? } else { first };

        let credential_id = match (&assertion.credential_id, allow.as_slice()) {
            (Some(id), _) => id.clone(),
            (None, [only]) => only.clone(),
            (None, _) => return Err(Ended::Malformed("the getAssertion reply doesn't say which credential it used".into())),
        };
        assertion.user = assertion.user.or(offered);
        if allow.is_empty() && assertion.user.is_none() {
            // WebAuthn-3 §5.1.4.1 step 20: without an allow list there must be a user handle.
            return Err(Ended::Malformed("the getAssertion reply has no user, though the credential is discoverable".into()));
        }
        let extensions = asked.results(dialog, info, &assertion, verification.token(), app_id.is_some())?;
        Ok(Got { assertion, credential_id, extensions })
    }

    /// The AppID, if an authenticator of CTAP2 has one of the credentials under it, and none under the RP ID (WebAuthn-3 §10.1.1).
    fn app_id_in_use<'a, T: Transport, U: User>(
        &self,
        dialog: &mut Dialog<'_, T, U>,
        app_id: Option<&'a str>,
    ) -> Result<Option<&'a str>, Ended> {
        let Some(app_id) = app_id else { return Ok(None) };
        let mut has = |rp_id: &str| preflight::find(dialog, self.info, rp_id, &self.options.allow.ids, &Verification::Not);
        Ok(if has(self.rp_id)?.is_none() && has(app_id)?.is_some() { Some(app_id) } else { None })
    }

    fn get_over_u2f<T: Transport, U: User>(
        &self,
        dialog: &mut Dialog<'_, T, U>,
        mediation: Mediation,
        app_id: Option<&str>,
    ) -> Result<Got, Ended> {
        let Self { options, rp_id, client_data_hash, info } = *self;
        if mediation == Mediation::Conditional {
            // It keeps nothing that could be offered.
            return Err(dialog.run_out());
        }
        if options.allow.ids.is_empty() {
            return Err(Ended::Unsuitable("it is a U2F key, and the options name no credential".into()));
        }
        let (assertion, application) = u2f::authenticate(dialog, client_data_hash, rp_id, app_id, &options.allow.ids)?;
        let (asked, _) = extension::at_authentication(dialog, info, rp_id, &options.extensions, Vec::new(), &Verification::Not)?;
        let extensions = asked.results(dialog, info, &assertion, None, application != rp_id)?;
        let credential_id = assertion.credential_id.clone().unwrap_or_default();
        Ok(Got { assertion, credential_id, extensions })
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
