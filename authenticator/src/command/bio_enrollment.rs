//! authenticatorBioEnrollment (CTAP2.3 §6.7) and its prototype (CTAP2.3 §6.12): fingers enrolled, listed, renamed, removed.

use std::time::Duration;

use ciborium::Value;
use rand::Rng;

use crate::command::get_info::Named;
use crate::command::{Decision, Pending as Waiting, Turn};
use crate::config::FingerprintSensor;
use crate::device::Device;
use crate::fingerprint::{Fingerprint, SampleStatus};
use crate::gesture;
use crate::members::{self, Members};
use crate::pin_uv::{Permissions, RpScope};
use crate::refusal::Refusal;
use crate::step::Purpose;
use crate::{Change, ChannelId, Event, Prompt, Status, StoreError, Time, UserAnswer, cbor};

/// The one modality.
const FINGERPRINT: u8 = 0x01;

const ENROLL_BEGIN: u8 = 0x01;
const ENROLL_CAPTURE_NEXT_SAMPLE: u8 = 0x02;
const CANCEL_CURRENT_ENROLLMENT: u8 = 0x03;
const ENUMERATE_ENROLLMENTS: u8 = 0x04;
const SET_FRIENDLY_NAME: u8 = 0x05;
const REMOVE_ENROLLMENT: u8 = 0x06;
const GET_FINGERPRINT_SENSOR_INFO: u8 = 0x07;

/// The command's parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    /// It came as 0x40.
    pub prototype: bool,
    pub modality: Option<u64>,
    pub subcommand: Option<u64>,
    pub subcommand_params: Option<Value>,
    pub pin_uv_auth_protocol: Option<u64>,
    pub pin_uv_auth_param: Option<Vec<u8>>,
    pub get_modality: Option<bool>,
}

impl Parameters {
    pub(crate) fn read(tree: &Value, prototype: bool) -> Result<Self, Refusal> {
        let members = Members::of("bioEnrollment", tree)?;
        Ok(Self {
            prototype,
            modality: members.optional(0x01, "modality", members::unsigned)?,
            subcommand: members.optional(0x02, "subCommand", members::unsigned)?,
            subcommand_params: members.optional(0x03, "subCommandParams", members::map)?,
            pin_uv_auth_protocol: members.optional(0x04, "pinUvAuthProtocol", members::unsigned)?,
            pin_uv_auth_param: members.optional(0x05, "pinUvAuthParam", members::bytes)?,
            get_modality: members.optional(0x06, "getModality", members::boolean)?,
        })
    }

    /// `subCommandParams`, as a map to read; an empty one when it is absent.
    fn params(&self) -> Result<Members<'_>, Refusal> {
        static NOTHING: Value = Value::Map(Vec::new());
        Members::of("bioEnrollment subCommandParams", self.subcommand_params.as_ref().unwrap_or(&NOTHING))
    }

    fn timeout(&self) -> Result<Option<Duration>, Refusal> {
        Ok(self.params()?.optional(0x03, "timeoutMilliseconds", members::unsigned)?.map(Duration::from_millis))
    }
}

/// An enrolment that is under way.
#[derive(Clone, Debug)]
pub(crate) struct Enrollment {
    /// Who enrols; another can only begin anew.
    pub channel: ChannelId,
    template_id: Vec<u8>,
    remaining: u8,
}

/// A sample that the user is asked for.
pub(crate) struct Pending {
    enrollment: Enrollment,
    /// The first sample's reply tells the template's id.
    is_first: bool,
    /// What the platform allows instead of the device's own time.
    pub timeout: Option<Duration>,
}

fn told(members: Vec<(u8, Value)>) -> Decision {
    Ok(Turn::answer(members))
}

fn changed(device: &mut Device, changes: &[Change], members: Vec<(u8, Value)>) -> Decision {
    let stored = device.store.commit(changes)?;
    Ok(Turn::stored(stored, members))
}

