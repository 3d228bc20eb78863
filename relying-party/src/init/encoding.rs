//! How bytes are written as text.

use std::collections::BTreeMap;

use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD, HEXLOWER_PERMISSIVE};
use serde_json::Value;

/// As adapter files name them, the default first: where several fit, the first is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Encoding {
    Base64Url,
    Base64UrlPadded,
    Base64,
    Base64Unpadded,
    Hex,
    Integers,
    Numbered,
    Text,
    /// What Node makes of a `Buffer`: `{ "type": "Buffer", "data": […] }`. An adapter file can't say it.
    Buffer,
}

impl Encoding {
    pub const fn name(self) -> &'static str {
        match self {
            Encoding::Base64Url => "base64url",
            Encoding::Base64UrlPadded => "base64url-padded",
            Encoding::Base64 => "base64",
            Encoding::Base64Unpadded => "base64-unpadded",
            Encoding::Hex => "hex",
            Encoding::Integers => "integers",
            Encoding::Numbered => "numbered",
            Encoding::Text => "text",
            Encoding::Buffer => "a Node Buffer",
        }
    }

    pub const fn can_be_said(self) -> bool {
        !matches!(self, Encoding::Buffer)
    }
}

/// Every encoding that a value may have, with its bytes.
pub fn readings(value: &Value) -> Vec<(Encoding, Vec<u8>)> {
    match value {
        Value::String(text) => of_text(text),
        Value::Array(_) => integers(value).map(|bytes| (Encoding::Integers, bytes)).into_iter().collect(),
        Value::Object(members) => {
            if members.get("type").and_then(Value::as_str) == Some("Buffer") {
                return members.get("data").and_then(integers).map(|bytes| (Encoding::Buffer, bytes)).into_iter().collect();
            }
            let in_order = (0..members.len()).map(|index| members.get(&index.to_string())?.as_u64().and_then(|n| u8::try_from(n).ok()));
            let bytes: Option<Vec<u8>> = in_order.collect();
            bytes.filter(|bytes| !bytes.is_empty()).map(|bytes| (Encoding::Numbered, bytes)).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

fn of_text(text: &str) -> Vec<(Encoding, Vec<u8>)> {
    let bytes = text.as_bytes();
    let tried = [
        (Encoding::Base64Url, BASE64URL_NOPAD.decode(bytes).ok()),
        // Without `=` at its end, one is like the other.
        (Encoding::Base64UrlPadded, BASE64URL.decode(bytes).ok()),
        (Encoding::Base64, BASE64.decode(bytes).ok()),
        (Encoding::Base64Unpadded, BASE64_NOPAD.decode(bytes).ok()),
        (Encoding::Hex, HEXLOWER_PERMISSIVE.decode(bytes).ok()),
        (Encoding::Text, Some(bytes.to_vec())),
    ];
    tried.into_iter().filter_map(|(encoding, bytes)| Some((encoding, bytes?))).filter(|(_, bytes)| !bytes.is_empty()).collect()
}

fn integers(value: &Value) -> Option<Vec<u8>> {
    let items = value.as_array()?;
    let bytes: Option<Vec<u8>> = items.iter().map(|item| item.as_u64().and_then(|number| u8::try_from(number).ok())).collect();
    bytes.filter(|bytes| !bytes.is_empty())
}

/// Encodings that give these bytes.
pub fn giving(value: &Value, bytes: &[u8]) -> Vec<Encoding> {
    readings(value).into_iter().filter(|(_, read)| read == bytes).map(|(encoding, _)| encoding).collect()
}

/// Encodings of named fields, as far as they are known: for each field those that fit everything that was seen of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(BTreeMap<&'static str, Vec<Encoding>>);

impl Fields {
    /// One more value of a field. What contradicts everything that was seen before counts for nothing.
    pub fn saw(&mut self, field: &'static str, fits: Vec<Encoding>) {
        if fits.is_empty() {
            return;
        }
        let known = self.0.entry(field).or_insert_with(|| fits.clone());
        let both: Vec<Encoding> = known.iter().copied().filter(|encoding| fits.contains(encoding)).collect();
        if !both.is_empty() {
            *known = both;
        }
    }

    pub fn merge(&mut self, other: &Fields) {
        for (field, fits) in &other.0 {
            self.saw(field, fits.clone());
        }
    }

    /// Fields that may have this encoding.
    pub fn with(&self, encoding: Encoding) -> impl Iterator<Item = &'static str> {
        self.0.iter().filter(move |(_, fits)| fits.contains(&encoding)).map(|(field, _)| *field)
    }

    /// The encoding of most of them, and those fields that have another.
    pub fn settle(&self) -> (Encoding, Vec<(&'static str, Encoding)>) {
        let all = [
            Encoding::Base64Url,
            Encoding::Base64UrlPadded,
            Encoding::Base64,
            Encoding::Base64Unpadded,
            Encoding::Hex,
            Encoding::Integers,
            Encoding::Numbered,
            Encoding::Text,
            Encoding::Buffer,
        ];
        let fitting = |encoding: Encoding| self.0.values().filter(|fits| fits.contains(&encoding)).count();
        // `max_by_key` takes the last of equals, and the first is wanted.
        let most = all.into_iter().rev().max_by_key(|encoding| fitting(*encoding)).unwrap_or(Encoding::Base64Url);
        let others = self.0.iter().filter(|(_, fits)| !fits.contains(&most));
        (most, others.filter_map(|(field, fits)| Some((*field, *fits.first()?))).collect())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_encoding_is_known_by_the_bytes_that_it_gives() {
        let bytes = [0xfb, 0xff, 0x00, 0x01];
        for (value, encoding) in [
            (json!("-_8AAQ"), Encoding::Base64Url),
            (json!("-_8AAQ=="), Encoding::Base64UrlPadded),
            (json!("+/8AAQ=="), Encoding::Base64),
            (json!("+/8AAQ"), Encoding::Base64Unpadded),
            (json!("fbff0001"), Encoding::Hex),
            (json!("FBFF0001"), Encoding::Hex),
            (json!([251, 255, 0, 1]), Encoding::Integers),
            (json!({ "0": 251, "1": 255, "2": 0, "3": 1 }), Encoding::Numbered),
            (json!({ "type": "Buffer", "data": [251, 255, 0, 1] }), Encoding::Buffer),
        ] {
            assert_eq!(giving(&value, &bytes), [encoding], "{value}");
        }
        assert_eq!(giving(&json!("abc"), b"abc"), [Encoding::Text]);
        assert!(giving(&json!([1, 256]), &bytes).is_empty());
    }

    #[test]
    fn what_all_fields_have_in_common_is_the_encoding_and_others_are_named() {
        let mut fields = Fields::default();
        fields.saw("id", giving(&json!("-_8AAQ"), &[0xfb, 0xff, 0, 1]));
        // Three bytes look the same in all four.
        fields.saw("raw-id", giving(&json!("AAAA"), &[0, 0, 0]));
        assert_eq!(fields.settle(), (Encoding::Base64Url, vec![]));
        fields.saw("raw-id", giving(&json!("+/8AAQ=="), &[0xfb, 0xff, 0, 1]));
        fields.saw("signature", giving(&json!("+/8AAQ=="), &[0xfb, 0xff, 0, 1]));
        assert_eq!(fields.settle(), (Encoding::Base64, vec![("id", Encoding::Base64Url)]));
    }
}
