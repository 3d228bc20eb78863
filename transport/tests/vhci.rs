//! The kernel's vhci_hcd for real: it takes a key for one that was plugged in. Needs the module and root; a virtual machine has both.
#![allow(clippy::disallowed_macros, reason = "a test may print, and may fail where it can't")]
#![cfg(target_os = "linux")]

mod faulty;

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use faultkey_authenticator::{Authenticator, Config as Settings, MemoryStore, random};
use faultkey_transport::ctaphid::{BROADCAST, Config, Engine, Policy, Report, command, fragment};
use faultkey_transport::usb::Pluggable;
use faultkey_transport::usbd_ctaphid::{App, UsbdCtaphid};
use faultkey_transport::usbip::{Reach, Server, vhci};
use faultkey_transport::{Identity, LineEvent, Port, WallClock};
use faulty::Faulty;

const PATIENCE: Duration = Duration::from_secs(60);
/// From look to look whether the kernel is so far.
const LOOK: Duration = Duration::from_millis(100);

type Key = Engine<Authenticator, Policy>;

fn authenticator() -> Authenticator {
    Authenticator::new(Settings::default(), Box::<MemoryStore>::default(), random::stream(1, "vhci"))
}

fn engine() -> Key {
    // Time is real here, and a busy computer may take long between two packets.
    Engine::new(Config { transaction_timeout: PATIENCE, ..Config::default() }, authenticator(), Policy::default())
}

fn is_there() -> bool {
    let there = Path::new(vhci::SYSFS).is_dir();
    if !there {
        println!("SKIPPED: this kernel has no {}; cargo xtask devices vhci runs this where there is one", vhci::SYSFS);
    }
    there
}

/// Plugs the device in, and lets a program use its node.
async fn with_node<T: Send + 'static>(port: &impl Pluggable, program: impl FnOnce(PathBuf) -> T + Send + 'static) -> T {
    let link = vhci::plug(&Identity { serial: "vhci-test".to_owned(), ..Identity::default() }).unwrap();
    let (node, clock) = (link.node(), WallClock::start());
    tokio::select! {
        ended = link.run(port, &clock) => panic!("{ended:?}"),
        result = async {
            let node = node.appears(PATIENCE).await.unwrap();
            println!("{} after {}", node.display(), clock.now());
            tokio::task::spawn_blocking(move || program(node)).await.unwrap()
        } => result,
    }
}

/// hidraw takes a report with its number before it.
fn send(node: &mut File, channel: u32, command: u8, message: &[u8]) -> io::Result<()> {
    fragment(channel, command, message).unwrap().iter().try_for_each(|report| node.write_all(&[&[0], &report[..]].concat()))
}

fn receive(node: &mut File) -> io::Result<Report> {
    let mut report = [0; 64];
    node.read_exact(&mut report)?;
    Ok(report)
}

/// A channel, a long PING and getInfo.
fn converse(node: &mut File) -> io::Result<()> {
    send(node, BROADCAST, command::INIT, b"12345678")?;
    let channel = u32::from_be_bytes(receive(node)?[15..19].try_into().unwrap());
    send(node, channel, command::PING, &[7; 1_000])?;
    for report in fragment(channel, command::PING, &[7; 1_000]).unwrap() {
        assert_eq!(receive(node)?, report);
    }
    send(node, channel, command::CBOR, &[4])?;
    let answer = receive(node)?;
    assert_eq!((answer[4], answer[7]), (0x90, 0));
    // The rest of it, so that it is in nobody's way.
    let length = usize::from(u16::from_be_bytes([answer[5], answer[6]]));
    (57..length).step_by(59).try_for_each(|_| receive(node).map(drop))
}

fn open(node: &Path) -> File {
    OpenOptions::new().read(true).write(true).open(node).unwrap()
}

#[tokio::test]
async fn the_kernel_takes_it_for_a_key() {
    if is_there() {
        with_node(&Port::new(engine()), |node| converse(&mut open(&node)).unwrap()).await;
    }
}

#[tokio::test]
async fn the_kernel_takes_usbd_ctaphid_for_a_key() {
    if is_there() {
        let app = App::new(Config::default(), authenticator(), Policy::default());
        with_node(&UsbdCtaphid(Port::new(app)), |node| converse(&mut open(&node)).unwrap()).await;
    }
}

