//! The steps of a task: a heading before each, its time after it.

use std::time::{Duration, Instant};

/// Steps that were taken, with their times.
#[derive(Default)]
pub struct Steps {
    taken: Vec<(String, Duration)>,
}

impl Steps {
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
        let total = self.taken.iter().map(|(_, time)| *time).sum();
        println!("{:>8}  in all", seconds(total));
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
    fn times_have_one_digit() {
        assert_eq!(seconds(Duration::from_millis(12_340)), "12.3 s");
    }
}
