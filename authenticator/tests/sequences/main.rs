//! Random sequences of commands over several channels, with clock jumps, power cycles, wrong PINs and users who do not always approve,
//! on the authenticator and on a small model of what CTAP 2.3 demands. A failure prints the shortest sequence, which plays again with
//! `FAULTKEY_SEQUENCE=FILE`. `FAULTKEY_SEQUENCES=N` plays N sequences instead of a few, `FAULTKEY_SEED=N` others.

#![allow(clippy::disallowed_macros, reason = "a test may print, and may fail where it can't")]

mod action;
mod device;
mod generate;
mod model;
mod platform;
mod profile;
mod reply;
mod request;
mod shrink;
mod witness;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use action::Action;
use profile::Profile;
use world::{Counts, play};

/// In a plain `cargo test`.
const FEW: u64 = 500;
const SEED: u64 = 20_260_226;

fn number(name: &str, default: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name}={text} is not a number")),
        Err(_) => default,
    }
}

/// Plays, and takes a panic for a failure.
fn outcome(profile: &Profile, actions: &[Action], on_sled: bool) -> Result<Counts, (usize, String)> {
    catch_unwind(AssertUnwindSafe(|| play(profile, actions, on_sled))).unwrap_or_else(|panic| {
        let what = panic.downcast_ref::<String>().cloned().or(panic.downcast_ref::<&str>().map(|what| (*what).to_owned()));
        Err((actions.len(), format!("it panicked: {}", what.unwrap_or_default())))
    })
}

/// What went wrong, with the shortest sequence that shows it.
fn report(profile: &Profile, actions: Vec<Action>, on_sled: bool) -> String {
    let fails = |candidate: &[Action]| outcome(profile, candidate, on_sled).err();
    let shortest = shrink::shrink(actions, |candidate| fails(candidate).map(|(_, what)| what));
    let (place, what) = fails(&shortest).unwrap_or((0, "it does not fail again".to_owned()));
    let text = action::write(profile.name, &shortest);
    format!("action {place} (from 0): {what}\nThe shortest sequence, for FAULTKEY_SEQUENCE=FILE:\n{text}")
}

struct Tally {
    counts: Counts,
    sequences: u64,
    actions: u64,
}

/// Plays `sequences` sequences on all cores. The first failure ends it.
fn run(sequences: u64, seed: u64, on_sled: bool) -> Result<Tally, String> {
    let profiles = profile::all();
    let (next, failed) = (AtomicU64::new(0), AtomicU64::new(u64::MAX));
    let worker = || {
        let mut tally = Tally { counts: Counts::new(), sequences: 0, actions: 0 };
        loop {
            let sequence = next.fetch_add(1, Ordering::Relaxed);
            if sequence >= sequences.min(failed.load(Ordering::Relaxed)) {
                return tally;
            }
            let (profile, actions) = generated(&profiles, seed, sequence);
            match outcome(profile, &actions, on_sled) {
                Ok(counts) => counts.into_iter().for_each(|(what, count)| *tally.counts.entry(what).or_default() += count),
                Err(_) => drop(failed.fetch_min(sequence, Ordering::Relaxed)),
            }
            tally.sequences += 1;
            tally.actions += actions.len() as u64;
        }
    };
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let tallies: Vec<Tally> = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..workers).map(|_| scope.spawn(worker)).collect();
        handles.into_iter().map(|handle| handle.join().expect("a failure of a sequence is caught within")).collect()
    });
    let failed = failed.into_inner();
    if failed != u64::MAX {
        let (profile, actions) = generated(&profiles, seed, failed);
        return Err(format!("sequence {failed} of seed {seed} fails: {}", report(profile, actions, on_sled)));
    }
    let mut all = Tally { counts: Counts::new(), sequences: 0, actions: 0 };
    for tally in tallies {
        tally.counts.into_iter().for_each(|(what, count)| *all.counts.entry(what).or_default() += count);
        all.sequences += tally.sequences;
        all.actions += tally.actions;
    }
    Ok(all)
}

/// Sequence `number`: the profiles take turns, the one with everything every second time.
fn generated(profiles: &[Profile], seed: u64, number: u64) -> (&Profile, Vec<Action>) {
    const TURNS: [usize; 8] = [0, 2, 0, 1, 0, 2, 3, 4];
    let profile = &profiles[TURNS[(number % 8) as usize]];
    (profile, generate::sequence(seed, number, profile.name))
}

fn print(tally: &Tally, seed: u64, started: Instant) {
    println!(
        "{} sequences, {} actions, seed {seed}, {:.1} s, no deviation from the model",
        tally.sequences,
        tally.actions,
        started.elapsed().as_secs_f64()
    );
    let mut name = "";
    for ((command, verdict), count) in &tally.counts {
        if *command != name {
            print!("{}{command:<30}", if name.is_empty() { "" } else { "\n" });
            name = command;
        }
        print!(" {verdict} {count}");
    }
    println!();
}

