//! What each version of the protocol has. One table: the device asks it for everything that it does or says, and documents are made of it.

use super::Since::{self, Ctap2_0, Ctap2_1, Ctap2_1Preview, Ctap2_2, Ctap2_3, Prototype, U2f};
use super::{Config, Protection};
use crate::extension::Extension;
use crate::pin_uv::PinUvAuthProtocol;

/// One thing of the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feature {
    kind: Kind,
    name: &'static str,
    since: Since,
}

/// What kind of thing, and its number or name on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// CTAP1/U2F as a whole.
    Ctap1,
    Command(u8),
    /// Of the command, the number.
    Subcommand(u8, u8),
    Protocol(PinUvAuthProtocol),
    /// A permission of a pinUvAuthToken: its bit.
    Permission(u8),
    Extension(Extension),
    /// An option of getInfo.
    Option(&'static str),
    /// A member of getInfo.
    Member(u8),
    /// How a device does what every version has.
    Rule(Rule),
}

/// Behaviour that a version brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// A token has permissions, a relying party and timers; before, it is good for everything until power goes.
    BoundTokens,
    /// makeCredential and getAssertion by the algorithms of CTAP 2.1; before, by those of CTAP 2.0 (§5.1 and §5.2 there).
    Ceremonies,
    /// Status codes from 0x3C on.
    LaterStatuses,
}

const fn row(kind: Kind, name: &'static str, since: Since) -> Feature {
    Feature { kind, name, since }
}

const fn member(number: u8, name: &'static str, since: Since) -> Feature {
    row(Kind::Member(number), name, since)
}

const fn option(name: &'static str, since: Since) -> Feature {
    row(Kind::Option(name), name, since)
}

const fn extension(extension: Extension, since: Since) -> Feature {
    row(Kind::Extension(extension), extension.identifier(), since)
}

