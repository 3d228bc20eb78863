use ciborium::Value;

use super::CborError;
use super::write::canonical_key;

/// CTAP2.3 §8: at most four levels of maps and arrays.
const MAX_DEPTH: usize = 4;
/// Levels that the lenient reader follows, so that hostile bytes can't exhaust the stack.
const MAX_LENIENT_DEPTH: usize = 32;

/// Reads one value in CTAP2 canonical form that fills `bytes` to the end.
///
/// # Errors
/// What is not canonical, and at which byte.
pub fn read_strict(bytes: &[u8]) -> Result<Value, CborError> {
    let mut reader = Reader { bytes, at: 0, strict: true };
    let value = reader.value(0)?;
    if reader.at < bytes.len() {
        return reader.refuse(reader.at, "bytes after the end of the message");
    }
    Ok(value)
}

/// Reads one value from the front of `bytes` in any valid encoding; returns it with the bytes it took. For transcripts, and for parsing what
/// an RP or a faulty authenticator sent.
///
/// # Errors
/// Where the bytes stop being CBOR.
pub fn read_lenient(bytes: &[u8]) -> Result<(Value, usize), CborError> {
    let mut reader = Reader { bytes, at: 0, strict: false };
    let value = reader.value(0)?;
    Ok((value, reader.at))
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    strict: bool,
}

/// The argument of a head: a number, or "indefinite length".
enum Argument {
    Number(u64),
    Indefinite,
}

impl<'a> Reader<'a> {
    fn refuse<T>(&self, offset: usize, what: &'static str) -> Result<T, CborError> {
        Err(CborError { offset, what })
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], CborError> {
        let taken = self.at.checked_add(count).and_then(|end| self.bytes.get(self.at..end));
        let Some(taken) = taken else { return self.refuse(self.bytes.len(), "the message ends in the middle of an item") };
        self.at += count;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, CborError> {
        Ok(self.take(1)?.first().copied().unwrap_or_default())
    }

    /// Initial byte and argument: major type, additional information, argument.
    fn head(&mut self) -> Result<(u8, u8, Argument), CborError> {
        let start = self.at;
        let initial = self.byte()?;
        let (major, info) = (initial >> 5, initial & 0x1f);
        let length = match info {
            0..=23 => return Ok((major, info, Argument::Number(u64::from(info)))),
            24..=27 => 1_usize << (info - 24),
            31 => return Ok((major, info, Argument::Indefinite)),
            _ => return self.refuse(start, "reserved additional information"),
        };
        let number = self.take(length)?.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        let shortest = match length {
            1 => number >= 24,
            2 => number > 0xff,
            4 => number > 0xffff,
            _ => number > 0xffff_ffff,
        };
        if self.strict && major != 7 && !shortest {
            return self.refuse(start, "an integer or length that is not in its shortest form");
        }
        Ok((major, info, Argument::Number(number)))
    }

    fn value(&mut self, depth: usize) -> Result<Value, CborError> {
        let start = self.at;
        let (major, info, argument) = self.head()?;
        if matches!(major, 4 | 5) && depth >= if self.strict { MAX_DEPTH } else { MAX_LENIENT_DEPTH } {
            return self.refuse(start, if self.strict { "nested deeper than four levels" } else { "nested deeper than 32 levels" });
        }
        // Tags nest without being maps or arrays; count them too.
        if depth > MAX_LENIENT_DEPTH {
            return self.refuse(start, "nested deeper than 32 levels");
        }
        let number = match argument {
            Argument::Number(number) => number,
            Argument::Indefinite if self.strict && (2..=5).contains(&major) => return self.refuse(start, "indefinite length"),
            Argument::Indefinite => return self.indefinite(start, major, depth),
        };
        Ok(match major {
            0 => Value::from(number),
            // -1 - n always fits ciborium's integer, whose range is CBOR's.
            1 => match ciborium::value::Integer::try_from(-1 - i128::from(number)) {
                Ok(integer) => Value::Integer(integer),
                Err(_) => return self.refuse(start, "an integer out of range"),
            },
            2 => Value::Bytes(self.string(number)?.to_vec()),
            3 => Value::Text(self.text(start, number)?),
            4 => {
                let mut items = Vec::new();
                for _ in 0..number {
                    items.push(self.value(depth + 1)?);
                }
                Value::Array(items)
            }
            5 => {
                let mut pairs = Pairs::default();
                for _ in 0..number {
                    self.pair(&mut pairs, depth)?;
                }
                Value::Map(pairs.pairs)
            }
            6 if self.strict => return self.refuse(start, "a tag"),
            6 => Value::Tag(number, Box::new(self.value(depth + 1)?)),
            _ => self.simple(start, info, number)?,
        })
    }

    fn string(&mut self, length: u64) -> Result<&'a [u8], CborError> {
        self.take(usize::try_from(length).unwrap_or(usize::MAX))
    }

