//! Where sources call programs.

use super::shell;

/// A program's name, or the expression that stands in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Callee {
    Program(String),
    Expression(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// From 1.
    pub line: usize,
    pub callee: Callee,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    /// A string's content, and whether it is raw (Rust) or in three quotes (Python): such are shell scripts, where they are no documentation.
    Text(String, bool),
    Word(String),
    Sign(char),
}

/// Functions of tests/ that run a program, or look for it.
const PYTHON_RUNNERS: [&str; 15] = [
    "run",
    "talk",
    "tool",
    "person",
    "runner",
    "Popen",
    "Program",
    "__init__",
    "check_call",
    "check_output",
    "which",
    "system",
    "popen",
    "execvpe",
    "execv",
];
/// Functions of xtask that do.
const RUST_RUNNERS: [&str; 2] = ["output", "which"];
const SHELLS: [&str; 2] = ["sh", "bash"];
const FOLDERS: [&str; 5] = ["/usr/bin/", "/usr/sbin/", "/bin/", "/sbin/", "/usr/lib/openssh/"];

/// Every call in a file, by the language that its name says.
pub fn calls(path: &str, text: &str) -> Vec<Call> {
    let mut found = match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("rs") => rust(&tokens(text, true), path.starts_with("xtask/")),
        Some("py") => {
            let tokens = tokens(text, false);
            // A server's settings and pages are lists and texts, too; without one of these words it starts nothing.
            let starts = ["subprocess", "system", "popen", "execv", "execvp", "execvpe", "spawn"];
            let may_start = tokens.iter().any(|(_, token)| matches!(token, Token::Word(word) if starts.contains(&word.as_str())));
            if may_start || !path.starts_with("tests/relying-parties/") { python(&tokens) } else { Vec::new() }
        }
        Some("yml") => workflow(text),
        _ => shell::commands(text).into_iter().map(|(line, name)| program(line, &name)).collect(),
    };
    found.sort_by_key(|call| call.line);
    found
}

fn program(line: usize, name: &str) -> Call {
    Call { line, callee: Callee::Program(name.rsplit('/').next().unwrap_or(name).to_owned()) }
}

fn expression(line: usize, text: String) -> Call {
    Call { line, callee: Callee::Expression(text) }
}

fn script(line: usize, text: &str) -> impl Iterator<Item = Call> {
    // As it stands in the source: a line's end that is written there begins no line of the source.
    shell::commands(&text.replace("\\\"", "\"").replace("\\n", ";"))
        .into_iter()
        .map(move |(offset, name)| program(line + offset - 1, &name))
}

/// In xtask, raw strings of several lines are shell scripts, and some functions run programs; elsewhere such are data, and others.
fn rust(tokens: &[(usize, Token)], is_xtask: bool) -> Vec<Call> {
    let mut found = Vec::new();
    for (at, (line, token)) in tokens.iter().enumerate() {
        let rest = tokens.get(at + 1..).unwrap_or_default();
        match token {
            Token::Word(word) if word == "Command" && is_new(rest) => found.push(argument(&rest[4..])),
            Token::Word(word) if is_xtask && RUST_RUNNERS.contains(&word.as_str()) && starts_with(rest, "(") => {
                // With an expression it is another function of that name, or one whose caller is looked at.
                if let Some((line, Token::Text(name, _))) = rest.get(1) {
                    found.push(program(*line, name));
                }
            }
            Token::Text(text, true) if is_xtask && text.contains('\n') => found.extend(script(*line, text)),
            Token::Text(text, _) => found.extend(text_at(*line, text, rest)),
            _ => {}
        }
    }
    found
}

