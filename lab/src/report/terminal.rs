//! The report for a terminal: how the scenarios stand, the confusion picture, and the findings last, where the eye is.
//!
//! Only ASCII is drawn (box-drawing characters take two columns in many Japanese terminals), and colour never says more than the marks do.

mod findings;
mod known;
mod picture;
mod scenarios;

use crate::report::text;
use crate::verdict::{Run, TargetRun};
use crate::words::Words;

pub use known::comparison;
pub use picture::picture;

/// What is drawn on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Screen {
    /// Columns.
    pub width: usize,
    pub colour: bool,
    pub words: Words,
}

const BOLD: &str = "1";
/// Narrower terminals get lines that are too long rather than columns of one letter.
const NARROWEST: usize = 40;

/// Everything. The end is what stays on the screen.
#[must_use]
pub fn render(run: &Run, screen: Screen) -> String {
    let screen = Screen { width: screen.width.max(NARROWEST), ..screen };
    let mut out = String::new();
    for target in &run.targets {
        out.push_str(&scenarios::section(target, screen));
        out.push('\n');
    }
    if run.targets.iter().any(|target| !target.confusion.causes.is_empty()) {
        out.push_str(&picture(&run.targets, screen));
        out.push('\n');
    }
    // What is only there for comparison is not where the eye ends.
    let (compared, judged): (Vec<&TargetRun>, Vec<&TargetRun>) = run.targets.iter().partition(|target| target.for_comparison);
    for target in compared {
        out.push_str(&findings::names(target, screen));
        out.push('\n');
    }
    for target in judged {
        out.push_str(&findings::section(target, screen));
        out.push('\n');
    }
    out.push_str(&summary(run, screen));
    out
}

/// The last lines: findings and scenarios of each target in numbers, and the seed.
#[must_use]
pub fn summary(run: &Run, screen: Screen) -> String {
    let mut out = String::new();
    for target in &run.targets {
        let name = text::one_line(&target.name);
        let line = format!("{name}: {} {}", screen.words.findings_counted(target), screen.words.scenarios_counted(target));
        for (index, line) in text::wrap(&line, screen.width.max(NARROWEST)).into_iter().enumerate() {
            out.push_str(&if index == 0 { paint(&line, BOLD, screen) } else { line });
            out.push('\n');
        }
        if let Some(incomplete) = target.incomplete {
            out.push_str(&indented("", screen.words.incomplete(incomplete), screen));
        }
    }
    out.push_str(&format!("faultkey {}, seed {}\n", text::one_line(&run.version), run.seed));
    out.push_str(&known::notes(run, screen));
    out
}

/// Lines of `said` beside or below a label.
fn indented(label: &str, said: &str, screen: Screen) -> String {
    let indent = if label.is_empty() { "" } else { INDENT };
    let mut out = String::new();
    for (index, line) in text::wrap(said, screen.width.saturating_sub(indent.len())).into_iter().enumerate() {
        out.push_str(&if index == 0 && !label.is_empty() { text::fit(label, INDENT.len()) } else { indent.to_owned() });
        out.push_str(&line);
        out.push('\n');
    }
    out
}

/// One of a list.
fn item(said: &str, screen: Screen) -> String {
    let lines = text::wrap(said, screen.width.saturating_sub(2));
    let lines = lines.iter().enumerate().map(|(index, line)| format!("{}{line}\n", if index == 0 { "* " } else { "  " }));
    lines.collect()
}

/// As wide as the widest label of a finding, and a blank.
const INDENT: &str = "          ";

