//! The shape of a JSON value: names and types of its members, not their values.

use std::collections::BTreeMap;

use serde_json::Value;

/// Of an array, its first element.
pub fn of(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => "boolean".to_owned(),
        Value::Number(_) => "number".to_owned(),
        Value::String(_) => "text".to_owned(),
        Value::Array(items) => format!("[{}]", items.first().map(of).unwrap_or_default()),
        Value::Object(members) => {
            let members: BTreeMap<&String, String> = members.iter().map(|(name, value)| (name, of(value))).collect();
            let list: Vec<String> = members.into_iter().map(|(name, shape)| format!("{name}: {shape}")).collect();
            format!("{{{}}}", list.join(", "))
        }
    }
}
