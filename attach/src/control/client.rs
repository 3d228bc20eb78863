//! The other end: sends one request, and waits for its answer.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use serde_json::Value;

use super::{Request, Wish};

/// Asks the program that listens at `path`. Told to quit, it has ended when this returns.
///
/// # Errors
/// In words: nobody listens there, or the request was refused.
pub fn ask(path: &Path, request: &Request) -> Result<Value, String> {
    let shown = path.display();
    let stream = UnixStream::connect(path).map_err(|error| {
        format!("no key can be reached at {shown}: {error}; is `faultkey attach` running, and was it started with this --control?")
    })?;
    let broken = |error: io::Error| format!("the connection to {shown} broke off: {error}");
    let line = serde_json::to_string(request).map_err(|error| error.to_string())?;
    (&stream).write_all(format!("{line}\n").as_bytes()).map_err(broken)?;
    let mut answer = String::new();
    let mut reader = BufReader::new(&stream);
    reader.read_line(&mut answer).map_err(broken)?;
    if answer.is_empty() {
        return Err(format!("the program at {shown} ended before it answered"));
    }
    if let Wish::Quit = request.wish {
        // However the connection ends, the program has ended with it.
        let _ended = io::copy(&mut reader, &mut io::sink());
    }
    serde_json::from_str(&answer).map_err(|error| format!("what answers at {shown} is no faultkey: {error}"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;
    use std::thread;

    use super::*;

    /// More than a socket holds: whoever writes it learns whether it is read to the end.
    const MUCH: usize = 4 << 20;

    #[test]
    fn only_a_program_that_was_told_to_quit_is_waited_for() {
        for (wish, waits) in [(Wish::Quit, true), (Wish::List, false)] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("ctl");
            let listener = UnixListener::bind(&path).unwrap();
            let program = thread::spawn(move || {
                let (mut stream, _) = listener.accept().unwrap();
                BufReader::new(&stream).read_line(&mut String::new()).unwrap();
                stream.write_all(b"{\"ok\":true}\n").unwrap();
                stream.write_all(&vec![b' '; MUCH]).is_ok()
            });
            assert_eq!(ask(&path, &Request { key: None, wish }).unwrap()["ok"], true);
            assert_eq!(program.join().unwrap(), waits, "until the end of the connection");
        }
    }
}
