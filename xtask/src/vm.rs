//! `cargo xtask vm`: a command in a throwaway virtual machine whose kernel has `/dev/uhid` and `vhci_hcd`.
//!
//! QEMU boots Debian's stock kernel. The root inside is this computer's root, read only, under an overlay in memory: every program that is installed
//! here runs there unchanged, and what it writes is gone with the machine. No network. The command's streams and its exit code pass through.

mod guest;
mod initramfs;
mod kernel;

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::tools;
use kernel::Kernel;

/// The machine did not get as far as the command's end.
const TIME_IS_UP: i32 = 124;
const LOG_LINES: usize = 20;

/// How much of a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    pub cpus: u32,
    /// In MiB.
    pub memory: u32,
    /// Kills the machine.
    pub time_limit: Duration,
    /// Folders of this computer that can be written inside, at the same path.
    pub writable: Vec<PathBuf>,
}

impl Default for Machine {
    fn default() -> Self {
        // One processor boots fastest under emulation.
        Self { cpus: 1, memory: 2048, time_limit: Duration::from_secs(300), writable: Vec::new() }
    }
}

/// `cargo xtask vm [options] -- COMMAND`.
///
/// # Errors
/// When the arguments can't be read, or the machine can't be started.
pub fn main(arguments: &[String]) -> Result<i32, String> {
    let (machine, command) = parse(arguments)?;
    tools::machine_ready()?;
    run(&machine, command)
}

fn parse(arguments: &[String]) -> Result<(Machine, &[String]), String> {
    let mut machine = Machine::default();
    let mut rest = arguments;
    while let [option, after @ ..] = rest {
        let value = || after.first().ok_or_else(|| format!("{option} needs a value"));
        let number = || value()?.parse::<u32>().map_err(|_| format!("{option} needs a whole number"));
        match option.as_str() {
            "--cpus" => machine.cpus = number()?,
            "--memory" => machine.memory = number()?,
            "--time-limit" => machine.time_limit = Duration::from_secs(number()?.into()),
            "--writable" => machine.writable.push(value()?.into()),
            "--" if !after.is_empty() => return Ok((machine, after)),
            "--" => break,
            other => return Err(format!("there is no option `{other}`; the command comes after `--`: cargo xtask vm -- COMMAND")),
        }
        rest = after.get(1..).unwrap_or_default();
    }
    Err("no command; say one: cargo xtask vm [--cpus N] [--memory MIB] [--time-limit SECONDS] [--writable DIR] -- COMMAND".to_owned())
}

/// Runs one command, and gives its exit code; 124 when the time was up.
///
/// # Errors
/// When the machine ended before the command did, with the end of its log.
pub fn run(machine: &Machine, command: &[String]) -> Result<i32, String> {
    let kernel = Kernel::prepare()?;
    let folder = Folder::new()?;
    let mut writable = Vec::new();
    for path in &machine.writable {
        writable.push(path.canonicalize().map_err(|error| format!("{}: {error}", path.display()))?);
    }
    let start = folder.0.join("start.sh");
    let here = std::env::current_dir().map_err(|error| format!("the current folder: {error}"))?;
    fs::write(&start, guest::start(&kernel.modules, &writable, &here, command)).map_err(failed(&start))?;
    let out = Port::listen(&folder.0, "out", io::stdout())?;
    let err = Port::listen(&folder.0, "err", io::stderr())?;
    let code = Port::listen(&folder.0, "code", Vec::new())?;

    let log = folder.0.join("kernel.log");
    // If this program is killed, the machine is not to go on alone.
    let mut qemu = Command::new("setpriv");
    qemu.args(["--pdeathsig", "KILL", "--", "qemu-system-x86_64"]);
    qemu.args(accelerator()).args(["-M", "pc", "-m", &machine.memory.to_string(), "-smp", &machine.cpus.to_string()]);
    qemu.args("-nodefaults -no-user-config -display none -no-reboot -nic none -device virtio-rng-pci -device virtio-serial-pci".split(' '));
    qemu.arg("-kernel").arg(&kernel.image).arg("-initrd").arg(&kernel.initramfs);
    // `tsc=reliable` makes the guest's clock run too fast when this computer is busy.
    let parameters = "console=ttyS0 quiet loglevel=4 panic=-1 mitigations=off no_timer_check tsc=unstable random.trust_cpu=on";
    qemu.arg("-append").arg(format!("{parameters} faultkey.start={}", start.display()));
    qemu.arg("-serial").arg(format!("file:{}", log.display()));
    share(&mut qemu, guest::ROOT, Path::new("/"), true);
    for (number, path) in writable.iter().enumerate() {
        share(&mut qemu, &guest::tag(number), path, false);
    }
    for port in ["out", "err", "code"] {
        qemu.arg("-chardev").arg(format!("socket,id={port},path={}", folder.0.join(port).display()));
        qemu.arg("-device").arg(format!("virtserialport,chardev={port},name={port}"));
    }
    let complaints = folder.0.join("qemu.log");
    let complaints_file = fs::File::create(&complaints).map_err(failed(&complaints))?;
    let mut child = qemu
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(complaints_file)
        .spawn()
        .map_err(|error| format!("qemu-system-x86_64 can't be started: {error}"))?;
    let in_time = wait(&mut child, machine.time_limit)?;
    out.finish();
    err.finish();
    let code = String::from_utf8_lossy(&code.finish()).trim().parse();
    match code {
        Ok(code) => Ok(code),
        Err(_) if !in_time => {
            eprintln!("cargo xtask vm: the time limit of {} s is up", machine.time_limit.as_secs());
            Ok(TIME_IS_UP)
        }
        Err(_) => Err(format!("the virtual machine ended before the command did\n{}{}", tail(&complaints), tail(&log))),
    }
}

