//! CBOR: a strict reader (CTAP2.3 §8) and a writer that writes what it is given, in the order it is given.

mod read;
mod write;

use ciborium::Value;

pub use read::{read_lenient, read_strict};
pub use write::{sort, write};

/// CBOR that is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("byte {offset}: {what}")]
pub struct CborError {
    /// Where, counted from the start of the CBOR.
    pub offset: usize,
    /// What is wrong there.
    pub what: &'static str,
}

/// A map whose keys are integers, as CTAP messages and COSE keys have them; the pairs stay in the order given.
#[must_use]
pub fn int_map<const N: usize>(pairs: [(i64, Value); N]) -> Value {
    Value::Map(pairs.into_iter().map(|(key, value)| (Value::from(key), value)).collect())
}

/// A count or a size.
#[must_use]
pub fn count(count: usize) -> Value {
    Value::from(u64::try_from(count).unwrap_or(u64::MAX))
}

/// A map whose keys are text; the pairs stay in the order given.
#[must_use]
pub fn text_map<const N: usize>(pairs: [(&str, Value); N]) -> Value {
    Value::Map(pairs.into_iter().map(|(key, value)| (Value::from(key), value)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Any value that a canonical message may hold, at most four levels deep.
    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<bool>().prop_map(Value::from),
            Just(Value::Null),
            proptest::collection::vec(any::<u8>(), 0..40).prop_map(Value::Bytes),
            ".{0,20}".prop_map(Value::Text),
        ];
        leaf.prop_recursive(3, 24, 5, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
                proptest::collection::vec((any::<i32>().prop_map(Value::from), inner), 0..5).prop_map(Value::Map),
            ]
        })
    }

    /// Removes pairs whose key stood before.
    fn without_duplicates(value: Value) -> Value {
        match value {
            Value::Map(pairs) => {
                let mut kept: Vec<(Value, Value)> = Vec::new();
                for (key, value) in pairs {
                    if !kept.iter().any(|(k, _)| *k == key) {
                        kept.push((key, without_duplicates(value)));
                    }
                }
                Value::Map(kept)
            }
            Value::Array(items) => Value::Array(items.into_iter().map(without_duplicates).collect()),
            other => other,
        }
    }

    proptest! {
        #[test]
        fn what_is_sorted_and_written_reads_back_the_same(value in values()) {
            let mut value = without_duplicates(value);
            sort(&mut value);
            let bytes = write(&value);
            prop_assert_eq!(read_strict(&bytes), Ok(value.clone()));
            prop_assert_eq!(read_lenient(&bytes), Ok((value, bytes.len())));
        }

        #[test]
        fn reading_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let strict = read_strict(&bytes);
            let lenient = read_lenient(&bytes);
            // What the strict reader takes, the lenient one takes too, and writing it gives the same bytes (floats aside).
            if let Ok(value) = strict {
                prop_assert_eq!(lenient, Ok((value.clone(), bytes.len())));
                if !format!("{value:?}").contains("Float") {
                    prop_assert_eq!(write(&value), bytes);
                }
            }
        }

        #[test]
        fn what_ciborium_writes_is_read(value in values()) {
            let mut bytes = Vec::new();
            ciborium::into_writer(&value, &mut bytes).unwrap();
            prop_assert_eq!(write(&value), bytes.clone());
            prop_assert_eq!(read_lenient(&bytes), Ok((value, bytes.len())));
        }
    }
}
