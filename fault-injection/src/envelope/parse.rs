//! The envelope as text: a TOML table in a scenario file, or `NAME,key=value,…` on the command line.

use std::str::FromStr;

use faultkey_authenticator::Event;
use toml::{Table, Value};

use super::{FaultError, FaultSpec, Match, Schedule, Subject, Trigger};
use crate::suggestion::did_you_mean;

impl FaultSpec {
    /// A fault with this name that acts at every opportunity, with its default parameters.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            trigger: Trigger::default(),
            schedule: Schedule::default(),
            subject: Subject::default(),
            parameters: Table::new(),
        }
    }

    /// Reads `{ fault = "NAME", trigger = …, schedule = …, subject = {…} }`; the remaining keys are the fault's parameters, which
    /// [`crate::registry::check`] looks at. Without a schedule, `nth` acts once, everything else permanently.
    ///
    /// # Errors
    /// [`FaultError`] with the field that is wrong and what was expected there.
    pub fn from_toml(table: &Table) -> Result<FaultSpec, FaultError> {
        let mut rest = table.clone();
        let name = match rest.remove("fault") {
            Some(Value::String(name)) if !name.is_empty() => name,
            Some(other) => {
                return Err(FaultError::NoName { problem: format!("`fault` must be a fault's name, found {}", describe(&other)) });
            }
            None => return Err(FaultError::NoName { problem: "a fault needs a name".to_owned() }),
        };
        let fields = Fields { fault: &name };
        let trigger = rest.remove("trigger").map_or(Ok(Trigger::Always), |value| fields.trigger(&value))?;
        let schedule = match rest.remove("schedule") {
            Some(value) => fields.schedule(&value)?,
            None if matches!(trigger, Trigger::Nth(_)) => Schedule::Once,
            None => Schedule::Permanent,
        };
        let subject = rest.remove("subject").map_or(Ok(Subject::default()), |value| fields.subject(&value))?;
        Ok(FaultSpec { name, trigger, schedule, subject, parameters: rest })
    }
}

/// `NAME,key=value,…`, with dots where a table would nest: `cut-verify,at=n5,trigger.nth=2,schedule=once`.
impl FromStr for FaultSpec {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let mut parts = text.split(',').map(str::trim);
        let name = parts.next().filter(|name| !name.is_empty() && !name.contains('='));
        let Some(name) = name else {
            return Err(FaultError::NoName { problem: format!("`{text}` does not start with a fault's name") });
        };
        let mut table = Table::from_iter([("fault".to_owned(), Value::String(name.to_owned()))]);
        for part in parts {
            let field = |problem: String| FaultError::Field { fault: name.to_owned(), field: part.to_owned(), problem };
            let Some((path, value)) = part.split_once('=') else {
                return Err(field("expected `key=value`".to_owned()));
            };
            let (nested, key) = path.rsplit_once('.').map_or((None, path), |(nested, key)| (Some(nested), key));
            let mut target = &mut table;
            for step in nested.into_iter().flat_map(|nested| nested.split('.')) {
                target = match target.entry(step).or_insert_with(|| Value::Table(Table::new())) {
                    Value::Table(inner) => inner,
                    _ => return Err(field(format!("`{step}` already has a value, so it can't have keys"))),
                };
            }
            if key.is_empty() || target.insert(key.to_owned(), plain(value)).is_some() {
                return Err(field("expected a key that was not given before".to_owned()));
            }
        }
        FaultSpec::from_toml(&table)
    }
}

/// An integer, number or boolean if it reads as one, else text.
pub(super) fn plain(text: &str) -> Value {
    if let Ok(integer) = text.parse() {
        return Value::Integer(integer);
    }
    // Not `nan` and `inf`, which are as good a user name as any.
    if let Some(number) = text.parse().ok().filter(|number: &f64| number.is_finite()) {
        return Value::Float(number);
    }
    match text {
        "true" => Value::Boolean(true),
        "false" => Value::Boolean(false),
        _ => Value::String(text.trim_matches('"').to_owned()),
    }
}

