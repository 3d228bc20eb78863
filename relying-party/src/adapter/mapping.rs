//! The adapter file: how one relying party's API is spoken to. `docs/adapters.md` explains it.

mod accounts;
mod field;
mod file;
mod secrets;
mod section;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use faultkey_fault_injection::Language;
use faultkey_transport::Secrets;

use super::template::{Captured, Filling, Values};
use super::tls::Terms;
use super::{AdapterError, TestAccount};
use crate::place;
pub(super) use accounts::Accounts;
pub(super) use field::{HeaderName, Pointer, is_app};
pub(super) use file::{Csrf, CsrfPlace, File};
pub(super) use secrets::CREDENTIALS;
pub(super) use section::{
    Account, Action, Before, Call, Content, CredentialList, DraftRead, Fields, Log, Once, OptionsPlace, SessionCheck,
};

/// An adapter file, loaded and checked: pointers, selectors and placeholders are resolved.
#[derive(Clone, Debug)]
pub struct Mapping {
    pub name: String,
    /// The origin that the client claims; the URL's origin if the file names none.
    pub origin: Option<String>,
    /// The relying party's id, if the file names it; else the client takes what the options say.
    pub rp_id: Option<String>,
    pub(super) accept_language: Option<Language>,
    pub(super) tls: Terms,
    secrets: Secrets,
    pub(super) file: Arc<File>,
    pub(super) accounts: Arc<Accounts>,
}

