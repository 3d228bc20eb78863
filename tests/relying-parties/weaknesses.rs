//! The table "weakness by relying party" of `docs/findings.md`: where each is found or enforced, with the line of source.

use std::fs;

use faultkey_lab::facts::{Kind, ReplayFrom};
use faultkey_lab::scenario::{self, Action};
use faultkey_lab::verdict::{Finding, SeenIn, TargetRun};
use serde::Deserialize;

use crate::environment::relying_parties;
use crate::findings::{Column, Quotation, Table};

/// `tests/relying-parties/weaknesses.toml`, written by a person.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weaknesses {
    weakness: Vec<Weakness>,
    cell: Vec<Cell>,
}

/// A row.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Weakness {
    id: String,
    title: String,
    /// Any of these findings shows it.
    findings: Vec<String>,
    /// Only where an answer was sent again without the cookies of the first time.
    #[serde(default)]
    without_cookies: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Cell {
    relying_party: String,
    weakness: String,
    verdict: Verdict,
    /// As in `findings.toml`.
    package: Option<String>,
    file: String,
    line: usize,
    quoted: String,
    note: Option<String>,
    /// An option that our server sets brings it about.
    #[serde(default)]
    option: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Verdict {
    Found,
    Enforced,
    NotObservable,
}

impl Verdict {
    fn name(self) -> &'static str {
        match self {
            Verdict::Found => "found",
            Verdict::Enforced => "enforced",
            Verdict::NotObservable => "not observable",
        }
    }
}

impl Weaknesses {
    pub fn load() -> Weaknesses {
        let file = relying_parties().join("weaknesses.toml");
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    }

    /// Every cell is there once, quotes what is there, and agrees with what the run found.
    pub fn hold(&self, columns: &[Column]) -> Vec<String> {
        let mut stale = Vec::new();
        for column in columns.iter().filter(|column| column.library.is_some()) {
            for weakness in &self.weakness {
                let place = format!("weaknesses.toml, {} of {}", weakness.id, column.folder);
                let cells: Vec<&Cell> = self.cells(weakness, column).collect();
                let [cell] = cells.as_slice() else {
                    stale.push(format!("{place}: {} cells, not 1", cells.len()));
                    continue;
                };
                stale.extend(cell.quotation().wrong(&cell.relying_party).map(|wrong| format!("{place}: {wrong}")));
                if (cell.verdict == Verdict::Found) != weakness.shown_by(&column.run) {
                    let otherwise = if cell.verdict == Verdict::Found { "did not find" } else { "found" };
                    stale.push(format!(
                        "{place}: says {}, and the run {otherwise} {}",
                        cell.verdict.name(),
                        weakness.findings.join(" or ")
                    ));
                }
            }
        }
        let known = |cell: &Cell| {
            self.weakness.iter().any(|weakness| weakness.id == cell.weakness)
                && columns.iter().any(|column| column.folder == cell.relying_party)
        };
        stale.extend(
            self.cell
                .iter()
                .filter(|cell| !known(cell))
                .map(|cell| format!("weaknesses.toml: there is no weakness {} or no relying party {}", cell.weakness, cell.relying_party)),
        );
        stale
    }

    fn cells<'a>(&'a self, weakness: &'a Weakness, column: &'a Column) -> impl Iterator<Item = &'a Cell> {
        self.cell.iter().filter(|cell| cell.weakness == weakness.id && cell.relying_party == column.folder)
    }

    /// The table in short, and for each weakness the lines.
    pub fn tables(&self, columns: &[Column]) -> String {
        let columns: Vec<&Column> = columns.iter().filter(|column| column.library.is_some()).collect();
        let mut short = Table::new(std::iter::once("weakness").chain(columns.iter().map(|column| column.folder)));
        for weakness in &self.weakness {
            let cells = columns.iter().map(|column| self.cells(weakness, column).map(Cell::short).collect());
            short.row(std::iter::once(weakness.title.clone()).chain(cells));
        }
        let mut text = short.text;
        for weakness in &self.weakness {
            let mut lines = Table::new(["relying party", "verdict", "source"].into_iter());
            for column in &columns {
                for cell in self.cells(weakness, column) {
                    lines.row([column.folder.to_owned(), cell.in_full(), cell.quotation().shown()].into_iter());
                }
            }
            text.push_str(&format!("\n### {}\n\n{}", weakness.title, lines.text));
        }
        text
    }
}

impl Weakness {
    fn shown_by(&self, run: &TargetRun) -> bool {
        let of_this = |finding: &&Finding| finding.ids().any(|id| self.findings.contains(&id.to_string()));
        run.findings.iter().filter(of_this).any(|finding| !self.without_cookies || finding.seen.iter().any(without_cookies))
    }
}

/// Whether it was seen when an accepted log-in was sent again by somebody who has not its cookies.
fn without_cookies(seen: &SeenIn) -> bool {
    let scenarios = scenario::all().expect("the built-in scenarios");
    let step = scenarios.iter().find(|scenario| scenario.id == seen.scenario).and_then(|scenario| scenario.steps.get(seen.step - 1));
    step.is_some_and(|step| {
        let Action::Replay { of, from } = &step.action else { return false };
        *of == Kind::Authentication && *from != ReplayFrom::SameCookies
    })
}

impl Cell {
    fn quotation(&self) -> Quotation<'_> {
        Quotation { package: self.package.as_deref(), file: &self.file, line: self.line, quoted: &self.quoted }
    }

    fn ours(&self) -> bool {
        self.package.is_none() || self.option
    }

    fn short(&self) -> String {
        format!("{}{}", self.verdict.name(), if self.ours() { " °" } else { "" })
    }

    fn in_full(&self) -> String {
        let note = self.note.as_ref().map(|note| format!("; {note}")).unwrap_or_default();
        let option = if self.option { "; by an option that our server sets" } else { "" };
        format!("{}{option}{note}", self.verdict.name())
    }
}
