//! One `[[step]]` of a scenario file.

pub(super) mod schema;

use std::time::Duration;

use faultkey_authenticator::Event;
use faultkey_fault_injection::FaultSpec;
use faultkey_relying_party::Fallback;
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use super::file::{RawCause, Source};
use super::names::{did_you_mean, list};
use super::step::WAYS;
use super::{Action, FactCheck, Forbidden, Hook, OutcomeClass, Rule, ScenarioError, Step, UserAct};
use crate::facts::{Kind, ReplayFrom};

type Text = Option<Spanned<String>>;

/// One step.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(rename = "Step")]
pub(super) struct RawStep {
    #[schemars(schema_with = "schema::verbs")]
    r#do: Spanned<String>,
    /// Outcomes of which one is right.
    #[serde(default)]
    #[schemars(schema_with = "schema::outcomes")]
    expect: Option<Spanned<Vec<Spanned<String>>>>,
    /// What must not have happened afterwards.
    #[serde(default)]
    #[schemars(schema_with = "schema::forbidden")]
    forbid: Option<Spanned<Vec<Spanned<String>>>>,
    #[schemars(with = "Option<RawCause>")]
    cause: Option<Spanned<RawCause>>,
    /// The rule that the answer breaks or keeps.
    #[serde(default)]
    #[schemars(schema_with = "schema::rules")]
    rule: Text,
    // register, log-in
    #[schemars(with = "Option<bool>")]
    replace: Option<Spanned<bool>>,
    #[schemars(with = "Option<bool>")]
    usernameless: Option<Spanned<bool>>,
    #[serde(default)]
    #[schemars(schema_with = "schema::requirements")]
    user_verification: Text,
    #[serde(default)]
    #[schemars(schema_with = "schema::requirements")]
    resident_key: Text,
    #[schemars(with = "Option<String>")]
    attestation: Text,
    #[serde(default)]
    #[schemars(schema_with = "schema::user_acts")]
    user: Text,
    // replay
    #[serde(default)]
    #[schemars(schema_with = "schema::kinds")]
    of: Text,
    #[serde(default)]
    #[schemars(schema_with = "schema::cookies")]
    cookies: Text,
    // event, arm, clear
    #[serde(default)]
    #[schemars(schema_with = "schema::events")]
    event: Text,
    #[serde(default)]
    #[schemars(schema_with = "schema::faults")]
    fault: Text,
    /// A fault, its parameters, and when it acts.
    #[serde(default)]
    #[schemars(schema_with = "schema::fault_table")]
    with: Option<Spanned<toml::Table>>,
    // advance, hook, fall-back, recover
    #[schemars(with = "Option<u64>")]
    seconds: Option<Spanned<u64>>,
    #[serde(default)]
    #[schemars(schema_with = "schema::hooks")]
    hook: Text,
    #[serde(default)]
    #[schemars(schema_with = "schema::ways")]
    way: Text,
    #[serde(default)]
    #[schemars(schema_with = "schema::list_of_ways")]
    by: Option<Spanned<Vec<Spanned<String>>>>,
    // check
    #[schemars(with = "Option<usize>")]
    distinct_reasons: Option<Spanned<usize>>,
    #[schemars(with = "Option<usize>")]
    credentials: Option<Spanned<usize>>,
    #[schemars(with = "Option<u64>")]
    sessions_at_most: Option<Spanned<u64>>,
}

/// What a step can do, and the fields that go with it besides `do`.
pub(super) const VERBS: [(&str, &[&str]); 15] = [
    ("register", &["expect", "rule", "forbid", "cause", "replace", "user-verification", "resident-key", "attestation", "user"]),
    ("log-in", &["expect", "rule", "forbid", "cause", "usernameless", "user-verification", "user"]),
    ("retry", &["expect", "rule", "forbid", "cause"]),
    ("replay", &["of", "cookies"]),
    ("compare-accounts", &[]),
    ("options-again", &[]),
    ("event", &["event"]),
    ("arm", &["with"]),
    ("clear", &["fault"]),
    ("advance", &["seconds"]),
    ("hook", &["hook"]),
    ("fall-back", &["way"]),
    ("recover", &["by"]),
    ("start-over", &[]),
    ("check", &["distinct-reasons", "credentials", "sessions-at-most"]),
];

const REQUIREMENTS: [(&str, &str); 3] = [("required", "required"), ("preferred", "preferred"), ("discouraged", "discouraged")];

const USER: [(&str, UserAct); 4] =
    [("approve", UserAct::Approve), ("refuse", UserAct::Refuse), ("wrong-finger", UserAct::WrongFinger), ("never", UserAct::Never)];

const KINDS: [(&str, Kind); 2] = [("registration", Kind::Registration), ("authentication", Kind::Authentication)];

const COOKIES: [(&str, ReplayFrom); 3] =
    [("none", ReplayFrom::NoSession), ("another-session", ReplayFrom::AnotherSession), ("same", ReplayFrom::SameCookies)];