/// `text` between the escape sequences of ECMA-48 SGR, if colour is wanted.
fn paint(text: &str, code: &str, screen: Screen) -> String {
    if screen.colour && !text.is_empty() { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use faultkey_fault_injection::Language;

    use super::*;
    use crate::report::sample;
    use crate::verdict::Incomplete;

    const ENGLISH: Words = Words::of(Language::English);
    const PLAIN: Screen = Screen { width: 120, colour: false, words: ENGLISH };

    #[test]
    fn the_whole_screen_for_the_embedded_relying_party() {
        insta::assert_snapshot!("both_120", render(&sample::both(), PLAIN));
        insta::assert_snapshot!("both_80", picture(&sample::both().targets, Screen { width: 80, colour: false, words: ENGLISH }));
        insta::assert_snapshot!("both_160", picture(&sample::both().targets, Screen { width: 160, colour: false, words: ENGLISH }));
    }

    #[test]
    fn one_target_with_what_cannot_be_seen() {
        insta::assert_snapshot!("foreign_80", render(&sample::foreign(), Screen { width: 80, colour: false, words: ENGLISH }));
    }

    #[test]
    fn narrow_terminals_stack() {
        insta::assert_snapshot!("both_60", picture(&sample::both().targets, Screen { width: 60, colour: false, words: ENGLISH }));
    }

    #[test]
    fn no_line_is_wider_than_the_screen() {
        for width in [60, 72, 80, 100, 120, 160, 200] {
            for run in [sample::both(), sample::foreign()] {
                for line in render(&run, Screen { width, colour: false, words: ENGLISH }).lines() {
                    assert!(text::columns(line) <= width, "{width}: {} columns: {line}", text::columns(line));
                }
            }
        }
    }

    #[test]
    fn without_colour_there_is_no_escape_and_with_colour_the_words_are_the_same() {
        for run in [sample::both(), sample::foreign()] {
            let plain = render(&run, PLAIN);
            assert!(!plain.contains('\u{1b}'));
            let coloured = render(&run, Screen { colour: true, ..PLAIN });
            assert!(coloured.contains("\u{1b}["));
            let mut stripped = String::new();
            let mut rest = coloured.as_str();
            while let Some((before, after)) = rest.split_once('\u{1b}') {
                stripped.push_str(before);
                rest = after.split_once('m').map_or("", |(_, rest)| rest);
            }
            stripped.push_str(rest);
            assert_eq!(stripped, plain);
        }
    }

    #[test]
    fn a_relying_party_cannot_steer_the_terminal() {
        let mut run = sample::foreign();
        sample::poison(&mut run, "\u{1b}]0;title\u{7}\u{1b}[2J\r\u{202e}");
        let out = render(&run, PLAIN);
        assert!(!out.contains(['\u{1b}', '\u{7}', '\r', '\u{202e}']), "{out}");
    }

    #[test]
    fn the_end_says_that_a_run_is_incomplete() {
        let mut run = sample::foreign();
        run.targets[0].incomplete = Some(Incomplete::Gone);
        let out = render(&run, PLAIN);
        let last: Vec<&str> = out.lines().rev().take(2).collect();
        assert_eq!(last, ["faultkey 0.1.0, seed 42", "This run is incomplete: the relying party stopped answering and did not come back."]);
    }

    #[test]
    fn the_gravest_finding_comes_first_and_the_findings_come_last() {
        let out = render(&sample::foreign(), PLAIN);
        let at = |text: &str| out.find(text).unwrap_or_else(|| panic!("{text} is not there: {out}"));
        assert!(at("Which failures look alike") < at("1. security: replay/authentication-verify"));
        assert!(at("1. security: replay/authentication-verify") < at("2. no way out: no-register-again/authentication-verify"));
        assert!(at("3. remark: ") < at("Not observable:"));
        assert_eq!(out.matches("hooks.log").count(), 1, "{out}");
    }

    #[test]
    fn a_run_without_findings_and_causes_says_so() {
        let mut run = sample::foreign();
        let target = &mut run.targets[0];
        (target.findings, target.blind_spots) = (Vec::new(), Vec::new());
        target.scenarios.clear();
        target.confusion = crate::confusion::ConfusionMatrix::build(&[]);
        let out = render(&run, PLAIN);
        assert!(out.contains("http://localhost:8081 (py_webauthn): No findings. No scenarios.\n"), "{out}");
        assert!(!out.contains("Which failures look alike"), "{out}");
    }
}