pub(super) fn start(device: &mut Device, now: Time, parameters: &Parameters) -> Decision {
    let commands = &device.config.commands;
    let has = if parameters.prototype { commands.bio_enrollment_preview } else { commands.bio_enrollment };
    let Some(sensor) = commands.fingerprint_sensor.clone().filter(|_| has) else {
        return Err(Refusal::rule(Status::InvalidCommand, "the authenticator has no such bio enrolment"));
    };
    // §6.7.2
    if parameters.get_modality == Some(true) {
        return told(vec![(0x01, Value::from(FINGERPRINT))]);
    }
    match parameters.modality {
        Some(modality) if modality == u64::from(FINGERPRINT) => {}
        Some(_) => return Err(Refusal::rule(Status::UnsupportedOption, "the authenticator has no sensor of this modality")),
        None => return Err(missing("0x01 (modality)")),
    }
    let Some(subcommand) = parameters.subcommand else { return Err(missing("0x02 (subCommand)")) };
    match u8::try_from(subcommand) {
        Ok(ENROLL_BEGIN) => begin(device, now, parameters, &sensor),
        Ok(ENROLL_CAPTURE_NEXT_SAMPLE) => capture(device, now, parameters),
        Ok(CANCEL_CURRENT_ENROLLMENT) => {
            let channel = device.channel;
            device.between.enrollment.take_if(|enrollment| enrollment.channel == channel);
            told(Vec::new())
        }
        Ok(ENUMERATE_ENROLLMENTS) => enumerate(device, now, parameters),
        Ok(SET_FRIENDLY_NAME) => rename(device, now, parameters, &sensor),
        Ok(REMOVE_ENROLLMENT) => remove(device, now, parameters),
        // §6.7.3
        Ok(GET_FINGERPRINT_SENSOR_INFO) => told(vec![
            (0x02, Value::from(sensor.kind as u8)),
            (0x03, Value::from(sensor.samples)),
            (0x08, cbor::count(sensor.max_friendly_name)),
        ]),
        _ => Err(Refusal::rule(Status::InvalidSubcommand, "bio enrolment has no such subcommand")),
    }
}

/// `bioEnroll` and `userVerificationMgmtPreview`, which say whether a finger is enrolled; `uvBioEnroll`, whether one lets another in.
pub(super) fn options(device: &Device) -> Result<Vec<Named>, StoreError> {
    let commands = &device.config.commands;
    if commands.fingerprint_sensor.is_none() {
        return Ok(Vec::new());
    }
    let is_enrolled = !device.fingerprints()?.is_empty();
    let options = [
        ("bioEnroll", commands.bio_enrollment, is_enrolled),
        ("userVerificationMgmtPreview", commands.bio_enrollment_preview, is_enrolled),
        ("uvBioEnroll", commands.bio_enrollment && device.config.protection.pin_uv_auth_token, true),
    ];
    Ok(options.into_iter().filter(|(_, has, _)| *has).map(|(name, _, value)| (name, value)).collect())
}

fn missing(member: &str) -> Refusal {
    Refusal::member(Status::MissingParameter, format!("bioEnrollment member {member}"), "is missing")
}

/// `verify(pinUvAuthToken, modality || subCommand || subCommandParams, pinUvAuthParam)` and the permission.
fn authorize(device: &mut Device, now: Time, parameters: &Parameters) -> Result<(), Refusal> {
    let subcommand = parameters.subcommand.and_then(|subcommand| u8::try_from(subcommand).ok()).unwrap_or_default();
    let mut message = vec![FINGERPRINT, subcommand];
    // Canonical CBOR was demanded, so this writes the bytes that came.
    message.extend(parameters.subcommand_params.as_ref().map(cbor::write).unwrap_or_default());
    let permissions = if parameters.prototype { Permissions::WHATEVER_A_PIN_GIVES } else { Permissions::BIO_ENROLLMENT };
    let (param, protocol) = (parameters.pin_uv_auth_param.as_deref(), parameters.pin_uv_auth_protocol);
    device.check_pin_uv_auth(now, param, protocol, &message, permissions, RpScope::Any).map(drop)
}

/// §6.7.4: the first sample. An enrolment that is under way is given up.
fn begin(device: &mut Device, now: Time, parameters: &Parameters, sensor: &FingerprintSensor) -> Decision {
    authorize(device, now, parameters)?;
    let timeout = parameters.timeout()?;
    device.between.enrollment = None;
    if device.fingerprints()?.len() >= sensor.capacity {
        return Err(Refusal::rule(Status::FpDatabaseFull, "as many fingers as fit are enrolled"));
    }
    let mut template_id = vec![0; 16];
    device.apart.fill_bytes(&mut template_id);
    let enrollment = Enrollment { channel: device.channel, template_id, remaining: sensor.samples.max(1) };
    ask(Pending { enrollment, is_first: true, timeout })
}

