//! The lines of an adapter file: sections, fields, and what a request's table has in it.

use toml::de::{DeTable, DeValue};

/// One field of a section, or one member of a field that is a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// From 1.
    pub number: usize,
    /// As in the file, such as `registration.options`; empty at the top.
    pub section: String,
    /// Which of several sections of this name, from 0.
    pub index: usize,
    /// Such as `path`, or `body.username`.
    pub field: String,
    /// What stands behind the `=`.
    pub value: String,
    /// The section's `method` and `path`, if it has one.
    pub request: Option<(String, String)>,
}

/// Tables of the file that are sections, by their whole name.
const SECTIONS: [&str; 32] = [
    "account",
    "headers",
    "tls",
    "encoding",
    "registration",
    "registration.before",
    "registration.options",
    "registration.verify",
    "authentication",
    "authentication.before",
    "authentication.options",
    "authentication.verify",
    "result",
    "challenge",
    "csrf",
    "session",
    "report",
    "fallback",
    "fallback.password",
    "fallback.phone",
    "fallback.support-reset",
    "hooks",
    "hooks.prepare",
    "hooks.reset",
    "hooks.clean-up",
    "hooks.delete-credential",
    "hooks.credentials",
    "hooks.account",
    "hooks.log",
    "hooks.draft",
    "hooks.draft.read",
    "hooks.draft.save",
];

/// Fields whose members are told one by one.
const TABLES: [&str; 5] = ["body", "form", "multipart", "capture", "headers"];

/// In the order of the file. A file that can't be read has none.
pub fn all(text: &str) -> Vec<Line> {
    let Ok(table) = DeTable::parse(text) else { return Vec::new() };
    let mut reader = Reader { text, lines: Vec::new() };
    reader.section("", 0, table.get_ref());
    let mut lines = reader.lines;
    lines.sort_by_key(|(start, _)| *start);
    lines.into_iter().map(|(_, line)| line).collect()
}

struct Reader<'a> {
    text: &'a str,
    /// With the byte at which each begins.
    lines: Vec<(usize, Line)>,
}

impl Reader<'_> {
    fn section(&mut self, section: &str, index: usize, table: &DeTable<'_>) {
        let text_of = |name: &str| {
            let found = table.iter().find(|(key, _)| key.get_ref() == name)?.1;
            match found.get_ref() {
                DeValue::String(text) => Some(text.to_string()),
                _ => None,
            }
        };
        let default = if ["session", "csrf"].contains(&section) || reads(section) { "GET" } else { "POST" };
        let request = text_of("path").map(|path| (text_of("method").unwrap_or_else(|| default.to_owned()), path));
        for (key, value) in table {
            let name = if section.is_empty() { key.get_ref().to_string() } else { format!("{section}.{}", key.get_ref()) };
            match value.get_ref() {
                DeValue::Table(inner) if SECTIONS.contains(&name.as_str()) => self.section(&name, 0, inner),
                DeValue::Array(items) if name.ends_with(".before") => {
                    for (index, item) in items.iter().enumerate() {
                        if let DeValue::Table(inner) = item.get_ref() {
                            self.section(&name, index, inner);
                        }
                    }
                }
                DeValue::Table(inner) if TABLES.contains(&key.get_ref().as_ref()) => {
                    for (member, value) in inner {
                        let field = format!("{}.{}", key.get_ref(), member.get_ref());
                        self.add(section, index, field, member.span().start, value.span(), request.as_ref());
                    }
                }
                _ => self.add(section, index, key.get_ref().to_string(), key.span().start, value.span(), request.as_ref()),
            }
        }
    }

    fn add(
        &mut self,
        section: &str,
        index: usize,
        field: String,
        start: usize,
        value: std::ops::Range<usize>,
        request: Option<&(String, String)>,
    ) {
        let number = self.text.get(..start).unwrap_or_default().matches('\n').count() + 1;
        let value: Vec<&str> = self.text.get(value).unwrap_or_default().split_whitespace().collect();
        let line = Line { number, section: section.to_owned(), index, field, value: value.join(" "), request: request.cloned() };
        self.lines.push((start, line));
    }
}

/// Hooks that only look.
fn reads(section: &str) -> bool {
    ["hooks.credentials", "hooks.account", "hooks.log", "hooks.draft.read"].contains(&section)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_has_its_section_and_number() {
        let text = "name = \"shop\"\n[registration.options]\npath = \"/o\"\noptions = \"/p\"\nbody = { a = \"{username}\",\n b = 1 }\n\n\
                    [[registration.before]]\npath = \"/x\"\n[[registration.before]]\npath = \"/y\"\n[registration.before.body]\nc = 2\n[session]\npath = \"/me\"\n";
        let all = all(text);
        let shown: Vec<String> =
            all.iter().map(|line| format!("{} [{}#{}] {} = {}", line.number, line.section, line.index, line.field, line.value)).collect();
        assert_eq!(
            shown,
            [
                "1 [#0] name = \"shop\"",
                "3 [registration.options#0] path = \"/o\"",
                "4 [registration.options#0] options = \"/p\"",
                "5 [registration.options#0] body.a = \"{username}\"",
                "6 [registration.options#0] body.b = 1",
                "9 [registration.before#0] path = \"/x\"",
                "11 [registration.before#1] path = \"/y\"",
                "13 [registration.before#1] body.c = 2",
                "15 [session#0] path = \"/me\"",
            ]
        );
        assert_eq!(all.last().and_then(|line| line.request.clone()), Some(("GET".to_owned(), "/me".to_owned())));
    }

    #[test]
    fn the_example_has_no_section_that_is_not_known() {
        let example = include_str!("../../../../relying-party/adapters/example.toml");
        let lines = all(example);
        assert!(lines.len() > 60, "{}", lines.len());
        let inline = lines.iter().filter(|line| line.value.starts_with('{') && line.value.contains("path = "));
        assert_eq!(inline.count(), 0);
    }
}