    fn text(&mut self, start: usize, length: u64) -> Result<String, CborError> {
        match std::str::from_utf8(self.string(length)?) {
            Ok(text) => Ok(text.to_owned()),
            Err(_) => self.refuse(start, "text that is not UTF-8"),
        }
    }

    fn pair(&mut self, pairs: &mut Pairs, depth: usize) -> Result<(), CborError> {
        let start = self.at;
        let key = self.value(depth + 1)?;
        if self.strict {
            let encoded = canonical_key(self.bytes.get(start..self.at).unwrap_or_default());
            match pairs.last_key.as_ref().map(|last| last.cmp(&encoded)) {
                Some(std::cmp::Ordering::Equal) => return self.refuse(start, "a map key for the second time"),
                Some(std::cmp::Ordering::Greater) => return self.refuse(start, "a map key out of canonical order"),
                _ => pairs.last_key = Some(encoded),
            }
        }
        let value = self.value(depth + 1)?;
        pairs.pairs.push((key, value));
        Ok(())
    }

    fn simple(&self, start: usize, info: u8, number: u64) -> Result<Value, CborError> {
        Ok(match (info, number) {
            (20, _) => Value::Bool(false),
            (21, _) => Value::Bool(true),
            (22, _) => Value::Null,
            // `Value` has no undefined; a transcript shows it as null.
            (23, _) if !self.strict => Value::Null,
            (23, _) => return self.refuse(start, "undefined"),
            (25, _) => Value::Float(half_to_f64(number as u16)),
            (26, _) => Value::Float(f64::from(f32::from_bits(number as u32))),
            (27, _) => Value::Float(f64::from_bits(number)),
            _ => return self.refuse(start, "an unassigned simple value"),
        })
    }

    /// An item of indefinite length; only the lenient reader comes here, but for a stray break.
    fn indefinite(&mut self, start: usize, major: u8, depth: usize) -> Result<Value, CborError> {
        match major {
            2 | 3 => {
                let mut content = Vec::new();
                while !self.at_break() {
                    let chunk = self.at;
                    match self.head()? {
                        (chunk_major, _, Argument::Number(length)) if chunk_major == major => {
                            content.extend_from_slice(self.string(length)?)
                        }
                        _ => return self.refuse(chunk, "a chunk that is not a string of the same type"),
                    }
                }
                if major == 2 {
                    return Ok(Value::Bytes(content));
                }
                String::from_utf8(content).map(Value::Text).or_else(|_| self.refuse(start, "text that is not UTF-8"))
            }
            4 => {
                let mut items = Vec::new();
                while !self.at_break() {
                    items.push(self.value(depth + 1)?);
                }
                Ok(Value::Array(items))
            }
            5 => {
                let mut pairs = Pairs::default();
                while !self.at_break() {
                    self.pair(&mut pairs, depth)?;
                }
                Ok(Value::Map(pairs.pairs))
            }
            7 => self.refuse(start, "a break outside an item of indefinite length"),
            _ => self.refuse(start, "reserved additional information"),
        }
    }

    /// Takes the break that ends an item of indefinite length, if it is next.
    fn at_break(&mut self) -> bool {
        let found = self.bytes.get(self.at) == Some(&0xff);
        self.at += usize::from(found);
        found
    }
}

/// The pairs of a map, and the key before the next one.
#[derive(Default)]
struct Pairs {
    pairs: Vec<(Value, Value)>,
    last_key: Option<(u8, usize, Vec<u8>)>,
}

