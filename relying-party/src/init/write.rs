//! A draft as a TOML file, with a comment at every line that could not be found out.

use std::fmt::Write as _;

use serde_json::Value;

use super::before::Once;
use super::draft::Draft;
use super::encoding::{Encoding, Fields};
use super::request::{Content, Request};
use super::scene::{Ceremony, OptionsPlace};
use super::template::Template;
use super::unknown::Unknown;

/// A line that is longer becomes a table of its own.
const WIDTH: usize = 110;

/// Text as TOML has it: literal where a backslash is in it, else basic.
pub fn quoted(text: &str) -> String {
    if text.contains('\\') && !text.contains(['\'', '\n']) && !text.chars().any(char::is_control) {
        return format!("'{text}'");
    }
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A key: bare where it can be.
pub fn key(name: &str) -> String {
    let bare = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if bare { name.to_owned() } else { quoted(name) }
}

/// A value on one line. TOML has no null.
pub fn inline(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => return None,
        Value::String(text) => quoted(text),
        Value::Array(items) => format!("[{}]", items.iter().filter_map(inline).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => {
            let members: Vec<String> =
                members.iter().filter_map(|(name, value)| Some(format!("{} = {}", key(name), inline(value)?))).collect();
            table(&members)
        }
        other => other.to_string(),
    })
}

fn table(members: &[String]) -> String {
    if members.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", members.join(", ")) }
}

/// On one line; nothing where nothing is sent. TOML has no null: the member is left out.
fn line_of(template: &Template) -> Option<String> {
    Some(match template {
        Template::Text(text) => quoted(text),
        Template::Fixed(value) => inline(value)?,
        Template::Json(inner) => quoted(&inner.json_text()),
        Template::List(items) => format!("[{}]", items.iter().filter_map(line_of).collect::<Vec<_>>().join(", ")),
        Template::Table(members) => {
            let members: Vec<String> =
                members.iter().filter_map(|(name, member)| Some(format!("{} = {}", key(name), line_of(member)?))).collect();
            table(&members)
        }
        Template::Left(_) => return None,
    })
}

struct Text(String);

impl Text {
    fn line(&mut self, line: impl AsRef<str>) {
        self.0.push_str(line.as_ref());
        self.0.push('\n');
    }

    fn section(&mut self, header: &str) {
        self.line("");
        self.line(header);
    }

    fn not_found(&mut self, unknown: &Unknown) {
        self.line(format!("# not found: {unknown}"));
    }

    /// Members, a line each. Where something within is not known, its own lines say so.
    fn members(&mut self, prefix: &str, members: &[(String, Template)]) {
        for (name, member) in members {
            let name = format!("{prefix}{}", key(name));
            match member {
                Template::Left(unknown) => {
                    self.not_found(unknown);
                    let value = match unknown {
                        Unknown::Member { value: Some(value), .. } => value.clone(),
                        _ => "\"…\"".to_owned(),
                    };
                    self.line(format!("# {name} = {value}"));
                }
                Template::Table(inner) if !member.unknown().is_empty() => self.members(&format!("{name}."), inner),
                other => {
                    for unknown in other.unknown() {
                        self.not_found(unknown);
                    }
                    if let Some(value) = line_of(other) {
                        self.line(format!("{name} = {value}"));
                    }
                }
            }
        }
    }
}

