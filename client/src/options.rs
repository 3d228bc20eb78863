//! The options of a ceremony, parsed from JSON (WebAuthn-3 §5.1.8, §5.1.9), with every default filled in.

mod creation;
mod extensions;
mod member;
mod request;

use std::time::Duration;

pub use creation::{CreationOptions, PublicKeyUser};
pub use extensions::{CreationExtensions, LargeBlobRequest, LargeBlobSupport, PrfRequest, PrfValues, RequestExtensions};
pub use request::RequestOptions;

use member::{Object, Parsed};

/// `required`, `preferred`, `discouraged`: for user verification and for discoverable credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requirement {
    Required,
    Preferred,
    Discouraged,
}

impl Requirement {
    /// An unknown value is treated as if the member were absent (WebAuthn-3 §2.1.1).
    fn parse(text: &str) -> Option<Self> {
        match text {
            "required" => Some(Self::Required),
            "preferred" => Some(Self::Preferred),
            "discouraged" => Some(Self::Discouraged),
            _ => None,
        }
    }
}

/// Where the authenticator may be (WebAuthn-3 §5.4.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attachment {
    Platform,
    CrossPlatform,
}

impl Attachment {
    /// Of a hint (WebAuthn-3 §5.8.8).
    fn hinted(hint: &str) -> Option<Self> {
        match hint {
            "client-device" => Some(Self::Platform),
            "security-key" | "hybrid" => Some(Self::CrossPlatform),
            _ => None,
        }
    }

    /// As responses name it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::CrossPlatform => "cross-platform",
        }
    }
}

/// The credentials that a list names. A list whose every entry has a type that this client doesn't know is not the same as no list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Descriptors {
    /// The list was there and had entries, known or not.
    pub given: bool,
    /// The ids of the entries with type `public-key`.
    pub ids: Vec<Vec<u8>>,
}

impl Descriptors {
    fn read(options: &Object<'_>, name: &str) -> Parsed<Self> {
        let mut list = Self::default();
        for entry in options.optional_objects(name)? {
            list.given = true;
            let id = entry.required_bytes("id")?;
            // The value is only a hint; an unknown transport is no error (WebAuthn-3 §5.8.4).
            entry.optional_texts("transports")?;
            if entry.required_text("type")? == "public-key" {
                list.ids.push(id);
            }
        }
        Ok(list)
    }
}

/// The timeout in use: the options' own within the client's range, or else the client's default (WebAuthn-3 §5.1.3 step 4).
#[must_use]
pub fn timeout(asked: Option<Duration>, default: Duration, minimum: Duration, maximum: Duration) -> Duration {
    asked.unwrap_or(default).min(maximum).max(minimum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_timeout_stays_within_the_clients_range() {
        let seconds = Duration::from_secs;
        let used = |asked| timeout(asked, seconds(300), seconds(10), seconds(600));
        assert_eq!(used(None), seconds(300));
        assert_eq!(used(Some(seconds(60))), seconds(60));
        assert_eq!(used(Some(Duration::from_millis(60))), seconds(10), "an RP that took milliseconds for seconds");
        assert_eq!(used(Some(seconds(86_400))), seconds(600));
    }
}
