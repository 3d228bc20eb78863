//! What ends `faultkey attach` well: its keys are unplugged, its sockets are removed, the terminal is as before.

use std::io;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// SIGTERM, Ctrl-C, Ctrl-\, and the end of the terminal.
pub struct Ends {
    #[cfg(unix)]
    terminate: Signal,
    #[cfg(unix)]
    interrupt: Signal,
    #[cfg(unix)]
    quit: Signal,
    /// `None`: the program was started to outlive its terminal (nohup).
    #[cfg(unix)]
    hangup: Option<Signal>,
}

#[cfg(unix)]
impl Ends {
    /// From now on these signals don't kill.
    pub fn new() -> io::Result<Self> {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let hangup = if hangup_is_ignored(&status) { None } else { Some(signal(SignalKind::hangup())?) };
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
            hangup,
        })
    }

    pub async fn reached(&mut self) {
        let hung_up = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            _ = self.quit.recv() => {}
            _ = hung_up => {}
        }
    }
}

/// From proc(5)'s status: signal 1 is the lowest bit of those that are ignored. Where there is no such file, it is not.
#[cfg(unix)]
fn hangup_is_ignored(status: &str) -> bool {
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|signals| u64::from_str_radix(signals.trim(), 16).ok()).is_some_and(|signals| signals & 1 == 1)
}

#[cfg(not(unix))]
impl Ends {
    pub fn new() -> io::Result<Self> {
        Ok(Self {})
    }

    pub async fn reached(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::hangup_is_ignored;

    #[test]
    fn nohup_is_respected() {
        assert!(hangup_is_ignored("SigBlk:\t0000000000000000\nSigIgn:\t0000000000001001\n"));
        assert!(!hangup_is_ignored("SigBlk:\t0000000000000001\nSigIgn:\t0000000000001000\n"));
        assert!(!hangup_is_ignored(""));
    }
}
