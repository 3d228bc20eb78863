//! The confusion picture: causes down, answers across, targets side by side. One answer for everything is a slab; telling apart is a diagonal.

use maud::{Markup, html};

use super::worded;
use crate::confusion::Cause;
use crate::report::matrix::{self, Column, Row};
use crate::report::text;
use crate::report::words::{self, Standing, VIEWS, View};
use crate::verdict::{Run, TargetRun};

pub(super) fn section(run: &Run) -> Markup {
    let rows = matrix::rows(&run.targets.iter().collect::<Vec<_>>());
    html! {
        section aria-labelledby="confusion" {
            h2 #confusion { "Which failures look alike to the user?" }
            p {
                "Each row is a cause of failure, each column an answer that the user was shown. "
                "A diagonal tells every cause apart. A slab is one answer for many causes: neither the user nor the support desk can know which it was."
            }
            div.sides { @for (index, target) in run.targets.iter().enumerate() { (card(index, target, &rows)) } }
            @for target in &run.targets { @for view in VIEWS { (piles(target, view)) } }
        }
    }
}

fn card(index: usize, target: &TargetRun, rows: &[&Cause]) -> Markup {
    let columns = matrix::columns(&target.confusion.shown);
    let causes: usize = columns.iter().map(|column| column.causes.len()).sum();
    html! {
        article.card aria-labelledby=(format!("picture-{index}")) {
            h3 #(format!("picture-{index}")) { (worded(&target.name)) }
            p.big { (words::plural(causes, "cause")) ", " (words::plural(columns.len(), "answer")) }
            (matrix(target, &columns, rows))
            (numbers(target))
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
                        th scope="row" title=(text::harmless(&cause.title)) { (text::harmless(&cause.id)) }
                        td.picture {
                            @if let Row::Answered(place) = row {
                                div.grid style=(grid) {
                                    @for (number, column) in columns.iter().enumerate() {
                                        @if number == place {
                                            span class=(if column.causes.len() > 1 { "hit pile" } else { "hit alone" }) { (column.letter) }
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
fn numbers(target: &TargetRun) -> Markup {
    html! {
        dl.numbers {
            @for view in VIEWS {
                @let grouping = view.of(&target.confusion);
                div {
                    dt { "Told apart " (view.by()) }
                    dd {
                        @if let Some(percent) = words::percent(grouping) {
                            span.bar aria-hidden="true" { span style=(format!("width: {percent}%")) {} }
                            b { (words::share(grouping)) } " pairs of causes"
                        } @else {
                            span.badge.not-observable { span aria-hidden="true" { (Standing::NotObservable.mark()) " " } "not observable" }
                        }
                    }
                    @if let Some(pile) = words::largest_pile(grouping) { dd.largest { (worded(&pile)) } }
                }
            }
        }
    }
}

/// Every answer with the causes under it.
fn piles(target: &TargetRun, view: View) -> Markup {
    let columns = matrix::columns(view.of(&target.confusion));
    html! {
        @if !columns.is_empty() {
            details {
                summary {
                    (worded(&target.name)) ": " (words::plural(columns.len(), "answer")) " " (view.by()) ", with the causes under each"
                }
                dl.piles {
                    @for column in &columns {
                        dt { (column.letter) ": " (worded(column.answer)) }
                        dd {
                            (words::plural(column.causes.len(), "cause")) ": "
                            @for (number, cause) in column.causes.iter().filter_map(|index| target.confusion.causes.get(*index)).enumerate() {
                                @if number > 0 { "; " }
                                (text::harmless(&cause.title)) " (" (text::harmless(&cause.scenario)) ")"
                            }
                        }
                    }
                }
            }
        }
    }
}
