//! Where a value that was sent came from: an answer before it.

use serde_json::Value;
use url::Url;

use super::har::{Answered, Exchange, Recording};
use super::leaf::{self, plain};
use super::page::{self, Given};
use super::source::{Place, Source};

/// Headers that say nothing to a page.
const IDLE_HEADERS: [&str; 14] = [
    "date",
    "server",
    "content-type",
    "content-length",
    "content-encoding",
    "content-security-policy",
    "connection",
    "vary",
    "cache-control",
    "last-modified",
    "expires",
    "location",
    "keep-alive",
    "transfer-encoding",
];

/// Every value of an answer that a page could send on, those that are said most plainly first.
pub fn given(exchange: &Exchange) -> &[Given] {
    exchange.given.get_or_init(|| all_given(exchange))
}

fn all_given(exchange: &Exchange) -> Vec<Given> {
    let mut all = Vec::new();
    match &exchange.answer {
        Answered::Json(json) => in_json(json, &mut all),
        Answered::Html(html) => {
            all.extend(page::given(html));
            for (source, json) in page::json(html) {
                leaf::walk(&json, &mut |way, value| {
                    if let (Some(text), Some(source)) = (as_text(value), source.clone().into_json(way)) {
                        all.push(Given { name: leaf::name(way).unwrap_or_default().to_owned(), source, text });
                    }
                });
            }
        }
        _ => {}
    }
    for (name, value) in exchange.answer_headers.iter().filter(|(name, _)| !IDLE_HEADERS.contains(&name.as_str())) {
        all.push(Given { name: name.clone(), source: Source::new(Place::Header(name.clone())), text: value.clone() });
    }
    for (name, value) in &exchange.set_cookies {
        let text = percent_decoded(value);
        all.push(Given { name: name.clone(), source: Source::new(Place::Cookie(name.clone())), text });
    }
    if let Some(location) = exchange.location() {
        for (name, value) in location.query_pairs() {
            all.push(Given { name: name.to_string(), source: Source::new(Place::Location).with_query(&name), text: value.into_owned() });
        }
        let source = Source::new(Place::Header("location".to_owned()));
        all.push(Given { name: "location".to_owned(), source, text: location.into() });
    }
    // A parameter of a URL that stands in the answer.
    let with_query: Vec<Given> =
        all.iter().filter(|given| given.source.query.is_none()).flat_map(|given| parameters(exchange, given)).collect();
    all.extend(with_query);
    all
}

fn in_json(json: &Value, all: &mut Vec<Given>) {
    leaf::walk(json, &mut |way, value| {
        if let (Some(text), Some(source)) = (as_text(value), Source::of_way(way)) {
            all.push(Given { name: leaf::name(way).unwrap_or_default().to_owned(), source, text });
        }
    });
}

fn parameters(exchange: &Exchange, given: &Given) -> Vec<Given> {
    if !given.text.contains('?') || given.text.contains(char::is_whitespace) {
        return Vec::new();
    }
    let looks_like_one = given.text.starts_with('/') || given.text.starts_with("http");
    let Some(url) = looks_like_one.then(|| exchange.url.join(&given.text).ok()).flatten() else { return Vec::new() };
    let each = |(name, value): (std::borrow::Cow<'_, str>, std::borrow::Cow<'_, str>)| Given {
        name: name.to_string(),
        source: given.source.clone().with_query(&name),
        text: value.into_owned(),
    };
    url.query_pairs().map(each).collect()
}

/// As it would be sent.
pub fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Whether a value is long enough, or has a name such, that two of it are no accident.
fn is_telling(text: &str, name: &str) -> bool {
    let ends = ["id", "pk", "uuid", "token", "state", "nonce", "flow", "csrf", "session", "key", "handle"];
    let name = plain(name);
    let long = text.len() >= 8 && text.chars().any(|c| !c.is_ascii_lowercase());
    long || (!text.is_empty() && !matches!(text, "0" | "1" | "true" | "false") && ends.iter().any(|end| name.ends_with(end)))
}

