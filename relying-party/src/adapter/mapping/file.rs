//! The adapter file as it is written, section by section.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Deserialize;

use super::field::{HeaderName, Origin, Pointer};
use super::section::{
    Account, Action, Before, Content, CredentialList, DraftRead, Headers, Log, OptionsPlace, OptionsRequest, Path, Request, SessionCheck,
};
use crate::adapter::encoding::Encodings;
use crate::adapter::rule::{OneOrMany, Rule, Rules};
use crate::adapter::source::Source;
use crate::adapter::template::{Misplaced, Template, places};
use crate::adapter::tls::Tls;

/// How faultkey speaks to one relying party.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(rename = "Adapter")]
pub(in crate::adapter) struct File {
    /// How reports call the relying party.
    pub name: String,
    /// What the client claims; without it, the origin of --rp.
    pub origin: Option<Origin>,
    /// Without it, what the options say.
    pub rp_id: Option<String>,
    /// Sent with every request.
    #[serde(default)]
    pub headers: Headers,
    /// What certificates are trusted, and the client's own.
    pub tls: Option<Tls>,
    #[serde(default)]
    pub account: AccountRule,
    #[serde(default)]
    pub encoding: Encodings,
    pub registration: Ceremony,
    pub authentication: Ceremony,
    #[serde(default)]
    pub result: ResultRule,
    pub challenge: Option<Challenge>,
    pub csrf: Option<Csrf>,
    pub session: Option<SessionCheck>,
    pub report: Option<Action>,
    #[serde(default)]
    pub fallback: Fallbacks,
    #[serde(default)]
    pub hooks: Hooks,
}

/// The test accounts.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(in crate::adapter) struct AccountRule {
    /// A pattern: `{n}` stands for twelve digits that no other account has, `{name}` for faultkey's own long name.
    #[schemars(with = "Option<String>")]
    pub name: Option<Template>,
    /// A longer name is cut, and made unique by digits at its end.
    pub longest: Option<usize>,
    /// Accounts that exist, used in turn; instead of `name`.
    pub list: Option<Vec<String>>,
    pub display_name: Option<String>,
    #[schemars(with = "Option<String>")]
    pub password: Option<Template>,
}

/// A ceremony: what comes before, the options, and the request that brings the client's response.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::adapter) struct Ceremony {
    /// Requests before the options, in the same session: a sign-up, a sign-in.
    #[serde(default)]
    pub before: Vec<Before>,
    pub options: OptionsRequest,
    pub verify: Action,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::adapter) struct Challenge {
    /// How long a challenge is good for, in seconds.
    pub lifetime: u64,
}

/// Where an answer says what. The rules are for requests without rules of their own.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(from = "ResultTable")]
#[schemars(with = "ResultTable")]
pub(in crate::adapter) struct ResultRule {
    pub rules: Rules,
    pub code: Vec<Source>,
    pub message: Vec<Source>,
    pub next: Option<NextList>,
    pub signal: Option<SignalList>,
}

/// Where an answer says what. The rules are for requests without rules of their own.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Result")]
struct ResultTable {
    /// Without it, every 2xx accepts.
    accepted: Option<OneOrMany<Rule>>,
    /// Where one holds, the answer is a refusal whatever `accepted` says.
    refused: Option<OneOrMany<Rule>>,
    /// The reason for programs; a list of places: the first that has something.
    code: Option<OneOrMany<Source>>,
    /// What the user is shown.
    message: Option<OneOrMany<Source>>,
    next: Option<NextList>,
    signal: Option<SignalList>,
}

impl From<ResultTable> for ResultRule {
    fn from(table: ResultTable) -> ResultRule {
        let ResultTable { accepted, refused, code, message, next, signal } = table;
        let all = |places: Option<OneOrMany<Source>>| places.map(|places| places.0).unwrap_or_default();
        ResultRule { rules: Rules { accepted, refused }, code: all(code), message: all(message), next, signal }
    }
}

