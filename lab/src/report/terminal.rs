//! The report for a terminal: how the scenarios stand, the matrix of causes and answers, and the findings last, where the eye is.
//!
//! Only ASCII is drawn (box-drawing characters take two columns in many Japanese terminals), and colour never says more than the marks do.

mod findings;
mod known;
mod matrix;
mod scenarios;

use crate::report::text;
use crate::verdict::{Run, TargetRun};
use crate::words::{ScreenLabel, Words};

pub use known::comparison;
pub use matrix::matrix;

/// What is drawn on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Screen {
    /// Columns.
    pub width: usize,
    pub colour: bool,
    /// A pipe or a file: sentences and commands are not broken over lines, and each scenario is a line.
    pub plain: bool,
    pub detail: Detail,
    pub words: Words,
}

/// How much is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// A line for each finding, and the summary.
    InShort,
    #[default]
    Findings,
    /// Also the scenarios that passed or have no verdict, a line each.
    EveryScenario,
}

/// As wide as a terminal that does not say how wide it is.
impl Default for Screen {
    fn default() -> Self {
        Self { width: 100, colour: false, plain: false, detail: Detail::default(), words: Words::default() }
    }
}

impl Screen {
    /// Columns after which sentences are broken.
    fn text_width(self) -> usize {
        if self.plain { usize::MAX } else { self.width }
    }
}

const BOLD: &str = "1";
/// Narrower terminals get lines that are too long rather than columns of one letter.
const NARROWEST: usize = 40;

/// Everything. The end is what stays on the screen.
#[must_use]
pub fn render(run: &Run, screen: Screen) -> String {
    let screen = Screen { width: screen.width.max(NARROWEST), ..screen };
    // What is only there for comparison is not where the eye ends.
    let (compared, judged): (Vec<&TargetRun>, Vec<&TargetRun>) = run.targets.iter().partition(|target| target.for_comparison);
    if screen.detail == Detail::InShort {
        let names: String =
            judged.iter().filter(|target| !target.findings.is_empty()).map(|target| findings::names(target, screen)).collect();
        return names + &summary(run, screen);
    }
    let mut sections: Vec<String> = run.targets.iter().map(|target| scenarios::section(target, screen)).collect();
    if run.targets.iter().any(|target| !target.confusion.causes.is_empty()) {
        sections.push(matrix(&run.targets, screen));
    }
    sections.extend(compared.iter().map(|target| findings::names(target, screen)));
    sections.extend(judged.iter().map(|target| findings::section(target, screen)));
    sections.push(summary(run, screen));
    sections.join("\n")
}

/// The last lines: findings and scenarios of each target in numbers, and the seed.
#[must_use]
pub fn summary(run: &Run, screen: Screen) -> String {
    let screen = Screen { width: screen.width.max(NARROWEST), ..screen };
    let mut out = String::new();
    for target in &run.targets {
        let line = screen.words.target_in_numbers(target);
        for (index, line) in text::wrap(&line, screen.text_width()).into_iter().enumerate() {
            out.push_str(&if index == 0 { paint(&line, BOLD, screen) } else { line });
            out.push('\n');
        }
        if let Some(incomplete) = target.incomplete {
            out.push_str(&indented("", screen.words.incomplete(incomplete), screen));
        }
    }
    out.push_str(&screen.words.version_and_seed(&run.version, run.seed));
    out.push('\n');
    out.push_str(&known::notes(run, screen));
    out
}

/// Lines of `said` beside a label of a finding.
fn labelled(label: ScreenLabel, said: &str, screen: Screen) -> String {
    indented(screen.words.screen_label(label), said, screen)
}

/// The same, or without a label at the margin.
fn indented(label: &str, said: &str, screen: Screen) -> String {
    let indent = if label.is_empty() { 0 } else { indent(screen.words) };
    let lines = text::wrap(said, screen.text_width().saturating_sub(indent));
    let lines = lines.iter().enumerate().map(|(index, line)| format!("{}{line}\n", text::fit(if index == 0 { label } else { "" }, indent)));
    lines.collect()
}

/// As wide as the widest label of a finding, and two blanks.
fn indent(words: Words) -> usize {
    ScreenLabel::OF_A_FINDING.into_iter().map(|label| text::columns(words.screen_label(label)) + 2).max().unwrap_or(0)
}

/// One of a list.
fn item(said: &str, screen: Screen) -> String {
    let lines = text::wrap(said, screen.text_width().saturating_sub(2));
    let lines = lines.iter().enumerate().map(|(index, line)| format!("{}{line}\n", if index == 0 { "* " } else { "  " }));
    lines.collect()
}

