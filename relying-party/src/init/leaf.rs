//! Ways through JSON, also through JSON that stands in JSON as text.

use serde_json::Value;

/// More is no answer that a page could use.
const DEEPEST: usize = 40;

/// One step of a way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    Member(String),
    Item(usize),
    /// The text is JSON itself, and the way goes on in that.
    Text,
}

/// A way from the whole to a part of it.
pub type Way = Vec<Step>;

/// Calls `visit` with every value, the whole first. Text that is a JSON object or list is followed by what is in it.
pub fn walk(value: &Value, visit: &mut dyn FnMut(&[Step], &Value)) {
    descend(&mut Vec::new(), value, visit);
}

fn descend(way: &mut Way, value: &Value, visit: &mut dyn FnMut(&[Step], &Value)) {
    visit(way, value);
    if way.len() >= DEEPEST {
        return;
    }
    let mut into = |way: &mut Way, step: Step, value: &Value| {
        way.push(step);
        descend(way, value, visit);
        way.pop();
    };
    match value {
        Value::Object(members) => members.iter().for_each(|(name, member)| into(way, Step::Member(name.clone()), member)),
        Value::Array(items) => items.iter().enumerate().for_each(|(index, item)| into(way, Step::Item(index), item)),
        Value::String(text) => {
            if let Some(inner) = json_text(text) {
                into(way, Step::Text, &inner);
            }
        }
        _ => {}
    }
}

/// The object or list that a text is.
pub fn json_text(text: &str) -> Option<Value> {
    let start = text.trim_start();
    if !start.starts_with(['{', '[']) {
        return None;
    }
    serde_json::from_str(start).ok()
}

/// The part at the end of the way.
pub fn at(value: &Value, way: &[Step]) -> Option<Value> {
    let Some((first, rest)) = way.split_first() else { return Some(value.clone()) };
    match first {
        Step::Member(name) => at(value.get(name)?, rest),
        Step::Item(index) => at(value.get(index)?, rest),
        Step::Text => at(&json_text(value.as_str()?)?, rest),
    }
}

/// The name of the member that the way ends at; for an item of a list, that of the list.
pub fn name(way: &[Step]) -> Option<&str> {
    way.iter().rev().find_map(|step| match step {
        Step::Member(name) => Some(name.as_str()),
        Step::Item(_) | Step::Text => None,
    })
}

/// A JSON pointer (RFC 6901) for each stretch between steps into text.
pub fn pointers(way: &[Step]) -> Vec<String> {
    let mut pointers = vec![String::new()];
    for step in way {
        let part = match step {
            Step::Member(name) => name.replace('~', "~0").replace('/', "~1"),
            Step::Item(index) => index.to_string(),
            Step::Text => {
                pointers.push(String::new());
                continue;
            }
        };
        if let Some(last) = pointers.last_mut() {
            last.push('/');
            last.push_str(&part);
        }
    }
    pointers
}

/// A name as programs compare them: letters and digits, in lower case.
pub fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ways_lead_through_text() {
        let value = json!({ "a/b": [{ "data": "{\"c\":{\"d\":1}}" }] });
        let mut found = None;
        walk(&value, &mut |way, value| {
            if *value == json!(1) {
                found = Some(way.to_vec());
            }
        });
        let way = found.unwrap();
        assert_eq!(pointers(&way), ["/a~1b/0/data", "/c/d"]);
        assert_eq!(name(&way), Some("d"));
        assert_eq!(at(&value, &way), Some(json!(1)));
    }

    #[test]
    fn numbers_and_words_are_no_json_text() {
        assert_eq!(json_text("12"), None);
        assert_eq!(json_text("true"), None);
        assert_eq!(json_text("{no"), None);
        assert_eq!(json_text(" [1]"), Some(json!([1])));
    }
}
