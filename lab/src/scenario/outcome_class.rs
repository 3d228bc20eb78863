//! The outcome classes: what a good relying party does (catalogue §0.5).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum OutcomeClass {
    #[serde(rename = "O-OK")]
    Ok,
    #[serde(rename = "O-TOLERATE")]
    Tolerate,
    #[serde(rename = "O-SECURITY-REJECT")]
    SecurityReject,
    #[serde(rename = "O-KEY-MISMATCH")]
    KeyMismatch,
    #[serde(rename = "O-UNKNOWN-CRED")]
    UnknownCredential,
    #[serde(rename = "O-OPAQUE-CLIENT")]
    OpaqueClient,
    #[serde(rename = "O-RETRY-NEW-CHALLENGE")]
    RetryNewChallenge,
    #[serde(rename = "O-RECONCILE")]
    Reconcile,
    #[serde(rename = "O-ALREADY")]
    Already,
    #[serde(rename = "O-POLICY")]
    Policy,
    #[serde(rename = "O-UNSUPPORTED")]
    Unsupported,
    #[serde(rename = "O-RISK")]
    Risk,
}

impl OutcomeClass {
    pub const ALL: [OutcomeClass; 12] = [
        OutcomeClass::Ok,
        OutcomeClass::Tolerate,
        OutcomeClass::SecurityReject,
        OutcomeClass::KeyMismatch,
        OutcomeClass::UnknownCredential,
        OutcomeClass::OpaqueClient,
        OutcomeClass::RetryNewChallenge,
        OutcomeClass::Reconcile,
        OutcomeClass::Already,
        OutcomeClass::Policy,
        OutcomeClass::Unsupported,
        OutcomeClass::Risk,
    ];

    /// The name in scenario files and in the catalogue.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            OutcomeClass::Ok => "O-OK",
            OutcomeClass::Tolerate => "O-TOLERATE",
            OutcomeClass::SecurityReject => "O-SECURITY-REJECT",
            OutcomeClass::KeyMismatch => "O-KEY-MISMATCH",
            OutcomeClass::UnknownCredential => "O-UNKNOWN-CRED",
            OutcomeClass::OpaqueClient => "O-OPAQUE-CLIENT",
            OutcomeClass::RetryNewChallenge => "O-RETRY-NEW-CHALLENGE",
            OutcomeClass::Reconcile => "O-RECONCILE",
            OutcomeClass::Already => "O-ALREADY",
            OutcomeClass::Policy => "O-POLICY",
            OutcomeClass::Unsupported => "O-UNSUPPORTED",
            OutcomeClass::Risk => "O-RISK",
        }
    }

    /// Whether the relying party itself refuses: then the step says which rule demands that, or forbids it.
    #[must_use]
    pub const fn needs_rule(self) -> bool {
        matches!(
            self,
            OutcomeClass::Tolerate
                | OutcomeClass::SecurityReject
                | OutcomeClass::KeyMismatch
                | OutcomeClass::UnknownCredential
                | OutcomeClass::Policy
                | OutcomeClass::Risk
        )
    }
}
