//! Chance as an argument: every random byte comes from a generator that the caller seeded.

use rand::SeedableRng;
use sha2::{Digest, Sha256};

/// The generator that this project draws keys, identifiers, nonces, cut offsets and probabilities from.
pub type Random = rand_chacha::ChaCha20Rng;

/// The stream of chance called `purpose` of a run's one `seed`.
///
/// Streams are independent: drawing more from one does not shift another, so a fault's dice never change the keys.
#[must_use]
pub fn stream(seed: u64, purpose: &str) -> Random {
    let mut hash = Sha256::new();
    hash.update(seed.to_be_bytes());
    hash.update(purpose.as_bytes());
    Random::from_seed(hash.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    #[test]
    fn a_stream_depends_on_seed_and_purpose_only() {
        let draw = |seed, purpose| stream(seed, purpose).next_u64();
        assert_eq!(draw(7, "keys"), draw(7, "keys"));
        assert_ne!(draw(7, "keys"), draw(8, "keys"));
        assert_ne!(draw(7, "keys"), draw(7, "faults"));
    }
}
