//! Hooks for tests: a look at the state, and changes to it, that no real relying party offers.

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use super::account::Passkey;
use super::answer;
use super::broker::Broker;
use super::request::Body;

/// What is wrong with a call to a hook, for the tester.
pub(super) type HookError = String;

impl Broker {
    /// POST /hooks/account: a fresh account without a passkey, in place of any with this name.
    pub(super) fn hook_create_account(&mut self, body: &Body) -> Result<Value, HookError> {
        let username = text(body, "/username")?;
        let display_name = body.text("/displayName").map_err(|refusal| refusal.detail)?.unwrap_or(username);
        let password = text(body, "/password")?;
        self.sessions.log_out_everywhere(username);
        self.accounts.create(username, display_name, Some(password.to_owned()));
        self.journal.forget(username);
        Ok(answer::success(Value::Null))
    }

    /// POST /hooks/reset: the support desk forgets every passkey of the account, and unlocks the password.
    pub(super) fn hook_reset(&mut self, body: &Body) -> Result<Value, HookError> {
        let username = text(body, "/username")?;
        self.known(username)?;
        self.accounts.remove_passkey(username);
        self.accounts.restore_password_tries(username);
        self.log_success(username, "support-reset", "the support desk has forgotten the passkey");
        Ok(answer::success(Value::Null))
    }

    /// POST /hooks/delete-credential: the row is gone, and nobody was told (catalogue RP-01). Without a row, nothing to do.
    pub(super) fn hook_delete_credential(&mut self, body: &Body) -> Result<Value, HookError> {
        let username = text(body, "/username")?;
        self.known(username)?;
        let id = body.bytes("/credentialId").map_err(|refusal| refusal.detail)?;
        let stored = self.accounts.passkey(username).map(|passkey| &passkey.credential.cred_id);
        if id.is_some() && stored != id.as_ref() {
            return Err(format!("account \"{username}\" has no passkey with this credentialId"));
        }
        self.accounts.remove_passkey(username);
        Ok(answer::success(Value::Null))
    }

    /// GET /hooks/credentials.
    pub(super) fn hook_credentials(&self, username: &str) -> Value {
        self.accounts.passkey(username).into_iter().map(describe).collect()
    }

    /// GET /hooks/account.
    pub(super) fn hook_account(&self, username: &str) -> Value {
        let tries_left = self.accounts.password_tries_left(username);
        json!({
            "locked": tries_left == 0,
            "passwordTriesLeft": tries_left,
            "sessions": self.sessions.logged_in_as(username),
            "displayName": self.accounts.get(username).map(|account| account.display_name.as_str()),
        })
    }

    /// GET /hooks/log.
    pub(super) fn hook_log(&self, username: &str) -> Value {
        self.journal.of(username).iter().map(|line| json!({ "reason": line.reason, "text": line.text })).collect()
    }

    fn known(&self, username: &str) -> Result<(), HookError> {
        self.accounts
            .get(username)
            .map(|_| ())
            .ok_or_else(|| format!("there is no account \"{username}\"; create it with POST /hooks/account"))
    }
}

fn text<'a>(body: &'a Body, pointer: &str) -> Result<&'a str, HookError> {
    body.required_text(pointer).map_err(|refusal| refusal.detail)
}

fn describe(passkey: &Passkey) -> Value {
    json!({
        "id": BASE64URL_NOPAD.encode(&passkey.credential.cred_id),
        "publicKey": BASE64URL_NOPAD.encode(&passkey.public_key),
        "signCount": passkey.credential.counter,
        "backupEligible": passkey.credential.backup_eligible,
    })
}
