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
