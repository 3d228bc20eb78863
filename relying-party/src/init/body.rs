//! The body of a request.

use serde_json::Value;

/// What was sent, as the server reads it.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    None,
    Json(Value),
    Form(Vec<(String, String)>),
    Multipart(Vec<(String, String)>),
    /// Something else, or something that the recording has not.
    Other,
}

impl Body {
    /// `params` are what the browser's own tools made of a form.
    pub fn read(mime_type: &str, text: Option<String>, params: Vec<(String, String)>) -> Body {
        let kind = mime_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match (kind.as_str(), text) {
            ("multipart/form-data", Some(text)) => {
                let boundary = mime_type.split(';').find_map(|part| part.trim().strip_prefix("boundary="));
                match boundary.map(|boundary| multipart(&text, boundary.trim_matches('"'))) {
                    Some(parts) if !parts.is_empty() => Body::Multipart(parts),
                    _ => Body::Multipart(params),
                }
            }
            ("multipart/form-data", None) => Body::Multipart(params),
            ("application/x-www-form-urlencoded", Some(text)) => Body::Form(form(&text)),
            // Chrome's params are still percent-encoded, Firefox's are not.
            ("application/x-www-form-urlencoded", None) if !params.is_empty() => Body::Form(params),
            // A page may send JSON as `text/plain`, so that no CORS question is asked.
            (_, Some(text)) => match serde_json::from_str(&text) {
                Ok(json) => Body::Json(json),
                Err(_) => Body::Other,
            },
            (_, None) if !params.is_empty() => Body::Form(params),
            (_, None) => Body::None,
        }
    }

    /// As one JSON value, so that one way leads to every member. A form is an object of texts; a name that comes twice keeps its first value.
    pub fn tree(&self) -> Option<Value> {
        match self {
            Body::Json(json) => Some(json.clone()),
            Body::Form(fields) | Body::Multipart(fields) => {
                let mut members = serde_json::Map::new();
                for (name, value) in fields {
                    members.entry(name.clone()).or_insert_with(|| Value::String(value.clone()));
                }
                Some(Value::Object(members))
            }
            Body::None | Body::Other => None,
        }
    }
}

fn form(text: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(text.trim_end().as_bytes()).map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

/// RFC 7578. Parts that are files are left out.
fn multipart(text: &str, boundary: &str) -> Vec<(String, String)> {
    let text = text.replace("\r\n", "\n");
    let mut fields = Vec::new();
    for part in text.split(&format!("--{boundary}")) {
        let Some((head, value)) = part.trim_start_matches('\n').split_once("\n\n") else { continue };
        let disposition = head.lines().find(|line| line.to_ascii_lowercase().starts_with("content-disposition:")).unwrap_or_default();
        if disposition.contains("filename=") {
            continue;
        }
        let name = disposition.split(';').find_map(|piece| piece.trim().strip_prefix("name="));
        if let Some(name) = name {
            fields.push((name.trim_matches('"').to_owned(), value.strip_suffix('\n').unwrap_or(value).to_owned()));
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn forms_are_read_from_their_text_or_from_what_the_browser_made_of_them() {
        let fields = vec![("a".to_owned(), "1 2".to_owned()), ("b".to_owned(), "ü".to_owned())];
        assert_eq!(
            Body::read("application/x-www-form-urlencoded; charset=UTF-8", Some("a=1+2&b=%C3%BC".into()), vec![]),
            Body::Form(fields.clone())
        );
        assert_eq!(Body::read("application/x-www-form-urlencoded", None, fields.clone()), Body::Form(fields));
    }

    #[test]
    fn multipart_has_its_fields_and_no_files() {
        let text = "--x\r\nContent-Disposition: form-data; name=\"credential\"\r\n\r\n{\"id\":\"a\"}\r\n--x\r\nContent-Disposition: form-data; \
                    name=\"f\"; filename=\"a.png\"\r\n\r\nbinary\r\n--x--\r\n";
        let body = Body::read("multipart/form-data; boundary=x", Some(text.to_owned()), vec![]);
        assert_eq!(body, Body::Multipart(vec![("credential".to_owned(), "{\"id\":\"a\"}".to_owned())]));
        assert_eq!(body.tree(), Some(json!({ "credential": "{\"id\":\"a\"}" })));
    }

    #[test]
    fn json_is_json_whatever_the_media_type_says() {
        assert_eq!(Body::read("text/plain;charset=UTF-8", Some("{\"a\":1}".into()), vec![]), Body::Json(json!({ "a": 1 })));
        assert_eq!(Body::read("text/plain", Some("hello".into()), vec![]), Body::Other);
    }
}
