//! The names that a step may use, for its JSON Schema: from the same lists that a file is checked against.

use faultkey_authenticator::Event;
use faultkey_fault_injection::{profile, registry};
use schemars::{Schema, SchemaGenerator, json_schema};

use super::{COOKIES, Forbidden, HOOKS, KINDS, OutcomeClass, REQUIREMENTS, Rule, USER, VERBS, WAYS};

fn one_of<'a>(names: impl IntoIterator<Item = &'a str>) -> Schema {
    json_schema!({ "enum": names.into_iter().collect::<Vec<_>>() })
}

fn some_of<'a>(names: impl IntoIterator<Item = &'a str>) -> Schema {
    json_schema!({ "type": "array", "items": one_of(names) })
}

fn named<T, const N: usize>(known: [(&'static str, T); N]) -> [&'static str; N] {
    known.map(|(name, _)| name)
}

pub(in crate::scenario) fn profiles(_: &mut SchemaGenerator) -> Schema {
    some_of(profile::all().iter().map(|profile| profile.name.as_str()))
}

pub(super) fn verbs(_: &mut SchemaGenerator) -> Schema {
    one_of(VERBS.map(|(verb, _)| verb))
}

pub(super) fn outcomes(_: &mut SchemaGenerator) -> Schema {
    some_of(OutcomeClass::ALL.map(OutcomeClass::name))
}

pub(super) fn forbidden(_: &mut SchemaGenerator) -> Schema {
    some_of(Forbidden::ALL.map(Forbidden::name))
}

pub(super) fn rules(_: &mut SchemaGenerator) -> Schema {
    one_of(named(Rule::ALL))
}

pub(super) fn requirements(_: &mut SchemaGenerator) -> Schema {
    one_of(named(REQUIREMENTS))
}

pub(super) fn user_acts(_: &mut SchemaGenerator) -> Schema {
    one_of(named(USER))
}

pub(super) fn kinds(_: &mut SchemaGenerator) -> Schema {
    one_of(named(KINDS))
}

pub(super) fn cookies(_: &mut SchemaGenerator) -> Schema {
    one_of(named(COOKIES))
}

pub(super) fn events(_: &mut SchemaGenerator) -> Schema {
    one_of(Event::ALL.map(|event| event.name()))
}

pub(super) fn faults(_: &mut SchemaGenerator) -> Schema {
    one_of(registry::all().iter().map(|fault| fault.name))
}

/// Its parameters are the fault's own; `faultkey faults NAME` explains them.
pub(super) fn fault_table(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "object", "properties": { "fault": faults(generator) }, "required": ["fault"] })
}

pub(super) fn hooks(_: &mut SchemaGenerator) -> Schema {
    one_of(named(HOOKS))
}

pub(super) fn ways(_: &mut SchemaGenerator) -> Schema {
    one_of(named(WAYS))
}

pub(super) fn list_of_ways(_: &mut SchemaGenerator) -> Schema {
    some_of(named(WAYS))
}
