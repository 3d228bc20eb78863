//! Text for people: made harmless, measured and cut by columns. Much of it was written by a relying party.

pub(crate) use faultkey_transport::escape::{harmless, one_line};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns that `text` takes on a terminal; Japanese takes two for each character.
pub(crate) fn columns(text: &str) -> usize {
    text.width()
}

/// `text` cut to at most `width` columns, with `...` where it was cut.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let dots = if width > 3 { "..." } else { "" };
    let mut used = dots.len();
    let mut cut = String::new();
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > width {
            break;
        }
        cut.push(c);
    }
    cut.push_str(dots);
    cut
}

/// `text` cut or padded to exactly `width` columns.
pub(crate) fn fit(text: &str, width: usize) -> String {
    let mut fitted = cut(text, width);
    let used = columns(&fitted);
    fitted.extend(std::iter::repeat_n(' ', width.saturating_sub(used)));
    fitted
}

/// Breaks `text` into lines of at most `width` columns, at spaces, or between any two characters where there is none (Japanese has none).
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(2);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let space = usize::from(!line.is_empty());
        if columns(&line) + space + columns(word) <= width {
            if space == 1 {
                line.push(' ');
            }
            line.push_str(word);
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        for c in word.chars() {
            if columns(&line) + c.width().unwrap_or(0) > width {
                lines.push(std::mem::take(&mut line));
            }
            line.push(c);
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn japanese_is_measured_and_cut_by_columns() {
        assert_eq!(columns("M0902 パスキー認証エラー"), 24);
        assert_eq!(cut("M0902 パスキー認証エラー", 12), "M0902 パ...");
        assert_eq!(fit("パスキー", 6), "パ... ");
        assert_eq!(columns(&fit("パスキー認証エラー", 10)), 10);
        assert_eq!(fit("ok", 4), "ok  ");
    }

    #[test]
    fn wraps_words_and_japanese() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("パスキー認証", 6), ["パスキ", "ー認証"]);
        assert_eq!(wrap("", 6), [""]);
    }
}