/// §6.7.4: the next ones.
fn capture(device: &mut Device, now: Time, parameters: &Parameters) -> Decision {
    authorize(device, now, parameters)?;
    let template_id = parameters.params()?.required(0x01, "templateId", members::bytes)?;
    let timeout = parameters.timeout()?;
    let channel = device.channel;
    let Some(enrollment) = device.between.enrollment.clone().filter(|enrollment| enrollment.channel == channel) else {
        // §6.7.4 names no status for either case; this one is that of every sequence that has not begun (§6.3, §6.8).
        return Err(Refusal::rule(Status::NotAllowed, "no enrolment is under way"));
    };
    if enrollment.template_id != template_id {
        return Err(Refusal::rule(Status::InvalidParameter, "another finger than this one is being enrolled"));
    }
    ask(Pending { enrollment, is_first: false, timeout })
}

fn ask(pending: Pending) -> Decision {
    let purpose = Purpose::EnrollFingerprint { remaining_samples: pending.enrollment.remaining, timeout: pending.timeout };
    Ok(Turn::Ask(Prompt::Presence { purpose }, Waiting::BioEnrollment(Box::new(pending))))
}

/// The user's finger on the sensor.
pub(super) fn resume(device: &mut Device, pending: Pending, answer: UserAnswer) -> Decision {
    let Pending { mut enrollment, is_first, .. } = pending;
    let status = match answer {
        // Any finger can be enrolled.
        UserAnswer::Approve | UserAnswer::Held(_) | UserAnswer::WrongFinger => SampleStatus::Good,
        UserAnswer::Sample(status) => status,
        UserAnswer::Never => SampleStatus::NoUserActivity,
        // What began is still under way, and goes on or is cancelled by the platform.
        UserAnswer::Refuse | UserAnswer::Cancel => return Err(gesture::declined(answer)),
    };
    if status == SampleStatus::Good {
        enrollment.remaining = enrollment.remaining.saturating_sub(1);
    }
    let mut members = Vec::new();
    if is_first {
        members.push((0x04, Value::Bytes(enrollment.template_id.clone())));
    }
    members.push((0x05, Value::from(status.code())));
    members.push((0x06, Value::from(enrollment.remaining)));
    if enrollment.remaining > 0 {
        device.between.enrollment = Some(enrollment);
        return told(members);
    }
    device.between.enrollment = None;
    let mut fingerprints = device.fingerprints()?;
    fingerprints.push(Fingerprint { template_id: enrollment.template_id, friendly_name: String::new() });
    // What a new finger does to the keys of this device, it does now.
    let mut changes = device.changes_at(Event::FingerprintEnrolled)?;
    changes.push(Fingerprint::keep(&fingerprints));
    changed(device, &changes, members)
}

/// §6.7.6
fn enumerate(device: &mut Device, now: Time, parameters: &Parameters) -> Decision {
    authorize(device, now, parameters)?;
    let fingerprints = device.fingerprints()?;
    if fingerprints.is_empty() {
        return Err(Refusal::rule(Status::InvalidOption, "no finger is enrolled"));
    }
    told(vec![(0x07, Fingerprint::infos(&fingerprints))])
}

/// §6.7.7
fn rename(device: &mut Device, now: Time, parameters: &Parameters, sensor: &FingerprintSensor) -> Decision {
    authorize(device, now, parameters)?;
    let params = parameters.params()?;
    let template_id = params.required(0x01, "templateId", members::bytes)?;
    let friendly_name = params.required(0x02, "templateFriendlyName", members::text)?;
    if friendly_name.len() > sensor.max_friendly_name {
        return Err(Refusal::rule(Status::InvalidLength, "the name is longer than maxTemplateFriendlyName"));
    }
    let mut fingerprints = device.fingerprints()?;
    let Some(named) = fingerprints.iter_mut().find(|finger| finger.template_id == template_id) else { return Err(no_such_finger()) };
    named.friendly_name = friendly_name;
    changed(device, &[Fingerprint::keep(&fingerprints)], Vec::new())
}

/// §6.7.8
fn remove(device: &mut Device, now: Time, parameters: &Parameters) -> Decision {
    authorize(device, now, parameters)?;
    let template_id = parameters.params()?.required(0x01, "templateId", members::bytes)?;
    let mut fingerprints = device.fingerprints()?;
    let before = fingerprints.len();
    fingerprints.retain(|finger| finger.template_id != template_id);
    if fingerprints.len() == before {
        return Err(no_such_finger());
    }
    let mut changes = device.changes_at(Event::FingerprintRemoved)?;
    changes.push(Fingerprint::keep(&fingerprints));
    changed(device, &changes, Vec::new())
}

fn no_such_finger() -> Refusal {
    Refusal::rule(Status::InvalidOption, "no finger with this templateId is enrolled")
}

#[cfg(test)]
mod tests;