/// What was found, for an error.
pub(crate) fn describe(value: &Value) -> String {
    match value {
        Value::String(text) => format!("`{text}`"),
        Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => format!("`{value}`"),
        Value::Array(_) => "an array".to_owned(),
        Value::Table(table) => match table.keys().next() {
            Some(key) => format!("a table with `{key}`"),
            None => "an empty table".to_owned(),
        },
    }
}

const TRIGGERS: &str = "`\"always\"`, `{ nth = N }`, `{ after-event = EVENT }`, `{ on-match = {…} }` or `{ probability = P }`";
const SCHEDULES: &str = "`\"once\"`, `\"permanent\"`, `{ first = N }`, `{ every = N }`, `{ until-event = EVENT }`, \
                         `{ window = { from = MS, to = MS } }` or `{ heal-after = MS }`";

/// Reads the fields of one fault's envelope.
struct Fields<'a> {
    fault: &'a str,
}

impl Fields<'_> {
    fn error(&self, field: &str, problem: String) -> FaultError {
        FaultError::Field { fault: self.fault.to_owned(), field: field.to_owned(), problem }
    }

    fn expected<T>(&self, field: &str, expected: &str, found: &Value) -> Result<T, FaultError> {
        Err(self.error(field, format!("expected {expected}, found {}", describe(found))))
    }

    fn trigger(&self, value: &Value) -> Result<Trigger, FaultError> {
        match only_pair(value) {
            Some(("always", None)) => Ok(Trigger::Always),
            Some(("nth", Some(n))) => Ok(Trigger::Nth(self.count("trigger.nth", n)?)),
            Some(("after-event", Some(event))) => Ok(Trigger::AfterEvent(self.event("trigger.after-event", event)?)),
            Some(("on-match", Some(matching))) => Ok(Trigger::OnMatch(self.matching(matching)?)),
            Some(("probability", Some(p))) => {
                #[allow(clippy::cast_precision_loss)]
                let number = p.as_float().or_else(|| p.as_integer().map(|whole| whole as f64));
                match number {
                    Some(number) if (0.0..=1.0).contains(&number) => Ok(Trigger::Probability(number)),
                    _ => self.expected("trigger.probability", "a number from 0 to 1", p),
                }
            }
            _ => self.expected("trigger", TRIGGERS, value),
        }
    }

    fn schedule(&self, value: &Value) -> Result<Schedule, FaultError> {
        match only_pair(value) {
            Some(("once", None)) => Ok(Schedule::Once),
            Some(("permanent", None)) => Ok(Schedule::Permanent),
            Some(("first", Some(n))) => Ok(Schedule::First(self.count("schedule.first", n)?)),
            Some(("every", Some(n))) => Ok(Schedule::Every(self.count("schedule.every", n)?)),
            Some(("until-event", Some(event))) => Ok(Schedule::UntilEvent(self.event("schedule.until-event", event)?)),
            Some(("heal-after", Some(millis))) => Ok(Schedule::HealAfter(self.millis("schedule.heal-after", millis)?)),
            Some(("window", Some(Value::Table(window)))) => {
                let edge = |name: &str| match window.get(name) {
                    Some(millis) => self.millis(&format!("schedule.window.{name}"), millis),
                    None => Err(self.error("schedule.window", format!("`{name}` is missing; expected `{{ from = MS, to = MS }}`"))),
                };
                self.only(window, "schedule.window", &["from", "to"])?;
                let (from, to) = (edge("from")?, edge("to")?);
                if from >= to {
                    return Err(self.error("schedule.window", format!("it is empty: `from` ({from}) must be before `to` ({to})")));
                }
                Ok(Schedule::Window { from, to })
            }
            _ => self.expected("schedule", SCHEDULES, value),
        }
    }

    fn subject(&self, value: &Value) -> Result<Subject, FaultError> {
        let Value::Table(table) = value else { return self.expected("subject", "a table with `rp-id` or `user`", value) };
        self.only(table, "subject", &["rp-id", "user"])?;
        Ok(Subject { rp_id: self.text(table, "subject", "rp-id")?, user: self.text(table, "subject", "user")? })
    }

    fn matching(&self, value: &Value) -> Result<Match, FaultError> {
        let field = "trigger.on-match";
        let keys = "a table with `rp-id`, `origin` or `ceremony`";
        let Value::Table(table) = value else { return self.expected(field, keys, value) };
        self.only(table, field, &["rp-id", "origin", "ceremony"])?;
        if table.is_empty() {
            return self.expected(field, keys, value);
        }
        let ceremony = self.text(table, field, "ceremony")?;
        if let Some(other) = ceremony.as_deref().filter(|name| !["registration", "authentication"].contains(name)) {
            let problem = format!("expected `registration` or `authentication`, found `{other}`");
            return Err(self.error("trigger.on-match.ceremony", problem));
        }
        Ok(Match { rp_id: self.text(table, field, "rp-id")?, origin: self.text(table, field, "origin")?, ceremony })
    }

    fn only(&self, table: &Table, field: &str, known: &[&str]) -> Result<(), FaultError> {
        match table.keys().find(|key| !known.contains(&key.as_str())) {
            None => Ok(()),
            Some(key) => {
                let suggestion = did_you_mean(key, known.iter().copied());
                Err(self.error(field, format!("there is no key `{key}`{suggestion}; it has {}", list(known))))
            }
        }
    }

    fn text(&self, table: &Table, field: &str, key: &str) -> Result<Option<String>, FaultError> {
        match table.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(other) => self.expected(&format!("{field}.{key}"), "text", other),
        }
    }

    fn count(&self, field: &str, value: &Value) -> Result<u32, FaultError> {
        match value.as_integer().and_then(|number| u32::try_from(number).ok()) {
            Some(number) if number > 0 => Ok(number),
            _ => self.expected(field, "a whole number from 1", value),
        }
    }

    fn millis(&self, field: &str, value: &Value) -> Result<u64, FaultError> {
        match value.as_integer().and_then(|number| u64::try_from(number).ok()) {
            Some(number) => Ok(number),
            None => self.expected(field, "milliseconds, a whole number from 0", value),
        }
    }

    fn event(&self, field: &str, value: &Value) -> Result<Event, FaultError> {
        let names = Event::ALL.map(Event::name);
        let Some(name) = value.as_str() else { return self.expected(field, &format!("an event: {}", list(&names)), value) };
        Event::ALL.into_iter().find(|event| event.name() == name).ok_or_else(|| {
            let suggestion = did_you_mean(name, names.iter().copied());
            self.error(field, format!("there is no event `{name}`{suggestion}; events are {}", list(&names)))
        })
    }
}

