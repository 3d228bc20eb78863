//! Reports: for a terminal, for a browser or paper, for a CI server, for a program.

pub mod decode;
mod format;
pub mod github;
pub mod html;
pub mod json;
pub mod junit;
mod looks;
pub mod markdown;
mod marks;
mod matrix;
mod older;
#[cfg(test)]
pub(crate) mod sample;
pub mod terminal;
pub(crate) mod text;
mod touched;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;

pub use format::Format;
pub use older::{is_written_into, remove_older};
pub use text::wrap;

use crate::verdict::Run;
use crate::words::Words;

/// A report that could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    #[error("cannot make the report's directory `{}`: {source}; choose another one with --out", path.display())]
    Directory { path: PathBuf, source: io::Error },
    #[error("cannot write the report `{}`: {source}; what stood there before is unchanged", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("cannot remove the report of an earlier run `{}`: {source}; remove it, or choose another directory with --out", path.display())]
    Older { path: PathBuf, source: io::Error },
    #[error("cannot render the report `{file}`: {problem}; this is a bug in faultkey")]
    Render { file: &'static str, problem: String },
}

/// How a run is written down.
#[derive(Clone, Debug)]
pub struct Settings {
    pub words: Words,
    pub transcripts: Transcripts,
    /// What [`write_all`] writes.
    pub formats: Vec<Format>,
    /// The file to which the summary of [`Format::Github`] is appended. Without it, it is written beside the other reports.
    pub job_summary: Option<PathBuf>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { words: Words::default(), transcripts: Transcripts::default(), formats: Format::DEFAULT.to_vec(), job_summary: None }
    }
}

/// Whose transcripts the reports hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Transcripts {
    /// Those of failed scenarios.
    #[default]
    Failed,
    All,
}

/// Makes the directory and writes into it once, so that a run is not played for a report that can't be written.
///
/// # Errors
/// What could not be made or written, and why.
pub fn try_directory(directory: &Path) -> Result<(), ReportError> {
    fs::create_dir_all(directory).map_err(|source| ReportError::Directory { path: directory.to_owned(), source })?;
    let path = directory.join("report.part");
    fs::write(&path, "").and_then(|()| fs::remove_file(&path)).map_err(|source| ReportError::File { path, source })
}

/// Writes the run in the formats of the settings into `directory`, which is made if it is not there. The files that it wrote, in the order of
/// [`Format::ALL`].
///
/// Everything is rendered before anything is written, and each file is replaced as a whole: a reader never meets half a report.
///
/// # Errors
/// Which file could not be written, and why.
pub fn write_all(run: &Run, directory: &Path, settings: &Settings) -> Result<Vec<PathBuf>, ReportError> {
    let wanted = Format::ALL.into_iter().filter(|format| settings.formats.contains(format));
    let contents: Vec<(Format, String)> =
        wanted.map(|format| Ok((format, render(run, format, settings)?))).collect::<Result<_, ReportError>>()?;
    fs::create_dir_all(directory).map_err(|source| ReportError::Directory { path: directory.to_owned(), source })?;
    let mut written = Vec::new();
    for (format, content) in contents {
        let summary = settings.job_summary.clone().filter(|_| format == Format::Github);
        let (path, result) = match summary {
            Some(path) => (path.clone(), append(&path, &content)),
            None => (directory.join(format.file()), replace(&directory.join(format.file()), &content)),
        };
        result.map_err(|source| ReportError::File { path: path.clone(), source })?;
        written.push(path);
    }
    Ok(written)
}

/// The run in one format.
///
/// # Errors
/// When it can't be rendered: a bug.
pub fn render(run: &Run, format: Format, settings: &Settings) -> Result<String, ReportError> {
    Ok(match format {
        Format::Html => html::render(run, settings),
        Format::Json => json::render(run, settings)?,
        Format::Junit => junit::render(run, settings.words)?,
        Format::Markdown => markdown::render(run, settings.words),
        Format::Github => markdown::summary(run, settings.words),
    })
}

/// Other steps of the job have written there, too.
fn append(path: &Path, content: &str) -> io::Result<()> {
    fs::OpenOptions::new().create(true).append(true).open(path)?.write_all(content.as_bytes())
}

/// Writes beside the file, then renames over it.
fn replace(path: &Path, content: &str) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    let written = fs::write(&beside, content).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // The first error is the one to tell; a left-over part is only untidy.
        let _ = fs::remove_file(&beside);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `FAULTKEY_SAMPLE_REPORT=DIRECTORY cargo test -p faultkey-lab` leaves the sample there, to look at it.
    #[test]
    fn writes_three_files_and_leaves_no_parts() {
        let directory = tempfile::tempdir().unwrap();
        let nested = directory.path().join("a/b");
        write_all(&sample::both(), &nested, &Settings::default()).unwrap();
        write_all(&sample::both(), &nested, &Settings::default()).unwrap();
        let mut names: Vec<_> = fs::read_dir(&nested).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        assert_eq!(names, ["index.html", "junit.xml", "report.json"]);
        assert!(fs::read_to_string(nested.join("index.html")).unwrap().starts_with("<!DOCTYPE html>"));
        if let Some(keep) = std::env::var_os("FAULTKEY_SAMPLE_REPORT") {
            write_all(&sample::both(), Path::new(&keep), &Settings::default()).unwrap();
            write_all(&sample::foreign(), &Path::new(&keep).join("foreign"), &Settings::default()).unwrap();
        }
    }

    #[test]
    fn writes_what_was_asked_for_and_says_which_files() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        let mut settings = Settings { formats: vec![Format::Github, Format::Markdown], ..Settings::default() };
        assert_eq!(write_all(&sample::both(), directory.path(), &settings).unwrap(), [path("report.md"), path("summary.md")]);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
        // The job's summary belongs to other steps as well.
        fs::write(path("step"), "before\n").unwrap();
        settings.job_summary = Some(path("step"));
        assert_eq!(write_all(&sample::both(), &path("out"), &settings).unwrap(), [path("out/report.md"), path("step")]);
        assert_eq!(fs::read_to_string(path("step")).unwrap(), format!("before\n{}", markdown::summary(&sample::both(), Words::default())));
        assert!(!path("out/summary.md").exists());
    }

    #[test]
    fn says_which_file_and_why() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("taken");
        fs::write(&file, "").unwrap();
        let error = write_all(&sample::both(), &file, &Settings::default()).unwrap_err().to_string();
        assert!(error.starts_with(&format!("cannot make the report's directory `{}`: ", file.display())), "{error}");

        fs::create_dir_all(directory.path().join("out/junit.xml/in the way")).unwrap();
        let out = directory.path().join("out");
        let error = write_all(&sample::both(), &out, &Settings::default()).unwrap_err().to_string();
        assert!(error.starts_with(&format!("cannot write the report `{}`: ", out.join("junit.xml").display())), "{error}");
        assert!(!out.join("junit.xml.part").exists());
    }
}
