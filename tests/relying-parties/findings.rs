//! The tables of `docs/findings.md`, and the place in each relying party's source that explains a finding.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use faultkey_lab::verdict::{Finding, Standing, TargetRun};
use faultkey_lab::words::en as words;
use serde::Deserialize;

use crate::environment::relying_parties;
use crate::expectation::hold_text;
use crate::server::Library;
use crate::weaknesses::Weaknesses;

const BEGIN: &str = "<!-- made by tests/relying_parties.rs; FAULTKEY_BLESS=1 cargo xtask relying-parties makes it anew -->";
const END: &str = "<!-- end of what is made -->";
const BEGIN_WEAKNESSES: &str = "<!-- made likewise, of tests/relying-parties/weaknesses.toml -->";
const END_WEAKNESSES: &str = "<!-- end of the weaknesses -->";

/// One relying party's results.
#[derive(Clone)]
pub struct Column {
    /// Its name in `findings.toml`.
    pub folder: &'static str,
    /// With the version.
    pub name: String,
    /// None for the embedded one.
    pub library: Option<Library>,
    pub run: TargetRun,
}

/// `tests/relying-parties/findings.toml`: for each finding the lines of source that make it so, read by a person.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Explained {
    finding: Vec<Explanation>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Explanation {
    relying_party: String,
    /// e.g. `replay/authentication-verify`.
    id: String,
    /// The package that the file belongs to; none where it is the server that we wrote after the library's example.
    package: Option<String>,
    /// Below the packages' folder, or below this folder.
    file: String,
    line: usize,
    /// What stands on that line.
    quoted: String,
    /// One sentence.
    why: String,
}

/// Words on a line of a relying party's source.
pub struct Quotation<'a> {
    /// Name and version of the package that the file belongs to; none where it is the server that we wrote.
    pub package: Option<&'a str>,
    pub file: &'a str,
    pub line: usize,
    pub quoted: &'a str,
}

impl Quotation<'_> {
    pub fn shown(&self) -> String {
        let package = self.package.unwrap_or("our server, after the library's example");
        format!("{package}: `{}` line {}, `{}`", self.file, self.line, self.quoted)
    }

    /// What is wrong with it.
    pub fn wrong(&self, relying_party: &str) -> Option<String> {
        let folder = match self.package {
            None => relying_parties(),
            Some(package) => {
                let library = Library::named(relying_party);
                let (name, version) = package.split_once(' ').unwrap_or((package, ""));
                if library.version_of(name).as_deref() != Some(version) {
                    return Some(format!("{package} is not what the lock file has, {:?}", library.version_of(name)));
                }
                library.packages()
            }
        };
        let path = folder.join(self.file);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) => return Some(format!("{}: {error}", path.display())),
        };
        let line = text.lines().nth(self.line.saturating_sub(1)).unwrap_or_default();
        (!line.contains(self.quoted)).then(|| format!("line {} of {} is {line:?}, without {:?}", self.line, self.file, self.quoted))
    }
}

impl Explained {
    pub fn load() -> Explained {
        let file = relying_parties().join("findings.toml");
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    }

    /// Every finding is explained, every explanation is of a finding, and what it quotes is there.
    pub fn hold(&self, columns: &[Column]) -> Vec<String> {
        let mut stale = Vec::new();
        for column in columns {
            let found: BTreeSet<String> = column.run.findings.iter().flat_map(Finding::ids).map(|id| id.to_string()).collect();
            let explained: BTreeSet<String> = self.of(column).map(|explanation| explanation.id.clone()).collect();
            stale.extend(
                found.difference(&explained).map(|id| format!("{}: {id} is found, and findings.toml does not explain it", column.folder)),
            );
            stale.extend(
                explained.difference(&found).map(|id| format!("{}: findings.toml explains {id}, which is not found", column.folder)),
            );
        }
        stale.extend(self.finding.iter().filter_map(|explanation| explanation.misquoted()));
        stale
    }

    fn of<'a>(&'a self, column: &'a Column) -> impl Iterator<Item = &'a Explanation> {
        self.finding.iter().filter(|explanation| explanation.relying_party == column.folder)
    }
}