fn python(tokens: &[(usize, Token)]) -> Vec<Call> {
    let mut found = Vec::new();
    for (at, (line, token)) in tokens.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| &tokens[at].1);
        let rest = tokens.get(at + 1..).unwrap_or_default();
        match token {
            Token::Word(word) if PYTHON_RUNNERS.contains(&word.as_str()) && starts_with(rest, "(") => {
                let defined = matches!(before, Some(Token::Word(word)) if word == "def" || word == "class");
                let argument = (!defined).then(|| argument_after_spreads(&rest[1..])).flatten();
                found.extend(argument.filter(|call| !matches!(&call.callee, Callee::Expression(text) if text.starts_with('['))));
            }
            Token::Sign('[') if !is_value(before) => {
                // A list: perhaps a command.
                let call = argument_after_spreads(rest);
                found.extend(call.filter(|call| matches!(&call.callee, Callee::Program(name) if is_name(name))));
            }
            Token::Text(text, true) if matches!(before, Some(Token::Sign('='))) => found.extend(script(*line, text)),
            Token::Text(text, false) => found.extend(text_at(*line, text, rest)),
            _ => {}
        }
    }
    found
}

/// A bracket after it is an index.
fn is_value(token: Option<&Token>) -> bool {
    match token {
        Some(Token::Word(word)) => !["return", "in", "and", "or", "not", "if", "else", "yield"].contains(&word.as_str()),
        Some(Token::Text(..) | Token::Sign(')' | ']')) => true,
        _ => false,
    }
}

/// What a string says by itself: a path of a program; after `--` the command of a wrapper; after a shell's `-c` its script.
fn text_at(line: usize, text: &str, rest: &[(usize, Token)]) -> Vec<Call> {
    let mut found = Vec::new();
    let is_path = FOLDERS.iter().any(|folder| text.strip_prefix(folder).is_some_and(is_name));
    if is_path {
        found.push(program(line, text));
    }
    if text == "--"
        && let [(_, Token::Sign(',')), (line, Token::Text(name, _)), ..] = rest
        && is_name(name)
    {
        found.push(program(*line, name));
    }
    if SHELLS.contains(&text) {
        // `"-c", "…"` or `"-c", &format!("…")`, in the same call, so not far away.
        let is_option = |(_, token): &&(usize, Token)| matches!(token, Token::Text(text, _) if text == "-c");
        let is_between = |(_, token): &&(usize, Token)| match token {
            Token::Sign(sign) => [',', '&', '!', '('].contains(sign),
            Token::Word(word) => word == "format",
            Token::Text(..) => false,
        };
        let after = rest.iter().take(16).skip_while(|token| !is_option(token)).skip(1).find(|token| !is_between(token));
        if let Some((line, Token::Text(text, false))) = after {
            found.extend(script(*line, text));
        }
    }
    found
}

/// The first argument of a call or element of a list.
fn argument(rest: &[(usize, Token)]) -> Call {
    match rest.first() {
        Some((line, Token::Text(name, _))) => program(*line, name),
        first => {
            let mut depth = 0;
            let mut text = String::new();
            for (_, token) in rest {
                match token {
                    Token::Sign(')' | ']' | ',') if depth == 0 => break,
                    Token::Sign('(' | '[') => depth += 1,
                    Token::Sign(')' | ']') => depth -= 1,
                    _ => {}
                }
                match token {
                    Token::Text(content, _) => text += &format!("{content:?}"),
                    Token::Word(word) => text += word,
                    Token::Sign(sign) => text.push(*sign),
                }
            }
            expression(first.map_or(0, |(line, _)| *line), text)
        }
    }
}

/// The same in Python, where lists that are spread may come before (they are looked at where they are written). None where nothing follows them, or an option.
fn argument_after_spreads(rest: &[(usize, Token)]) -> Option<Call> {
    let mut rest = rest;
    while starts_with(rest, "*") {
        let mut depth = 0;
        let end = rest.iter().position(|(_, token)| {
            match token {
                Token::Sign('(' | '[' | '{') => depth += 1,
                Token::Sign(')' | ']' | '}') => depth -= 1,
                Token::Sign(',') => return depth == 0,
                _ => {}
            }
            depth < 0
        })?;
        if rest[end].1 != Token::Sign(',') {
            return None;
        }
        rest = &rest[end + 1..];
    }
    // Nothing more, or an argument by name: `code=1`.
    if matches!(rest, [] | [(_, Token::Sign(')' | ']')), ..] | [(_, Token::Word(_)), (_, Token::Sign('=')), ..]) {
        return None;
    }
    Some(argument(rest)).filter(|call| !matches!(&call.callee, Callee::Program(name) if name.starts_with('-')))
}

