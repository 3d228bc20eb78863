//! `faultkey rp`

use std::convert::Infallible;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use faultkey_relying_party::{Clock, Embedded, Handling};
use faultkey_transport::WallClock;
use faultkey_transport::escape::escaped;
use serde_json::json;

use crate::output::{say, try_json, try_line};

/// How often the relying party looks at the clock. It counts minutes.
const TICK: Duration = Duration::from_millis(200);

/// Serve the embedded relying party with a page of its own, for browsers on this computer.
///
/// Open http://localhost:8902 and register and sign in with a key of `faultkey attach`, or with any other. The page shows the browser's exception and the
/// relying party's answer; the log goes to standard output. It is a test relying party: anyone who reaches the port can see and change its accounts.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The port on loopback; 0 lets the system choose.
    #[arg(long, value_name = "PORT", default_value_t = 8902)]
    port: u16,
    /// How it handles failures: one code for all, or a diagnosis with a way out.
    #[arg(long, default_value = "diagnosing")]
    handling: HandlingName,
    /// Challenges and session ids are drawn from this.
    #[arg(long, value_name = "N", default_value_t = 902)]
    seed: u64,
    /// Print the log as JSON lines.
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
The page takes its settings from the URL as well, and can start by itself:
  http://localhost:8902/?user=hanako&userVerification=required&residentKey=required&attestation=direct&run=register,login
What happened is JSON in the page's element `result`, in its title, and in the log under the reason `page`.";

#[derive(Clone, Copy, ValueEnum)]
enum HandlingName {
    Opaque,
    Diagnosing,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let served = runtime.map_err(|error| format!("the runtime can't be started: {error}"))?.block_on(serve(arguments));
    served.map(|never| match never {})
}

/// Until the program is ended: nothing has to be put away.
async fn serve(arguments: &Arguments) -> Result<Infallible, String> {
    let handling = match arguments.handling {
        HandlingName::Opaque => Handling::Opaque,
        HandlingName::Diagnosing => Handling::Diagnosing,
    };
    let as_json = arguments.json;
    let reader = Arc::new(move |username: &str, reason: &str, text: &str| {
        // A log that is not read any more stops nothing.
        let _ = if as_json {
            try_json(&json!({ "username": username, "reason": reason, "text": text }).to_string())
        } else {
            // On one line.
            try_line(format_args!("{}: {}: {}", escaped(username), escaped(reason), escaped(text)))
        };
    });
    let clock = Clock::default();
    let served = Embedded::with_page(handling, clock.clone(), arguments.seed, arguments.port, reader).await;
    let served =
        served.map_err(|error| format!("port {} of loopback can't be had: {error}; choose another with --port", arguments.port))?;
    say!("ready at http://localhost:{}", served.address().port());

    let wall = WallClock::start();
    let mut tick = tokio::time::interval(TICK);
    loop {
        tick.tick().await;
        clock.advance_to(wall.now());
    }
}
