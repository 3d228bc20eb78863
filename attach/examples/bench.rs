//! How long it takes: from the order to a key that a host can use, and one getInfo over the socket.
//!
//! `cargo run --release -p faultkey-attach --example bench`. UHID is measured where this computer has it.

use std::path::Path;
use std::time::{Duration, Instant};

use faultkey_attach::{Keyring, Plan, Via};
use faultkey_authenticator::Time;
use faultkey_fault_injection::profile;
use faultkey_transport::ctaphid::command;
use faultkey_transport::ctaphid::host::{Heard, Host, Patience};
use faultkey_transport::socket::Address;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

const GET_INFO: [u8; 1] = [0x04];
const ROUNDS: u32 = 1_000;

fn main() -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    tokio::task::LocalSet::new().block_on(&runtime, bench())
}

async fn bench() -> Result<(), String> {
    let folder = std::env::temp_dir().join(format!("faultkey-bench-{}", std::process::id()));
    std::fs::create_dir(&folder).map_err(|error| error.to_string())?;
    let path = folder.join("key");
    let started = Instant::now();
    let attached = attach(Via::Socket(Address::Path(path.clone()))).await?;
    println!("attach to ready, socket: {:?}", started.elapsed());
    let mut times = round_trips(&path).await.map_err(|error| error.to_string())?;
    times.sort();
    let total: Duration = times.iter().sum();
    let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or_default();
    println!("getInfo over the socket: mean {:?}, median {:?}, 99 of 100 within {:?} ({ROUNDS} rounds)", total / ROUNDS, at(50), at(99));
    attached.end().await;
    std::fs::remove_dir_all(&folder).map_err(|error| error.to_string())?;
    for (name, via) in [("UHID", Via::Uhid), ("USB/IP", Via::UsbIp)] {
        let started = Instant::now();
        match attach(via).await {
            Ok(attached) => {
                let place = attached.keys().seats().iter().map(|seat| seat.place()).collect::<String>();
                println!("attach to ready, {name}: {:?} (to {place})", started.elapsed());
                attached.end().await;
            }
            Err(why) => println!("attach to ready, {name}: not here: {why}"),
        }
    }
    Ok(())
}

async fn attach(via: Via) -> Result<faultkey_attach::Attached, String> {
    let profile = profile::find("security-key").ok_or("no profile")?.clone();
    let mut keyring = Keyring::default();
    keyring.add(Plan::new(profile), via, None, None)?;
    keyring.attach().await
}

async fn round_trips(path: &Path) -> std::io::Result<Vec<Duration>> {
    let mut stream = UnixStream::connect(path).await?;
    let mut host = Host::new(Patience::default());
    let opening = host.open(Time::START, *b"measures");
    exchange(&mut stream, &mut host, opening).await?;
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let started = Instant::now();
        let request = host.request(Time::START, command::CBOR, &GET_INFO);
        exchange(&mut stream, &mut host, request).await?;
        times.push(started.elapsed());
    }
    Ok(times)
}

async fn exchange(stream: &mut UnixStream, host: &mut Host, reports: Vec<[u8; 64]>) -> std::io::Result<Heard> {
    for report in reports {
        stream.write_all(&report).await?;
    }
    loop {
        let mut report = [0; 64];
        stream.read_exact(&mut report).await?;
        if let Some(heard) = host.receive(Time::START, &report) {
            return Ok(heard);
        }
    }
}
