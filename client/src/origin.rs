//! Who calls, and for which RP ID it may (WebAuthn-3 §5.1.3 steps 6 to 8, §5.1.4.1).

use url::{Host, Url};

use crate::public_suffix::registrable_domain;
use crate::{Call, DomException, DomExceptionName};

/// A caller that may use WebAuthn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Its origin, serialized.
    pub origin: String,
    /// The page's origin, if it is another one.
    pub top_origin: Option<String>,
    site: Site,
}

/// What a caller may claim by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Site {
    /// A page, of this effective domain.
    Page(String),
    /// A native app. Which RP IDs it may claim, the platform asks of the RP ID's site (assetlinks.json, apple-app-site-association).
    App,
    /// An extension of a browser, or an app in a web view, under a scheme of its own. Chrome since 122 and Firefox since 150 let an extension
    /// claim any RP ID that its host permissions cover (public-webauthn, 13 December 2023).
    OwnScheme { host: String },
}

fn security<T>(message: String) -> Result<T, DomException> {
    Err(DomException::caller(DomExceptionName::SecurityError, message))
}

impl Caller {
    /// Takes the caller of `call`, if it is in a secure context, a native app or an extension.
    ///
    /// # Errors
    /// A SecurityError (or NotAllowedError, for an opaque origin) that says what is wrong with the origin.
    pub fn of(call: &Call) -> Result<Self, DomException> {
        let origin = &call.origin;
        if is_app(origin) {
            return Ok(Self { origin: origin.clone(), top_origin: None, site: Site::App });
        }
        if origin == "null" {
            // WebAuthn-3 §5.1.3 step 6.
            let message = "An opaque origin (a sandboxed frame, a data: or file: page) can't use passkeys. Serve the page over https.";
            return Err(DomException::caller(DomExceptionName::NotAllowedError, message));
        }
        let Ok(url) = Url::parse(origin) else {
            return security(format!("The caller's origin {origin:?} is no origin. Give it as https://host or https://host:port."));
        };
        if let Some(host) = url.host_str()
            // URL standard §4.2: no extension or app has a scheme of the web.
            && !url.is_special()
        {
            let origin =
                url.port().map_or_else(|| format!("{}://{host}", url.scheme()), |port| format!("{}://{host}:{port}", url.scheme()));
            return Ok(Self { origin, top_origin: None, site: Site::OwnScheme { host: host.to_owned() } });
        }
        let domain = match url.host() {
            Some(Host::Domain(domain)) => domain.to_owned(),
            Some(Host::Ipv4(_) | Host::Ipv6(_)) => {
                // WebAuthn-3 §5.1.3 step 7: only the domain form of a host is allowed.
                return security(format!(
                    "The caller's origin {origin} is an IP address, which can't have passkeys. Use a domain name, or localhost."
                ));
            }
            None => return security(format!("The caller's origin {origin:?} has no host. Give it as https://host or https://host:port.")),
        };
        let local = domain == "localhost" || domain.ends_with(".localhost");
        if url.scheme() != "https" && !(url.scheme() == "http" && local) {
            return security(format!(
                "The caller's origin {origin} is no secure context. Serve the page over https, or from http://localhost."
            ));
        }
        let top_origin = call.top_origin.as_ref().filter(|_| call.cross_origin);
        let serialize = |text: &String| Url::parse(text).map_or_else(|_| text.clone(), |url| url.origin().ascii_serialization());
        Ok(Self { origin: url.origin().ascii_serialization(), top_origin: top_origin.map(serialize), site: Site::Page(domain) })
    }

