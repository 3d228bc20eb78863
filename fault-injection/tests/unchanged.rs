//! Without a fault, and with the control, every byte is what it is without the fault layer.

mod device;

use std::time::Duration;

use device::{Device, Person, SEED, call, creation_options, messages, profile, request_options};
use faultkey_authenticator::store::MemoryStore;
use faultkey_authenticator::{Authenticator, ChannelId, CommandSteps, Event, Step, Time, random};
use faultkey_client::client_data::Specified;
use faultkey_client::{Client, ClientConfig, Finished, Platform};
use faultkey_fault_injection::Faults;
use faultkey_fault_injection::profile::all;
use faultkey_transport::transcript::{MessageKind, Touches, What};
use faultkey_transport::{InProcess, Transcript};
use serde_json::Value;

/// What each call ended with, and every message.
type Played = (Vec<Result<Value, String>>, Vec<(u64, What)>);

/// Registers, logs in with and without allow list, registers again with an exclude list.
fn play(platform: &mut impl Platform, now: &mut Time) -> Vec<Result<Value, String>> {
    let mut results = Vec::new();
    let mut note = |finished: Finished, now: &mut Time| {
        *now = finished.at + Duration::from_secs(1);
        let result = finished.result.map_err(|exception| exception.to_string());
        results.push(result.clone());
        result
    };
    let created = note(platform.create(&call(*now), &creation_options("hanako", &[])), now).expect("a registration");
    let id = created["id"].as_str().unwrap();
    _ = note(platform.get(&call(*now), &request_options(&[id])), now);
    _ = note(platform.get(&call(*now), &request_options(&[])), now);
    _ = note(platform.create(&call(*now), &creation_options("taro", &[id])), now);
    results
}

/// The same device without the fault layer.
fn bare(name: &str) -> Played {
    let transcript = Transcript::new();
    let config = profile(name).authenticator.clone();
    let authenticator = Authenticator::new(config, Box::new(MemoryStore::default()), random::stream(SEED, "authenticator"));
    let transport = InProcess::new(authenticator, transcript.clone());
    let mut client = Client::new(ClientConfig::default(), transport, Person::default(), Specified, transcript.clone());
    let results = play(&mut client, &mut Time::START.clone());
    (results, messages(&transcript))
}

#[test]
fn the_bytes_equal_those_without_the_layer_on_every_profile() {
    for profile in all() {
        let expected = bare(&profile.name);
        assert!(expected.0[0].is_ok() && expected.0[1].is_ok(), "{}: {:?}", profile.name, expected.0);
        for fault in [None, Some("no-op"), Some("response-member-missing,trigger.nth=1000")] {
            let mut device = Device::new(&profile.name);
            if let Some(fault) = fault {
                device.arm(fault).unwrap();
            }
            let results = play(&mut device.platform, &mut Time::START.clone());
            assert_eq!((results, device.messages()), expected, "{} with {fault:?}", profile.name);
            assert_eq!(device.decisions().is_empty(), fault != Some("no-op"));
        }
    }
}

#[test]
fn the_control_decides_at_every_command_and_says_so() {
    let mut device = Device::with("iphone", "no-op");
    let registered = device.register();
    device.log_in(&registered).unwrap();
    assert_eq!(device.decisions(), ["registration passed on unchanged", "authentication passed on unchanged"]);
    let entry = device.faults.fired()[0].entry;
    let expected = What::Decision {
        fault: "no-op".into(),
        layer: "command".into(),
        touches: Touches::Previous(MessageKind::CtapRequest),
        text: "registration passed on unchanged".into(),
        text_ja: Some("登録をそのまま通過".into()),
    };
    assert_eq!(device.transcript.entries()[entry - 1].what, expected);
}

#[test]
fn a_suspended_layer_passes_everything_and_counts_nothing() {
    let mut device = Device::with("iphone", "operation-denied,ceremony=authentication,schedule=once");
    let registered = device.register();
    device.faults.suspend(true);
    assert!(device.log_in(&registered).is_ok());
    device.happen(Event::OsUpdated);
    device.faults.suspend(false);
    assert!(device.log_in(&registered).is_err(), "the one time was not used up");
    assert!(device.log_in(&registered).is_ok());
    assert_eq!(device.decisions().len(), 1);
}

#[test]
fn the_same_seed_gives_the_same_transcript() {
    let run = || {
        let mut device = Device::with("iphone", "sig-bitflip,trigger.probability=0.5");
        device.arm("stale-credential-picked,trigger.probability=0.5").unwrap();
        let registered = device.register();
        for _ in 0..6 {
            _ = device.log_in(&registered);
            _ = device.log_in_discoverable();
        }
        device.transcript.entries()
    };
    let first = run();
    assert_eq!(first, run());
    assert!(first.iter().any(|entry| matches!(entry.what, What::Decision { .. })));
}

#[test]
fn the_layer_tells_the_authenticator_whose_command_it_is() {
    let profile = profile("security-key");
    let authenticator =
        Authenticator::new(profile.authenticator.clone(), Box::new(MemoryStore::default()), random::stream(SEED, "authenticator"));
    let mut steps = Faults::new(SEED, profile, Transcript::new()).steps(authenticator);
    let mut waits = |closed: u32| {
        steps.channel(Time::START, ChannelId(7));
        assert!(matches!(steps.handle(Time::START, &[0x0B]), Step::NeedUser(_)));
        steps.channel_closed(Time::START, ChannelId(closed));
        let Step::Reply(reply) = steps.answer(Time::START, faultkey_authenticator::UserAnswer::Approve) else { panic!("asked twice") };
        reply.to_bytes()
    };
    assert_eq!(waits(8), Some(vec![0x00]), "another channel's end");
    assert_eq!(waits(7), Some(vec![0x30]), "forgotten with its channel");
}
