//! How the scenarios of a target stand: in numbers, and in a table those that failed or could not be set up.

use comfy_table::{Attribute, Cell, CellAlignment, Color, ContentArrangement, Table, presets};

use super::{BOLD, Screen, indented, paint};
use crate::check::Gravity;
use crate::report::{marks, text};
use crate::verdict::{ScenarioResult, Standing, TargetRun};
use crate::words;

pub(super) fn section(target: &TargetRun, screen: Screen) -> String {
    let title = text::wrap(&text::one_line(&target.name), screen.width);
    let title: Vec<String> = title.iter().map(|line| paint(line, BOLD, screen)).collect();
    let mut out = title.join("\n") + "\n";
    if let Some(incomplete) = target.incomplete {
        out.push_str(&indented("", words::incomplete(incomplete), screen));
    }
    out.push_str(&indented("", &words::scenarios_counted(target), screen));
    let rows: Vec<&ScenarioResult> = target.scenarios.iter().filter(|scenario| is_told(scenario)).collect();
    if !rows.is_empty() {
        out.push_str(&table(&rows, screen));
    }
    out
}

/// One that passed needs no row, and why one could not be seen or played is told by numbers or as a blind spot.
fn is_told(scenario: &ScenarioResult) -> bool {
    matches!(scenario.standing, Standing::Failed | Standing::NotSetUp)
}

fn table(rows: &[&ScenarioResult], screen: Screen) -> String {
    let mut table = Table::new();
    table.load_preset(presets::ASCII_MARKDOWN).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(screen.width).unwrap_or(u16::MAX));
    if screen.colour {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    table.set_header(vec!["", "scenario", "what failed"]);
    for scenario in rows {
        let colour = if scenario.standing == Standing::Failed { Color::Red } else { Color::Yellow };
        let mark = Cell::new(marks::mark(scenario.standing)).fg(colour).add_attribute(Attribute::Bold);
        let (id, profile) = (text::one_line(&scenario.id), text::one_line(&scenario.profile));
        let name = format!("{id}\n  on {profile}");
        table.add_row(vec![mark.set_alignment(CellAlignment::Center), Cell::new(name), Cell::new(failed(scenario))]);
    }
    let lines: Vec<_> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n") + "\n"
}

/// The ids of what failed, or why there is no verdict.
fn failed(scenario: &ScenarioResult) -> String {
    if let Some(reason) = &scenario.reason {
        return words::reason(reason);
    }
    let mut ids: Vec<String> = Vec::new();
    for check in scenario.steps.iter().flat_map(|step| &step.checks) {
        let fails = check.standing == Standing::Failed && check.id.check.gravity() < Gravity::Advice;
        let id = check.id.to_string();
        if fails && !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids.join("\n")
}
