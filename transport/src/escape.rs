//! Text from outside on its way to a terminal or a page: a relying party's name must not drive the one, nor turn the text of the other around.

use std::borrow::Cow;

/// On one line: every character spelled out that a terminal would obey instead of showing it, line breaks and tabs too.
#[must_use]
pub fn escaped(text: &str) -> Cow<'_, str> {
    spelled(text, is_obeyed)
}

/// The same with its line breaks and tabs.
#[must_use]
pub fn harmless(text: &str) -> Cow<'_, str> {
    spelled(text, |character| is_obeyed(character) && !matches!(character, '\n' | '\t'))
}

/// On one line, with white space folded.
#[must_use]
pub fn one_line(text: &str) -> String {
    escaped(&text.split_whitespace().collect::<Vec<_>>().join(" ")).into_owned()
}

/// The same for text that a program has coloured: sequences that only choose colours (ECMA-48 SGR) stay.
#[must_use]
pub fn harmless_but_coloured(text: &str) -> Cow<'_, str> {
    if !text.contains(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(COLOUR) {
        out.push_str(&harmless(before));
        let code =
            after.split_once('m').map(|(code, _)| code).filter(|code| code.bytes().all(|byte| byte.is_ascii_digit() || byte == b';'));
        match code {
            Some(code) => {
                out.push_str(&format!("{COLOUR}{code}m"));
                rest = after.get(code.len() + 1..).unwrap_or_default();
            }
            None => {
                out.push_str(&escaped(COLOUR));
                rest = after;
            }
        }
    }
    out.push_str(&harmless(rest));
    Cow::Owned(out)
}

const COLOUR: &str = "\u{1b}[";

/// JSON, which stays the same JSON: outside of its strings there is nothing that has to be spelled out but line breaks.
#[must_use]
pub fn harmless_json(json: &str) -> Cow<'_, str> {
    if !json.contains(is_obeyed) {
        return Cow::Borrowed(json);
    }
    let spelled = |character: char| match is_obeyed(character) && !matches!(character, '\n' | '\t' | '\r') {
        true => format!("\\u{:04x}", u32::from(character)),
        false => character.to_string(),
    };
    Cow::Owned(json.chars().map(spelled).collect())
}

fn spelled(text: &str, is: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is) {
        return Cow::Borrowed(text);
    }
    let spelled = |character: char| match is(character) {
        true => character.escape_default().to_string(),
        false => character.to_string(),
    };
    Cow::Owned(text.chars().map(spelled).collect())
}

/// Controls (C0, C1, DEL), characters that turn the direction of writing around or end a line (Unicode UAX #9, UAX #14), and U+FEFF, which
/// nobody sees.
const fn is_obeyed(character: char) -> bool {
    matches!(
        character,
        '\0'..='\u{1F}'
            | '\u{7F}'..='\u{9F}'
            | '\u{61C}'
            | '\u{200E}'
            | '\u{200F}'
            | '\u{2028}'..='\u{202E}'
            | '\u{2066}'..='\u{2069}'
            | '\u{FEFF}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_drives_a_terminal_is_spelled_out_and_names_stay() {
        for (text, expected) in [
            ("bank.example", "bank.example"),
            ("山田 花子 👩‍💻 é", "山田 花子 👩‍💻 é"),
            ("\u{1b}]0;owned\u{7}", "\\u{1b}]0;owned\\u{7}"),
            ("a\nb\r\u{9b}2J", "a\\nb\\r\\u{9b}2J"),
            ("\u{202e}moc.knab\u{feff}", "\\u{202e}moc.knab\\u{feff}"),
            ("\u{2066}\u{2069}\u{200e}\u{200f}\u{2028}", "\\u{2066}\\u{2069}\\u{200e}\\u{200f}\\u{2028}"),
        ] {
            assert_eq!(escaped(text), expected);
        }
    }

    #[test]
    fn lines_stay_lines_where_they_may() {
        assert_eq!(one_line("red \u{1b}[31m\n next"), "red \\u{1b}[31m next");
        assert_eq!(harmless("a\u{202e}b\n\tc"), "a\\u{202e}b\n\tc");
    }

    #[test]
    fn of_sequences_only_colours_stay() {
        assert_eq!(harmless_but_coloured("\u{1b}[1;31mred\u{1b}[0m\n"), "\u{1b}[1;31mred\u{1b}[0m\n");
        for (text, expected) in [
            ("\u{1b}[2Ja\u{1b}[1mb", "\\u{1b}[2Ja\u{1b}[1mb"),
            ("\u{1b}]0;t\u{7}m", "\\u{1b}]0;t\\u{7}m"),
            ("\u{1b}[\u{202e}m", "\\u{1b}[\\u{202e}m"),
            ("\u{1b}[31", "\\u{1b}[31"),
        ] {
            assert_eq!(harmless_but_coloured(text), expected);
        }
    }

    #[test]
    fn json_stays_the_same_json() {
        let value = serde_json::json!({ "a\u{202e}": ["\u{9b}2J", "山田", "x\ny"] });
        let text = format!("{value:#}");
        let harmless = harmless_json(&text);
        assert!(!harmless.contains(|c| is_obeyed(c) && c != '\n'), "{harmless:?}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&harmless).unwrap(), value);
    }
}
