//! bioEnrollment (CTAP2.3 §6.7).

use ciborium::Value;
use faultkey_authenticator::fingerprint::SampleStatus;
use faultkey_authenticator::{Prompt, Status};

use super::token::{ANY, BE, Scope};
use super::{Finger, Run, Verdict, declined, must, refuse};
use crate::action::{Answer, Bio};
use crate::reply::find;
use crate::request::finger_name;

impl Run<'_, '_> {
    pub(super) fn bio(&mut self, preview: bool, what: &Bio) -> Verdict<()> {
        let sensor = self.model.config.commands.fingerprint_sensor.clone().unwrap_or_default();
        match what {
            Bio::Modality => return must(self.reply()?.number(1) == Some(1), "the modality is no fingerprint"),
            Bio::Sensor => return must(self.reply()?.number(3) == Some(u64::from(sensor.samples)), "the sensor takes other samples"),
            Bio::Cancel => {
                let channel = self.exchange.channel;
                self.model.volatile.enrolling.take_if(|enrolling| enrolling.0 == channel);
                return self.granted();
            }
            _ => {
                self.authorize(if preview { ANY } else { BE }, Scope::Any, false)?;
            }
        }
        let finger = self.exchange.sent.finger.clone();
        let place = self.model.durable.fingers.iter().position(|own| own.id.as_ref() == Some(&finger));
        match what {
            Bio::Begin { timeout_ms } => {
                self.model.volatile.enrolling = None;
                if self.model.durable.fingers.len() >= sensor.capacity {
                    return refuse(Status::FpDatabaseFull);
                }
                self.sample(None, sensor.samples, *timeout_ms)
            }
            Bio::Capture => match self.model.volatile.enrolling.clone() {
                Some((_, id, _)) if id != finger && self.is_own_enrolment() => refuse(Status::InvalidParameter),
                Some((_, id, remaining)) if self.is_own_enrolment() => self.sample(Some(id), remaining, None),
                _ => refuse(Status::NotAllowed),
            },
            Bio::Enumerate if self.model.durable.fingers.is_empty() => refuse(Status::InvalidOption),
            Bio::Enumerate => self.tell_fingers(),
            Bio::Rename { name, .. } => {
                let name = finger_name(*name);
                if name.len() > sensor.max_friendly_name {
                    return refuse(Status::InvalidLength);
                }
                let Some(place) = place else { return refuse(Status::InvalidOption) };
                self.commit(|durable| durable.fingers[place].name = name)?;
                self.granted()
            }
            _ => {
                let Some(place) = place else { return refuse(Status::InvalidOption) };
                self.commit(|durable| drop(durable.fingers.remove(place)))?;
                self.granted()
            }
        }
    }

    fn is_own_enrolment(&self) -> bool {
        self.model.volatile.enrolling.as_ref().is_some_and(|enrolling| enrolling.0 == self.exchange.channel)
    }

    fn tell_fingers(&mut self) -> Verdict<()> {
        let told = self.reply()?.member(7).and_then(Value::as_array).cloned().unwrap_or_default();
        let told: Vec<Finger> = told
            .iter()
            .map(|info| Finger {
                id: find(info, &Value::from(1)).and_then(Value::as_bytes).cloned(),
                name: find(info, &Value::from(2)).and_then(Value::as_text).unwrap_or_default().to_owned(),
            })
            .collect();
        let own = &mut self.model.durable.fingers;
        let is_same = told.len() == own.len()
            && told.iter().zip(own.iter()).all(|(told, own)| told.name == own.name && (own.id.is_none() || told.id == own.id));
        must(is_same, "the fingers that are told are others")?;
        *own = told;
        Ok(())
    }

    /// One sample of a new finger.
    fn sample(&mut self, id: Option<Vec<u8>>, remaining: u8, timeout: Option<u64>) -> Verdict<()> {
        let answer = self.ask(timeout)?;
        must(matches!(self.prompt(), Some(Prompt::Presence { .. })), "a new finger is verified")?;
        let (status, good) = match answer {
            Answer::Approve | Answer::WrongFinger => (SampleStatus::Good, 1),
            Answer::BadSample => (SampleStatus::PoorQuality, 0),
            Answer::Never => (SampleStatus::NoUserActivity, 0),
            Answer::Refuse | Answer::Cancel => return refuse(declined(answer)),
        };
        let remaining = remaining - good;
        let told = (self.exchange.reply.and_then(|reply| reply.number(5)), self.exchange.reply.and_then(|reply| reply.number(6)));
        let is_first = id.is_none();
        let first = self.exchange.reply.and_then(|reply| reply.bytes(4).ok()).map(<[u8]>::to_vec);
        let id = id.or(first.clone()).unwrap_or_default();
        self.model.volatile.enrolling = (remaining > 0).then(|| (self.exchange.channel, id.clone(), remaining));
        if remaining == 0 {
            self.commit(|durable| durable.fingers.push(Finger { id: Some(id.clone()), name: String::new() }))?;
        }
        self.granted()?;
        must(first.is_some() == is_first, "templateId is missing, or told again")?;
        if is_first {
            self.exchange.platform.enrolling = id;
        }
        must(
            told == (Some(u64::from(status.code())), Some(u64::from(remaining))),
            &format!("the sample's status and remaining samples are {told:?}"),
        )
    }
}
