//! A recording: HAR 1.2, as the developer tools of Chrome and Firefox export it.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use data_encoding::BASE64;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::accepted::masked;
use super::body::Body;
use super::page::Given;

/// Why a file is of no use as a recording.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HarError {
    #[error(
        "{file}:{line}:{column}: this is no HAR 1.2: {problem}; export it from the network panel of the browser's developer tools, with contents"
    )]
    NoHar { file: String, line: usize, column: usize, problem: String },
    #[error(
        "{file} has no registration and no log-in with a passkey in it: none of its {requests} requests or answers has a challenge with \
         `pubKeyCredParams`, an `attestationObject` or an `authenticatorData`; record again from before the page is loaded, export with \
         contents, and see that the page's own requests are in the recording, not only those of another tab"
    )]
    NoCeremony { file: String, requests: usize },
}

/// What went to and fro, in the order of time.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    pub exchanges: Vec<Exchange>,
}

/// A request and its answer.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The number in the file, from 0.
    pub entry: usize,
    pub method: String,
    pub url: Url,
    /// Names in lower case, without cookies.
    pub headers: Vec<(String, String)>,
    pub cookies: Vec<(String, String)>,
    pub body: Body,
    pub status: u16,
    /// Names in lower case, without cookies.
    pub answer_headers: Vec<(String, String)>,
    pub set_cookies: Vec<(String, String)>,
    pub answer: Answered,
    /// As Chrome names what asked: `document`, `fetch`, `xhr`, `ping`, …
    pub asked_by: Option<String>,
    /// What the answer gives to a page, once somebody has looked.
    pub given: OnceCell<Vec<Given>>,
}

/// The body of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Answered {
    Json(Value),
    Html(String),
    /// A script, or other text.
    Text(String),
    Other,
    Empty,
    /// The recording has none, although there was one.
    Missing,
}

impl Exchange {
    pub fn answer_header(&self, name: &str) -> Option<&str> {
        find(&self.answer_headers, name)
    }

    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// Where a redirect leads.
    pub fn location(&self) -> Option<Url> {
        if !(300..400).contains(&self.status) {
            return None;
        }
        self.url.join(self.answer_header("location")?).ok()
    }

    pub fn is_get(&self) -> bool {
        self.method == "GET"
    }

    pub fn answer_json(&self) -> Option<&Value> {
        match &self.answer {
            Answered::Json(json) => Some(json),
            _ => None,
        }
    }

    /// Method and path, for a person. What may be the name of one session is not shown.
    pub fn named(&self) -> String {
        format!("{} {}", self.method, masked(self.url.path()))
    }
}

fn find<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
}

impl Recording {
    pub fn parse(text: &str, file: &str) -> Result<Recording, HarError> {
        // Firefox writes a byte order mark on some systems.
        let text = text.trim_start_matches('\u{feff}');
        let file_read: File = serde_json::from_str(text).map_err(|error| HarError::NoHar {
            file: file.to_owned(),
            line: error.line(),
            column: error.column(),
            problem: error.to_string(),
        })?;
        let mut entries: Vec<(usize, EntryFile)> = file_read.log.entries.into_iter().enumerate().collect();
        // Exported files are in the order in which answers arrived, or not in order at all. ISO 8601 in one time zone sorts as text.
        let same_zone = entries.iter().all(|(_, entry)| entry.started.ends_with('Z'))
            || entries.windows(2).all(|pair| pair.iter().all(|(_, entry)| zone(&entry.started) == zone(&pair[0].1.started)));
        if same_zone {
            entries.sort_by(|(_, one), (_, other)| one.started.cmp(&other.started));
        }
        Ok(Recording { exchanges: entries.into_iter().filter_map(|(index, entry)| entry.read(index)).collect() })
    }

    /// Whether a cookie was set by an answer before this exchange.
    pub fn cookie_was_set(&self, name: &str, before: usize) -> bool {
        self.exchanges.iter().take(before).any(|exchange| exchange.set_cookies.iter().any(|(other, _)| other == name))
    }
}

fn zone(time: &str) -> &str {
    let start = time.char_indices().rev().nth(5).map_or(0, |(index, _)| index);
    time.get(start..).unwrap_or_default()
}

#[derive(Deserialize)]
struct File {
    log: Log,
}

#[derive(Deserialize)]
struct Log {
    entries: Vec<EntryFile>,
}

#[derive(Deserialize)]
struct EntryFile {
    #[serde(rename = "startedDateTime", default)]
    started: String,
    request: RequestFile,
    response: ResponseFile,
    #[serde(rename = "_resourceType", default)]
    resource_type: Option<String>,
}

#[derive(Deserialize)]
struct RequestFile {
    method: String,
    url: String,
    #[serde(default)]
    headers: Vec<Pair>,
    #[serde(default)]
    cookies: Vec<Pair>,
    #[serde(rename = "postData", default)]
    post_data: Option<PostData>,
}

#[derive(Deserialize)]
struct ResponseFile {
    #[serde(default)]
    status: i64,
    #[serde(default)]
    headers: Vec<Pair>,
    #[serde(default)]
    cookies: Vec<Pair>,
    #[serde(default)]
    content: Content,
    #[serde(rename = "redirectURL", default)]
    redirect: Option<String>,
}

