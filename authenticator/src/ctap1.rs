//! CTAP1/U2F (FIDO U2F raw message formats v1.2): register, authenticate, version, in APDUs of ISO 7816-4, which ctap-types reads.
//!
//! U2F keys answer `0x6985` while nobody touches them, and the client asks again. Here the key waits for its user as in CTAP2; whoever carries
//! the messages may answer for a user who isn't there, with [`UserAnswer::Never`], and gets the same `0x6985`.

use ctap_types::ctap1::{ControlByte, Error as StatusWord, Request};
use iso7816::command::{CommandView, FromSliceError};

use crate::algorithm::{PrivateKey, es256};
use crate::attestation::Attester;
use crate::config::Kind;
use crate::device::Device;
use crate::extension::{CredProtect, ExtensionData};
use crate::gesture;
use crate::refusal::Refusal;
use crate::step::Purpose;
use crate::{Change, Credential, CredentialId, KeyState, Prompt, StoreError, Time, UserAnswer, UserEntity};

/// `SW_COMMAND_NOT_ALLOWED`
const COMMAND_NOT_ALLOWED: StatusWord = StatusWord::CommandNotAllowedNoEf;
/// `SW_CONDITIONS_NOT_SATISFIED`: the user's touch is missing.
const CONDITIONS_NOT_SATISFIED: StatusWord = StatusWord::ConditionsOfUseNotSatisfied;
/// `SW_WRONG_DATA`: not a key handle of this key for this application.
const WRONG_DATA: StatusWord = StatusWord::IncorrectDataParameter;

const REGISTER: u8 = 0x01;
const AUTHENTICATE: u8 = 0x02;
const VERSION: u8 = 0x03;

/// A key handle's length is one byte.
const LONGEST_KEY_HANDLE: usize = 255;

/// What the caller does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApduStep {
    /// Send this back: data and status word.
    Reply(Vec<u8>),
    /// Ask the user.
    NeedUser(Prompt),
}

impl ApduStep {
    /// What a device without CTAP1 answers: `SW_INS_NOT_SUPPORTED`.
    #[must_use]
    pub fn unsupported() -> Self {
        refused(StatusWord::InstructionNotSupportedOrInvalid)
    }
}

/// A command that waits for a touch.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    challenge: [u8; 32],
    application: [u8; 32],
    /// Absent: it registers.
    credential: Option<CredentialId>,
    asked_at: Time,
}

/// Why a command is refused.
enum Failure {
    Word(StatusWord),
    Refused(Refusal),
}

impl From<StatusWord> for Failure {
    fn from(word: StatusWord) -> Self {
        Self::Word(word)
    }
}

impl<E: Into<Refusal>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Refused(error.into())
    }
}

fn refused(word: StatusWord) -> ApduStep {
    ApduStep::Reply(u16::from(word).to_be_bytes().to_vec())
}

/// Data and `SW_NO_ERROR`.
fn granted(data: &[u8]) -> ApduStep {
    ApduStep::Reply([data, &[0x90, 0x00]].concat())
}

/// The step, and the reason that stays inside, if there is one.
pub(crate) type Answer = (ApduStep, Option<Refusal>);

fn finish(result: Result<ApduStep, Failure>) -> Answer {
    match result {
        Ok(step) => (step, None),
        Err(Failure::Word(word)) => (refused(word), None),
        // The store or a key failed; U2F has no better word than "no precise diagnosis" (ISO 7816-4).
        Err(Failure::Refused(refusal)) => (ApduStep::Reply(vec![0x6F, 0x00]), Some(refusal)),
    }
}

pub(crate) fn start(device: &mut Device, now: Time, apdu: &[u8]) -> Answer {
    finish(dispatch(device, now, apdu))
}

fn dispatch(device: &mut Device, now: Time, apdu: &[u8]) -> Result<ApduStep, Failure> {
    let settings = device.settings()?;
    if !device.config.protection.knows(Kind::Ctap1) {
        return Ok(ApduStep::unsupported());
    }
    // CTAP2.3 §7.2.4: U2F can't verify the user.
    if settings.always_uv {
        return Err(COMMAND_NOT_ALLOWED.into());
    }
    let view = CommandView::try_from(apdu).map_err(|error| match error {
        FromSliceError::InvalidClass => StatusWord::ClassNotSupported,
        _ => StatusWord::WrongLength,
    })?;
    check_length(&view, apdu)?;
    match Request::try_from(view)? {
        Request::Register(request) => ask(device, now, *request.challenge, *request.app_id, None),
        Request::Authenticate(request) => {
            let (challenge, application) = (*request.challenge, *request.app_id);
            let Some(credential) = find(device, &application, request.key_handle)? else { return Err(WRONG_DATA.into()) };
            match request.control_byte {
                // "Despite the name this signals a success condition."
                ControlByte::CheckOnly => Err(CONDITIONS_NOT_SATISFIED.into()),
                ControlByte::EnforceUserPresenceAndSign => ask(device, now, challenge, application, Some(credential.id)),
                ControlByte::DontEnforceUserPresenceAndSign => sign(device, &challenge, &application, &credential, false),
            }
        }
        Request::Version => Ok(granted(b"U2F_V2")),
    }
}

