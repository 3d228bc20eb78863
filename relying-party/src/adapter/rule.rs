//! Rules that say whether an answer accepts.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use regex_lite::Regex;
use schemars::JsonSchema;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::source::{Looking, PLACES, Source, with_source_fields};

/// One, or a list of alternatives.
#[derive(Clone, Debug)]
pub(super) struct OneOrMany<T>(pub Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Either<T> {
            type Value = OneOrMany<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("one, or a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<OneOrMany<T>, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = items.next_element()? {
                    list.push(item);
                }
                match list.is_empty() {
                    true => Err(de::Error::custom("an empty list, expected at least one")),
                    false => Ok(OneOrMany(list)),
                }
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<OneOrMany<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(|one| OneOrMany(vec![one]))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<OneOrMany<T>, E> {
                T::deserialize(de::value::StrDeserializer::new(text)).map(|one| OneOrMany(vec![one]))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<OneOrMany<T>, E> {
                T::deserialize(de::value::I64Deserializer::new(number)).map(|one| OneOrMany(vec![one]))
            }
        }
        deserializer.deserialize_any(Either(PhantomData))
    }
}

impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("OneOrMany{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let one = generator.subschema_for::<T>();
        schemars::json_schema!({ "anyOf": [one, { "type": "array", "items": one, "minItems": 1 }] })
    }
}

/// What an answer is, if this rule holds.
#[derive(Clone, Debug, Default)]
pub(super) struct Rule {
    status: Option<Vec<u16>>,
    location: Option<Regex>,
    looked_for: Option<(Source, Wanted)>,
}

#[derive(Clone, Debug)]
enum Wanted {
    Equals(Value),
    Present(bool),
}

with_source_fields! {
    /// A rule holds if everything that it names holds.
    #[schemars(rename = "Rule")]
    RuleTable {
        /// One status, or a list. Without it any 2xx, or, with `location`, any 3xx as well; in `refused` any.
        status: Option<OneOrMany<u16>>,
        /// Where the answer redirects: the path with its query, or the whole URL. `*` stands for anything.
        location: Option<String>,
        /// What has to stand at the place.
        equals: Option<Value>,
        /// Whether something has to stand at the place; null is nothing.
        present: Option<bool>
    }
}

impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Rule::read(RuleTable::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

impl JsonSchema for Rule {
    fn schema_name() -> Cow<'static, str> {
        RuleTable::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        RuleTable::json_schema(generator)
    }
}

impl Rule {
    fn read(mut table: RuleTable) -> Result<Rule, String> {
        let source = table.take_source()?;
        let RuleTable { status, location, equals, present, .. } = table;
        let wanted = match (equals, present) {
            (Some(_), Some(_)) => return Err("`equals` and `present` at once, expected one of them".to_owned()),
            (Some(value), None) => Some(Wanted::Equals(value)),
            (None, Some(present)) => Some(Wanted::Present(present)),
            (None, None) => None,
        };
        let looked_for = match (source, wanted) {
            (Some(source), Some(wanted)) => Some((source, wanted)),
            (None, None) => None,
            (Some(source), None) => {
                return Err(format!("{source} without `equals` or `present`, expected the value that stands there, or whether one does"));
            }
            (None, Some(_)) => return Err(format!("`equals` or `present` without a place, expected {PLACES}")),
        };
        let location = location.map(|pattern| {
            let escaped: Vec<_> = pattern.split('*').map(regex_lite::escape).collect();
            Regex::new(&format!("^{}$", escaped.join(".*"))).map_err(|error| format!("`location`: {error}"))
        });
        Ok(Rule { status: status.map(|status| status.0), location: location.transpose()?, looked_for })
    }

    /// # Errors
    /// The place at which it looks and there is nothing; then it does not hold.
    fn holds(&self, looking: &Looking<'_>, any_status: bool) -> Result<bool, &Source> {
        let status = looking.received.status;
        let fits = match (&self.status, &self.location) {
            (Some(statuses), _) => statuses.contains(&status),
            (None, _) if any_status => true,
            (None, Some(_)) => (200..400).contains(&status),
            (None, None) => (200..300).contains(&status),
        };
        if !fits || !self.location.as_ref().is_none_or(|pattern| leads(looking, pattern)) {
            return Ok(false);
        }
        match &self.looked_for {
            None => Ok(true),
            Some((source, Wanted::Present(wanted))) => match (source.find(looking).is_some(), wanted) {
                (false, true) => Err(source),
                (present, wanted) => Ok(present == *wanted),
            },
            Some((source, Wanted::Equals(wanted))) => source.find(looking).map(|value| value == *wanted).ok_or(source),
        }
    }

    /// Where it looks.
    fn source(&self) -> Option<&Source> {
        self.looked_for.as_ref().map(|(source, _)| source)
    }
}

fn leads(looking: &Looking<'_>, pattern: &Regex) -> bool {
    let Some(url) = looking.location() else { return false };
    let path = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    pattern.is_match(&path) || pattern.is_match(url.as_str())
}

/// When an answer accepts, and when it doesn't.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules {
    pub accepted: Option<OneOrMany<Rule>>,
    pub refused: Option<OneOrMany<Rule>>,
}

impl Rules {
    pub(super) fn is_empty(&self) -> bool {
        self.accepted.is_none() && self.refused.is_none()
    }

    /// Whether the answer accepts; with where an accepting answer would have had something, if there is nothing.
    pub(super) fn accept(&self, looking: &Looking<'_>) -> (bool, Option<&Source>) {
        if self.refuse(looking) {
            return (false, None);
        }
        let Some(OneOrMany(rules)) = &self.accepted else { return ((200..300).contains(&looking.received.status), None) };
        let mut absent = None;
        for rule in rules {
            match rule.holds(looking, false) {
                Ok(true) => return (true, None),
                Ok(false) => {}
                Err(source) => absent = absent.or(Some(source)),
            }
        }
        (false, absent)
    }

    /// Whether a rule for refusals holds.
    pub(super) fn refuse(&self, looking: &Looking<'_>) -> bool {
        self.refused.as_ref().is_some_and(|OneOrMany(rules)| rules.iter().any(|rule| matches!(rule.holds(looking, true), Ok(true))))
    }

    /// Whether what stands where an accepting answer has something says no. Where nothing stands there, it says neither.
    pub(super) fn contradicted(&self, looking: &Looking<'_>) -> bool {
        let Some(OneOrMany(rules)) = &self.accepted else { return false };
        let found = |rule: &Rule| rule.source().is_some_and(|source| source.find(looking).is_some());
        rules.iter().any(found) && !rules.iter().any(|rule| matches!(rule.holds(looking, false), Ok(true)))
    }
}
