//! The report for a terminal: a table for each target, then the confusion picture and its numbers.
//!
//! Only ASCII is drawn (box-drawing characters take two columns in many Japanese terminals), and colour never says more than the marks do.

mod picture;

use comfy_table::{Attribute, Cell, CellAlignment, Color, ColumnConstraint, ContentArrangement, Table, Width, presets};

use crate::report::text;
use crate::report::words::{self, Standing, View};
use crate::verdict::{Run, ScenarioVerdict, TargetRun};

pub use picture::picture;

/// What is drawn on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Screen {
    /// Columns.
    pub width: usize,
    pub colour: bool,
}

const BOLD: &str = "1";
const ANSWERED: &str = "the relying party answered";
/// Narrower terminals get lines that are too long rather than columns of one letter.
const NARROWEST: usize = 40;

/// Everything: the table of each target, the picture, the verdict in words. The end is what stays on the screen.
#[must_use]
pub fn render(run: &Run, screen: Screen) -> String {
    let mut out = String::new();
    for target in &run.targets {
        out.push_str(&table(target, screen));
        out.push('\n');
    }
    out.push_str(&picture(&run.targets, screen));
    out.push('\n');
    out.push_str(&summary(run, screen));
    out
}

/// One target's scenarios: how each stands, what the RP answered, and what to change.
#[must_use]
pub fn table(target: &TargetRun, screen: Screen) -> String {
    let screen = Screen { width: screen.width.max(NARROWEST), ..screen };
    let mut table = Table::new();
    table.load_preset(presets::ASCII_MARKDOWN).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(screen.width).unwrap_or(u16::MAX));
    if screen.colour {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    let widest = |text: fn(&ScenarioVerdict) -> &str| target.scenarios.iter().map(|s| text::columns(text(s))).max().unwrap_or(0);
    let (names, profiles) = (widest(|s| &s.id), widest(|s| &s.profile));
    // Of the line, the answer gets half or more: the profile moves under the scenario's name, and long names are wrapped.
    let apart = names + profiles + 10 <= screen.width / 2;
    table.set_header(if apart { vec!["", "scenario", "on", ANSWERED] } else { vec!["", "scenario", ANSWERED] });
    for scenario in &target.scenarios {
        let standing = Standing::of(scenario);
        let mark = Cell::new(standing.mark()).fg(colour(standing)).add_attribute(Attribute::Bold).set_alignment(CellAlignment::Center);
        let (id, profile) = (text::one_line(&scenario.id), text::one_line(&scenario.profile));
        let mut row = vec![mark];
        if apart {
            row.extend([Cell::new(id), Cell::new(profile)]);
        } else {
            row.push(Cell::new(format!("{id}\n  on {profile}")));
        }
        row.push(Cell::new(remark(scenario, screen.width)));
        table.add_row(row);
    }
    let names = u16::try_from(names.max(profiles + 5).min(screen.width / 2 - 8) + 2).unwrap_or(u16::MAX);
    if let Some(column) = table.column_mut(1).filter(|_| !apart) {
        column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(names)));
    }
    let legend: Vec<_> = Standing::ALL.iter().map(|s| format!("{} {}", s.mark(), s.label())).collect();
    let lines: Vec<_> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    let title = text::wrap(&format!("{}: {}", text::one_line(&target.name), words::verdict(target)), screen.width);
    let title: Vec<_> = title.iter().map(|line| paint(line, BOLD, screen)).collect();
    format!("{}\n{}\n{}\n", title.join("\n"), text::wrap(&legend.join(", "), screen.width).join("\n"), lines.join("\n"))
}

/// The verdict on each target in words, and the seed.
#[must_use]
pub fn summary(run: &Run, screen: Screen) -> String {
    let mut out = String::new();
    for target in &run.targets {
        let standing = Standing::from(target.judgement());
        let mark = paint(standing.mark(), code(standing), screen);
        let sentence = format!(
            "{} {}; it {}.",
            text::one_line(&target.name),
            words::verdict(target),
            words::sentence(&target.confusion.shown, View::Shown)
        );
        for (index, line) in text::wrap(&sentence, screen.width.max(NARROWEST) - 3).into_iter().enumerate() {
            out.push_str(&if index == 0 { format!("{mark} {line}\n") } else { format!("   {line}\n") });
        }
    }
    out.push_str(&format!("   faultkey {}, seed {}\n", text::one_line(&run.version), run.seed));
    out
}

