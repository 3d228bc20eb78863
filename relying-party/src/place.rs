//! Where in a TOML file something is wrong: the line and the field, for errors.

use std::ops::Range;

/// Line and field of an error, e.g. `12, registration.options.path`. TOML's error knows the span; the field is read off the file: the
/// section's header, and the key on the line, unless the span is wider than either side of its `=`, as that of a whole table is.
#[must_use]
pub fn place(text: &str, span: Option<Range<usize>>) -> String {
    let span = span.unwrap_or_default();
    let before = text.get(..span.start.min(text.len())).unwrap_or_default();
    let number = before.matches('\n').count();
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    let header = |line: &str| {
        let inner = line.trim().strip_prefix('[')?;
        inner.trim_start_matches('[').split_once(']').map(|(name, _)| name.trim().to_owned())
    };
    let lines: Vec<&str> = text.lines().collect();
    let here = lines.get(number).copied().unwrap_or_default();
    let mut field: Vec<String> = lines.iter().take(number + 1).rev().find_map(|line| header(line)).into_iter().collect();
    if let Some((key, _)) = here.split_once('=')
        && header(here).is_none()
    {
        let equals = line_start + key.len();
        if span.end <= equals || span.start > equals {
            field.push(key.trim().to_owned());
        }
    }
    format!("{}, {}", number + 1, if field.is_empty() { "the file".to_owned() } else { field.join(".") })
}

/// Where this stands in a section of the file: the first time within it, else the first time at all.
#[must_use]
pub fn find(text: &str, section: &str, written: &str) -> Range<usize> {
    let spans = || text.match_indices(written).map(|(start, found)| start..start + found.len());
    let in_section = |span: &Range<usize>| {
        let place = place(text, Some(span.clone()));
        let field = place.split_once(", ").map_or("", |(_, field)| field);
        field.starts_with(section) || section.starts_with(field)
    };
    spans().find(in_section).or_else(|| spans().next()).unwrap_or_default()
}
