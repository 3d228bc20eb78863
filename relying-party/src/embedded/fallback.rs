//! Other ways to prove who one is, and the support desk. They give restricted rights: no trade, no transfer.

use faultkey_fault_injection::Text;
use serde_json::{Value, json};

use super::answer;
use super::broker::Broker;
use super::reason::Reason;
use super::refusal::Refusal;
use super::request::Body;

impl Broker {
    /// POST /login/password.
    pub(super) fn log_in_by_password(&mut self, session: &str, body: &Body) -> Result<Value, Refusal> {
        let username = body.required_text("/username")?;
        let password = body.required_text("/password")?;
        let refuse = |reason, detail: &str| Err(Refusal::new(reason, detail).about(Some(username)));
        // Only wrong passwords count here, never passkeys (invariant I5). Names without an account count just the same.
        if self.accounts.password_tries_left(username) == 0 {
            return refuse(Reason::PasswordLocked, "the tries for the password are used up");
        }
        let right = self.accounts.get(username).and_then(|account| account.password.as_deref()) == Some(password);
        if !right {
            self.accounts.count_wrong_password(username);
            return refuse(Reason::WrongPassword, "wrong password");
        }
        self.accounts.restore_password_tries(username);
        Ok(self.log_in_otherwise(session, username, "sign-in by password"))
    }

    /// POST /login/phone: stands for a call-back to the number on file, which the customer answers.
    pub(super) fn log_in_by_phone(&mut self, session: &str, body: &Body) -> Result<Value, Refusal> {
        let username = body.required_text("/username")?;
        if self.accounts.get(username).is_none() {
            return Err(Refusal::new(Reason::PhoneNotConfirmed, "no such account, so nobody to call").about(Some(username)));
        }
        Ok(self.log_in_otherwise(session, username, "sign-in by telephone"))
    }

    fn log_in_otherwise(&mut self, session: &str, username: &str, text: &str) -> Value {
        let session = self.sessions.renew(session);
        let session = self.sessions.get_mut(&session);
        session.log_in_otherwise(username);
        let rights = session.rights();
        self.log_success(username, "ok", text);
        answer::success(json!({ "rights": rights }))
    }

    /// POST /support/reset: files the request. The desk itself is `/hooks/reset`. The answer is the same for any name.
    pub(super) fn request_support(&mut self, _: &str, body: &Body) -> Result<Value, Refusal> {
        let username = body.required_text("/username")?;
        self.log_success(username, "support-requested", "the customer asks the support desk for a reset");
        let text = Text::new(
            "The support desk will call you back, and reset your passkey after that.",
            "サポート窓口から折り返しお電話した後、パスキーの登録を解除します。",
        );
        Ok(answer::success(json!({ "text": text.get(body.language) })))
    }
}
