//! Which programs a shell script calls. Enough of the language for our own scripts.

const KEYWORDS: [&str; 9] = ["do", "then", "else", "elif", "if", "while", "until", "!", "{"];
/// What follows is no command.
const NO_COMMAND: [&str; 6] = ["for", "case", "esac", "done", "fi", "}"];
const BUILT_IN: [&str; 26] = [
    "[", ":", ".", "break", "cd", "command", "continue", "echo", "eval", "exec", "exit", "export", "false", "kill", "printf", "pwd",
    "read", "return", "set", "shift", "test", "trap", "true", "umask", "unset", "wait",
];
/// Programs that run another one: their options, then its name.
const WRAPPERS: [&str; 5] = ["exec", "sudo", "env", "nohup", "setsid"];

/// The programs, each with its line from 1.
pub fn commands(script: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in script.replace("\\\n", "  ").lines().enumerate() {
        parts(line, &mut |part| programs(part, &mut |name| found.push((number + 1, name.to_owned()))));
    }
    found
}

/// Cuts a line where a command ends; `$(…)` is looked into, and is a word of what it stands in.
fn parts(line: &str, part: &mut dyn FnMut(&str)) {
    let mut current = String::new();
    let mut quote = None;
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match (c, quote) {
            ('\'', None) | ('"', None) => quote = Some(c),
            (_, Some(open)) if c == open => quote = None,
            (_, Some('\'')) => current.push('x'),
            ('\\', _) => {
                current.push('x');
                rest = rest.get(rest.chars().next().map_or(0, char::len_utf8)..).unwrap_or_default();
            }
            ('$', _) if rest.starts_with('(') || rest.starts_with('{') => {
                let (open, close) = if rest.starts_with('(') { ('(', ')') } else { ('{', '}') };
                let mut depth = 0;
                let end = rest.find(|c| {
                    depth += i32::from(c == open) - i32::from(c == close);
                    depth == 0
                });
                let end = end.unwrap_or(rest.len().saturating_sub(1));
                if open == '(' {
                    parts(&rest[1..end], part);
                }
                current.push_str("$x");
                rest = &rest[end + 1..];
            }
            ('#', None) if current.is_empty() || current.ends_with(' ') => break,
            // `2>&1`
            ('&', None) if current.ends_with('>') => current.push(c),
            (';' | '|' | '&' | '(' | ')', None) => {
                part(&current);
                current.clear();
            }
            // Within quotes, blanks do not end a word.
            (_, Some(_)) if c.is_whitespace() => current.push('x'),
            _ => current.push(c),
        }
    }
    part(&current);
}

fn programs(part: &str, found: &mut dyn FnMut(&str)) {
    let mut words = part.split_whitespace().peekable();
    while let Some(word) = words.next() {
        let assigned = word.split_once('=').is_some();
        let redirected = word.contains(['<', '>']);
        if redirected && word.ends_with(['<', '>']) {
            words.next();
        }
        if KEYWORDS.contains(&word) || assigned || redirected {
            continue;
        }
        // A variable, or a place in a template, is what it is elsewhere.
        let known = NO_COMMAND.contains(&word) || word.starts_with(['$', '{', '-']);
        if !known && !BUILT_IN.contains(&word) {
            found(word);
        }
        if !WRAPPERS.contains(&word) {
            return;
        }
        while words.peek().is_some_and(|word| word.starts_with('-')) {
            words.next();
        }
    }
}
