//! `faultkey attach --via socket` as a process, a host at its socket, and `faultkey ctl` as a second process.

#![cfg(unix)]

mod attached;

use attached::{Attached, Host, get_assertion, get_assertion_by_touch, make_credential};
use serde_json::{Value, json};

const OK: u8 = 0x00;
const OPERATION_DENIED: u8 = 0x27;
const NO_CREDENTIALS: u8 = 0x2E;
const SELECTION: [u8; 1] = [0x0B];
const RESET: [u8; 1] = [0x07];
/// authenticatorConfig, subcommand 4.
const ENABLE_LONG_TOUCH: [u8; 4] = [0x0D, 0xA1, 0x01, 0x04];

#[test]
fn touches_come_from_another_shell_while_a_request_waits() {
    let key = Attached::start(&["--presence", "ask"]);
    let mut host = key.host();
    for (gesture, status) in [("touch", OK), ("refuse", OPERATION_DENIED)] {
        host.send(&SELECTION);
        let waits = key.ctl(&["wait", "prompt"]);
        assert_eq!(waits["prompt"], "touch to choose this authenticator");
        assert_eq!(waits["reason"], "touches do not come by themselves (--presence)");
        key.ctl(&[gesture]);
        assert_eq!(host.reply(), [status]);
    }
    assert_eq!(key.ctl_fails(&["touch"]), "no request waits for the user; start one first, or wait for it with `faultkey ctl wait prompt`");
}

/// A reset of a key that wants a long touch (CTAP2.3 §6.11.5, `longTouchForReset`): how long is told, and too short is refused.
#[test]
fn a_reset_wants_a_touch_that_is_held() {
    // Without PIN and reader nothing has to be authorised (CTAP2.3 §6.11).
    let key = Attached::start(&["--profile", "security-key-full", "--verification", "none", "--presence", "ask"]);
    // A reset comes within ten seconds of power-up (CTAP2.3 §6.6), on a slow computer too.
    let replugged = |key: &Attached| {
        key.ctl(&["replug"]);
        key.host()
    };
    assert_eq!(key.host().ask(&ENABLE_LONG_TOUCH), [OK]);
    for (touch, said, status) in [
        (&["touch"][..], "touched too briefly: ", OPERATION_DENIED),
        (&["touch", "--hold", "9999ms"], "touched too briefly: ", OPERATION_DENIED),
        (&["touch", "--hold", "10s"], "touched: ", OK),
    ] {
        let mut host = replugged(&key);
        host.send(&RESET);
        let waits = key.ctl(&["wait", "prompt"]);
        assert_eq!(
            (&waits["prompt"], &waits["hold"]),
            (&Value::from("touch to erase every credential, holding the touch"), &Value::from(10_000))
        );
        assert_eq!(key.ctl(&["status"])["waits"]["hold"], 10_000);
        let text = key.ctl(touch)["text"].as_str().expect("a text").to_owned();
        assert!(
            text.starts_with(said) && text.contains("it has to be held for 10s: `faultkey ctl touch --hold 10s`") == (status != OK),
            "{text}"
        );
        assert_eq!(host.reply(), [status], "{touch:?}");
    }
    // As it left the factory: a short touch does. A touch that comes by itself is held as long as it is asked for.
    let mut host = replugged(&key);
    host.send(&RESET);
    assert_eq!(key.ctl(&["wait", "prompt"])["hold"], Value::Null);
    key.ctl(&["touch"]);
    assert_eq!(host.reply(), [OK]);
    assert_eq!(host.ask(&ENABLE_LONG_TOUCH), [OK]);
    key.ctl(&["presence", "auto"]);
    assert_eq!(replugged(&key).ask(&RESET), [OK]);
    assert_eq!(key.ctl_fails(&["touch", "--hold", "long"]), "--hold: expected a time, e.g. `5s` or `300ms`");
    assert!(key.end().contains("touched, held for 10s"));
}