    /// The RP ID in use: the one that the options ask for, if this caller may claim it, or else the caller's own.
    /// `member` is its name in the options.
    ///
    /// # Errors
    /// A SecurityError that says why the caller may not claim it.
    pub fn rp_id(&self, asked: Option<&str>, member: &str) -> Result<String, DomException> {
        match (&self.site, asked) {
            (Site::Page(domain), None) => Ok(domain.clone()),
            (Site::Page(domain), Some(asked)) if asked == domain => Ok(asked.to_owned()),
            // Chrome prefixes an extension's own identifier with its scheme, so that it can be no site's RP ID.
            (Site::OwnScheme { host }, asked)
                if self.origin.starts_with("chrome-extension:") && asked.is_none_or(|asked| asked == host) =>
            {
                Ok(self.origin.clone())
            }
            (Site::App | Site::OwnScheme { .. }, None) => security(format!(
                "publicKey.{member}: missing. An app or an extension has no domain of its own, so the relying party's options must name the RP ID."
            )),
            (site, Some(asked)) => {
                if let Some(wrong) = not_a_domain(asked) {
                    return security(format!("publicKey.{member}: {asked:?} {wrong}. The relying party's options need correcting."));
                }
                match site {
                    Site::Page(domain) => is_registrable_suffix(asked, domain, member)?,
                    Site::OwnScheme { .. } if asked == "localhost" => {}
                    Site::App | Site::OwnScheme { .. } if is_public_suffix(asked) => {
                        return security(public_suffix_message(asked, member));
                    }
                    Site::App | Site::OwnScheme { .. } => {}
                }
                Ok(asked.to_owned())
            }
        }
    }
}

impl Caller {
    /// A site that may be listed as a related origin of this RP ID; it is refused for no other reason than being another site.
    #[must_use]
    pub fn may_be_related(&self, asked: &str) -> bool {
        matches!(self.site, Site::Page(_)) && not_a_domain(asked).is_none() && !is_public_suffix(asked)
    }
}

/// Android's Credential Manager names an app by the hash of its signing certificate (catalogue EN-01).
fn is_app(origin: &str) -> bool {
    ["android:apk-key-hash:", "android:apk-key-hash-sha256:", "ios:bundle-id:"].iter().any(|start| origin.starts_with(start))
}

/// What is wrong with an RP ID that is no domain in the form that is hashed.
fn not_a_domain(asked: &str) -> Option<&'static str> {
    if asked.contains("://") || asked.contains('/') {
        return Some("is a URL; an RP ID is the domain alone");
    }
    match Host::parse(asked) {
        Ok(Host::Domain(domain)) if domain == asked && !asked.starts_with('.') && !asked.ends_with('.') => None,
        Ok(Host::Domain(_)) => Some("is not in the form that is hashed: lower case, international names as xn--, no dot at either end"),
        Ok(Host::Ipv4(_) | Host::Ipv6(_)) => Some("is an IP address, which can't be an RP ID"),
        Err(_) if asked.contains(':') => Some("has a port; an RP ID is the domain alone"),
        Err(_) => Some("is no domain name"),
    }
}

/// "Is a registrable domain suffix of" (HTML standard, §7.1.1.1).
fn is_registrable_suffix(asked: &str, domain: &str, member: &str) -> Result<(), DomException> {
    if !domain.strip_suffix(asked).is_some_and(|rest| rest.ends_with('.')) {
        return security(format!(
            "publicKey.{member}: a page on {domain} can't use the RP ID {asked}, which is neither its domain nor a parent of it. Open the page \
             where it belongs, or correct the relying party's RP ID."
        ));
    }
    if is_public_suffix(asked) {
        return security(public_suffix_message(asked, member));
    }
    Ok(())
}

fn public_suffix_message(asked: &str, member: &str) -> String {
    format!(
        "publicKey.{member}: {asked} is a public suffix, under which unrelated sites live. Choose the registrable domain below it as RP ID."
    )
}

