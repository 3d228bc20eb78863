//! `index.html` in Chromium: light enough, and fit for a phone, a keyboard, a screen reader, the dark and paper.

#![allow(clippy::disallowed_macros, reason = "a test may print, and may fail where it can't")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use faultkey_fault_injection::Language;
use faultkey_lab::exercise::{Foreign, Learnt, Plan, Progress, Stop, TargetPlan, exercise};
use faultkey_lab::report::{Settings, html};
use faultkey_lab::scenario;
use faultkey_lab::verdict::{Circumstances, Run};
use faultkey_lab::words::Words;
use faultkey_relying_party::{Clock, Embedded, Handling, Mapping, Proxies, Target, Waiter};
use serde::Deserialize;

use crate::environment;

const MOST_BYTES: usize = 1_000_000;
const MOST_NODES: usize = 3_000;
const MOST_TAB_STOPS: usize = 200;
const MOST_PAGES: usize = 10;

struct Quiet;

impl Progress for Quiet {
    fn started(&self, _: &str, _: &str, _: &str, _: usize, _: usize) {}
    fn finished(&self, _: &str, _: &str, _: &str, _: usize, _: usize) {}
    fn learnt(&self, _: &str, _: &Learnt) {}
    fn stopped_answering(&self, _: &str, _: Duration) {}
    fn waiter(&self) -> Waiter {
        Arc::new(|_| panic!("nothing is waited for"))
    }
}

fn played(targets: impl AsyncFnOnce() -> Vec<TargetPlan>, scenarios: &[&str]) -> Run {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let names: Vec<String> = scenarios.iter().map(|name| (*name).to_owned()).collect();
    runtime.block_on(async {
        let scenarios = scenario::select(&names).unwrap();
        let plan = Plan {
            targets: targets().await,
            scenarios,
            profile: None,
            seed: 902,
            include_real_wait: false,
            language: faultkey_fault_injection::Language::English,
        };
        let mut run = exercise(&plan, &Quiet, &Stop::never()).await.unwrap();
        run.circumstances = Circumstances {
            started: Some("2026-12-01T02:54:10Z".to_owned()),
            milliseconds: Some(3_456),
            command: Some("faultkey exercise".to_owned()),
            label: Some("build 7".to_owned()),
            timings: Vec::new(),
        };
        run
    })
}

/// What `faultkey exercise` plays.
fn demo() -> Run {
    let embedded = |handling, for_comparison| TargetPlan::Embedded { handling, for_comparison };
    played(async || vec![embedded(Handling::Opaque, true), embedded(Handling::Diagnosing, false)], &[])
}

/// Findings with transcripts, and with curl; blind spots.
fn foreign() -> Run {
    let start = async || {
        let rp = Embedded::with_page(Handling::Opaque, Clock::default(), 1, 0, Arc::new(|_, _, _| {})).await.unwrap();
        let (port, url) = (rp.address().port(), |port| format!("http://localhost:{port}").parse().unwrap());
        // As long as the runtime.
        std::mem::forget(rp);
        vec![TargetPlan::Foreign(Foreign {
            name: "shop".to_owned(),
            mapping: Mapping::parse(
                include_str!("../../relying-party/adapters/embedded.toml")
                    .replace("https://broker.test", &format!("http://localhost:{port}"))
                    .replace("\"broker.test\"", "\"localhost\"")
                    .split("[hooks.log]")
                    .next()
                    .unwrap(),
                "shop.toml",
            )
            .unwrap(),
            target: Target { url: url(port), connect: None, certificate_authority: None, proxies: Proxies::default() },
            accounts: "t1".to_owned(),
            arguments: "--rp http://localhost --adapter shop.toml".to_owned(),
            pace: Duration::ZERO,
            patience: Duration::from_secs(10),
            comes_back_within: Duration::ZERO,
            restart: None,
        })]
    };
    played(start, &["interrupted-double-tap", "m0902-key-swapped-same-id", "m0902-uv-not-set", "malformed-answers"])
}

fn settings(language: Language) -> Settings {
    Settings { words: Words::of(language), ..Settings::default() }
}

/// What is there before anything is opened, without a browser: roughly, as attributes may hold what looks like an element.
fn at_first(page: &str) -> String {
    let (mut shown, mut depth) = (String::new(), 0_usize);
    for part in page.split_inclusive("template>") {
        if depth == 0 {
            shown.push_str(part);
        }
        depth = if part.ends_with("</template>") { depth - 1 } else { depth + usize::from(part.ends_with("<template>")) };
    }
    shown
}

