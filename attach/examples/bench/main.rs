//! How long things take at a key that is plugged in. `cargo xtask bench` builds it optimised and runs its parts, each in a process of its own.

#![allow(clippy::disallowed_macros, reason = "a benchmark may fail where it can't print")]

mod attaching;
mod exchanges;
mod host;
mod many;
mod table;

use std::future::Future;

const USAGE: &str = "Usage: bench attach PROGRAM | exchanges | many N | kernel PROGRAM, where PROGRAM is the program faultkey";

fn main() -> Result<(), String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["attach", program] => run(attaching::at_a_socket(program.as_ref())),
        ["kernel", program] => run(attaching::in_the_kernel(program.as_ref())),
        ["exchanges"] => run(exchanges::over_the_socket()),
        ["many", count] => run(many::at_once(count.parse().map_err(|_| format!("`{count}` is no number of keys"))?)),
        _ => Err(USAGE.to_owned()),
    }
}

/// As `faultkey attach` runs: on one thread.
fn run(part: impl Future<Output = Result<(), String>>) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    tokio::task::LocalSet::new().block_on(&runtime, part)
}
