//! `cargo xtask mutants`: cargo-mutants over everything that judges. A mutant that the lab's tests don't notice is a check that nobody would miss.
//!
//! Nothing is skipped in the sources. A mutant that changes nothing that can be seen is listed in [`EQUIVALENT`], a line each with the reason.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{exit_code, output, root, succeed, target};

/// What judges: files, and folders with all that is in them.
const JUDGING: [&str; 11] = [
    "lab/src/judge.rs",
    "lab/src/judge",
    "lab/src/check.rs",
    "lab/src/confusion.rs",
    "lab/src/facts.rs",
    "lab/src/facts",
    "lab/src/scenario/rule.rs",
    "lab/src/verdict.rs",
    "lab/src/verdict",
    "lab/src/words.rs",
    "lab/src/words",
];
/// The unit tests that are beside what judges: those that play scenarios take seconds, and would only catch what these should. `--lib` goes to each call of
/// Cargo: behind `--` it would not go to the one that builds, which would then build all the lab's test programs for each mutant.
const TESTS: [&str; 5] = ["--cargo-arg=--lib", "--", "--", "--skip", "exercise::tests"];
const PACKAGE: &str = "faultkey-lab";
/// Mutants that no test can notice: `FILE: MUTATION — REASON`, each line for one. Empty lines and those that begin with `#` are for people.
const EQUIVALENT: &str = "lab/mutants-equivalent.txt";
/// Of all mutants that can be built.
const MOST_EQUIVALENT_PERCENT: usize = 3;

const VERSION: &str = "27.1.0";
/// For a mutant's tests. One that takes longer is looked at, and is no success.
const SECONDS: &str = "600";
/// For building, at first all that the lab stands on.
const SECONDS_TO_BUILD: &str = "3600";

/// Exit codes of cargo-mutants after which all mutants were tried: all caught, some missed, some timed out.
const ALL_TRIED: [i32; 3] = [0, 2, 3];

/// Tries all mutants, or those of some files, and compares those that survive with the list.
///
/// # Errors
/// When one survives that is not listed, when too many are, or when they could not be tried.
pub fn run(files: &[&str]) -> Result<(), String> {
    let is_whole = files.is_empty();
    let paths = if is_whole { &JUDGING[..] } else { files };
    if let Some(missing) = paths.iter().find(|path| !root().join(path).exists()) {
        return Err(format!("{missing} is not there{}", if is_whole { "; correct JUDGING in xtask/src/mutants.rs" } else { "" }));
    }
    let skipping = skipping(&root().join("lab/src"))?;
    if let Some(file) = skipping.first() {
        return Err(format!("{} skips mutants; list them in {EQUIVALENT} instead, with the reason", file.display()));
    }
    let target = target()?;
    let program = installed(&target)?;
    let out = target.join("mutants");
    fs::create_dir_all(&out).map_err(|error| format!("{}: {error}", out.display()))?;
    let mut command = Command::new(&program);
    command.current_dir(root()).args(["mutants", "--no-config", "--colors", "never", "--package", PACKAGE, "--timeout", SECONDS]);
    command.args(["--build-timeout", SECONDS_TO_BUILD, "--output"]).arg(&out);
    for path in paths {
        let glob = if root().join(path).is_dir() { format!("{path}/**") } else { (*path).to_owned() };
        command.args(["--file", &glob]);
    }
    // Nothing is debugged here. One at a time: two would wait for each other at the shared folder.
    command.args(["--profile", "mutants", "--jobs", "1"]).args(TESTS);
    // Kept from run to run, so that what the lab stands on is built once.
    command.env("CARGO_TARGET_DIR", out.join("build")).env_remove("FAULTKEY_BLESS");
    let code = exit_code(&mut command)?;
    if !ALL_TRIED.contains(&code) {
        return Err(format!("cargo-mutants ended with {code}; what failed is said above, or in {}", out.join("mutants.out/log").display()));
    }
    let read = |name: &str| lines(&out.join("mutants.out").join(name));
    let tried = Tried {
        caught: read("caught.txt")?,
        missed: read("missed.txt")?,
        timed_out: read("timeout.txt")?,
        unviable: read("unviable.txt")?,
    };
    let listed = fs::read_to_string(root().join(EQUIVALENT)).map_err(|error| format!("{EQUIVALENT}: {error}"))?;
    let commit = output("git", &["rev-parse", "--short", "HEAD"]).unwrap_or_else(|| "no commit".to_owned());
    println!("\n{}, at {commit}", tried.summary());
    match tried.wrong(&listed, is_whole)?.as_slice() {
        [] => Ok(()),
        wrong => Err(wrong.join("\n")),
    }
}

/// Where cargo-mutants is; installs it there first.
fn installed(target: &Path) -> Result<PathBuf, String> {
    let tools = target.join("tools");
    let program = tools.join("bin").join(format!("cargo-mutants{}", std::env::consts::EXE_SUFFIX));
    let is_wanted = |version: &str| version.ends_with(&format!(" {VERSION}"));
    if !output(&program.to_string_lossy(), &["mutants", "--version"]).is_some_and(|version| is_wanted(&version)) {
        println!("cargo-mutants {VERSION}: installing into {}", tools.display());
        let mut install = crate::command::cargo(&["install", "cargo-mutants", "--locked", "--debug", "--version", VERSION, "--root"]);
        succeed(install.arg(&tools).env("CARGO_TARGET_DIR", target.join("tools/build")))?;
    }
    Ok(program)
}

