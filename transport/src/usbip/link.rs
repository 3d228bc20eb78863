//! The loop that carries a connection's bytes.

use std::future::{pending, ready};
use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::Connection;
use crate::usb::{Device, Pluggable};
use crate::{LineEvent, WallClock};

/// A host that sends and never reads is not read from either, once so many bytes wait for it.
const MOST_OUTGOING: usize = 0x1_0000;

/// One host, until it goes away (`None`) or the device does.
pub(super) async fn attend(
    device: &mut Device<'_>,
    plugged: &impl Pluggable,
    clock: &WallClock,
    mut connection: Connection,
    stream: impl AsyncRead + AsyncWrite + Unpin,
) -> io::Result<Option<LineEvent>> {
    let (mut reader, mut writer) = tokio::io::split(stream);
    let mut buffer = [0; 4_096];
    loop {
        // What is over is told before the device goes on. That may take it seconds, as a new RSA key does, and Linux waits five for a report to be
        // taken.
        tokio::select! {
            biased;
            written = write(&mut writer, connection.outgoing()) => connection.sent(written?),
            () = ready(()) => {}
        }
        device.work(clock.now());
        connection.collect(device);
        // What was said before goes out before the device does.
        if connection.outgoing().is_empty()
            && let Some(event) = device.next_line_event()
        {
            return Ok(Some(event));
        }
        // `read` and `write` lose nothing when another branch comes first.
        tokio::select! {
            read = reader.read(&mut buffer), if connection.outgoing().len() < MOST_OUTGOING => {
                match read? {
                    0 => return Ok(None),
                    count => connection.receive(clock.now(), device, buffer.get(..count).unwrap_or_default())?,
                }
            }
            written = write(&mut writer, connection.outgoing()) => connection.sent(written?),
            () = clock.reach(device.deadline()) => {}
            () = plugged.changed() => {}
        }
    }
}

async fn write(writer: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> io::Result<usize> {
    match bytes {
        [] => pending().await,
        // A host that is gone takes nothing.
        bytes => writer.write(bytes).await.and_then(|count| if count == 0 { Err(io::ErrorKind::WriteZero.into()) } else { Ok(count) }),
    }
}
