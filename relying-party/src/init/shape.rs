//! What libraries, frameworks and servers serve by default. The list is data: `shapes.toml`.

use serde::Deserialize;
use serde_json::Value;

use super::ceremony::{Kind, kind_of_options};
use super::leaf;

/// A relying party that has a built-in adapter, and how it is known.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    pub adapter: String,
    pub prefixes: Vec<String>,
    #[serde(rename = "probe")]
    pub probes: Vec<Probe>,
}

/// A harmless request.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Probe {
    #[serde(default = "post")]
    pub method: String,
    pub path: String,
    pub body: Option<String>,
    pub finds: Finds,
    /// A refusal where an unknown path is not found is a hint.
    #[serde(default)]
    pub hints: bool,
}

/// What an answer has to have.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Finds {
    Options(Kind),
    Challenge,
    Pointer(String),
}

fn post() -> String {
    "POST".to_owned()
}

impl TryFrom<String> for Finds {
    type Error = String;

    fn try_from(text: String) -> Result<Finds, String> {
        Ok(match text.as_str() {
            "creation" => Finds::Options(Kind::Registration),
            "request" => Finds::Options(Kind::Authentication),
            "challenge" => Finds::Challenge,
            pointer if pointer.starts_with('/') => Finds::Pointer(text),
            other => return Err(format!("`{other}` is neither `creation`, `request`, `challenge` nor a JSON pointer")),
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    shape: Vec<Shape>,
}

/// In the order in which they are asked for.
///
/// # Errors
/// When the list that is built in is wrong, which a test excludes.
pub fn all() -> Result<Vec<Shape>, String> {
    toml::from_str(include_str!("shapes.toml")).map(|file: File| file.shape).map_err(|error| error.to_string())
}

impl Finds {
    /// Where in an answer it is.
    pub fn find(&self, status: u16, json: &Value) -> Option<String> {
        if !(200..300).contains(&status) && status != 401 {
            return None;
        }
        match self {
            Finds::Pointer(pointer) => json.pointer(pointer).map(|_| pointer.clone()),
            Finds::Challenge => json.get("challenge").and_then(Value::as_str).map(|_| "/challenge".to_owned()),
            Finds::Options(kind) => {
                let mut found = None;
                leaf::walk(json, &mut |way, value| {
                    let plain = !way.contains(&leaf::Step::Text);
                    if found.is_none() && plain && kind_of_options(value) == Some(*kind) {
                        found = leaf::pointers(way).pop();
                    }
                });
                found
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Mapping;

    #[test]
    fn every_shape_has_an_adapter_with_its_path() {
        // Those whose adapter is still to come.
        let to_come = ["privacyidea"];
        for shape in all().unwrap() {
            let Some(text) = Mapping::built_in_text(&shape.adapter) else {
                assert!(to_come.contains(&shape.adapter.as_str()), "{}", shape.adapter);
                continue;
            };
            assert_eq!(shape.prefixes.first().map(String::as_str), Some(""), "{}", shape.adapter);
            for probe in &shape.probes {
                let path = probe.path.split(['?', '{']).next().unwrap();
                assert!(text.contains(path) || shape.adapter == "keycloak", "{}: {path}", shape.adapter);
            }
        }
    }

    #[test]
    fn options_are_found_at_any_depth_and_nothing_in_an_error() {
        let answer = json!({ "data": { "publicKey": { "challenge": "AAAAAAAAAAAAAAAA", "rpId": "a" } } });
        let finds = Finds::Options(Kind::Authentication);
        assert_eq!(finds.find(200, &answer).as_deref(), Some("/data/publicKey"));
        assert_eq!(finds.find(404, &answer), None);
        assert_eq!(Finds::Options(Kind::Registration).find(200, &answer), None);
        assert_eq!(Finds::Pointer("/data".to_owned()).find(401, &answer).as_deref(), Some("/data"));
    }
}
