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
use crate::dialog::{Dialog, Ended};
use crate::dom_exception::Because;
use crate::extension::{self, Registering};
use crate::options::{Attachment, CreationOptions, LargeBlobSupport, Requirement};
use crate::origin::Caller;
use crate::pin::Scope;
use crate::preflight::{self, fitting};
use crate::response::Registration;
use crate::verification::{self, Verification, Wish};
use crate::{Call, ClientData, ClientDataCollector, DomException, DomExceptionName, Mediation, User, app_id, u2f};

const NOT_AGREED: &str = "the user has not agreed to a passkey that is made without asking";
const NOT_BUILT_IN: &str = "a passkey is made without asking only where the authenticator is part of the platform";

impl<T: Transport, U: User, C: ClientDataCollector> Client<T, U, C> {
    /// The whole ceremony; moves `now` to its end.
    pub(crate) fn register(&mut self, call: &Call, now: &mut Time, options: &Value) -> Result<Value, DomException> {
        let options = CreationOptions::parse(options)?;
        let caller = Caller::of(call)?;
        let rp_id = self.rp_id(&caller, options.rp_id.as_deref(), "rp.id")?;
        let app_id = options.extensions.app_id_exclude.as_deref();
        let app_id = app_id.map(|app_id| app_id::authorized(&caller, app_id, "appidExclude")).transpose()?;
        if call.mediation == Mediation::Conditional && !self.user_mut().agrees_to_upgrade(&rp_id) {
            // WebAuthn-3 §5.1.3 step 3.
            return Err(DomException::not_allowed(Because::Unsuitable(NOT_AGREED.into())));
        }
        let client_data = self.client_data(*now, ClientData::Create, &caller, call.cross_origin, &options.challenge);

        let failed = |ended| exception(ClientData::Create, ended);
        let is_managed = self.is_managed(&rp_id);
        let mut dialog = self.dialog(Some(call), now, options.timeout);
        let info = dialog.info().map_err(failed)?;
        check_suitable(&options, &info)?;
        if call.mediation == Mediation::Conditional && info.attachment() != Attachment::Platform {
            return Err(DomException::not_allowed(Because::Unsuitable(NOT_BUILT_IN.into())));
        }
        let app_id = app_id.as_deref();
        let none = ["none".to_owned()];
        let formats = match (info.attestation_formats, options.attestation_conveyed) {
            (true, true) => options.attestation_formats.as_slice(),
            (true, false) => &none,
            // An authenticator that has no choice of formats may not know the parameter.
            (false, _) => &[],
        };
        // An authenticator without it, or where it is not enabled, would refuse the parameter.
        let enterprise = (options.enterprise && info.enterprise).then_some(if is_managed { 2 } else { 1 });
        let about = About { options: &options, rp_id: &rp_id, client_data_hash: &client_data.hash, info: &info, formats, enterprise };
        let made = if info.ctap2 { about.make(&mut dialog, app_id) } else { about.make_over_u2f(&mut dialog, app_id) };
        let Made { attestation, asked, discoverable } = made.map_err(failed)?;

        let registration = Registration {
            attestation: &attestation,
            attestation_object: &attestation_object(&attestation, options.attestation_conveyed),
            client_data: &client_data.json,
            transports: &info.transports,
            attachment: info.attachment(),
            extensions: asked.results(&attestation, options.cred_props.then_some(discoverable)),
        };
        registration.into_json().ok_or_else(|| failed(Ended::Malformed("the public key is no COSE key with an algorithm".into())))
    }
}

/// What a registration is about.
struct About<'a> {
    options: &'a CreationOptions,
    rp_id: &'a str,
    client_data_hash: &'a [u8],
    info: &'a AuthenticatorInfo,
    /// Attestation formats that the relying party can use.
    formats: &'a [String],
    /// The enterprise attestation that is asked for.
    enterprise: Option<u64>,
}

/// What it made.
struct Made<'a> {
    attestation: Attestation,
    asked: Registering<'a>,
    /// What was asked of the authenticator.
    discoverable: bool,
}

