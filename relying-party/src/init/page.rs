//! What a page gives to its scripts: fields, meta elements, data attributes, JSON in scripts.

use std::cell::RefCell;
use std::collections::HashMap;

use scraper::{ElementRef, Html, Selector};
use serde_json::Value;

use super::source::{Place, Source};

/// A value in a page, and what its place calls it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    pub name: String,
    pub source: Source,
    pub text: String,
}

/// Attributes that have a value of the server's, by element.
const ATTRIBUTES: [(&str, &str, &str); 3] = [
    ("input[name][value]", "name", "value"),
    ("meta[name][content]", "name", "content"),
    ("meta[property][content]", "property", "content"),
];

/// Every value of a page that has a place of its own.
pub fn given(html: &str) -> Vec<Given> {
    let page = Page::new(html);
    let mut all = Vec::new();
    for (elements, named, attribute) in ATTRIBUTES {
        for element in select(&page.html, elements) {
            let (Some(name), Some(text)) = (element.attr(named), element.attr(attribute)) else { continue };
            if element.attr("type") == Some("submit") {
                continue;
            }
            let tag = element.value().name();
            let by_name = format!("{tag}[{named}={}]", css(name));
            if let Some(selector) = page.unique(element, &by_name) {
                all.push(Given { name: name.to_owned(), source: html_source(selector, Some(attribute)), text: text.to_owned() });
            }
        }
    }
    for element in select(&page.html, "*") {
        let tag = element.value().name();
        for (attribute, text) in element.value().attrs() {
            let address = matches!((tag, attribute), ("form", "action") | ("a", "href"));
            if (attribute.starts_with("data-") || address)
                && !text.is_empty()
                && let Some(selector) = page.unique(element, &format!("{tag}[{attribute}]"))
            {
                let name = attribute.trim_start_matches("data-").to_owned();
                all.push(Given { name, source: html_source(selector, Some(attribute)), text: text.to_owned() });
            }
        }
    }
    all
}

/// Every JSON object and list in a page's scripts and data attributes.
pub fn json(html: &str) -> Vec<(Source, Value)> {
    let page = Page::new(html);
    let mut all = Vec::new();
    for element in select(&page.html, "script") {
        let text: String = element.text().collect();
        if let Some(json) = super::leaf::json_text(text.trim()) {
            let by_type = element.attr("type").map_or_else(|| "script".to_owned(), |kind| format!("script[type={}]", css(kind)));
            if let Some(selector) = page.unique(element, &by_type) {
                all.push((html_source(selector, None), json));
            }
            continue;
        }
        all.extend(in_script(html, &text));
    }
    for given in given(html) {
        if let Some(json) = super::leaf::json_text(&given.text) {
            all.push((given.source, json));
        }
    }
    all
}

/// Objects that a script assigns to a name or calls a function with.
fn in_script(html: &str, script: &str) -> Vec<(Source, Value)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = script.get(from..).and_then(|rest| rest.find('{')).map(|at| from + at) {
        let rest = script.get(start..).unwrap_or_default();
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        let (Some(Ok(json @ Value::Object(_))), end) = (values.next(), values.byte_offset()) else {
            from = start + 1;
            continue;
        };
        let text = rest.get(..end).unwrap_or_default();
        if text.len() > 2
            && let Some(pattern) = pattern(html, text, r"(\{.*\})")
        {
            found.push((Source::new(Place::Text(pattern)), json));
        }
        from = start + end.max(1);
    }
    found
}

/// A regular expression that finds just this text in a page, by what stands before it on its line.
pub fn pattern(page: &str, text: &str, group: &str) -> Option<String> {
    let at = page.find(text)?;
    let before = page.get(..at)?;
    let line = before.rsplit('\n').next().unwrap_or_default();
    let line: Vec<char> = line.chars().collect();
    let after: String = page.get(at + text.len()..)?.chars().take(1).collect();
    for length in [12, 24] {
        let mut start = line.len().saturating_sub(length);
        // From the start of a word.
        while start > 0 && line.len() - start < 40 && line.get(start - 1).is_some_and(|c| c.is_ascii_alphanumeric() || *c == '_') {
            start -= 1;
        }
        let near: String = line.iter().skip(start).collect();
        if near.trim().is_empty() {
            continue;
        }
        let pattern = format!("{}{group}{}", regex_lite::escape(near.trim_start()), regex_lite::escape(after.trim_end()));
        let found = regex_lite::Regex::new(&pattern).ok()?.captures(page).and_then(|captures| captures.get(1));
        if found.is_some_and(|found| found.as_str() == text) {
            return Some(pattern);
        }
    }
    None
}

