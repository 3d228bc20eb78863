//! Where a key keeps its credentials, and how often it had power with them.

use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use faultkey_authenticator::{MemoryStore, SledStore};

use crate::{AttachError, SharedStore};

/// Where a key keeps its credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// As long as the program runs.
    Memory,
    /// In this folder.
    Folder(PathBuf),
}

impl Place {
    /// `memory`, or a folder's path.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        if text == "memory" { Place::Memory } else { Place::Folder(PathBuf::from(text)) }
    }

    /// The place of the `number`th of several keys, counted from 1.
    #[must_use]
    pub fn of_key(&self, number: usize) -> Self {
        match self {
            Place::Folder(folder) if number > 1 => Place::Folder(folder.join(format!("key-{number}"))),
            other => other.clone(),
        }
    }

    /// Opens the store. From now on every other program is kept out, so that nobody else counts.
    ///
    /// # Errors
    /// [`AttachError::Store`] when it can't be opened.
    pub fn open(&self, owner: &str) -> Result<(SharedStore, PowerMeter), AttachError> {
        Ok(match self {
            Place::Memory => (SharedStore::new(MemoryStore::default()), PowerMeter { file: None, count: 0 }),
            Place::Folder(folder) => {
                let store = SledStore::open(folder, owner)?;
                (SharedStore::new(store), PowerMeter { file: Some(folder.join("power-ups")), count: 0 })
            }
        })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Memory => f.write_str("memory"),
            Place::Folder(folder) => write!(f, "{}", folder.display()),
        }
    }
}

/// Counts how often a key got power, over restarts of the program.
#[derive(Debug)]
pub struct PowerMeter {
    file: Option<PathBuf>,
    count: u64,
}

impl PowerMeter {
    /// Power comes. Durable when it returns: a key must never draw the same chance twice.
    ///
    /// # Errors
    /// [`AttachError::PowerUps`] when the file can't be read or written.
    pub fn power_up(&mut self) -> Result<u64, AttachError> {
        self.count = match &self.file {
            Some(file) => count(file).map_err(|what| AttachError::PowerUps { file: file.clone(), what })?,
            None => self.count + 1,
        };
        Ok(self.count)
    }
}

fn count(file: &Path) -> Result<u64, String> {
    let before = match fs::read_to_string(file) {
        Ok(text) => text.trim().parse::<u64>().map_err(|error| error.to_string())?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
        Err(error) => return Err(error.to_string()),
    };
    let now = before.saturating_add(1);
    let new = file.with_extension("new");
    let written = fs::File::create(&new).and_then(|mut open| {
        writeln!(open, "{now}")?;
        open.sync_all()
    });
    written.and_then(|()| fs::rename(&new, file)).map_err(|error| error.to_string())?;
    Ok(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn power_ups_are_counted_over_restarts() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::parse(folder.path().to_str().unwrap());
        for expected in [[1, 2], [3, 4]] {
            let (_store, mut meter) = place.open("key").unwrap();
            assert_eq!([meter.power_up().unwrap(), meter.power_up().unwrap()], expected);
        }
        let (_store, mut meter) = Place::Memory.open("key").unwrap();
        assert_eq!([meter.power_up().unwrap(), meter.power_up().unwrap()], [1, 2]);
    }

    #[test]
    fn a_count_that_is_none_is_told() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("power-ups"), "many").unwrap();
        let (_store, mut meter) = Place::Folder(folder.path().to_owned()).open("key").unwrap();
        let refused = meter.power_up().unwrap_err().to_string();
        assert!(refused.contains("power-ups can't be used: invalid digit"), "{refused}");
    }

    #[test]
    fn several_keys_have_a_place_each() {
        let place = Place::parse("keys");
        assert_eq!(place.of_key(1), Place::Folder("keys".into()));
        assert_eq!(place.of_key(2), Place::Folder(Path::new("keys").join("key-2")));
        assert_eq!(Place::parse("memory").of_key(2), Place::Memory);
    }
}