/// Emulation works everywhere. KVM is used where it is the processor's own: another hypervisor's /dev/kvm may not run a stock kernel.
fn accelerator() -> [&'static str; 4] {
    let own = ["kvm_intel", "kvm_amd"].iter().any(|module| Path::new("/sys/module").join(module).exists());
    if own && fs::OpenOptions::new().read(true).write(true).open("/dev/kvm").is_ok() {
        ["-accel", "kvm", "-cpu", "host"]
    } else {
        ["-accel", "tcg,thread=multi,tb-size=512", "-cpu", "max,avx=off"]
    }
}

fn share(qemu: &mut Command, tag: &str, path: &Path, read_only: bool) {
    let read_only = if read_only { ",readonly=on" } else { "" };
    // A comma in a path would end it.
    let path = path.display().to_string().replace(',', ",,");
    qemu.arg("-fsdev").arg(format!("local,id={tag},path={path},security_model=none,multidevs=remap{read_only}"));
    qemu.arg("-device").arg(format!("virtio-9p-pci,fsdev={tag},mount_tag={tag}"));
}

/// Whether it ended by itself.
fn wait(child: &mut Child, limit: Duration) -> Result<bool, String> {
    let start = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(_)) => return Ok(true),
            Ok(None) if start.elapsed() < limit => thread::sleep(Duration::from_millis(50)),
            Ok(None) => {
                let killed = child.kill().and_then(|()| child.wait());
                return killed.map(|_| false).map_err(|error| format!("qemu can't be ended: {error}"));
            }
            Err(error) => return Err(format!("qemu can't be waited for: {error}")),
        }
    }
}

fn tail(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    let last = lines.iter().skip(lines.len().saturating_sub(LOG_LINES));
    last.map(|line| format!("    {line}\n")).collect()
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> String {
    move |error| format!("{}: {error}", path.display())
}

/// The run's own folder, gone at its end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self, String> {
        let path = std::env::temp_dir().join(format!("faultkey-vm-{}", std::process::id()));
        fs::create_dir_all(&path).map_err(failed(&path))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left is a few kilobytes in the folder for such things.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A serial port of the machine, copied to somewhere as it comes.
struct Port<W> {
    path: PathBuf,
    copy: JoinHandle<W>,
}

impl<W: Write + Send + 'static> Port<W> {
    fn listen(folder: &Path, name: &str, mut to: W) -> Result<Self, String> {
        let path = folder.join(name);
        let listener = UnixListener::bind(&path).map_err(failed(&path))?;
        let copy = thread::spawn(move || {
            if let Ok((mut stream, _)) = listener.accept() {
                let mut buffer = [0; 4096];
                while let Ok(count @ 1..) = stream.read(&mut buffer) {
                    // Nobody reads our own output any more: the machine's goes nowhere, as it would from a plain command.
                    let _ = to.write_all(buffer.get(..count).unwrap_or_default()).and_then(|()| to.flush());
                }
            }
            to
        });
        Ok(Self { path, copy })
    }

    /// When QEMU is gone: all that came. A QEMU that never opened the port leaves a thread that waits, so the door is knocked at.
    fn finish(self) -> W {
        drop(std::os::unix::net::UnixStream::connect(&self.path));
        self.copy.join().unwrap_or_else(|_| unreachable!("copying does not panic"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn options_come_before_the_command() {
        let arguments = words("--cpus 2 --time-limit 60 --writable /tmp -- ls --cpus");
        let (machine, command) = parse(&arguments).unwrap();
        assert_eq!(command, ["ls", "--cpus"]);
        let expected = Machine { cpus: 2, time_limit: Duration::from_secs(60), writable: vec!["/tmp".into()], ..Machine::default() };
        assert_eq!(machine, expected);
    }

    #[test]
    fn wrong_use_is_explained() {
        assert_eq!(parse(&words("ls")).unwrap_err(), "there is no option `ls`; the command comes after `--`: cargo xtask vm -- COMMAND");
        assert_eq!(parse(&words("--cpus")).unwrap_err(), "--cpus needs a value");
        assert_eq!(parse(&words("--cpus many -- ls")).unwrap_err(), "--cpus needs a whole number");
        assert!(parse(&words("--")).unwrap_err().starts_with("no command; say one"));
        assert!(parse(&[]).is_err());
    }

    #[test]
    fn a_port_gives_what_came_and_does_not_hang_when_nothing_did() {
        let folder = Folder::new().unwrap();
        let port = Port::listen(&folder.0, "a", Vec::new()).unwrap();
        std::os::unix::net::UnixStream::connect(folder.0.join("a")).unwrap().write_all(b"7\n").unwrap();
        assert_eq!(port.finish(), b"7\n");
        let port = Port::listen(&folder.0, "b", Vec::new()).unwrap();
        assert_eq!(port.finish(), b"");
    }
}
