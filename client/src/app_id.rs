//! FIDO AppIDs: the names under which U2F credentials are scoped, for appid and appidExclude (WebAuthn-3 §10.1.1, §10.1.2).
//!
//! "Determining if a caller's FacetID is authorized for an AppID" (FIDO AppID and Facet Specification v2.0 §3.1.2) is reduced to what browsers
//! have left of it: an AppID is the caller's own origin, or an https URL of the same site. No list of trusted facets is fetched.

use url::{Host, Url};

use crate::origin::Caller;
use crate::public_suffix::registrable_domain;
use crate::{DomException, DomExceptionName};

/// The AppID in use, if this caller may name it. `member` is its name in the options.
///
/// # Errors
/// A SecurityError that says why not.
pub fn authorized(caller: &Caller, asked: &str, member: &str) -> Result<String, DomException> {
    // §3.1.2 step 2: empty means the FacetID, which is the caller's origin; and one's own is always right.
    if asked.is_empty() || asked == caller.origin {
        return Ok(caller.origin.clone());
    }
    let is_same_site = Url::parse(asked).ok().filter(|url| url.scheme() == "https").is_some_and(|url| {
        // Under a scheme of its own a host is no domain.
        let own = Url::parse(&caller.origin).ok().filter(|own| own.origin().is_tuple());
        let sites = (own.as_ref().and_then(site), site(&url));
        matches!(sites, (Some(own), Some(other)) if own == other)
    });
    if is_same_site {
        return Ok(asked.to_owned());
    }
    let message = format!(
        "publicKey.extensions.{member}: {} can't use the AppID {asked:?}. It must be the page's origin, or an https URL of the same site.",
        caller.origin
    );
    Err(DomException::caller(DomExceptionName::SecurityError, message))
}

/// The registrable domain.
fn site(url: &Url) -> Option<String> {
    let Some(Host::Domain(domain)) = url.host() else { return None };
    registrable_domain(domain).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Call;
    use faultkey_authenticator::Time;

    fn app_id(origin: &str, asked: &str) -> Result<String, String> {
        let caller = Caller::of(&Call::new(Time::START, origin)).unwrap();
        authorized(&caller, asked, "appid").map_err(|exception| exception.to_string())
    }

    #[test]
    fn an_app_id_is_of_the_same_site() {
        for asked in ["https://broker.co.jp", "https://u2f.broker.co.jp/app-id.json", "https://login.broker.co.jp:8443"] {
            assert_eq!(app_id("https://login.broker.co.jp", asked).as_deref(), Ok(asked));
        }
        assert_eq!(app_id("https://broker.test:444", "").as_deref(), Ok("https://broker.test:444"));
        assert_eq!(app_id("http://localhost:8080", "http://localhost:8080").as_deref(), Ok("http://localhost:8080"));
        let app = "android:apk-key-hash:VBG4iL0";
        assert_eq!(app_id(app, app).as_deref(), Ok(app));
    }

    #[test]
    fn another_sites_app_id_is_refused_with_the_reason() {
        for asked in
            ["https://other.co.jp", "http://broker.co.jp", "broker.co.jp", "https://co.jp", "https://192.0.2.1", "android:apk-key-hash:x"]
        {
            assert_eq!(
                app_id("https://broker.co.jp", asked).unwrap_err(),
                format!(
                    "SecurityError: publicKey.extensions.appid: https://broker.co.jp can't use the AppID {asked:?}. \
                     It must be the page's origin, or an https URL of the same site."
                )
            );
        }
        assert!(app_id("android:apk-key-hash:x", "https://broker.co.jp").is_err(), "an app has no site");
        assert!(app_id("app://broker.co.jp", "https://broker.co.jp").is_err(), "nor has an extension");
    }
}
