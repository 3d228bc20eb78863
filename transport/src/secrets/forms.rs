//! The forms in which a value may come back: as it is, within JSON, a URL, a form, a page, or as base64.

use std::collections::BTreeSet;

use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD};

/// Each once.
pub fn of(value: &str) -> BTreeSet<String> {
    BTreeSet::from([
        value.to_owned(),
        json(value, |c| c == '"' || c == '\\'),
        // As PHP and Python write it.
        json(value, |c| matches!(c, '"' | '\\' | '/') || !c.is_ascii()),
        json(value, |c| matches!(c, '"' | '\\') || !c.is_ascii()),
        percent(value, "-._~", upper),
        percent(value, "-._~", |byte| format!("%{byte:02x}")),
        // As `encodeURIComponent` and forms write it.
        percent(value, "-._~!*'()", upper),
        percent(value, "-._*", |byte| if byte == b' ' { "+".to_owned() } else { upper(byte) }),
        html(value, "&#39;"),
        html(value, "&#x27;"),
        BASE64_NOPAD.encode(value.as_bytes()),
        BASE64URL_NOPAD.encode(value.as_bytes()),
    ])
}

/// RFC 8259 §7.
fn json(value: &str, is_escaped: impl Fn(char) -> bool) -> String {
    let mut out = String::new();
    for c in value.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '"' | '\\' | '/' if is_escaped(c) => out.extend(['\\', c]),
            c if c.is_control() || is_escaped(c) => {
                out.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
            }
            c => out.push(c),
        }
    }
    out
}

/// RFC 3986 §2.1; `kept` are the signs that stand for themselves.
fn percent(value: &str, kept: &str, encode: impl Fn(u8) -> String) -> String {
    let mut out = String::new();
    for byte in value.bytes() {
        match byte {
            byte if byte.is_ascii_alphanumeric() || kept.as_bytes().contains(&byte) => out.push(char::from(byte)),
            byte => out.push_str(&encode(byte)),
        }
    }
    out
}

fn upper(byte: u8) -> String {
    format!("%{byte:02X}")
}

fn html(value: &str, apostrophe: &str) -> String {
    let text = value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    text.replace('\'', apostrophe)
}
