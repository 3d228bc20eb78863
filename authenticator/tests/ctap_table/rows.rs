//! What the table says, row by row.

/// One thing of the specification.
pub struct Row {
    pub kind: Kind,
    /// Its number on the wire, if it has one: of the command, subcommand, member, algorithm or permission.
    pub number: Option<i64>,
    pub name: &'static str,
    /// The specification that has it first.
    pub since: &'static str,
    /// Under `authenticator/src`.
    pub file: &'static str,
    /// Files under the project's folder, and the tests in them.
    pub tests: &'static [(&'static str, &'static str)],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Command,
    ClientPin,
    CredentialManagement,
    BioEnrollment,
    AuthenticatorConfig,
    Ctap1,
    Permission,
    Information,
    Extension,
    Algorithm,
    Format,
}

impl Kind {
    pub const ALL: [Self; 11] = [
        Self::Command,
        Self::ClientPin,
        Self::CredentialManagement,
        Self::BioEnrollment,
        Self::AuthenticatorConfig,
        Self::Ctap1,
        Self::Permission,
        Self::Information,
        Self::Extension,
        Self::Algorithm,
        Self::Format,
    ];

    pub fn title(self) -> &'static str {
        match self {
            Self::Command => "Commands",
            Self::ClientPin => "Subcommands of authenticatorClientPIN",
            Self::CredentialManagement => "Subcommands of authenticatorCredentialManagement",
            Self::BioEnrollment => "Subcommands of authenticatorBioEnrollment",
            Self::AuthenticatorConfig => "Subcommands of authenticatorConfig",
            Self::Ctap1 => "Instructions of CTAP1/U2F",
            Self::Permission => "Permissions of a pinUvAuthToken",
            Self::Information => "Members of authenticatorGetInfo",
            Self::Extension => "Extensions",
            Self::Algorithm => "Algorithms",
            Self::Format => "Attestation statement formats",
        }
    }
}

const GA: &str = "authenticator/src/command/get_assertion/tests.rs";
const PIN: &str = "authenticator/src/command/client_pin/tests.rs";
const CRED: &str = "authenticator/src/command/credential_management/tests.rs";
const BIO: &str = "authenticator/src/command/bio_enrollment/tests.rs";
const BLOB: &str = "authenticator/src/command/large_blobs/tests.rs";
const CONFIG: &str = "authenticator/src/command/authenticator_config/tests.rs";
const U2F: &str = "authenticator/src/ctap1/tests.rs";
const EXT: &str = "authenticator/src/extension/tests.rs";
const HMAC: &str = "authenticator/src/extension/hmac_secret/tests.rs";
const ALG: &str = "authenticator/src/algorithm/tests.rs";
const ATT: &str = "authenticator/src/attestation/tests.rs";
const TABLE: &str = "authenticator/src/command/option_table.rs";
const REPLIES: &str = "authenticator/src/command/ctap_types_oracle.rs";
const ORACLE: &str = "authenticator/tests/ctap_types_oracle.rs";
const VECTORS: &str = "authenticator/tests/w3c_vectors.rs";
const PY_PIN: &str = "tests/clients/python_fido2/test_client_pin.py";
const PY_COMMANDS: &str = "tests/clients/python_fido2/test_commands.py";
const PY_MANAGEMENT: &str = "tests/clients/python_fido2/test_management.py";
const PY_U2F: &str = "tests/clients/python_fido2/test_u2f.py";
const INFO: &str = "authenticator/src/command/get_info.rs";

const V1: &str = "U2F 1.0";
const V20: &str = "CTAP 2.0";
const PRE: &str = "CTAP 2.1 preview";
const V21: &str = "CTAP 2.1";
const V22: &str = "CTAP 2.2";
const V23: &str = "CTAP 2.3";
const W1: &str = "WebAuthn 1";
const W2: &str = "WebAuthn 2";
const W3: &str = "WebAuthn 3";
const RFC8152: &str = "RFC 8152";
const RFC8230: &str = "RFC 8230";
const RFC8812: &str = "RFC 8812";
const RFC9864: &str = "RFC 9864";
const ML_DSA: &str = "RFC 9881 / COSE";

