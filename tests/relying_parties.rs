//! Relying parties on libraries that others wrote: what they accept, and what they do with each failure.
//!
//! `cargo xtask relying-parties` makes the environment and runs this. `FAULTKEY_BLESS=1` writes the expectation files
//! (`tests/relying-parties/expected/`) and the tables of `docs/findings.md` anew; look at the difference before you commit it.

mod environment;

#[path = "relying-parties/bench.rs"]
mod bench;
#[path = "relying-parties/clean.rs"]
mod clean;
#[path = "relying-parties/expectation.rs"]
mod expectation;
#[path = "relying-parties/findings.rs"]
mod findings;
#[path = "relying-parties/server.rs"]
mod server;
#[path = "relying-parties/weaknesses.rs"]
mod weaknesses;

use std::panic::resume_unwind;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use bench::Place;
use clean::Own;
use faultkey_fault_injection::Language;
use faultkey_lab::exercise::{Foreign, Learnt, Plan, Progress, Stop, TargetPlan, exercise};
use faultkey_lab::scenario;
use faultkey_lab::verdict::TargetRun;
use faultkey_relying_party::{Clock, Embedded, Handling, Mapping, Proxies, Target, Waiter};
use findings::Column;
use server::{LIBRARIES, Library, Server};

/// How many are played against at the same time: each has a server that works beside it, and a run of its own is in the order of its scenarios.
const AT_ONCE: usize = 3;

/// Those whose options the page chooses accept every choice, the others what they ask for by themselves.
#[tokio::test]
async fn webauthn_rs_accepts_clean_ceremonies() {
    for handling in [Handling::Opaque, Handling::Diagnosing] {
        let (_running, place) = embedded(handling).await;
        clean::ceremonies(&place).await;
    }
}

#[tokio::test]
async fn simplewebauthn_accepts_clean_ceremonies() {
    accepts_clean_ceremonies("simplewebauthn").await;
}

#[tokio::test]
async fn py_webauthn_accepts_clean_ceremonies() {
    accepts_clean_ceremonies("py_webauthn").await;
}

#[tokio::test]
async fn python_fido2_accepts_clean_ceremonies() {
    accepts_clean_ceremonies("python-fido2").await;
}

async fn accepts_clean_ceremonies(name: &str) {
    let server = Server::start(Library::named(name));
    clean::ceremonies(&server.place()).await;
}

#[tokio::test]
async fn fido2_lib_accepts_clean_ceremonies() {
    // The README's options have no `residentKey`.
    accepts_its_own("fido2-lib", Own { resident_key: None, user_verification: Some("required"), at_log_in: Some("required"), listed: 1 })
        .await;
}

#[tokio::test]
async fn better_auth_accepts_clean_ceremonies() {
    accepts_its_own(
        "better-auth",
        Own { resident_key: Some("preferred"), user_verification: Some("preferred"), at_log_in: Some("preferred"), listed: 0 },
    )
    .await;
}

#[tokio::test]
async fn auth_js_accepts_clean_ceremonies() {
    accepts_its_own(
        "auth-js",
        Own { resident_key: Some("required"), user_verification: Some("required"), at_log_in: Some("required"), listed: 1 },
    )
    .await;
}

#[tokio::test]
async fn django_allauth_accepts_clean_ceremonies() {
    accepts_its_own(
        "django-allauth",
        Own { resident_key: Some("required"), user_verification: Some("required"), at_log_in: Some("required"), listed: 0 },
    )
    .await;
}

#[tokio::test]
async fn django_passkeys_accepts_clean_ceremonies() {
    let own = Own { resident_key: Some("preferred"), user_verification: None, at_log_in: None, listed: 0 };
    accepts_its_own("django-passkeys", own).await;
}

#[tokio::test]
async fn flask_security_accepts_clean_ceremonies() {
    let own = Own { resident_key: Some("preferred"), user_verification: Some("preferred"), at_log_in: Some("preferred"), listed: 1 };
    accepts_its_own("flask-security", own).await;
}

#[tokio::test]
async fn privacyidea_accepts_clean_ceremonies() {
    // Its sign-in page asks for more than its answer says.
    accepts_its_own(
        "privacyidea",
        Own { resident_key: Some("required"), user_verification: Some("preferred"), at_log_in: Some("required"), listed: 0 },
    )
    .await;
}

async fn accepts_its_own(name: &str, own: Own) {
    let server = Server::start(Library::named(name));
    clean::ceremony_of_its_own(&server.place(), &own).await;
}