impl Feature {
    /// The table.
    pub const ALL: &[Self] = &[
        row(Kind::Ctap1, "CTAP1/U2F", U2f),
        row(Kind::Command(0x01), "authenticatorMakeCredential", Ctap2_0),
        row(Kind::Command(0x02), "authenticatorGetAssertion", Ctap2_0),
        row(Kind::Command(0x04), "authenticatorGetInfo", Ctap2_0),
        row(Kind::Command(0x06), "authenticatorClientPIN", Ctap2_0),
        row(Kind::Command(0x07), "authenticatorReset", Ctap2_0),
        row(Kind::Command(0x08), "authenticatorGetNextAssertion", Ctap2_0),
        row(Kind::Command(0x09), "authenticatorBioEnrollment", Ctap2_1),
        row(Kind::Command(0x0A), "authenticatorCredentialManagement", Ctap2_1),
        row(Kind::Command(0x0B), "authenticatorSelection", Ctap2_1),
        row(Kind::Command(0x0C), "authenticatorLargeBlobs", Ctap2_1),
        row(Kind::Command(0x0D), "authenticatorConfig", Ctap2_1),
        row(Kind::Command(0x40), "authenticatorBioEnrollment, the prototype", Prototype),
        row(Kind::Command(0x41), "authenticatorCredentialManagement, the prototype", Prototype),
        row(Kind::Subcommand(0x06, 0x01), "getPINRetries", Ctap2_0),
        row(Kind::Subcommand(0x06, 0x02), "getKeyAgreement", Ctap2_0),
        row(Kind::Subcommand(0x06, 0x03), "setPIN", Ctap2_0),
        row(Kind::Subcommand(0x06, 0x04), "changePIN", Ctap2_0),
        row(Kind::Subcommand(0x06, 0x05), "getPinToken", Ctap2_0),
        row(Kind::Subcommand(0x06, 0x06), "getPinUvAuthTokenUsingUvWithPermissions", Ctap2_1),
        row(Kind::Subcommand(0x06, 0x07), "getUVRetries", Ctap2_1),
        row(Kind::Subcommand(0x06, 0x09), "getPinUvAuthTokenUsingPinWithPermissions", Ctap2_1),
        row(Kind::Subcommand(0x0D, 0x01), "enableEnterpriseAttestation", Ctap2_1),
        row(Kind::Subcommand(0x0D, 0x02), "toggleAlwaysUv", Ctap2_1),
        row(Kind::Subcommand(0x0D, 0x03), "setMinPINLength", Ctap2_1),
        row(Kind::Subcommand(0x0D, 0x04), "enableLongTouchForReset", Ctap2_2),
        row(Kind::Subcommand(0x0D, 0xFF), "vendorPrototype", Ctap2_1),
        row(Kind::Protocol(PinUvAuthProtocol::One), "PIN/UV auth protocol one", Ctap2_0),
        row(Kind::Protocol(PinUvAuthProtocol::Two), "PIN/UV auth protocol two", Ctap2_1Preview),
        row(Kind::Permission(0x01), "mc", Ctap2_1),
        row(Kind::Permission(0x02), "ga", Ctap2_1),
        row(Kind::Permission(0x04), "cm", Ctap2_1),
        row(Kind::Permission(0x08), "be", Ctap2_1),
        row(Kind::Permission(0x10), "lbw", Ctap2_1),
        row(Kind::Permission(0x20), "acfg", Ctap2_1),
        row(Kind::Permission(0x40), "pcmr", Ctap2_2),
        extension(Extension::HmacSecret, Ctap2_0),
        // WebAuthn Level 1 has it, and CTAP has nothing to say of it.
        extension(Extension::Uvm, Ctap2_0),
        extension(Extension::CredProtect, Ctap2_1Preview),
        extension(Extension::CredBlob, Ctap2_1),
        extension(Extension::LargeBlobKey, Ctap2_1),
        extension(Extension::MinPinLength, Ctap2_1),
        extension(Extension::HmacSecretMc, Ctap2_2),
        extension(Extension::ThirdPartyPayment, Ctap2_2),
        extension(Extension::PinComplexityPolicy, Ctap2_2),
        option("plat", Ctap2_0),
        option("rk", Ctap2_0),
        option("clientPin", Ctap2_0),
        option("up", Ctap2_0),
        option("uv", Ctap2_0),
        option("userVerificationMgmtPreview", Prototype),
        option("credentialMgmtPreview", Prototype),
        option("pinUvAuthToken", Ctap2_1),
        option("noMcGaPermissionsWithClientPin", Ctap2_1),
        option("largeBlobs", Ctap2_1),
        option("ep", Ctap2_1),
        option("bioEnroll", Ctap2_1),
        option("uvBioEnroll", Ctap2_1),
        option("authnrCfg", Ctap2_1),
        option("uvAcfg", Ctap2_1),
        option("credMgmt", Ctap2_1),
        option("setMinPINLength", Ctap2_1),
        option("makeCredUvNotRqd", Ctap2_1),
        option("alwaysUv", Ctap2_1),
        option("perCredMgmtRO", Ctap2_2),
        member(0x01, "versions", Ctap2_0),
        member(0x02, "extensions", Ctap2_0),
        member(0x03, "aaguid", Ctap2_0),
        member(0x04, "options", Ctap2_0),
        member(0x05, "maxMsgSize", Ctap2_0),
        member(0x06, "pinUvAuthProtocols", Ctap2_0),
        // Keys that say FIDO_2_1_PRE tell these, such as the YubiKey 5 from firmware 5.2 on.
        member(0x07, "maxCredentialCountInList", Ctap2_1Preview),
        member(0x08, "maxCredentialIdLength", Ctap2_1Preview),
        member(0x09, "transports", Ctap2_1Preview),
        member(0x0A, "algorithms", Ctap2_1Preview),
        member(0x0B, "maxSerializedLargeBlobArray", Ctap2_1),
        member(0x0C, "forcePINChange", Ctap2_1),
        member(0x0D, "minPINLength", Ctap2_1Preview),
        member(0x0E, "firmwareVersion", Ctap2_1Preview),
        member(0x0F, "maxCredBlobLength", Ctap2_1),
        member(0x10, "maxRPIDsForSetMinPINLength", Ctap2_1),
        member(0x11, "preferredPlatformUvAttempts", Ctap2_1),
        member(0x12, "uvModality", Ctap2_1),
        member(0x13, "certifications", Ctap2_1),
        member(0x14, "remainingDiscoverableCredentials", Ctap2_1),
        member(0x15, "vendorPrototypeConfigCommands", Ctap2_1),
        member(0x16, "attestationFormats", Ctap2_2),
        member(0x17, "uvCountSinceLastPinEntry", Ctap2_2),
        member(0x18, "longTouchForReset", Ctap2_2),
        member(0x19, "encIdentifier", Ctap2_2),
        member(0x1A, "transportsForReset", Ctap2_2),
        member(0x1B, "pinComplexityPolicy", Ctap2_2),
        member(0x1C, "pinComplexityPolicyURL", Ctap2_2),
        member(0x1D, "maxPINLength", Ctap2_2),
        member(0x1E, "encCredStoreState", Ctap2_3),
        member(0x1F, "authenticatorConfigCommands", Ctap2_3),
        row(Kind::Rule(Rule::BoundTokens), "tokens with permissions, a relying party and timers", Ctap2_1),
        row(Kind::Rule(Rule::Ceremonies), "makeCredential and getAssertion as CTAP 2.1 has them", Ctap2_1),
        row(Kind::Rule(Rule::LaterStatuses), "status codes from 0x3C on", Ctap2_1),
    ];

    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The specification's name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    #[must_use]
    pub const fn since(&self) -> Since {
        self.since
    }

