//! Registration: `navigator.credentials.create()` (WebAuthn-3 §5.1.3).

use faultkey_authenticator::pin_uv::Permissions;
use faultkey_authenticator::{Status, Time};
use faultkey_transport::Transport;
use serde_json::Value;

use crate::attestation_conveyance::attestation_object;
use crate::authenticator_error::exception;
use crate::authenticator_info::AuthenticatorInfo;
use crate::client::Client;
use crate::ctap_reply::Attestation;
use crate::ctap_request::MakeCredential;
use crate::dialog::Ended;
use crate::dom_exception::Because;
use crate::extension;
use crate::options::{Attachment, CreationOptions, Requirement};
use crate::origin::Caller;
use crate::pin::Scope;
use crate::preflight::{self, fitting};
use crate::response::Registration;
use crate::verification::{self, Verification, Wish};
use crate::{Call, ClientData, ClientDataCollector, DomException, DomExceptionName, Mediation, User};

const NOT_AGREED: &str = "the user has not agreed to a passkey that is made without asking";
const NOT_BUILT_IN: &str = "a passkey is made without asking only where the authenticator is part of the platform";

impl<T: Transport, U: User, C: ClientDataCollector> Client<T, U, C> {
    /// The whole ceremony; moves `now` to its end.
    pub(crate) fn register(&mut self, call: &Call, now: &mut Time, options: &Value) -> Result<Value, DomException> {
        let options = CreationOptions::parse(options)?;
        let caller = Caller::of(call)?;
        let rp_id = self.rp_id(&caller, options.rp_id.as_deref(), "rp.id")?;
        if call.mediation == Mediation::Conditional && !self.user_mut().agrees_to_upgrade(&rp_id) {
            // WebAuthn-3 §5.1.3 step 3.
            return Err(DomException::not_allowed(Because::Unsuitable(NOT_AGREED.into())));
        }
        let client_data = self.client_data(*now, ClientData::Create, &caller, call.cross_origin, &options.challenge);

        let failed = |ended| exception(ClientData::Create, ended);
        let mut dialog = self.dialog(Some(call), now, options.timeout);
        let info = dialog.info().map_err(failed)?;
        check_suitable(&options, &info)?;
        if call.mediation == Mediation::Conditional && info.attachment() != Attachment::Platform {
            return Err(DomException::not_allowed(Because::Unsuitable(NOT_BUILT_IN.into())));
        }
        let discoverable = match options.discoverable {
            Requirement::Required => true,
            Requirement::Preferred => info.discoverable,
            Requirement::Discouraged => false,
        };
        let mut permissions = Permissions::MAKE_CREDENTIAL;
        if preflight::is_too_long(&info, &options.exclude.ids) {
            permissions = permissions.with(Permissions::GET_ASSERTION);
        }
        let scope = Scope { permissions, rp_id: &rp_id };
        let needed = info.needs_verification_to_register(discoverable);
        let wish = Wish { requirement: options.user_verification, needed, scope };
        let mut verification = verification::obtain(&mut dialog, &info, &wish).map_err(failed)?;
        let exclude = fitting(&mut dialog, &info, &rp_id, &options.exclude.ids, &verification).map_err(failed)?;

        let asked = extension::at_registration(&mut dialog, &info, &options.extensions).map_err(failed)?;

        let none = ["none".to_owned()];
        let mut request = MakeCredential {
            client_data_hash: &client_data.hash,
            rp_id: &rp_id,
            rp_name: &options.rp_name,
            user: &options.user,
            algorithms: &options.algorithms,
            exclude: &exclude,
            discoverable,
            verification: &Verification::Not,
            extensions: &asked.inputs,
            attestation_formats: match (info.attestation_formats, options.attestation_conveyed) {
                (true, true) => &options.attestation_formats,
                (true, false) => &none,
                // An authenticator that has no choice of formats may not know the parameter.
                (false, _) => &[],
            },
        };
        let mut make = |request: &MakeCredential<'_>| {
            verification::ask(&mut dialog, &info, scope, &mut verification, |verification| {
                MakeCredential { verification, ..*request }.to_bytes()
            })
        };
        let mut reply = make(&request);
        if reply == Err(Ended::Status(Status::KeyStoreFull)) && request.discoverable && options.discoverable == Requirement::Preferred {
            // Only preferred: a credential that takes no place will do (catalogue §0.3).
            request.discoverable = false;
            reply = make(&request);
        }
        let attestation = reply.and_then(|reply| Ok(Attestation::read(&reply)?)).map_err(failed)?;

        let registration = Registration {
            attestation: &attestation,
            attestation_object: &attestation_object(&attestation, options.attestation_conveyed),
            client_data: &client_data.json,
            transports: &info.transports,
            attachment: info.attachment(),
            extensions: asked.results(&attestation, options.cred_props.then_some(request.discoverable)),
        };
        registration.into_json().ok_or_else(|| failed(Ended::Malformed("the public key is no COSE key with an algorithm".into())))
    }
}

/// Whether this authenticator may take part at all (WebAuthn-3 §5.1.3 step 22, "becomes available"). It is the only one, so the ceremony ends
/// where a browser would tell the user to try another.
fn check_suitable(options: &CreationOptions, info: &AuthenticatorInfo) -> Result<(), DomException> {
    let unsuitable = |what: &str| Err(DomException::not_allowed(Because::Unsuitable(what.into())));
    if !info.ctap2 {
        return unsuitable("it doesn't speak CTAP2");
    }
    // WebAuthn-3 §5.8.8: where hints say otherwise, they take precedence.
    let attachment = options.attachment.filter(|_| !options.hints.contains(&info.attachment()));
    match (attachment, info.attachment()) {
        (Some(Attachment::Platform), Attachment::CrossPlatform) => {
            return unsuitable("the options want a platform authenticator, and it is roaming");
        }
        (Some(Attachment::CrossPlatform), Attachment::Platform) => {
            return unsuitable("the options want a roaming authenticator, and it is part of the platform");
        }
        _ => {}
    }
    if options.discoverable == Requirement::Required && !info.discoverable {
        return unsuitable("the options require a discoverable credential, and it keeps none");
    }
    check_verification(options.user_verification, info)?;
    extension::check_suitable(&options.extensions, info)?;
    if let Some(known) = &info.algorithms
        && !options.algorithms.iter().any(|algorithm| known.contains(algorithm))
    {
        return Err(DomException {
            name: DomExceptionName::NotSupportedError,
            message:
                "publicKey.pubKeyCredParams: the authenticator supports none of these algorithms. Offer -7 (ES256) and -257 (RS256) too."
                    .into(),
            because: Because::Unsuitable("it supports none of the options' algorithms".into()),
        });
    }
    Ok(())
}

/// Required user verification needs an authenticator that can do it now, or after the user has set its PIN.
pub(crate) fn check_verification(requirement: Requirement, info: &AuthenticatorInfo) -> Result<(), DomException> {
    if info.takes_pin() || info.may_set_pin() {
        return Ok(());
    }
    let missing = match (requirement, info.verification) {
        (Requirement::Required, None) => "the options require user verification, and it has none built in",
        (Requirement::Required, Some(false)) => "the options require user verification, and nobody is enrolled",
        _ => return Ok(()),
    };
    Err(DomException::not_allowed(Because::Unsuitable(missing.into())))
}
