//! The scenarios that are built in: one explicit list, in the catalogue's order (a test compares it with the folder).

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        pub(super) const FILES: &[(&str, &str)] = &[$((concat!("scenarios/", $name, ".toml"), include_str!(concat!("../../../scenarios/", $name, ".toml")))),*];
    };
}

files![
    "clean-ceremonies",
    "m0902-fingerprint-reset-biometric-only",
    "m0902-fingerprint-reset-excluded",
    "m0902-key-swapped-same-id",
    "m0902-unknown-credential",
    "m0902-challenge-expired-slow-finger",
    "m0902-native-origin",
    "m0902-uv-not-set",
    "m0902-be-flip-after-sync",
    "m0902-counter-restored",
    "m0902-wrong-ceremony-type",
    "m0902-challenge-of-another-session",
    "m0902-seven-causes",
    "interrupted-challenge-half",
    "interrupted-login-committed",
    "interrupted-registration-committed",
    "interrupted-registration-never-arrived",
    "interrupted-app-backgrounded",
    "interrupted-double-tap",
    "interrupted-key-unplugged",
    "registered-user-handle-reencoded",
    "registered-on-old-phone-migrated",
    "registered-support-reset-old-passkey",
    "sign-ins-that-must-be-refused",
    "registrations-that-must-be-refused",
    "malformed-answers",
    "short-signature",
    "registered-empty-extensions",
    "registered-unsolicited-extension",
    "registered-no-credential-manager",
    "registered-ghost-credential",
];
