//! Values as TOML has them.

use std::fmt::Write as _;

use serde_json::Value;

use super::template::Template;

/// Text as TOML has it: literal where a backslash is in it, else basic.
pub fn quoted(text: &str) -> String {
    if text.contains('\\') && !text.contains(['\'', '\n']) && !text.chars().any(char::is_control) {
        return format!("'{text}'");
    }
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A key: bare where it can be.
pub fn key(name: &str) -> String {
    let bare = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if bare { name.to_owned() } else { quoted(name) }
}

/// A value on one line. TOML has no null.
pub fn inline(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => return None,
        Value::String(text) => quoted(text),
        Value::Array(items) => format!("[{}]", items.iter().filter_map(inline).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => {
            let members: Vec<String> =
                members.iter().filter_map(|(name, value)| Some(format!("{} = {}", key(name), inline(value)?))).collect();
            table(&members)
        }
        other => other.to_string(),
    })
}

pub fn table(members: &[String]) -> String {
    if members.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", members.join(", ")) }
}

/// On one line; nothing where nothing is sent. TOML has no null: the member is left out.
pub fn line_of(template: &Template) -> Option<String> {
    Some(match template {
        Template::Text(text) => quoted(text),
        Template::Fixed(value) => inline(value)?,
        Template::Json(inner) => quoted(&inner.json_text()),
        Template::List(items) => format!("[{}]", items.iter().filter_map(line_of).collect::<Vec<_>>().join(", ")),
        Template::Table(members) => {
            let members: Vec<String> =
                members.iter().filter_map(|(name, member)| Some(format!("{} = {}", key(name), line_of(member)?))).collect();
            table(&members)
        }
        Template::Left(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_toml() {
        for text in ["a", "a\"b", r"back\slash", "two\nlines", "it's \\ both", "\u{7}", "{\"a\":\"{credential_json}\"}"] {
            let read: toml::Table = toml::from_str(&format!("v = {}", quoted(text))).unwrap();
            assert_eq!(read["v"].as_str(), Some(text));
        }
        assert_eq!(key("response[id]"), "\"response[id]\"");
    }
}