fn html_source(selector: String, attribute: Option<&str>) -> Source {
    Source::new(Place::Html { selector, attribute: attribute.map(str::to_owned) })
}

fn select<'a>(page: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    Selector::parse(selector).map(|selector| page.select(&selector).collect()).unwrap_or_default()
}

/// A page, and what selectors have found in it.
struct Page {
    html: Html,
    /// By selector: where the first such element lies in memory, which tells it from all others of the page.
    first: RefCell<HashMap<String, Option<usize>>>,
}

impl Page {
    fn new(html: &str) -> Page {
        Page { html: Html::parse_document(html), first: RefCell::default() }
    }

    /// A selector that finds this element first.
    fn unique(&self, element: ElementRef<'_>, simple: &str) -> Option<String> {
        let tag = element.value().name();
        let by_id = element.attr("id").map(|id| match is_name(id) {
            true => format!("{tag}#{id}"),
            false => format!("{tag}[id={}]", css(id)),
        });
        let finds = |selector: &String| self.first(selector) == Some(place(element));
        by_id.filter(finds).or_else(|| Some(simple.to_owned()).filter(finds)).or_else(|| within_form(element, simple).filter(finds))
    }

    fn first(&self, selector: &str) -> Option<usize> {
        if let Some(found) = self.first.borrow().get(selector) {
            return *found;
        }
        let found = Selector::parse(selector).ok().and_then(|parsed| self.html.select(&parsed).next().map(place));
        self.first.borrow_mut().insert(selector.to_owned(), found);
        found
    }
}

fn place(element: ElementRef<'_>) -> usize {
    std::ptr::from_ref(element.value()).addr()
}

/// The element by the form that it stands in.
fn within_form(element: ElementRef<'_>, simple: &str) -> Option<String> {
    let form = element.ancestors().filter_map(ElementRef::wrap).find(|ancestor| ancestor.value().name() == "form")?;
    let part = match (form.attr("id"), form.attr("action")) {
        (Some(id), _) => format!("form[id={}]", css(id)),
        (None, Some(action)) => format!("form[action^={}]", css(action.split('?').next().unwrap_or_default())),
        (None, None) => return None,
    };
    Some(format!("{part} {simple}"))
}

fn is_name(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && characters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}

/// A value in a selector: quoted where it is no plain name.
fn css(text: &str) -> String {
    match is_name(text) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const PAGE: &str = r#"<!doctype html><head><meta name="csrf-token" content="meta-token"></head><body data-user-id="u-1">
      <form action="/search"><input name="csrf_token" value="first"></form>
      <form action="/login?next=%2F"><input type="hidden" name="csrf_token" value="second"><input id="state" name="state" value="s"></form>
      <script type="application/json" id="options">{"challenge":"AAAA"}</script>
      <script>window.app = {"publicKey":{"challenge":"BBBB"}};
        const token = 'in-a-script';</script></body>"#;

    fn place(name: &str, text: &str) -> String {
        given(PAGE).into_iter().find(|given| given.name == name && given.text == text).unwrap().source.toml()
    }

    #[test]
    fn fields_and_meta_elements_have_selectors_of_their_own() {
        assert_eq!(place("csrf-token", "meta-token"), r#"{ html = "meta[name=csrf-token]", attribute = "content" }"#);
        assert_eq!(place("csrf_token", "first"), r#"{ html = "input[name=csrf_token]", attribute = "value" }"#);
        assert_eq!(place("csrf_token", "second"), r#"{ html = "form[action^='/login'] input[name=csrf_token]", attribute = "value" }"#);
        assert_eq!(place("state", "s"), r#"{ html = "input#state", attribute = "value" }"#);
        assert_eq!(place("user-id", "u-1"), r#"{ html = "body[data-user-id]", attribute = "data-user-id" }"#);
    }

    #[test]
    fn json_is_found_in_scripts() {
        let all = json(PAGE);
        assert_eq!(all[0], (html_source("script#options".to_owned(), None), json!({ "challenge": "AAAA" })));
        assert_eq!(
            all[1],
            (Source::new(Place::Text(r"window\.app = (\{.*\});".to_owned())), json!({ "publicKey": { "challenge": "BBBB" } }))
        );
    }

    #[test]
    fn text_in_a_script_is_found_by_what_stands_before_it() {
        assert_eq!(pattern(PAGE, "in-a-script", "([^\"']+)").as_deref(), Some("const token = '([^\"']+)'"));
        assert_eq!(pattern(PAGE, "not there", "(.*)"), None);
    }
}
