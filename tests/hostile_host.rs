//! A hostile host at a real socket: a million random and mutated reports, seeded. The key answers afterwards, and its memory is flat.

#![allow(clippy::disallowed_macros, reason = "a test may print, and may fail where it can't")]
#![cfg(unix)]

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const SEED: u64 = 0x0902_0902_0902_0902;
const REPORTS: usize = 1_000_000;
const BATCH: usize = 10_000;
/// What the allocator may keep of the largest moment. A leak of one byte for each report would be a megabyte.
const MOST_GROWTH: u64 = 900;

/// xorshift64
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() >> 11).unwrap_or_default() % end
    }
}

/// A message in reports.
fn fragment(channel: u32, command: u8, message: &[u8]) -> Vec<[u8; 64]> {
    let mut reports = Vec::new();
    let (first, rest) = message.split_at(message.len().min(57));
    let mut report = [0; 64];
    report[..4].copy_from_slice(&channel.to_be_bytes());
    report[4] = 0x80 | command;
    report[5..7].copy_from_slice(&u16::try_from(message.len()).expect("a message's length").to_be_bytes());
    report[7..7 + first.len()].copy_from_slice(first);
    reports.push(report);
    for (sequence, part) in rest.chunks(59).enumerate() {
        let mut report = [0; 64];
        report[..4].copy_from_slice(&channel.to_be_bytes());
        report[4] = u8::try_from(sequence).expect("a sequence number");
        report[5..5 + part.len()].copy_from_slice(part);
        reports.push(report);
    }
    reports
}

/// Messages that a well-behaved host sends.
fn messages() -> Vec<(u8, Vec<u8>)> {
    let hex =
        |text: &str| -> Vec<u8> { (0..text.len() / 2).map(|at| u8::from_str_radix(&text[at * 2..at * 2 + 2], 16).expect("hex")).collect() };
    let hash = "58200101010101010101010101010101010101010101010101010101010101010101";
    // makeCredential and getAssertion of example.com, ES256.
    let entities = "02a16269646b6578616d706c652e636f6d03a26269644101646e616d656161";
    let make = format!("01a401{hash}{entities}0481a263616c672664747970656a7075626c69632d6b6579");
    let get = format!("02a2016b6578616d706c652e636f6d02{hash}");
    vec![
        (0x06, vec![7; 8]),
        (0x01, vec![7; 3]),
        (0x01, vec![7; 300]),
        (0x10, vec![0x04]),
        (0x10, hex(&make)),
        (0x10, hex(&get)),
        (0x10, hex("06a201020202")),
        (0x10, hex("06a201020201")),
        (0x10, vec![0x08]),
        (0x03, hex("00030000000000")),
        (0x11, Vec::new()),
        (0x04, vec![1]),
        (0x08, Vec::new()),
    ]
}

struct Key {
    program: Child,
    _folder: tempfile::TempDir,
    path: std::path::PathBuf,
}

impl Key {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        let mut program = Command::new(env!("CARGO_BIN_EXE_faultkey"))
            .args(["serve", "--profile", "yubikey-5", "--socket"])
            .arg(&path)
            .stdout(Stdio::piped())
            .spawn()
            .expect("faultkey");
        let mut ready = String::new();
        BufReader::new(program.stdout.take().expect("a pipe")).read_line(&mut ready).expect("the ready line");
        assert!(ready.starts_with("ready at "), "{ready}");
        Self { program, _folder: folder, path }
    }

    fn connect(&self) -> UnixStream {
        let stream = UnixStream::connect(&self.path).expect("the key's socket");
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a time limit");
        stream
    }

    /// Resident memory, in KiB; `None` where the system does not say.
    fn memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string(Path::new("/proc").join(self.program.id().to_string()).join("status")).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
        line.split_whitespace().nth(1)?.parse().ok()
    }

    /// INIT and PING on a channel of its own, on a new connection.
    fn is_alive(&self) {
        let mut stream = self.connect();
        stream.write_all(&fragment(0xFFFF_FFFF, 0x06, b"12345678").concat()).expect("INIT");
        let answer = report(&mut stream);
        assert_eq!((answer[4], &answer[7..15]), (0x86, &b"12345678"[..]));
        let channel = u32::from_be_bytes(answer[15..19].try_into().expect("a channel"));
        let ping = fragment(channel, 0x01, &[9; 200]);
        stream.write_all(&ping.concat()).expect("PING");
        for sent in ping {
            assert_eq!(report(&mut stream), sent);
        }
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

fn report(stream: &mut UnixStream) -> [u8; 64] {
    let mut report = [0; 64];
    stream.read_exact(&mut report).expect("a report");
    report
}

/// The next reports of the host: half of them noise on likely channels, half good messages with one byte changed, or none.
fn hostile(chance: &mut Chance, messages: &[(u8, Vec<u8>)], out: &mut Vec<u8>) -> usize {
    let channel = match chance.below(10) {
        0 => 0xFFFF_FFFF,
        1 => chance.next() as u32,
        known => u32::try_from(known).expect("small") - 1,
    };
    if chance.below(4) == 0 {
        let mut noise = [0; 64];
        noise.iter_mut().for_each(|byte| *byte = chance.next() as u8);
        noise[..4].copy_from_slice(&channel.to_be_bytes());
        out.extend(noise);
        return 1;
    }
    let (command, message) = &messages[chance.below(messages.len())];
    let mut reports = fragment(channel, *command, message);
    if chance.below(2) == 0 {
        let (which, at) = (chance.below(reports.len()), chance.below(64));
        reports[which][at] = chance.next() as u8;
    }
    let count = reports.len() - usize::from(chance.below(20) == 0);
    out.extend(reports[..count].concat());
    count
}

#[test]
fn a_million_hostile_reports_leave_a_key_that_answers_and_flat_memory() {
    println!("seed {SEED:#x}");
    let key = Key::start();
    let (mut chance, messages) = (Chance(SEED), messages());
    let mut stream = key.connect();
    let mut reader = stream.try_clone().expect("the socket's other side");
    let answers = std::thread::spawn(move || {
        let (mut buffer, mut bytes) = (vec![0; 65_536], 0_usize);
        while let Ok(count @ 1..) = reader.read(&mut buffer) {
            bytes += count;
        }
        bytes / 64
    });
    let (mut sent, mut after_a_tenth) = (0, None);
    while sent < REPORTS {
        let mut batch = Vec::with_capacity(BATCH * 64);
        let end = sent + BATCH;
        while sent < end {
            sent += hostile(&mut chance, &messages, &mut batch);
        }
        stream.write_all(&batch).expect("the key reads on");
        if sent >= REPORTS / 10 {
            after_a_tenth = after_a_tenth.or_else(|| key.memory());
        }
    }
    stream.shutdown(std::net::Shutdown::Both).expect("the socket closes");
    let answers = answers.join().expect("the reader");
    key.is_alive();
    let at_the_end = key.memory();
    println!("{sent} reports sent, {answers} came back; memory after a tenth {after_a_tenth:?} KiB, at the end {at_the_end:?} KiB");
    assert!(answers > sent / 10, "only {answers} reports came back: the host did not reach what it attacks");
    if let (Some(before), Some(after)) = (after_a_tenth, at_the_end) {
        assert!(after < before + MOST_GROWTH, "{before} KiB became {after} KiB");
    } else {
        println!("SKIPPED the comparison of memory: this system has no /proc");
    }
}
