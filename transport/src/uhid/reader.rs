//! Reads what the kernel tells, in a thread that does nothing else.
//!
//! The kernel keeps 31 reports of a program for us, and forgets the next ones without a word: nothing slows a program down that writes. A message of
//! 7,609 bytes has 129. So they must be taken out while it writes, whatever the key does meanwhile.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::mpsc;

use super::event::{Event, LONGEST_EVENT};

/// Two of the longest messages, for a key that is late.
const ROOM: usize = 258;
/// The most eager that a thread can be.
const NICE: i32 = -20;

/// Starts the thread. It ends, and closes its end of `device`, when the receiver is dropped.
pub fn start(device: Arc<File>) -> io::Result<mpsc::Receiver<io::Result<Event>>> {
    let (events, told) = mpsc::channel(ROOM);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    std::thread::Builder::new().name("uhid".to_owned()).spawn(move || {
        // On Linux a thread has a priority of its own, and no process is the thread that asks. It is a wish: most users may not (RLIMIT_NICE).
        let _ = rustix::process::setpriority_process(None, NICE);
        runtime.block_on(async {
            tokio::select! {
                () = events.closed() => {}
                error = carry(device, &events) => drop(events.send(Err(error)).await),
            }
        });
    })?;
    Ok(told)
}

/// Until there is an error.
// AsyncFd's constructor: its successor is unsafe, for types whose descriptor may change. A file's never does.
#[allow(deprecated)]
async fn carry(device: Arc<File>, events: &mpsc::Sender<io::Result<Event>>) -> io::Error {
    let device = match AsyncFd::with_interest(device, Interest::READABLE) {
        Ok(device) => device,
        Err(error) => return error,
    };
    let mut buffer = [0; LONGEST_EVENT];
    loop {
        let count = match device.async_io(Interest::READABLE, |device| device.as_ref().read(&mut buffer)).await {
            Ok(count) => count,
            Err(error) => return error,
        };
        let Some(event) = Event::parse(buffer.get(..count).unwrap_or_default()) else {
            return io::Error::new(io::ErrorKind::UnexpectedEof, "the kernel's end of UHID is closed");
        };
        // Nobody who wants to know is the end of this, too.
        let _ = events.send(Ok(event)).await;
    }
}