pub fn toml(draft: &Draft, file: &str) -> String {
    let mut text = Text(String::new());
    text.line(format!(
        "# Made by `faultkey init` from the recording {}. Read it before you use it: `not found` marks what the recording",
        file.replace('\n', " ")
    ));
    text.line("# did not show. Values of the recording are not in it, but for paths, names and constants.");
    text.line(format!("# Try it: faultkey adapter check FILE --rp {}", draft.server));
    text.line(format!("name = {}", quoted(&draft.name)));
    if let Some(origin) = &draft.origin {
        text.line(format!("origin = {}", quoted(origin)));
    }
    for unknown in &draft.unknown {
        match unknown {
            Unknown::OtherOrigin { .. } => text.not_found(unknown),
            Unknown::RpId => {
                text.not_found(unknown);
                text.line("# rp-id = \"…\"");
            }
            _ => {}
        }
    }
    if let Some(rp_id) = &draft.rp_id {
        text.line(format!("rp-id = {}", quoted(rp_id)));
    }
    if draft.email || draft.password {
        text.section("[account]");
        if draft.email {
            text.line("name = \"{n}@example.com\"");
        }
        if draft.password {
            text.line("# password = \"{env:QA_PASSWORD}\"   # without this line faultkey's own, of lower-case letters, digits and hyphens");
        }
    }
    if !draft.headers.is_empty() {
        text.section("[headers]");
        for (name, value) in &draft.headers {
            for unknown in draft
                .unknown
                .iter()
                .filter(|unknown| matches!(unknown, Unknown::Secret { variable, .. } if value.contains(&format!("{{env:{variable}}}"))))
            {
                text.not_found(unknown);
            }
            text.line(format!("{} = {}", key(&title_case(name)), quoted(value)));
        }
    }
    encodings(&mut text, draft);
    ceremony(&mut text, draft, &draft.registration, "registration");
    ceremony(&mut text, draft, &draft.authentication, "authentication");
    result(&mut text, draft);
    csrf(&mut text, draft);
    session(&mut text, draft);
    text.0
}

fn encodings(text: &mut Text, draft: &Draft) {
    let lines: Vec<String> = [("options", &draft.options_encoding), ("credential", &draft.credential_encoding)]
        .iter()
        .filter_map(|(name, fields)| Some(format!("{name} = {}", encoding(fields)?)))
        .collect();
    let unknown: Vec<&Unknown> = draft.unknown.iter().filter(|unknown| matches!(unknown, Unknown::Encoding { .. })).collect();
    if lines.is_empty() && unknown.is_empty() {
        return;
    }
    text.section("[encoding]");
    unknown.iter().for_each(|unknown| text.not_found(unknown));
    lines.iter().for_each(|line| text.line(line));
}

/// `None`: base64url, as without the line.
fn encoding(fields: &Fields) -> Option<String> {
    let (most, others) = fields.settle();
    let others: Vec<_> = others.into_iter().filter(|(_, encoding)| encoding.can_be_said()).collect();
    let most = if most.can_be_said() { most } else { Encoding::Base64Url };
    match (most, others.as_slice()) {
        (Encoding::Base64Url, []) => None,
        (most, []) => Some(quoted(most.name())),
        (most, others) => {
            let default = (most != Encoding::Base64Url).then(|| format!("default = {}", quoted(most.name())));
            let others = others.iter().map(|(field, encoding)| format!("{field} = {}", quoted(encoding.name())));
            Some(table(&default.into_iter().chain(others).collect::<Vec<_>>()))
        }
    }
}