#[test]
fn a_status_is_everything_that_is_known() {
    let key = Attached::start(&["--profile", "yubikey-5", "--pin", "1234", "--store", "keys", "--fault", "no-credentials,schedule=once"]);
    let mut host = key.host();
    assert_eq!(host.ask(&get_assertion_by_touch("broker.test")), [NO_CREDENTIALS]);
    let status = key.ctl(&["status"]);
    assert_eq!(status["pin"], json!({ "set": true, "triesLeft": 8, "needsPowerCycle": false }));
    let fault = json!({ "fault": "no-credentials", "spec": "no-credentials,schedule=once", "acted": 1, "over": true });
    assert_eq!((&status["faults"], &status["decisions"]), (&json!([fault]), &Value::from(1)));
    assert_eq!((&status["credentials"], &status["exchanges"], &status["underWay"]), (&json!(0), &json!(1), &Value::Null));
    assert_eq!((&status["store"], &status["trace"], &status["via"]), (&json!("keys"), &Value::Null, &json!("socket")));
    key.ctl(&["trace", "trace.jsonl"]);
    key.ctl(&["unplug"]);
    let status = key.ctl(&["status"]);
    assert_eq!((&status["state"], &status["pin"]), (&json!("unplugged"), &Value::Null));
    assert!(status["trace"].as_str().expect("a file").ends_with("/trace.jsonl"));
    assert!(status["text"].as_str().expect("a text").contains("no-credentials,schedule=once: acted 1 time, its schedule has ended"));
}

#[test]
fn the_policy_is_switched_while_a_request_waits() {
    let key = Attached::start(&["--presence", "never"]);
    let mut host = key.host();
    // Once: this request, and no other.
    host.send(&SELECTION);
    key.ctl(&["wait", "prompt"]);
    assert_eq!(key.ctl(&["presence", "once"])["text"], "presence: once");
    assert_eq!(host.reply(), [OK]);
    host.send(&SELECTION);
    key.ctl(&["wait", "prompt"]);
    key.ctl(&["presence", "on"]);
    assert_eq!(host.reply(), [OK]);
    assert_eq!(host.ask(&SELECTION), [OK]);
    key.ctl(&["presence", "off"]);
    host.send(&SELECTION);
    assert_eq!(key.ctl(&["wait", "prompt"])["text"], "touch to choose this authenticator");
    key.ctl(&["presence", "after", "10ms"]);
    assert_eq!(host.reply(), [OK]);
    assert!(key.ctl_fails(&["presence", "soon"]).starts_with("expected `auto`"));
}

#[test]
fn only_relying_parties_on_the_allow_list_get_a_touch_by_itself() {
    let key = Attached::start(&[]);
    let mut host = key.host();
    for rp_id in ["localhost", "app.localhost", "broker.test", "example.com"] {
        assert_eq!(host.ask(&make_credential(rp_id))[0], OK, "{rp_id}");
    }
    host.send(&make_credential("bank.example"));
    let waits = key.ctl(&["wait", "prompt"]);
    assert_eq!(waits["prompt"], "verify yourself to register \"hanako\" at bank.example (3 tries left)");
    assert_eq!(waits["reason"], "the relying party is not on the allow list (--allow-rp)");
    key.ctl(&["touch"]);
    assert_eq!(host.reply()[0], OK);
    assert!(key.end().contains("!! waits: verify yourself to register \"hanako\" at bank.example"));

    let key = Attached::start(&["--allow-rp", "bank.example"]);
    assert_eq!(key.host().ask(&make_credential("bank.example"))[0], OK);
}

#[test]
fn a_fault_is_armed_acts_and_is_disarmed_while_the_key_runs() {
    let key = Attached::start(&[]);
    let mut host = key.host();
    assert_eq!(host.ask(&make_credential("broker.test"))[0], OK);
    assert_eq!(host.ask(&get_assertion("broker.test"))[0], OK);
    let before = key.ctl(&["list"])["last"].to_string();
    key.ctl(&["fault", "add", "no-credentials"]);
    assert_eq!(host.ask(&get_assertion("broker.test")), [NO_CREDENTIALS]);
    let fired = key.ctl(&["wait", "fault", "--after", &before]);
    assert_eq!(fired["fault"], "no-credentials");
    assert_eq!(key.ctl(&["fault", "list"])["text"], "no-credentials: acted 1 time");
    key.ctl(&["fault", "remove", "no-credentials"]);
    assert_eq!(host.ask(&get_assertion("broker.test"))[0], OK);
    assert_eq!(
        key.ctl_fails(&["fault", "remove", "no-credentials"]),
        "`no-credentials` is not armed; `faultkey ctl fault list` shows what is"
    );
    assert!(key.ctl_fails(&["fault", "add", "cut-verify"]).contains("acts in the client or on the network"));
    key.ctl(&["fault", "add", "no-op"]);
    assert_eq!(key.ctl(&["fault", "clear"])["removed"], 1);
}

#[test]
fn something_happens_to_the_device() {
    let key = Attached::start(&[]);
    let mut host = key.host();
    assert_eq!(host.ask(&make_credential("broker.test"))[0], OK);
    let done = key.ctl(&["event", "reset"]);
    assert_eq!(done["effect"], "credential-gone");
    assert_eq!(host.ask(&get_assertion("broker.test")), [NO_CREDENTIALS]);
    assert!(key.ctl_fails(&["event", "rain"]).starts_with("there is no event `rain`; there are fingerprint-enrolled, "));
}

