//! The tables of `docs/findings.md`, made from the results, so that they are always true.

use std::fs;
use std::path::Path;

use faultkey_lab::confusion::Grouping;
use faultkey_lab::verdict::{AnswerSummary, Judgement, ScenarioVerdict, TargetRun};

use crate::expectation::{hold_text, shown, status_and_message, word};
use crate::replay::Replay;

const BEGIN: &str = "<!-- made by tests/relying_parties.rs; FAULTKEY_BLESS=1 cargo xtask relying-parties makes it anew -->";
const END: &str = "<!-- end of what is made -->";

/// One relying party's results.
pub struct Column {
    pub name: String,
    pub run: TargetRun,
    pub replays: Vec<Replay>,
}

/// Compares the page with the tables, or writes them into it when asked to.
pub fn hold(page: &Path, columns: &[Column]) -> Vec<String> {
    let text = fs::read_to_string(page).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
    let (before, rest) = text.split_once(BEGIN).unwrap_or_else(|| panic!("{} has no line {BEGIN}", page.display()));
    let (_, after) = rest.split_once(END).unwrap_or_else(|| panic!("{} has no line {END}", page.display()));
    hold_text(page, &format!("{before}{BEGIN}\n\n{}\n{END}{after}", tables(columns)))
}

fn tables(columns: &[Column]) -> String {
    [numbers(columns), causes(columns), replays(columns), invariants(columns)].join("\n")
}

/// How each did in all.
fn numbers(columns: &[Column]) -> String {
    let mut table = Table::new(std::iter::once("in all").chain(columns.iter().map(|column| column.name.as_str())));
    let mut row = |title: &str, cell: &dyn Fn(&TargetRun) -> String| {
        table.row(std::iter::once(title.to_owned()).chain(columns.iter().map(|column| cell(&column.run))));
    };
    for judgement in [Judgement::Held, Judgement::FellShort, Judgement::NotObservable] {
        let count = |run: &TargetRun| played(run).filter(|scenario| scenario.judgement == judgement).count().to_string();
        row(&format!("scenarios: {}", word(judgement)), &count);
    }
    row("scenarios that fell short of more than I8", &|run| played(run).filter(|scenario| beyond_i8(scenario)).count().to_string());
    row("causes told apart by what the user is shown", &|run| share(&run.confusion.shown));
    row("causes told apart by status and code", &|run| share(&run.confusion.api));
    row("most causes under one message", &|run| pile(&run.confusion.shown));
    row("most causes under one status and code", &|run| pile(&run.confusion.api));
    table.text
}

/// What each answered to each cause.
fn causes(columns: &[Column]) -> String {
    let mut table = Table::new(std::iter::once("cause").chain(columns.iter().map(|column| column.name.as_str())));
    let mut seen: Vec<&str> = Vec::new();
    for column in columns {
        for cause in &column.run.confusion.causes {
            if seen.contains(&cause.id.as_str()) {
                continue;
            }
            seen.push(&cause.id);
            table.row(std::iter::once(cause.title.clone()).chain(columns.iter().map(|column| answer(&column.run, &cause.id))));
        }
    }
    table.text
}

/// The answer of the first step that shows this cause, and what it fell short of.
fn answer(run: &TargetRun, cause: &str) -> String {
    let Some(step) = played(run).flat_map(|scenario| &scenario.steps).find(|step| step.cause.as_deref() == Some(cause)) else {
        return "not played".to_owned();
    };
    let mut cell = match &step.answer {
        None => "not told of it".to_owned(),
        // A code says it in short; the embedded relying party's messages are long.
        Some(AnswerSummary { status, code: Some(code), .. }) => format!("`{}`", status_and_message(*status, Some(code), None)),
        Some(answer) => format!("`{}`", shown(answer)),
    };
    let short: Vec<&str> =
        step.checks.iter().filter(|check| check.judgement == Judgement::FellShort).map(|check| check.what.as_str()).collect();
    if !short.is_empty() {
        cell.push_str(&format!(" **fell short of:** {}", short.join("; ")));
    }
    cell
}

/// What an answer that is sent again gets.
fn replays(columns: &[Column]) -> String {
    let mut table = Table::new(std::iter::once("sent a second time").chain(columns.iter().map(|column| column.name.as_str())));
    let count = columns.iter().map(|column| column.replays.len()).min().unwrap_or(0);
    for row in 0..count {
        let title = columns[0].replays[row].what.to_owned();
        table.row(std::iter::once(title).chain(columns.iter().map(|column| column.replays[row].outcome.clone())));
    }
    table.text
}

/// Which invariants broke, in how many scenarios.
fn invariants(columns: &[Column]) -> String {
    let mut table = Table::new(std::iter::once("invariant").chain(columns.iter().map(|column| column.name.as_str())));
    let mut titles: Vec<(&str, &str)> = Vec::new();
    for invariant in columns.iter().flat_map(|column| played(&column.run)).flat_map(|scenario| &scenario.invariants) {
        if !titles.iter().any(|(id, _)| *id == invariant.id) {
            titles.push((&invariant.id, &invariant.title));
        }
    }
    titles.sort_by_key(|(id, _)| id.trim_start_matches('I').parse::<u32>().unwrap_or(u32::MAX));
    for (id, title) in titles {
        let count = |run: &TargetRun, judgement| {
            played(run).flat_map(|scenario| &scenario.invariants).filter(|other| other.id == id && other.judgement == judgement).count()
        };
        let cell = |run: &TargetRun| match (count(run, Judgement::FellShort), count(run, Judgement::Held)) {
            (0, 0) => "not observable".to_owned(),
            (0, _) => "held".to_owned(),
            (broken, held) => format!("**broken** in {broken} of {}", broken + held),
        };
        table.row(std::iter::once(format!("{id} {title}")).chain(columns.iter().map(|column| cell(&column.run))));
    }
    table.text
}

/// I8 is broken by every server that makes options for a user name; seen in each scenario, it hides the rest.
fn beyond_i8(scenario: &ScenarioVerdict) -> bool {
    let steps = scenario.steps.iter().any(|step| step.judgement == Judgement::FellShort);
    steps || scenario.invariants.iter().any(|invariant| invariant.id != "I8" && invariant.judgement == Judgement::FellShort)
}

fn played(run: &TargetRun) -> impl Iterator<Item = &ScenarioVerdict> {
    run.scenarios.iter().filter(|scenario| scenario.skipped.is_none())
}

fn share(grouping: &Grouping) -> String {
    match grouping.share_told_apart() {
        None => "not observable".to_owned(),
        Some(share) => format!("{:.0} % of {} pairs", share * 100.0, grouping.pairs),
    }
}

fn pile(grouping: &Grouping) -> String {
    grouping.largest_pile.as_ref().map_or("not observable".to_owned(), |pile| pile.causes.len().to_string())
}

/// A Markdown table.
struct Table {
    text: String,
}

impl Table {
    fn new<'a>(heads: impl Iterator<Item = &'a str>) -> Table {
        let heads: Vec<String> = heads.map(str::to_owned).collect();
        let rule = vec!["---".to_owned(); heads.len()];
        let mut table = Table { text: String::new() };
        table.row(heads.into_iter());
        table.row(rule.into_iter());
        table
    }

    fn row(&mut self, cells: impl Iterator<Item = String>) {
        for cell in cells {
            self.text.push_str(&format!("| {} ", cell.replace('|', "\\|").replace('\n', " ")));
        }
        self.text.push_str("|\n");
    }
}
