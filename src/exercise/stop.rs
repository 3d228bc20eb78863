//! What ends a run early: Ctrl-C, SIGTERM, the time limit.

use std::time::Duration;

use faultkey_lab::exercise::Stop;
use faultkey_lab::verdict::Incomplete;

/// Within a runtime. A second signal ends the program at once.
pub fn on_signals_and_after(limit: Duration) -> Stop {
    let (sender, stop) = Stop::new();
    tokio::spawn(async move {
        let reason = tokio::select! {
            _ = tokio::signal::ctrl_c() => Incomplete::Interrupted,
            () = terminated() => Incomplete::Terminated,
            () = tokio::time::sleep(limit) => Incomplete::TimeLimit,
        };
        let _nobody_listens = sender.send(Some(reason));
        let code = tokio::select! {
            _ = tokio::signal::ctrl_c() => 130,
            () = terminated() => 143,
            () = sender.closed() => return,
        };
        std::process::exit(code);
    });
    stop
}

#[cfg(unix)]
async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut signal) => {
            signal.recv().await;
        }
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn terminated() {
    std::future::pending().await
}