/// `text` between the escape sequences of ECMA-48 SGR, if colour is wanted.
fn paint(text: &str, code: &str, screen: Screen) -> String {
    if screen.colour && !text.is_empty() { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use faultkey_fault_injection::Language;

    use super::*;
    use crate::accept::Accepted;
    use crate::report::sample;
    use crate::verdict::Incomplete;

    const WIDE: Screen = Screen { width: 120, colour: false, plain: false, detail: Detail::Findings, words: Words::of(Language::English) };
    const JAPANESE: Screen = Screen { words: Words::of(Language::Japanese), ..WIDE };

    fn columns(width: usize) -> Screen {
        Screen { width, ..WIDE }
    }

    #[test]
    fn the_whole_screen_for_the_embedded_relying_party() {
        insta::assert_snapshot!("both_120", render(&sample::both(), WIDE));
        insta::assert_snapshot!("both_80", matrix(&sample::both().targets, columns(80)));
        insta::assert_snapshot!("both_160", matrix(&sample::both().targets, columns(160)));
    }

    #[test]
    fn one_target_with_what_cannot_be_seen() {
        insta::assert_snapshot!("foreign_80", render(&sample::foreign(), columns(80)));
    }

    #[test]
    fn narrow_terminals_stack() {
        insta::assert_snapshot!("both_60", matrix(&sample::both().targets, columns(60)));
    }

    #[test]
    fn no_line_is_wider_than_the_screen() {
        for width in [60, 72, 80, 100, 120, 160, 200] {
            for run in [sample::both(), sample::foreign()] {
                for screen in [WIDE, JAPANESE] {
                    for line in render(&run, Screen { width, ..screen }).lines() {
                        assert!(text::columns(line) <= width, "{width}: {} columns: {line}", text::columns(line));
                    }
                }
            }
        }
    }

    #[test]
    fn in_japanese_every_label_is_japanese() {
        let mut run = sample::foreign();
        run.targets[0].findings[0].accepted = Some(Accepted { reason: "既知".to_owned(), until: None });
        let out = render(&run, Screen { width: 80, ..JAPANESE });
        let indent = indent(JAPANESE.words);
        for label in ScreenLabel::OF_A_FINDING.into_iter().filter(|label| *label != ScreenLabel::AlsoAt) {
            let label = JAPANESE.words.screen_label(label);
            assert!(!label.contains(|c: char| c.is_ascii_alphabetic()), "{label}");
            assert!(out.contains(&format!("\n{}", text::fit(label, indent))), "{label} is not there: {out}");
        }
        for said in [
            "原因13件、応答12種類",
            "区別：ユーザーへの表示  ",
            "78組中77組",
            "Aに原因2件：",
            "不合格の項目",
            "プロファイル：P03",
            "シード42",
        ] {
            assert!(out.contains(said), "{said} is not there: {out}");
        }
        let both = |width| render(&sample::both(), Screen { width, ..JAPANESE });
        assert!(both(80).contains("「embedded, opaque」の応答"), "{}", both(80));
        assert!(both(160).contains("なし（応答はすべて異なる）"), "{}", both(160));
    }

    #[test]
    fn a_pipe_gets_sentences_and_commands_on_one_line() {
        insta::assert_snapshot!("foreign_plain", render(&sample::foreign(), Screen { width: 100, plain: true, ..WIDE }));
    }

    #[test]
    fn in_short_there_is_a_line_for_each_finding_and_the_summary() {
        let told = render(&sample::foreign(), Screen { detail: Detail::InShort, ..WIDE });
        let (findings, summary) = (sample::foreign().targets[0].findings.len(), super::summary(&sample::foreign(), WIDE));
        assert_eq!(told.lines().count(), 1 + findings + summary.lines().count(), "{told}");
        assert!(told.starts_with("Findings of http://localhost:8081 (py_webauthn)\n* remark: "), "{told}");
        assert!(told.ends_with(&summary), "{told}");
        // Of what is only there for comparison, only numbers.
        assert_eq!(render(&sample::both(), Screen { detail: Detail::InShort, ..WIDE }), super::summary(&sample::both(), WIDE));
    }

    #[test]
    fn without_colour_there_is_no_escape_and_with_colour_the_words_are_the_same() {
        for run in [sample::both(), sample::foreign()] {
            let plain = render(&run, WIDE);
            assert!(!plain.contains('\u{1b}'));
            let coloured = render(&run, Screen { colour: true, ..WIDE });
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
        let out = render(&run, WIDE);
        assert!(!out.contains(['\u{1b}', '\u{7}', '\r', '\u{202e}']), "{out}");
    }

    #[test]
    fn the_end_says_that_a_run_is_incomplete() {
        let mut run = sample::foreign();
        run.targets[0].incomplete = Some(Incomplete::Gone);
        let out = render(&run, WIDE);
        let last: Vec<&str> = out.lines().rev().take(2).collect();
        assert_eq!(last, ["faultkey 0.1.0, seed 42", "This run is incomplete: the relying party stopped answering and did not come back."]);
    }

    #[test]
    fn the_findings_come_last_and_the_gravest_of_them_very_last() {
        let out = render(&sample::foreign(), WIDE);
        let at = |text: &str| out.find(text).unwrap_or_else(|| panic!("{text} is not there: {out}"));
        assert!(at("Which failures look alike") < at("Not observable:"));
        assert!(at("Not observable:") < at("3. remark: "));
        assert!(at("3. remark: ") < at("2. no way out: no-register-again/authentication-verify"));
        assert!(at("2. no way out: no-register-again/authentication-verify") < at("1. security: replay/authentication-verify"));
        assert_eq!(out.matches("hooks.log").count(), 1, "{out}");
    }

    #[test]
    fn a_run_without_findings_and_causes_says_so() {
        let mut run = sample::foreign();
        let target = &mut run.targets[0];
        (target.findings, target.blind_spots) = (Vec::new(), Vec::new());
        target.scenarios.clear();
        target.confusion = crate::confusion::ConfusionMatrix::build(&[]);
        let out = render(&run, WIDE);
        assert!(out.contains("http://localhost:8081 (py_webauthn): No findings. No scenarios.\n"), "{out}");
        assert!(!out.contains("Which failures look alike"), "{out}");
    }
}
