//! The little DER that the extensions of attestation certificates need.

/// An element: tag, length, content.
pub(super) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    match u8::try_from(content.len()) {
        Ok(short) if short < 0x80 => bytes.push(short),
        _ => {
            let length = content.len().to_be_bytes();
            let significant: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
            // At most eight bytes of length, so this fits.
            bytes.push(0x80 | significant.len() as u8);
            bytes.extend(significant);
        }
    }
    bytes.extend_from_slice(content);
    bytes
}

/// A SEQUENCE of elements.
pub(super) fn sequence(elements: &[Vec<u8>]) -> Vec<u8> {
    element(0x30, &elements.concat())
}

/// A SET of elements, in DER's order: by their bytes.
pub(super) fn set(mut elements: Vec<Vec<u8>>) -> Vec<u8> {
    elements.sort();
    element(0x31, &elements.concat())
}

pub(super) fn octets(content: &[u8]) -> Vec<u8> {
    element(0x04, content)
}

/// An INTEGER that isn't negative.
pub(super) fn unsigned(number: u32) -> Vec<u8> {
    element(0x02, &minimal(number))
}

/// An ENUMERATED that isn't negative.
pub(super) fn enumerated(number: u32) -> Vec<u8> {
    element(0x0A, &minimal(number))
}

fn minimal(number: u32) -> Vec<u8> {
    let mut bytes: Vec<u8> = number.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
    if bytes.first().is_none_or(|first| *first >= 0x80) {
        bytes.insert(0, 0);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_integers_are_the_shortest() {
        assert_eq!(octets(&[7; 127])[..3], [4, 127, 7]);
        assert_eq!(octets(&[7; 128])[..4], [4, 0x81, 128, 7]);
        assert_eq!(octets(&[7; 256])[..5], [4, 0x82, 1, 0, 7]);
        assert_eq!(unsigned(0), [2, 1, 0]);
        assert_eq!(unsigned(128), [2, 2, 0, 128]);
        assert_eq!(unsigned(300), [2, 2, 1, 44]);
        assert_eq!(enumerated(1), [10, 1, 1]);
        assert_eq!(set(vec![unsigned(2), unsigned(1)]), [0x31, 6, 2, 1, 1, 2, 1, 2]);
        assert_eq!(sequence(&[unsigned(2), unsigned(1)]), [0x30, 6, 2, 1, 2, 2, 1, 1]);
    }
}
