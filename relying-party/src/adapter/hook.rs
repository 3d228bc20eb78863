//! The relying party's state, where the mapping has hooks for it.

use serde_json::{Value, json};

use super::kept::TEXT;
use super::mapping::{Account, Action, CredentialList, DraftRead, Log, Pointer};
use super::request::{Met, Untold};
use super::source::as_text;
use super::template::Values;
use super::{AccountState, Adapter, AdapterError, LogLine, Observation, Session, StoredCredential, TestAccount, no_section};

impl Adapter {
    /// Creates the account if the relying party needs that, with no passkey.
    ///
    /// # Errors
    /// [`AdapterError`], as for every request; [`AdapterError::Mismatch`] when the hook is refused.
    pub async fn prepare(&self, account: &TestAccount) -> Result<Observation<()>, AdapterError> {
        self.act("hooks.prepare", self.mapping.file.hooks.prepare.as_ref(), account).await
    }

    /// The support desk's reset: every passkey of the account is forgotten.
    ///
    /// # Errors
    /// As [`Adapter::prepare`].
    pub async fn reset(&self, account: &TestAccount) -> Result<Observation<()>, AdapterError> {
        self.act("hooks.reset", self.mapping.file.hooks.reset.as_ref(), account).await
    }

    /// Removes the account, at the end of a run.
    ///
    /// # Errors
    /// As [`Adapter::prepare`].
    pub async fn clean_up(&self, account: &TestAccount) -> Result<Observation<()>, AdapterError> {
        self.act("hooks.clean-up", self.mapping.file.hooks.clean_up.as_ref(), account).await
    }

    /// The relying party loses the account's credential, and nothing else.
    ///
    /// # Errors
    /// As [`Adapter::prepare`].
    pub async fn delete_credential(&self, account: &TestAccount) -> Result<Observation<()>, AdapterError> {
        self.act("hooks.delete-credential", self.mapping.file.hooks.delete_credential.as_ref(), account).await
    }

    /// # Errors
    /// [`AdapterError`], when the request can't be made at all.
    pub async fn credentials(&self, account: &TestAccount) -> Result<Observation<Vec<StoredCredential>>, AdapterError> {
        let Some(hook) = &self.mapping.file.hooks.credentials else { return Ok(no_section("hooks.credentials")) };
        self.read_credentials(hook, account).await.map(Observation::Seen).or_else(Untold::unseen)
    }

    async fn read_credentials(&self, hook: &CredentialList, account: &TestAccount) -> Result<Vec<StoredCredential>, Untold> {
        let call = hook.call("hooks.credentials");
        let met = self.demand(&mut Session::default(), call, &account.values()).await?;
        let mut credentials = Vec::new();
        for row in self.rows(call.section, &hook.list, &met)? {
            let id = text(&row, Some(&hook.id)).ok_or_else(|| self.missing(call.section, "id", &hook.id, &met))?;
            credentials.push(StoredCredential {
                id,
                public_key: text(&row, hook.public_key.as_ref()),
                sign_count: at(&row, hook.sign_count.as_ref()).and_then(Value::as_u64),
                backup_eligible: at(&row, hook.backup_eligible.as_ref()).and_then(Value::as_bool),
            });
        }
        Ok(credentials)
    }

    /// # Errors
    /// As [`Adapter::credentials`].
    pub async fn account_state(&self, account: &TestAccount) -> Result<Observation<AccountState>, AdapterError> {
        let Some(hook) = &self.mapping.file.hooks.account else { return Ok(no_section("hooks.account")) };
        self.read_account(hook, account).await.map(Observation::Seen).or_else(Untold::unseen)
    }

    async fn read_account(&self, hook: &Account, account: &TestAccount) -> Result<AccountState, Untold> {
        let call = hook.call("hooks.account");
        let met = self.demand(&mut Session::default(), call, &account.values()).await?;
        let json = met.received.json().unwrap_or_default();
        let find = |field, pointer: Option<&Pointer>| match pointer {
            None => Ok(None),
            Some(pointer) => match at(&json, Some(pointer)) {
                Some(value) => Ok(Some(value)),
                None => Err(self.missing(call.section, field, pointer, &met)),
            },
        };
        Ok(AccountState {
            locked: find("locked", hook.locked.as_ref())?.and_then(Value::as_bool),
            password_tries_left: find("password-tries-left", hook.password_tries_left.as_ref())?.and_then(Value::as_u64),
            sessions: find("sessions", hook.sessions.as_ref())?.and_then(Value::as_u64),
        })
    }