/// Ways out that an answer offers.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::adapter) struct NextList {
    pub list: Pointer,
    /// Within an item.
    pub action: Pointer,
    /// Within an item.
    pub href: Option<Pointer>,
    /// The relying party's own words for the ways out, and ours.
    #[serde(default)]
    pub names: BTreeMap<String, String>,
}

/// Signal API hints that an answer carries.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::adapter) struct SignalList {
    pub list: Pointer,
    /// Within an item.
    pub method: Pointer,
    #[serde(default)]
    pub names: BTreeMap<String, String>,
}

/// A token that is fetched before each request but GET.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::adapter) struct Csrf {
    pub path: Path,
    pub from: Source,
    pub send: CsrfPlace,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::adapter) enum CsrfPlace {
    Header(HeaderName),
    /// A member of the body at its top, or a field of the form.
    Field(String),
}

/// Other ways to prove who one is.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(in crate::adapter) struct Fallbacks {
    pub password: Option<Action>,
    pub phone: Option<Action>,
    /// What the user asks for; `hooks.reset` is the support desk's answer.
    pub support_reset: Option<Action>,
    /// How a signed-in user removes a passkey that no longer works, request by request.
    #[serde(default)]
    pub remove_passkey: Vec<Action>,
}

/// Doors that a test system has and a production system has not.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(in crate::adapter) struct Hooks {
    /// Creates the account afresh, with no passkey.
    pub prepare: Option<Action>,
    /// Forgets every passkey of the account.
    pub reset: Option<Action>,
    /// Removes the account, at the end of a run.
    pub clean_up: Option<Action>,
    /// Loses the passkey's row, and nothing else.
    pub delete_credential: Option<Action>,
    pub credentials: Option<CredentialList>,
    pub account: Option<Account>,
    pub log: Option<Log>,
    #[serde(default)]
    pub draft: Draft,
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::adapter) struct Draft {
    pub read: Option<DraftRead>,
    pub save: Option<Action>,
}

type Names = &'static [&'static str];

impl File {
    /// Says what each placeholder stands for, once all names are known.
    ///
    /// # Errors
    /// With the section.
    pub(super) fn resolve(&mut self) -> Result<(), (&'static str, Misplaced)> {
        let mut captured = BTreeSet::new();
        self.each_request(&mut |_, _, request| {
            captured.extend(request.captures.iter().map(|(name, _)| name.clone()));
            Ok(())
        })?;
        self.each_request(&mut |section, names, request| request.resolve(names, &captured).map_err(|misplaced| (section, misplaced)))?;
        let of = |section| move |misplaced| (section, misplaced);
        for value in self.headers.0.values_mut() {
            value.resolve(places::SESSION, &captured).map_err(of("headers"))?;
        }
        if let Some(csrf) = &mut self.csrf {
            csrf.path.0.resolve(places::SESSION, &captured).map_err(of("csrf"))?;
        }
        for (ceremony, section) in [(&mut self.registration, "registration.options"), (&mut self.authentication, "authentication.options")]
        {
            if let OptionsPlace::Made(template) = &mut ceremony.options.options {
                template.resolve(places::ACCOUNT, &captured).map_err(of(section))?;
            }
        }
        if let Some(name) = &mut self.account.name {
            name.resolve(places::ACCOUNT_NAME, &BTreeSet::new()).map_err(of("account"))?;
        }
        match &mut self.account.password {
            Some(password) => password.resolve(places::SESSION, &BTreeSet::new()).map_err(of("account")),
            None => Ok(()),
        }
    }

    /// What only the whole file shows.
    ///
    /// # Errors
    /// With the section.
    pub(super) fn check(&self) -> Result<(), (&'static str, &'static str)> {
        for (section, ceremony) in [("registration.before", &self.registration), ("authentication.before", &self.authentication)] {
            if self.session.is_none() && ceremony.before.iter().any(|before| before.unless_signed_in) {
                return Err((section, "`unless-signed-in` needs to see who is signed in, expected a section [session]"));
            }
        }
        Ok(())
    }

