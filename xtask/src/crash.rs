//! `cargo xtask crash N`: kills a program that registers and logs in on a sled store, N times at random moments, and checks what it
//! acknowledged: no credential lost, no signature counter seen twice or going back, every reopen works.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::command::cargo;

/// A victim that says nothing for so long is stuck.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs the crash test; the seed is drawn from the clock, or given in `FAULTKEY_CRASH_SEED`.
///
/// # Errors
/// What was lost or went back, with the seed and the folder, which is kept then.
pub fn run(times: u32) -> Result<(), String> {
    let seed = match std::env::var("FAULTKEY_CRASH_SEED") {
        Ok(text) => text.parse().map_err(|_| format!("FAULTKEY_CRASH_SEED is {text:?}, but a whole number is needed"))?,
        Err(_) => SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |now| now.as_nanos() as u64),
    };
    println!("crash: seed {seed}; the same moments again: FAULTKEY_CRASH_SEED={seed} cargo xtask crash {times}");
    let victim = build()?;
    let folder = std::env::temp_dir().join(format!("faultkey-crash-{}-{seed}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(|error| format!("can't make the folder {}: {error}", folder.display()))?;

    let begun = Instant::now();
    let mut dice = Dice(seed | 1);
    let mut facts = Facts::default();
    let mut kills = Kills::default();
    for round in 1..=times {
        let moment = Moment::draw(&mut dice);
        kill_once(&victim, &folder, dice.next(), moment, &mut facts, &mut kills).map_err(|what| {
            format!("crash {round} of {times} (seed {seed}, killed {moment:?}): {what}; the store is kept in {}", folder.display())
        })?;
    }
    // The last kill counts only when what it left behind is read once more.
    kill_once(&victim, &folder, dice.next(), Moment::WhenReady, &mut facts, &mut Kills::default())
        .map_err(|what| format!("the reopen after the last crash (seed {seed}): {what}; the store is kept in {}", folder.display()))?;
    std::fs::remove_dir_all(&folder).map_err(|error| format!("can't remove {}: {error}", folder.display()))?;
    println!(
        "crash: {times} kills in {:.1} s ({} while opening, {} while writing), {} credentials acknowledged and all there, {} counter values, each above the one before",
        begun.elapsed().as_secs_f64(),
        kills.while_opening,
        kills.while_writing,
        facts.credentials.len(),
        facts.counter_values,
    );
    Ok(())
}

/// Builds the victim and says where it is. Of the whole workspace, so that what `cargo test` has built is not built again.
fn build() -> Result<PathBuf, String> {
    let output = cargo(&["build", "--workspace", "--example", "crash_writer", "--message-format", "json"])
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("can't run cargo: {error}"))?;
    if !output.status.success() {
        return Err("the example crash_writer does not build".to_owned());
    }
    // One JSON object a line; the executable's path is in the artifact message of the example.
    let messages = String::from_utf8_lossy(&output.stdout);
    let path = messages.lines().filter(|line| line.contains("\"crash_writer\"")).find_map(|line| {
        let (_, after) = line.split_once("\"executable\":\"")?;
        after.split_once('"').map(|(path, _)| path.replace("\\\\", "\\"))
    });
    path.map(PathBuf::from).ok_or_else(|| "cargo did not say where crash_writer is".to_owned())
}

/// When the victim dies.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// So long after it was started: while it opens the store, or soon after.
    AfterStart(Duration),
    /// With this many lines acknowledged, and then so much later.
    AfterLines(u64, Duration),
    WhenReady,
}

impl Moment {
    fn draw(dice: &mut Dice) -> Self {
        match dice.below(4) {
            0 => Self::AfterStart(Duration::from_micros(dice.below(60_000))),
            1 => Self::AfterLines(1 + dice.below(20), Duration::from_micros(dice.below(3_000))),
            _ => Self::AfterLines(1 + dice.below(200), Duration::from_micros(dice.below(3_000))),
        }
    }
}

#[derive(Default)]
struct Kills {
    while_opening: u32,
    while_writing: u32,
}

/// What was acknowledged so far, over all victims.
#[derive(Default)]
struct Facts {
    credentials: BTreeSet<String>,
    /// Authenticator and scope -> the last value.
    counters: BTreeMap<String, u64>,
    counter_values: u64,
}

impl Facts {
    /// Takes one line after `ready`.
    fn acknowledge(&mut self, line: &str) -> Result<(), String> {
        if let Some(credential) = line.strip_prefix("credential ") {
            if !self.credentials.insert(credential.to_owned()) {
                return Err(format!("the credential id {credential} was given twice"));
            }
        } else if let Some((scope, value)) = line.strip_prefix("counter ").and_then(|rest| rest.rsplit_once(' ')) {
            let value: u64 = value.parse().map_err(|_| format!("not a counter: {line}"))?;
            match self.counters.insert(scope.to_owned(), value) {
                Some(last) if value <= last => return Err(format!("the counter {scope} was {last}, and then {value}")),
                _ => self.counter_values += 1,
            }
        } else {
            return Err(format!("not a line of the victim: {line}"));
        }
        Ok(())
    }