fn ceremony(text: &mut Text, draft: &Draft, ceremony: &Ceremony, name: &str) {
    // It belongs after the sign-up, and before what only a signed-in user may ask for.
    let signed_up = ceremony.before.iter().rposition(|before| before.once == Some(Once::Account)).map_or(0, |last| last + 1);
    let sign_in = |text: &mut Text| {
        if name == "registration" && draft.unknown.contains(&Unknown::SignIn) {
            text.line("");
            text.not_found(&Unknown::SignIn);
            text.line("# [[registration.before]]");
            text.line("# once = \"session\"");
            text.line("# unless-signed-in = true   # asks [session]");
            text.line("# path = \"/…\"");
            text.line("# body = { username = \"{username}\", password = \"{password}\" }");
        }
    };
    for (number, before) in ceremony.before.iter().enumerate() {
        if number == signed_up {
            sign_in(text);
        }
        text.section(&format!("[[{name}.before]]"));
        request(text, draft, before, |_| {});
    }
    if signed_up == ceremony.before.len() {
        sign_in(text);
    }
    let elsewhere = |text: &mut Text, section: &str| {
        for unknown in draft.unknown.iter().filter(|unknown| matches!(unknown, Unknown::Elsewhere { section: own, .. } if own == section)) {
            text.not_found(unknown);
        }
    };
    let section = format!("{name}.options");
    text.section(&format!("[{section}]"));
    elsewhere(text, &section);
    let missing = |section: &str| {
        let section = section.to_owned();
        move |unknown: &&Unknown| matches!(unknown, Unknown::Request { section: own, .. } | Unknown::AnswerMissing { section: own, .. } | Unknown::OptionsMadeByPage { section: own } if *own == section)
    };
    for unknown in draft.unknown.iter().filter(missing(&section)) {
        text.not_found(unknown);
    }
    match &ceremony.options {
        Some(options) => request(text, draft, options, |text| options_place(text, draft, ceremony)),
        None => {
            text.line("path = \"/not-found\"");
            text.line("options = \"\"");
        }
    }
    let section = format!("{name}.verify");
    text.section(&format!("[{section}]"));
    elsewhere(text, &section);
    for unknown in draft
        .unknown
        .iter()
        .filter(|unknown| missing(&section)(unknown) || matches!(unknown, Unknown::Accepted { section: own, .. } if *own == section))
    {
        text.not_found(unknown);
    }
    match &ceremony.verify {
        Some(verify) => request(text, draft, verify, |_| {}),
        None => {
            text.line("path = \"/not-found\"");
            text.line("body = \"{credential}\"");
        }
    }
}

fn options_place(text: &mut Text, draft: &Draft, ceremony: &Ceremony) {
    match &ceremony.source {
        OptionsPlace::At(source) => text.line(format!("options = {}", source.toml())),
        OptionsPlace::Unknown => text.line("options = \"\""),
        OptionsPlace::Made(challenge) => {
            let rp_id = quoted(draft.rp_id.as_deref().unwrap_or("localhost"));
            let template = match ceremony.kind {
                super::ceremony::Kind::Registration => format!(
                    "{{ challenge = \"{{{challenge}}}\", rp = {{ id = {rp_id}, name = {rp_id} }}, user = {{ id = \"{{username}}\", name = \"{{username}}\", \
                     displayName = \"{{display_name}}\" }}, pubKeyCredParams = [{{ type = \"public-key\", alg = -7 }}, {{ type = \"public-key\", alg = -257 }}] }}"
                ),
                super::ceremony::Kind::Authentication => format!("{{ challenge = \"{{{challenge}}}\", rpId = {rp_id} }}"),
            };
            text.line(format!("options = {{ template = {template} }}"));
        }
    }
}

/// `place` writes what only this section has, before tables begin.
fn request(text: &mut Text, draft: &Draft, request: &Request, place: impl FnOnce(&mut Text)) {
    for unknown in &request.unknown {
        text.not_found(unknown);
    }
    if let Some(once) = request.once {
        text.line(format!("once = {}", quoted(once.name())));
    }
    if request.method != "POST" {
        text.line(format!("method = {}", quoted(&request.method)));
    }
    text.line(format!("path = {}", quoted(&request.path)));
    place(text);
    if !request.headers.is_empty() {
        for unknown in &draft.unknown {
            if let Unknown::Secret { variable, .. } = unknown
                && request.headers.iter().any(|(_, value)| value.contains(&format!("{{env:{variable}}}")))
            {
                text.not_found(unknown);
            }
        }
        let headers: Vec<String> =
            request.headers.iter().map(|(name, value)| format!("{} = {}", key(&title_case(name)), quoted(value))).collect();
        text.line(format!("headers = {}", table(&headers)));
    }
    if let Some(rule) = &request.accepted {
        text.line(format!("accepted = {}", rule.toml()));
    }
    if !request.captures.is_empty() {
        let captures: Vec<String> = request.captures.iter().map(|(name, source)| format!("{} = {}", key(name), source.toml())).collect();
        text.line(format!("capture = {}", table(&captures)));
    }
    let (name, template) = match &request.content {
        Content::None => return,
        Content::Json(template) => ("body", template.clone()),
        Content::Form(fields) => ("form", Template::Table(fields.clone())),
        Content::Multipart(fields) => ("multipart", Template::Table(fields.clone())),
    };
    let known = template.unknown().is_empty();
    match (line_of(&template), &template) {
        (Some(line), _) if known && line.len() + name.len() + 3 <= WIDTH => text.line(format!("{name} = {line}")),
        (_, Template::Table(members)) => {
            text.section(&format!("[{}.{name}]", request.section));
            text.members("", members);
        }
        (Some(line), _) => {
            template.unknown().into_iter().for_each(|unknown| text.not_found(unknown));
            text.line(format!("{name} = {line}"));
        }
        (None, _) => template.unknown().into_iter().for_each(|unknown| text.not_found(unknown)),
    }
}

