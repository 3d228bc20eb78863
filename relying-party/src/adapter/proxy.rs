//! HTTP proxies, by the usual environment variables.

mod exception;

use std::fmt;

use data_encoding::BASE64;
use percent_encoding::percent_decode_str;
use url::{Host, Url};

use super::AdapterError;
use exception::Exception;

/// The proxies that the environment names, for whom they are meant and for whom not. A loopback name or address never goes through one.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    http: Option<Named>,
    https: Option<Named>,
    except: Vec<Exception>,
}

/// A variable and what it holds, which may have a password in it.
#[derive(Clone)]
struct Named {
    variable: &'static str,
    value: String,
}

impl fmt::Debug for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.variable)
    }
}

impl Proxies {
    /// As `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` say, in capitals or not.
    #[must_use]
    pub fn from_environment() -> Proxies {
        Proxies::read(|name| std::env::var(name).ok())
    }

    /// As these variables say. The name in small letters comes first; an empty value is none.
    #[must_use]
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Proxies {
        let first = |names: &[&'static str]| {
            names.iter().find_map(|&name| {
                let value = variable(name).filter(|value| !value.trim().is_empty())?;
                Some(Named { variable: name, value })
            })
        };
        // For a CGI program HTTP_PROXY is a header that a stranger sent (CVE-2016-5385).
        let http: &[&str] = if variable("REQUEST_METHOD").is_some() { &["http_proxy"] } else { &["http_proxy", "HTTP_PROXY"] };
        let all = ["all_proxy", "ALL_PROXY"];
        let except = first(&["no_proxy", "NO_PROXY"]).map(|except| Exception::list(&except.value)).unwrap_or_default();
        Proxies { http: first(http).or_else(|| first(&all)), https: first(&["https_proxy", "HTTPS_PROXY"]).or_else(|| first(&all)), except }
    }

    /// The one on the way to this URL.
    ///
    /// # Errors
    /// When it is none that can be used.
    pub(super) fn on_the_way_to(&self, url: &Url) -> Result<Option<Proxy>, AdapterError> {
        let named = if url.scheme() == "https" { &self.https } else { &self.http };
        let (Some(named), Some(host), Some(port)) = (named, url.host(), url.port_or_known_default()) else { return Ok(None) };
        if is_loopback(&host) || self.except.iter().any(|exception| exception.covers(&host, port)) {
            return Ok(None);
        }
        Proxy::read(named, &host).map(Some)
    }
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback() || address.to_ipv4_mapped().is_some_and(|address| address.is_loopback()),
    }
}

/// A proxy that is spoken to in plain HTTP.
#[derive(Clone)]
pub(super) struct Proxy {
    variable: &'static str,
    pub host: String,
    pub port: u16,
    /// The value of Proxy-Authorization. It is secret.
    pub authorization: Option<String>,
}

impl Proxy {
    fn read(named: &Named, for_host: &Host<&str>) -> Result<Proxy, AdapterError> {
        let Named { variable, value } = named;
        let refuse = |problem: &str| {
            let advice = format!("Correct {variable}, or leave the relying party out of it: NO_PROXY={for_host}");
            AdapterError::Target(format!("the proxy that {variable} names cannot be used: {problem}. {advice}"))
        };
        let value = value.trim();
        let whole = if value.contains("://") { value.to_owned() } else { format!("http://{value}") };
        // The value itself is not shown: there may be a password in it.
        let Ok(url) = Url::parse(&whole) else { return Err(refuse("it is no URL, expected http://HOST:PORT")) };
        match url.scheme() {
            "http" => {}
            "https" => return Err(refuse("it is spoken to over TLS (https://), which faultkey does not do, expected http://HOST:PORT")),
            "socks" | "socks4" | "socks4a" | "socks5" | "socks5h" => {
                return Err(refuse("it is a SOCKS proxy, which faultkey does not speak to, expected http://HOST:PORT"));
            }
            _ => return Err(refuse("it is no HTTP proxy, expected http://HOST:PORT")),
        }
        let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
            return Err(refuse("it has no host, expected http://HOST:PORT"));
        };
        let decoded = |text: &str| percent_decode_str(text).collect::<Vec<u8>>();
        let authorization = (!url.username().is_empty() || url.password().is_some()).then(|| {
            let credentials = [decoded(url.username()), decoded(url.password().unwrap_or_default())].join(&b':');
            format!("Basic {}", BASE64.encode(&credentials))
        });
        Ok(Proxy { variable, host: host.trim_matches(['[', ']']).to_owned(), port, authorization })
    }
}

/// For a person: without its user and password.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Proxy { variable, host, port, .. } = self;
        let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
        write!(f, "http://{host}:{port} (from {variable})")
    }
}

#[cfg(test)]
mod tests;