    /// Every request, with its section and the placeholders that it may use.
    pub(super) fn each_request<E>(&mut self, visit: &mut dyn FnMut(&'static str, Names, &mut Request) -> Result<(), E>) -> Result<(), E> {
        let File { registration, authentication, session, report, fallback, hooks, .. } = self;
        for before in &mut registration.before {
            visit("registration.before", places::ACCOUNT, &mut before.request)?;
        }
        for before in &mut authentication.before {
            visit("authentication.before", places::ACCOUNT, &mut before.request)?;
        }
        visit("registration.options", places::OPTIONS, &mut registration.options.request)?;
        visit("registration.verify", places::VERIFY, &mut registration.verify.request)?;
        visit("authentication.options", places::OPTIONS, &mut authentication.options.request)?;
        visit("authentication.verify", places::VERIFY, &mut authentication.verify.request)?;
        for action in &mut fallback.remove_passkey {
            visit("fallback.remove-passkey", places::ACCOUNT, &mut action.request)?;
        }
        let Hooks { prepare, reset, clean_up, delete_credential, credentials, account, log, draft } = hooks;
        let optional: [(&'static str, Names, Option<&mut Request>); 14] = [
            ("session", places::SESSION, session.as_mut().map(|section| &mut section.request)),
            ("report", places::REPORT, report.as_mut().map(|section| &mut section.request)),
            ("fallback.password", places::ACCOUNT, fallback.password.as_mut().map(|section| &mut section.request)),
            ("fallback.phone", places::ACCOUNT, fallback.phone.as_mut().map(|section| &mut section.request)),
            ("fallback.support-reset", places::ACCOUNT, fallback.support_reset.as_mut().map(|section| &mut section.request)),
            ("hooks.prepare", places::ACCOUNT, prepare.as_mut().map(|section| &mut section.request)),
            ("hooks.reset", places::ACCOUNT, reset.as_mut().map(|section| &mut section.request)),
            ("hooks.clean-up", places::ACCOUNT, clean_up.as_mut().map(|section| &mut section.request)),
            ("hooks.delete-credential", places::ACCOUNT, delete_credential.as_mut().map(|section| &mut section.request)),
            ("hooks.credentials", places::ACCOUNT, credentials.as_mut().map(|section| &mut section.request)),
            ("hooks.account", places::ACCOUNT, account.as_mut().map(|section| &mut section.request)),
            ("hooks.log", places::ACCOUNT, log.as_mut().map(|section| &mut section.request)),
            ("hooks.draft.read", places::SESSION, draft.read.as_mut().map(|section| &mut section.request)),
            ("hooks.draft.save", places::DRAFT, draft.save.as_mut().map(|section| &mut section.request)),
        ];
        optional.into_iter().try_for_each(|(section, names, request)| request.map_or(Ok(()), |request| visit(section, names, request)))
    }
}

impl Request {
    fn resolve(&mut self, names: Names, captured: &BTreeSet<String>) -> Result<(), Misplaced> {
        self.path.0.resolve(names, captured)?;
        for value in self.headers.0.values_mut() {
            value.resolve(names, captured)?;
        }
        match &mut self.content {
            None => Ok(()),
            Some(Content::Json(template)) => template.resolve(names, captured),
            Some(Content::Form(fields) | Content::Multipart(fields)) => {
                fields.0.iter_mut().try_for_each(|(_, value)| value.resolve(names, captured))
            }
        }
    }

    /// Whether its content or its path has this placeholder.
    pub(in crate::adapter) fn uses(&self, name: &str) -> bool {
        let in_content = match &self.content {
            None => false,
            Some(Content::Json(template)) => template.uses(name),
            Some(Content::Form(fields) | Content::Multipart(fields)) => fields.0.iter().any(|(_, value)| value.uses(name)),
        };
        in_content || self.path.0.uses(name)
    }
}