const fn row(
    kind: Kind,
    number: i64,
    name: &'static str,
    since: &'static str,
    file: &'static str,
    tests: &'static [(&'static str, &'static str)],
) -> Row {
    Row { kind, number: Some(number), name, since, file, tests }
}

const fn named(
    kind: Kind,
    name: &'static str,
    since: &'static str,
    file: &'static str,
    tests: &'static [(&'static str, &'static str)],
) -> Row {
    Row { kind, number: None, name, since, file, tests }
}

use Kind::{
    Algorithm, AuthenticatorConfig, BioEnrollment, ClientPin, Command, CredentialManagement, Ctap1, Extension, Format, Information,
    Permission,
};

pub const ROWS: &[Row] = &[
    row(
        Command,
        0x01,
        "authenticatorMakeCredential",
        V20,
        "command/make_credential.rs",
        &[(TABLE, "make_credential_keeps_the_algorithm_in_every_combination"), (VECTORS, "every_ceremony_is_the_vectors_bit_for_bit")],
    ),
    row(
        Command,
        0x02,
        "authenticatorGetAssertion",
        V20,
        "command/get_assertion.rs",
        &[(TABLE, "get_assertion_keeps_the_algorithm_in_every_combination"), (VECTORS, "every_ceremony_is_the_vectors_bit_for_bit")],
    ),
    row(
        Command,
        0x04,
        "authenticatorGetInfo",
        V20,
        "command/get_info.rs",
        &[(INFO, "a_security_key_says_what_it_is"), (ORACLE, "get_info_decodes"), (PY_COMMANDS, "test_get_info")],
    ),
    row(
        Command,
        0x06,
        "authenticatorClientPIN",
        V20,
        "command/client_pin.rs",
        &[(PIN, "a_pin_is_set_once_with_either_protocol_and_then_changed"), (PY_PIN, "test_a_pin_is_set_once_and_then_changed")],
    ),
    row(
        Command,
        0x07,
        "authenticatorReset",
        V20,
        "command/reset.rs",
        &[
            ("authenticator/src/command/reset.rs", "a_reset_erases_everything_after_a_touch"),
            (PY_COMMANDS, "test_reset_erases_after_power_up"),
        ],
    ),
    row(
        Command,
        0x08,
        "authenticatorGetNextAssertion",
        V20,
        "command/get_next_assertion.rs",
        &[
            (GA, "the_next_assertion_lives_thirty_seconds_from_the_last_and_dies_with_any_other_command"),
            (PY_COMMANDS, "test_next_assertions_are_of_the_accounts_newest_first"),
        ],
    ),
    row(
        Command,
        0x09,
        "authenticatorBioEnrollment",
        V21,
        "command/bio_enrollment.rs",
        &[
            (BIO, "a_finger_is_enrolled_by_its_samples_and_verifies_from_then_on"),
            (PY_MANAGEMENT, "test_a_finger_is_enrolled_named_and_removed"),
        ],
    ),
    row(
        Command,
        0x0A,
        "authenticatorCredentialManagement",
        V21,
        "command/credential_management.rs",
        &[(CRED, "credentials_are_told_one_by_one_with_what_extensions_keep"), (PY_MANAGEMENT, "test_what_is_on_the_key_is_listed")],
    ),
    row(
        Command,
        0x0B,
        "authenticatorSelection",
        V21,
        "command/selection.rs",
        &[("authenticator/src/command/selection.rs", "a_touch_selects_and_anything_else_does_not"), (PY_COMMANDS, "test_selection")],
    ),
    row(
        Command,
        0x0C,
        "authenticatorLargeBlobs",
        V21,
        "command/large_blobs.rs",
        &[(BLOB, "an_array_is_written_in_fragments_and_kept"), (PY_MANAGEMENT, "test_a_blob_is_written_read_and_deleted")],
    ),
    row(
        Command,
        0x0D,
        "authenticatorConfig",
        V21,
        "command/authenticator_config.rs",
        &[(CONFIG, "a_protected_key_asks_for_a_token_with_acfg_over_this_very_request"), (PY_MANAGEMENT, "test_always_uv_is_switched")],
    ),
    row(
        Command,
        0x40,
        "authenticatorBioEnrollment, the prototype",
        PRE,
        "command/bio_enrollment.rs",
        &[(BIO, "the_prototype_takes_a_plain_pin_token")],
    ),
    row(
        Command,
        0x41,
        "authenticatorCredentialManagement, the prototype",
        PRE,
        "command/credential_management.rs",
        &[(CRED, "the_prototype_takes_a_plain_pin_token_and_renames_nobody")],
    ),
    row(
        Command,
        0xBF,
        "the vendor's range (here 0xBF), by configuration",
        V20,
        "command/vendor.rs",
        &[("authenticator/src/command/vendor.rs", "a_configured_command_answers_and_no_other")],
    ),
    row(
        ClientPin,
        0x01,
        "getPINRetries",
        V20,
        "command/client_pin.rs",
        &[(PIN, "three_wrong_pins_need_power_and_eight_are_the_end"), (REPLIES, "replies_of_client_pin_decode")],
    ),
    row(
        ClientPin,
        0x02,
        "getKeyAgreement",
        V20,
        "command/client_pin.rs",
        &[
            (PIN, "a_wrong_pin_changes_the_key_agreement"),
            ("authenticator/src/pin_uv/tests.rs", "key_agreement_gives_the_shared_secret_of_the_vectors"),
        ],
    ),
    row(
        ClientPin,
        0x03,
        "setPIN",
        V20,
        "command/client_pin/pin.rs",
        &[
            (PIN, "a_pin_is_set_once_with_either_protocol_and_then_changed"),
            (PIN, "a_new_pin_must_keep_the_rules_of_length_form_and_complexity"),
        ],
    ),
    row(
        ClientPin,
        0x04,
        "changePIN",
        V20,
        "command/client_pin/pin.rs",
        &[(PIN, "a_pin_is_set_once_with_either_protocol_and_then_changed"), (PIN, "no_pin_is_compared_before_its_try_is_durable")],
    ),
    row(
        ClientPin,
        0x05,
        "getPinToken",
        V20,
        "command/client_pin/token.rs",
        &[
            (PIN, "the_superseded_token_is_good_for_both_ceremonies_and_takes_no_permissions"),
            (PY_PIN, "test_a_token_of_ctap_2_0_makes_and_gets"),
        ],
    ),
    row(
        ClientPin,
        0x06,
        "getPinUvAuthTokenUsingUvWithPermissions",
        V21,
        "command/client_pin/token.rs",
        &[(PIN, "a_finger_gives_a_token_that_stands_for_presence_too"), (PY_PIN, "test_a_finger_gives_a_token")],
    ),
    row(
        ClientPin,
        0x07,
        "getUVRetries",
        V21,
        "command/client_pin.rs",
        &[
            (PIN, "five_wrong_fingers_block_and_the_pin_brings_them_back"),
            (PY_PIN, "test_a_wrong_finger_gives_none_and_uses_up_its_retries"),
        ],
    ),
    row(
        ClientPin,
        0x09,
        "getPinUvAuthTokenUsingPinWithPermissions",
        V21,
        "command/client_pin/token.rs",
        &[
            (PIN, "a_token_is_bound_to_its_relying_party_its_permissions_and_its_protocol"),
            (PY_PIN, "test_a_token_does_what_it_permits_and_nothing_else"),
        ],
    ),
    row(
        CredentialManagement,
        0x01,
        "getCredsMetadata",
        V21,
        "command/credential_management.rs",
        &[(CRED, "metadata_counts_discoverable_credentials_and_the_room_left"), (REPLIES, "replies_of_credential_management_decode")],
    ),
    row(
        CredentialManagement,
        0x02,
        "enumerateRPsBegin",
        V21,
        "command/credential_management.rs",
        &[(CRED, "relying_parties_are_told_one_by_one")],
    ),
    row(
        CredentialManagement,
        0x03,
        "enumerateRPsGetNextRP",
        V21,
        "command/credential_management.rs",
        &[(CRED, "relying_parties_are_told_one_by_one"), (CRED, "an_enumeration_is_lost_after_another_command_half_a_minute_and_power")],
    ),
    row(
        CredentialManagement,
        0x04,
        "enumerateCredentialsBegin",
        V21,
        "command/credential_management.rs",
        &[(CRED, "credentials_are_told_one_by_one_with_what_extensions_keep")],
    ),
    row(
        CredentialManagement,
        0x05,
        "enumerateCredentialsGetNextCredential",
        V21,
        "command/credential_management.rs",
        &[(CRED, "credentials_are_told_one_by_one_with_what_extensions_keep"), (CRED, "a_credential_that_went_in_between_is_not_told")],
    ),
    row(
        CredentialManagement,
        0x06,
        "deleteCredential",
        V21,
        "command/credential_management.rs",
        &[(CRED, "a_credential_is_deleted_durably_and_room_comes_back"), (PY_MANAGEMENT, "test_a_credential_is_deleted")],
    ),
    row(
        CredentialManagement,
        0x07,
        "updateUserInformation",
        V21,
        "command/credential_management.rs",
        &[(CRED, "names_are_replaced_and_absent_or_empty_ones_removed"), (PY_MANAGEMENT, "test_a_user_is_renamed")],
    ),
    row(
        BioEnrollment,
        0x01,
        "enrollBegin",
        V21,
        "command/bio_enrollment.rs",
        &[(BIO, "a_finger_is_enrolled_by_its_samples_and_verifies_from_then_on")],
    ),
    row(
        BioEnrollment,
        0x02,
        "enrollCaptureNextSample",
        V21,
        "command/bio_enrollment.rs",
        &[(BIO, "a_finger_is_enrolled_by_its_samples_and_verifies_from_then_on"), (BIO, "a_sample_has_the_platforms_time_or_the_devices")],
    ),
    row(
        BioEnrollment,
        0x03,
        "cancelCurrentEnrollment",
        V21,
        "command/bio_enrollment.rs",
        &[(BIO, "an_enrolment_is_cancelled_or_given_up_for_another")],
    ),
    row(
        BioEnrollment,
        0x04,
        "enumerateEnrollments",
        V21,
        "command/bio_enrollment.rs",
        &[(BIO, "what_is_enrolled_is_kept_renamed_and_removed")],
    ),
    row(BioEnrollment, 0x05, "setFriendlyName", V21, "command/bio_enrollment.rs", &[(BIO, "what_is_enrolled_is_kept_renamed_and_removed")]),
    row(
        BioEnrollment,
        0x06,
        "removeEnrollment",
        V21,
        "command/bio_enrollment.rs",
        &[(BIO, "what_is_enrolled_is_kept_renamed_and_removed")],
    ),
    row(
        BioEnrollment,
        0x07,
        "getFingerprintSensorInfo",
        V21,
        "command/bio_enrollment.rs",
        &[(BIO, "modality_and_sensor_are_told_without_a_token")],
    ),
    row(
        AuthenticatorConfig,
        0x01,
        "enableEnterpriseAttestation",
        V21,
        "command/authenticator_config.rs",
        &[(CONFIG, "enterprise_attestation_is_enabled_until_a_reset"), (PY_MANAGEMENT, "test_enterprise_attestation_is_enabled")],
    ),
    row(
        AuthenticatorConfig,
        0x02,
        "toggleAlwaysUv",
        V21,
        "command/authenticator_config.rs",
        &[(CONFIG, "always_uv_goes_on_and_off_and_is_obeyed"), (PY_MANAGEMENT, "test_always_uv_is_switched")],
    ),
    row(
        AuthenticatorConfig,
        0x03,
        "setMinPINLength",
        V21,
        "command/authenticator_config.rs",
        &[
            (CONFIG, "the_minimum_length_rises_and_never_falls"),
            (CONFIG, "a_change_is_forced_only_on_a_pin_that_is_set"),
            (PY_MANAGEMENT, "test_a_longer_pin_is_demanded"),
        ],
    ),
    row(
        AuthenticatorConfig,
        0x04,
        "enableLongTouchForReset",
        V22,
        "command/authenticator_config.rs",
        &[(CONFIG, "a_long_touch_for_reset_is_asked_once_enabled")],
    ),
    row(
        AuthenticatorConfig,
        0xFF,
        "vendorPrototype",
        V21,
        "command/authenticator_config.rs",
        &[(CONFIG, "vendor_commands_are_known_by_number")],
    ),
    row(
        Ctap1,
        0x01,
        "U2F_REGISTER",
        V1,
        "ctap1.rs",
        &[
            (U2F, "a_registration_is_signed_by_the_key_of_its_certificate_and_kept"),
            (U2F, "replies_are_byte_for_byte_what_ctap_types_writes"),
            (PY_U2F, "test_register_and_authenticate"),
        ],
    ),
    row(
        Ctap1,
        0x02,
        "U2F_AUTHENTICATE: check only, enforce, don't enforce",
        V1,
        "ctap1.rs",
        &[(U2F, "authentication_enforces_a_touch_or_does_not_and_counts"), (PY_U2F, "test_check_only_and_key_handles_that_are_unknown")],
    ),
    row(
        Ctap1,
        0x03,
        "U2F_VERSION",
        V1,
        "ctap1.rs",
        &[(U2F, "version_is_answered_in_short_and_extended_framing"), (PY_U2F, "test_the_capabilities_and_the_version_say_so")],
    ),
    row(
        Permission,
        0x01,
        "mc: makeCredential",
        V21,
        "pin_uv/permissions.rs",
        &[(PIN, "a_token_is_bound_to_its_relying_party_its_permissions_and_its_protocol")],
    ),
    row(
        Permission,
        0x02,
        "ga: getAssertion",
        V21,
        "pin_uv/permissions.rs",
        &[(PIN, "a_token_is_bound_to_its_relying_party_its_permissions_and_its_protocol")],
    ),
    row(
        Permission,
        0x04,
        "cm: credential management",
        V21,
        "pin_uv/permissions.rs",
        &[(CRED, "permission_and_relying_party_of_the_token_decide")],
    ),
    row(Permission, 0x08, "be: bio enrolment", V21, "pin_uv/permissions.rs", &[(BIO, "what_is_missing_or_wrong_gets_its_status")]),
    row(
        Permission,
        0x10,
        "lbw: large blob write",
        V21,
        "pin_uv/permissions.rs",
        &[(BLOB, "with_a_pin_each_fragment_needs_a_token_with_the_permission")],
    ),
    row(
        Permission,
        0x20,
        "acfg: authenticator configuration",
        V21,
        "pin_uv/permissions.rs",
        &[(CONFIG, "a_protected_key_asks_for_a_token_with_acfg_over_this_very_request")],
    ),
    row(
        Permission,
        0x40,
        "pcmr: persistent, reads credentials",
        V22,
        "pin_uv/permissions.rs",
        &[
            (CRED, "the_persistent_token_reads_and_never_writes"),
            (PIN, "the_persistent_token_outlives_power_and_dies_with_the_pin"),
            (PY_MANAGEMENT, "test_the_persistent_token_reads_and_no_more"),
        ],
    ),
    row(Information, 0x01, "versions", V20, "command/get_info.rs", &[(INFO, "a_security_key_says_what_it_is")]),
    row(Information, 0x02, "extensions", V20, "command/get_info.rs", &[(EXT, "the_list_of_get_info_is_the_configurations")]),
    row(Information, 0x03, "aaguid", V20, "command/get_info.rs", &[(ORACLE, "get_info_decodes")]),
    row(Information, 0x04, "options", V20, "command/get_info.rs", &[(INFO, "options_tell_the_truth_about_the_configuration")]),
    row(Information, 0x05, "maxMsgSize", V20, "command/get_info.rs", &[(INFO, "a_security_key_says_what_it_is")]),
    row(Information, 0x06, "pinUvAuthProtocols", V20, "command/get_info.rs", &[(REPLIES, "get_info_of_a_key_that_has_everything_decodes")]),
    row(Information, 0x07, "maxCredentialCountInList", PRE, "command/get_info.rs", &[(ORACLE, "get_info_decodes")]),
    row(Information, 0x08, "maxCredentialIdLength", PRE, "command/get_info.rs", &[(ORACLE, "get_info_decodes")]),
    row(Information, 0x09, "transports", PRE, "command/get_info.rs", &[(INFO, "a_security_key_says_what_it_is")]),
    row(
        Information,
        0x0A,
        "algorithms",
        PRE,
        "command/get_info.rs",
        &[(INFO, "algorithms_that_cannot_sign_are_not_promised_and_room_shrinks")],
    ),
    row(
        Information,
        0x0B,
        "maxSerializedLargeBlobArray",
        V21,
        "command/get_info.rs",
        &[(BLOB, "get_info_tells_the_room_and_a_device_without_it_has_no_such_command")],
    ),
    row(Information, 0x0C, "forcePINChange", V21, "command/get_info.rs", &[(PIN, "a_forced_change_stops_tokens_until_the_pin_is_another")]),
    row(Information, 0x0D, "minPINLength", PRE, "command/get_info.rs", &[(CONFIG, "the_minimum_length_rises_and_never_falls")]),
    row(Information, 0x0E, "firmwareVersion", PRE, "command/get_info.rs", &[(INFO, "a_security_key_says_what_it_is")]),
    row(Information, 0x0F, "maxCredBlobLength", V21, "command/get_info.rs", &[(EXT, "the_list_of_get_info_is_the_configurations")]),
    row(
        Information,
        0x10,
        "maxRPIDsForSetMinPINLength",
        V21,
        "command/get_info.rs",
        &[(REPLIES, "get_info_of_a_key_that_has_everything_decodes")],
    ),
    row(
        Information,
        0x11,
        "preferredPlatformUvAttempts",
        V21,
        "command/get_info.rs",
        &[(REPLIES, "get_info_of_a_key_that_has_everything_decodes")],
    ),
    row(Information, 0x12, "uvModality", V21, "command/get_info.rs", &[(REPLIES, "get_info_of_a_key_that_has_everything_decodes")]),
    row(Information, 0x13, "certifications", V21, "command/get_info.rs", &[(REPLIES, "get_info_of_a_key_that_has_everything_decodes")]),
    row(
        Information,
        0x14,
        "remainingDiscoverableCredentials",
        V21,
        "command/get_info.rs",
        &[(INFO, "algorithms_that_cannot_sign_are_not_promised_and_room_shrinks")],
    ),
    row(Information, 0x15, "vendorPrototypeConfigCommands", V21, "command/get_info.rs", &[(CONFIG, "vendor_commands_are_known_by_number")]),
    row(Information, 0x16, "attestationFormats", V22, "command/get_info.rs", &[(INFO, "a_security_key_says_what_it_is")]),
    row(
        Information,
        0x17,
        "uvCountSinceLastPinEntry",
        V22,
        "command/get_info.rs",
        &[(REPLIES, "get_info_of_a_key_that_has_everything_decodes")],
    ),
    row(Information, 0x18, "longTouchForReset", V22, "command/get_info.rs", &[(CONFIG, "a_long_touch_for_reset_is_asked_once_enabled")]),
    row(
        Information,
        0x19,
        "encIdentifier",
        V22,
        "command/get_info/encrypted.rs",
        &[(PIN, "the_persistent_token_outlives_power_and_dies_with_the_pin")],
    ),
    row(Information, 0x1A, "transportsForReset", V22, "command/get_info.rs", &[(REPLIES, "get_info_of_a_key_that_has_everything_decodes")]),
    row(
        Information,
        0x1B,
        "pinComplexityPolicy",
        V22,
        "command/get_info.rs",
        &[(REPLIES, "get_info_of_a_key_that_has_everything_decodes")],
    ),
    row(
        Information,
        0x1C,
        "pinComplexityPolicyURL",
        V22,
        "command/get_info.rs",
        &[(REPLIES, "get_info_of_a_key_that_has_everything_decodes")],
    ),
    row(Information, 0x1D, "maxPINLength", V22, "command/get_info.rs", &[(REPLIES, "get_info_of_a_key_that_has_everything_decodes")]),
    row(
        Information,
        0x1E,
        "encCredStoreState",
        V23,
        "command/get_info/encrypted.rs",
        &[(PIN, "the_persistent_token_outlives_power_and_dies_with_the_pin")],
    ),
    row(
        Information,
        0x1F,
        "authenticatorConfigCommands",
        V23,
        "command/get_info.rs",
        &[(REPLIES, "get_info_of_a_key_that_has_everything_decodes")],
    ),
    named(
        Extension,
        "hmac-secret",
        V20,
        "extension/hmac_secret.rs",
        &[(HMAC, "outputs_are_those_of_the_vectors_bit_for_bit"), (PY_MANAGEMENT, "test_hmac_secret")],
    ),
    named(Extension, "uvm", W1, "extension/uvm.rs", &[(EXT, "uvm_tells_how_the_user_was_tested")]),
    named(
        Extension,
        "credProtect",
        PRE,
        "extension/cred_protect.rs",
        &[(EXT, "cred_protect_hides_a_credential_from_whom_it_says"), (PY_MANAGEMENT, "test_cred_protect")],
    ),
    named(
        Extension,
        "credBlob",
        V21,
        "extension/cred_blob.rs",
        &[(EXT, "a_cred_blob_comes_back_as_it_was"), (PY_MANAGEMENT, "test_cred_blob")],
    ),
    named(
        Extension,
        "largeBlobKey",
        V21,
        "extension/large_blob_key.rs",
        &[(EXT, "a_large_blob_key_is_the_credentials_own"), (PY_MANAGEMENT, "test_a_blob_is_written_read_and_deleted")],
    ),
    named(
        Extension,
        "minPinLength",
        V21,
        "extension/min_pin_length.rs",
        &[(EXT, "pin_policies_are_told_to_named_relying_parties_only"), (PY_MANAGEMENT, "test_a_longer_pin_is_demanded")],
    ),
    named(
        Extension,
        "hmac-secret-mc",
        V22,
        "extension/hmac_secret.rs",
        &[(HMAC, "an_evaluation_at_registration_is_that_of_the_first_log_in"), (PY_MANAGEMENT, "test_hmac_secret_at_registration")],
    ),
    named(
        Extension,
        "thirdPartyPayment",
        V22,
        "extension/third_party_payment.rs",
        &[(EXT, "payment_by_third_parties_is_asked_at_registration_and_told_at_log_in")],
    ),
    named(
        Extension,
        "pinComplexityPolicy",
        V22,
        "extension/min_pin_length.rs",
        &[(EXT, "pin_policies_are_told_to_named_relying_parties_only")],
    ),
    row(
        Algorithm,
        -7,
        "ES256",
        RFC8152,
        "algorithm/es256.rs",
        &[(ALG, "each_signs_what_its_public_key_verifies_and_nothing_else"), (VECTORS, "every_ceremony_is_the_vectors_bit_for_bit")],
    ),
    row(Algorithm, -9, "ESP256", RFC9864, "algorithm/es256.rs", &[(ALG, "each_signs_what_its_public_key_verifies_and_nothing_else")]),
    row(
        Algorithm,
        -35,
        "ES384",
        RFC8152,
        "algorithm/es384.rs",
        &[(ALG, "each_signs_what_its_public_key_verifies_and_nothing_else"), (VECTORS, "every_ceremony_is_the_vectors_bit_for_bit")],
    ),
    row(Algorithm, -51, "ESP384", RFC9864, "algorithm/es384.rs", &[(ALG, "each_signs_what_its_public_key_verifies_and_nothing_else")]),
    row(
        Algorithm,
        -36,
        "ES512",
        RFC8152,
        "algorithm/es512.rs",
        &[(ALG, "each_signs_what_its_public_key_verifies_and_nothing_else"), (VECTORS, "every_ceremony_is_the_vectors_bit_for_bit")],
    ),
    row(Algorithm, -52, "ESP512", RFC9864, "algorithm/es512.rs", &[(ALG, "each_signs_what_its_public_key_verifies_and_nothing_else")]),
    row(Algorithm, -47, "ES256K", RFC8812, "algorithm/es256k.rs", &[(ALG, "each_signs_what_its_public_key_verifies_and_nothing_else")]),
    row(
        Algorithm,
        -8,
        "EdDSA",
        RFC8152,
        "algorithm/ed25519.rs",
        &[(ALG, "each_signs_what_its_public_key_verifies_and_nothing_else"), (VECTORS, "every_ceremony_is_the_vectors_bit_for_bit")],
    ),
    row(Algorithm, -19, "Ed25519", RFC9864, "algorithm/ed25519.rs", &[(ALG, "each_signs_what_its_public_key_verifies_and_nothing_else")]),
    row(Algorithm, -53, "Ed448", RFC9864, "algorithm/ed448.rs", &[(ALG, "each_signs_what_its_public_key_verifies_and_nothing_else")]),
    row(
        Algorithm,
        -257,
        "RS256",
        RFC8812,
        "algorithm/rsa.rs",
        &[(ALG, "each_signs_what_its_public_key_verifies_and_nothing_else"), (VECTORS, "every_ceremony_is_the_vectors_bit_for_bit")],
    ),
    row(Algorithm, -258, "RS384", RFC8812, "algorithm/rsa.rs", &[(ALG, "each_signs_what_its_public_key_verifies_and_nothing_else")]),
    row(Algorithm, -259, "RS512", RFC8812, "algorithm/rsa.rs", &[(ALG, "each_signs_what_its_public_key_verifies_and_nothing_else")]),
    row(Algorithm, -37, "PS256", RFC8230, "algorithm/rsa.rs", &[(ALG, "each_signs_what_its_public_key_verifies_and_nothing_else")]),
    row(Algorithm, -38, "PS384", RFC8230, "algorithm/rsa.rs", &[(ALG, "each_signs_what_its_public_key_verifies_and_nothing_else")]),
    row(Algorithm, -39, "PS512", RFC8230, "algorithm/rsa.rs", &[(ALG, "each_signs_what_its_public_key_verifies_and_nothing_else")]),
    row(Algorithm, -48, "ML-DSA-44", ML_DSA, "algorithm/ml_dsa.rs", &[(ALG, "each_signs_what_its_public_key_verifies_and_nothing_else")]),
    row(Algorithm, -49, "ML-DSA-65", ML_DSA, "algorithm/ml_dsa.rs", &[(ALG, "each_signs_what_its_public_key_verifies_and_nothing_else")]),
    row(Algorithm, -50, "ML-DSA-87", ML_DSA, "algorithm/ml_dsa.rs", &[(ALG, "each_signs_what_its_public_key_verifies_and_nothing_else")]),
    named(Format, "none", W1, "attestation/none.rs", &[(ATT, "self_attestation_is_signed_by_the_credential_and_none_by_nobody")]),
    named(
        Format,
        "packed-self",
        W1,
        "attestation/packed.rs",
        &[(ATT, "self_attestation_is_signed_by_the_credential_and_none_by_nobody"), (VECTORS, "every_ceremony_is_the_vectors_bit_for_bit")],
    ),
    named(
        Format,
        "packed",
        W1,
        "attestation/packed.rs",
        &[(ATT, "packed_is_signed_by_a_key_whose_certificate_names_the_model"), (VECTORS, "every_ceremony_is_the_vectors_bit_for_bit")],
    ),
    named(Format, "enterprise", V21, "attestation/packed.rs", &[(ATT, "enterprise_attestation_names_the_one_device_and_has_its_own_key")]),
    named(
        Format,
        "tpm",
        W1,
        "attestation/tpm.rs",
        &[(ATT, "a_tpm_certifies_the_public_area_of_the_credential"), (VECTORS, "every_ceremony_is_the_vectors_bit_for_bit")],
    ),
    named(
        Format,
        "android-key",
        W1,
        "attestation/android_key.rs",
        &[
            (ATT, "android_key_certifies_the_credentials_own_key_with_the_challenge_in_it"),
            (VECTORS, "every_ceremony_is_the_vectors_bit_for_bit"),
        ],
    ),
    named(Format, "android-safetynet", W1, "attestation/android_safetynet.rs", &[(ATT, "safetynet_is_a_jws_of_the_service")]),
    named(
        Format,
        "fido-u2f",
        W1,
        "attestation/fido_u2f.rs",
        &[
            (ATT, "fido_u2f_signs_the_registration_of_a_u2f_key_with_one_certificate"),
            (VECTORS, "every_ceremony_is_the_vectors_bit_for_bit"),
        ],
    ),
    named(
        Format,
        "apple",
        W2,
        "attestation/apple.rs",
        &[(ATT, "apple_certifies_the_credentials_own_key_with_the_nonce_in_it"), (VECTORS, "every_ceremony_is_the_vectors_bit_for_bit")],
    ),
    named(Format, "compound", W3, "attestation/compound.rs", &[(ATT, "compound_holds_two_statements_about_the_same_credential")]),
];
