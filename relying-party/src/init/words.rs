//! What was found where, for a person.

use super::before::Once;
use super::draft::Draft;
use super::har::Recording;
use super::request::Request;
use super::scene::{Ceremony, OptionsPlace};
use super::source::Source;

/// A line each, in the order of the file.
pub fn found(draft: &Draft, recording: &Recording) -> Vec<String> {
    let mut lines = vec![match recording.exchanges.len() {
        1 => format!("1 request in the recording; the relying party is {}", draft.server),
        requests => format!("{requests} requests in the recording; the relying party is {}", draft.server),
    }];
    if let Some(rp_id) = &draft.rp_id {
        lines.push(format!("RP ID: {rp_id}"));
    }
    for (ceremony, name) in [(&draft.registration, "registration"), (&draft.authentication, "log-in")] {
        ceremony_lines(&mut lines, recording, ceremony, name);
    }
    if let Some((csrf, path)) = &draft.csrf {
        lines.push(format!("CSRF token: from {} of GET {path}", place(&csrf.from)));
    }
    if let Some((check, request)) = &draft.session {
        let at = check.source.as_ref().map_or_else(|| "its status".to_owned(), place);
        lines.push(format!("who is signed in: GET {}, by {at}", request.path));
    }
    for index in &draft.left_out {
        lines.push(format!("left out: {}, on which nothing later seems to depend", named(recording, *index)));
    }
    lines
}

fn ceremony_lines(lines: &mut Vec<String>, recording: &Recording, ceremony: &Ceremony, name: &str) {
    for before in &ceremony.before {
        let often = match before.once {
            Some(Once::Account) => "once for each account",
            Some(Once::Session) => "once in each session",
            None => "each time",
        };
        lines.push(format!("before the {name}, {often}: {}{}", named(recording, before.exchange), captures(before)));
    }
    if let Some(options) = &ceremony.options {
        let at = match &ceremony.source {
            OptionsPlace::At(source) => format!(", options at {}", place(source)),
            OptionsPlace::Made(_) => ", a challenge; the page makes the options".to_owned(),
            OptionsPlace::Unknown => String::new(),
        };
        lines.push(format!("{name} options: {}{at}{}", named(recording, options.exchange), captures(options)));
    }
    if let Some(verify) = &ceremony.verify {
        let rule = verify.accepted.as_ref().map_or_else(String::new, |rule| format!(", accepted = {}", rule.toml()));
        lines.push(format!("{name} verify: {}{rule}{}", named(recording, verify.exchange), captures(verify)));
    }
}

fn named(recording: &Recording, index: usize) -> String {
    recording.exchanges.get(index).map(|exchange| format!("{} (entry {})", exchange.named(), exchange.entry)).unwrap_or_default()
}

fn captures(request: &Request) -> String {
    request.captures.iter().map(|(name, source)| format!(", gives {{{name}}} at {}", place(source))).collect()
}

fn place(source: &Source) -> String {
    match source.toml() {
        whole if whole == "\"\"" => "the whole answer".to_owned(),
        other => other,
    }
}
