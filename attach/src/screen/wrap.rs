//! Text in columns: what a terminal shows in two (Japanese, emoji) counts two.

use ratatui::buffer::CellWidth;
use ratatui::style::Style;
use ratatui::text::Span;

/// The columns of a text.
pub(super) fn columns(text: &str) -> usize {
    graphemes(text).iter().map(|grapheme| usize::from(grapheme.cell_width())).sum()
}

/// The text in lines of at most so many columns; those after the first are indented. Broken at spaces where there are any.
pub(super) fn wrap(text: &str, width: usize, indent: usize) -> Vec<String> {
    let indent = if indent * 2 > width { 0 } else { indent };
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    // Where the line could end: behind this many bytes, and columns.
    let mut space = None;
    for grapheme in graphemes(text) {
        let wide = usize::from(grapheme.cell_width());
        if used + wide > width && used > indent {
            let rest = match space.take().filter(|(bytes, _)| *bytes > indent) {
                Some((bytes, _)) => line.split_off(bytes),
                None => String::new(),
            };
            let rest = rest.trim_start();
            lines.push(std::mem::replace(&mut line, format!("{}{rest}", " ".repeat(indent))));
            used = indent + columns(rest);
            if grapheme == " " && used == indent {
                continue;
            }
        }
        line.push_str(grapheme);
        used += wide;
        // Not those that stand before the first word.
        if grapheme == " " && !line.trim().is_empty() {
            space = Some((line.len(), used));
        }
    }
    lines.push(line);
    lines
}

/// The beginning of the text, as far as there is room.
pub(super) fn cut(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let mut short = String::new();
    let mut used = 1;
    for grapheme in graphemes(text) {
        used += usize::from(grapheme.cell_width());
        if used > width {
            break;
        }
        short.push_str(grapheme);
    }
    short.push('…');
    short
}

fn graphemes(text: &str) -> Vec<&str> {
    let span = Span::raw(text);
    let found: Vec<usize> = span.styled_graphemes(Style::default()).map(|grapheme| grapheme.symbol.len()).collect();
    // Whoever wrote the text has spelled out every control, so that nothing is left out above and the lengths add up.
    let mut rest = text;
    let mut parts = Vec::new();
    for length in found {
        let Some((part, after)) = rest.split_at_checked(length) else { break };
        parts.push(part);
        rest = after;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_at_spaces_and_wide_characters_count_two() {
        assert_eq!(wrap("-> #1 register", 40, 4), ["-> #1 register"]);
        assert_eq!(wrap("one two three four", 9, 2), ["one two ", "  three ", "  four"]);
        assert_eq!(wrap("山田花子です", 6, 2), ["山田花", "  子で", "  す"]);
        assert_eq!(wrap("aaaaaaaaaa", 4, 0), ["aaaa", "aaaa", "aa"]);
        assert_eq!(wrap("", 4, 0), [""]);
        for line in wrap("登録 user 山田 花子 at example.com for the 2nd time", 11, 3) {
            assert!(columns(&line) <= 11, "{line:?}");
        }
    }

    #[test]
    fn a_cut_is_marked() {
        assert_eq!((cut("bank.example", 12), cut("bank.example", 6)), ("bank.example".to_owned(), "bank.…".to_owned()));
        assert_eq!((cut("山田花子", 6), cut("山田", 0)), ("山田…".to_owned(), "…".to_owned()));
    }
}
