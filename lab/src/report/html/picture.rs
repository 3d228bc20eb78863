//! The confusion picture: causes down, answers across, targets side by side. Several causes under one answer are a group; telling all apart is a diagonal.

use maud::{Markup, html};

use super::{badge, worded};
use crate::confusion::Cause;
use crate::report::matrix::{self, Column, Row};
use crate::report::text;
use crate::verdict::{Run, Standing, TargetRun};
use crate::words::{Noun, View, Words};

pub(super) fn section(words: Words, run: &Run) -> Markup {
    let rows = matrix::rows(&run.targets.iter().collect::<Vec<_>>());
    html! {
        section aria-labelledby="confusion" {
            h2 #confusion { "Which failures look alike to the user?" }
            p {
                "Each row is a cause of failure, each column an answer that the user was shown. "
                "A diagonal tells every cause apart. A group is one answer for several causes: neither the user nor the support desk can know which it was."
            }
            div.sides { @for (index, target) in run.targets.iter().enumerate() { (card(words, index, target, &rows)) } }
            @for target in &run.targets { @for view in View::ALL { (groups(words, target, view)) } }
        }
    }
}

fn card(words: Words, index: usize, target: &TargetRun, rows: &[&Cause]) -> Markup {
    let columns = matrix::columns(&target.confusion.shown);
    let causes: usize = columns.iter().map(|column| column.causes.len()).sum();
    html! {
        article.card aria-labelledby=(format!("picture-{index}")) {
            h3 #(format!("picture-{index}")) { (worded(&target.name)) }
            p.big { (words.counted(causes as u64, Noun::Cause)) ", " (words.counted(columns.len() as u64, Noun::Answer)) }
            (matrix(target, &columns, rows))
            (numbers(words, target))
        }
    }
}

fn matrix(target: &TargetRun, columns: &[Column<'_>], rows: &[&Cause]) -> Markup {
    let grid = format!("grid-template-columns: repeat({}, 1fr)", columns.len().max(1));
    html! {
        table.matrix {
            caption { "What the user is shown for each cause" }
            thead { tr {
                th scope="col" { "Cause" }
                th.picture scope="col" { "Answer" }
                th scope="col" { "Shown to the user" }
            } }
            tbody {
                @for cause in rows {
                    @let row = Row::of(target, columns, &cause.id);
                    tr {
                        th scope="row" title=(text::harmless(&cause.title.en)) { (text::harmless(&cause.id)) }
                        td.picture {
                            @if let Row::Answered(place) = row {
                                div.grid style=(grid) {
                                    @for (number, column) in columns.iter().enumerate() {
                                        @if number == place {
                                            span class=(if column.causes.len() > 1 { "hit group" } else { "hit alone" }) { (column.letter) }
                                        } @else {
                                            span aria-hidden="true" {}
                                        }
                                    }
                                }
                            }
                        }
                        td.answer {
                            @if let Row::Answered(place) = row {
                                @if let Some(column) = columns.get(place) { (worded(column.answer)) }
                            } @else {
                                span.quiet { (row.remark()) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The three numbers, each as a bar and in words.
fn numbers(words: Words, target: &TargetRun) -> Markup {
    html! {
        dl.numbers {
            @for view in View::ALL {
                @let grouping = matrix::grouping(&target.confusion, view);
                div {
                    dt { "Told apart " (words.view(view)) }
                    dd {
                        @if let Some(percent) = matrix::percent(grouping) {
                            span.bar aria-hidden="true" { span style=(format!("width: {percent}%")) {} }
                            b { (matrix::share(words, grouping)) } " pairs of causes"
                        } @else {
                            (badge(words, Standing::NotObservable))
                        }
                    }
                    @if let Some(group) = words.largest_group(grouping) { dd.largest { (worded(&group)) } }
                }
            }
        }
    }
}

/// Every answer with the causes under it.
fn groups(words: Words, target: &TargetRun, view: View) -> Markup {
    let columns = matrix::columns(matrix::grouping(&target.confusion, view));
    html! {
        @if !columns.is_empty() {
            details {
                summary {
                    (worded(&target.name)) ": " (words.counted(columns.len() as u64, Noun::Answer)) " " (words.view(view)) ", with the causes under each"
                }
                dl.groups {
                    @for column in &columns {
                        dt { (column.letter) ": " (worded(column.answer)) }
                        dd {
                            (words.counted(column.causes.len() as u64, Noun::Cause)) ": "
                            @for (number, cause) in column.causes.iter().filter_map(|index| target.confusion.causes.get(*index)).enumerate() {
                                @if number > 0 { "; " }
                                (text::harmless(cause.title.get(words.language()))) " (" (text::harmless(&cause.scenario)) ")"
                            }
                        }
                    }
                }
            }
        }
    }
}
