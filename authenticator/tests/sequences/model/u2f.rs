//! U2F raw messages v1.2, and how they live beside CTAP2 (CTAP2.3 §7.2.4, §10.3).

use super::{Credential, Run, Stop, Verdict, must, wrong};
use crate::action::Answer;
use crate::reply::Reply;

const CONDITIONS_NOT_SATISFIED: u16 = 0x6985;
const COMMAND_NOT_ALLOWED: u16 = 0x6986;
const WRONG_DATA: u16 = 0x6A80;
const NOT_ENOUGH_MEMORY: u16 = 0x6A84;
const NOT_SUPPORTED: u16 = 0x6D00;

fn refuse<T>(word: u16) -> Verdict<T> {
    Err(Stop::Word(word))
}

impl Run<'_, '_> {
    fn check_u2f(&self) -> Verdict<()> {
        if !self.model.has_u2f() {
            return refuse(NOT_SUPPORTED);
        }
        if self.model.durable.settings.always_uv {
            return refuse(COMMAND_NOT_ALLOWED);
        }
        Ok(())
    }

    fn data(&self) -> Verdict<Vec<u8>> {
        match self.reply()? {
            Reply::Apdu { data, .. } => Ok(data.clone()),
            Reply::Ctap { .. } => wrong("an APDU is answered with a CTAP message"),
        }
    }

    /// U2F has one answer for every kind of missing touch.
    fn u2f_touch(&mut self) -> Verdict<()> {
        match self.ask(None)? {
            Answer::Approve | Answer::WrongFinger | Answer::BadSample => Ok(()),
            _ => refuse(CONDITIONS_NOT_SATISFIED),
        }
    }

    pub(super) fn u2f_version(&mut self) -> Verdict<()> {
        self.check_u2f()?;
        must(self.data()? == b"U2F_V2", "the version is another one")
    }

    pub(super) fn u2f_register(&mut self) -> Verdict<()> {
        self.check_u2f()?;
        self.u2f_touch()?;
        if self.model.durable.credentials.len() >= self.model.config.max_credentials {
            return refuse(NOT_ENOUGH_MEMORY);
        }
        let mut credential = Credential {
            id: Vec::new(),
            rp: self.exchange.sent.rp.clone(),
            is_u2f: true,
            user: Vec::new(),
            name: None,
            display_name: None,
            discoverable: false,
            protect: 1,
            hmac_secret: false,
            blob: None,
            large_blob_key: None,
            algorithm: -7,
        };
        self.commit(|durable| durable.credentials.push(credential.clone()))?;
        // 05, the public key, the handle's length, the handle.
        let data = self.data()?;
        let Some((&length, rest)) = data.get(66..).and_then(<[u8]>::split_first) else { return wrong("the registration is too short") };
        credential.id = rest.get(..usize::from(length)).unwrap_or_default().to_vec();
        if let Some(stored) = self.model.durable.credentials.last_mut() {
            *stored = credential;
        }
        Ok(())
    }

    pub(super) fn u2f_sign(&mut self, control: u8) -> Verdict<()> {
        self.check_u2f()?;
        let sent = self.exchange.sent;
        let is_usable = self.model.durable.credentials.iter().any(|credential| {
            sent.ids.contains(&credential.id) && credential.rp == sent.rp && credential.algorithm == -7 && credential.protect < 3
        });
        if !is_usable {
            return refuse(WRONG_DATA);
        }
        let is_present = match control {
            0x07 => return refuse(CONDITIONS_NOT_SATISFIED),
            0x03 => {
                self.u2f_touch()?;
                1
            }
            _ => 0,
        };
        let data = self.data()?;
        must(data.first() == Some(&is_present), "the user presence byte is wrong")?;
        let Some(counter) = data.get(1..).and_then(<[u8]>::first_chunk) else { return wrong("the signature is too short") };
        let id = self.exchange.sent.ids.first().cloned().unwrap_or_default();
        self.counted(&id, u32::from_be_bytes(*counter))
    }
}
