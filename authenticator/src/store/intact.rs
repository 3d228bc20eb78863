//! Notices damage that sled would take in silence: it begins an unreadable log anew, and cuts one off where it stops being readable.
//!
//! Beside sled's files stands a file of our own, the witness. It says that the folder has been a store, and how many changes were durable
//! there. The database counts its changes too, as the last thing of each; when it has fewer than the witness, some are lost.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

pub(super) const WITNESS: &str = "faultkey-store.txt";
const TEXT: &str = "This folder is a key store of faultkey. Look into it with `faultkey store check`.\nDurable changes: ";

/// The length of the header that begins each of sled 0.34's segments: checksum, then the log positions that it is over.
const HEADER: usize = 20;

/// What is wrong with the database in the folder `path`, before sled opens it. Only reads.
pub(super) fn check(path: &Path) -> Result<(), &'static str> {
    let mut header = Vec::new();
    let read = std::fs::File::open(path.join("db")).and_then(|file| file.take(HEADER as u64).read_to_end(&mut header));
    if was_a_store(path) && (read.is_err() || header.is_empty()) {
        return Err("is gone: its file `db` is missing or empty");
    }
    // Zeros: killed before the first write was done.
    if header.iter().all(|byte| *byte == 0) || is_intact(&header) {
        return Ok(());
    }
    Err("can't be read: its file `db` does not begin as it should")
}

/// The folder has held a store.
pub(super) fn was_a_store(path: &Path) -> bool {
    witness_file(path).exists()
}

fn witness_file(path: &Path) -> PathBuf {
    path.join(WITNESS)
}

/// Remembers how many changes are durable.
pub(super) struct Witness {
    file: File,
    changes: u64,
}

impl Witness {
    /// Opens the witness of the folder `path`; makes one that has seen nothing if there is none.
    pub fn open(path: &Path) -> std::io::Result<Self> {
        let mut file = File::options().read(true).write(true).create(true).truncate(false).open(witness_file(path))?;
        let mut contents = String::new();
        file.read_to_string(&mut contents)?;
        match contents.strip_prefix(TEXT).and_then(|number| number.trim_end().parse().ok()) {
            Some(changes) => Ok(Self { file, changes }),
            // New, or written to by somebody else: it can't testify, but begins to.
            None => {
                file.set_len(0)?;
                file.rewind()?;
                file.write_all(TEXT.as_bytes())?;
                let mut witness = Self { file, changes: 0 };
                witness.set(0)?;
                Ok(witness)
            }
        }
    }

    /// How many changes were durable.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// `changes` changes are durable now.
    pub fn set(&mut self, changes: u64) -> std::io::Result<()> {
        // Of one length always, so that it is replaced in one write.
        self.file.seek(SeekFrom::Start(TEXT.len() as u64))?;
        self.file.write_all(format!("{changes:020}\n").as_bytes())?;
        self.changes = changes;
        Ok(())
    }
}

/// The checksum in the first four bytes is inverted.
fn is_intact(header: &[u8]) -> bool {
    let Some((checksum, positions)) = header.split_first_chunk::<4>() else { return false };
    positions.len() == HEADER - 4 && !u32::from_le_bytes(*checksum) == crc32(positions)
}

/// CRC-32 as in ISO 3309, bit by bit: it is only for 16 bytes.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_known_one() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn a_fresh_folder_and_a_real_database_are_intact() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(check(folder.path()), Ok(()));
        sled::open(folder.path()).unwrap().insert("key", "value").unwrap();
        assert!(!std::fs::read(folder.path().join("db")).unwrap().is_empty());
        assert_eq!(check(folder.path()), Ok(()));
    }

    #[test]
    fn zeros_are_a_fresh_file_and_anything_else_is_damage() {
        let folder = tempfile::tempdir().unwrap();
        let db = folder.path().join("db");
        std::fs::write(&db, [0; 50]).unwrap();
        assert_eq!(check(folder.path()), Ok(()));
        for damaged in [&[1_u8][..], &[7; 50]] {
            std::fs::write(&db, damaged).unwrap();
            assert_eq!(check(folder.path()), Err("can't be read: its file `db` does not begin as it should"));
        }
    }

    #[test]
    fn a_marked_folder_must_have_its_database() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Witness::open(folder.path()).unwrap().changes(), 0);
        assert_eq!(check(folder.path()), Err("is gone: its file `db` is missing or empty"));
        std::fs::write(folder.path().join("db"), "").unwrap();
        assert_eq!(check(folder.path()), Err("is gone: its file `db` is missing or empty"));
    }

    #[test]
    fn a_witness_remembers_and_one_that_was_overwritten_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        Witness::open(folder.path()).unwrap().set(41).unwrap();
        assert_eq!(Witness::open(folder.path()).unwrap().changes(), 41);
        let text = std::fs::read_to_string(folder.path().join(WITNESS)).unwrap();
        assert!(text.ends_with("\nDurable changes: 00000000000000000041\n"), "{text}");
        std::fs::write(folder.path().join(WITNESS), "something else").unwrap();
        assert_eq!(Witness::open(folder.path()).unwrap().changes(), 0);
    }
}
