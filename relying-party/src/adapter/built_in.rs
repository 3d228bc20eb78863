//! Adapter files that faultkey has in it.

use faultkey_fault_injection::Text;

use super::Mapping;

macro_rules! built_in {
    ($($tried:ident: $($name:literal: $en:literal, $ja:literal;)*)*) => {
        &[$($(BuiltIn {
            name: $name,
            text: include_str!(concat!("../../adapters/", $name, ".toml")),
            title: Text::new($en, $ja),
            tried: Tried::$tried,
        }),*),*]
    };
}

/// Whether somebody has spoken to such a relying party with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tried {
    Yes,
    /// Written by public sources, and not run.
    No,
}

struct BuiltIn {
    name: &'static str,
    /// Its first comment says for what version of what, and from where.
    text: &'static str,
    title: Text<&'static str>,
    tried: Tried,
}

const BUILT_IN: &[BuiltIn] = built_in! {
    Yes:
        "fido-conformance": "Any server that speaks the FIDO conformance server API", "FIDOのサーバー適合性テストAPIに対応するRP";
        "embedded": "The embedded relying party", "組み込みのRP";
        "auth-js": "Auth.js with its passkey provider", "Auth.jsのパスキープロバイダー";
        "better-auth": "better-auth with its passkey plugin", "better-authのパスキープラグイン";
        "django-allauth": "django-allauth, headless, for browsers", "django-allauth（ブラウザ用のヘッドレスAPI）";
        "flask-security": "Flask-Security with WebAuthn, its JSON", "Flask-SecurityのWebAuthn（JSON）";
        "privacyidea": "privacyIDEA with tokens of the type passkey", "privacyIDEAのパスキー型トークン";
        "simplewebauthn-example": "The example server of SimpleWebAuthn", "SimpleWebAuthnのサンプルサーバー";
    No:
        "webauthn.io": "webauthn.io, the demonstration of py_webauthn", "webauthn.io（py_webauthnのデモ）";
        "hanko": "Hanko's flow API", "HankoのフローAPI";
        "keycloak": "Keycloak's pages, with passkeys without a password", "Keycloakの画面（パスワードなしのパスキー）";
        "authentik": "authentik's flow executor", "authentikのフローAPI";
        "spring-security": "Spring Security with its default log-in page", "Spring Securityの既定のログイン画面";
        "passport-webauthn": "The example of passport-fido2-webauthn", "passport-fido2-webauthnのサンプル";
        "laragear-webauthn": "Laravel with Laragear WebAuthn and its default routes", "LaravelとLaragear WebAuthn（既定のルート）";
        "go-webauthn-example": "What most examples for go-webauthn have copied", "go-webauthnの代表的なサンプル";
        "webauthn-rs-tutorial": "The tutorial of webauthn-rs", "webauthn-rsのチュートリアル";
};

impl Mapping {
    /// Names of the built-in adapters.
    pub fn built_in_names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|built_in| built_in.name)
    }

    /// The text of the built-in adapter with this name.
    #[must_use]
    pub fn built_in_text(name: &str) -> Option<&'static str> {
        BUILT_IN.iter().find(|built_in| built_in.name == name).map(|built_in| built_in.text)
    }

    /// What the built-in adapter with this name is for.
    #[must_use]
    pub fn built_in_title(name: &str) -> Option<&'static Text<&'static str>> {
        BUILT_IN.iter().find(|built_in| built_in.name == name).map(|built_in| &built_in.title)
    }

    /// Whether the built-in adapter with this name was tried.
    #[must_use]
    pub fn built_in_tried(name: &str) -> Option<Tried> {
        BUILT_IN.iter().find(|built_in| built_in.name == name).map(|built_in| built_in.tried)
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
    fn the_manual_names_each() {
        let manual = include_str!("../../../docs/adapters.md");
        for name in Mapping::built_in_names() {
            assert!(manual.contains(&format!("`{name}`")), "{name}");
        }
    }

    #[test]
    fn each_can_be_read_and_says_what_it_is_for() {
        for BuiltIn { name, text, tried, .. } in BUILT_IN {
            let mapping = Mapping::parse(&with_secrets(text), name).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(mapping.name, *name);
            let head: String = text.lines().take_while(|line| line.starts_with('#')).collect();
            let own = ["fido-conformance", "embedded"].contains(name);
            assert_eq!(head.contains("Untried"), *tried == Tried::No, "{name}: {head}");
            assert!(own || head.contains("Tried with") || *tried == Tried::No, "{name}: {head}");
            assert!(*tried == Tried::Yes || head.contains("github.com/") || head.contains("docs."), "{name}: from where? {head}");
        }
    }
}