    /// Compares what a victim found with what was acknowledged.
    fn check(&self, found: &BTreeSet<String>) -> Result<(), String> {
        match self.credentials.difference(found).next() {
            Some(lost) => Err(format!("the acknowledged credential {lost} is lost")),
            None => Ok(()),
        }
    }
}

/// Starts a victim, kills it at `moment`, and takes what it said until then.
fn kill_once(victim: &Path, folder: &Path, seed: u64, moment: Moment, facts: &mut Facts, kills: &mut Kills) -> Result<(), String> {
    let mut child = Command::new(victim)
        .arg(folder.join("store"))
        .arg(seed.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .map_err(|error| format!("can't start {}: {error}", victim.display()))?;
    let result = follow(&mut child, moment);
    // SIGKILL on Unix: the process gets no chance to write another byte.
    let _ = child.kill();
    let ended = child.wait().map_err(|error| error.to_string())?;
    let (lines, rest) = result?;
    if ended.code().is_some() {
        return Err(format!("the victim ended by itself ({ended}); it says why above"));
    }

    let mut found = BTreeSet::new();
    let mut ready = false;
    let mut written = 0_u64;
    for line in lines.into_iter().chain(std::iter::from_fn(|| rest.recv().ok())) {
        match line.strip_prefix("found ") {
            Some(credential) if !ready => {
                found.insert(credential.to_owned());
            }
            _ if line == "ready" => {
                ready = true;
                facts.check(&found)?;
            }
            _ if ready => {
                facts.acknowledge(&line)?;
                written += 1;
            }
            _ => return Err(format!("not a line of the victim before it was ready: {line}")),
        }
    }
    if written > 0 {
        kills.while_writing += 1
    } else {
        kills.while_opening += 1
    }
    Ok(())
}

/// Waits until `moment`. Returns the lines so far, and where the rest comes from.
fn follow(child: &mut Child, moment: Moment) -> Result<(Vec<String>, mpsc::Receiver<String>), String> {
    let stdout = child.stdout.take().ok_or("the victim has no standard output")?;
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut reader = BufReader::new(stdout);
        let mut line = String::new();
        // A line that the kill cut short has no end and acknowledges nothing.
        while reader.read_line(&mut line).is_ok() && line.ends_with('\n') {
            if sender.send(line.trim_end().to_owned()).is_err() {
                return;
            }
            line.clear();
        }
    });
    let mut lines = Vec::new();
    let (wanted, pause) = match moment {
        Moment::AfterStart(pause) => {
            std::thread::sleep(pause);
            return Ok((lines, receiver));
        }
        Moment::AfterLines(count, pause) => (count, pause),
        Moment::WhenReady => (0, Duration::ZERO),
    };
    let mut written = None;
    while written != Some(wanted) {
        let line = match receiver.recv_timeout(PATIENCE) {
            Ok(line) => line,
            Err(mpsc::RecvTimeoutError::Timeout) => return Err(format!("the victim said nothing for {} s", PATIENCE.as_secs())),
            Err(mpsc::RecvTimeoutError::Disconnected) => return Err("the victim ended by itself; it says why above".to_owned()),
        };
        written = match written {
            None if line == "ready" => Some(0),
            None => None,
            Some(count) => Some(count + 1),
        };
        lines.push(line);
    }
    std::thread::sleep(pause);
    Ok((lines, receiver))
}

/// xorshift64*: enough for moments.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_credential_and_a_counter_that_does_not_rise_are_told() {
        let mut facts = Facts::default();
        facts.acknowledge("credential global aa").unwrap();
        facts.acknowledge("counter global - 7").unwrap();
        facts.acknowledge("counter per-credential aa 1").unwrap();
        assert_eq!(facts.acknowledge("counter global - 7"), Err("the counter global - was 7, and then 7".to_owned()));
        assert_eq!(facts.acknowledge("credential global aa"), Err("the credential id global aa was given twice".to_owned()));
        assert_eq!(facts.acknowledge("nonsense"), Err("not a line of the victim: nonsense".to_owned()));
        assert_eq!(facts.check(&BTreeSet::new()), Err("the acknowledged credential global aa is lost".to_owned()));
        assert_eq!(facts.check(&BTreeSet::from(["global aa".to_owned(), "global bb".to_owned()])), Ok(()));
    }

    #[test]
    fn the_same_seed_throws_the_same_dice() {
        let throw = |seed| {
            let mut dice = Dice(seed);
            (dice.next(), dice.below(10))
        };
        assert_eq!(throw(5), throw(5));
        assert_ne!(throw(5), throw(7));
        assert!(throw(9).1 < 10);
    }
}