#[derive(Clone, Deserialize)]
struct Pair {
    name: String,
    #[serde(default)]
    value: String,
}

#[derive(Deserialize)]
struct PostData {
    #[serde(rename = "mimeType", default)]
    mime_type: String,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    params: Vec<Param>,
    /// Some exporters encode it as they do answers.
    #[serde(default)]
    encoding: Option<String>,
}

#[derive(Deserialize)]
struct Param {
    name: String,
    #[serde(default)]
    value: Option<String>,
}

#[derive(Default, Deserialize)]
struct Content {
    #[serde(default)]
    size: i64,
    #[serde(rename = "mimeType", default)]
    mime_type: Option<String>,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    encoding: Option<String>,
}

impl EntryFile {
    /// `None` for what is no HTTP, such as `data:`, and for questions that a browser asks by itself (CORS).
    fn read(self, entry: usize) -> Option<Exchange> {
        let EntryFile { request, response, resource_type, .. } = self;
        let url = Url::parse(&request.url).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())?;
        let method = request.method.to_ascii_uppercase();
        if matches!(method.as_str(), "OPTIONS" | "CONNECT" | "HEAD") {
            return None;
        }
        let cookies = sent_cookies(&request);
        let set_cookies = set_cookies(&response);
        let mut answer_headers = lower(&response.headers);
        if let Some(redirect) = response.redirect.filter(|to| !to.is_empty())
            && find(&answer_headers, "location").is_none()
        {
            answer_headers.push(("location".to_owned(), redirect));
        }
        let status = u16::try_from(response.status).unwrap_or(0);
        Some(Exchange {
            entry,
            method,
            url,
            headers: lower(&request.headers),
            cookies,
            body: request.post_data.map_or(Body::None, PostData::read),
            status,
            answer: response.content.read(status),
            answer_headers,
            set_cookies,
            asked_by: resource_type,
            given: OnceCell::new(),
        })
    }
}

fn lower(headers: &[Pair]) -> Vec<(String, String)> {
    let lower = headers.iter().map(|pair| (pair.name.to_ascii_lowercase(), pair.value.clone()));
    lower.filter(|(name, _)| !name.starts_with(':') && !matches!(name.as_str(), "cookie" | "set-cookie")).collect()
}

/// Chrome leaves out cookies of a sanitised export; Firefox and others list them in `cookies`, in the headers, or in both.
fn sent_cookies(request: &RequestFile) -> Vec<(String, String)> {
    let mut cookies: BTreeMap<String, String> = request.cookies.iter().map(|pair| (pair.name.clone(), pair.value.clone())).collect();
    for header in request.headers.iter().filter(|header| header.name.eq_ignore_ascii_case("cookie")) {
        for pair in header.value.split(';') {
            if let Some((name, value)) = pair.split_once('=') {
                cookies.insert(name.trim().to_owned(), value.trim().to_owned());
            }
        }
    }
    cookies.into_iter().collect()
}

fn set_cookies(response: &ResponseFile) -> Vec<(String, String)> {
    let mut cookies: Vec<(String, String)> = response.cookies.iter().map(|pair| (pair.name.clone(), pair.value.clone())).collect();
    for header in response.headers.iter().filter(|header| header.name.eq_ignore_ascii_case("set-cookie")) {
        // Firefox and Playwright put several into one header, a line each.
        for line in header.value.lines() {
            let pair = line.split(';').next().and_then(|pair| pair.split_once('='));
            if let Some((name, value)) = pair {
                cookies.retain(|(other, _)| other != name.trim());
                cookies.push((name.trim().to_owned(), value.trim().to_owned()));
            }
        }
    }
    cookies
}

impl PostData {
    fn read(self) -> Body {
        let text = match (self.text, self.encoding.as_deref()) {
            (Some(text), Some("base64")) => BASE64.decode(text.as_bytes()).ok().and_then(|bytes| String::from_utf8(bytes).ok()),
            (text, _) => text,
        };
        let params: Vec<(String, String)> = self.params.into_iter().map(|param| (param.name, param.value.unwrap_or_default())).collect();
        Body::read(&self.mime_type, text.filter(|text| !text.is_empty()), params)
    }
}

impl Content {
    fn read(self, status: u16) -> Answered {
        let expected = self.size > 0;
        let Some(text) = self.text.filter(|text| !text.is_empty()) else {
            return if expected && !(300..400).contains(&status) { Answered::Missing } else { Answered::Empty };
        };
        let text = match self.encoding.as_deref() {
            Some("base64") => match BASE64.decode(text.trim().as_bytes()).map(String::from_utf8) {
                Ok(Ok(text)) => text,
                _ => return Answered::Other,
            },
            _ => text,
        };
        let media_type = self.mime_type.unwrap_or_default().to_ascii_lowercase();
        if let Ok(json @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(&text) {
            return Answered::Json(json);
        }
        let start: String = text.trim_start().chars().take(15).collect::<String>().to_ascii_lowercase();
        match media_type.contains("html") || start.starts_with("<!doctype html") || start.starts_with("<html") {
            true => Answered::Html(text),
            false => Answered::Text(text),
        }
    }
}