impl<'a> About<'a> {
    fn make<T: Transport, U: User>(&self, dialog: &mut Dialog<'_, T, U>, app_id: Option<&str>) -> Result<Made<'a>, Ended> {
        let Self { options, rp_id, info, .. } = *self;
        if let Some(app_id) = app_id {
            self.exclude_under(dialog, app_id)?;
        }
        let mut discoverable = match options.discoverable {
            Requirement::Required => true,
            Requirement::Preferred => info.discoverable,
            Requirement::Discouraged => false,
        };
        let mut permissions = Permissions::MAKE_CREDENTIAL;
        if preflight::is_too_long(info, &options.exclude.ids) {
            permissions = permissions.with(Permissions::GET_ASSERTION);
        }
        let scope = Scope { permissions, rp_id };
        let needed = info.needs_verification_to_register(discoverable);
        let wish = Wish { requirement: options.user_verification, needed, scope };
        let mut verification = verification::obtain(dialog, info, &wish)?;
        let exclude = fitting(dialog, info, rp_id, &options.exclude.ids, &verification)?;

        let mut asked = extension::at_registration(dialog, info, &options.extensions, discoverable)?;
        let mut make = |discoverable, asked: &Registering<'_>| {
            let request = MakeCredential {
                discoverable,
                extensions: &asked.inputs,
                enterprise_attestation: self.enterprise,
                ..self.request(&exclude)
            };
            verification::ask(dialog, info, scope, &mut verification, |verification| MakeCredential { verification, ..request }.to_bytes())
        };
        let mut reply = make(discoverable, &asked);
        let may_be_none =
            options.discoverable == Requirement::Preferred && options.extensions.large_blob != Some(LargeBlobSupport::Required);
        if reply == Err(Ended::Status(Status::KeyStoreFull)) && discoverable && may_be_none {
            // Only preferred: a credential that takes no place will do (catalogue §0.3).
            discoverable = false;
            asked.go_without_large_blob();
            reply = make(discoverable, &asked);
        }
        Ok(Made { attestation: Attestation::read(&reply?)?, asked, discoverable })
    }

    /// The request, but for what depends on its course.
    fn request<'b>(&'b self, exclude: &'b [Vec<u8>]) -> MakeCredential<'b> {
        let Self { options, rp_id, client_data_hash, .. } = *self;
        MakeCredential {
            client_data_hash,
            rp_id,
            rp_name: &options.rp_name,
            user: &options.user,
            algorithms: &options.algorithms,
            exclude,
            discoverable: false,
            verification: &Verification::Not,
            extensions: &[],
            enterprise_attestation: None,
            attestation_formats: self.formats,
        }
    }

    /// appidExclude (WebAuthn-3 §10.1.2) for an authenticator of CTAP2: whether it has one of the credentials under the AppID is asked
    /// silently. If so, a request that it has to refuse, and only after the user has consented, ends the ceremony.
    fn exclude_under<T: Transport, U: User>(&self, dialog: &mut Dialog<'_, T, U>, app_id: &str) -> Result<(), Ended> {
        let found = preflight::find(dialog, self.info, app_id, &self.options.exclude.ids, &Verification::Not)?;
        let Some(found) = found else { return Ok(()) };
        let exclude = [found];
        dialog.ask(&MakeCredential { rp_id: app_id, ..self.request(&exclude) }.to_bytes())?;
        Err(Ended::Malformed("the authenticator made a credential although it has one that the options exclude".into()))
    }

    fn make_over_u2f<T: Transport, U: User>(&self, dialog: &mut Dialog<'_, T, U>, app_id: Option<&str>) -> Result<Made<'a>, Ended> {
        let Self { options, rp_id, client_data_hash, info, .. } = *self;
        let attestation = u2f::register(dialog, client_data_hash, rp_id, app_id, &options.exclude.ids)?;
        let asked = extension::at_registration(dialog, info, &options.extensions, false)?;
        Ok(Made { attestation, asked, discoverable: false })
    }
}

/// Whether this authenticator may take part at all (WebAuthn-3 §5.1.3 step 22, "becomes available"). It is the only one, so the ceremony ends
/// where a browser would tell the user to try another.
fn check_suitable(options: &CreationOptions, info: &AuthenticatorInfo) -> Result<(), DomException> {
    let unsuitable = |what: &str| Err(DomException::not_allowed(Because::Unsuitable(what.into())));
    if !info.ctap2 && !info.u2f {
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
    if options.extensions.large_blob == Some(LargeBlobSupport::Required) && options.discoverable == Requirement::Discouraged {
        // CTAP2.3 §12.3: no authenticator gives such a credential a large blob.
        let message = "publicKey.extensions.largeBlob.support: \"required\" needs a discoverable credential. Set \
                       authenticatorSelection.residentKey to \"required\".";
        return Err(DomException::caller(DomExceptionName::ConstraintError, message));
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