#[test]
fn a_key_is_unplugged_and_plugged_in_again() {
    let key = Attached::start(&[]);
    let mut host = key.host();
    assert_eq!(host.ask(&make_credential("broker.test"))[0], OK);
    key.ctl(&["unplug"]);
    assert!(host.is_gone());
    assert!(key.try_host().is_err(), "nothing listens where no key is");
    assert_eq!(key.ctl(&["list"])["keys"][0]["state"], "unplugged");
    assert!(key.ctl_fails(&["event", "os-updated"]).starts_with("the key is unplugged; plug it in first"));
    let again = key.ctl(&["replug"]);
    assert_eq!((&again["powerUp"], again["place"].as_str()), (&Value::from(2), key.place.to_str()));
    assert_eq!(key.host().ask(&get_assertion("broker.test"))[0], OK);
    assert_eq!(key.ctl(&["replug", "--without-state"])["powerUp"], 3);
    assert_eq!(key.host().ask(&get_assertion("broker.test")), [NO_CREDENTIALS]);
}

/// For scripts: the command ends when the key is ready, and the key goes on.
#[test]
fn a_detached_key_goes_on_until_it_is_told_to_quit() {
    let folder = tempfile::Builder::new().prefix("fk").tempdir().expect("a folder");
    let run = |words: &[&str]| {
        let done = attached::program().args(words).current_dir(&folder).env("XDG_RUNTIME_DIR", folder.path()).output().expect("faultkey");
        (done.status.code(), String::from_utf8_lossy(&done.stdout).into_owned(), String::from_utf8_lossy(&done.stderr).into_owned())
    };
    let attach = ["attach", "--detach", "--log", "key.log", "--keys", "2", "--via", "socket", "--listen", "key", "--store", "keys"];
    let ready = |power_up: u64| {
        let line = format!("security-key, seed 902, power-up {power_up}\n");
        (Some(0), format!("ready at key: {line}ready at key-2: {line}"), String::new())
    };
    assert_eq!(run(&attach), ready(1));
    assert_eq!(run(&["ctl", "--key", "2", "fault", "add", "no-credentials"]).0, Some(0));

    // A second one at the same place does not start, and says so here.
    let (code, _, told) = run(&["attach", "--detach", "--via", "socket", "--listen", "key"]);
    assert!(code == Some(2) && told.starts_with("faultkey: ") && told.contains("another program listens at"), "{told}");
    assert_eq!(run(&["ctl", "quit"]).0, Some(0));
    let log = std::fs::read_to_string(folder.path().join("key.log")).expect("its log");
    assert!(log.contains("plugged in, power-up 1") && log.contains("unplugged"), "{log}");
    assert_eq!(run(&attach), ready(2), "it has ended when `quit` returns, so its store is free");
    assert_eq!(run(&["ctl", "quit"]).0, Some(0));
    let (code, _, told) = run(&["attach", "--log", "key.log", "--via", "socket", "--listen", "key"]);
    assert!(code == Some(2) && told.contains("--detach"), "{told}");
}

/// What was acknowledged is there after a restart, which is a power cycle.
#[test]
fn a_store_outlives_the_program() {
    let mut key = Attached::start(&["--store", "keys"]);
    assert!(key.ready.ends_with(": security-key, seed 902, power-up 1"), "{}", key.ready);
    assert_eq!(key.host().ask(&make_credential("broker.test"))[0], OK);
    key.restart();
    assert!(key.ready.ends_with(": security-key, seed 902, power-up 2"), "{}", key.ready);
    assert_eq!(key.host().ask(&get_assertion("broker.test"))[0], OK);
}

#[test]
fn credentials_are_listed_removed_and_added_again() {
    let key = Attached::start(&[]);
    let mut host = key.host();
    assert_eq!(host.ask(&make_credential("broker.test"))[0], OK);
    let listed = key.ctl(&["credentials", "list"])["credentials"][0].clone();
    assert_eq!((&listed["rpId"], &listed["isResidentCredential"]), (&Value::from("broker.test"), &Value::from(true)));
    let id = listed["credentialId"].as_str().expect("an id");
    key.ctl(&["credentials", "remove", id]);
    assert_eq!(host.ask(&get_assertion("broker.test")), [NO_CREDENTIALS]);
    let file = key.folder().join("credential.json");
    std::fs::write(&file, listed.to_string()).expect("a file");
    assert_eq!(key.ctl(&["credentials", "add", "credential.json"])["credentialId"], id);
    assert_eq!(host.ask(&get_assertion("broker.test"))[0], OK);
    assert_eq!(key.ctl(&["credentials", "remove", "--all"])["removed"], 1);
}

