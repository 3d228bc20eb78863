//! Keys to press in the terminal where `faultkey attach` runs. Each one acts at once, without Enter.

use std::io::{self, IsTerminal, Read};

use rustix::termios::{self, LocalModes, OptionalActions, SpecialCodeIndex, Termios};
use tokio::sync::mpsc;

/// What the keys do, for the person who looks at the terminal.
pub const HELP: &str = "keys: t touch, r refuse, w wrong finger, u unplug, p plug in again, e enrol a fingerprint anew, q quit; 1 to 9 choose among several keys";

/// The terminal, switched to single key presses until this is dropped.
pub struct Keyboard {
    before: Termios,
    pressed: mpsc::UnboundedReceiver<char>,
}

impl Keyboard {
    /// `None` where nobody sits: standard input is no terminal, or the program runs in its background.
    #[must_use]
    pub fn open() -> Option<Self> {
        let stdin = io::stdin();
        // To change the terminal from its background would stop the program.
        if !stdin.is_terminal() || termios::tcgetpgrp(&stdin).ok()? != rustix::process::getpgrp() {
            return None;
        }
        let before = termios::tcgetattr(&stdin).ok()?;
        let mut single = before.clone();
        // Signals stay: Ctrl-C ends the program as ever.
        single.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
        single.special_codes[SpecialCodeIndex::VMIN] = 1;
        single.special_codes[SpecialCodeIndex::VTIME] = 0;
        termios::tcsetattr(&stdin, OptionalActions::Now, &single).ok()?;
        let (sender, pressed) = mpsc::unbounded_channel();
        // Ends with the program: a read from a terminal can't be called off.
        std::thread::spawn(move || {
            for byte in io::stdin().lock().bytes() {
                match byte {
                    Ok(byte) if sender.send(char::from(byte)).is_ok() => {}
                    _ => return,
                }
            }
        });
        Some(Self { before, pressed })
    }

    /// The next key; never, once the terminal is gone.
    pub async fn next(&mut self) -> char {
        match self.pressed.recv().await {
            Some(key) => key,
            None => std::future::pending().await,
        }
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        let _ = termios::tcsetattr(io::stdin(), OptionalActions::Now, &self.before);
    }
}
