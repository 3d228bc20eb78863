//! Holding what a relying party did against a committed file.

use std::fs;
use std::path::Path;

use faultkey_lab::scenario;
use faultkey_lab::verdict::{AnswerSummary, SeenIn, TargetRun};
use serde_json::{Map, Value, json};

/// What is held against the file: the findings with where they were seen, of each scenario how it stands, and the confusion numbers.
pub fn describe(run: &TargetRun) -> Value {
    let findings: Map<String, Value> = run
        .findings
        .iter()
        .map(|finding| {
            let mut seen: Vec<String> = finding.seen.iter().map(place).collect();
            seen.dedup();
            let also: Vec<String> = finding.also.iter().map(|aspect| aspect.id.to_string()).collect();
            (finding.id.to_string(), json!({ "gravity": finding.gravity, "also": also, "seen": seen }))
        })
        .collect();
    let races: Vec<String> = scenario::all().expect("the built-in scenarios").into_iter().filter(|s| s.repeat > 1).map(|s| s.id).collect();
    let scenarios: Map<String, Value> = run
        .scenarios
        .iter()
        .filter(|scenario| !races.contains(&scenario.id))
        .map(|scenario| {
            let answers: Vec<String> = scenario
                .steps
                .iter()
                .filter(|step| step.cause.is_some())
                .filter_map(|step| Some(format!("{}: {}", step.number, shown(step.answer.as_ref()?))))
                .collect();
            (format!("{} on {}", scenario.id, scenario.profile), json!({ "standing": scenario.standing, "answers": answers }))
        })
        .collect();
    let confusion = &run.confusion;
    let told_apart = |grouping: &faultkey_lab::confusion::Grouping| format!("{} of {} pairs", grouping.told_apart, grouping.pairs);
    json!({
        "findings": findings,
        "scenarios": scenarios,
        "told apart": { "shown": told_apart(&confusion.shown), "api": told_apart(&confusion.api) },
    })
}

/// How often a race is lost, and on which profile, is left to chance.
fn place(seen: &SeenIn) -> String {
    match seen.times {
        Some(_) => format!("{} (a race)", seen.scenario),
        None => format!("{} on {}, step {}", seen.scenario, seen.profile, seen.step),
    }
}

/// Status, code and message of an answer, in one line.
pub fn shown(answer: &AnswerSummary) -> String {
    status_and_message(answer.status, answer.code.as_deref(), answer.message.as_deref())
}

pub fn status_and_message(status: u16, code: Option<&str>, message: Option<&str>) -> String {
    let mut text = if status == 0 { "no answer".to_owned() } else { status.to_string() };
    for part in [code, message].into_iter().flatten().filter(|part| !part.is_empty()) {
        text.push_str(&format!(" {}", first_line(part)));
    }
    normal(&text)
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// Replaces what differs from run to run: challenges. They are base64url of 32 bytes or more, and have upper and lower case letters.
fn normal(text: &str) -> String {
    let is_base64url = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let mut normal = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(is_base64url) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|c| !is_base64url(c)).unwrap_or(from.len());
        let (token, after) = from.split_at(end);
        let random =
            token.len() >= 40 && token.contains(|c: char| c.is_ascii_uppercase()) && token.contains(|c: char| c.is_ascii_lowercase());
        normal.push_str(before);
        normal.push_str(if random { "<random>" } else { token });
        rest = after;
    }
    normal.push_str(rest);
    normal
}

/// Compares with the file, or writes it when asked to. Returns what differs, in lines for a person.
pub fn hold(file: &Path, found: &Value) -> Vec<String> {
    let found = format!("{}\n", serde_json::to_string_pretty(found).expect("JSON"));
    hold_text(file, &found)
}

/// The same for text.
pub fn hold_text(file: &Path, found: &str) -> Vec<String> {
    if std::env::var_os("FAULTKEY_BLESS").is_some_and(|value| value == "1") {
        fs::create_dir_all(file.parent().expect("a folder")).expect("the folder of the expectation files");
        fs::write(file, found).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        return Vec::new();
    }
    let name = file.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap_or(file).display();
    match fs::read_to_string(file) {
        Err(error) => vec![format!("{name}: {error}")],
        Ok(expected) if expected == found => Vec::new(),
        Ok(expected) => std::iter::once(format!("{name}: (- expected, + found)")).chain(difference(&expected, found)).collect(),
    }
}

/// The lines that differ, in order: those that only the first text has, those that only the second has.
fn difference(expected: &str, found: &str) -> Vec<String> {
    let (old, new): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), found.lines().collect());
    // Lengths of the longest common subsequence of the rests; the files have a few hundred lines.
    let mut common = vec![vec![0_usize; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i][j] = if old[i] == new[j] { common[i + 1][j + 1] + 1 } else { common[i + 1][j].max(common[i][j + 1]) };
        }
    }
    let (mut i, mut j, mut lines) = (0, 0, Vec::new());
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            (i, j) = (i + 1, j + 1);
        } else if j == new.len() || (i < old.len() && common[i + 1][j] >= common[i][j + 1]) {
            lines.push(format!("- {}", old[i]));
            i += 1;
        } else {
            lines.push(format!("+ {}", new[j]));
            j += 1;
        }
    }
    lines
}

#[test]
fn challenges_are_replaced_and_words_are_not() {
    let challenge = "RB3wWET-karLJ4tvSnTc6rTwSXbZa33dhKqVUieCwYI";
    assert_eq!(
        normal(&format!("Unexpected challenge \"{challenge}\", expected \"undefined\"")),
        "Unexpected challenge \"<random>\", expected \"undefined\""
    );
    let words = "m0902-fingerprint-reset-biometric-only-on-android-device-bound: GetCredentialInterruptedException";
    assert_eq!(normal(words), words);
}

#[test]
fn a_difference_shows_only_what_changed() {
    assert_eq!(difference("a\nb\nc\n", "a\nx\nc\nd\n"), ["- b", "+ x", "+ d"]);
    assert_eq!(difference("a\n", "a\n"), Vec::<String>::new());
}
