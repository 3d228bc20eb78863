//! What a request sends, with placeholders where values were.

use serde_json::Value;

use super::unknown::Unknown;

/// A value of an adapter file.
#[derive(Clone, Debug, PartialEq)]
pub enum Template {
    /// With placeholders; braces that are text are doubled.
    Text(String),
    Fixed(Value),
    List(Vec<Template>),
    Table(Vec<(String, Template)>),
    /// JSON in a text.
    Json(Box<Template>),
    /// Nothing is sent.
    Left(Unknown),
}

impl Template {
    /// Text that is no placeholder.
    pub fn literal(text: &str) -> Template {
        Template::Text(literal(text))
    }

    /// Everything that could not be found out in it.
    pub fn unknown(&self) -> Vec<&Unknown> {
        match self {
            Template::Left(unknown) => vec![unknown],
            Template::List(items) => items.iter().flat_map(Template::unknown).collect(),
            Template::Table(members) => members.iter().flat_map(|(_, member)| member.unknown()).collect(),
            Template::Json(inner) => inner.unknown(),
            Template::Text(_) | Template::Fixed(_) => Vec::new(),
        }
    }

    /// Nothing in it was not a placeholder's or a constant's.
    pub fn is_left(&self) -> bool {
        matches!(self, Template::Left(_))
    }

    /// As JSON text with placeholders. A placeholder that stands for an object is one for its JSON.
    pub fn json_text(&self) -> String {
        match self {
            Template::Text(text) if text == "{credential}" => "{credential_json}".to_owned(),
            // These are no text, and stand for their JSON.
            Template::Text(text) if matches!(text.as_str(), RESPONSE | TRANSPORTS | EXTENSIONS) => text.clone(),
            Template::Text(text) => Value::from(text.as_str()).to_string(),
            Template::Fixed(value) => value.to_string(),
            Template::Left(_) => "null".to_owned(),
            Template::Json(inner) => Value::from(inner.json_text()).to_string(),
            Template::List(items) => {
                let items: Vec<String> = items.iter().filter(|item| !item.is_left()).map(Template::json_text).collect();
                format!("[{}]", items.join(","))
            }
            Template::Table(members) => {
                let members = members.iter().filter(|(_, member)| !member.is_left());
                let members: Vec<String> =
                    members.map(|(name, member)| format!("{}:{}", Value::from(name.as_str()), member.json_text())).collect();
                format!("{{{}}}", members.join(","))
            }
        }
    }
}

const RESPONSE: &str = "{credential.response}";
const TRANSPORTS: &str = "{credential.response.transports}";
const EXTENSIONS: &str = "{credential.clientExtensionResults}";

/// Braces that could be taken for a placeholder's are doubled.
pub fn literal(text: &str) -> String {
    let mut escaped = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        escaped.push_str(before);
        let name = after.split_once('}').map(|(name, _)| name).filter(|name| is_name(name));
        match name {
            Some(name) => {
                escaped.push_str(&format!("{{{{{name}}}}}"));
                rest = after.get(name.len() + 1..).unwrap_or_default();
            }
            None => {
                escaped.push('{');
                rest = after;
            }
        }
    }
    escaped.push_str(rest);
    escaped
}

fn is_name(text: &str) -> bool {
    let env = text.strip_prefix("env:").unwrap_or(text);
    env.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && env.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
}

/// Whether a value may be no business of a file's: long and of mixed characters, or under a name such.
pub fn looks_secret(name: &str, text: &str) -> bool {
    let name = super::leaf::plain(name);
    let named =
        ["token", "secret", "apikey", "auth", "session", "otp", "pin", "jwt", "signature", "csrf"].iter().any(|part| name.contains(part));
    let digits = text.chars().any(|c| c.is_ascii_digit());
    let mixed = text.len() >= 16 && !text.contains(char::is_whitespace) && digits && text.chars().any(|c| c.is_ascii_alphabetic());
    named || mixed
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn braces_stay_text() {
        assert_eq!(literal("query { me { id } }"), "query { me { id } }");
        assert_eq!(literal("a {name} b"), "a {{name}} b");
        assert_eq!(literal("{env:X}{"), "{{env:X}}{");
    }

    #[test]
    fn json_in_text_keeps_its_placeholders() {
        let members =
            vec![("user".to_owned(), Template::Text("{username}".to_owned())), ("c".to_owned(), Template::Text("{credential}".to_owned()))];
        assert_eq!(Template::Table(members).json_text(), r#"{"user":"{username}","c":{credential_json}}"#);
        assert_eq!(Template::Fixed(json!(true)).json_text(), "true");
    }

    #[test]
    fn secrets_are_known_by_name_or_look() {
        assert!(looks_secret("x-api-key", "k"));
        assert!(looks_secret("plan", "8f14e45fceea167a5a36dedd4bea2543"));
        assert!(!looks_secret("plan", "basic"));
        assert!(!looks_secret("note", "a sentence that is long, with 1 number"));
    }
}
