//! Reports of an earlier run, which must not be taken for this one's.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use super::ReportError;

/// A file that faultkey writes, and what stands near its beginning when it did.
const MARKS: [(&str, &str); 5] = [
    ("index.html", "<meta name=\"generator\" content=\"faultkey\">"),
    ("junit.xml", "<testsuites name=\"faultkey\""),
    ("report.json", "\"schema\": \"faultkey-report/"),
    ("report.md", super::markdown::MARK),
    ("summary.md", super::markdown::MARK),
];

/// How much of a file is looked at for its mark, in bytes.
const BEGINNING: u64 = 4096;

/// Removes the files of an earlier run from a directory, so that a run that fails leaves none that could be taken for its own. Only what faultkey
/// wrote is removed, by its name and by what stands in it. A directory that is not there has none.
///
/// # Errors
/// Which file could not be read or removed, and why.
pub fn remove_older(directory: &Path) -> Result<(), ReportError> {
    for (name, mark) in MARKS {
        let path = directory.join(name);
        let removed = match is_ours(&path, mark) {
            Ok(true) => fs::remove_file(&path),
            Ok(false) => Ok(()),
            Err(error) => Err(error),
        };
        removed.map_err(|source| ReportError::Older { path, source })?;
    }
    Ok(())
}

fn is_ours(path: &Path, mark: &str) -> io::Result<bool> {
    // A link leads to somebody else's file.
    let is_file = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata.is_file(),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => return Ok(false),
        Err(error) => return Err(error),
    };
    if !is_file {
        return Ok(false);
    }
    let mut beginning = Vec::new();
    File::open(path)?.take(BEGINNING).read_to_end(&mut beginning)?;
    Ok(String::from_utf8_lossy(&beginning).contains(mark))
}

/// Whether a run that writes into `directory` replaces this file.
#[must_use]
pub fn is_written_into(directory: &Path, file: &Path) -> bool {
    let same = |name: &str| match (fs::canonicalize(directory.join(name)), fs::canonicalize(file)) {
        (Ok(written), Ok(file)) => written == file,
        _ => false,
    };
    MARKS.iter().any(|(name, _)| same(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Format, Settings, sample, write_all};
    use crate::words::Words;
    use faultkey_fault_injection::Language;

    #[test]
    fn what_a_run_writes_is_removed_and_nothing_else() {
        for language in Language::ALL {
            let directory = tempfile::tempdir().unwrap();
            fs::write(directory.path().join("notes.txt"), "mine").unwrap();
            let settings = Settings { words: Words::of(language), formats: Format::ALL.to_vec(), ..Settings::default() };
            write_all(&sample::both(), directory.path(), &settings).unwrap();
            remove_older(directory.path()).unwrap();
            let left: Vec<_> = fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            assert_eq!(left, ["notes.txt"], "{language:?}");
        }
        assert!(Format::ALL.iter().all(|format| MARKS.iter().any(|(name, _)| *name == format.file())));
    }

    #[test]
    fn files_of_others_stay() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        fs::write(path("index.html"), "<!DOCTYPE html><title>faultkey</title>").unwrap();
        fs::write(path("report.json"), "{ \"tool\": \"another\" }").unwrap();
        fs::create_dir(path("junit.xml")).unwrap();
        remove_older(directory.path()).unwrap();
        assert!(Format::DEFAULT.iter().all(|format| path(format.file()).exists()));
        remove_older(&path("nowhere")).unwrap();
        remove_older(&path("index.html")).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_left_alone_with_what_it_leads_to() {
        let directory = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        write_all(&sample::both(), elsewhere.path(), &Settings::default()).unwrap();
        std::os::unix::fs::symlink(elsewhere.path().join("report.json"), directory.path().join("report.json")).unwrap();
        remove_older(directory.path()).unwrap();
        assert!(directory.path().join("report.json").exists());
    }

    #[test]
    fn the_file_that_a_run_replaces_is_known() {
        let directory = tempfile::tempdir().unwrap();
        write_all(&sample::both(), directory.path(), &Settings::default()).unwrap();
        let report = directory.path().join("report.json");
        assert!(is_written_into(directory.path(), &report));
        assert!(is_written_into(&directory.path().join("."), &report));
        let copy = directory.path().join("baseline.json");
        fs::copy(&report, &copy).unwrap();
        assert!(!is_written_into(directory.path(), &copy));
        assert!(!is_written_into(directory.path(), &directory.path().join("no-such.json")));
    }
}
