//! One browser session: its cookies, and the ways out that the last answer showed.

use std::collections::{BTreeMap, BTreeSet};

use cookie_store::CookieStore;
use url::{Host, Url};

use super::template::Captured;

/// Cookies and tokens of one browser session.
#[derive(Clone, Debug, Default)]
pub struct Session {
    cookies: CookieStore,
    /// Way out, as the last answer offered it, and its address if it had one.
    pub(super) ways: BTreeMap<String, Option<String>>,
    /// What answers had that later requests send.
    pub(super) captured: Captured,
    /// Where the last answer came from.
    pub(super) page: Option<Url>,
    /// Requests before a ceremony that are sent once in each session, by section and number.
    pub(super) done: BTreeSet<(&'static str, usize)>,
    /// What comes before the next ceremony has been sent, by section.
    pub(super) ready: Option<&'static str>,
}

impl Session {
    /// The same without its cookies: what a page has read from answers and sends again is still known.
    #[must_use]
    pub fn without_cookies(&self) -> Session {
        Session { captured: self.captured.clone(), page: self.page.clone(), ..Session::default() }
    }

    /// The same, with what the other session's page has read from answers.
    #[must_use]
    pub fn knowing_what(&self, other: &Session) -> Session {
        Session { captured: other.captured.clone(), ..self.clone() }
    }

    /// The `Cookie` header for this URL, sorted by name.
    pub(super) fn cookie_header(&self, url: &Url) -> Option<String> {
        let url = as_trusted(url);
        let mut cookies: Vec<_> = self.cookies.get_request_values(&url).collect();
        cookies.sort_unstable();
        let pairs: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// A cookie's value, percent-decoded as pages' scripts do before they send it back as a token.
    pub(super) fn cookie(&self, url: &Url, wanted: &str) -> Option<String> {
        let url = as_trusted(url);
        self.cookies.get_request_values(&url).find(|(name, _)| *name == wanted).map(|(_, value)| percent_decode(value))
    }

    pub(super) fn store_cookies(&mut self, url: &Url, headers: &[(String, String)]) {
        let url = as_trusted(url);
        for (_, value) in headers.iter().filter(|(name, _)| name == "set-cookie") {
            // A cookie that a browser would refuse is refused here too.
            let _refused = self.cookies.parse(value, &url);
        }
    }
}

/// Browsers keep and send `Secure` cookies on loopback without TLS.
fn as_trusted(url: &Url) -> Url {
    let mut url = url.clone();
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    if loopback && url.scheme() == "http" {
        // Between http and https this cannot fail.
        let _changed = url.set_scheme("https");
    }
    url
}

fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let escaped = match rest {
            [b'%', high, low, ..] => std::str::from_utf8(&[*high, *low]).ok().and_then(|hex| u8::from_str_radix(hex, 16).ok()),
            _ => None,
        };
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set_cookie(session: &mut Session, url: &str, value: &str) {
        session.store_cookies(&url.parse().unwrap(), &[("set-cookie".to_owned(), value.to_owned())]);
    }

    #[test]
    fn cookies_come_back_where_a_browser_would_send_them_sorted() {
        let mut session = Session::default();
        let url = "https://broker.test/login";
        set_cookie(&mut session, url, "z=1; Path=/");
        set_cookie(&mut session, url, "a=2; Path=/; HttpOnly; Secure");
        set_cookie(&mut session, url, "elsewhere=3; Domain=example.com");
        let header = |session: &Session, url: &str| session.cookie_header(&url.parse().unwrap());
        assert_eq!(header(&session, "https://broker.test/session").as_deref(), Some("a=2; z=1"));
        assert_eq!(header(&session, "http://broker.test/session").as_deref(), Some("z=1"), "Secure stays with https");
        assert_eq!(header(&session, "https://example.com/"), None);
        set_cookie(&mut session, url, "z=; Path=/; Max-Age=0");
        assert_eq!(header(&session, url).as_deref(), Some("a=2"));
    }

    #[test]
    fn loopback_counts_as_secure() {
        let mut session = Session::default();
        set_cookie(&mut session, "http://localhost:3000/", "s=1; Secure; Path=/");
        assert_eq!(session.cookie_header(&"http://localhost:3000/x".parse().unwrap()).as_deref(), Some("s=1"));
    }

    #[test]
    fn a_token_cookie_is_decoded() {
        let mut session = Session::default();
        set_cookie(&mut session, "https://a.test/", "XSRF-TOKEN=ab%3D%3D; Path=/");
        assert_eq!(session.cookie(&"https://a.test/".parse().unwrap(), "XSRF-TOKEN").as_deref(), Some("ab=="));
        assert_eq!(percent_decode("100%"), "100%");
    }
}
