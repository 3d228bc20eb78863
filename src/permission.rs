//! Nobody's public server is tested by accident.
//!
//! Decided by the name and by literal addresses only, without DNS: a name that resolves to a private address today may be somebody else's tomorrow.

use std::io::{self, BufRead, IsTerminal, Write};
use std::net::{Ipv4Addr, Ipv6Addr};

use clap::Args;
use faultkey_lab::config::Config;
use faultkey_transport::escape::escaped;
use url::{Host, Url};

/// For a command that speaks to somebody's server.
#[derive(Args, Debug, Default)]
pub struct Permission {
    /// This host may be tested. Needed for a public host where nobody can be asked; repeatable.
    ///
    /// Hosts that need none: loopback and private addresses (RFC 1918, RFC 4193, link-local, CGNAT), `localhost`, names without a dot, and names that end
    /// in .localhost, .test, .example, .invalid, .local or .internal. What a name resolves to plays no part.
    #[arg(long, value_name = "HOST")]
    i_may_test: Vec<String>,
}

/// What may be done with a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decision {
    Allowed,
    Ask,
    Refused,
}

impl Permission {
    /// What the command line and the file say together.
    pub fn of(config: &Config) -> Permission {
        Permission { i_may_test: config.i_may_test.clone().unwrap_or_default() }
    }

    /// Those that the command line names.
    pub fn hosts(&self) -> Option<Vec<String>> {
        (!self.i_may_test.is_empty()).then(|| self.i_may_test.clone())
    }

    /// `happens`: what the command would do, as in "accounts are made".
    ///
    /// # Errors
    /// With what to add.
    pub fn check(&self, url: &Url, happens: &str) -> Result<(), String> {
        let host = url.host_str().unwrap_or_default();
        match self.decide(url, io::stdin().is_terminal()) {
            Decision::Allowed => Ok(()),
            Decision::Ask => {
                let asked = ask(host, happens, &mut io::stderr().lock(), &mut io::stdin().lock());
                match asked {
                    Ok(true) => Ok(()),
                    Ok(false) => Err(format!("{host} was not tested, as you said")),
                    Err(error) => Err(format!("the answer can't be read: {error}; say that you may test it: --i-may-test {host}")),
                }
            }
            Decision::Refused => Err(format!(
                "{host} is a public host, and was not spoken to: {happens}. If it is yours, or its owner agreed, add: --i-may-test {host}"
            )),
        }
    }

    /// For the command that does the same again.
    pub fn arguments(&self) -> String {
        self.i_may_test.iter().map(|host| format!("--i-may-test {host}")).collect::<Vec<_>>().join(" ")
    }

    fn decide(&self, url: &Url, terminal: bool) -> Decision {
        // A URL without a host is refused for that, later.
        let Some(host) = url.host() else { return Decision::Allowed };
        let plain = |text: &str| text.trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase();
        let named = plain(&host.to_string());
        if is_at_home(&host) || self.i_may_test.iter().any(|allowed| plain(allowed) == named) {
            return Decision::Allowed;
        }
        if terminal { Decision::Ask } else { Decision::Refused }
    }
}

/// Names that no public server has (RFC 6761, RFC 6762, and .internal, which ICANN reserved).
const AT_HOME: [&str; 6] = ["localhost", "test", "example", "invalid", "local", "internal"];

fn is_at_home(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(address) => is_private_v4(*address),
        Host::Ipv6(address) => is_private_v6(*address),
        Host::Domain(name) => {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            match name.rsplit_once('.') {
                None => true,
                Some((_, last)) => AT_HOME.contains(&last),
            }
        }
    }
}

fn is_private_v4(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    // RFC 6598: carriers' NAT.
    let shared = first == 100 && (64..128).contains(&second);
    address.is_loopback() || address.is_private() || address.is_link_local() || address.is_unspecified() || shared
}

fn is_private_v6(address: Ipv6Addr) -> bool {
    if let Some(mapped) = address.to_ipv4_mapped() {
        return is_private_v4(mapped);
    }
    address.is_loopback() || address.is_unspecified() || address.is_unique_local() || address.is_unicast_link_local()
}

fn ask(host: &str, happens: &str, out: &mut dyn Write, input: &mut dyn BufRead) -> io::Result<bool> {
    write!(out, "{} is a public host: {happens}. Are you allowed to test it? [y/N] ", escaped(host))?;
    out.flush()?;
    let mut answer = String::new();
    input.read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decide(url: &str, allowed: &[&str], terminal: bool) -> Decision {
        let permission = Permission { i_may_test: allowed.iter().map(|host| (*host).to_owned()).collect() };
        permission.decide(&url.parse().unwrap(), terminal)
    }

    #[test]
    fn hosts_at_home_need_no_permission() {
        for url in [
            "http://localhost:3000",
            "http://shop.localhost",
            "https://rp.test",
            "https://rp.test.",
            "https://shop.example",
            "https://x.invalid",
            "http://printer.local",
            "https://api.corp.internal",
            "http://staging",
            "http://127.0.0.2",
            "http://10.1.2.3",
            "http://172.31.0.1",
            "http://192.168.1.1",
            "http://169.254.1.1",
            "http://100.64.0.1",
            "http://[::1]:8080",
            "http://[fd00::1]",
            "http://[fe80::1]",
            "http://[::ffff:10.0.0.1]",
        ] {
            assert_eq!(decide(url, &[], false), Decision::Allowed, "{url}");
        }
    }

    #[test]
    fn public_hosts_need_one_for_just_this_host() {
        for url in [
            "https://example.com",
            "https://localhost.example.com",
            "https://test.com",
            "http://8.8.8.8",
            "http://172.32.0.1",
            "http://100.128.0.1",
            "http://[2001:db8::1]",
            "http://[::ffff:8.8.8.8]",
        ] {
            assert_eq!(decide(url, &[], false), Decision::Refused, "{url}");
            assert_eq!(decide(url, &[], true), Decision::Ask, "{url}");
            assert_eq!(decide(url, &["shop.example.com"], false), Decision::Refused, "{url}");
        }
        assert_eq!(decide("https://staging.example.com", &["example.com", "Staging.Example.com"], false), Decision::Allowed);
        assert_eq!(decide("https://staging.example.com", &["example.com"], false), Decision::Refused);
        assert_eq!(decide("http://[2001:db8::1]:80", &["2001:db8::1"], false), Decision::Allowed);
    }

    #[test]
    fn without_a_terminal_it_says_what_to_add() {
        let url: Url = "https://shop.example.com/x".parse().unwrap();
        let permission = Permission::default();
        assert_eq!(permission.decide(&url, false), Decision::Refused);
        if !io::stdin().is_terminal() {
            let error = permission.check(&url, "accounts are made").unwrap_err();
            assert_eq!(
                error,
                "shop.example.com is a public host, and was not spoken to: accounts are made. If it is yours, or its owner agreed, add: \
                 --i-may-test shop.example.com"
            );
        }
    }

    #[test]
    fn only_a_yes_is_one() {
        let answer = |text: &str| {
            let mut out = Vec::new();
            let yes = ask("shop.example.com", "accounts are made", &mut out, &mut text.as_bytes()).unwrap();
            (yes, String::from_utf8(out).unwrap())
        };
        assert_eq!(
            answer("y\n"),
            (true, "shop.example.com is a public host: accounts are made. Are you allowed to test it? [y/N] ".to_owned())
        );
        for no in ["\n", "n\n", "", "yy\n"] {
            assert!(!answer(no).0, "{no:?}");
        }
    }
}
