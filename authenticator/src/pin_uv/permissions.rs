//! What a pinUvAuthToken may be used for (CTAP2.3 §6.5.5.7).

/// A set of permissions, as one byte in messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Permissions(pub u8);

impl Permissions {
    pub const NONE: Self = Self(0);
    /// `mc`: makeCredential.
    pub const MAKE_CREDENTIAL: Self = Self(0x01);
    /// `ga`: getAssertion.
    pub const GET_ASSERTION: Self = Self(0x02);
    /// `cm`: credentialManagement.
    pub const CREDENTIAL_MANAGEMENT: Self = Self(0x04);
    /// `be`: bioEnrollment.
    pub const BIO_ENROLLMENT: Self = Self(0x08);
    /// `lbw`: writing large blobs.
    pub const LARGE_BLOB_WRITE: Self = Self(0x10);
    /// `acfg`: authenticatorConfig.
    pub const AUTHENTICATOR_CONFIG: Self = Self(0x20);
    /// `pcmr`: reading in credentialManagement, with the persistent token.
    pub const PERSISTENT_CREDENTIAL_MANAGEMENT_READ: Self = Self(0x40);

    /// The prototypes of CTAP 2.1's drafts, and CTAP 2.0, are older than permissions: whatever the token of a PIN has will do, but not the
    /// persistent token.
    pub const WHATEVER_A_PIN_GIVES: Self = Self(Self::KNOWN.0 & !Self::PERSISTENT_CREDENTIAL_MANAGEMENT_READ.0);

    /// Those that have a name.
    pub const KNOWN: Self = Self(0x7F);

    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those of `self` that `other` has too.
    #[must_use]
    pub const fn of(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Any of `other`.
    #[must_use]
    pub const fn has_any(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}
