//! What pinComplexityPolicy asks of a PIN on this authenticator (CTAP2.3 §6.4 member 0x1B leaves it to the maker).

use std::collections::BTreeSet;

/// At least three different characters, and not one run up or down such as 123456 or fedcba.
pub(crate) fn is_complex(pin: &str) -> bool {
    let characters: Vec<u32> = pin.chars().map(u32::from).collect();
    let different: BTreeSet<&u32> = characters.iter().collect();
    let is_run = |step: i64| characters.windows(2).all(|pair| matches!(pair, [a, b] if i64::from(*b) - i64::from(*a) == step));
    different.len() >= 3 && !is_run(1) && !is_run(-1)
}

#[cfg(test)]
mod tests {
    use super::is_complex;

    #[test]
    fn repetitions_and_runs_are_too_simple() {
        for simple in ["1111", "1212", "123456", "fedcba", "いいいい", ""] {
            assert!(!is_complex(simple), "{simple}");
        }
        for complex in ["1243", "12346", "correct horse", "1357"] {
            assert!(is_complex(complex), "{complex}");
        }
    }
}
