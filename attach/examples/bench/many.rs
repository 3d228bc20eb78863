//! Many keys in one process.

use std::time::Instant;

use faultkey_attach::{Keyring, Via};
use faultkey_transport::socket::Address;

use crate::attaching::{Folder, plan};
use crate::host::{GET_INFO, SocketHost};
use crate::table;

pub async fn at_once(count: usize) -> Result<(), String> {
    let folder = Folder::new()?;
    let via = Via::Socket(Address::Path(folder.path("key")));
    let before = resident();
    let started = Instant::now();
    let mut keyring = Keyring::default();
    for number in 1..=count {
        let mut plan = plan()?;
        plan.number = number;
        keyring.add(plan, via.of_key(number), None, None)?;
    }
    let attached = keyring.attach().await?;
    let took = started.elapsed();
    let after = resident();
    // All at once: a host at each of them.
    let mut hosts = Vec::new();
    for seat in attached.keys().seats() {
        let mut host = SocketHost::connect(seat.place().as_ref()).await?;
        host.ask(&GET_INFO).await?;
        hosts.push(host);
    }
    let used = resident();
    let each = |more: Option<u64>| match (before, more) {
        (Some(before), Some(more)) => format!("{} KiB", more.saturating_sub(before) / count.max(1) as u64),
        _ => "not known".to_owned(),
    };
    let milliseconds = took.as_secs_f64() * 1_000.0;
    let text = format!(
        "all ready after {milliseconds:.0} ms, {:.3} ms and {} a key; {} a key with a host at each",
        milliseconds / count.max(1) as f64,
        each(after),
        each(used)
    );
    table::remark(&format!("{count} keys in one process, at sockets"), &text);
    attached.end().await;
    Ok(())
}

/// The process's resident memory in KiB, where the system says it.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}
