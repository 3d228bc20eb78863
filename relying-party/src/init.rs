//! The first draft of an adapter file: from what a browser recorded, or from what a server answers.
//!
//! The way of a recording: [`har`] (what was sent and answered) -> [`ceremony`] (which exchanges are the ceremonies) -> [`draft`] (what an
//! adapter says of them) -> [`write`] (TOML, with comments). No value of a recording goes into an adapter but paths, names of members and constants.

mod accepted;
mod account;
mod before;
mod body;
mod ceremony;
mod credential;
mod csrf;
mod draft;
mod encoding;
mod har;
mod leaf;
mod page;
pub mod probe;
mod provenance;
mod request;
mod scene;
mod session_check;
mod shape;
mod source;
mod template;
mod unknown;
mod words;
mod write;

pub use har::HarError;
pub use unknown::Unknown;

/// An adapter file that was made of a recording.
#[derive(Clone, Debug)]
pub struct Written {
    /// The adapter file.
    pub toml: String,
    /// What was found where, a line each.
    pub found: Vec<String>,
    /// What could not be found out.
    pub unknown: Vec<Unknown>,
}

/// Reads a recording (HAR 1.2); `file` is its name in comments and errors.
///
/// # Errors
/// When it is no HAR, or has no ceremony in it.
pub fn from_har(text: &str, file: &str) -> Result<Written, HarError> {
    let recording = har::Recording::parse(text, file)?;
    let found = ceremony::find(&recording);
    if found.is_empty() {
        return Err(HarError::NoCeremony { file: file.to_owned(), requests: recording.exchanges.len() });
    }
    let draft = draft::Draft::of(&recording, &found);
    Ok(Written { toml: write::toml(&draft, file), found: words::found(&draft, &recording), unknown: draft.unknown })
}

#[cfg(test)]
mod tests;