/// Plays every scenario against all of them, and holds the findings against the committed files.
#[test]
fn each_relying_party_has_the_findings_that_its_source_explains() {
    let mut stale = Vec::new();
    // The last of the list hash passwords, and take longest.
    let played = side_by_side(LIBRARIES.map(Some).into_iter().chain([None]).collect());
    let (foreign, own) = played.split_at(LIBRARIES.len());
    let columns: Vec<Column> = own.iter().chain(foreign).cloned().collect();
    for column in &columns {
        if let Some(library) = column.library {
            let file = environment::relying_parties().join("expected").join(format!("{}.json", library.name));
            stale.extend(expectation::hold(&file, &expectation::describe(&column.run)));
        }
    }
    let explained = findings::Explained::load();
    stale.extend(explained.hold(&columns));
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/findings.md");
    let weaknesses = weaknesses::Weaknesses::load();
    stale.extend(weaknesses.hold(&columns));
    stale.extend(findings::hold(&page, &columns, &explained, &weaknesses));
    assert!(
        stale.is_empty(),
        "{}\n\nIf this is meant, write the files anew and look at the difference: FAULTKEY_BLESS=1 cargo xtask relying-parties",
        stale.join("\n")
    );
}

/// Plays against each (the embedded one is `None`), and gives the results in the same order.
fn side_by_side(relying_parties: Vec<Option<Library>>) -> Vec<Column> {
    let next = AtomicUsize::new(0);
    let mut columns: Vec<(usize, Column)> = thread::scope(|scope| {
        let work = || {
            let mut columns = Vec::new();
            loop {
                let done = next.fetch_add(1, Ordering::Relaxed);
                let Some(number) = relying_parties.len().checked_sub(done + 1) else { return columns };
                columns.push((number, column(relying_parties[number])));
            }
        };
        let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    });
    columns.sort_by_key(|(number, _)| *number);
    columns.into_iter().map(|(_, column)| column).collect()
}

fn column(library: Option<Library>) -> Column {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    match library {
        None => {
            let run = runtime.block_on(play(TargetPlan::Embedded { handling: Handling::Diagnosing, for_comparison: false }));
            Column { folder: "embedded", name: server::webauthn_rs(), library, run }
        }
        Some(library) => {
            let run = runtime.block_on(play_against(library));
            Column { folder: library.name, name: library.with_version(), library: Some(library), run }
        }
    }
}

async fn play_against(library: Library) -> TargetRun {
    let server = Server::start(library);
    let place = server.place();
    play(TargetPlan::Foreign(Foreign {
        name: library.name.to_owned(),
        mapping: place.mapping.clone(),
        target: place.target.clone(),
        accounts: "findings".to_owned(),
        arguments: String::new(),
        pace: Duration::ZERO,
        patience: Duration::from_secs(10),
        comes_back_within: Duration::ZERO,
        restart: None,
    }))
    .await
}

async fn embedded(handling: Handling) -> (Embedded, Place) {
    let clock = Clock::default();
    let running = Embedded::start(handling, clock.clone(), 7).await.expect("the embedded relying party");
    let target = Target {
        url: "https://broker.test".parse().expect("a good URL"),
        connect: Some(running.address()),
        certificate_authority: None,
        proxies: Proxies::default(),
    };
    let mapping = Mapping::built_in("embedded").expect("a built-in mapping");
    (running, Place { name: server::webauthn_rs(), mapping, target, clock })
}

async fn play(target: TargetPlan) -> TargetRun {
    let scenarios = scenario::all().expect("the built-in scenarios");
    let plan = Plan { targets: vec![target], scenarios, profile: None, seed: 7, include_real_wait: false, language: Language::English };
    let run = exercise(&plan, &Quiet, &Stop::never()).await.unwrap_or_else(|error| panic!("{error}: {error:?}"));
    run.targets.into_iter().next().expect("one relying party")
}

struct Quiet;

impl Progress for Quiet {
    fn started(&self, _target: &str, _scenario: &str, _profile: &str, _done: usize, _total: usize) {}

    fn finished(&self, _target: &str, _scenario: &str, _profile: &str, _done: usize, _total: usize) {}

    fn learnt(&self, _target: &str, _learnt: &Learnt) {}

    fn stopped_answering(&self, _target: &str, _patience: Duration) {}

    fn waiter(&self) -> Waiter {
        Arc::new(|_| panic!("asked to wait, though nothing that really waits was asked for"))
    }
}
