//! Attestation statements before the verifiers of libraries that others wrote, with our root in their trust store: each format, and what is wrong.
//!
//! `FAULTKEY_BLESS=1 cargo test --test attestation_verifiers` writes the tables of `docs/attestation.md` anew; look at the difference before you
//! commit it. The environment is that of `tests/relying-parties/`: `cargo xtask test` makes it.

mod environment;

#[path = "attestation-verifiers/registrations.rs"]
mod registrations;
#[path = "attestation-verifiers/table.rs"]
mod table;
#[path = "attestation-verifiers/verifiers.rs"]
mod verifiers;

use faultkey_authenticator::attestation::AttestationFormat as Format;
use registrations::{Registration, SEED};
use verifiers::{Case, Verdict, Verifier};

/// Formats with the algorithms that matter: those that relying parties ask for, and some that they don't know. Not ML-DSA: whether
/// @simplewebauthn/server takes it depends on the version of Node.
const REGISTRATIONS: [(Format, &[i64]); 10] = [
    (Format::None, &[-7]),
    (Format::PackedSelf, &[-7, -257, -8, -35, -37, -9]),
    (Format::Packed, &[-7, -257, -8]),
    (Format::Enterprise, &[-7]),
    (Format::Tpm, &[-7, -257]),
    (Format::AndroidKey, &[-7]),
    (Format::AndroidSafetynet, &[-7]),
    (Format::FidoU2f, &[-7]),
    (Format::Apple, &[-7]),
    (Format::Compound, &[-7]),
];

/// What is wrong with a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    Root,
    Signature,
    Aaguid,
}

impl Wrong {
    const ALL: [Self; 3] = [Self::Root, Self::Signature, Self::Aaguid];

    const fn title(self) -> &'static str {
        match self {
            Self::Root => "another root trusted",
            Self::Signature => "a bit of the signature flipped",
            Self::Aaguid => "another AAGUID in the certificate",
        }
    }

    /// The wrong case; `None`: the format has no place for it.
    fn of(self, registration: &Registration) -> Option<Case> {
        let right = |registration| Case { registration, seed: SEED };
        match (self, registration.format) {
            (_, Format::None) | (Self::Root, Format::PackedSelf) => None,
            (Self::Root, _) => Some(Case { registration: registration.clone(), seed: SEED + 1 }),
            (Self::Signature, _) => Some(right(registration.flipped())),
            (Self::Aaguid, Format::Packed | Format::Enterprise) => Some(right(registration.with_another_model_in_the_certificate())),
            (Self::Aaguid, _) => None,
        }
    }
}

#[test]
fn each_format_is_verified_and_what_is_wrong_is_refused() {
    let made: Vec<Registration> = REGISTRATIONS
        .into_iter()
        .flat_map(|(format, algorithms)| algorithms.iter().map(move |algorithm| Registration::new(format, *algorithm)))
        .collect();
    let clean: Vec<Case> = made.iter().map(|registration| Case { registration: registration.clone(), seed: SEED }).collect();
    let wrong: Vec<(usize, Wrong, Case)> = made
        .iter()
        .enumerate()
        .flat_map(|(index, registration)| Wrong::ALL.into_iter().filter_map(move |wrong| Some((index, wrong, wrong.of(registration)?))))
        .collect();
    let (places, wrong): (Vec<(usize, Wrong)>, Vec<Case>) = wrong.into_iter().map(|(index, wrong, case)| ((index, wrong), case)).unzip();

    let mut accepted = Vec::new();
    let mut controls = Vec::new();
    for verifier in Verifier::ALL {
        let verdicts = verifier.verify(&clean);
        let refused = verifier.verify(&wrong);
        for ((index, wrong), verdict) in places.iter().zip(&refused) {
            // A statement that isn't read can't be found wrong. The metadata's roots are right whatever root is trusted besides.
            let is_read = verdicts[*index].is_ok();
            let is_looked_at = match (verifier, wrong) {
                (Verifier::PyWebauthn, Wrong::Aaguid) => false,
                (Verifier::SimpleWebAuthnMetadata, Wrong::Root) => {
                    matches!(made[*index].format, Format::FidoU2f | Format::Apple)
                }
                _ => true,
            };
            let what = format!("{verifier:?}: {} {}, {}", made[*index].format.name(), made[*index].algorithm, wrong.title());
            assert!(!is_read || verdict.is_err() == is_looked_at, "{what}: {verdict:?}");
        }
        accepted.push(verdicts);
        controls.push(refused);
    }
    // Each format but compound, which none of these libraries has, is verified by somebody, and every verifier takes what every relying party asks for first.
    for (index, registration) in made.iter().enumerate() {
        let by = accepted.iter().filter(|verdicts| verdicts[index].is_ok()).count();
        let is_common = registration.algorithm == -7 || registration.algorithm == -257;
        let is_had = registration.format != Format::Compound;
        assert!(
            !is_common || (by > 0) == is_had,
            "{} {}: {:?}",
            registration.format.name(),
            registration.algorithm,
            column(&accepted, index)
        );
    }
    for verdicts in &accepted {
        for (registration, verdict) in made.iter().zip(verdicts) {
            let is_basic = matches!(registration.format, Format::None | Format::PackedSelf | Format::Packed | Format::Enterprise);
            assert!(!is_basic || registration.algorithm != -7 || verdict.is_ok(), "{}: {verdict:?}", registration.format.name());
        }
    }
    table::hold(&made, &accepted, &places, &controls);
}

fn column(verdicts: &[Vec<Verdict>], index: usize) -> Vec<&Verdict> {
    verdicts.iter().map(|verdicts| &verdicts[index]).collect()
}
