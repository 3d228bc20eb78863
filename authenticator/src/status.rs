//! CTAP status codes (CTAP2.3 §8.2). Numbers are checked against ctap-types in a test.

/// The first byte of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Status {
    Ok = 0x00,
    InvalidCommand = 0x01,
    InvalidParameter = 0x02,
    InvalidLength = 0x03,
    InvalidSeq = 0x04,
    CborUnexpectedType = 0x11,
    InvalidCbor = 0x12,
    MissingParameter = 0x14,
    LimitExceeded = 0x15,
    FpDatabaseFull = 0x17,
    LargeBlobStorageFull = 0x18,
    CredentialExcluded = 0x19,
    Processing = 0x21,
    InvalidCredential = 0x22,
    UserActionPending = 0x23,
    OperationPending = 0x24,
    NoOperations = 0x25,
    UnsupportedAlgorithm = 0x26,
    OperationDenied = 0x27,
    KeyStoreFull = 0x28,
    UnsupportedOption = 0x2B,
    InvalidOption = 0x2C,
    KeepaliveCancel = 0x2D,
    NoCredentials = 0x2E,
    UserActionTimeout = 0x2F,
    NotAllowed = 0x30,
    PinInvalid = 0x31,
    PinBlocked = 0x32,
    PinAuthInvalid = 0x33,
    PinAuthBlocked = 0x34,
    PinNotSet = 0x35,
    PuatRequired = 0x36,
    PinPolicyViolation = 0x37,
    RequestTooLarge = 0x39,
    ActionTimeout = 0x3A,
    UpRequired = 0x3B,
    UvBlocked = 0x3C,
    IntegrityFailure = 0x3D,
    InvalidSubcommand = 0x3E,
    UvInvalid = 0x3F,
    UnauthorizedPermission = 0x40,
    Other = 0x7F,
}

impl Status {
    /// The byte on the wire.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// Every status with the specification's name, in the order of their codes.
    pub const ALL: [(Status, &'static str); 42] = [
        (Status::Ok, "CTAP2_OK"),
        (Status::InvalidCommand, "CTAP1_ERR_INVALID_COMMAND"),
        (Status::InvalidParameter, "CTAP1_ERR_INVALID_PARAMETER"),
        (Status::InvalidLength, "CTAP1_ERR_INVALID_LENGTH"),
        (Status::InvalidSeq, "CTAP1_ERR_INVALID_SEQ"),
        (Status::CborUnexpectedType, "CTAP2_ERR_CBOR_UNEXPECTED_TYPE"),
        (Status::InvalidCbor, "CTAP2_ERR_INVALID_CBOR"),
        (Status::MissingParameter, "CTAP2_ERR_MISSING_PARAMETER"),
        (Status::LimitExceeded, "CTAP2_ERR_LIMIT_EXCEEDED"),
        (Status::FpDatabaseFull, "CTAP2_ERR_FP_DATABASE_FULL"),
        (Status::LargeBlobStorageFull, "CTAP2_ERR_LARGE_BLOB_STORAGE_FULL"),
        (Status::CredentialExcluded, "CTAP2_ERR_CREDENTIAL_EXCLUDED"),
        (Status::Processing, "CTAP2_ERR_PROCESSING"),
        (Status::InvalidCredential, "CTAP2_ERR_INVALID_CREDENTIAL"),
        (Status::UserActionPending, "CTAP2_ERR_USER_ACTION_PENDING"),
        (Status::OperationPending, "CTAP2_ERR_OPERATION_PENDING"),
        (Status::NoOperations, "CTAP2_ERR_NO_OPERATIONS"),
        (Status::UnsupportedAlgorithm, "CTAP2_ERR_UNSUPPORTED_ALGORITHM"),
        (Status::OperationDenied, "CTAP2_ERR_OPERATION_DENIED"),
        (Status::KeyStoreFull, "CTAP2_ERR_KEY_STORE_FULL"),
        (Status::UnsupportedOption, "CTAP2_ERR_UNSUPPORTED_OPTION"),
        (Status::InvalidOption, "CTAP2_ERR_INVALID_OPTION"),
        (Status::KeepaliveCancel, "CTAP2_ERR_KEEPALIVE_CANCEL"),
        (Status::NoCredentials, "CTAP2_ERR_NO_CREDENTIALS"),
        (Status::UserActionTimeout, "CTAP2_ERR_USER_ACTION_TIMEOUT"),
        (Status::NotAllowed, "CTAP2_ERR_NOT_ALLOWED"),
        (Status::PinInvalid, "CTAP2_ERR_PIN_INVALID"),
        (Status::PinBlocked, "CTAP2_ERR_PIN_BLOCKED"),
        (Status::PinAuthInvalid, "CTAP2_ERR_PIN_AUTH_INVALID"),
        (Status::PinAuthBlocked, "CTAP2_ERR_PIN_AUTH_BLOCKED"),
        (Status::PinNotSet, "CTAP2_ERR_PIN_NOT_SET"),
        (Status::PuatRequired, "CTAP2_ERR_PUAT_REQUIRED"),
        (Status::PinPolicyViolation, "CTAP2_ERR_PIN_POLICY_VIOLATION"),
        (Status::RequestTooLarge, "CTAP2_ERR_REQUEST_TOO_LARGE"),
        (Status::ActionTimeout, "CTAP2_ERR_ACTION_TIMEOUT"),
        (Status::UpRequired, "CTAP2_ERR_UP_REQUIRED"),
        (Status::UvBlocked, "CTAP2_ERR_UV_BLOCKED"),
        (Status::IntegrityFailure, "CTAP2_ERR_INTEGRITY_FAILURE"),
        (Status::InvalidSubcommand, "CTAP2_ERR_INVALID_SUBCOMMAND"),
        (Status::UvInvalid, "CTAP2_ERR_UV_INVALID"),
        (Status::UnauthorizedPermission, "CTAP2_ERR_UNAUTHORIZED_PERMISSION"),
        (Status::Other, "CTAP1_ERR_OTHER"),
    ];

    /// The status with this code, if the specification names one.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.iter().map(|(status, _)| *status).find(|status| status.code() == code)
    }

    /// The specification's name, e.g. `CTAP2_ERR_NO_CREDENTIALS`.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(status, _)| *status == self).map_or("", |(_, name)| name)
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (0x{:02X})", self.name(), self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_go_both_ways() {
        for (status, name) in Status::ALL {
            assert_eq!(Status::from_code(status.code()), Some(status));
            assert_eq!(status.name(), name);
        }
        assert!(Status::ALL.is_sorted_by_key(|(status, _)| status.code()));
        assert_eq!(Status::from_code(0x13), None);
        assert_eq!(Status::NoCredentials.to_string(), "CTAP2_ERR_NO_CREDENTIALS (0x2E)");
    }
}
