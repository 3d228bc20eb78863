//! The README is true: its example mapping loads, its links lead somewhere, and each command in it runs.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use faultkey_lab::config::Config;
use faultkey_relying_party::{Clock, Embedded, Handling, Mapping};

const README: &str = include_str!("../README.md");
const JAPANESE: &str = include_str!("../README.ja.md");

/// The lines of the fenced code blocks of this language.
fn blocks(language: &str) -> Vec<&'static str> {
    blocks_of(README, language)
}

fn blocks_of(readme: &'static str, language: &str) -> Vec<&'static str> {
    let mut inside = None;
    let mut lines = Vec::new();
    for line in readme.lines() {
        match (line.strip_prefix("```"), inside) {
            (Some(opened), None) => inside = Some(opened),
            (Some(_), Some(_)) => inside = None,
            (None, Some(opened)) if opened == language => lines.push(line),
            (None, _) => {}
        }
    }
    lines
}

fn faultkey(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_faultkey")).args(arguments).env("LC_ALL", "C").output().expect("the program starts")
}

#[test]
fn the_example_mapping_loads() {
    // The secret's variable is not set here; any that is will do.
    let mapping = blocks("toml").join("\n").replace("{env:SHOP_API_KEY}", "{env:PATH}");
    let mapping = Mapping::parse(&mapping, "README.md").unwrap();
    assert_eq!(mapping.name, "shop");
}

/// `faultkey.toml`, with the relying party's port.
fn config(port: u16) -> String {
    blocks("toml faultkey.toml").join("\n").replace("http://localhost:3000", &format!("http://localhost:{port}"))
}

#[test]
fn the_example_of_faultkey_toml_loads() {
    let config = Config::parse(&config(3000), Path::new(Config::FILE)).unwrap();
    assert_eq!((config.adapter.as_deref(), config.accept.len()), (Some("shop.toml"), 1));
}

#[test]
fn its_picture_is_what_the_program_prints() {
    let out = tempfile::tempdir().unwrap();
    let printed = faultkey(&["exercise", "--out", out.path().to_str().unwrap()]);
    let printed = String::from_utf8(printed.stdout).unwrap();
    assert!(printed.contains(&blocks("text").join("\n")), "{printed}");
}

#[test]
fn the_japanese_picture_is_what_the_program_prints() {
    let out = tempfile::tempdir().unwrap();
    let printed = faultkey(&["exercise", "--lang", "ja", "--out", out.path().to_str().unwrap()]);
    let printed = String::from_utf8(printed.stdout).unwrap();
    let block = blocks_of(JAPANESE, "text");
    assert!(block.len() > 20 && printed.contains(&block.join("\n")), "{printed}");
}

#[test]
fn its_links_lead_somewhere() {
    for readme in [README, JAPANESE] {
        let links: Vec<&str> = readme.split("](").skip(1).filter_map(|rest| rest.split(')').next()).collect();
        assert!(links.len() > 5, "{links:?}");
        for link in links {
            assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(link).exists(), "{link} is not there");
        }
    }
}

/// So what runs here for one runs for the other.
#[test]
fn the_japanese_readme_has_the_same_commands_and_exit_codes() {
    let commands = |readme| -> Vec<&str> {
        blocks_of(readme, "").into_iter().map(|line| line.split(" #").next().unwrap_or_default().trim_end()).collect()
    };
    assert!(commands(README).len() > 10);
    assert_eq!(commands(JAPANESE), commands(README));
    // Why something is accepted is for people.
    let files = |readme| -> Vec<&str> {
        let lines = blocks_of(readme, "toml").into_iter().chain(blocks_of(readme, "toml faultkey.toml"));
        lines.filter(|line| !line.starts_with("reason = ")).collect()
    };
    assert_eq!(files(JAPANESE), files(README));
    let codes = |readme: &'static str| -> Vec<&str> {
        let rows = readme.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
        rows.filter(|cell| cell.starts_with(|c: char| c.is_ascii_digit())).collect()
    };
    assert_eq!(codes(README), ["0", "1", "2", "3", "130, 143"]);
    assert_eq!(codes(JAPANESE), codes(README));
    let documents = |readme: &'static str| -> std::collections::BTreeSet<&str> {
        readme.split("](docs/").skip(1).filter_map(|rest| rest.split(')').next()).filter(|file| file.ends_with(".md")).collect()
    };
    assert_eq!(documents(JAPANESE), documents(README));
}

#[test]
fn each_command_runs() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let rp = Embedded::with_page(Handling::Diagnosing, Clock::default(), 1, 0, Arc::new(|_, _, _| {}));
    let rp = runtime.block_on(rp).unwrap();
    let out = tempfile::Builder::new().prefix("fk").tempdir().unwrap();
    // What a browser has recorded on the same page.
    let recording = Path::new(env!("CARGO_MANIFEST_DIR")).join("relying-party/src/init/tests/har/embedded.har");
    fs::copy(recording, out.path().join("recording.har")).unwrap();
    let mut run = 0;
    for line in blocks("").into_iter().filter_map(|line| line.strip_prefix("faultkey ")) {
        // It goes on until it is told to end; tests/python_fido2.rs runs it.
        if line.starts_with("serve ") {
            continue;
        }
        let line = line
            .split('#')
            .next()
            .unwrap_or_default()
            .replace("http://localhost:3000", &format!("http://localhost:{}", rp.address().port()));
        let is_exercise = line.starts_with("exercise");
        let mut command = Command::new(env!("CARGO_BIN_EXE_faultkey"));
        // A key's sockets are in folders of this test.
        command.args(line.split_whitespace()).current_dir(&out).env("XDG_RUNTIME_DIR", out.path());
        // Only the command that is about it finds this file.
        let file = out.path().join(Config::FILE);
        if line.trim() == "exercise" {
            fs::write(&file, config(rp.address().port())).unwrap();
        }
        if is_exercise {
            command.args(["--out".as_ref(), out.path()]);
        }
        let output = command.output().expect("the program starts");
        let _ = fs::remove_file(&file);
        let code = output.status.code();
        assert_eq!(
            code,
            Some(0),
            "faultkey {line}: {}\n{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        run += 1;
    }
    assert_eq!(run, 15, "a command was added to the README: is it run here?");
}
