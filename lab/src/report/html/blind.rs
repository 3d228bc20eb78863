//! What could not be seen, told once, with the lines of the adapter file that would show it.

use maud::{Markup, html};

use super::{Target, code, sentence, worded};
use crate::verdict::{Blind, BlindSpot};
use crate::words::{Label, Words};

pub(super) fn section(words: Words, targets: &[Target<'_>]) -> Markup {
    let blind: Vec<&Target<'_>> = targets.iter().filter(|target| !target.run.blind_spots.is_empty() || target.run.rate_limited).collect();
    html! {
        @if !blind.is_empty() {
            section aria-labelledby="not-observable" {
                h2 #not-observable { (words.label(Label::NotObservable)) }
                p.quiet { (words.label(Label::Opens)) }
                @for target in &blind {
                    @if targets.len() > 1 { p { b { (worded(words, &target.run.name)) } } }
                    @if target.run.rate_limited { p.incomplete { (sentence(words.rate_limited())) } }
                    @for spot in &target.run.blind_spots { (self::spot(words, spot)) }
                }
            }
        }
    }
}

fn spot(words: Words, spot: &BlindSpot) -> Markup {
    let lines = match &spot.blind {
        Blind::Section { section } => example(section, None),
        Blind::Field { section, field } => example(section, Some(field)),
        _ => None,
    };
    html! {
        div.spot {
            p { (sentence(&words.blind_spot(spot))) }
            div.beside {
                @if let Some(lines) = &lines { (code::lines("TOML", lines)) }
                ul { @for check in &spot.checks { li { (words.title(*check)) } } }
            }
        }
    }
}

/// The section as the example of an adapter file has it, or only the lines of one member.
fn example(section: &str, field: Option<&str>) -> Option<String> {
    let paragraphs = faultkey_relying_party::EXAMPLE.split("\n\n").filter(|paragraph| belongs(paragraph, section));
    let mut lines: Vec<&str> = Vec::new();
    for paragraph in paragraphs {
        let body = paragraph.lines().skip_while(|line| line.starts_with('#'));
        match field {
            None => {
                if !lines.is_empty() {
                    lines.push("");
                }
                lines.extend(body);
            }
            Some(field) => {
                let member = field.split('.').next().unwrap_or(field);
                let is_it = |line: &&str| line.split_once('=').is_some_and(|(name, _)| name.trim() == member);
                let found: Vec<&str> = body.filter(is_it).collect();
                if !found.is_empty() {
                    lines.extend(paragraph.lines().find(|line| line.starts_with('[')));
                    lines.extend(found);
                }
            }
        }
    }
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// Whether a paragraph of the file is the section, or a part of it.
fn belongs(paragraph: &str, section: &str) -> bool {
    let header = paragraph.lines().find(|line| line.starts_with('[')).unwrap_or_default();
    let name = header.trim_start_matches('[').split(']').next().unwrap_or_default();
    name == section || name.strip_prefix(section).is_some_and(|rest| rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_shown_as_the_example_has_it() {
        let log = example("hooks.log", None).unwrap();
        assert!(log.starts_with("[hooks.log]") && log.ends_with("text = \"/text\"") && log.lines().count() == 5, "{log}");
        let draft = example("hooks.draft", None).unwrap();
        assert!(draft.contains("[hooks.draft.read]") && draft.contains("\n\n[hooks.draft.save]"), "{draft}");
        assert_eq!(example("hooks.nothing", None), None);
    }

    #[test]
    fn of_a_member_only_its_line_is_shown() {
        assert_eq!(example("hooks.account", Some("sessions")).unwrap(), "[hooks.account]\nsessions = \"/sessions\"");
        let next = example("result", Some("next.href")).unwrap();
        assert!(next.starts_with("[result]\nnext = {") && next.lines().count() == 2, "{next}");
        assert_eq!(example("hooks.account", Some("nothing")), None);
    }
}
