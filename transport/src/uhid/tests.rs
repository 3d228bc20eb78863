//! One end of a pair of datagram sockets stands for /dev/uhid: it keeps events apart, as the kernel does.

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;

use super::event::LONGEST_EVENT;
use super::*;
use crate::ctaphid::{BROADCAST, Config, Engine, Policy, Presence, command, fragment};
use faultkey_authenticator::{Authenticator, Config as Device, MemoryStore, Time, random};

type Key = Engine<Authenticator, Policy>;

/// The kernel's side.
struct Kernel(tokio::net::UnixDatagram);

impl Kernel {
    /// With the event that plugs the device in taken.
    async fn start() -> (Self, UhidLink) {
        let (ours, theirs) = UnixDatagram::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        theirs.set_nonblocking(true).unwrap();
        let link = UhidLink::new(File::from(OwnedFd::from(theirs)), &Identity::default()).unwrap();
        let kernel = Self(tokio::net::UnixDatagram::from_std(ours).unwrap());
        let created = kernel.event().await;
        assert_eq!(created, event::create(&Identity::default(), &link.phys));
        (kernel, link)
    }

    async fn event(&self) -> Vec<u8> {
        let mut buffer = [0; LONGEST_EVENT];
        let count = self.0.recv(&mut buffer).await.unwrap();
        buffer[..count].to_vec()
    }

    async fn tell(&self, kind: u32, body: &[u8]) {
        let mut event = kind.to_ne_bytes().to_vec();
        event.extend(body);
        self.0.send(&event).await.unwrap();
    }

    /// A program writes a message to the device.
    async fn write(&self, channel: u32, command: u8, message: &[u8]) {
        for report in fragment(channel, command, message).unwrap() {
            let mut body = vec![0];
            body.extend(report);
            body.resize(4_096, 0);
            body.extend(65u16.to_ne_bytes());
            self.tell(6, &body).await;
        }
    }

    /// The report that a program would read.
    async fn report(&self) -> Report {
        let event = self.event().await;
        assert_eq!(event[..6], [&12u32.to_ne_bytes()[..], &64u16.to_ne_bytes()].concat());
        event[6..].try_into().unwrap()
    }
}

fn key(presence: Presence) -> Port<Key> {
    let authenticator = Authenticator::new(Device::default(), Box::<MemoryStore>::default(), random::stream(1, "uhid"));
    Port::new(Engine::new(Config::default(), authenticator, Policy { presence, ..Policy::default() }))
}

/// Runs `host` while the key is plugged in.
async fn with_key<T>(link: UhidLink, key: &Port<Key>, host: impl Future<Output = T>) -> T {
    let clock = WallClock::start();
    tokio::select! {
        ended = link.run(key, &clock) => panic!("{ended:?}"),
        result = host => result,
    }
}

#[tokio::test]
async fn a_long_message_goes_there_and_comes_back() {
    let (kernel, link) = Kernel::start().await;
    with_key(link, &key(Presence::AtOnce), async {
        kernel.tell(2, &[0; 8]).await;
        kernel.tell(4, &[]).await;
        kernel.write(BROADCAST, command::INIT, b"12345678").await;
        let channel = u32::from_be_bytes(kernel.report().await[15..19].try_into().unwrap());
        kernel.write(channel, command::PING, &[7; 7_609]).await;
        for report in fragment(channel, command::PING, &[7; 7_609]).unwrap() {
            assert_eq!(kernel.report().await, report);
        }
    })
    .await;
}

#[tokio::test]
async fn requests_for_other_reports_are_refused_at_once() {
    let (kernel, link) = Kernel::start().await;
    with_key(link, &key(Presence::AtOnce), async {
        kernel.tell(9, &[&7u32.to_ne_bytes()[..], &[1, 0]].concat()).await;
        assert_eq!(kernel.event().await, event::get_report_refused(7));
        // Of a feature report.
        kernel.tell(13, &[&8u32.to_ne_bytes()[..], &[0, 0, 0, 0]].concat()).await;
        assert_eq!(kernel.event().await, event::set_report_refused(8));
    })
    .await;
}

/// As the kernel writes where usbhid's quirks say so: whoever writes waits for the answer, so nothing is lost.
#[tokio::test]
async fn an_output_report_that_is_set_is_one() {
    let (kernel, link) = Kernel::start().await;
    with_key(link, &key(Presence::AtOnce), async {
        let report = fragment(BROADCAST, command::INIT, b"12345678").unwrap()[0];
        kernel.tell(13, &[&8u32.to_ne_bytes()[..], &[0, 1], &65u16.to_ne_bytes(), &[0], &report].concat()).await;
        assert_eq!(kernel.event().await, event::set_report_done(8));
        assert_eq!(kernel.report().await[7..15], *b"12345678");
    })
    .await;
}