/// Where a value that an exchange sends came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    Answer {
        exchange: usize,
        source: Source,
        name: String,
    },
    /// It was sent before any answer had it.
    Client,
    Nowhere,
}

/// `name` is what the request calls it. Only answers of these origins are looked at, the latest first.
pub fn origin_of(recording: &Recording, origins: &[String], before: usize, name: &str, text: &str) -> Origin {
    if text.len() > 8192 {
        return Origin::Nowhere;
    }
    let earlier = || recording.exchanges.iter().enumerate().take(before).filter(|(_, exchange)| origins.contains(&exchange.origin()));
    let mut found = None;
    let mut first_answer = None;
    for (index, exchange) in earlier() {
        let values = given(exchange);
        // What has the same name is meant; then what is said most plainly.
        let same = values.iter().filter(|given| given.text == text && (is_telling(text, name) || is_telling(text, &given.name)));
        let best = same.clone().find(|given| plain(&given.name) == plain(name)).or_else(|| same.clone().next());
        let best = best.map(|given| (given.source.clone(), given.name.clone())).or_else(|| by_pattern(exchange, name, text));
        if let Some((source, name)) = best {
            first_answer = first_answer.or(Some(index));
            found = Some(Origin::Answer { exchange: index, source, name });
        }
    }
    let first_request = earlier().find(|(_, exchange)| was_sent(exchange, text)).map(|(index, _)| index);
    match (found, first_answer, first_request) {
        (Some(_), Some(answer), Some(request)) if request <= answer => Origin::Client,
        (Some(found), ..) => found,
        (None, _, Some(_)) => Origin::Client,
        (None, ..) => Origin::Nowhere,
    }
}

/// In a script or text of the answer, by what stands before it.
fn by_pattern(exchange: &Exchange, name: &str, text: &str) -> Option<(Source, String)> {
    let page = match &exchange.answer {
        Answered::Html(page) => page,
        Answered::Text(page) if exchange.asked_by.as_deref() != Some("script") => page,
        _ => return None,
    };
    if text.len() < 16 || text.contains(['"', '\'', '<', '&', ' ']) {
        return None;
    }
    let pattern = page::pattern(page, text, "([^\"'<& ]+)")?;
    Some((Source::new(Place::Text(pattern)), name.to_owned()))
}

fn was_sent(exchange: &Exchange, text: &str) -> bool {
    if exchange.url.query_pairs().any(|(_, value)| value == text) || exchange.headers.iter().any(|(_, value)| value == text) {
        return true;
    }
    let Some(tree) = exchange.body.tree() else { return false };
    let mut found = false;
    leaf::walk(&tree, &mut |_, value| found |= value.as_str() == Some(text));
    found
}

/// Whether a script or page of the server has this text in quotes: then it is a constant of the page's.
pub fn is_in_a_script(recording: &Recording, before: usize, text: &str) -> bool {
    let forms = [format!("\"{text}\""), format!("'{text}'"), format!("`{text}`")];
    recording.exchanges.iter().take(before).any(|exchange| match &exchange.answer {
        Answered::Text(script) | Answered::Html(script) => forms.iter().any(|form| script.contains(form.as_str())),
        _ => false,
    })
}

/// The same URL, whichever way it is written in an answer.
pub fn same_url(base: &Url, text: &str, url: &Url) -> bool {
    base.join(text).is_ok_and(|read| read.origin() == url.origin() && read.path() == url.path() && read.query() == url.query())
}

pub fn percent_decoded(text: &str) -> String {
    // A plus sign is no space in a cookie.
    let kept = text.replace('+', "%2B");
    url::form_urlencoded::parse(format!("v={kept}").as_bytes()).next().map_or_else(|| text.to_owned(), |(_, value)| value.into_owned())
}