    /// # Errors
    /// As [`Adapter::credentials`].
    pub async fn log(&self, account: &TestAccount) -> Result<Observation<Vec<LogLine>>, AdapterError> {
        let Some(hook) = &self.mapping.file.hooks.log else { return Ok(no_section("hooks.log")) };
        self.read_log(hook, account).await.map(Observation::Seen).or_else(Untold::unseen)
    }

    async fn read_log(&self, hook: &Log, account: &TestAccount) -> Result<Vec<LogLine>, Untold> {
        let call = hook.call("hooks.log");
        let met = self.demand(&mut Session::default(), call, &account.values()).await?;
        let mut lines = Vec::new();
        for row in self.rows(call.section, &hook.list, &met)? {
            let reason = text(&row, Some(&hook.reason)).ok_or_else(|| self.missing(call.section, "reason", &hook.reason, &met))?;
            let kept = |text: &str| self.wire.secrets.mask_and_cut(text, TEXT, 0);
            lines.push(LogLine { reason: kept(&reason), text: kept(&text(&row, hook.text.as_ref()).unwrap_or_default()) });
        }
        Ok(lines)
    }

    /// The user's unsaved form (an order being placed), as the relying party holds it for this session; for invariant I9.
    ///
    /// # Errors
    /// As [`Adapter::credentials`].
    pub async fn draft(&self, session: &mut Session) -> Result<Observation<String>, AdapterError> {
        let Some(hook) = &self.mapping.file.hooks.draft.read else { return Ok(no_section("hooks.draft.read")) };
        self.read_draft(hook, session).await.map(Observation::Seen).or_else(Untold::unseen)
    }

    async fn read_draft(&self, hook: &DraftRead, session: &mut Session) -> Result<String, Untold> {
        let call = hook.call("hooks.draft.read");
        let met = self.demand(session, call, &Values::default()).await?;
        match met.received.json().as_ref().and_then(|json| hook.pointer.find(json)) {
            // An empty form.
            Some(Value::Null) => Ok(String::new()),
            Some(Value::String(draft)) => Ok(self.wire.secrets.mask_and_cut(draft, TEXT, 0)),
            Some(other) => Ok(self.wire.secrets.mask_and_cut(&other.to_string(), TEXT, 0)),
            None => Err(self.missing(call.section, "pointer", &hook.pointer, &met)),
        }
    }

    /// The user types into the form. Where that fails, the form is not observable.
    ///
    /// # Errors
    /// As [`Adapter::credentials`].
    pub async fn save_draft(&self, session: &mut Session, draft: &str) -> Result<Observation<()>, AdapterError> {
        let Some(hook) = &self.mapping.file.hooks.draft.save else { return Ok(no_section("hooks.draft.save")) };
        let saved = self.demand(session, hook.call("hooks.draft.save"), &Values::from([("draft", json!(draft))])).await;
        saved.map(|_| Observation::Seen(())).or_else(Untold::unseen)
    }

    async fn act(&self, section: &'static str, hook: Option<&Action>, account: &TestAccount) -> Result<Observation<()>, AdapterError> {
        let Some(hook) = hook else { return Ok(no_section(section)) };
        let done = self.demand(&mut Session::default(), hook.call(section), &account.values()).await;
        done.map(|_| Observation::Seen(())).map_err(Untold::error)
    }

    fn rows(&self, section: &'static str, list: &Pointer, met: &Met) -> Result<Vec<Value>, Untold> {
        let json = met.received.json().unwrap_or_default();
        let rows = list.find(&json).and_then(Value::as_array);
        rows.cloned().ok_or_else(|| self.missing(section, "list", list, met))
    }
}

fn at<'a>(row: &'a Value, pointer: Option<&Pointer>) -> Option<&'a Value> {
    pointer?.find(row)
}

fn text(row: &Value, pointer: Option<&Pointer>) -> Option<String> {
    at(row, pointer).and_then(as_text)
}
