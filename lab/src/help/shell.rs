//! A line for a POSIX shell, folded so that it fits a terminal and still runs.

use crate::report::text::columns;

/// Where a character of the line stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quote {
    None,
    /// Nothing is special but the quote itself (POSIX.1-2024 XCU §2.2.2).
    Single,
    Double,
}

/// Folds before words only. The lines may be indented; one that is a single long word is longer than the width.
pub fn by_words(line: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words(line) {
        match lines.last_mut() {
            Some(last) if columns(last) + columns(word.trim_end()) <= width.saturating_sub(1) => last.push_str(&word),
            _ => lines.push(word),
        }
    }
    continued(lines.into_iter().map(|line| line.trim_end().to_owned()).collect(), " \\")
}

/// Folds before a word where it can, else within one. A backslash at a line's end joins it with the next (XCU §2.2.1), but not within single
/// quotes: those are closed before and opened again.
pub fn folded(line: &str, width: usize) -> Vec<String> {
    // Room for a closing quote and the backslash.
    let room = width.saturating_sub(2).max(4);
    let mut lines = Vec::new();
    let mut current = String::new();
    for word in words(line) {
        if !current.is_empty() && columns(&current) + columns(&word) > room {
            lines.push(std::mem::take(&mut current));
        }
        let mut quote = Quote::None;
        let mut escaped = false;
        for c in word.chars() {
            if columns(&current) >= room && !escaped {
                let closed = if quote == Quote::Single { "'" } else { "" };
                lines.push(format!("{current}{closed}"));
                current = closed.to_owned();
            }
            current.push(c);
            (quote, escaped) = after(quote, escaped, c);
        }
    }
    lines.push(current);
    continued(lines, "\\")
}

fn continued(mut lines: Vec<String>, with: &str) -> Vec<String> {
    let last = lines.len().saturating_sub(1);
    for line in lines.iter_mut().take(last) {
        line.push_str(with);
    }
    lines
}

const fn after(quote: Quote, escaped: bool, c: char) -> (Quote, bool) {
    match (quote, c) {
        _ if escaped => (quote, false),
        (Quote::None, '\'') => (Quote::Single, false),
        (Quote::Single, '\'') | (Quote::Double, '"') => (Quote::None, false),
        (Quote::None, '"') => (Quote::Double, false),
        (Quote::None | Quote::Double, '\\') => (quote, true),
        _ => (quote, false),
    }
}

/// Words with the space after each. An option stays with its argument.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let (mut quote, mut escaped) = (Quote::None, false);
    for c in line.chars() {
        let Some(word) = words.last_mut() else { break };
        word.push(c);
        let ends = c == ' ' && quote == Quote::None && !escaped && !word.starts_with('-');
        let option_ends = c == ' ' && quote == Quote::None && word.starts_with('-') && word.trim_end().contains(' ');
        (quote, escaped) = after(quote, escaped, c);
        if ends || option_ends {
            words.push(String::new());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"curl -i -X POST -H 'accept: application/json' -H 'cookie: '"$COOKIE" --data-raw '{"name":"it'\''s a name that is long, and longer","b":"\\"}' 'http://localhost:3000/a?b=c'"#;

    fn arguments(line: &str) -> Vec<u8> {
        let script = format!("curl() {{ printf '%s\\0' \"$@\"; }}\nCOOKIE='a b'\n{line}\n");
        let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        output.stdout
    }

    #[test]
    fn a_folded_line_runs_as_before() {
        let whole = arguments(LINE);
        for width in [6, 10, 11, 12, 13, 20, 40, 76, 80, 400] {
            let lines = folded(LINE, width);
            assert_eq!(arguments(&lines.join("\n")), whole, "{width}");
            assert!(lines.iter().all(|line| columns(line) <= width + 1), "{width}: {lines:?}");
        }
        assert_eq!(folded(LINE, 400), [LINE]);
    }

    #[test]
    fn folded_between_words_it_may_be_indented() {
        let lines = by_words("faultkey exercise --rp http://localhost:3000 --adapter my-rp.toml", 40);
        assert_eq!(lines, ["faultkey exercise \\", "--rp http://localhost:3000 \\", "--adapter my-rp.toml"]);
        assert_eq!(by_words("curl -v http://localhost", 80), ["curl -v http://localhost"]);
    }

    #[test]
    fn options_stay_with_their_arguments() {
        assert_eq!(folded("curl -i -X POST -H 'a: b' http://localhost/", 20), ["curl -i -X POST \\", "-H 'a: b' \\", "http://localhost/"]);
    }
}
