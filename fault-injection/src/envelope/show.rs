//! The envelope as the command line writes it: what [`FaultSpec`]'s `FromStr` reads.

use std::fmt;

use toml::Value;

use super::{FaultSpec, Match, Schedule, Subject, Trigger};

/// `NAME,key=value,…`, without what is so by default.
impl fmt::Display for FaultSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        for (key, value) in &self.parameters {
            parameter(f, key, value)?;
        }
        let Subject { rp_id, user } = &self.subject;
        texts(f, "subject", &[("rp-id", rp_id), ("user", user)])?;
        match &self.trigger {
            Trigger::Always => {}
            Trigger::Nth(n) => write!(f, ",trigger.nth={n}")?,
            Trigger::AfterEvent(event) => write!(f, ",trigger.after-event={}", event.name())?,
            Trigger::OnMatch(Match { rp_id, origin, ceremony }) => {
                texts(f, "trigger.on-match", &[("rp-id", rp_id), ("origin", origin), ("ceremony", ceremony)])?;
            }
            Trigger::Probability(probability) => write!(f, ",trigger.probability={probability}")?,
        }
        match (&self.schedule, &self.trigger) {
            (Schedule::Once, Trigger::Nth(_)) => Ok(()),
            (Schedule::Permanent, trigger) if !matches!(trigger, Trigger::Nth(_)) => Ok(()),
            (Schedule::Once, _) => f.write_str(",schedule=once"),
            (Schedule::Permanent, _) => f.write_str(",schedule=permanent"),
            (Schedule::First(n), _) => write!(f, ",schedule.first={n}"),
            (Schedule::Every(n), _) => write!(f, ",schedule.every={n}"),
            (Schedule::UntilEvent(event), _) => write!(f, ",schedule.until-event={}", event.name()),
            (Schedule::Window { from, to }, _) => write!(f, ",schedule.window.from={from},schedule.window.to={to}"),
            (Schedule::HealAfter(millis), _) => write!(f, ",schedule.heal-after={millis}"),
        }
    }
}

fn texts(f: &mut fmt::Formatter<'_>, path: &str, members: &[(&str, &Option<String>)]) -> fmt::Result {
    for (key, text) in members {
        if let Some(text) = text {
            parameter(f, &format!("{path}.{key}"), &Value::String(text.clone()))?;
        }
    }
    Ok(())
}

fn parameter(f: &mut fmt::Formatter<'_>, path: &str, value: &Value) -> fmt::Result {
    match value {
        Value::Table(table) => table.iter().try_for_each(|(key, value)| parameter(f, &format!("{path}.{key}"), value)),
        // Without quotes it would be read as something else.
        Value::String(text) if super::parse::plain(text) != *value => write!(f, ",{path}=\"{text}\""),
        Value::String(text) => write!(f, ",{path}={text}"),
        other => write!(f, ",{path}={other}"),
    }
}

#[cfg(test)]
mod tests {
    use crate::FaultSpec;

    #[test]
    fn what_is_written_reads_back() {
        for text in [
            "no-credentials",
            "cut-verify,at=n5",
            "operation-denied,trigger.nth=2",
            "operation-denied,trigger.nth=2,schedule=permanent",
            "operation-denied,schedule=once",
            "operation-denied,subject.rp-id=a.example,subject.user=\"7\",schedule.first=3",
            "operation-denied,trigger.on-match.ceremony=registration,schedule.every=2",
            "operation-denied,trigger.after-event=os-updated,schedule.until-event=reset",
            "operation-denied,trigger.probability=0.25,schedule.window.from=5,schedule.window.to=9",
            "operation-denied,schedule.heal-after=500",
            "x,a.b=true,c=-3,d=1.0",
        ] {
            let spec: FaultSpec = text.parse().unwrap();
            assert_eq!(spec.to_string(), text);
            assert_eq!(spec.to_string().parse::<FaultSpec>().unwrap(), spec);
        }
    }
}
