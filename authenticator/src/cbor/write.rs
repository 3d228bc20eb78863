use ciborium::Value;

/// Writes `value` with the shortest integers and lengths, map pairs in the order they stand.
#[must_use]
pub fn write(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_to(&mut bytes, value);
    bytes
}

/// Sorts the pairs of every map in `value` into CTAP2 canonical order (CTAP2.3 §8): major type, then length, then bytes of the key.
pub fn sort(value: &mut Value) {
    match value {
        Value::Map(pairs) => {
            for (key, value) in pairs.iter_mut() {
                sort(key);
                sort(value);
            }
            pairs.sort_by_cached_key(|(key, _)| canonical_key(&write(key)));
        }
        Value::Array(items) => items.iter_mut().for_each(sort),
        Value::Tag(_, inner) => sort(inner),
        _ => {}
    }
}

/// What canonical order compares: the major type of an encoded key, its length, its bytes.
pub(super) fn canonical_key(encoded: &[u8]) -> (u8, usize, Vec<u8>) {
    (encoded.first().map_or(0, |byte| byte >> 5), encoded.len(), encoded.to_vec())
}

fn write_to(bytes: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Integer(integer) => {
            let integer = i128::from(*integer);
            // CBOR integers end at 2^64 - 1 on both sides, and so does ciborium's type.
            if integer < 0 {
                head(bytes, 1, u64::try_from(-1 - integer).unwrap_or(u64::MAX));
            } else {
                head(bytes, 0, u64::try_from(integer).unwrap_or(u64::MAX));
            }
        }
        Value::Bytes(content) => {
            head(bytes, 2, content.len() as u64);
            bytes.extend_from_slice(content);
        }
        Value::Text(content) => {
            head(bytes, 3, content.len() as u64);
            bytes.extend_from_slice(content.as_bytes());
        }
        Value::Array(items) => {
            head(bytes, 4, items.len() as u64);
            items.iter().for_each(|item| write_to(bytes, item));
        }
        Value::Map(pairs) => {
            head(bytes, 5, pairs.len() as u64);
            for (key, value) in pairs {
                write_to(bytes, key);
                write_to(bytes, value);
            }
        }
        Value::Tag(tag, inner) => {
            head(bytes, 6, *tag);
            write_to(bytes, inner);
        }
        Value::Bool(false) => bytes.push(0xf4),
        Value::Bool(true) => bytes.push(0xf5),
        Value::Float(float) => {
            bytes.push(0xfb);
            bytes.extend_from_slice(&float.to_be_bytes());
        }
        // `Value` may grow; what it has beside the above is null.
        _ => bytes.push(0xf6),
    }
}

fn head(bytes: &mut Vec<u8>, major: u8, argument: u64) {
    let major = major << 5;
    if argument < 24 {
        bytes.push(major | argument as u8);
    } else if let Ok(short) = u8::try_from(argument) {
        bytes.extend([major | 24, short]);
    } else if let Ok(short) = u16::try_from(argument) {
        bytes.push(major | 25);
        bytes.extend(short.to_be_bytes());
    } else if let Ok(short) = u32::try_from(argument) {
        bytes.push(major | 26);
        bytes.extend(short.to_be_bytes());
    } else {
        bytes.push(major | 27);
        bytes.extend(argument.to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_integers_are_the_shortest() {
        let hex = |value: Value| data_encoding::HEXLOWER.encode(&write(&value));
        assert_eq!(hex(Value::from(23)), "17");
        assert_eq!(hex(Value::from(24)), "1818");
        assert_eq!(hex(Value::from(-257)), "390100");
        assert_eq!(hex(Value::from(65_536)), "1a00010000");
        assert_eq!(hex(Value::from(u64::MAX)), "1bffffffffffffffff");
        assert_eq!(hex(Value::from(i64::MIN)), "3b7fffffffffffffff");
        assert_eq!(hex(Value::Null), "f6");
        assert_eq!(hex(Value::Float(1.5)), "fb3ff8000000000000");
        assert_eq!(hex(Value::Tag(1, Box::new(Value::from("a")))), "c16161");
        assert_eq!(hex(Value::Bytes(vec![0; 256]))[..6], *"590100");
    }

    #[test]
    fn pairs_stay_in_the_order_given_duplicates_too() {
        let pair = |key: i64| (Value::from(key), Value::from(true));
        assert_eq!(write(&Value::Map(vec![pair(2), pair(1), pair(1)])), [0xa3, 0x02, 0xf5, 0x01, 0xf5, 0x01, 0xf5]);
    }

    #[test]
    fn sorts_by_major_type_then_length_then_bytes_at_every_level() {
        let mut value = Value::Map(vec![
            (Value::from("b"), Value::from(1)),
            (Value::from("aa"), Value::from(1)),
            (Value::from(-1), Value::from(1)),
            (Value::from("a"), Value::Array(vec![Value::Map(vec![(Value::from(2), Value::Null), (Value::from(1), Value::Null)])])),
            (Value::from(24), Value::from(1)),
            (Value::from(10), Value::from(1)),
        ]);
        sort(&mut value);
        assert_eq!(
            data_encoding::HEXLOWER.encode(&write(&value)),
            "a60a0118180120016161".to_owned() + "81a201f602f6" + "616201" + "62616101"
        );
    }
}
