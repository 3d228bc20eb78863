//! The README's commands for cargo, run for real, and its matrix, as the program prints it.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::command::{cargo, exit_code, root, shown, succeed};
use crate::environment::Environment;
use crate::tools;

/// Reads the reports with parsers that others wrote.
const READ_REPORTS: &str = "\
import html.parser, json, pathlib, sys, xml.etree.ElementTree
folder = pathlib.Path(sys.argv[1])
cases = xml.etree.ElementTree.parse(folder / 'junit.xml').getroot().findall('.//testcase')
assert cases, 'junit.xml has no test case'
run = json.loads((folder / 'report.json').read_text(encoding='utf-8'))
assert run['targets'], 'report.json has no target'
page = (folder / 'index.html').read_text(encoding='utf-8')
assert page.lower().startswith('<!doctype html>'), 'index.html is no HTML document'
html.parser.HTMLParser().feed(page)
print(f'reports: {len(cases)} test cases in junit.xml, {len(run[\"targets\"])} relying parties in report.json')
";

/// `exercise` plays both ways of handling and ends well, the diagnosing way alone too; the opaque way falls short.
pub fn exercise(environment: &Environment) -> Result<(), String> {
    let folder = std::env::temp_dir().join(format!("faultkey-xtask-{}", std::process::id()));
    let result = runs(environment, &folder);
    // Nothing there if the first run failed.
    let _ = fs::remove_dir_all(&folder);
    result
}

fn runs(environment: &Environment, folder: &Path) -> Result<(), String> {
    for (handling, expected) in [(None, 0), (Some("opaque"), 1), (Some("diagnosing"), 0)] {
        let out = folder.join(handling.unwrap_or("both"));
        let mut command = cargo(&["run", "--release", "--", "exercise"]);
        if let Some(handling) = handling {
            command.args(["--handling", handling]);
        }
        command.arg("--out").arg(&out);
        let code = exit_code(&mut command)?;
        if code != expected {
            return Err(format!("`{}` ended with {code}, not with {expected}", shown(&command)));
        }
        succeed(Command::new(&environment.python).args(["-c", READ_REPORTS]).arg(&out))
            .map_err(|_| format!("the reports of `{}` are not all there or can't be read", shown(&command)))?;
    }
    installs(&folder.join("installed"))
}

/// Into a folder of its own: what this machine's user has installed is left alone.
fn installs(folder: &Path) -> Result<(), String> {
    succeed(cargo(&["install", "--path", ".", "--locked", "--quiet", "--root"]).arg(folder))?;
    let faultkey = folder.join("bin").join(format!("faultkey{}", std::env::consts::EXE_SUFFIX));
    succeed(Command::new(&faultkey).arg("--version"))
}

/// Each README with the locale of what it shows, and the file of its image of the page.
const READMES: [(&str, &str, &str); 2] =
    [("README.md", "C", "docs/images/report.png"), ("README.ja.md", "ja_JP.UTF-8", "docs/images/report.ja.png")];
/// What of the page the image shows: columns and rows of pixels.
const WINDOW: &str = "1280,860";
const OPENED: &str = "```text\n";
const CLOSED: &str = "\n```";

/// Writes what `faultkey exercise` shows into the READMEs: the matrix that it prints into their `text` blocks, the top of its page as an image.
/// With `check`, only says where another matrix stands; an image has the time of its run in it.
pub fn picture(check: bool) -> Result<(), String> {
    let chromium = if check { None } else { tools::chromium()? };
    let out = std::env::temp_dir().join(format!("faultkey-xtask-readme-{}", std::process::id()));
    let result = READMES.iter().try_for_each(|(name, locale, image)| {
        let printed = printed(locale, &out)?;
        matrix_of(name, &printed, check)?;
        chromium.as_ref().map_or(Ok(()), |chromium| photograph(chromium, &out.join("faultkey-report/index.html"), &root().join(image)))
    });
    // Nothing there if the first run failed.
    let _ = fs::remove_dir_all(&out);
    result
}

