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

/// Breaks `text` into lines of at most `width` columns: at spaces, and beside characters of two columns (Japanese has no spaces) where JIS X 4051
/// lets a line begin and end. What is wider than a line without such a place is broken after a hyphen or a slash, or where the line ends.
#[must_use]
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(2);
    let mut lines = Vec::new();
    let mut line = String::new();
    for (index, word) in text.split(' ').enumerate() {
        let mut space = usize::from(index > 0 && !line.is_empty());
        for part in parts(word) {
            if columns(&line) + space + columns(part) > width && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
                space = 0;
            }
            if std::mem::take(&mut space) == 1 {
                line.push(' ');
            }
            line.push_str(part);
            while columns(&line) > width {
                let rest = line.split_off(end_of_line(&line, width));
                lines.push(std::mem::replace(&mut line, rest));
            }
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// What of a word stays together.
fn parts(word: &str) -> impl Iterator<Item = &str> {
    let mut rest = word;
    std::iter::from_fn(move || {
        let mut characters = rest.char_indices().peekable();
        let mut end = rest.len();
        while let (Some((_, c)), Some((at, next))) = (characters.next(), characters.peek()) {
            if may_break(c, *next) {
                end = *at;
                break;
            }
        }
        let (part, after) = rest.split_at(end);
        rest = after;
        (!part.is_empty()).then_some(part)
    })
}

fn may_break(before: char, after: char) -> bool {
    let is_wide = |c: char| c.width() == Some(2);
    // A number stays with what it counts.
    let counts = before.is_ascii_digit() && is_wide(after);
    (is_wide(before) || is_wide(after))
        && !counts
        && after.width() != Some(0)
        && !NEVER_FIRST.contains(after)
        && !NEVER_LAST.contains(before)
}

/// Never at the beginning of a line.
const NEVER_FIRST: &str = "、。，．・：；？！ー〜…）］｝」』】〉》〕々ゝゞヽヾぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ％,:;?!)]}\"";
/// Never at the end of a line.
const NEVER_LAST: &str = "（［｛「『【〈《〔([{\"";

/// Where to break a line of one part that is too wide, in bytes; at least one character.
fn end_of_line(line: &str, width: usize) -> usize {
    let mut used = 0;
    let mut end = 0;
    let mut good = None;
    for (at, c) in line.char_indices() {
        used += c.width().unwrap_or(0);
        if used > width && at > 0 {
            break;
        }
        end = at + c.len_utf8();
        if matches!(c, '-' | '/') {
            good = Some(end);
        }
    }
    good.unwrap_or(end)
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
        assert_eq!(wrap("パスキー認証", 6), ["パス", "キー認", "証"]);
        assert_eq!(wrap("", 6), [""]);
    }

    #[test]
    fn no_japanese_line_begins_or_ends_where_it_must_not() {
        assert_eq!(wrap("認証です。次", 8), ["認証で", "す。次"]);
        assert_eq!(wrap("通信が「切れた」と", 8), ["通信が", "「切れ", "た」と"]);
        assert_eq!(wrap("あと（1件）", 8), ["あと", "（1件）"]);
        assert_eq!(wrap("登録しちゃった", 8), ["登録し", "ちゃった"]);
        assert_eq!(wrap("4xxで拒否し、RPが", 12), ["4xxで拒否", "し、RPが"]);
        let text = "チャレンジは検証の前に保管場所から取り出し、受理・拒否にかかわらず1回で無効にしてください（WebAuthn）。「登録済み」はエラーではありません。";
        for width in 6..60 {
            let lines = wrap(text, width);
            assert_eq!(lines.concat(), text, "{width}");
            for line in &lines {
                assert!(columns(line) <= width, "{width}: {line}");
            }
            // Narrower than what stays together, a line is broken anywhere.
            for line in lines.iter().skip(1).filter(|_| width >= 20) {
                assert!(!line.starts_with(|c| NEVER_FIRST.contains(c)), "{width}: {line}");
            }
            for line in lines.iter().rev().skip(1).filter(|_| width >= 20) {
                assert!(!line.ends_with(|c| NEVER_LAST.contains(c)), "{width}: {line}");
            }
        }
    }

    #[test]
    fn a_word_wider_than_the_line_is_broken_after_a_hyphen_or_a_slash() {
        assert_eq!(wrap("no-register-again/authentication-verify", 30), ["no-register-again/", "authentication-verify"]);
        assert_eq!(wrap("see challenge-survives-refusal", 20), ["see", "challenge-survives-", "refusal"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("「「「「", 3), ["「", "「", "「", "「"]);
    }
}
