//! Authentication: `navigator.credentials.get()` (WebAuthn-3 §5.1.4).

use faultkey_authenticator::Time;
use faultkey_transport::{Transcript, Transport, What};
use serde_json::Value;

use crate::authenticator_error::exception;
use crate::client::Client;
use crate::create::check_verification;
use crate::ctap_reply::Assertion;
use crate::ctap_request::{self, GetAssertion};
use crate::dialog::{Dialog, Ended};
use crate::dom_exception::Because;
use crate::extension;
use crate::options::RequestOptions;
use crate::origin::Caller;
use crate::preflight::fitting;
use crate::response::Authentication;
use crate::{Account, Call, ClientData, ClientDataCollector, DomException, User};

/// More accounts than any authenticator keeps for one relying party.
const ACCOUNT_LIMIT: u64 = 1_000;

impl<T: Transport, U: User, C: ClientDataCollector> Client<T, U, C> {
    /// The whole ceremony; moves `now` to its end.
    pub(crate) fn authenticate(&mut self, call: &Call, now: &mut Time, options: &Value) -> Result<Value, DomException> {
        let options = RequestOptions::parse(options)?;
        let caller = Caller::of(call)?;
        let rp_id = caller.rp_id(options.rp_id.as_deref(), "rpId")?;
        let client_data = self.client_data(*now, ClientData::Get, &caller, call.cross_origin, &options.challenge);

        let failed = |ended| exception(ClientData::Get, ended);
        let unsuitable = |what: &str| Err(DomException::not_allowed(Because::Unsuitable(what.into())));
        let transcript = self.transcript().clone();
        let mut dialog = self.dialog(now, options.timeout);
        let info = dialog.info().map_err(failed)?;
        if !info.ctap2 {
            return unsuitable("it doesn't speak CTAP2");
        }
        check_verification(options.user_verification, &info)?;
        let allow = fitting(&mut dialog, &info, &rp_id, &options.allow.ids).map_err(failed)?;
        if allow.is_empty() && options.allow.given {
            // Not to be sent as it is: an empty list would allow every credential.
            return unsuitable("none of the credentials that the options allow can be its own");
        }

        let (asked, allow) = extension::at_authentication(&mut dialog, &info, &rp_id, &options.extensions, allow).map_err(failed)?;

        let request = GetAssertion {
            rp_id: &rp_id,
            client_data_hash: &client_data.hash,
            allow: &allow,
            extensions: &asked.inputs,
            verify_user: info.verify_for_authentication(options.user_verification),
            silent: false,
        };
        let first = dialog.ask(&request.to_bytes()).and_then(|reply| Ok(Assertion::read(&reply)?)).map_err(failed)?;
        let assertion = if allow.is_empty() { choose(&mut dialog, &transcript, first)? } else { first };

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
            user_handle: assertion.user.as_ref().map(|user| user.id.as_slice()),
            attachment: info.attachment(),
            extensions: asked.results(&assertion.authenticator_data),
        };
        Ok(authentication.into_json())
    }
}

/// Lets the user choose, if there are several accounts and the authenticator has not asked already (CTAP2.3 §6.3).
fn choose<T: Transport, U: User>(
    dialog: &mut Dialog<'_, T, U>,
    transcript: &Transcript,
    first: Assertion,
) -> Result<Assertion, DomException> {
    let failed = |ended| exception(ClientData::Get, ended);
    let count = first.number_of_credentials.unwrap_or(1);
    if count <= 1 || first.user_selected {
        return Ok(first);
    }
    if count > ACCOUNT_LIMIT {
        return Err(failed(Ended::Malformed(format!("the getAssertion reply claims {count} credentials"))));
    }
    let mut assertions = vec![first];
    for _ in 1..count {
        let next = dialog.ask(&ctap_request::get_next_assertion()).and_then(|reply| Ok(Assertion::read(&reply)?));
        assertions.push(next.map_err(failed)?);
    }
    let accounts: Vec<Account> = assertions.iter().map(account).collect();
    let names: Vec<_> = accounts.iter().map(|account| account.name.as_deref().unwrap_or("(no name)")).collect();
    transcript.record(*dialog.now, What::Prompt { text: format!("choose an account for the sign-in: {}", names.join(", ")) });
    let choice = dialog.user.choose(&accounts).filter(|index| *index < assertions.len());
    let text = choice.and_then(|index| names.get(index)).map_or_else(|| "cancelled".to_owned(), |name| format!("chose {name}"));
    transcript.record(*dialog.now, What::Answer { text });
    match choice {
        Some(index) => Ok(assertions.swap_remove(index)),
        None => Err(DomException::not_allowed(Because::User)),
    }
}

fn account(assertion: &Assertion) -> Account {
    let user = assertion.user.clone();
    let (id, name, display_name) = user.map_or_else(Default::default, |user| (user.id, user.name, user.display_name));
    Account { user_handle: id, name, display_name }
}
