//! A recorded request as a line for a POSIX shell.

use faultkey_transport::Secrets;
use faultkey_transport::transcript::What;
use url::Url;

use super::template::ENVIRONMENT;

/// Says nothing that the server needs to hear from curl.
const CURLS_OWN: [&str; 2] = ["connection", "content-length"];

/// Headers whose value is secret even where the adapter's file has it in full, and the variable that stands for it.
const SECRET: [(&str, &str); 2] = [("authorization", "AUTHORIZATION"), ("proxy-authorization", "PROXY_AUTHORIZATION")];

/// The request as a `curl` line that runs in a POSIX shell. It shows no secret: what an adapter takes from `{env:NAME}` is `"$NAME"`, cookies
/// are `"$COOKIE"`, unless secrets are revealed. `None` when the entry is no HTTP request.
#[must_use]
pub fn curl(base: &Url, request: &What, secrets: &Secrets) -> Option<String> {
    let What::HttpRequest { method, path, headers, body, .. } = request else { return None };
    let mut line = format!("curl -i -X {}", quoted(method));
    for (name, value) in headers {
        let revealed = secrets.are_revealed();
        let secret = SECRET.iter().find(|(header, _)| name.eq_ignore_ascii_case(header));
        let named = |value: String| format!("{}{value}", quoted(&format!("{name}: ")));
        let header = match secret {
            _ if CURLS_OWN.iter().any(|own| name.eq_ignore_ascii_case(own)) => continue,
            _ if name.eq_ignore_ascii_case("host") && is_host_of(base, value) => continue,
            _ if revealed => quoted(&format!("{name}: {value}")),
            // A session's cookies; their text is the relying party's, whatever it looks like.
            _ if name.eq_ignore_ascii_case("cookie") => named("\"$COOKIE\"".to_owned()),
            _ if value.contains(ENVIRONMENT) => named(with_variables(value)),
            Some((_, variable)) => named(format!("\"${variable}\"")),
            None => quoted(&format!("{name}: {value}")),
        };
        line.push_str(" -H ");
        line.push_str(&header);
    }
    if !body.is_empty() {
        line.push_str(&format!(" --data-raw {}", with_variables(body)));
    }
    line.push_str(&format!(" {}", with_variables(&format!("{}{path}", base.origin().ascii_serialization()))));
    Some(line)
}

fn is_host_of(base: &Url, value: &str) -> bool {
    let host = base.host_str().unwrap_or_default();
    base.port().map_or_else(|| value == host, |port| value == format!("{host}:{port}"))
}

/// One word of the shell: within single quotes nothing is special but the quote itself (POSIX.1-2024 XCU §2.2.2).
fn quoted(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:@%+=,".contains(&byte);
    if !text.is_empty() && text.bytes().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Text around `{env:NAME}` quoted, and the variables themselves in double quotes.
fn with_variables(text: &str) -> String {
    let mut words = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(ENVIRONMENT) {
        let Some((name, after)) = after.split_once('}') else { break };
        if !before.is_empty() {
            words.push_str(&quoted(before));
        }
        words.push_str(&variable(name));
        rest = after;
    }
    if !rest.is_empty() {
        words.push_str(&quoted(rest));
    }
    words
}

/// A variable whose name the shell can't write is asked for by its name.
fn variable(name: &str) -> String {
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && name.bytes().next().is_some_and(|first| !first.is_ascii_digit());
    if is_name { format!("\"${name}\"") } else { format!("\"$(printenv {})\"", quoted(name)) }
}
