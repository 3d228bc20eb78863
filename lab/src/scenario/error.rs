//! What is wrong with a scenario file, said so that its writer can mend it.

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
}

fn place(field: &str) -> String {
    if field.is_empty() { String::new() } else { format!("{field}: ") }
}

/// The line, counted from 1, on which the byte `offset` of `text` stands.
pub(super) fn line_of(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}
