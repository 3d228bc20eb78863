//! What is kept of an answer once it has been read: secrets are masked in it, and it is bounded. The options, which the client needs, are not.

use faultkey_transport::Secrets;
use serde_json::{Map, Value};

use super::Answer;

/// Bytes of the whole text: a stack trace stands at its beginning.
const WHOLE: usize = 256 * 1024;
/// Bytes of a message, an address, a text in JSON.
pub(super) const TEXT: usize = 4 * 1024;
/// Bytes of what a program reads: a code, a media type.
const CODE: usize = 500;
/// How many ways out, or hints.
const LIST: usize = 50;
/// Members and items of JSON, on all levels.
const ITEMS: usize = 10_000;

pub(super) fn kept(answer: Answer, secrets: &Secrets) -> Answer {
    let text = |text: String, most| secrets.mask_and_cut(&text, most, 0);
    let some = |found: Option<String>, most| found.map(|found| text(found, most));
    let list = |list: Vec<String>| list.into_iter().take(LIST).map(|item| text(item, CODE)).collect();
    Answer {
        content_type: some(answer.content_type, CODE),
        location: some(answer.location, TEXT),
        allow: some(answer.allow, CODE),
        json: answer.json.map(|json| bounded(json, secrets, &mut { ITEMS })),
        text: text(answer.text, WHOLE),
        code: some(answer.code, CODE),
        message: some(answer.message, TEXT),
        next: list(answer.next),
        signals: list(answer.signals),
        ..answer
    }
}

/// A way out by the name that the answer keeps for it.
pub(super) fn way(name: &str, secrets: &Secrets) -> String {
    secrets.mask_and_cut(name, CODE, 0)
}

fn bounded(json: Value, secrets: &Secrets, left: &mut usize) -> Value {
    *left = left.saturating_sub(1);
    match json {
        Value::String(text) => Value::String(secrets.mask_and_cut(&text, TEXT, 0)),
        Value::Array(items) => {
            let mut kept = Vec::new();
            for item in items {
                if *left == 0 {
                    break;
                }
                kept.push(bounded(item, secrets, left));
            }
            Value::Array(kept)
        }
        Value::Object(members) => {
            let mut kept = Map::new();
            for (name, member) in members {
                if *left == 0 {
                    break;
                }
                kept.insert(secrets.mask_and_cut(&name, CODE, 0), bounded(member, secrets, left));
            }
            Value::Object(kept)
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_an_answer_says_is_bounded_and_masked() {
        let secrets = Secrets::default();
        secrets.variable("KEY", "s3cret");
        let long = format!("s3cret{}", "x".repeat(3_000_000));
        let json = json!({ "a": long, "s3cret": [1, "s3cret"], "n": vec![0; 20_000] });
        let answer = Answer {
            text: long.clone(),
            code: Some(long.clone()),
            message: Some(long.clone()),
            location: Some("/in?k=s3cret".to_owned()),
            next: vec!["retry".to_owned(); 60],
            options: Some(json!({ "challenge": "s3cret" })),
            json: Some(json),
            ..Answer::default()
        };
        let answer = kept(answer, &secrets);
        assert!(answer.text.starts_with("{env:KEY}x") && answer.text.ends_with("x… (2737862 more bytes, cut)"));
        assert_eq!(answer.code.unwrap(), format!("{{env:KEY}}{}… (2999506 more bytes, cut)", "x".repeat(494)));
        assert!(answer.message.unwrap().ends_with("… (2995910 more bytes, cut)"));
        assert_eq!((answer.location.as_deref(), answer.next.len()), (Some("/in?k={env:KEY}"), 50));
        let json = answer.json.unwrap();
        assert!(json["a"].as_str().unwrap().len() < 5_000);
        assert_eq!(json["{env:KEY}"], json!([1, "{env:KEY}"]));
        assert!(json["n"].as_array().unwrap().len() < ITEMS);
        // The client needs it as it is.
        assert_eq!(answer.options, Some(json!({ "challenge": "s3cret" })));
    }
}