/// A name that nobody registers for himself: on the Public Suffix List, or of one label.
fn is_public_suffix(domain: &str) -> bool {
    registrable_domain(domain).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use faultkey_authenticator::Time;

    fn caller(origin: &str) -> Result<Caller, String> {
        let call = Call::new(Time::START, origin);
        Caller::of(&call).map_err(|exception| exception.to_string())
    }

    fn rp_id(origin: &str, asked: Option<&str>) -> Result<String, String> {
        caller(origin)?.rp_id(asked, "rpId").map_err(|exception| exception.to_string())
    }

    #[test]
    fn the_rp_id_defaults_to_the_effective_domain() {
        assert_eq!(rp_id("https://www.broker.test:8443", None).unwrap(), "www.broker.test");
        assert_eq!(rp_id("http://localhost:8080", None).unwrap(), "localhost");
        assert_eq!(rp_id("http://app.localhost", None).unwrap(), "app.localhost");
    }

    #[test]
    fn the_rp_id_may_be_the_domain_or_a_registrable_parent() {
        let allowed = [
            ("https://broker.test", "broker.test"),
            ("https://login.broker.test", "broker.test"),
            ("https://a.b.example.co.jp", "example.co.jp"),
            ("https://hanako.github.io", "hanako.github.io"),
            ("http://localhost:3000", "localhost"),
            ("https://intranet", "intranet"),
            ("https://xn--48j1ai.example.com", "example.com"),
        ];
        for (origin, asked) in allowed {
            assert_eq!(rp_id(origin, Some(asked)).as_deref(), Ok(asked), "{origin}");
        }
    }

    #[test]
    fn an_rp_id_that_is_not_the_callers_is_refused_with_the_reason() {
        let other = |domain: &str, asked: &str| {
            format!(
                "SecurityError: publicKey.rpId: a page on {domain} can't use the RP ID {asked}, which is neither its domain nor a parent of it. \
                 Open the page where it belongs, or correct the relying party's RP ID."
            )
        };
        let suffix = |asked: &str| {
            format!(
                "SecurityError: publicKey.rpId: {asked} is a public suffix, under which unrelated sites live. Choose the registrable domain below \
                 it as RP ID."
            )
        };
        let form = |asked: &str, wrong: &str| {
            format!("SecurityError: publicKey.rpId: {asked:?} {wrong}. The relying party's options need correcting.")
        };
        let cases = [
            ("https://broker.test", "other.test", other("broker.test", "other.test")),
            ("https://broker.test", "login.broker.test", other("broker.test", "login.broker.test")),
            ("https://notbroker.test", "broker.test", other("notbroker.test", "broker.test")),
            ("https://hanako.github.io", "github.io", suffix("github.io")),
            ("https://shop.example.co.jp", "co.jp", suffix("co.jp")),
            ("https://broker.test", "test", suffix("test")),
            ("https://broker.test", "https://broker.test", form("https://broker.test", "is a URL; an RP ID is the domain alone")),
            ("https://broker.test", "broker.test:443", form("broker.test:443", "has a port; an RP ID is the domain alone")),
            ("https://broker.test", "127.0.0.1", form("127.0.0.1", "is an IP address, which can't be an RP ID")),
            (
                "https://broker.test",
                "Broker.test",
                form("Broker.test", "is not in the form that is hashed: lower case, international names as xn--, no dot at either end"),
            ),
            ("https://broker.test", "", form("", "is no domain name")),
        ];
        for (origin, asked, message) in cases {
            assert_eq!(rp_id(origin, Some(asked)).unwrap_err(), message);
        }
    }

    #[test]
    fn an_origin_without_a_secure_context_is_refused_with_the_reason() {
        let cases = [
            (
                "http://broker.test",
                "SecurityError: The caller's origin http://broker.test is no secure context. Serve the page over https, or from http://localhost.",
            ),
            (
                "https://192.0.2.7",
                "SecurityError: The caller's origin https://192.0.2.7 is an IP address, which can't have passkeys. Use a domain name, or localhost.",
            ),
            (
                "http://[::1]:80",
                "SecurityError: The caller's origin http://[::1]:80 is an IP address, which can't have passkeys. Use a domain name, or localhost.",
            ),
            (
                "broker.test",
                "SecurityError: The caller's origin \"broker.test\" is no origin. Give it as https://host or https://host:port.",
            ),
            (
                "data:text/html,hello",
                "SecurityError: The caller's origin \"data:text/html,hello\" has no host. Give it as https://host or https://host:port.",
            ),
            (
                "null",
                "NotAllowedError: An opaque origin (a sandboxed frame, a data: or file: page) can't use passkeys. Serve the page over https.",
            ),
        ];
        for (origin, message) in cases {
            assert_eq!(caller(origin).unwrap_err(), message);
        }
    }

    #[test]
    fn a_native_app_names_its_rp_id() {
        let origin = "android:apk-key-hash:VBG4iL0-8mIQBdp3tPO0pwnDhVFZ9Rl5u3gBBZLJhQk";
        assert_eq!(caller(origin).unwrap().origin, origin);
        assert_eq!(rp_id(origin, Some("broker.test")).unwrap(), "broker.test");
        assert_eq!(
            rp_id(origin, None).unwrap_err(),
            "SecurityError: publicKey.rpId: missing. An app or an extension has no domain of its own, so the relying party's options must name \
             the RP ID."
        );
        assert!(rp_id(origin, Some("co.jp")).unwrap_err().contains("is a public suffix"));
        assert!(rp_id(origin, Some("https://broker.test")).unwrap_err().contains("is a URL"));
    }

    #[test]
    fn an_app_of_apple_is_a_native_app() {
        let origin = "ios:bundle-id:com.example.broker";
        assert_eq!(caller(origin).unwrap().origin, origin);
        assert_eq!(rp_id(origin, Some("broker.test")).unwrap(), "broker.test");
        assert!(rp_id(origin, Some("localhost")).unwrap_err().contains("is a public suffix"), "no site there to ask");
    }

    #[test]
    fn an_extension_claims_the_rp_id_that_the_options_name() {
        let origins = [
            "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
            "moz-extension://2c127fa4-62c7-7e4f-90e5-472b45eecfdc",
            "safari-web-extension://2C127FA4-62C7-7E4F-90E5-472B45EECFDC",
            "capacitor://localhost",
            "tauri://localhost:1420",
        ];
        for origin in origins {
            assert_eq!(caller(origin).unwrap().origin, origin);
            assert_eq!(caller(&format!("{origin}/popup.html?a=b")).unwrap().origin, origin);
            for asked in ["broker.test", "login.broker.test", "localhost"] {
                assert_eq!(rp_id(origin, Some(asked)).as_deref(), Ok(asked), "{origin}");
            }
            assert!(rp_id(origin, Some("co.jp")).unwrap_err().contains("is a public suffix"));
            assert!(rp_id(origin, Some("https://broker.test")).unwrap_err().contains("is a URL"));
            assert!(!caller(origin).unwrap().may_be_related("broker.test"));
        }
        assert!(rp_id("capacitor://localhost", None).unwrap_err().contains("must name the RP ID"));
        assert!(caller("ws://broker.test").unwrap_err().contains("is no secure context"));
    }

    /// webauthn-rs#288: the hash of the bare identifier is not what a relying party gets.
    #[test]
    fn chrome_gives_an_extension_its_whole_origin_as_its_own_rp_id() {
        let origin = "chrome-extension://jnpfkofnigkaocfcdcdppaokjkmhjcio";
        for asked in [None, Some("jnpfkofnigkaocfcdcdppaokjkmhjcio")] {
            assert_eq!(rp_id(origin, asked).as_deref(), Ok(origin));
        }
        assert!(rp_id(origin, Some("abcdefghijklmnopabcdefghijklmnop")).is_err(), "another extension's");
    }

    #[test]
    fn origins_are_serialized() {
        assert_eq!(caller("https://Broker.Test:443/login?a=b").unwrap().origin, "https://broker.test");
        let mut call = Call::new(Time::START, "https://broker.test");
        (call.cross_origin, call.top_origin) = (true, Some("https://Portal.test/".into()));
        assert_eq!(Caller::of(&call).unwrap().top_origin.as_deref(), Some("https://portal.test"));
        call.cross_origin = false;
        assert_eq!(Caller::of(&call).unwrap().top_origin, None, "the page is the caller");
    }
}