/// The answer, then what a reader must know beside it. Where all is well, one line is enough: the report has the rest.
fn remark(scenario: &ScenarioVerdict, width: usize) -> String {
    let answer = words::final_answer(scenario);
    match Standing::of(scenario) {
        Standing::Held => text::cut(&answer, (width / 2).saturating_sub(6)),
        Standing::FellShort => format!("{answer}\n-> {}", words::brief_advice(scenario)),
        Standing::NotObservable => format!("{answer}\n?? not observable: {}", words::not_observed_names(scenario)),
        Standing::Skipped => format!("-- not played: {}", text::one_line(scenario.skipped.as_deref().unwrap_or_default())),
    }
}

fn colour(standing: Standing) -> Color {
    match standing {
        Standing::Held => Color::Green,
        Standing::FellShort => Color::Red,
        Standing::NotObservable => Color::Yellow,
        Standing::Skipped => Color::Grey,
    }
}

fn code(standing: Standing) -> &'static str {
    match standing {
        Standing::Held => "1;32",
        Standing::FellShort => "1;31",
        Standing::NotObservable => "1;33",
        Standing::Skipped => "2",
    }
}

/// `text` between the escape sequences of ECMA-48 SGR, if colour is wanted.
fn paint(text: &str, code: &str, screen: Screen) -> String {
    if screen.colour && !text.is_empty() { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    const PLAIN: Screen = Screen { width: 120, colour: false };

    #[test]
    fn the_whole_screen_for_the_embedded_relying_party() {
        insta::assert_snapshot!("both_120", render(&sample::both(), PLAIN));
        insta::assert_snapshot!("both_80", picture(&sample::both().targets, Screen { width: 80, colour: false }));
        insta::assert_snapshot!("both_160", picture(&sample::both().targets, Screen { width: 160, colour: false }));
    }

    #[test]
    fn one_target_with_what_cannot_be_seen() {
        insta::assert_snapshot!("foreign_100", render(&sample::foreign(), Screen { width: 100, colour: false }));
    }

    #[test]
    fn narrow_terminals_stack() {
        insta::assert_snapshot!("both_60", picture(&sample::both().targets, Screen { width: 60, colour: false }));
    }

    #[test]
    fn no_line_is_wider_than_the_screen() {
        for width in [60, 72, 80, 100, 120, 160, 200] {
            for run in [sample::both(), sample::foreign()] {
                for line in render(&run, Screen { width, colour: false }).lines() {
                    assert!(text::columns(line) <= width, "{width}: {} columns: {line}", text::columns(line));
                }
            }
        }
    }

    #[test]
    fn without_colour_there_is_no_escape_and_with_colour_the_words_are_the_same() {
        let plain = render(&sample::foreign(), PLAIN);
        assert!(!plain.contains('\u{1b}'));
        let coloured = render(&sample::foreign(), Screen { colour: true, ..PLAIN });
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

    #[test]
    fn a_relying_party_cannot_steer_the_terminal() {
        let mut run = sample::both();
        run.targets[0].name = "\u{1b}]0;title\u{7}".into();
        run.targets[0].scenarios[0].advice = "\u{1b}[2J".into();
        run.targets[0].confusion.shown.answers[0] = Some("\u{1b}[2J\r".into());
        let out = render(&run, PLAIN);
        assert!(!out.contains(['\u{1b}', '\u{7}', '\r']), "{out}");
    }

    #[test]
    fn not_observable_is_not_shown_as_held() {
        let out = table(&sample::foreign().targets[0], PLAIN);
        let row = out.lines().find(|line| line.contains("m0902-lock-screen-removed")).unwrap();
        assert!(row.starts_with("| ??"), "{row}");
        assert!(out.contains("?? not observable: "), "{out}");
    }
}
