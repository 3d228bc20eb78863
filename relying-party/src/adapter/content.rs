//! What a request carries: JSON, or a form.

use serde_json::{Value, json};
use url::form_urlencoded;

use super::mapping::{Content, Fields};
use super::template::{ENVIRONMENT, Filling, Placeholder, Template, text_of};

/// Separates the parts of a form. No field of a ceremony holds it.
const BOUNDARY: &str = "----faultkey-form-7b1f2c9d4e6a";

/// A body, and how it is shown to a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Body {
    pub media_type: &'static str,
    pub sent: String,
    /// Without its secrets.
    pub shown: String,
}

/// A field can't be added to JSON that is no object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NoObject;

impl Content {
    fn has_secrets(&self) -> bool {
        let secret = |template: &Template| template.any(&|placeholder| matches!(placeholder, Placeholder::Environment(_)));
        match self {
            Content::Json(template) => secret(template),
            Content::Form(fields) | Content::Multipart(fields) => fields.0.iter().any(|(_, value)| secret(value)),
        }
    }
}

impl Body {
    /// With this field added, if there is one: a CSRF token.
    pub(super) fn new(content: Option<&Content>, filling: Filling<'_>, field: Option<(&str, &str)>) -> Result<Option<Body>, NoObject> {
        let Some((media_type, sent)) = written(content, filling, field)? else { return Ok(None) };
        // Filled in a second time only where there is something to hide.
        let secret = filling.values.has_secrets() || sent.contains(ENVIRONMENT) || content.is_some_and(Content::has_secrets);
        let shown = match secret {
            true => written(content, Filling { shown: true, ..filling }, field)?.map(|(_, shown)| shown).unwrap_or_default(),
            false => sent.clone(),
        };
        Ok(Some(Body { media_type, sent, shown }))
    }
}

fn written(
    content: Option<&Content>,
    filling: Filling<'_>,
    field: Option<(&str, &str)>,
) -> Result<Option<(&'static str, String)>, NoObject> {
    Ok(match content {
        Some(Content::Form(fields)) => Some(("application/x-www-form-urlencoded", urlencoded(&pairs(fields, filling, field)))),
        Some(Content::Multipart(fields)) => Some((MULTIPART, multipart(&pairs(fields, filling, field)))),
        Some(Content::Json(template)) => {
            let mut json = template.fill(filling);
            match (field, &mut json) {
                (None, _) => {}
                (Some((name, value)), Some(Value::Object(members))) => {
                    members.insert(name.to_owned(), json!(value));
                }
                (Some((name, value)), none @ None) => *none = Some(json!({ name: value })),
                (Some(_), Some(_)) => return Err(NoObject),
            }
            json.map(|json| ("application/json", json.to_string()))
        }
        None => field.map(|(name, value)| ("application/json", json!({ name: value }).to_string())),
    })
}

/// A field whose placeholder has no value is left out; the added one takes the place of one of its name.
fn pairs(fields: &Fields, filling: Filling<'_>, field: Option<(&str, &str)>) -> Vec<(String, String)> {
    let kept = fields.0.iter().filter(|(name, _)| field.is_none_or(|(added, _)| added != name));
    let filled = kept.filter_map(|(name, value)| Some((name.clone(), text_of(&value.fill(filling)?))));
    filled.chain(field.map(|(name, value)| (name.to_owned(), value.to_owned()))).collect()
}

fn urlencoded(pairs: &[(String, String)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

const MULTIPART: &str = "multipart/form-data; boundary=----faultkey-form-7b1f2c9d4e6a";

/// RFC 7578 §4.2; names are escaped as browsers do (HTML, "multipart form data").
fn multipart(pairs: &[(String, String)]) -> String {
    let mut text = String::new();
    for (name, value) in pairs {
        let name = name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
        text.push_str(&format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"));
    }
    text.push_str(&format!("--{BOUNDARY}--\r\n"));
    text
}
