//! The README's commands for cargo, run for real.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::command::{cargo, exit_code, shown, succeed};
use crate::environment::Environment;

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
