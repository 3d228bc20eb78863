//! Traces as files: the ending of the name says which kind.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use faultkey_transport::{Identity, WallClock};

use crate::trace::{Trace, Writer};

/// Begins a trace in a file: JSON lines in `.jsonl`, a capture for Wireshark in `.pcap`. What was in the file is gone.
///
/// # Errors
/// In words: another ending, or the file can't be made.
pub fn open(path: &Path, identity: &Identity, clock: &WallClock) -> Result<Trace, String> {
    let shown = path.display();
    let is_capture = match path.extension().and_then(|ending| ending.to_str()) {
        Some("jsonl") => false,
        Some("pcap") => true,
        _ => return Err(format!("{shown}: a trace's name ends with .jsonl (JSON lines) or .pcap (for Wireshark)")),
    };
    let file = File::create(path).map_err(|error| format!("{shown} can't be written: {error}"))?;
    let writer: Writer = Box::new(file);
    let since_start = clock.now() - faultkey_authenticator::Time::START;
    let started = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().saturating_sub(since_start);
    let trace = match is_capture {
        false => Trace::new(identity, started, Some(writer), None),
        true => Trace::new(identity, started, None, Some(writer)),
    };
    Ok(trace.in_file(path))
}

/// The file of the `number`th of several keys, counted from 1: `trace.jsonl`, `trace-2.jsonl`.
#[must_use]
pub fn of_key(path: &Path, number: usize) -> PathBuf {
    let (Some(stem), Some(ending), true) = (path.file_stem(), path.extension(), number > 1) else { return path.to_owned() };
    path.with_file_name(format!("{}-{number}.{}", stem.to_string_lossy(), ending.to_string_lossy()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_ending_says_which_kind() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let open = |name: &str| open(&at(name), &Identity::default(), &WallClock::start());
        drop(open("a.jsonl").unwrap());
        assert!(std::fs::read_to_string(at("a.jsonl")).unwrap().starts_with(r#"{"number":1,"#));
        drop(open("a.pcap").unwrap());
        assert!(std::fs::metadata(at("a.pcap")).unwrap().len() > 0);
        let refused = open("a.txt").err().unwrap();
        assert!(refused.ends_with("a.txt: a trace's name ends with .jsonl (JSON lines) or .pcap (for Wireshark)"), "{refused}");
        assert!(open("nowhere/a.jsonl").err().unwrap().contains("can't be written: "));
    }

    #[test]
    fn several_keys_have_a_file_each() {
        assert_eq!(of_key(Path::new("x/t.pcap"), 1), Path::new("x/t.pcap"));
        assert_eq!(of_key(Path::new("x/t.pcap"), 2), Path::new("x/t-2.pcap"));
    }
}