/// The files that switch mutants off.
fn skipping(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            found.extend(skipping(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && fs::read_to_string(&path).map_err(failed)?.contains("mutants::skip")
        {
            found.push(path);
        }
    }
    Ok(found)
}

fn lines(file: &Path) -> Result<Vec<String>, String> {
    let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(text.lines().map(str::to_owned).collect())
}

/// Mutants by what became of them, as cargo-mutants writes them: `FILE:LINE:COLUMN: MUTATION`.
struct Tried {
    caught: Vec<String>,
    missed: Vec<String>,
    timed_out: Vec<String>,
    /// They can't be built.
    unviable: Vec<String>,
}

impl Tried {
    fn viable(&self) -> usize {
        self.caught.len() + self.missed.len() + self.timed_out.len()
    }

    fn summary(&self) -> String {
        let [caught, missed, timed_out, unviable] = [&self.caught, &self.missed, &self.timed_out, &self.unviable].map(std::vec::Vec::len);
        format!("{} mutants: {caught} caught, {missed} survived, {timed_out} timed out; {unviable} more can't be built", self.viable())
    }

    /// What is wrong, a line each. Of some files only, the list's other lines and its length say nothing.
    fn wrong(&self, listed: &str, is_whole: bool) -> Result<Vec<String>, String> {
        let mut listed = equivalent(listed)?;
        let mut wrong = Vec::new();
        if is_whole && listed.len() * 100 > self.viable() * MOST_EQUIVALENT_PERCENT {
            wrong.push(format!(
                "{EQUIVALENT} lists {} of {} mutants, more than {MOST_EQUIVALENT_PERCENT} %: write tests, or simpler code",
                listed.len(),
                self.viable()
            ));
        }
        for mutant in &self.missed {
            match listed.iter().position(|line| *line == without_place(mutant)) {
                Some(at) => drop(listed.swap_remove(at)),
                None => wrong.push(format!("survived: {mutant}")),
            }
        }
        wrong.extend(self.timed_out.iter().map(|mutant| format!("timed out after {SECONDS} s, look at it: {mutant}")));
        if is_whole {
            wrong.extend(listed.iter().map(|line| format!("{EQUIVALENT}: does not survive any more, strike it out: {line}")));
        }
        Ok(wrong)
    }
}

/// The list's mutants.
fn equivalent(listed: &str) -> Result<Vec<String>, String> {
    let lines = listed.lines().enumerate().filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    lines
        .map(|(number, line)| match line.split_once(" — ") {
            Some((mutant, reason)) if !reason.trim().is_empty() => Ok(mutant.trim().to_owned()),
            _ => Err(format!("{EQUIVALENT}:{}: expected `FILE: MUTATION — REASON`", number + 1)),
        })
        .collect()
}

/// Lines and columns change with every edit: `FILE: MUTATION`.
fn without_place(mutant: &str) -> String {
    let (place, mutation) = mutant.split_once(": ").unwrap_or((mutant, ""));
    let file = place.split(':').next().unwrap_or(place);
    format!("{file}: {mutation}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tried(missed: &[&str], timed_out: &[&str]) -> Tried {
        let owned = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
        Tried {
            caught: vec!["a.rs:1:1: replace f with ()".to_owned(); 97],
            missed: owned(missed),
            timed_out: owned(timed_out),
            unviable: Vec::new(),
        }
    }

    const SURVIVOR: &str = "lab/src/judge/a.rs:12:5: replace > with >= in judged";
    const LINE: &str = "lab/src/judge/a.rs: replace > with >= in judged — the two are never equal\n";

    #[test]
    fn a_survivor_is_listed_or_wrong_and_each_line_is_for_one() {
        let wrong = |tried: &Tried, listed: &str| tried.wrong(listed, true).unwrap();
        assert_eq!(wrong(&tried(&[SURVIVOR], &[]), ""), [format!("survived: {SURVIVOR}")]);
        assert_eq!(wrong(&tried(&[SURVIVOR], &[]), &format!("# why\n\n{LINE}")), [""; 0]);
        assert_eq!(wrong(&tried(&[SURVIVOR, SURVIVOR], &[]), LINE).len(), 1);
        assert_eq!(wrong(&tried(&[SURVIVOR, SURVIVOR], &[]), &LINE.repeat(2)), [""; 0]);
        assert!(
            wrong(&tried(&[], &[]), LINE)[0]
                .contains("does not survive any more, strike it out: lab/src/judge/a.rs: replace > with >= in judged")
        );
    }

    #[test]
    fn what_times_out_is_not_caught() {
        let wrong = tried(&[], &[SURVIVOR]).wrong(LINE, false).unwrap();
        assert_eq!(wrong, [format!("timed out after 600 s, look at it: {SURVIVOR}")]);
    }

    #[test]
    fn at_most_three_in_a_hundred_are_listed() {
        let of = |count: usize| tried(&vec![SURVIVOR; count], &[]).wrong(&LINE.repeat(count), true).unwrap();
        assert_eq!(of(3), [""; 0]);
        assert_eq!(of(4), ["lab/mutants-equivalent.txt lists 4 of 101 mutants, more than 3 %: write tests, or simpler code"]);
    }

    #[test]
    fn of_some_files_the_rest_of_the_list_says_nothing() {
        assert_eq!(tried(&[], &[]).wrong(&LINE.repeat(9), false).unwrap(), [""; 0]);
    }

    #[test]
    fn a_reason_is_wanted() {
        let error = equivalent("# a\nlab/src/judge/a.rs: replace f with () — \n").unwrap_err();
        assert_eq!(error, "lab/mutants-equivalent.txt:2: expected `FILE: MUTATION — REASON`");
    }

    #[test]
    fn nothing_skips_mutants() {
        assert_eq!(skipping(&root().join("lab/src")).unwrap(), [""; 0].map(PathBuf::from));
        assert_eq!(equivalent(&fs::read_to_string(root().join(EQUIVALENT)).unwrap()).map(drop), Ok(()));
    }
}
