//! Notices a database file that sled would silently take for an empty one, and write over: its first segment is damaged, or it is gone.
//!
//! Beside sled's files stands a file of our own, which says that the folder has been a store.

use std::io::Read;
use std::path::{Path, PathBuf};

const FILE: &str = "faultkey-store.txt";
const TEXT: &str = "This folder is a key store of faultkey. Look into it with `faultkey store check`.\n";

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
    marker(path).exists()
}

/// From now on, the folder holds a store.
pub(super) fn mark(path: &Path) -> std::io::Result<()> {
    if was_a_store(path) { Ok(()) } else { std::fs::write(marker(path), TEXT) }
}

fn marker(path: &Path) -> PathBuf {
    path.join(FILE)
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
        mark(folder.path()).unwrap();
        assert_eq!(check(folder.path()), Err("is gone: its file `db` is missing or empty"));
        std::fs::write(folder.path().join("db"), "").unwrap();
        assert_eq!(check(folder.path()), Err("is gone: its file `db` is missing or empty"));
    }
}
