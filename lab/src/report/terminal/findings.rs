//! Findings, the gravest first, each told once; then what could not be seen, once.

use super::{BOLD, INDENT, Screen, indented, item, paint};
use crate::report::{marks, text};
use crate::verdict::{Finding, TargetRun};

/// Every finding with its evidence and its mend, then the blind spots and the hint about the rate of requests.
pub(super) fn section(target: &TargetRun, screen: Screen) -> String {
    let mut out = title(target, screen);
    if target.findings.is_empty() {
        out.push_str(&indented("", &screen.words.findings_counted(target), screen));
    }
    for (index, finding) in target.findings.iter().enumerate() {
        out.push('\n');
        out.push_str(&block(index + 1, finding, screen));
    }
    if !target.blind_spots.is_empty() {
        out.push('\n');
        out.push_str(&paint("Not observable:", BOLD, screen));
        out.push('\n');
        for spot in &target.blind_spots {
            out.push_str(&item(&screen.words.blind_spot(spot), screen));
        }
    }
    if target.rate_limited {
        out.push('\n');
        out.push_str(&indented("", screen.words.rate_limited(), screen));
    }
    out
}

/// Only names: of a target that is there to be compared with.
pub(super) fn names(target: &TargetRun, screen: Screen) -> String {
    let mut out = title(target, screen);
    if target.findings.is_empty() {
        out.push_str(&indented("", &screen.words.findings_counted(target), screen));
    }
    for finding in &target.findings {
        let said = format!("{}: {} ({})", screen.words.gravity(finding.gravity), screen.words.title(finding.id.check), finding.id);
        out.push_str(&item(&said, screen));
    }
    out
}

fn title(target: &TargetRun, screen: Screen) -> String {
    let title = text::wrap(&format!("Findings of {}", text::one_line(&target.name)), screen.width);
    let title: Vec<String> = title.iter().map(|line| paint(line, BOLD, screen)).collect();
    title.join("\n") + "\n"
}

fn block(number: usize, finding: &Finding, screen: Screen) -> String {
    let head = format!("{number}. {}: {}", screen.words.gravity(finding.gravity), finding.id);
    let head: Vec<String> =
        text::wrap(&head, screen.width).iter().map(|line| paint(line, marks::colour(finding.gravity), screen)).collect();
    let mut out = head.join("\n") + "\n";
    out.push_str(&indented("", screen.words.title(finding.id.check), screen));
    out.push_str(&indented("Found", &screen.words.found(&finding.found), screen));
    if let Some(accepted) = &finding.accepted {
        out.push_str(&indented("Accepted", &screen.words.accepted(accepted), screen));
    }
    if let Some(evidence) = &finding.evidence {
        out.push_str(&indented("Evidence", &screen.words.evidence(evidence), screen));
    }
    let elsewhere: Vec<String> = finding.elsewhere().map(|id| id.to_string()).collect();
    if !elsewhere.is_empty() {
        out.push_str(&indented("Also at", &elsewhere.join(", "), screen));
    }
    for aspect in finding.further() {
        let said = format!("{}: {}", aspect.id, screen.words.found(&aspect.found));
        out.push_str(&indented("Also", &said, screen));
    }
    out.push_str(&indented("Change", screen.words.mend(finding.id.check.mend()), screen));
    if !finding.seen.is_empty() {
        out.push_str(&indented("Seen in", &screen.words.seen(&finding.seen), screen));
    }
    if !finding.replay.is_empty() {
        out.push_str(&command("Replay", &finding.replay, screen));
    }
    out
}

/// A command over several lines that a shell takes as one: broken before an option, where that is enough.
fn command(label: &str, command: &str, screen: Screen) -> String {
    const OPTION: &str = " --";
    const GOES_ON: &str = " \\";
    let command = text::one_line(command);
    let width = screen.width.saturating_sub(INDENT.len() + GOES_ON.len());
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
        let label = if index == 0 { text::fit(label, INDENT.len()) } else { INDENT.to_owned() };
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
        let screen = Screen { width: 51, colour: false, words: crate::words::Words::default() };
        assert_eq!(
            command("Replay", "faultkey exercise --scenario double-tap --profile iphone --seed 42", screen),
            "Replay    faultkey exercise --scenario double-tap \\\n          --profile iphone --seed 42\n"
        );
        assert_eq!(command("Replay", "faultkey", screen), "Replay    faultkey\n");
    }
}
