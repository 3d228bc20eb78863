//! The steps of a task: a heading before each, its time after it.

use std::io::{self, Write};
use std::process::{Command, Output};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::command::{nicely, shown};

/// Steps that were taken, with their times.
pub struct Steps {
    started: Instant,
    taken: Vec<(String, Duration)>,
}

impl Default for Steps {
    fn default() -> Self {
        Self { started: Instant::now(), taken: Vec::new() }
    }
}

/// A step that is taken while others are, on the processors that those leave idle.
pub struct Beside {
    heading: String,
    shown: String,
    running: JoinHandle<(io::Result<Output>, Duration)>,
}

impl Beside {
    /// Starts a command. What it prints is kept until [`Steps::join`].
    pub fn start(heading: &str, command: &Command) -> Self {
        println!("\n== {heading}: goes on beside what follows");
        let mut patient = nicely(command);
        let running = thread::spawn(move || {
            let start = Instant::now();
            (patient.output(), start.elapsed())
        });
        Self { heading: heading.to_owned(), shown: shown(command), running }
    }
}

impl Steps {
    /// Waits for a step that went on beside others, and prints what it printed.
    pub fn join(&mut self, beside: Beside) -> Result<(), String> {
        let Beside { heading, shown, running } = beside;
        println!("\n== {heading}");
        let (output, time) = running.join().map_err(|_| format!("{heading}: panicked"))?;
        let output = output.map_err(|error| format!("{heading}: `{shown}` could not be started: {error}"))?;
        for text in [&output.stderr, &output.stdout] {
            io::stdout().write_all(text).map_err(|error| error.to_string())?;
        }
        if !output.status.success() {
            return Err(format!("{heading}: `{shown}` failed: {}", output.status));
        }
        println!("-- {heading}: {}, beside other steps", seconds(time));
        self.taken.push((format!("{heading} (beside other steps)"), time));
        Ok(())
    }

    /// Takes one step. A failure names the step.
    pub fn take<T>(&mut self, heading: &str, step: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
        println!("\n== {heading}");
        let start = Instant::now();
        let result = step().map_err(|failure| format!("{heading}: {failure}"))?;
        let time = start.elapsed();
        println!("-- {heading}: {}", seconds(time));
        self.taken.push((heading.to_owned(), time));
        Ok(result)
    }

    /// Prints all steps with their times.
    pub fn summary(&self) {
        println!("\n== Steps");
        for (heading, time) in &self.taken {
            println!("{:>8}  {heading}", seconds(*time));
        }
        println!("{:>8}  in all", seconds(self.started.elapsed()));
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_its_step() {
        let failure = Steps::default().take("Tools", || Err::<(), _>("no Python".to_owned()));
        assert_eq!(failure, Err("Tools: no Python".to_owned()));
    }

    #[test]
    #[cfg(unix)]
    fn a_step_beside_others_fails_when_it_is_joined() {
        let mut steps = Steps::default();
        for (script, expected) in [("exit 0", Ok(())), ("exit 3", Err("Sequences: `sh -c exit 3` failed: exit status: 3".to_owned()))] {
            let beside = Beside::start("Sequences", Command::new("sh").args(["-c", script]));
            assert_eq!(steps.join(beside), expected);
        }
        assert_eq!(steps.taken.len(), 1);
    }

    #[test]
    fn times_have_one_digit() {
        assert_eq!(seconds(Duration::from_millis(12_340)), "12.3 s");
    }
}