const HOOKS: [(&str, Hook); 2] = [("reset", Hook::Reset), ("delete-credential", Hook::DeleteCredential)];

/// One step while it is checked: knows where it stands.
struct Place<'a> {
    source: &'a Source<'a>,
    number: usize,
    start: usize,
    verb: String,
}

impl Place<'_> {
    fn wrong(&self, offset: usize, field: &str, problem: impl Into<String>) -> ScenarioError {
        self.source.wrong(offset, format!("step {} (`{}`), field `{field}`", self.number, self.verb), problem)
    }

    fn needs<T>(&self, value: Option<T>, field: &str, example: &str) -> Result<T, ScenarioError> {
        value.ok_or_else(|| self.wrong(self.start, field, format!("is missing; expected e.g. `{example}`")))
    }

    /// The member of `known` that `name` names.
    fn one_of<T: Copy>(&self, name: &Spanned<String>, field: &str, known: &[(&str, T)]) -> Result<T, ScenarioError> {
        self.named(name.get_ref(), name.span().start, field, known)
    }

    fn named<T: Copy>(&self, name: &str, offset: usize, field: &str, known: &[(&str, T)]) -> Result<T, ScenarioError> {
        known.iter().find(|(candidate, _)| *candidate == name).map(|(_, value)| *value).ok_or_else(|| {
            let suggestion = did_you_mean(name, known.iter().map(|(name, _)| *name));
            let problem = format!("`{name}` is not known{suggestion}; expected one of {}", list(known.iter().map(|(name, _)| *name)));
            self.wrong(offset, field, problem)
        })
    }

    fn optional<T: Copy>(&self, name: Option<&Spanned<String>>, field: &str, known: &[(&str, T)], default: T) -> Result<T, ScenarioError> {
        name.map_or(Ok(default), |name| self.one_of(name, field, known))
    }

    fn all_of<T: Copy>(
        &self,
        names: Option<&Spanned<Vec<Spanned<String>>>>,
        field: &str,
        known: &[(&str, T)],
    ) -> Result<Vec<T>, ScenarioError> {
        names.map_or(Ok(Vec::new()), |names| names.get_ref().iter().map(|name| self.one_of(name, field, known)).collect())
    }

    fn event(&self, name: &str, offset: usize, field: &str) -> Result<Event, ScenarioError> {
        self.named(name, offset, field, &Event::ALL.map(|event| (event.name(), event)))
    }
}

