//! The matrix: causes down, answers across. Several causes under one answer are a group; telling all apart is a diagonal.

use maud::{Markup, html};

use super::{Target, worded};
use crate::confusion::Cause;
use crate::report::matrix::{self, Column, Row};
use crate::report::text;
use crate::verdict::{Run, Standing, TargetRun};
use crate::words::{Label, View, Words};

/// A target with its columns.
struct Side<'a> {
    run: &'a TargetRun,
    columns: Vec<Column<'a>>,
}

pub(super) fn section(words: Words, run: &Run, targets: &[Target<'_>]) -> Markup {
    let rows = matrix::rows(&run.targets.iter().collect::<Vec<_>>());
    let sides: Vec<Side<'_>> =
        targets.iter().map(|target| Side { run: target.run, columns: matrix::columns(&target.run.confusion.shown) }).collect();
    html! {
        @if !rows.is_empty() {
            section aria-labelledby="matrix" {
                h2 #matrix { (words.label(Label::Matrix)) }
                p.means { (words.matrix_means()) }
                @for (index, side) in sides.iter().enumerate().filter(|(index, side)| *index == 0 || !side.run.for_comparison) {
                    @let compared = if index == 0 { sides.get(1..).unwrap_or_default() } else { &[] };
                    (table(words, side, compared, &rows))
                }
                (told_apart(words, &sides))
                @for side in sides.iter().filter(|side| !side.run.for_comparison) { (shared(words, side.run)) }
            }
        }
    }
}

fn table(words: Words, side: &Side<'_>, others: &[Side<'_>], rows: &[&Cause]) -> Markup {
    let compared: Vec<&Side<'_>> = others.iter().filter(|other| other.run.for_comparison).collect();
    let causes = side.columns.iter().map(|column| column.causes.len()).sum();
    html! {
        table class=(if compared.is_empty() { "matrix" } else { "matrix with-comparison" }) {
            caption { b { (words.causes_and_answers(causes, side.columns.len())) } " " span.quiet { (worded(words, &side.run.name)) } }
            thead { tr {
                th scope="col" { (words.label(Label::Cause)) }
                th.picture scope="col" { (words.label(Label::Answer)) }
                th.answer scope="col" { (words.label(Label::Shown)) }
                @for _ in &compared {
                    th.compared scope="col" { (words.label(Label::Comparison)) }
                }
            } }
            tbody {
                @for cause in rows {
                    tr {
                        th scope="row" { (worded(words, cause.title.get(words.language()))) " " code { (text::harmless(&cause.id)) } }
                        (answered(words, side, cause))
                        @for other in &compared { (picture(words, other, cause, "picture compared")) }
                    }
                }
            }
        }
    }
}

/// The place of the answer, and what it says.
fn answered(words: Words, side: &Side<'_>, cause: &Cause) -> Markup {
    html! {
        (picture(words, side, cause, "picture"))
        td.answer {
            @if let Row::Answered(place) = Row::of(side.run, &side.columns, &cause.id) {
                @if let Some(column) = side.columns.get(place) { (worded(words, column.answer)) }
            }
        }
    }
}

fn picture(words: Words, side: &Side<'_>, cause: &Cause, class: &str) -> Markup {
    let row = Row::of(side.run, &side.columns, &cause.id);
    html! {
        td class=(class) style=(format!("--of:{}", side.columns.len().max(1))) {
            @if let Row::Answered(place) = row {
                @if let Some(column) = side.columns.get(place) {
                    span class=(if column.causes.len() > 1 { "hit group" } else { "hit alone" }) style=(format!("--at:{place}")) { (column.letter) }
                }
            } @else {
                span.quiet { (no_answer(words, row)) }
            }
        }
    }
}

fn no_answer(words: Words, row: Row) -> &'static str {
    match row {
        Row::Answered(_) => "",
        Row::NotObservable => words.standing(Standing::NotObservable),
        Row::NoError => words.label(Label::NoError),
        Row::NotPlayed => words.standing(Standing::NotPlayed),
    }
}

/// How many pairs of causes are told apart, seen in three ways.
fn told_apart(words: Words, sides: &[Side<'_>]) -> Markup {
    html! {
        table.told-apart {
            caption { (words.label(Label::ToldApart)) }
            thead { tr {
                td {}
                @for side in sides {
                    th scope="col" class=[side.run.for_comparison.then_some("quiet")] {
                        @if side.run.for_comparison { (words.lead(Label::ForComparison)) }
                        (worded(words, &side.run.name))
                    }
                }
            } }
            tbody {
                @for view in View::ALL {
                    tr {
                        th scope="row" { (words.view_label(view)) }
                        @for side in sides {
                            @let grouping = matrix::grouping(&side.run.confusion, view);
                            td class=[side.run.for_comparison.then_some("quiet")] {
                                @if grouping.pairs == 0 {
                                    (words.standing(Standing::NotObservable))
                                } @else {
                                    (words.share(grouping.told_apart, grouping.pairs))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Every answer that several causes get, with those causes.
fn shared(words: Words, run: &TargetRun) -> Markup {
    let columns: Vec<_> = matrix::columns(&run.confusion.shown).into_iter().filter(|column| column.causes.len() > 1).collect();
    html! {
        @if !columns.is_empty() {
            h3 { (words.label(Label::SharedAnswers)) }
            dl.shared {
                @for column in &columns {
                    dt { span.hit-letter { (column.letter) } " " (worded(words, column.answer)) }
                    dd {
                        ul { @for cause in column.causes.iter().filter_map(|index| run.confusion.causes.get(*index)) { li { (worded(words, cause.title.get(words.language()))) } } }
                    }
                }
            }
        }
    }
}
