//! Why there is no connection, and what to do about it.

use super::problem::NAME_IT;
use crate::help::place::{EXERCISE, FILE, Place, Told, run, say, write};
use faultkey_relying_party::Why;

impl Place<'_> {
    pub(super) fn unreachable(&self, why: &Why) -> Told {
        let rp = self.rp();
        match why {
            Why::NameUnresolved => (
                "The name of the host does not resolve.".to_owned(),
                vec![say("Correct the name, or use an address at which it listens:"), run(format!("{EXERCISE} http://localhost:3000"))],
            ),
            Why::NothingListens => (
                format!("Nothing listens at {rp}. The relying party is not running, or it listens at another port."),
                vec![say("Start it, or name the port at which it listens:"), run(format!("{EXERCISE} http://localhost:3000"))],
            ),
            Why::TimedOut => (
                format!("There is no answer from {rp}: the host is down, or a firewall drops what is sent to it."),
                vec![say("See whether it can be reached from here at all:"), run(format!("curl -v {rp}"))],
            ),
            Why::Reset => (
                "The connection is closed before anything is answered. A proxy, or a server that speaks another protocol, does so."
                    .to_owned(),
                vec![say("See what is there:"), run(format!("curl -v {rp}"))],
            ),
            Why::TlsToPlain => (
                "The server does not speak TLS at this port, and https was asked for.".to_owned(),
                vec![say("Use http:"), run(self.at("http"))],
            ),
            Why::PlainToTls => {
                ("The server speaks TLS at this port, and http was asked for.".to_owned(), vec![say("Use https:"), run(self.at("https"))])
            }
            Why::UnknownIssuer => (
                "The server's certificate was issued by an authority that is not trusted here.".to_owned(),
                vec![say("Name the authority's certificate (PEM):"), run(self.exercise("--ca authority.pem"))],
            ),
            Why::SelfSigned => (
                "The server's certificate is self-signed, and is not trusted here.".to_owned(),
                vec![say("Name the certificate itself (PEM):"), run(self.exercise("--ca server.pem"))],
            ),
            Why::CertificateNotForName => (
                "The server's certificate is for another name than the one in --rp.".to_owned(),
                vec![
                    say("Use a name that the certificate has. These are its names:"),
                    run(format!("openssl s_client -connect {} </dev/null |\n  openssl x509 -noout -text", self.authority())),
                ],
            ),
            Why::CertificateExpired => (
                "The server's certificate has expired, or is not valid yet.".to_owned(),
                vec![
                    say("Renew it, or set the clock of this machine right. It is valid in this time:"),
                    run(format!("openssl s_client -connect {} </dev/null |\n  openssl x509 -noout -dates", self.authority())),
                ],
            ),
            Why::CaUsedAsEndEntity => (
                "The server shows the certificate of an authority as its own (basicConstraints says CA, RFC 5280 §4.2.1.9).".to_owned(),
                vec![say("Name the certificate itself (PEM):"), run(self.exercise("--ca server.pem"))],
            ),
            Why::ProxyUnreachable => (
                "There is no way through the proxy that the environment names. The relying party was not asked.".to_owned(),
                vec![
                    say("Correct the variable that names it. If the relying party is reached without a proxy:"),
                    run(format!("NO_PROXY={} \\\n  {}", self.host(), self.exercise(""))),
                ],
            ),
            Why::ProxyRefused { status: 407 } => (
                "It is the proxy that refused, not the relying party: it wants a user and a password.".to_owned(),
                vec![say("Write them into the variable that names it:"), write("http://USER:PASSWORD@HOST:PORT")],
            ),
            Why::ProxyRefused { .. } => (
                "It is the proxy that refused, not the relying party: it may not lead there, or finds no way.".to_owned(),
                vec![
                    say("Ask whoever runs it. If the relying party is reached without a proxy:"),
                    run(format!("NO_PROXY={} \\\n  {}", self.host(), self.exercise(""))),
                ],
            ),
            Why::ClientCertificateWanted => (
                "The server lets in only clients that show a certificate of their own, and there is none to show.".to_owned(),
                vec![
                    say(format!("Name the client's certificate and key (PEM) in {FILE}; they are looked for beside it:")),
                    write("[tls]\nclient-certificate = \"client.pem\"\nclient-key = \"client-key.pem\""),
                    say(NAME_IT),
                    run(self.with_file()),
                ],
            ),
            Why::OtherTls(problem) => (
                format!("There is a server, and TLS with it fails: {problem}."),
                vec![say("See what it offers:"), run(format!("openssl s_client -connect {} </dev/null", self.authority()))],
            ),
            Why::Other(problem) => {
                (format!("The relying party can't be reached: {problem}."), vec![say("See what is there:"), run(format!("curl -v {rp}"))])
            }
        }
    }
}