/// What libfido2 reads of the key.
fn fido2_token(node: &Path) -> String {
    let output = std::process::Command::new("fido2-token").arg("-I").arg(node).output().unwrap();
    assert!(output.status.success(), "fido2-token -I: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test]
async fn libfido2_reads_both_stacks_alike() {
    if !is_there() {
        return;
    }
    if std::process::Command::new("fido2-token").arg("-V").output().is_err() {
        println!("SKIPPED: fido2-token is not installed; Debian has it in the package fido2-tools");
        return;
    }
    let own = with_node(&Port::new(engine()), |node| fido2_token(&node)).await;
    let app = App::new(Config::default(), authenticator(), Policy::default());
    let theirs = with_node(&UsbdCtaphid(Port::new(app)), |node| fido2_token(&node)).await;
    // Of CTAPHID itself, the capabilities are told: usbd-ctaphid does not say that there is no CTAP1.
    let told = |text: &str| text.lines().filter(|line| !line.starts_with("caps:")).map(str::to_owned).collect::<Vec<_>>();
    assert!(own.contains("FIDO_2_1") && own.contains("nomsg") && !theirs.contains("nomsg"), "{own}{theirs}");
    assert_eq!(told(&own), told(&theirs));
}

/// Runs the `usbip` tool, which has to succeed.
async fn usbip(arguments: &[&str]) -> String {
    let output = tokio::process::Command::new("usbip").args(arguments).output().await.unwrap();
    let (told, wrong) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "usbip {arguments:?}: {told}{wrong}");
    told.into_owned()
}

/// The one device node of a key whose serial number is this.
fn node_of(serial: &str) -> Option<PathBuf> {
    let names = std::fs::read_dir("/sys/class/hidraw").ok()?.flatten().map(|entry| entry.file_name());
    let mut nodes = names.filter(|name| {
        let told = std::fs::read_to_string(Path::new("/sys/class/hidraw").join(name).join("device/uevent")).unwrap_or_default();
        told.lines().any(|line| line == format!("HID_UNIQ={serial}"))
    });
    nodes.next().map(|name| Path::new("/dev").join(name))
}

#[tokio::test]
async fn the_usbip_tool_fetches_two_keys_from_the_server() {
    if !is_there() {
        return;
    }
    if std::process::Command::new("usbip").arg("version").output().is_err() {
        println!("SKIPPED: the tool usbip is not installed; Debian has it in the package usbip");
        return;
    }
    let server = Server::bind("127.0.0.1:0".parse().unwrap(), Reach::Loopback).await.unwrap();
    let port = server.address().unwrap().port().to_string();
    let slots = ["one", "two"].map(|serial| server.plug(&Identity { serial: serial.to_owned(), ..Identity::default() }));
    let (own, clock) = (Port::new(engine()), WallClock::start());
    let theirs = UsbdCtaphid(Port::new(App::new(Config::default(), authenticator(), Policy::default())));
    let tool = async {
        let listed = usbip(&["--tcp-port", &port, "list", "-r", "127.0.0.1"]).await;
        assert!(listed.contains("1-1: ") && listed.contains("1-2: ") && listed.contains("1209:0001"), "{listed}");
        for (bus_id, serial) in [("1-1", "one"), ("1-2", "two")] {
            usbip(&["--tcp-port", &port, "attach", "-r", "127.0.0.1", "-b", bus_id]).await;
            let conversed = tokio::task::spawn_blocking(move || {
                let looks = (0..600).take_while(|_| node_of(serial).is_none()).inspect(|_| std::thread::sleep(LOOK)).count();
                let node = node_of(serial).unwrap_or_else(|| panic!("no node after {looks} looks"));
                converse(&mut open(&node))
            });
            conversed.await.unwrap().unwrap();
        }
        usbip(&["detach", "-p", "0"]).await;
    };
    let [first, second] = slots;
    tokio::select! {
        ended = server.serve() => panic!("{ended:?}"),
        ended = first.run(&own, &clock) => panic!("{ended:?}"),
        ended = second.run(&theirs, &clock) => panic!("{ended:?}"),
        () = tool => {}
    }
}

#[tokio::test]
async fn the_kernel_mends_a_stall_and_a_reset_by_itself() {
    if !is_there() {
        return;
    }
    let port = Port::new(Faulty { engine: engine(), event: None });
    let inside = port.clone();
    with_node(&port, move |node| {
        let mut file = open(&node);
        converse(&mut file).unwrap();
        for event in [LineEvent::Stall, LineEvent::BusReset] {
            inside.change(|device| device.event = Some(event));
            // Linux clears a halt at once. A device that does not answer is reset after a second or so; until then, writing fails.
            let tries = (0..300).take_while(|_| converse(&mut file).is_err()).inspect(|_| std::thread::sleep(LOOK)).count();
            assert!(tries < 300, "after {event:?}");
            println!("{event:?}: there again after {tries} looks");
        }
    })
    .await;
}

#[tokio::test]
async fn unplugged_and_plugged_again() {
    if !is_there() {
        return;
    }
    for round in 0..3 {
        let gone = with_node(&Port::new(engine()), |node| {
            converse(&mut open(&node)).unwrap();
            node
        })
        .await;
        // The kernel notices that its socket is closed.
        let looks = (0..300).take_while(|_| gone.exists()).inspect(|_| std::thread::sleep(LOOK)).count();
        assert!(looks < 300, "round {round}");
    }
}