impl Mapping {
    /// Reads a mapping file.
    ///
    /// # Errors
    /// With file, line, field and what was expected.
    pub fn load(path: &Path) -> Result<Mapping, AdapterError> {
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| AdapterError::Mapping(format!("the adapter file {shown} cannot be read: {error}")))?;
        Mapping::parse_in(&text, &shown, path.parent().unwrap_or(Path::new("")))
    }

    /// Reads the text of a mapping file; `file` is its name in errors. Files that it names are looked for in the working directory.
    ///
    /// # Errors
    /// With file, line, field and what was expected.
    pub fn parse(text: &str, file: &str) -> Result<Mapping, AdapterError> {
        Mapping::parse_in(text, file, Path::new(""))
    }

    /// Asks for answers in `language` by `Accept-Language`, unless the file has such a header. English is not asked for: it is what most
    /// relying parties speak by themselves, and requests stay as they are.
    pub fn ask_in(&mut self, language: Language) {
        self.accept_language = (language != Language::English).then_some(language);
    }

    pub(super) fn parse_in(text: &str, file: &str, folder: &Path) -> Result<Mapping, AdapterError> {
        let refuse = |span, problem: &str| AdapterError::Mapping(format!("{file}:{}: {problem}", place::place(text, span)));
        let found = |section, written: &str| Some(place::find(text, section, written));
        let mut read: File = toml::from_str(text).map_err(|error| refuse(error.span(), &error.message().trim_end().replace('\n', ", ")))?;
        read.resolve().map_err(|(section, misplaced)| refuse(found(section, &misplaced.written), &misplaced.problem))?;
        read.check().map_err(|(section, problem)| refuse(found(section, "unless-signed-in"), problem))?;
        let secrets = read.secrets();
        let accounts = Accounts::new(&read.account).map_err(|problem| refuse(found("account", "[account]"), &problem))?;
        let tls = read.tls.as_ref().map_or_else(|| Ok(Terms::default()), |tls| tls.terms(folder));
        let tls = tls.map_err(|(span, problem)| refuse(Some(span), &problem))?;
        let origin = read.origin.clone().map(|origin| origin.0);
        let (name, rp_id) = (read.name.clone(), read.rp_id.clone());
        Ok(Mapping { name, origin, rp_id, accept_language: None, tls, secrets, file: Arc::new(read), accounts: Arc::new(accounts) })
    }

    /// What is masked in reports of what this adapter sees. Clones of the mapping share it.
    #[must_use]
    pub fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// The JSON Schema of an adapter file.
    #[must_use]
    pub fn schema() -> schemars::Schema {
        schemars::schema_for!(File)
    }

    /// Whether it says that the server's certificate is not checked.
    #[must_use]
    pub fn is_insecure(&self) -> bool {
        self.tls.insecure
    }

    /// Whether it says where an answer offers ways out; without, [`super::Answer::next`] is empty whatever the answer offers.
    #[must_use]
    pub fn sees_ways_out(&self) -> bool {
        self.file.result.next.is_some()
    }

    /// Whether it says where an answer has a code or a message.
    #[must_use]
    pub fn sees_reasons(&self) -> bool {
        !self.file.result.code.is_empty() || !self.file.result.message.is_empty()
    }

    /// Whether the caller chooses what the options say of discoverable credentials, and not the relying party.
    #[must_use]
    pub fn asks_for_resident_key(&self) -> bool {
        let request = &self.file.registration.options.request;
        request.uses("resident_key") || request.uses("require_resident_key")
    }

    /// Whether requests carry a CSRF token.
    #[must_use]
    pub fn sends_csrf_token(&self) -> bool {
        self.file.csrf.is_some()
    }

    /// Whether a log-in can't do without a user name: what comes before it needs one.
    #[must_use]
    pub fn log_in_names_the_user(&self) -> bool {
        let before = &self.file.authentication.before;
        before.iter().any(|before| before.request.uses("username") || before.request.uses("password"))
    }

    /// The account that stands for this long name, which is the only one of its kind. `None`: every account of the adapter's list was used,
    /// and no hook makes one as new.
    #[must_use]
    pub fn account(&self, long_name: &str) -> Option<TestAccount> {
        let hooks = &self.file.hooks;
        self.accounts.account(long_name, hooks.prepare.is_some() || hooks.reset.is_some())
    }

    /// Whether accounts' names are the adapter's, so that no others can be tried.
    #[must_use]
    pub fn names_accounts(&self) -> bool {
        self.file.account.name.is_some() || self.file.account.list.is_some()
    }

    /// Whether something is sent before a registration: a sign-up, a sign-in.
    #[must_use]
    pub fn signs_in_before_registration(&self) -> bool {
        !self.file.registration.before.is_empty()
    }

    /// Where the session is looked at, from the server's root; an adapter whose path needs captured values is not compared.
    #[must_use]
    pub fn session_path(&self) -> Option<String> {
        let path = &self.file.session.as_ref()?.request.path.0;
        let (values, captured) = (Values::default(), Captured::new());
        path.fill_whole(Filling { values: &values, captured: &captured, shown: false })
    }

    /// How long a challenge is good for, where the file says so.
    #[must_use]
    pub fn challenge_lifetime(&self) -> Option<Duration> {
        self.file.challenge.as_ref().map(|challenge| Duration::from_secs(challenge.lifetime))
    }

    /// Optional sections that are not there, and would let more be seen.
    #[must_use]
    pub fn missing_sections(&self) -> Vec<&'static str> {
        let File { session, report, fallback, hooks, .. } = self.file.as_ref();
        let there = [
            ("session", session.is_some()),
            ("report", report.is_some()),
            ("fallback.password", fallback.password.is_some() || fallback.phone.is_some() || fallback.support_reset.is_some()),
            ("hooks.credentials", hooks.credentials.is_some()),
            ("hooks.account", hooks.account.is_some()),
            ("hooks.log", hooks.log.is_some()),
            ("hooks.reset", hooks.reset.is_some()),
        ];
        there.into_iter().filter(|(_, there)| !there).map(|(section, _)| section).collect()
    }

    /// Whether it says where an answer carries Signal API hints; without, [`super::Answer::signals`] is empty whatever the answer carries.
    #[must_use]
    pub fn sees_signals(&self) -> bool {
        self.file.result.signal.is_some()
    }
}

#[cfg(test)]
mod tests;