#[tokio::test]
async fn what_is_changed_from_outside_goes_out_at_once() {
    let (kernel, link) = Kernel::start().await;
    let key = key(Presence::Wait);
    let control = key.clone();
    with_key(link, &key, async {
        kernel.write(BROADCAST, command::INIT, b"12345678").await;
        let channel = u32::from_be_bytes(kernel.report().await[15..19].try_into().unwrap());
        kernel.write(channel, command::CBOR, &[0x0B]).await;
        assert_eq!(kernel.report().await[4], 0x80 | command::KEEPALIVE);
        control.change(|engine| engine.user(Time::START, faultkey_authenticator::UserAnswer::Approve));
        assert_eq!(kernel.report().await[4..8], [0x80 | command::CBOR, 0, 1, 0]);
    })
    .await;
}

#[tokio::test]
async fn dropped_is_unplugged() {
    let (kernel, link) = Kernel::start().await;
    drop(link);
    assert_eq!(kernel.event().await, event::destroy());
    // The reader closes its end, too: then nobody hears us.
    while kernel.0.send(&event::destroy()).await.is_ok() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_kernel_that_ends_ends_the_link() {
    let (kernel, link) = Kernel::start().await;
    kernel.0.send(&[]).await.unwrap();
    let ended = link.run(&key(Presence::AtOnce), &WallClock::start()).await;
    assert_eq!(ended.unwrap_err().to_string(), "the kernel's end of UHID is closed");
}

/// A device that leaves the bus after its first report.
struct Leaver {
    reports: u8,
}

impl ReportDevice for Leaver {
    fn receive(&mut self, _: Time, _: &Report) {
        self.reports += 1;
    }

    fn next_report(&mut self, _: Time) -> Option<Report> {
        (self.reports == 1).then(|| {
            self.reports += 1;
            [9; 64]
        })
    }

    fn backlog(&self) -> usize {
        0
    }

    fn tick(&mut self, _: Time) {}

    fn deadline(&self) -> Option<Time> {
        None
    }

    fn reset(&mut self, _: Time) {}

    fn next_line_event(&mut self) -> Option<LineEvent> {
        (self.reports > 1).then_some(LineEvent::Unplug { again_after: None, keeps_state: true })
    }
}

#[tokio::test]
async fn a_device_that_unplugs_itself_has_sent_what_it_had() {
    let (kernel, link) = Kernel::start().await;
    kernel.write(BROADCAST, command::INIT, b"12345678").await;
    let ended = link.run(&Port::new(Leaver { reports: 0 }), &WallClock::start()).await;
    assert_eq!(ended.unwrap(), LineEvent::Unplug { again_after: None, keeps_state: true });
    assert_eq!(kernel.report().await, [9; 64]);
}

#[test]
fn the_pace_is_a_burst_and_then_one_an_interval() {
    let now = Instant::now();
    let mut pace = Pace::default();
    for _ in 0..BURST {
        assert_eq!(pace.held_back(now), None);
        pace.sent(now);
    }
    assert_eq!(pace.held_back(now), Some(now + INTERVAL));
    assert_eq!(pace.held_back(now + INTERVAL), None);
    assert_eq!(pace.held_back(now + INTERVAL * 100), None);
}

#[test]
fn the_device_node_is_found_by_its_place() {
    let class = tempfile::tempdir().unwrap();
    for (name, phys) in [("hidraw0", "faultkey/7/11"), ("hidraw1", "faultkey/7/1"), ("hidraw2", "usb-1")] {
        fs::create_dir_all(class.path().join(name).join("device")).unwrap();
        fs::write(class.path().join(name).join("device/uevent"), format!("DRIVER=hid-generic\nHID_PHYS={phys}\nHID_UNIQ=1\n")).unwrap();
    }
    assert_eq!(find(class.path(), "faultkey/7/1").as_deref(), Some("hidraw1"));
    assert_eq!(find(class.path(), "faultkey/7/2"), None);
    assert_eq!(find(&class.path().join("none"), "faultkey/7/1"), None);
}

#[test]
fn what_is_missing_is_said_with_what_mends_it() {
    let told = |error: io::Error| PlugError::from(error).to_string();
    let missing = told(io::ErrorKind::NotFound.into());
    assert!(missing.starts_with("/dev/uhid can't be opened (") && missing.contains("sudo modprobe uhid"), "{missing}");
    assert!(told(io::Error::from_raw_os_error(19)).contains("sudo modprobe uhid"));
    let refused = told(io::Error::from_raw_os_error(13));
    assert!(refused.contains("you may not open it") && refused.contains("faultkey attach --print-udev-rule | sudo tee"), "{refused}");
    let forbidden = told(io::Error::from_raw_os_error(1));
    assert!(forbidden.ends_with("Start the container with --volume /dev:/dev --device-cgroup-rule 'c *:* rmw'"), "{forbidden}");
    assert!(told(io::Error::from_raw_os_error(24)).starts_with("/dev/uhid can't be used: "));
}
