//! The matrix of causes and answers: causes down, answers across, one block for each target. One answer for many causes is a group; a diagonal
//! tells every cause apart.

use super::{BOLD, NARROWEST, Screen, paint};
use crate::confusion::{Cause, Grouping};
use crate::report::matrix::{self, Column, Row};
use crate::report::text;
use crate::verdict::{Standing, TargetRun};
use crate::words::{Noun, ScreenLabel, View, Words};

/// Narrower than this, targets stand below each other.
const SIDE_BY_SIDE: usize = 80;
/// An answer's text stands beside its row when this many columns are left for it.
const INLINE: usize = 16;
/// Columns of the labels of rows, where causes are named by their ids.
const LABELS: usize = 28;
/// Causes are told in words where that leaves as many columns to each side.
const SIDE: usize = 34;
/// So few answers are drawn wide: a group must be seen.
const FEW: usize = 3;
const GAP: usize = 2;

/// Which causes each target tells apart. Two targets stand side by side where the screen is wide enough.
#[must_use]
pub fn matrix(targets: &[TargetRun], screen: Screen) -> String {
    let screen = Screen { width: screen.width.max(NARROWEST), ..screen };
    let targets: Vec<&TargetRun> = targets.iter().collect();
    let mut out = text::wrap(screen.words.screen_label(ScreenLabel::Matrix), screen.text_width()).join("\n") + "\n\n";
    if targets.len() == 2 && screen.width >= SIDE_BY_SIDE && Layout::new(&targets, screen).fits() {
        out.push_str(&block(&targets, screen));
    } else {
        let blocks: Vec<_> = targets.iter().map(|target| block(&[target], screen)).collect();
        out.push_str(&blocks.join("\n"));
    }
    out
}

/// One target's half of the matrix.
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
    /// Columns for the labels of rows.
    labels: usize,
    /// Whether causes are told in words; otherwise by their ids.
    in_words: bool,
    /// Columns for one side.
    width: usize,
    /// Whether the answers' texts stand in their rows; otherwise they are listed above.
    inline: bool,
}

impl<'a> Layout<'a> {
    fn new(targets: &[&'a TargetRun], screen: Screen) -> Self {
        let titles = matrix::rows(targets).into_iter().map(|cause| text::columns(&title(screen.words, cause))).max().unwrap_or(0);
        let in_words = Self::with(targets, screen, titles.max(LABELS), true);
        if in_words.width >= SIDE && in_words.fits() { in_words } else { Self::with(targets, screen, LABELS, false) }
    }

    fn with(targets: &[&'a TargetRun], screen: Screen, labels: usize, in_words: bool) -> Self {
        let width = screen.width.saturating_sub(labels + GAP * targets.len()) / targets.len().max(1);
        let sides: Vec<_> = targets.iter().map(|target| side(target, width)).collect();
        let inline = sides.iter().all(|side| width.saturating_sub(side.drawn() + 1) >= INLINE);
        Self { sides, labels, in_words, width, inline }
    }

    fn fits(&self) -> bool {
        self.sides.iter().all(|side| side.drawn() <= self.width)
    }
}

/// A cause as a person says it.
fn title(words: Words, cause: &Cause) -> String {
    text::one_line(cause.title.get(words.language()))
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
        text::cut(&screen.words.causes_and_answers(causes, side.columns.len()), layout.width)
    });
    row(&mut out, "", &layout, letters);
    for cause in matrix::rows(targets) {
        let label = if layout.in_words { title(screen.words, cause) } else { text::one_line(&cause.id) };
        row(&mut out, &label, &layout, |side| cells(side, &cause.id, &layout, screen));
    }
    out.push('\n');
    for view in View::ALL {
        row(&mut out, screen.words.screen_label(ScreenLabel::ToldApart(view)), &layout, |side| {
            share(matrix::grouping(&side.target.confusion, view), &layout, screen)
        });
    }
    row(&mut out, screen.words.screen_label(ScreenLabel::LargestGroup), &layout, |side| largest(side, &layout, screen));
    out
}

/// One line: a label, then what each side says. `side` may paint: it is padded by what it would take without.
fn row(out: &mut String, label: &str, layout: &Layout<'_>, say: impl Fn(&Side<'_>) -> String) {
    let mut line = text::fit(label, layout.labels);
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
        let title = screen.words.answers_of(&side.target.name);
        out.push_str(&paint(&text::cut(&title, screen.width), BOLD, screen));
        out.push('\n');
        for column in &side.columns {
            let causes = screen.words.counted(column.causes.len() as u64, Noun::Cause);
            let line = format!("  {:<2} {}  {}", column.letter, right(&causes, 9), text::one_line(column.answer));
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
        row => return no_answer(row, layout, screen),
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

fn no_answer(row: Row, layout: &Layout<'_>, screen: Screen) -> String {
    let words = screen.words;
    let (mark, why, code) = match row {
        Row::NotObservable => ("??", words.standing(Standing::NotObservable), "33"),
        Row::NoError => ("--", words.screen_label(ScreenLabel::NoErrorShown), "2"),
        Row::NotPlayed | Row::Answered(_) => ("--", words.standing(Standing::NotPlayed), "2"),
    };
    paint(&text::cut(&format!("{mark} {why}"), layout.width), code, screen)
}

/// `[########............] 36 of 91`.
fn share(grouping: &Grouping, layout: &Layout<'_>, screen: Screen) -> String {
    let Some(percent) = matrix::percent(grouping) else { return no_answer(Row::NotObservable, layout, screen) };
    let said = screen.words.share(grouping.told_apart, grouping.pairs);
    let bar = layout.width.saturating_sub(text::columns(&said).max(10) + 3).min(20);
    let full = bar * percent / 100;
    format!("[{}{}] {}", paint(&"#".repeat(full), "32", screen), paint(&".".repeat(bar - full), "31", screen), right(&said, 8))
}

fn largest(side: &Side<'_>, layout: &Layout<'_>, screen: Screen) -> String {
    match side.columns.first() {
        None => no_answer(Row::NotObservable, layout, screen),
        Some(column) if column.causes.len() == 1 => text::cut(screen.words.screen_label(ScreenLabel::AllAnswersDiffer), layout.width),
        Some(column) => text::cut(&screen.words.group_under(column.causes.len(), &column.letter, column.answer), layout.width),
    }
}

/// At the right of `width` columns.
fn right(text: &str, width: usize) -> String {
    " ".repeat(width.saturating_sub(text::columns(text))) + text
}
