//! Finds English in a text that should be Japanese. Tests of the program use this file, too.

/// Programs whose command lines may stand in a text as they are.
const PROGRAMS: [&str; 4] = ["faultkey", "cargo", "curl", "openssl"];

/// Runs of three English words or more, outside `code` and 「quotations」. Names are none: of three words, two begin with a small letter. Nor
/// are ids, options, paths, or command lines.
pub fn english(text: &str) -> Vec<String> {
    unquoted(text).lines().flat_map(in_line).collect()
}

/// The same lines without what stands within 「」: the words of others. A quotation may be folded; one that is not closed hides nothing.
pub fn unquoted(text: &str) -> String {
    let mut left = String::new();
    let mut rest = text;
    while let Some((before, quoted)) = rest.split_once('「') {
        let Some((quotation, after)) = quoted.split_once('」') else { break };
        left.push_str(before);
        left.push('「');
        left.extend(quotation.chars().filter(|c| *c == '\n'));
        left.push('」');
        rest = after;
    }
    left + rest
}

fn in_line(line: &str) -> Vec<String> {
    // What stands between backticks is code; a backtick that is not closed hides nothing.
    let parts: Vec<&str> = line.split('`').collect();
    let last = parts.len() - 1;
    let outside = parts.iter().enumerate().filter(|(number, _)| number % 2 == 0 || (*number == last && last % 2 == 1));
    outside.flat_map(|(_, part)| runs(part)).collect()
}

fn runs(text: &str) -> Vec<String> {
    let mut runs: Vec<Vec<&str>> = vec![Vec::new()];
    // Other letters and full-width signs part words as spaces do, and end a run.
    for piece in text.split(|c: char| !c.is_ascii()) {
        for token in piece.split_ascii_whitespace() {
            let word = token.trim_matches(|c: char| "()[]\"',.;:!?".contains(c));
            let ends = token.ends_with(['.', ';', ':', '!', '?', ',', ')', ']']);
            match runs.last_mut() {
                Some(run) if is_word(word) => run.push(word),
                _ => runs.push(Vec::new()),
            }
            if ends {
                runs.push(Vec::new());
            }
        }
        runs.push(Vec::new());
    }
    let is_small = |word: &&&str| word.starts_with(|c: char| c.is_ascii_lowercase());
    let is_sentence = |run: &Vec<&str>| {
        run.len() >= 3 && run.iter().filter(is_small).count() >= 2 && !run.first().is_some_and(|first| PROGRAMS.contains(first))
    };
    runs.into_iter().filter(is_sentence).map(|run| run.join(" ")).collect()
}

fn is_word(token: &str) -> bool {
    let mut letters = token.chars();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic()) && letters.all(|c| c.is_ascii_lowercase() || c == '\'')
}

#[cfg(test)]
mod tests {
    use super::english;

    #[test]
    fn english_is_found_and_names_and_code_are_not() {
        for (text, found) in [
            ("The relying party did it.", "The relying party did it"),
            ("指摘 that nobody translated", "that nobody translated"),
            ("合格（it wasn't there）", "it wasn't there"),
            ("open ` is never closed", "is never closed"),
            ("「quoted is this」 and not that one", "and not that one"),
            ("「this is never closed", "this is never closed"),
        ] {
            assert_eq!(english(text), [found], "{text}");
        }
        for text in [
            "RPが拒否した：400 M0902「パスキー認証エラー」",
            "`any code that is quoted`を実行してください。",
            "Google Password ManagerとWindows Hello Face ID",
            "faultkey attestation roots",
            "retry, password, phone",
            "interrupted-double-tap key-swapped no-answer",
            "https://example.com/a b/c d.e",
            "RP ID is",
            "「the words of\nsomebody else」である",
        ] {
            assert_eq!(english(text), [""; 0], "{text}");
        }
    }
}