fn result(text: &mut Text, draft: &Draft) {
    let reasons = &draft.reasons;
    let lines = [("code", &reasons.code), ("message", &reasons.message)];
    let lines: Vec<String> = lines.iter().filter_map(|(name, source)| Some(format!("{name} = {}", source.as_ref()?.toml()))).collect();
    text.line("");
    if draft.unknown.contains(&Unknown::Reasons) {
        text.not_found(&Unknown::Reasons);
        text.line("# [result]");
        text.line("# code = \"/…\"");
        text.line("# message = \"/…\"");
    }
    if !lines.is_empty() {
        text.line("[result]");
        lines.iter().for_each(|line| text.line(line));
    }
}

fn csrf(text: &mut Text, draft: &Draft) {
    let Some((csrf, path)) = &draft.csrf else { return };
    text.section("[csrf]");
    for unknown in draft.unknown.iter().filter(|unknown| matches!(unknown, Unknown::CsrfPath { .. })) {
        text.not_found(unknown);
    }
    text.line(format!("path = {}", quoted(path)));
    text.line(format!("from = {}", csrf.from.toml_table()));
    let send = match &csrf.send {
        super::csrf::Send::Header(name) => format!("header = {}", quoted(&title_case(name))),
        super::csrf::Send::Field(name) => format!("field = {}", quoted(name)),
    };
    text.line(format!("send = {{ {send} }}"));
}

fn session(text: &mut Text, draft: &Draft) {
    match &draft.session {
        Some((check, found)) => {
            text.section("[session]");
            request(text, draft, &Request { method: "POST".to_owned(), ..found.clone() }, |_| {});
            if let Some(source) = &check.source {
                // The source's fields are the section's own.
                text.line(match source.toml() {
                    pointer if pointer.starts_with(['"', '\'']) => format!("pointer = {pointer}"),
                    table => table.trim_matches(['{', '}', ' ']).replace(", json", "\njson"),
                });
            }
        }
        None => {
            text.line("");
            for unknown in draft.unknown.iter().filter(|unknown| matches!(unknown, Unknown::Session { .. })) {
                text.not_found(unknown);
            }
            text.line("# [session]");
            text.line(format!("# path = {}", quoted(draft.perhaps_session.as_deref().unwrap_or("/…"))));
            text.line("# pointer = \"/…\"");
        }
    }
}

/// As people write headers.
fn title_case(name: &str) -> String {
    let parts = name.split('-').map(|part| {
        let mut characters = part.chars();
        characters.next().map(|first| first.to_ascii_uppercase().to_string() + characters.as_str()).unwrap_or_default()
    });
    parts.collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_toml() {
        for text in ["a", "a\"b", r"back\slash", "two\nlines", "it's \\ both", "\u{7}", "{\"a\":\"{credential_json}\"}"] {
            let read: toml::Table = toml::from_str(&format!("v = {}", quoted(text))).unwrap();
            assert_eq!(read["v"].as_str(), Some(text));
        }
        assert_eq!(key("response[id]"), "\"response[id]\"");
        assert_eq!(title_case("x-csrf-token"), "X-Csrf-Token");
    }
}
