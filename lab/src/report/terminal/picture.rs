//! The confusion picture: causes down, answers across, one block for each target. One answer for many causes is a group; a diagonal tells
//! every cause apart.

use super::{BOLD, NARROWEST, Screen, paint};
use crate::confusion::Grouping;
use crate::report::matrix::{self, Column, Row};
use crate::report::text;
use crate::verdict::TargetRun;
use crate::words::{Noun, View};

/// Narrower than this, targets stand below each other.
const SIDE_BY_SIDE: usize = 80;
/// An answer's text stands beside its row when this many columns are left for it.
const INLINE: usize = 16;
/// Width of the rows' labels: causes and numbers.
const LABELS: usize = 28;
/// Names of the three views, in at most [`LABELS`] columns.
const TOLD_APART: [&str; 3] = ["told apart: shown to user", "            said by the API", "            logged by the RP"];
/// So few answers are drawn wide: a group must be seen.
const FEW: usize = 3;
const GAP: usize = 2;

/// Which causes each target tells apart. Two targets stand side by side where the screen is wide enough.
#[must_use]
pub fn picture(targets: &[TargetRun], screen: Screen) -> String {
    let screen = Screen { width: screen.width.max(NARROWEST), ..screen };
    let targets: Vec<&TargetRun> = targets.iter().collect();
    let title = "Which failures look alike to the user? Causes down, answers across: # shares its answer with other causes, o does not.";
    let mut out = text::wrap(title, screen.width).join("\n") + "\n\n";
    if targets.len() == 2 && screen.width >= SIDE_BY_SIDE && Layout::new(&targets, screen).fits() {
        out.push_str(&block(&targets, screen));
    } else {
        let blocks: Vec<_> = targets.iter().map(|target| block(&[target], screen)).collect();
        out.push_str(&blocks.join("\n"));
    }
    out
}

/// One target's half of the picture.
struct Side<'a> {
    target: &'a TargetRun,
    columns: Vec<Column<'a>>,
    /// How wide a cell is drawn.
    cell: usize,
    /// From one cell to the next.
    step: usize,
}

impl Side<'_> {
    fn drawn(&self) -> usize {
        self.columns.len() * self.step
    }
}

struct Layout<'a> {
    sides: Vec<Side<'a>>,
    /// Columns for one side.
    width: usize,
    /// Whether the answers' texts stand in their rows; otherwise they are listed above.
    inline: bool,
}

impl<'a> Layout<'a> {
    fn new(targets: &[&'a TargetRun], screen: Screen) -> Self {
        let width = screen.width.saturating_sub(LABELS + GAP * targets.len()) / targets.len().max(1);
        let sides: Vec<_> = targets.iter().map(|target| side(target, width)).collect();
        let inline = sides.iter().all(|side| width.saturating_sub(side.drawn() + 1) >= INLINE);
        Self { sides, width, inline }
    }

    fn fits(&self) -> bool {
        self.sides.iter().all(|side| side.drawn() <= self.width)
    }
}

fn side(target: &TargetRun, width: usize) -> Side<'_> {
    let columns = matrix::columns(&target.confusion.shown);
    let (cell, step) = match columns.len() {
        count if count <= FEW => (3, 4),
        count if count * 2 + 1 + INLINE <= width => (1, 2),
        _ => (1, 1),
    };
    Side { target, columns, cell, step }
}

fn block(targets: &[&TargetRun], screen: Screen) -> String {
    let layout = Layout::new(targets, screen);
    let mut out = String::new();
    if !layout.inline {
        answers(&mut out, &layout, screen);
    }
    row(&mut out, "", &layout, |side| paint(&text::cut(&text::one_line(&side.target.name), layout.width), BOLD, screen));
    row(&mut out, "", &layout, |side| {
        let causes: usize = side.columns.iter().map(|column| column.causes.len()).sum();
        text::cut(
            &format!(
                "{}, {}",
                screen.words.counted(causes as u64, Noun::Cause),
                screen.words.counted(side.columns.len() as u64, Noun::Answer)
            ),
            layout.width,
        )
    });
    row(&mut out, "", &layout, letters);
    for cause in matrix::rows(targets) {
        row(&mut out, &text::one_line(&cause.id), &layout, |side| cells(side, &cause.id, &layout, screen));
    }
    out.push('\n');
    for (label, view) in TOLD_APART.into_iter().zip(View::ALL) {
        row(&mut out, label, &layout, |side| share(matrix::grouping(&side.target.confusion, view), &layout, screen));
    }
    row(&mut out, "largest group", &layout, |side| largest(side, &layout));
    out
}