    /// The row of this kind.
    #[must_use]
    pub fn of(kind: Kind) -> Option<&'static Self> {
        Self::ALL.iter().find(|feature| feature.kind == kind)
    }
}

impl Protection {
    /// Whether a device of these versions can have it. What the table doesn't have is the device's own business.
    #[must_use]
    pub fn knows(&self, kind: Kind) -> bool {
        Feature::of(kind).is_none_or(|feature| feature.since.is_in(&self.versions))
    }
}

/// A configuration says that the device has something, and its versions say that it can't.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` ({feature}) is of {since}, and of the versions {versions} none has it; add `{missing}` to `versions`, or take it out")]
pub struct Impossible {
    /// The field of the profile.
    field: String,
    feature: &'static str,
    since: &'static str,
    versions: String,
    missing: &'static str,
}

/// Something that a configuration may say.
struct Claim {
    field: &'static str,
    kind: Kind,
    is_made: fn(&Config) -> bool,
    withdraw: fn(&mut Config),
}

macro_rules! claim {
    ($field:literal, $kind:expr, $config:ident: $is_made:expr, $withdraw:expr) => {
        Claim { field: $field, kind: $kind, is_made: |$config| $is_made, withdraw: |$config| $withdraw }
    };
}

const CLAIMS: &[Claim] = &[
    claim!("protection.pin-uv-auth-token", Kind::Option("pinUvAuthToken"), c: c.protection.pin_uv_auth_token, c.protection.pin_uv_auth_token = false),
    claim!("protection.persistent-token", Kind::Option("perCredMgmtRO"), c: c.protection.persistent_token, c.protection.persistent_token = false),
    claim!(
        "protection.no-mc-ga-permissions-with-client-pin",
        Kind::Option("noMcGaPermissionsWithClientPin"),
        c: c.protection.no_mc_ga_permissions_with_client_pin,
        c.protection.no_mc_ga_permissions_with_client_pin = false
    ),
    claim!("protection.always-uv", Kind::Option("alwaysUv"), c: c.protection.always_uv.is_some(), c.protection.always_uv = None),
    claim!("protection.authenticator-config", Kind::Command(0x0D), c: c.protection.authenticator_config, c.protection.authenticator_config = false),
    claim!("protection.uv-authenticator-config", Kind::Option("uvAcfg"), c: c.protection.uv_authenticator_config, c.protection.uv_authenticator_config = false),
    claim!("protection.enterprise-attestation", Kind::Option("ep"), c: c.protection.enterprise_attestation, c.protection.enterprise_attestation = false),
    claim!("protection.set-min-pin-length", Kind::Option("setMinPINLength"), c: c.protection.set_min_pin_length, c.protection.set_min_pin_length = false),
    claim!("protection.pin-complexity-policy", Kind::Member(0x1B), c: c.protection.pin_complexity_policy.is_some(), c.protection.pin_complexity_policy = None),
    claim!("protection.pin-complexity-policy-url", Kind::Member(0x1C), c: c.protection.pin_complexity_policy_url.is_some(), c.protection.pin_complexity_policy_url = None),
    claim!("protection.long-touch-for-reset", Kind::Member(0x18), c: c.protection.long_touch_for_reset.is_some(), c.protection.long_touch_for_reset = None),
    claim!("protection.transports-for-reset", Kind::Member(0x1A), c: !c.protection.transports_for_reset.is_empty(), c.protection.transports_for_reset.clear()),
    claim!(
        "protection.vendor-prototype-config-commands",
        Kind::Member(0x15),
        c: c.protection.vendor_prototype_config_commands.is_some(),
        c.protection.vendor_prototype_config_commands = None
    ),
    claim!(
        "protection.preferred-platform-uv-attempts",
        Kind::Member(0x11),
        c: c.protection.preferred_platform_uv_attempts.is_some(),
        c.protection.preferred_platform_uv_attempts = None
    ),
    claim!("protection.certifications", Kind::Member(0x13), c: !c.protection.certifications.is_empty(), c.protection.certifications.clear()),
    claim!("commands.credential-management", Kind::Command(0x0A), c: c.commands.credential_management, c.commands.credential_management = false),
    claim!(
        "commands.credential-management-preview",
        Kind::Command(0x41),
        c: c.commands.credential_management_preview,
        c.commands.credential_management_preview = false
    ),
    claim!("commands.bio-enrollment", Kind::Command(0x09), c: c.commands.bio_enrollment, c.commands.bio_enrollment = false),
    claim!("commands.bio-enrollment-preview", Kind::Command(0x40), c: c.commands.bio_enrollment_preview, c.commands.bio_enrollment_preview = false),
    claim!("commands.large-blobs", Kind::Command(0x0C), c: c.commands.large_blobs.is_some(), c.commands.large_blobs = None),
];

