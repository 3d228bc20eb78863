//! Real software in the virtual machine, in front of keys of `faultkey attach`: tests/vm.

use std::process::Stdio;
use std::time::Duration;

use crate::command::{cargo, output, root, target};
use crate::environment::Environment;
use crate::vm::{self, Machine};

/// One start of the machine, with some of the parts of one script. Starting costs as much as many checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Boot {
    script: &'static str,
    parts: Vec<&'static str>,
}

/// The scripts, and their parts.
const SCRIPTS: [(&str, &[&str]); 2] = [
    (
        "command_line",
        &[
            "libfido2",
            "openssh",
            "pam-u2f",
            "python-fido2",
            "plugging",
            "no-root",
            "usbip",
            "usbd-ctaphid",
            "vhci",
            "action",
            "container",
            "missing",
        ],
    ),
    ("browsers", &["chromium", "chromium-window", "firefox"]),
];

/// Generous: emulation is slow, and a busy computer slower. A check that hangs ends by itself before.
const TIME_LIMIT: Duration = Duration::from_secs(3_600);

/// The boots for these parts; all for none.
///
/// # Errors
/// When there is no such part.
pub fn named(parts: &[&str]) -> Result<Vec<Boot>, String> {
    let known = SCRIPTS.iter().flat_map(|(_, parts)| *parts);
    if let Some(unknown) = parts.iter().find(|part| !known.clone().any(|name| name == *part)) {
        return Err(format!("there is no part `{unknown}`; there are {}", known.copied().collect::<Vec<_>>().join(", ")));
    }
    let boots = SCRIPTS.iter().map(|(script, names)| Boot {
        script,
        parts: names.iter().copied().filter(|name| parts.is_empty() || parts.contains(name)).collect(),
    });
    Ok(boots.filter(|boot| !boot.parts.is_empty()).collect())
}

impl Boot {
    pub fn heading(&self) -> String {
        format!("In the virtual machine: {}", self.parts.join(", "))
    }

    /// Runs the script, which prints a line for each check.
    pub fn run(&self, environment: &Environment) -> Result<(), String> {
        let script = root().join("tests/vm").join(self.script).with_extension("py");
        let program = target()?.join("release/faultkey");
        let node = output("sh", &["-c", &format!("command -v {}", environment.node)]).unwrap_or_else(|| environment.node.clone());
        let mut command = vec!["env".to_owned(), format!("FAULTKEY={}", program.display()), format!("FAULTKEY_TEST_NODE={node}")];
        if self.parts.contains(&"vhci") {
            command.push(format!("FAULTKEY_TEST_VHCI={}", vhci_test()?));
        }
        command.extend([
            environment.python.display().to_string(),
            // No bytecode in the source folders.
            "-B".to_owned(),
            script.display().to_string(),
        ]);
        command.extend(self.parts.iter().map(|&part| part.to_owned()));
        // Browsers have many threads.
        let machine =
            Machine { cpus: if self.script == "browsers" { 2 } else { 1 }, memory: 3_072, time_limit: TIME_LIMIT, writable: Vec::new() };
        match vm::run(&machine, &command)? {
            0 => Ok(()),
            code => Err(format!(
                "the checks ended with {code}; what failed is said above. Again, alone: cargo xtask devices {}",
                self.parts.join(" ")
            )),
        }
    }
}

/// Builds transport/tests/vhci.rs and says where it is. Of the whole workspace, so that what `cargo test` has built is not built again.
fn vhci_test() -> Result<String, String> {
    let arguments = ["test", "--no-run", "--workspace", "--test", "vhci", "--message-format", "json-render-diagnostics"];
    let built = cargo(&arguments).stderr(Stdio::inherit()).output().map_err(|error| format!("can't run cargo: {error}"))?;
    if !built.status.success() {
        return Err("transport/tests/vhci.rs can't be built".to_owned());
    }
    executable(&String::from_utf8_lossy(&built.stdout))
        .ok_or_else(|| "cargo does not say where transport/tests/vhci.rs was built to".to_owned())
}

/// The only program among cargo's artifacts.
fn executable(messages: &str) -> Option<String> {
    let (_, after) = messages.split_once("\"executable\":\"")?;
    after.split_once('"').map(|(path, _)| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_choose_the_boots() {
        assert_eq!(named(&[]).unwrap().len(), 2);
        let boots = named(&["firefox", "libfido2", "pam-u2f"]).unwrap();
        assert_eq!(boots[0], Boot { script: "command_line", parts: vec!["libfido2", "pam-u2f"] });
        assert_eq!(boots[1].heading(), "In the virtual machine: firefox");
        assert!(named(&["safari"]).unwrap_err().starts_with("there is no part `safari`; there are libfido2, openssh,"));
    }

    #[test]
    fn cargo_says_where_the_test_is() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","executable":null,"fresh":true}"#,
            "\n",
            r#"{"reason":"compiler-artifact","executable":"/t/debug/deps/vhci-1","fresh":false}"#,
        );
        assert_eq!(executable(messages).as_deref(), Some("/t/debug/deps/vhci-1"));
        assert_eq!(executable("{\"executable\":null}"), None);
    }

    #[test]
    fn every_script_knows_its_parts() {
        for (script, parts) in SCRIPTS {
            let text = std::fs::read_to_string(root().join("tests/vm").join(script).with_extension("py")).unwrap();
            for part in parts {
                assert!(text.contains(&format!("\"{part}\"")), "{script}.py has no part {part}");
            }
        }
    }
}
