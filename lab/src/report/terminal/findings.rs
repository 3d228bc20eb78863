//! What could not be seen, once; then findings, each told once, the gravest last, where the eye is.

use super::{BOLD, Screen, indent, indented, item, labelled, paint};
use crate::report::{marks, text};
use crate::verdict::{Finding, TargetRun};
use crate::words::ScreenLabel;

/// The blind spots and the hint about the rate of requests, then every finding with its evidence and its mend.
///
/// A finding's number is its place among them by gravity, as in the page: the last one told is number 1.
pub(super) fn section(target: &TargetRun, screen: Screen) -> String {
    let mut out = String::new();
    if !target.blind_spots.is_empty() {
        out.push_str(&heading(screen.words.screen_label(ScreenLabel::NotObservable), screen));
        for spot in &target.blind_spots {
            out.push_str(&item(&screen.words.blind_spot(spot), screen));
        }
        out.push('\n');
    }
    if target.rate_limited {
        out.push_str(&indented("", screen.words.rate_limited(), screen));
        out.push('\n');
    }
    out.push_str(&title(target, screen));
    for (index, finding) in target.findings.iter().enumerate().rev() {
        out.push('\n');
        out.push_str(&block(index + 1, finding, screen));
    }
    out
}

/// A line for each finding: of a target that is there to be compared with, or where nothing more is wanted.
pub(super) fn names(target: &TargetRun, screen: Screen) -> String {
    let mut out = title(target, screen);
    for finding in target.findings.iter().rev() {
        out.push_str(&item(&screen.words.finding_in_short(finding), screen));
    }
    out
}

fn title(target: &TargetRun, screen: Screen) -> String {
    let mut title = heading(&screen.words.findings_of(&target.name), screen);
    if target.findings.is_empty() {
        title.push_str(&indented("", &screen.words.findings_counted(target), screen));
    }
    title
}

fn heading(heading: &str, screen: Screen) -> String {
    text::wrap(heading, screen.text_width()).iter().map(|line| paint(line, BOLD, screen) + "\n").collect()
}

fn block(number: usize, finding: &Finding, screen: Screen) -> String {
    let words = screen.words;
    let head = text::wrap(&words.finding_head(number, finding), screen.text_width());
    let mut out: String = head.iter().map(|line| paint(line, marks::colour(finding.gravity), screen) + "\n").collect();
    out.push_str(&indented("", words.title(finding.id.check), screen));
    out.push_str(&labelled(ScreenLabel::Found, &words.found(&finding.found), screen));
    if let Some(accepted) = &finding.accepted {
        out.push_str(&labelled(ScreenLabel::Accepted, &words.accepted(accepted), screen));
    }
    if let Some(evidence) = &finding.evidence {
        out.push_str(&labelled(ScreenLabel::Evidence, &words.evidence(evidence), screen));
    }
    let elsewhere: Vec<String> = finding.elsewhere().map(|id| id.to_string()).collect();
    if !elsewhere.is_empty() {
        out.push_str(&labelled(ScreenLabel::AlsoAt, &elsewhere.join(", "), screen));
    }
    for aspect in finding.further() {
        out.push_str(&labelled(ScreenLabel::Also, &words.named(&aspect.id.to_string(), &words.found(&aspect.found)), screen));
    }
    out.push_str(&labelled(ScreenLabel::Change, words.mend(finding.id.check.mend()), screen));
    if !finding.seen.is_empty() {
        out.push_str(&labelled(ScreenLabel::SeenIn, &words.seen(&finding.seen), screen));
    }
    if !finding.replay.is_empty() {
        out.push_str(&command(&finding.replay, screen));
    }
    out
}

/// A command over several lines that a shell takes as one: broken before an option, where that is enough.
fn command(command: &str, screen: Screen) -> String {
    const OPTION: &str = " --";
    const GOES_ON: &str = " \\";
    let command = text::one_line(command);
    let indent = indent(screen.words);
    let width = screen.text_width().saturating_sub(indent + GOES_ON.len());
    let mut lines: Vec<String> = Vec::new();
    for (index, part) in command.split(OPTION).enumerate() {
        let part = if index == 0 { part.to_owned() } else { format!("--{part}") };
        match lines.last_mut() {
            Some(line) if text::columns(line) + 1 + text::columns(&part) <= width => {
                line.push(' ');
                line.push_str(&part);
            }
            _ => lines.push(part),
        }
    }
    let last = lines.len().saturating_sub(1);
    let lines = lines.into_iter().enumerate().map(|(index, line)| {
        let label = text::fit(if index == 0 { screen.words.screen_label(ScreenLabel::Replay) } else { "" }, indent);
        let goes_on = if index < last { GOES_ON } else { "" };
        format!("{label}{line}{goes_on}\n")
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_command_is_broken_before_options() {
        let screen = Screen { width: 51, ..Screen::default() };
        assert_eq!(
            command("faultkey exercise --scenario double-tap --profile iphone --seed 42", screen),
            "Replay    faultkey exercise --scenario double-tap \\\n          --profile iphone --seed 42\n"
        );
        assert_eq!(command("faultkey", screen), "Replay    faultkey\n");
    }

    #[test]
    fn a_command_in_a_pipe_is_one_line() {
        let screen = Screen { width: 51, plain: true, ..Screen::default() };
        let line = "faultkey exercise --scenario double-tap --profile iphone --seed 42";
        assert_eq!(command(line, screen), format!("Replay    {line}\n"));
    }
}