#[test]
fn several_keys_are_told_apart() {
    let key = Attached::start(&["--keys", "2", "--store", "keys"]);
    let listed = key.ctl(&["list"]);
    let places: Vec<&str> = listed["keys"].as_array().expect("keys").iter().filter_map(|key| key["place"].as_str()).collect();
    assert_eq!(places.len(), 2);
    assert_eq!(key.ctl_fails(&["touch"]), "there are 2 keys; say which, with --key 1 to --key 2");
    assert!(key.ctl_fails(&["touch", "--key", "3"]).starts_with("there is no key 3"));
    key.ctl(&["presence", "ask", "--key", "2"]);
    assert_eq!(key.host().ask(&SELECTION), [OK]);
    let mut second = Host::connect(places[1].as_ref()).expect("the second key");
    second.send(&SELECTION);
    key.ctl(&["wait", "prompt", "--key", "2"]);
    key.ctl(&["touch", "--key", "2"]);
    assert_eq!(second.reply(), [OK]);
}

#[test]
fn a_wait_is_for_one_thing_and_gives_up_in_the_end() {
    let key = Attached::start(&[]);
    let mut host = key.host();
    assert_eq!(host.ask(&make_credential("broker.test"))[0], OK);
    let found = key.ctl(&["wait", "exchange", "--after", "0", "--containing", "makeCredential"]);
    assert_eq!(found["request"], "makeCredential broker.test for \"hanako\", rk uv");
    assert!(found["reply"].as_str().expect("a reply").starts_with("CTAP2_OK, credential "));
    assert_eq!(key.ctl(&["wait", "idle"])["text"], "idle");
    assert_eq!(
        key.ctl_fails(&["wait", "prompt", "--timeout", "10ms"]),
        "no `prompt` came about within 10 ms; `faultkey ctl list` shows the key's state"
    );
}

/// Without --control, the one key that runs is found; with none, or several, it is said what to do.
#[test]
fn the_one_running_key_is_found() {
    let runtime = tempfile::tempdir().expect("a folder");
    let nobody = attached::ctl_in(runtime.path(), &["list"]);
    assert!(nobody.unwrap_err().starts_with("no key is attached (nothing answers in "));
    let first = Attached::start_in(Some(runtime.path()), &[]);
    assert_eq!(attached::ctl_in(runtime.path(), &["list"]).expect("the key")["keys"][0]["profile"], "security-key");
    let second = Attached::start_in(Some(runtime.path()), &[]);
    let several = attached::ctl_in(runtime.path(), &["list"]).unwrap_err();
    assert!(several.starts_with("2 programs have keys attached; say which:\n  --control "), "{several}");
    drop(second);
    attached::ctl_in(runtime.path(), &["quit"]).expect("the end");
    assert!(first.end().contains("unplugged"));
}

#[test]
fn the_control_socket_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let key = Attached::start(&[]);
    let mode = std::fs::metadata(key.folder().join("ctl")).expect("the control socket").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    key.end();
}

#[test]
fn wrong_use_is_explained() {
    for (arguments, expected) in [
        (&["--presence", "soon", "--via", "socket", "--listen", "k"][..], "--presence: expected `auto`"),
        (&["--pin", "12", "--profile", "yubikey-5", "--via", "socket", "--listen", "k"], "--pin: yubikey-5 takes 4 to 63 characters"),
        (&["--pin", "1234", "--via", "socket", "--listen", "k"], "--pin: security-key takes no PIN"),
        (
            &["--enterprise-rp-id", "a.test", "--via", "socket", "--listen", "k"],
            "--enterprise-rp-id: this device has no enterprise attestation (its getInfo has no option `ep`)",
        ),
        (&["--profile", "yubikey-5", "--verification", "fail", "--via", "socket", "--listen", "k"], "yubikey-5"),
        (&["--via", "socket"], "say where to listen, e.g. --listen 127.0.0.1:0"),
        (&["--via", "socket", "--listen", "0.0.0.0:0"], "is not a loopback address"),
        (&["--fault", "cut-verify", "--via", "socket", "--listen", "k"], "acts in the client or on the network"),
        (&["--allow-rp", "https://a.example", "--via", "socket", "--listen", "k"], "is not an RP ID"),
        (
            &["--keys", "2", "--profile", "yubikey-5", "--profile", "titan-v2", "--via", "socket", "--listen", "k"],
            "--keys: there are several --profile",
        ),
    ] {
        let told = attached::refused(arguments);
        assert!(told.contains(expected), "{arguments:?}: {told}");
    }
}
