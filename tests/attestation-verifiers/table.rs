//! The tables of `docs/attestation.md`, made from the verdicts, so that they are always true.

use std::path::Path;

use crate::registrations::Registration;
use crate::verifiers::{Verdict, Verifier};
use crate::{Wrong, column};

const BEGIN: &str =
    "<!-- made by tests/attestation_verifiers.rs; FAULTKEY_BLESS=1 cargo test --test attestation_verifiers makes it anew -->";
const END: &str = "<!-- end of what is made -->";

/// Compares the page with the tables, or writes them into it when asked to.
pub fn hold(made: &[Registration], accepted: &[Vec<Verdict>], places: &[(usize, Wrong)], controls: &[Vec<Verdict>]) {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/attestation.md");
    let text = std::fs::read_to_string(&page).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
    let (before, rest) = text.split_once(BEGIN).unwrap_or_else(|| panic!("docs/attestation.md has no line {BEGIN}"));
    let (_, after) = rest.split_once(END).unwrap_or_else(|| panic!("docs/attestation.md has no line {END}"));
    let tables = format!("{}\n{}", formats(made, accepted), wrongs(made, accepted, places, controls));
    let found = format!("{before}{BEGIN}\n\n{tables}\n{END}{after}");
    if std::env::var_os("FAULTKEY_BLESS").is_some_and(|value| value == "1") {
        std::fs::write(&page, found).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
        return;
    }
    let new: Vec<&str> = found.lines().filter(|line| !text.lines().any(|old| old == *line)).collect();
    assert!(
        text == found,
        "docs/attestation.md says otherwise; these lines are new:\n{}\n\nIf this is meant: FAULTKEY_BLESS=1 cargo test --test attestation_verifiers",
        new.join("\n")
    );
}

fn formats(made: &[Registration], accepted: &[Vec<Verdict>]) -> String {
    let mut table = head("format", "algorithm");
    for (index, registration) in made.iter().enumerate() {
        let cells = column(accepted, index).into_iter().map(|verdict| match verdict {
            Ok(()) => "accepted".to_owned(),
            Err(reason) => format!("not supported: `{}`", one_line(reason)),
        });
        table.push_str(&row(registration.format.name(), &registration.algorithm.to_string(), cells));
    }
    table
}

fn wrongs(made: &[Registration], accepted: &[Vec<Verdict>], places: &[(usize, Wrong)], controls: &[Vec<Verdict>]) -> String {
    let mut table = head("what is wrong", "format");
    for wrong in Wrong::ALL {
        // One algorithm is enough here.
        for (place, (index, _)) in places.iter().enumerate().filter(|(_, (index, own))| *own == wrong && made[*index].algorithm == -7) {
            let cells = column(controls, place).into_iter().zip(column(accepted, *index)).map(|(verdict, clean)| match (clean, verdict) {
                (Err(_), _) => "–".to_owned(),
                (Ok(()), Ok(())) => "not looked at".to_owned(),
                (Ok(()), Err(reason)) => format!("refused: `{}`", one_line(reason)),
            });
            table.push_str(&row(wrong.title(), made[*index].format.name(), cells));
        }
    }
    table
}

fn head(first: &str, second: &str) -> String {
    let rule = " --- |".repeat(Verifier::ALL.len() + 2);
    format!("{}|{rule}\n", row(first, second, Verifier::ALL.into_iter().map(Verifier::name)))
}

fn row(first: &str, second: &str, cells: impl Iterator<Item = String>) -> String {
    let cells: Vec<String> = cells.collect();
    format!("| {first} | {second} | {} |\n", cells.join(" | "))
}

/// The first line, short enough for a cell, and without what would end it.
fn one_line(reason: &str) -> String {
    let line: String = reason.lines().next().unwrap_or_default().chars().take(140).collect();
    line.replace('|', "/").replace('`', "'")
}