/// A word, or a table with just one pair.
fn only_pair(value: &Value) -> Option<(&str, Option<&Value>)> {
    match value {
        Value::String(word) => Some((word, None)),
        Value::Table(table) if table.len() == 1 => table.iter().next().map(|(key, value)| (key.as_str(), Some(value))),
        _ => None,
    }
}

pub(crate) fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(toml: &str) -> Result<FaultSpec, FaultError> {
        FaultSpec::from_toml(&toml.parse().expect("the test's TOML"))
    }

    fn message(toml: &str) -> String {
        read(toml).expect_err("refused").to_string()
    }

    #[test]
    fn a_name_alone_acts_always() {
        assert_eq!(read("fault = 'cut-verify'").unwrap(), FaultSpec::new("cut-verify"));
        assert_eq!("cut-verify".parse::<FaultSpec>().unwrap(), FaultSpec::new("cut-verify"));
    }

    #[test]
    fn every_trigger_is_read() {
        let trigger = |text: &str| read(&format!("fault = 'x'\ntrigger = {text}")).unwrap().trigger;
        assert_eq!(trigger("'always'"), Trigger::Always);
        assert_eq!(trigger("{ nth = 2 }"), Trigger::Nth(2));
        assert_eq!(trigger("{ after-event = 'fingerprint-enrolled' }"), Trigger::AfterEvent(Event::FingerprintEnrolled));
        assert_eq!(trigger("{ probability = 0.5 }"), Trigger::Probability(0.5));
        assert_eq!(trigger("{ probability = 1 }"), Trigger::Probability(1.0));
        let matching = Match { rp_id: Some("broker.test".into()), origin: None, ceremony: Some("registration".into()) };
        assert_eq!(trigger("{ on-match = { rp-id = 'broker.test', ceremony = 'registration' } }"), Trigger::OnMatch(matching));
    }

    #[test]
    fn every_schedule_is_read() {
        let schedule = |text: &str| read(&format!("fault = 'x'\nschedule = {text}")).unwrap().schedule;
        assert_eq!(schedule("'once'"), Schedule::Once);
        assert_eq!(schedule("'permanent'"), Schedule::Permanent);
        assert_eq!(schedule("{ first = 2 }"), Schedule::First(2));
        assert_eq!(schedule("{ every = 3 }"), Schedule::Every(3));
        assert_eq!(schedule("{ until-event = 'reset' }"), Schedule::UntilEvent(Event::Reset));
        assert_eq!(schedule("{ window = { from = 0, to = 60000 } }"), Schedule::Window { from: 0, to: 60_000 });
        assert_eq!(schedule("{ heal-after = 5000 }"), Schedule::HealAfter(5_000));
    }

    #[test]
    fn nth_without_a_schedule_acts_once() {
        assert_eq!(read("fault = 'x'\ntrigger = { nth = 2 }").unwrap().schedule, Schedule::Once);
        assert_eq!(read("fault = 'x'\ntrigger = { nth = 2 }\nschedule = 'permanent'").unwrap().schedule, Schedule::Permanent);
    }

    #[test]
    fn the_remaining_keys_are_parameters() {
        let spec = read("fault = 'cut-verify'\nat = 'n4'\nbytes = 7\nsubject = { rp-id = 'a.test', user = 'hanako' }").unwrap();
        assert_eq!(spec.parameters, "at = 'n4'\nbytes = 7".parse::<Table>().unwrap());
        assert_eq!(spec.subject, Subject { rp_id: Some("a.test".into()), user: Some("hanako".into()) });
    }

    #[test]
    fn the_command_line_says_the_same_as_the_table() {
        let pairs = [
            (
                "cut-verify,at=n4,bytes=7,trigger.nth=2,schedule=permanent",
                "fault='cut-verify'\nat='n4'\nbytes=7\ntrigger={nth=2}\nschedule='permanent'",
            ),
            (
                "no-op,trigger.on-match.rp-id=a.test,schedule.window.from=0,schedule.window.to=9",
                "fault='no-op'\ntrigger={on-match={rp-id='a.test'}}\nschedule={window={from=0,to=9}}",
            ),
            (
                "wrong-origin,origin=https://evil.test:8443,trigger.probability=0.25",
                "fault='wrong-origin'\norigin='https://evil.test:8443'\ntrigger={probability=0.25}",
            ),
            (
                "stale-credential-picked, ignore-allow-list=true, subject.user=hanako",
                "fault='stale-credential-picked'\nignore-allow-list=true\nsubject={user='hanako'}",
            ),
        ];
        for (line, table) in pairs {
            assert_eq!(line.parse::<FaultSpec>().unwrap(), read(table).unwrap(), "{line}");
        }
    }

    #[test]
    fn a_wrong_field_is_named_with_what_was_expected() {
        let table = [
            (
                "at = 'n5'",
                "a fault needs a name; write `fault = \"NAME\"` in a file or `NAME,key=value` on the command line; `faultkey faults` lists the names",
            ),
            (
                "fault = 3",
                "`fault` must be a fault's name, found `3`; write `fault = \"NAME\"` in a file or `NAME,key=value` on the command line; `faultkey faults` lists the names",
            ),
            (
                "fault='x'\ntrigger='sometimes'",
                "fault `x`, field `trigger`: expected `\"always\"`, `{ nth = N }`, `{ after-event = EVENT }`, `{ on-match = {…} }` or `{ probability = P }`, found `sometimes`",
            ),
            (
                "fault='x'\ntrigger={nth=1,probability=1}",
                "fault `x`, field `trigger`: expected `\"always\"`, `{ nth = N }`, `{ after-event = EVENT }`, `{ on-match = {…} }` or `{ probability = P }`, found a table with `nth`",
            ),
            ("fault='x'\ntrigger={nth=0}", "fault `x`, field `trigger.nth`: expected a whole number from 1, found `0`"),
            ("fault='x'\ntrigger={probability=1.5}", "fault `x`, field `trigger.probability`: expected a number from 0 to 1, found `1.5`"),
            (
                "fault='x'\ntrigger={on-match={rpid='a'}}",
                "fault `x`, field `trigger.on-match`: there is no key `rpid`, did you mean `rp-id`?; it has `rp-id`, `origin`, `ceremony`",
            ),
            (
                "fault='x'\ntrigger={on-match={}}",
                "fault `x`, field `trigger.on-match`: expected a table with `rp-id`, `origin` or `ceremony`, found an empty table",
            ),
            (
                "fault='x'\ntrigger={on-match={ceremony='login'}}",
                "fault `x`, field `trigger.on-match.ceremony`: expected `registration` or `authentication`, found `login`",
            ),
            (
                "fault='x'\nschedule='forever'",
                "fault `x`, field `schedule`: expected `\"once\"`, `\"permanent\"`, `{ first = N }`, `{ every = N }`, `{ until-event = EVENT }`, `{ window = { from = MS, to = MS } }` or `{ heal-after = MS }`, found `forever`",
            ),
            (
                "fault='x'\nschedule={window={from=5}}",
                "fault `x`, field `schedule.window`: `to` is missing; expected `{ from = MS, to = MS }`",
            ),
            (
                "fault='x'\nschedule={window={from=5,to=5}}",
                "fault `x`, field `schedule.window`: it is empty: `from` (5) must be before `to` (5)",
            ),
            (
                "fault='x'\nschedule={heal-after='5s'}",
                "fault `x`, field `schedule.heal-after`: expected milliseconds, a whole number from 0, found `5s`",
            ),
            ("fault='x'\nsubject='hanako'", "fault `x`, field `subject`: expected a table with `rp-id` or `user`, found `hanako`"),
            ("fault='x'\nsubject={user=7}", "fault `x`, field `subject.user`: expected text, found `7`"),
        ];
        for (toml, expected) in table {
            assert_eq!(message(toml), expected, "{toml}");
        }
        let event = message("fault='x'\ntrigger={after-event='fingerprint-enroled'}");
        assert!(event.starts_with("fault `x`, field `trigger.after-event`: there is no event `fingerprint-enroled`, did you mean `fingerprint-enrolled`?; events are `fingerprint-enrolled`, "), "{event}");
    }

    #[test]
    fn a_wrong_command_line_says_where() {
        let message = |line: &str| line.parse::<FaultSpec>().expect_err("refused").to_string();
        assert_eq!(message("x,at"), "fault `x`, field `at`: expected `key=value`");
        assert_eq!(message("x,at=n1,at=n2"), "fault `x`, field `at=n2`: expected a key that was not given before");
        assert_eq!(
            message("x,trigger=always,trigger.nth=2"),
            "fault `x`, field `trigger.nth=2`: `trigger` already has a value, so it can't have keys"
        );
        assert!(message("at=n5").starts_with("`at=n5` does not start with a fault's name; write"));
    }
}
