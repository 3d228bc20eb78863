//! Text from outside on its way to a terminal: a relying party's name must not drive it.

use std::borrow::Cow;

/// The text with every character spelled out that a terminal would obey instead of showing it: controls (C0, C1, DEL), and those that turn the
/// direction of writing around or end a line (Unicode UAX #9).
#[must_use]
pub fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let spelled = |character: char| match is_obeyed(character) {
        true => character.escape_default().to_string(),
        false => character.to_string(),
    };
    Cow::Owned(text.chars().map(spelled).collect())
}

const fn is_obeyed(character: char) -> bool {
    matches!(character, '\0'..='\u{1F}' | '\u{7F}'..='\u{9F}' | '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
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
            ("\u{202e}moc.knab", "\\u{202e}moc.knab"),
        ] {
            assert_eq!(escaped(text), expected);
        }
    }
}
