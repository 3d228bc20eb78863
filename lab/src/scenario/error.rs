//! What is wrong with a scenario file, said so that its writer can mend it.

use faultkey_fault_injection::{FaultError, Text};

/// Why a scenario can't be played.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScenarioError {
    #[error("there is no scenario named `{name}`{suggestion}; `faultkey scenarios` lists them")]
    Unknown { name: String, suggestion: String },
    #[error("cannot read the scenario file {file}: {source}")]
    Unreadable { file: String, source: std::io::Error },
    /// `field` is empty where the problem names it.
    #[error("{file}:{line}: {}{problem}", place(field))]
    Wrong { file: String, line: usize, field: String, problem: String },
    /// A fault that a profile or its own parameters don't allow, in step `step`.
    #[error("{file}:{line}: step {step} (`arm`), field `with`: {problem}")]
    Fault { file: String, line: usize, step: usize, problem: Box<FaultError> },
}

impl ScenarioError {
    /// In both languages. Only what a report tells, that a fault cannot happen on a profile, has Japanese of its own.
    #[must_use]
    pub fn text(&self) -> Text {
        let en = self.to_string();
        let ja = match self {
            ScenarioError::Fault { file, line, step, problem } => {
                format!("{file}:{line}：ステップ{step}（`arm`）のフィールド`with`：{}", problem.text().ja)
            }
            _ => en.clone(),
        };
        Text::new(en, ja)
    }
}

fn place(field: &str) -> String {
    if field.is_empty() { String::new() } else { format!("{field}: ") }
}

/// The line, counted from 1, on which the byte `offset` of `text` stands.
pub(super) fn line_of(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}