impl Explanation {
    fn quotation(&self) -> Quotation<'_> {
        Quotation { package: self.package.as_deref(), file: &self.file, line: self.line, quoted: &self.quoted }
    }

    fn misquoted(&self) -> Option<String> {
        let place = format!("findings.toml, {} of {}", self.id, self.relying_party);
        self.quotation().wrong(&self.relying_party).map(|wrong| format!("{place}: {wrong}"))
    }
}

/// Compares the page with the tables, or writes them into it when asked to.
pub fn hold(page: &Path, columns: &[Column], explained: &Explained, weaknesses: &Weaknesses) -> Vec<String> {
    let text = fs::read_to_string(page).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
    let text = within(page, &text, (BEGIN, END), &made(columns, explained));
    hold_text(page, &within(page, &text, (BEGIN_WEAKNESSES, END_WEAKNESSES), &weaknesses.tables(columns)))
}

/// The text with what is made between the two lines.
fn within(page: &Path, text: &str, (begin, end): (&str, &str), made: &str) -> String {
    let (before, rest) = text.split_once(begin).unwrap_or_else(|| panic!("{} has no line {begin}", page.display()));
    let (_, after) = rest.split_once(end).unwrap_or_else(|| panic!("{} has no line {end}", page.display()));
    format!("{before}{begin}\n\n{made}\n{end}{after}")
}

fn made(columns: &[Column], explained: &Explained) -> String {
    let mut text = numbers(columns);
    for column in columns {
        text.push_str(&format!("\n### {}\n\n{}", column.name, findings(column, explained)));
    }
    text
}

/// How each did in all.
fn numbers(columns: &[Column]) -> String {
    let mut table = Table::new(std::iter::once("in all").chain(columns.iter().map(|column| column.name.as_str())));
    let mut row = |title: &str, cell: &dyn Fn(&TargetRun) -> String| {
        table.row(std::iter::once(title.to_owned()).chain(columns.iter().map(|column| cell(&column.run))));
    };
    row("findings", &|run| run.findings.len().to_string());
    for standing in Standing::ALL {
        row(&format!("scenarios: {}", words::standing(standing)), &|run| run.count(standing).to_string());
    }
    row("causes told apart by what the user is shown", &|run| share(&run.confusion.shown));
    row("causes told apart by status and code", &|run| share(&run.confusion.api));
    table.text
}

fn findings(column: &Column, explained: &Explained) -> String {
    if column.run.findings.is_empty() {
        return "No finding.\n".to_owned();
    }
    let mut table = Table::new(["gravity", "finding", "why it is so", "source"].into_iter());
    for finding in &column.run.findings {
        for id in finding.ids() {
            let explanation = explained.of(column).find(|explanation| explanation.id == id.to_string());
            let (why, source) =
                explanation.map_or_else(Default::default, |explanation| (explanation.why.clone(), explanation.quotation().shown()));
            let title = format!("`{id}` {}", words::title(id.check));
            table.row([id.check.gravity().name().to_owned(), title, why, source].into_iter());
        }
    }
    table.text
}

fn share(grouping: &faultkey_lab::confusion::Grouping) -> String {
    match grouping.share_told_apart() {
        None => "not observable".to_owned(),
        Some(share) => format!("{:.0} % of {} pairs", share * 100.0, grouping.pairs),
    }
}

/// A Markdown table.
pub struct Table {
    pub text: String,
}

impl Table {
    pub fn new<'a>(heads: impl Iterator<Item = &'a str>) -> Table {
        let heads: Vec<String> = heads.map(str::to_owned).collect();
        let rule = vec!["---".to_owned(); heads.len()];
        let mut table = Table { text: String::new() };
        table.row(heads.into_iter());
        table.row(rule.into_iter());
        table
    }

    pub fn row(&mut self, cells: impl Iterator<Item = String>) {
        for cell in cells {
            self.text.push_str(&format!("| {} ", cell.replace('|', "\\|").replace('\n', " ")));
        }
        self.text.push_str("|\n");
    }
}
