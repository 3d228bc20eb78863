//! Adapter files that faultkey has in it.

use super::Mapping;

macro_rules! built_in {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../adapters/", $name, ".toml")))),*]
    };
}

/// Names and texts. Their first line says for what version of what, and from where.
const BUILT_IN: [(&str, &str); 17] = built_in![
    "fido-conformance",
    "embedded",
    "auth-js",
    "better-auth",
    "django-allauth",
    "flask-security",
    "privacyidea",
    "simplewebauthn-example",
    "webauthn.io",
    "hanko",
    "keycloak",
    "authentik",
    "spring-security",
    "passport-webauthn",
    "laragear-webauthn",
    "go-webauthn-example",
    "webauthn-rs-tutorial",
];

impl Mapping {
    /// Names of the built-in adapters.
    pub fn built_in_names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(name, _)| *name)
    }

    /// The text of the built-in adapter with this name.
    #[must_use]
    pub fn built_in_text(name: &str) -> Option<&'static str> {
        BUILT_IN.iter().find(|(other, _)| *other == name).map(|(_, text)| *text)
    }

    /// The built-in adapter with this name, such as `fido-conformance`, or `embedded` (the same with the embedded relying party's hooks). None too
    /// where it takes something from an environment variable that is not set; reading its text says which.
    #[must_use]
    pub fn built_in(name: &str) -> Option<Mapping> {
        Mapping::parse(Mapping::built_in_text(name)?, name).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Its secrets are an environment variable that cargo sets for every test.
    fn with_secrets(text: &str) -> String {
        ["PRIVACYIDEA_ADMINISTRATOR", "PRIVACYIDEA_PASSWORD"]
            .iter()
            .fold(text.to_owned(), |text, name| text.replace(name, "CARGO_PKG_NAME"))
    }

    #[test]
    fn each_can_be_read_and_says_what_it_is_for() {
        for (name, text) in BUILT_IN {
            let mapping = Mapping::parse(&with_secrets(text), name).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(mapping.name, name);
            let head: String = text.lines().take_while(|line| line.starts_with('#')).collect();
            let own = ["fido-conformance", "embedded"].contains(&name);
            assert!(own || head.contains("Tried with") || head.contains("Untried"), "{name}: {head}");
            assert!(!head.contains("Untried") || head.contains("github.com/") || head.contains("docs."), "{name}: from where? {head}");
        }
    }
}
