//! What the lines to type and to write are made of, in every language.

use url::Url;

use crate::check::Request;
use crate::exercise::NotExercisable;
use crate::help::Advice::{self, Run, Say, Write};

pub(in crate::help) const EXERCISE: &str = "faultkey exercise --rp";
pub(in crate::help) const FILE: &str = "my-rp.toml";

pub(in crate::help) fn say(text: impl Into<String>) -> Advice {
    Say(text.into())
}

pub(in crate::help) fn write(text: impl Into<String>) -> Advice {
    Write(text.into())
}

pub(in crate::help) fn run(text: impl Into<String>) -> Advice {
    Run(text.into())
}

/// So much of an answer as tells one from another.
pub(in crate::help) fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(200).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// The first of the methods that there are.
pub(in crate::help) fn first_method(allow: Option<&str>) -> &str {
    let methods = allow.unwrap_or("PUT").split(',').map(str::trim);
    methods.into_iter().find(|method| matches!(*method, "GET" | "POST" | "PUT" | "PATCH" | "DELETE")).unwrap_or("PUT")
}

/// What the lines to type are made of.
pub(in crate::help) struct Place<'a> {
    pub(in crate::help) not: &'a NotExercisable,
    pub(in crate::help) url: Option<&'a Url>,
}

pub(in crate::help) type Told = (String, Vec<Advice>);

impl Place<'_> {
    /// The URL without user name and password.
    pub(in crate::help) fn rp(&self) -> String {
        let Some(url) = self.url else { return "URL".to_owned() };
        format!("{}{}", url.origin().ascii_serialization(), url.path().trim_end_matches('/'))
    }

    pub(in crate::help) fn exercise(&self, further: &str) -> String {
        format!("{EXERCISE} {} {further}", self.rp()).trim_end().to_owned()
    }

    pub(in crate::help) fn with_file(&self) -> String {
        self.exercise(&format!("--adapter {FILE}"))
    }

    pub(in crate::help) fn at(&self, scheme: &str) -> String {
        let Some(url) = self.url else { return format!("{EXERCISE} {scheme}://HOST") };
        let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
        format!("{EXERCISE} {scheme}://{}{port}{}", url.host_str().unwrap_or("HOST"), url.path().trim_end_matches('/'))
    }

    /// A line in the adapter file's section of the request.
    pub(in crate::help) fn section(&self, line: &str) -> String {
        let section = match self.not.request {
            Request::RegistrationVerify => "registration.verify",
            Request::AuthenticationOptions => "authentication.options",
            Request::AuthenticationVerify => "authentication.verify",
            Request::RegistrationOptions | Request::FailureReport | Request::Fallback => "registration.options",
        };
        format!("[{section}]\n{line}")
    }

    /// How the section of the request names what it sends.
    pub(in crate::help) const fn body(&self) -> &'static str {
        match self.not.request {
            Request::RegistrationVerify | Request::AuthenticationVerify => {
                "body = { username = \"{username}\", response = \"{credential}\" }"
            }
            _ => "body = { username = \"{username}\", name = \"{display_name}\" }",
        }
    }

    pub(in crate::help) fn host(&self) -> &str {
        self.url.and_then(Url::host_str).unwrap_or("HOST")
    }

    pub(in crate::help) fn authority(&self) -> String {
        let host = self.host();
        let port = self.url.and_then(Url::port_or_known_default).unwrap_or(443);
        format!("{host}:{port}")
    }

    /// The relying party at localhost, which may have passkeys without a certificate.
    pub(in crate::help) fn localhost(&self) -> String {
        let localhost = self.url.and_then(|url| {
            let mut url = url.clone();
            url.set_host(Some("localhost")).ok()?;
            Some(format!("{}{}", url.origin().ascii_serialization(), url.path().trim_end_matches('/')))
        });
        localhost.unwrap_or_else(|| "http://localhost:3000".to_owned())
    }
}

/// A COSE algorithm, as people call it.
pub(in crate::help) fn name_of_algorithm(algorithm: i64) -> String {
    match algorithm {
        -7 => "ES256 (-7)".to_owned(),
        -8 => "EdDSA (-8)".to_owned(),
        -35 => "ES384 (-35)".to_owned(),
        -36 => "ES512 (-36)".to_owned(),
        -37 => "PS256 (-37)".to_owned(),
        -257 => "RS256 (-257)".to_owned(),
        other => other.to_string(),
    }
}