pub(super) fn check(source: &Source<'_>, number: usize, start: usize, raw: RawStep) -> Result<Step, ScenarioError> {
    let place = Place { source, number, start, verb: raw.r#do.get_ref().clone() };
    let allowed = place.one_of(&raw.r#do, "do", &VERBS)?;
    for (field, offset) in raw.present() {
        if !allowed.contains(&field) {
            let expected = if allowed.is_empty() { "no other field".to_owned() } else { list(allowed.iter().copied()) };
            return Err(place.wrong(offset, field, format!("does not go with `do = \"{}\"`; expected {expected}", place.verb)));
        }
    }
    let mut expect = place.all_of(raw.expect.as_ref(), "expect", &OutcomeClass::ALL.map(|class| (class.name(), class)))?;
    if expect.is_empty() && allowed.contains(&"expect") {
        expect.push(OutcomeClass::Ok);
    }
    let forbid = place.all_of(raw.forbid.as_ref(), "forbid", &Forbidden::ALL.map(|forbidden| (forbidden.name(), forbidden)))?;
    let rule = raw.rule.as_ref().map(|rule| place.one_of(rule, "rule", &Rule::ALL)).transpose()?;
    if let (Some(class), None) = (expect.iter().find(|class| class.needs_rule()), rule) {
        let names = list(Rule::ALL.iter().map(|(name, _)| *name));
        let problem = format!(
            "is missing: `expect` has {}, which needs the rule that the answer breaks or keeps; expected one of {names}",
            class.name()
        );
        return Err(place.wrong(start, "rule", problem));
    }
    let action = action(&place, &raw)?;
    let line = super::error::line_of(source.text, start);
    Ok(Step { line, action, expect, rule, forbid, cause: raw.cause.map(|cause| cause.into_inner().into()) })
}

impl RawStep {
    /// The fields that the file has, besides `do`, and where.
    fn present(&self) -> Vec<(&'static str, usize)> {
        fn at<T>(name: &'static str, value: Option<&Spanned<T>>) -> Option<(&'static str, usize)> {
            value.map(|value| (name, value.span().start))
        }
        [
            at("expect", self.expect.as_ref()),
            at("forbid", self.forbid.as_ref()),
            at("cause", self.cause.as_ref()),
            at("rule", self.rule.as_ref()),
            at("of", self.of.as_ref()),
            at("cookies", self.cookies.as_ref()),
            at("replace", self.replace.as_ref()),
            at("usernameless", self.usernameless.as_ref()),
            at("user-verification", self.user_verification.as_ref()),
            at("resident-key", self.resident_key.as_ref()),
            at("attestation", self.attestation.as_ref()),
            at("user", self.user.as_ref()),
            at("event", self.event.as_ref()),
            at("fault", self.fault.as_ref()),
            at("with", self.with.as_ref()),
            at("seconds", self.seconds.as_ref()),
            at("hook", self.hook.as_ref()),
            at("way", self.way.as_ref()),
            at("by", self.by.as_ref()),
            at("distinct-reasons", self.distinct_reasons.as_ref()),
            at("credentials", self.credentials.as_ref()),
            at("sessions-at-most", self.sessions_at_most.as_ref()),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

fn action(place: &Place<'_>, raw: &RawStep) -> Result<Action, ScenarioError> {
    let flag = |value: Option<&Spanned<bool>>| value.is_some_and(|value| *value.get_ref());
    let user_verification =
        || place.optional(raw.user_verification.as_ref(), "user-verification", &REQUIREMENTS, "preferred").map(str::to_owned);
    let user = || place.optional(raw.user.as_ref(), "user", &USER, UserAct::Approve);
    Ok(match place.verb.as_str() {
        "register" => Action::Register {
            replace: flag(raw.replace.as_ref()),
            user_verification: user_verification()?,
            resident_key: place.optional(raw.resident_key.as_ref(), "resident-key", &REQUIREMENTS, "preferred")?.to_owned(),
            attestation: place
                .optional(raw.attestation.as_ref(), "attestation", &[("none", "none"), ("direct", "direct")], "none")?
                .to_owned(),
            user: user()?,
        },
        "log-in" => Action::LogIn { usernameless: flag(raw.usernameless.as_ref()), user_verification: user_verification()?, user: user()? },
        "retry" => Action::Retry,
        "replay" => Action::Replay {
            of: place.one_of(place.needs(raw.of.as_ref(), "of", "of = \"authentication\"")?, "of", &KINDS)?,
            from: place.one_of(place.needs(raw.cookies.as_ref(), "cookies", "cookies = \"none\"")?, "cookies", &COOKIES)?,
        },
        "compare-accounts" => Action::CompareAccounts,
        "options-again" => Action::OptionsAgain,
        "event" => {
            let name = place.needs(raw.event.as_ref(), "event", "event = \"fingerprint-enrolled\"")?;
            Action::Event(place.event(name.get_ref(), name.span().start, "event")?)
        }
        "arm" => Action::Arm(fault(place, raw)?),
        "clear" => Action::Clear(raw.fault.as_ref().map(|name| name.get_ref().clone())),
        "advance" => {
            let seconds = place.needs(raw.seconds.as_ref(), "seconds", "seconds = 400")?;
            Action::Advance(Duration::from_secs(*seconds.get_ref()))
        }
        "hook" => Action::Hook(place.one_of(place.needs(raw.hook.as_ref(), "hook", "hook = \"reset\"")?, "hook", &HOOKS)?),
        "fall-back" => Action::FallBack(place.one_of(place.needs(raw.way.as_ref(), "way", "way = \"password\"")?, "way", &WAYS)?),
        "recover" => {
            let ways = place.all_of(raw.by.as_ref(), "by", &WAYS)?;
            Action::Recover(if ways.is_empty() { vec![Fallback::Password, Fallback::Phone, Fallback::SupportReset] } else { ways })
        }
        "start-over" => Action::StartOver,
        _ => Action::Check(facts(place, raw)?),
    })
}

fn facts(place: &Place<'_>, raw: &RawStep) -> Result<Vec<FactCheck>, ScenarioError> {
    let facts: Vec<FactCheck> = [
        raw.distinct_reasons.as_ref().map(|n| FactCheck::DistinctReasons(*n.get_ref())),
        raw.credentials.as_ref().map(|n| FactCheck::Credentials(*n.get_ref())),
        raw.sessions_at_most.as_ref().map(|n| FactCheck::SessionsAtMost(*n.get_ref())),
    ]
    .into_iter()
    .flatten()
    .collect();
    if facts.is_empty() {
        return Err(place.wrong(
            place.start,
            "credentials",
            "is missing; expected `credentials`, `sessions-at-most` or `distinct-reasons`",
        ));
    }
    Ok(facts)
}

/// `with` is the table that `faultkey faults NAME` prints: the fault's name, its parameters, trigger, schedule and subject.
fn fault(place: &Place<'_>, raw: &RawStep) -> Result<FaultSpec, ScenarioError> {
    let with = place.needs(raw.with.as_ref(), "with", "with = { fault = \"cut-verify\", at = \"n5\" }")?;
    FaultSpec::from_toml(with.get_ref()).map_err(|error| place.wrong(with.span().start, "with", error.to_string()))
}
