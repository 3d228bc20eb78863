//! `cargo xtask bench`: how long things take at a key that is plugged in. Measures and prints; nothing fails because it was slow.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::command::{cargo, output, succeed, target};
#[cfg(unix)]
use crate::tools::{self, NoMachine};
#[cfg(unix)]
use crate::vm::{self, Machine};

/// How many keys plug themselves in at once.
const MANY: [&str; 2] = ["100", "1000"];
#[cfg(unix)]
const TIME_LIMIT: Duration = Duration::from_secs(900);

/// Builds what measures, runs it here, and where there is a virtual machine, in that.
pub fn bench() -> Result<(), String> {
    succeed(&mut cargo(&["build", "--release", "--package", "faultkey", "--bin", "faultkey"]))?;
    succeed(&mut cargo(&["build", "--release", "--package", "faultkey-attach", "--example", "bench"]))?;
    let folder = target()?.join("release");
    let programs = Programs { bench: folder.join("examples/bench"), faultkey: folder.join("faultkey") };
    println!("\nOn this computer: {}\n{}", machine(), head());
    succeed(programs.bench("attach").arg(&programs.faultkey))?;
    succeed(&mut programs.bench("exchanges"))?;
    for count in MANY {
        succeed(programs.bench("many").arg(count))?;
    }
    in_the_kernel(&programs)
}

/// Processor time of `faultkey exercise` without a relying party: every scenario, both ways of handling.
pub fn demo() -> Result<(), String> {
    succeed(&mut cargo(&["build", "--release", "--package", "faultkey", "--bin", "faultkey"]))?;
    let faultkey = target()?.join("release/faultkey");
    let out = target()?.join("bench-demo");
    println!("\nfaultkey exercise, on this computer: {}", machine());
    for run in 1..=5 {
        // POSIX: `times` prints the shell's own times, then those of what it waited for.
        let script = r#""$0" exercise --out "$1" > /dev/null; times"#;
        let (faultkey, out) = (faultkey.display().to_string(), out.display().to_string());
        let times = output("sh", &["-c", script, &faultkey, &out]).ok_or_else(|| format!("`{faultkey} exercise` failed"))?;
        let line = times.lines().nth(1).ok_or_else(|| format!("`times` printed {times:?}"))?;
        let seconds: f64 = line.split_whitespace().filter_map(seconds).sum();
        println!("  run {run}: {seconds:.2} CPU-seconds (user and system)");
    }
    Ok(())
}

/// `0m1.230s`
fn seconds(text: &str) -> Option<f64> {
    let (minutes, seconds) = text.trim_end_matches('s').split_once('m')?;
    Some(minutes.parse::<f64>().ok()? * 60.0 + seconds.parse::<f64>().ok()?)
}

struct Programs {
    bench: PathBuf,
    faultkey: PathBuf,
}

impl Programs {
    fn bench(&self, part: &str) -> Command {
        let mut command = Command::new(&self.bench);
        command.arg(part);
        command
    }
}

/// A key that the kernel takes for real: here, if this kernel can; otherwise in the virtual machine.
#[cfg(unix)]
fn in_the_kernel(programs: &Programs) -> Result<(), String> {
    if Path::new("/dev/uhid").exists() {
        println!("\nBy this computer's kernel, device node there\n{}", head());
        return succeed(programs.bench("kernel").arg(&programs.faultkey));
    }
    match tools::devices_ready() {
        Ok(()) => {}
        Err(NoMachine::NotHere(reason)) => {
            println!("\nNOT MEASURED: UHID and USB/IP: {reason}");
            return Ok(());
        }
        Err(NoMachine::Failed(reason)) => return Err(reason),
    }
    println!(
        "\nBy Debian's kernel in a virtual machine, device node there. Without KVM, QEMU emulates the processor: about ten times slower\n{}",
        head()
    );
    let machine = Machine { time_limit: TIME_LIMIT, ..Machine::default() };
    let command = [&programs.bench, Path::new("kernel"), &programs.faultkey].map(|word| word.display().to_string());
    match vm::run(&machine, &command)? {
        0 => Ok(()),
        code => Err(format!("measuring in the virtual machine ended with {code}")),
    }
}

#[cfg(not(unix))]
fn in_the_kernel(_programs: &Programs) -> Result<(), String> {
    println!("\nNOT MEASURED: UHID and USB/IP, which only Linux has");
    Ok(())
}

/// The head of the lines that attach/examples/bench/table.rs prints.
fn head() -> String {
    format!("{:<58} {:>5} {:>9} {:>9} {:>9} {:>9}", "milliseconds", "n", "min", "median", "99 %", "max")
}

/// What the figures belong to.
fn machine() -> String {
    let processor = std::fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(": ")?.1.to_owned())
    });
    let processors = std::thread::available_parallelism().map_or(0, usize::from);
    let load = std::fs::read_to_string("/proc/loadavg").ok().and_then(|text| Some(text.split_once(' ')?.0.to_owned()));
    format!(
        "{} x {}, {}, load {} at the start",
        processors,
        processor.as_deref().unwrap_or("an unknown processor"),
        output("uname", &["-sr"]).as_deref().unwrap_or(std::env::consts::OS),
        load.as_deref().unwrap_or("not known"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_minutes_and_seconds() {
        assert_eq!(seconds("1m2.500s"), Some(62.5));
        assert_eq!(seconds("2.5"), None);
    }
}
