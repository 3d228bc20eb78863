//! CBOR diagnostic notation (RFC 8949 §8), with the names of members as comments.

use ciborium::Value;

use crate::report::text;

/// Byte strings longer than this are shown by their ends; `report.json` has the whole message.
const SHORT: usize = 40;
/// What fits on one line stays on one line.
const LINE: usize = 72;
/// Deeper than any message that is meant; keeps hostile nesting from growing the report without bound.
const DEPTH: usize = 24;

/// `value` over several lines; integer keys of the outermost map get their names.
pub(super) fn write(value: &Value, names: &[(i64, &str)]) -> String {
    let mut out = String::new();
    element(&mut out, value, names, 0);
    out
}

/// `h'…'`, long ones by their ends and length.
pub(super) fn bytes(bytes: &[u8]) -> String {
    let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
    match (bytes.first_chunk::<16>(), bytes.last_chunk::<4>()) {
        (Some(first), Some(last)) if bytes.len() > SHORT => format!("h'{}...{}' /{} bytes/", hex(first), hex(last), bytes.len()),
        _ => format!("h'{}'", hex(bytes)),
    }
}

fn element(out: &mut String, value: &Value, names: &[(i64, &str)], depth: usize) {
    match value {
        Value::Integer(number) => out.push_str(&i128::from(*number).to_string()),
        Value::Bytes(b) => out.push_str(&bytes(b)),
        Value::Text(t) => out.push_str(&text::harmless(&serde_json::Value::from(t.as_str()).to_string())),
        Value::Float(f) if f.is_infinite() => out.push_str(if *f > 0.0 { "Infinity" } else { "-Infinity" }),
        Value::Float(f) => out.push_str(&format!("{f:?}")),
        Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Value::Null => out.push_str("null"),
        Value::Tag(..) | Value::Array(_) | Value::Map(_) if depth >= DEPTH => out.push_str("... /too deep to show/"),
        Value::Tag(tag, inner) => {
            out.push_str(&format!("{tag}("));
            element(out, inner, &[], depth + 1);
            out.push(')');
        }
        Value::Array(items) => {
            let items = items.iter().map(|item| nested(item, depth));
            container(out, '[', ']', items.collect(), depth);
        }
        Value::Map(pairs) => {
            let pairs = pairs.iter().map(|(key, value)| format!("{}: {}", named(key, names, depth), nested(value, depth)));
            container(out, '{', '}', pairs.collect(), depth);
        }
        _ => out.push_str("/a value that this version cannot name/"),
    }
}

fn nested(value: &Value, depth: usize) -> String {
    let mut out = String::new();
    element(&mut out, value, &[], depth + 1);
    out
}

fn named(key: &Value, names: &[(i64, &str)], depth: usize) -> String {
    let shown = nested(key, depth);
    let name = match key {
        Value::Integer(number) => names.iter().find(|(n, _)| i128::from(*n) == i128::from(*number)),
        _ => None,
    };
    name.map_or_else(|| shown.clone(), |(_, name)| format!("{shown} /{name}/"))
}

fn container(out: &mut String, open: char, close: char, items: Vec<String>, depth: usize) {
    let width: usize = items.iter().map(|item| text::columns(item) + 2).sum();
    let named = items.iter().any(|item| item.contains("/: "));
    out.push(open);
    if width <= LINE && !named && !items.iter().any(|item| item.contains('\n')) {
        out.push_str(&items.join(", "));
    } else {
        let indent = "  ".repeat(depth + 1);
        for (index, item) in items.iter().enumerate() {
            out.push_str(if index == 0 { "\n" } else { ",\n" });
            out.push_str(&indent);
            out.push_str(item);
        }
        out.push('\n');
        out.push_str(&"  ".repeat(depth));
    }
    out.push(close);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{int, text};

    #[test]
    fn every_kind_of_value() {
        let value = Value::Array(vec![
            int(-7),
            text("a\"\u{202e}田"),
            Value::Bytes(vec![0, 255]),
            Value::Float(1.5),
            Value::Float(f64::NEG_INFINITY),
            Value::Null,
            Value::Tag(2, Box::new(Value::Bytes(vec![]))),
            Value::Map(vec![]),
        ]);
        assert_eq!(write(&value, &[]), r#"[-7, "a\"\u{202e}田", h'00ff', 1.5, -Infinity, null, 2(h''), {}]"#);
    }

    #[test]
    fn duplicate_keys_stay_visible_and_long_bytes_are_cut() {
        let value = Value::Map(vec![(int(1), Value::Bytes(vec![0xAB; 164])), (int(1), int(2))]);
        let cut = format!("h'{}...abababab' /164 bytes/", "ab".repeat(16));
        assert_eq!(write(&value, &[(1, "authData")]), format!("{{\n  1 /authData/: {cut},\n  1 /authData/: 2\n}}"));
    }

    #[test]
    fn nesting_indents_and_ends() {
        let long = Value::Map(vec![(text("name"), text(&"x".repeat(70)))]);
        assert_eq!(write(&Value::Array(vec![long]), &[]), format!("[\n  {{\n    \"name\": \"{}\"\n  }}\n]", "x".repeat(70)));
        let mut deep = Value::Null;
        for _ in 0..200 {
            deep = Value::Array(vec![deep]);
        }
        assert!(write(&deep, &[]).contains("... /too deep to show/"));
    }
}