/// `SW_WRONG_LENGTH`, which ctap-types does not tell from wrong data; and lengths that say something else than the data.
fn check_length(view: &CommandView<'_>, apdu: &[u8]) -> Result<(), Failure> {
    let data = view.data();
    let is_right = match apdu.get(1).copied() {
        Some(REGISTER) => data.len() == 64,
        Some(AUTHENTICATE) => data.get(64).is_some_and(|length| data.len() == 65 + usize::from(*length)),
        Some(VERSION) => data.is_empty(),
        _ => true,
    };
    let is_foreign = apdu.first().is_some_and(|class| *class != 0);
    if is_right || is_foreign { Ok(()) } else { Err(StatusWord::WrongLength.into()) }
}

fn ask(
    device: &mut Device,
    now: Time,
    challenge: [u8; 32],
    application: [u8; 32],
    credential: Option<CredentialId>,
) -> Result<ApduStep, Failure> {
    let rp_id = Credential::u2f_rp_id(&application);
    let purpose = match credential {
        None => Purpose::Register { rp_id, user_name: None },
        Some(_) => Purpose::Authenticate { rp_id },
    };
    device.between.ctap1 = Some(Pending { challenge, application, credential, asked_at: now });
    Ok(ApduStep::NeedUser(Prompt::Presence { purpose }))
}

pub(crate) fn resume(device: &mut Device, now: Time, answer: UserAnswer) -> Answer {
    finish(conclude(device, now, answer))
}

fn conclude(device: &mut Device, now: Time, answer: UserAnswer) -> Result<ApduStep, Failure> {
    let Some(pending) = device.between.ctap1.take() else { return Err(CONDITIONS_NOT_SATISFIED.into()) };
    let in_time = now - pending.asked_at <= device.config.user_action_timeout;
    if !in_time || gesture::presence(answer).is_err() {
        return Err(CONDITIONS_NOT_SATISFIED.into());
    }
    let Pending { challenge, application, credential, .. } = pending;
    let Some(id) = credential else { return register(device, &challenge, &application) };
    // It was there a moment ago; an event of the device may have come between.
    let Some(credential) = find(device, &application, &id.0)? else { return Err(WRONG_DATA.into()) };
    sign(device, &challenge, &application, &credential, true)
}

/// The credential of this key handle, if it is this application's, and U2F can use it: P-256, and not only with user verification.
fn find(device: &Device, application: &[u8; 32], key_handle: &[u8]) -> Result<Option<Credential>, StoreError> {
    let found = device.store.credential(&CredentialId(key_handle.to_vec()))?;
    Ok(found.filter(|credential| {
        credential.rp_id_hash() == *application
            && matches!(credential.key, KeyState::Usable(PrivateKey::Es256(_)))
            && credential.extensions.cred_protect != CredProtect::UserVerificationRequired
    }))
}

/// U2F raw messages §4: a credential that CTAP2 can use as well, without user and not discoverable.
fn register(device: &mut Device, challenge: &[u8; 32], application: &[u8; 32]) -> Result<ApduStep, Failure> {
    let stored = device.store.credentials()?;
    if stored.len() >= device.config.max_credentials {
        return Err(StatusWord::NotEnoughMemory.into());
    }
    let key = es256::SecretKey::generate(&mut device.random);
    let public_key = key.public_point()?;
    let id = device.credential_id_of(device.config.credential_id_length.clamp(16, LONGEST_KEY_HANDLE))?;
    let attester = Attester::new(device.config.attestation.issuance, device.config.aaguid)?;
    let certificate = attester.u2f_certificate()?;
    let signature = attester.key.sign(&[&[0][..], application, challenge, &id.0, &public_key].concat())?;
    let length = u8::try_from(id.0.len()).unwrap_or(u8::MAX);
    let data = [&[0x05][..], &public_key, &[length], &id.0, &certificate, &signature].concat();
    let credential = Credential {
        id,
        rp_id: Credential::u2f_rp_id(application),
        user: UserEntity::default(),
        key: KeyState::Usable(PrivateKey::Es256(key)),
        discoverable: false,
        backup_eligible: device.config.backup_eligible,
        backup_state: device.config.backup_eligible && device.config.backup_state,
        created: stored.iter().map(|credential| credential.created).max().map_or(1, |newest| newest.saturating_add(1)),
        extensions: ExtensionData::default(),
    };
    let _durable = device.store.commit(&[Change::Put(credential)])?;
    Ok(granted(&data))
}

/// U2F raw messages §5.
fn sign(
    device: &mut Device,
    challenge: &[u8; 32],
    application: &[u8; 32],
    credential: &Credential,
    is_present: bool,
) -> Result<ApduStep, Failure> {
    let KeyState::Usable(key) = &credential.key else { return Err(WRONG_DATA.into()) };
    let presence = [u8::from(is_present)];
    let counter = device.sign_count_of(&credential.id)?.to_be_bytes();
    let signature = key.sign(&[&application[..], &presence, &counter, challenge].concat())?;
    Ok(granted(&[&presence[..], &counter, &signature].concat()))
}

#[cfg(test)]
mod tests;
