//! The same probes on both stacks. They differ exactly as `DEVIATIONS` says, and as `differences.txt` shows.

use std::time::Duration;

use faultkey_transport::Port;
use faultkey_transport::ctaphid::{Config, Ctap1, Engine, Policy, Presence};
use faultkey_transport::usbd_ctaphid::{App, DEVIATIONS, UsbdCtaphid};

use crate::authenticator;
use crate::host::{Host, with_host};
use crate::probes::{Kind, PROBES, Probe};

fn config(kind: Kind) -> (Config, Policy) {
    let config = Config::default();
    let wait = Policy { presence: Presence::Wait, ..Policy::default() };
    match kind {
        Kind::Plain => (config, wait),
        Kind::U2f => (Config { ctap1: Ctap1::Refuse(0x6D00), ..config }, wait),
        Kind::Slow => (Config { processing_time: Duration::from_millis(200), ..config }, wait),
        Kind::Vendor => (
            Config {
                vendor: [(0x41, faultkey_transport::ctaphid::VendorCommand { needs_lock: false, answer: vec![1, 2] })].into(),
                ..config
            },
            wait,
        ),
    }
}

/// What a host sees of the probe, and whether the device is there afterwards.
fn outcome(probe: &Probe, host: &mut Host) -> String {
    host.enumerate();
    (probe.run)(host);
    host.pass(1_000);
    host.say("then");
    let alive = host.is_alive();
    host.say(if alive { "a new channel works" } else { "a new channel does not work" });
    std::mem::take(&mut host.story)
}

fn outcomes(probe: &Probe) -> (String, String) {
    let (settings, policy) = config(probe.kind);
    let own = Port::new(Engine::new(settings.clone(), authenticator(), policy));
    let theirs = UsbdCtaphid(Port::new(App::new(settings, authenticator(), policy)));
    (with_host(&own, |host| outcome(probe, host)), with_host(&theirs, |host| outcome(probe, host)))
}

#[test]
fn the_stacks_differ_exactly_as_listed() {
    let mut differences = Vec::new();
    let mut names = Vec::new();
    for probe in &PROBES {
        let (own, theirs) = outcomes(probe);
        if own != theirs {
            names.push(probe.name);
            differences.push(format!("{}\n  own            {own}\n  usbd-ctaphid   {theirs}\n", probe.name));
        }
    }
    let differences = differences.join("\n");
    println!("{differences}");
    let listed: Vec<&str> = DEVIATIONS.iter().map(|deviation| deviation.probe).collect();
    assert_eq!(names, listed, "DEVIATIONS is not the list of probes that differ");
    assert_eq!(differences, include_str!("differences.txt"), "differences.txt is not what was seen, printed above");
}

#[test]
fn probes_have_names_of_their_own_and_deviations_a_sentence() {
    let names: std::collections::BTreeSet<&str> = PROBES.iter().map(|probe| probe.name).collect();
    assert_eq!(names.len(), PROBES.len());
    for deviation in &DEVIATIONS {
        assert!(deviation.text.ends_with('.') && deviation.text.len() > 20, "{}", deviation.probe);
    }
}

#[test]
fn the_manual_has_each_deviation_and_no_other() {
    let manual = include_str!("../../../docs/usbd-ctaphid.md");
    let rows: Vec<&str> = manual.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    let listed: Vec<String> = DEVIATIONS.iter().map(|deviation| format!("| {} | {} |", deviation.probe, deviation.text)).collect();
    assert_eq!(rows, listed);
    assert!(manual.contains("Sixty-nine probes") && PROBES.len() == 69);
}

/// A host sees the same twice: nothing of it depends on the clock or on chance.
#[test]
fn probes_repeat_themselves() {
    for probe in &PROBES {
        assert_eq!(outcomes(probe), outcomes(probe), "{}", probe.name);
    }
}