/// `::new(`
fn is_new(rest: &[(usize, Token)]) -> bool {
    starts_with(rest, "::") && matches!(&rest[2..], [(_, Token::Word(word)), (_, Token::Sign('(')), ..] if word == "new")
}

fn starts_with(tokens: &[(usize, Token)], signs: &str) -> bool {
    signs.len() <= tokens.len() && signs.chars().zip(tokens).all(|(sign, (_, token))| *token == Token::Sign(sign))
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && !text.starts_with('-') && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.+".contains(c))
}

/// The scripts of a workflow's steps: what stands after `run:`, or below it and further in.
fn workflow(text: &str) -> Vec<Call> {
    let lines: Vec<&str> = text.lines().collect();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(command) = line.trim_start().trim_start_matches("- ").strip_prefix("run:") else { continue };
        if command.trim() == "|" {
            let block: Vec<&str> =
                lines[at + 1..].iter().copied().take_while(|next| next.trim().is_empty() || indent(next) > indent(line)).collect();
            found.extend(script(at + 2, &block.join("\n")));
        } else {
            found.extend(script(at + 1, command));
        }
    }
    found
}

/// Rust's or Python's tokens with their lines. Comments are left out.
fn tokens(text: &str, rust: bool) -> Vec<(usize, Token)> {
    let mut found = Vec::new();
    let mut rest = text;
    let (mut line, mut counted) = (1, 0);
    while let Some(first) = rest.chars().next() {
        let at = text.len() - rest.len();
        line += text[counted..at].matches('\n').count();
        counted = at;
        let comment = if rust { "//" } else { "#" };
        if rest.starts_with(comment) {
            rest = rest.find('\n').map_or("", |end| &rest[end..]);
        } else if rust && rest.starts_with("/*") {
            rest = rest.find("*/").map_or("", |end| &rest[end + 2..]);
        } else if let Some((content, raw, after)) = string(rest, rust) {
            found.push((line, Token::Text(content, raw)));
            rest = after;
        } else if first.is_alphanumeric() || first == '_' {
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
            found.push((line, Token::Word(rest[..end].to_owned())));
            rest = &rest[end..];
        } else if rust && first == '\'' {
            // A character, or a lifetime.
            let character = rest[1..]
                .char_indices()
                .nth(1)
                .filter(|(at, c)| *c == '\'' && !rest[1..].starts_with('\\') && *at > 0)
                .map(|(at, _)| at + 2);
            let escaped = rest[1..].starts_with('\\').then(|| rest[3..].find('\'').map_or(rest.len(), |at| at + 4));
            rest = &rest[character.or(escaped).unwrap_or(1)..];
        } else {
            if !first.is_whitespace() {
                found.push((line, Token::Sign(first)));
            }
            rest = &rest[first.len_utf8()..];
        }
    }
    found
}

/// A string at the beginning: its content, whether it is raw or in three quotes, and what comes after it.
fn string(rest: &str, rust: bool) -> Option<(String, bool, &str)> {
    let prefix = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
    let known: &[&str] = if rust { &["", "b", "c", "r", "br", "cr"] } else { &["", "b", "f", "r", "rb", "br", "fr", "rf"] };
    if !known.contains(&rest.get(..prefix)?) {
        return None;
    }
    let body = &rest[prefix..];
    if rust && rest[..prefix].contains('r') {
        let hashes = body.find(|c| c != '#')?;
        let inner = body[hashes..].strip_prefix('"')?;
        let end = inner.find(&format!("\"{}", "#".repeat(hashes)))?;
        return Some((inner[..end].to_owned(), true, &inner[end + 1 + hashes..]));
    }
    let quotes: &[&str] = if rust { &["\""] } else { &["\"\"\"", "'''", "\"", "'"] };
    let quote = quotes.iter().find(|quote| body.starts_with(**quote))?;
    let inner = &body[quote.len()..];
    let mut at = 0;
    while !inner.get(at..)?.starts_with(quote) {
        let c = inner[at..].chars().next()?;
        at += c.len_utf8();
        if c == '\\' {
            at += inner[at..].chars().next()?.len_utf8();
        }
    }
    Some((inner[..at].to_owned(), quote.len() == 3, &inner[at + quote.len()..]))
}