/// IEEE 754 half precision (RFC 8949 appendix D).
fn half_to_f64(half: u16) -> f64 {
    let exponent = (half >> 10) & 0x1f;
    let mantissa = f64::from(half & 0x3ff);
    let magnitude = match exponent {
        0 => mantissa * 2_f64.powi(-24),
        31 if mantissa == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (mantissa + 1024.0) * 2_f64.powi(i32::from(exponent) - 25),
    };
    if half & 0x8000 == 0 { magnitude } else { -magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        data_encoding::HEXLOWER.decode(hex.as_bytes()).unwrap()
    }

    fn refusal(hex: &str) -> String {
        read_strict(&bytes(hex)).unwrap_err().to_string()
    }

    #[test]
    fn each_way_of_not_being_canonical_is_named_with_its_place() {
        for (hex, message) in [
            ("", "byte 0: the message ends in the middle of an item"),
            ("a101", "byte 2: the message ends in the middle of an item"),
            ("1817", "byte 0: an integer or length that is not in its shortest form"),
            ("a1190001f5", "byte 1: an integer or length that is not in its shortest form"),
            ("a1018201380a", "byte 4: an integer or length that is not in its shortest form"),
            ("a201f501f5", "byte 3: a map key for the second time"),
            ("a202f501f5", "byte 3: a map key out of canonical order"),
            ("a26161f501f5", "byte 4: a map key out of canonical order"),
            ("a2626161f56162f5", "byte 5: a map key out of canonical order"),
            ("bf01f5ff", "byte 0: indefinite length"),
            ("9f01ff", "byte 0: indefinite length"),
            ("5f4101ff", "byte 0: indefinite length"),
            ("7f6161ff", "byte 0: indefinite length"),
            ("a101f500", "byte 3: bytes after the end of the message"),
            ("8181818180", "byte 4: nested deeper than four levels"),
            ("c101", "byte 0: a tag"),
            ("a101f7", "byte 2: undefined"),
            ("f0", "byte 0: an unassigned simple value"),
            ("f820", "byte 0: an unassigned simple value"),
            ("61ff", "byte 0: text that is not UTF-8"),
            ("1c", "byte 0: reserved additional information"),
            ("ff", "byte 0: a break outside an item of indefinite length"),
            ("5bffffffffffffffff00", "byte 10: the message ends in the middle of an item"),
        ] {
            assert_eq!(refusal(hex), message, "{hex}");
        }
    }

    #[test]
    fn four_levels_and_the_largest_integers_are_read() {
        assert!(read_strict(&bytes("81818180")).is_ok());
        assert_eq!(read_strict(&bytes("1bffffffffffffffff")), Ok(Value::from(u64::MAX)));
        assert_eq!(read_strict(&bytes("3b7fffffffffffffff")), Ok(Value::from(i64::MIN)));
        assert!(read_strict(&bytes("3bffffffffffffffff")).is_ok());
    }

    #[test]
    fn floats_are_read_so_that_a_typed_member_can_refuse_them() {
        assert_eq!(read_strict(&bytes("f93e00")), Ok(Value::Float(1.5)));
        assert_eq!(read_strict(&bytes("f98001")), Ok(Value::Float(-(2_f64.powi(-24)))));
        assert_eq!(read_strict(&bytes("fa3fc00000")), Ok(Value::Float(1.5)));
        assert_eq!(read_strict(&bytes("fb3ff8000000000000")), Ok(Value::Float(1.5)));
        assert_eq!(read_strict(&bytes("f97c00")), Ok(Value::Float(f64::INFINITY)));
    }

    #[test]
    fn the_lenient_reader_takes_what_the_strict_one_refuses() {
        assert_eq!(read_lenient(&bytes("5f41014102ff00")), Ok((Value::Bytes(vec![1, 2]), 6)));
        assert_eq!(read_lenient(&bytes("7f6161ff")), Ok((Value::from("a"), 4)));
        assert_eq!(read_lenient(&bytes("9f01ff")), Ok((Value::Array(vec![Value::from(1)]), 3)));
        let twice = Value::Map(vec![(Value::from(1), Value::Null), (Value::from(1), Value::Null)]);
        assert_eq!(read_lenient(&bytes("bf01f601f7ff")), Ok((twice, 6)));
        assert_eq!(read_lenient(&bytes("c100")), Ok((Value::Tag(1, Box::new(Value::from(0))), 2)));
        assert_eq!(read_lenient(&bytes("190001")), Ok((Value::from(1), 3)));
    }

    #[test]
    fn the_lenient_reader_stops_at_what_is_not_cbor() {
        let refusal = |hex: &str| read_lenient(&bytes(hex)).unwrap_err().to_string();
        assert_eq!(refusal("9f01"), "byte 2: the message ends in the middle of an item");
        assert_eq!(refusal("5f6161ff"), "byte 1: a chunk that is not a string of the same type");
        assert_eq!(refusal(&"81".repeat(40)), "byte 32: nested deeper than 32 levels");
        assert_eq!(refusal(&"c1".repeat(40)), "byte 33: nested deeper than 32 levels");
    }
}