/// One line: a label, then what each side says. `side` may paint: it is padded by what it would take without.
fn row(out: &mut String, label: &str, layout: &Layout<'_>, say: impl Fn(&Side<'_>) -> String) {
    let mut line = text::fit(label, LABELS);
    for side in &layout.sides {
        line.push_str(&" ".repeat(GAP));
        let said = say(side);
        let used = text::columns(&unpainted(&said));
        line.push_str(&said);
        line.push_str(&" ".repeat(layout.width.saturating_sub(used)));
    }
    out.push_str(line.trim_end());
    out.push('\n');
}

/// Without our own escape sequences; those of others are long gone.
fn unpainted(painted: &str) -> String {
    painted
        .split('\u{1b}')
        .enumerate()
        .map(|(index, part)| if index == 0 { part } else { part.split_once('m').map_or("", |(_, rest)| rest) })
        .collect()
}

/// Every answer with its letter, where there is no room for it in its row.
fn answers(out: &mut String, layout: &Layout<'_>, screen: Screen) {
    for side in &layout.sides {
        let title = format!("Answers of {}", text::one_line(&side.target.name));
        out.push_str(&paint(&text::cut(&title, screen.width), BOLD, screen));
        out.push('\n');
        for column in &side.columns {
            let line = format!(
                "  {:<2} {:>9}  {}",
                column.letter,
                screen.words.counted(column.causes.len() as u64, Noun::Cause),
                text::one_line(column.answer)
            );
            out.push_str(&text::cut(&line, screen.width));
            out.push('\n');
        }
    }
    out.push('\n');
}

fn letters(side: &Side<'_>) -> String {
    // A letter of two characters has no room; such a matrix is read by its rows.
    side.columns.iter().map(|column| text::fit(if column.letter.len() <= side.step { &column.letter } else { "~" }, side.step)).collect()
}

fn cells(side: &Side<'_>, cause: &str, layout: &Layout<'_>, screen: Screen) -> String {
    let place = match Row::of(side.target, &side.columns, cause) {
        Row::Answered(place) => place,
        row => return paint(&text::cut(row.remark(), layout.width), if row == Row::NotObservable { "33" } else { "2" }, screen),
    };
    let mut cells = String::new();
    let mut answer = "";
    for (number, column) in side.columns.iter().enumerate() {
        let alone = column.causes.len() == 1;
        let cell = match (number == place, alone) {
            (true, true) => paint(&"o".repeat(side.cell), "1;32", screen),
            (true, false) => paint(&"#".repeat(side.cell), "1;31", screen),
            (false, _) => paint(&".".repeat(side.cell), "2", screen),
        };
        cells.push_str(&cell);
        cells.push_str(&" ".repeat(side.step - side.cell));
        if number == place {
            answer = column.answer;
        }
    }
    if layout.inline {
        cells.push_str(if side.step == side.cell { "  " } else { " " });
        cells.push_str(&text::cut(&text::one_line(answer), layout.width.saturating_sub(side.drawn() + 2)));
    }
    cells
}

/// `[########............] 36 of 91`.
fn share(grouping: &Grouping, layout: &Layout<'_>, screen: Screen) -> String {
    let said = matrix::share(screen.words, grouping);
    let Some(percent) = matrix::percent(grouping) else { return paint(&format!("?? {said}"), "33", screen) };
    let bar = layout.width.saturating_sub(said.len().max(10) + 3).min(20);
    let full = bar * percent / 100;
    format!("[{}{}] {said:>8}", paint(&"#".repeat(full), "32", screen), paint(&".".repeat(bar - full), "31", screen))
}

fn largest(side: &Side<'_>, layout: &Layout<'_>) -> String {
    let said = match side.columns.first() {
        None => "?? not observable".to_owned(),
        Some(column) if column.causes.len() == 1 => "none: all answers differ".to_owned(),
        Some(column) => format!("{} causes under {}: {}", column.causes.len(), column.letter, text::one_line(column.answer)),
    };
    text::cut(&said, layout.width)
}