impl Config {
    /// Whether the device can be what it says.
    ///
    /// # Errors
    /// [`Impossible`] for the first thing that none of its versions has. What is there unless a configuration says otherwise (protocol two,
    /// `makeCredUvNotRqd`) is no claim: an older device just lacks it.
    pub fn check(&self) -> Result<(), Impossible> {
        let claims = CLAIMS.iter().filter(|claim| (claim.is_made)(self)).map(|claim| (claim.field.to_owned(), claim.kind));
        let extensions = self.extensions.supported.iter();
        let extensions = extensions.map(|extension| ("extensions.supported".to_owned(), Kind::Extension(*extension)));
        let impossible = claims.chain(extensions).find(|(_, kind)| !self.protection.knows(*kind));
        let Some((field, feature)) = impossible.and_then(|(field, kind)| Some((field, Feature::of(kind)?))) else { return Ok(()) };
        let versions: Vec<&str> = self.protection.versions.iter().map(|version| version.name()).collect();
        Err(Impossible {
            field,
            feature: feature.name,
            since: feature.since.name(),
            versions: versions.join(", "),
            missing: feature.since.version().name(),
        })
    }

    /// The device as its versions have it: what none of them has is taken out.
    #[must_use]
    pub fn as_its_versions_have_it(mut self) -> Self {
        for claim in CLAIMS {
            if !self.protection.knows(claim.kind) {
                (claim.withdraw)(&mut self);
            }
        }
        let Self { protection, extensions, .. } = &mut self;
        extensions.supported.retain(|extension| protection.knows(Kind::Extension(*extension)));
        let knows = |kind: Kind| Feature::of(kind).is_none_or(|feature| feature.since.is_in(&protection.versions));
        let protocols = protection.protocols.iter().copied().filter(|protocol| knows(Kind::Protocol(*protocol))).collect();
        let make_cred_uv_not_required = protection.make_cred_uv_not_required && knows(Kind::Option("makeCredUvNotRqd"));
        protection.protocols = protocols;
        protection.make_cred_uv_not_required = make_cred_uv_not_required;
        self
    }
}

#[cfg(test)]
mod tests;