/// The top of a page, as whoever opens it sees it first.
fn photograph(chromium: &str, page: &Path, image: &Path) -> Result<(), String> {
    if let Some(folder) = image.parent() {
        fs::create_dir_all(folder).map_err(|error| format!("{} can't be made: {error}", folder.display()))?;
    }
    // Root may not use the sandbox.
    let mut command = Command::new(chromium);
    command.args(["--headless=new", "--no-sandbox", "--hide-scrollbars", &format!("--window-size={WINDOW}")]);
    command.arg(format!("--screenshot={}", image.display())).arg(page);
    succeed(&mut command)?;
    println!("{} written", image.display());
    Ok(())
}

fn matrix_of(name: &str, printed: &str, check: bool) -> Result<(), String> {
    let file = root().join(name);
    let readme = fs::read_to_string(&file).map_err(|error| format!("{name} can't be read: {error}"))?;
    let matrix = matrix(printed).ok_or_else(|| format!("`faultkey exercise` prints no matrix:\n{printed}"))?;
    let renewed = with_matrix(&readme, &matrix).ok_or_else(|| format!("{name} has no block of the language `text`"))?;
    match (renewed == readme, check) {
        (true, _) => println!("{name} shows what the program prints"),
        (false, true) => {
            return Err(format!("{name} shows another matrix than the program prints; `cargo xtask readme-picture` writes it"));
        }
        (false, false) => {
            fs::write(&file, renewed).map_err(|error| format!("{name} can't be written: {error}"))?;
            println!("{name} written");
        }
    }
    Ok(())
}

fn printed(locale: &str, out: &Path) -> Result<String, String> {
    fs::create_dir_all(out).map_err(|error| format!("{} can't be made: {error}", out.display()))?;
    // There, so that the page shows the command as the README has it.
    let mut command = cargo(&["run", "--quiet", "--manifest-path"]);
    command.arg(root().join("Cargo.toml")).args(["--", "exercise"]).current_dir(out).env("LC_ALL", locale);
    let output = command.output().map_err(|error| format!("can't run cargo: {error}"))?;
    if !output.status.success() {
        return Err(format!("`{}` failed: {}", shown(&command), String::from_utf8_lossy(&output.stderr)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// From the line that names both ways of handling to the end of the numbers: rows, a blank line, numbers.
fn matrix(printed: &str) -> Option<String> {
    let names = |line: &&str| line.contains("embedded, opaque") && line.contains("embedded, diagnosing");
    let mut blanks = 0;
    let lines: Vec<&str> = printed
        .lines()
        .skip_while(|line| !names(line))
        .take_while(|line| {
            blanks += usize::from(line.is_empty());
            blanks < 2
        })
        .collect();
    (blanks == 2).then(|| lines.join("\n"))
}

/// The README with another text in its block.
fn with_matrix(readme: &str, matrix: &str) -> Option<String> {
    let (before, rest) = readme.split_once(OPENED)?;
    let (_, after) = rest.split_once(CLOSED)?;
    Some([before, OPENED, matrix, CLOSED, after].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_matrix_is_found_and_put_into_its_block() {
        let printed = "embedded, opaque\nall failed\n\n    embedded, opaque  embedded, diagnosing\na   #  o\n\ntold apart  0  1\nlargest  2  none\n\nFindings\n";
        let found = matrix(printed).unwrap();
        assert_eq!(found, "    embedded, opaque  embedded, diagnosing\na   #  o\n\ntold apart  0  1\nlargest  2  none");
        let readme = "# faultkey\n```text\nold\n\nolder\n```\nmore\n```text\nother\n```\n";
        let renewed = with_matrix(readme, &found).unwrap();
        assert_eq!(renewed, format!("# faultkey\n```text\n{found}\n```\nmore\n```text\nother\n```\n"));
        assert_eq!(matrix("nothing\n\nof the kind\n\n"), None);
        assert_eq!(with_matrix("# faultkey\n", &found), None);
    }
}
