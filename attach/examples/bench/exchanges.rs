//! Round trips over the socket: from the first report written to the last one read.

use std::time::{Duration, Instant};

use faultkey_attach::{Place, Presence, Via};
use faultkey_transport::socket::Address;

use crate::attaching::{Folder, plan};
use crate::host::{GET_INFO, SocketHost, assertion, registration};
use crate::table;

const ROUNDS: usize = 1_000;

pub async fn over_the_socket() -> Result<(), String> {
    let folder = Folder::new()?;
    for (name, place) in [("memory", Place::Memory), ("sled", Place::Folder(folder.path("store")))] {
        let path = folder.path(name);
        let mut plan = plan()?;
        plan.place = place;
        plan.presence = Presence::Always;
        let mut keyring = faultkey_attach::Keyring::default();
        keyring.add(plan, Via::Socket(Address::Path(path.clone())), None, None)?;
        let attached = keyring.attach().await?;
        let mut host = SocketHost::connect(&path).await?;
        for (request, bytes) in [("getInfo", GET_INFO.to_vec()), ("makeCredential", registration()), ("getAssertion", assertion())] {
            // Once beforehand: what is measured is neither the first page fault nor the first reservation of a counter.
            host.ask(&bytes).await?;
            table::line(&format!("{request} over the socket, store: {name}"), &rounds(&mut host, &bytes).await?);
        }
        attached.end().await;
    }
    Ok(())
}

async fn rounds(host: &mut SocketHost, request: &[u8]) -> Result<Vec<Duration>, String> {
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let started = Instant::now();
        host.ask(request).await?;
        times.push(started.elapsed());
    }
    Ok(times)
}