#[test]
fn the_authenticator_does_what_the_model_does() {
    if let Ok(path) = std::env::var("FAULTKEY_SEQUENCE") {
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let (name, actions) = action::read(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
        let profile = profile::all().into_iter().find(|profile| profile.name == name).unwrap_or_else(|| panic!("no profile {name}"));
        let result = play(&profile, &actions, false);
        assert_eq!(result.map(drop), Ok(()), "the sequence of {path}");
        return println!("{path}: {} actions, no deviation from the model", actions.len());
    }
    let (sequences, seed) = (number("FAULTKEY_SEQUENCES", FEW), number("FAULTKEY_SEED", SEED));
    println!("seed {seed}");
    let started = Instant::now();
    let tally = run(sequences, seed, false).unwrap_or_else(|failure| panic!("{failure}"));
    print(&tally, seed, started);
    assert_eq!(tally.sequences, sequences);
    // A generator that degenerates would prove nothing.
    let successes = |name: &str| {
        let good = tally.counts.iter().filter(|((command, verdict), _)| *command == name && ["OK", "9000"].contains(&verdict.as_str()));
        good.map(|(_, count)| count).sum::<u64>()
    };
    let silent: Vec<_> = COMMANDS.into_iter().filter(|name| successes(name) < sequences / 200).collect();
    assert!(silent.is_empty() || sequences < FEW, "these succeeded less than once in 200 sequences: {silent:?}");
}

#[test]
fn it_does_so_on_the_database_through_restarts() {
    if std::env::var("FAULTKEY_SEQUENCE").is_ok() {
        return println!("skipped: FAULTKEY_SEQUENCE names one sequence, and the other test plays it");
    }
    // Each commit is flushed to the disk, so there are fewer.
    let (sequences, seed) = (number("FAULTKEY_SEQUENCES", FEW) / 50, number("FAULTKEY_SEED", SEED));
    let started = Instant::now();
    let tally = run(sequences.clamp(8, 200), seed, true).unwrap_or_else(|failure| panic!("{failure}"));
    let (sequences, actions) = (tally.sequences, tally.actions);
    println!("on sled: {sequences} sequences, {actions} actions, seed {seed}, {:.1} s", started.elapsed().as_secs_f64());
}

#[test]
fn a_sequence_is_text_and_text_is_the_sequence() {
    for profile in profile::all() {
        for number in 0..20 {
            let actions = generate::sequence(SEED, number, profile.name);
            assert!((1..=action::LONGEST).contains(&actions.len()));
            assert_eq!(generate::sequence(SEED, number, profile.name), actions, "the same seed makes the same sequence");
            assert_eq!(action::read(&action::write(profile.name, &actions)), Ok((profile.name.to_owned(), actions)));
        }
    }
    assert_eq!(action::read("nothing"), Err("the first line is not `profile NAME`".to_owned()));
}

#[test]
fn the_shortest_sequence_is_what_matters_and_nothing_else() {
    let actions = generate::sequence(SEED, 3, "full");
    let [late, wait] = [Action::Late { user: action::Gesture { answer: action::Answer::Cancel, after_ms: 7 } }, Action::Wait { ms: 4_711 }];
    let long = [actions.as_slice(), std::slice::from_ref(&late), &actions, std::slice::from_ref(&wait)].concat();
    let fails = |candidate: &[Action]| {
        let place = candidate.iter().position(|action| *action == late)?;
        let waits = |action: &Action| matches!(action, Action::Wait { ms } if *ms >= 1_000);
        candidate[place..].iter().any(waits).then(|| "it waits after being late".to_owned())
    };
    let shortest = shrink::shrink(long, fails);
    assert!(matches!(shortest.as_slice(), [first, Action::Wait { ms: 1_000..2_000 }] if *first == late), "{shortest:?}");
    // And of an action only what matters.
    let pin =
        |candidate: &[Action]| candidate.iter().any(|action| matches!(action, Action::Send { send: action::Command::SetPin { .. }, .. }));
    let long = (0..20).flat_map(|number| generate::sequence(SEED, number, "full")).collect();
    let shortest = shrink::shrink(long, |candidate| pin(candidate).then(|| "it sets a PIN".to_owned()));
    let text = action::write("full", &shortest);
    let expected = r#"{"do":"send","on":0,"send":{"set-pin":{"secret":{"protocol":2,"stale":false},"pin":0}},"user":[]}"#;
    assert_eq!(text, format!("profile full\n{expected}\n"));
}

/// All that can succeed: no vendor command of authenticatorConfig is configured.
const COMMANDS: [&str; 38] = [
    "getInfo",
    "getKeyAgreement",
    "getPINRetries",
    "getUVRetries",
    "setPIN",
    "changePIN",
    "getPinToken",
    "token by PIN",
    "token by UV",
    "makeCredential",
    "getAssertion",
    "getNextAssertion",
    "getCredsMetadata",
    "enumerateRPsBegin",
    "enumerateRPsGetNextRP",
    "enumerateCredentialsBegin",
    "enumerateCredentialsGetNext",
    "deleteCredential",
    "updateUserInformation",
    "largeBlobs get",
    "largeBlobs set",
    "enableEnterpriseAttestation",
    "toggleAlwaysUv",
    "setMinPINLength",
    "enableLongTouchForReset",
    "getModality",
    "getFingerprintSensorInfo",
    "enrollBegin",
    "enrollCaptureNextSample",
    "cancelCurrentEnrollment",
    "enumerateEnrollments",
    "setFriendlyName",
    "removeEnrollment",
    "reset",
    "selection",
    "U2F version",
    "U2F register",
    "U2F authenticate",
];