#[test]
fn the_demo_is_light_before_anything_is_opened() {
    let run = demo();
    for language in Language::ALL {
        let page = html::render(&run, &settings(language));
        assert!(page.len() < MOST_BYTES, "{} bytes", page.len());
        let shown = at_first(&page);
        let elements = shown.split('<').filter(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase())).count();
        assert!((500..MOST_NODES).contains(&elements), "{elements} elements");
        let stops = ["<a href", "<summary", "<input", "<select", "class=\"copy\""].map(|stop| shown.matches(stop).count());
        assert!(stops.iter().sum::<usize>() < MOST_TAB_STOPS, "{stops:?}");
    }
}

/// What tests/report-page/page.mjs finds in a page.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Seen {
    nodes: usize,
    stops: usize,
    pages: usize,
    overflow: i64,
    violations: Vec<String>,
    errors: Vec<String>,
    english: Vec<String>,
    reveals: bool,
    without_scripts: usize,
    all: usize,
    searched: usize,
    failed: usize,
    copies: usize,
}

/// `FAULTKEY_SAMPLE_REPORT=DIRECTORY` leaves the pages there, to look at them.
#[test]
fn a_browser_finds_nothing_wrong_with_the_page() {
    let Some(chromium) = chromium() else { return };
    let folder = tempfile::tempdir().unwrap();
    let kept = std::env::var_os("FAULTKEY_SAMPLE_REPORT").map(PathBuf::from);
    let folder = kept.as_deref().unwrap_or(folder.path());
    let (demo, foreign) = (demo(), foreign());
    let mut files = Vec::new();
    for (name, run) in [("demo", &demo), ("foreign", &foreign)] {
        for language in Language::ALL {
            let file = folder.join(format!("{name}-{}.html", language.tag()));
            std::fs::write(&file, html::render(run, &settings(language))).unwrap();
            files.push(file);
        }
    }
    let seen = seen(&chromium, &files);
    assert_eq!(seen.len(), 4);
    for (file, seen) in files.iter().zip(&seen) {
        let name = file.file_stem().unwrap().display();
        assert!(seen.violations.is_empty(), "{name}: axe says:\n{}", seen.violations.join("\n"));
        assert!(seen.errors.is_empty(), "{name}: {:?}", seen.errors);
        assert!(!name.to_string().ends_with("ja") || seen.english.is_empty(), "{name}: English: {:#?}", seen.english);
        assert_eq!(seen.overflow, 0, "{name}: pixels to scroll sideways");
        assert!(seen.reveals, "{name}: a link to a scenario opens it");
        let counts = [seen.all, seen.searched, seen.failed];
        assert!(seen.searched > 0 && seen.searched < seen.all && seen.failed < seen.all, "{name}: the filter shows {counts:?}");
        assert!(seen.copies > 0 || name.to_string().starts_with("demo"), "{name}: nothing can be copied");
    }
    for (file, seen) in files.iter().zip(&seen).take(2) {
        let told = format!("{}: {} nodes, {} tab stops, {} pages", file.display(), seen.nodes, seen.stops, seen.pages);
        assert!(seen.nodes < MOST_NODES && seen.stops < MOST_TAB_STOPS && seen.pages <= MOST_PAGES, "{told}");
        assert!(seen.without_scripts >= demo.targets[1].scenarios.len(), "{told}: {} without scripts", seen.without_scripts);
        println!("{told}");
    }
}

fn seen(chromium: &Path, files: &[PathBuf]) -> Vec<Seen> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/report-page");
    let node = environment::node_with(&folder, "axe-core");
    let ended = Command::new(node).arg(folder.join("page.mjs")).arg(chromium).args(files).output().unwrap();
    let (told, complaints) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    assert!(ended.status.success(), "{complaints}");
    serde_json::from_str(told.lines().last().unwrap_or_default()).unwrap_or_else(|error| panic!("{error}: {told}\n{complaints}"))
}

/// The one that `cargo xtask test` found or installed, or one that is there.
fn chromium() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("FAULTKEY_TEST_CHROMIUM") {
        return Some(named.into());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let found = std::env::split_paths(&path).flat_map(|folder| names.map(|name| folder.join(name))).find(|file| file.is_file());
    if found.is_none() {
        println!("SKIPPED: no Chromium to open the page in. On Debian: sudo apt-get install -y --no-install-recommends chromium");
    }
    found
}
