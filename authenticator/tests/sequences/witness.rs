//! What holds whatever the model says: guesses are counted, retries rise for a reason only, tokens are never given twice.

use std::collections::BTreeSet;

use faultkey_authenticator::config::BuiltInVerification;
use faultkey_authenticator::{Authenticator, CommandSteps, Step, Time};

use crate::action::Command;
use crate::model::{Model, PIN_TRIES};
use crate::platform::Token;
use crate::reply::Reply;
use crate::request::Sent;

pub struct Witness {
    tries: u64,
    /// Wrong PINs that were compared since the last right one.
    wrong: u32,
    /// What the last command was, for the tries.
    was_right: bool,
    was_wrong: bool,
    tokens: BTreeSet<[u8; 32]>,
    /// The commits that [`Witness::durable`] has seen.
    commits: Option<u32>,
}

impl Default for Witness {
    fn default() -> Self {
        Self { tries: u64::from(PIN_TRIES), wrong: 0, was_right: false, was_wrong: false, tokens: BTreeSet::new(), commits: None }
    }
}

impl Witness {
    pub fn saw(&mut self, sent: &Sent, reply: &Reply, is_right_pin: bool) {
        let (mut right, mut wrong) = (false, false);
        match sent.command {
            Command::ChangePin { .. } | Command::PinToken { .. } | Command::PermissionsByPin { .. } => {
                (right, wrong) = (is_right_pin, !is_right_pin);
            }
            Command::Reset | Command::SetPin { .. } => right = reply.is_success(),
            _ => {}
        }
        self.was_right |= right;
        self.was_wrong |= wrong;
    }

    /// A token was given to a platform.
    pub fn token(&mut self, token: Token, persistent: Option<[u8; 32]>) -> Result<(), String> {
        let is_new = self.tokens.insert(token.bytes);
        if is_new || persistent == Some(token.bytes) { Ok(()) } else { Err("a token is given for the second time".to_owned()) }
    }

    /// There are changes that were not looked at.
    pub fn is_stale(&self, commits: u32) -> bool {
        self.commits != Some(commits)
    }

    /// A copy of the device, freshly started, shows what is durable.
    pub fn durable(&mut self, shadow: &mut Authenticator, model: &Model, commits: u32) -> Result<(), String> {
        self.commits = Some(commits);
        let info = ask(shadow, &[0x04])?;
        model.check_info(&info, Some(0))?;
        if model.config.commands.large_blobs.is_some() {
            // largeBlobs: get 7,000 bytes from 0.
            let blob = ask(shadow, &[0x0C, 0xA2, 0x01, 0x19, 0x1B, 0x58, 0x03, 0x00])?;
            if blob.bytes(1)? != model.durable.blob {
                return Err("other large blobs are durable than were written".to_owned());
            }
        }
        if !model.config.protection.client_pin {
            return Ok(());
        }
        if model.config.verification != BuiltInVerification::Absent {
            // clientPIN: getUVRetries.
            let tries = ask(shadow, &[0x06, 0xA1, 0x02, 0x07])?.number(5);
            let expected = model.durable.uv_tries;
            if tries != Some(u64::from(expected)) {
                return Err(format!("{tries:?} UV retries are durable, and should be {expected}"));
            }
        }
        // clientPIN: getPINRetries.
        let tries = ask(shadow, &[0x06, 0xA1, 0x02, 0x01])?.number(3).ok_or("pinRetries is missing")?;
        if tries != u64::from(model.durable.pin_tries) {
            return Err(format!("{tries} PIN retries are durable, and should be {}", model.durable.pin_tries));
        }
        self.check_tries(tries)
    }

    fn check_tries(&mut self, tries: u64) -> Result<(), String> {
        let former = std::mem::replace(&mut self.tries, tries);
        let (was_right, was_wrong) = (std::mem::take(&mut self.was_right), std::mem::take(&mut self.was_wrong));
        if tries > former && !was_right {
            return Err(format!("PIN retries rose from {former} to {tries} without a right PIN or a reset"));
        }
        if was_right && tries == u64::from(PIN_TRIES) {
            self.wrong = 0;
        }
        if was_wrong && tries < former {
            self.wrong += 1;
        }
        if self.wrong > u32::from(PIN_TRIES) { Err(format!("{} wrong PINs were compared", self.wrong)) } else { Ok(()) }
    }
}

fn ask(shadow: &mut Authenticator, request: &[u8]) -> Result<Reply, String> {
    match shadow.handle(Time::START, request) {
        Step::Reply(reply) => Reply::read(&reply.to_bytes().ok_or("the authenticator answered with silence")?),
        Step::NeedUser(prompt) => Err(format!("a question about state asks the user: {prompt:?}")),
    }
}
