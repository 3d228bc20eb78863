//! Keys to press in the terminal where `faultkey attach` runs. Each one acts at once, without Enter.

use std::io::{self, IsTerminal};

use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use rustix::process::{Signal, getpgrp, getpid, kill_process};
use rustix::termios::{self, LocalModes, OptionalActions, SpecialCodeIndex, Termios};
use tokio::sync::mpsc;

use crate::screen::Scroll;

/// What the keys do, for the person who looks at the terminal.
pub const HELP: &str = "keys: t touch, T long touch, r refuse, w wrong finger, u unplug, p plug in again, e enrol a fingerprint anew, q quit; 1 to 9 choose among several keys";

/// What Ctrl-Z sends.
pub const STOP: i32 = Signal::TSTP.as_raw();

/// What was pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Press {
    Key(char),
    Scroll(Scroll),
    /// Nothing was: the terminal has another size.
    Resized,
    Other,
}

/// The terminal, switched to single key presses until this is dropped.
pub struct Keyboard {
    before: Termios,
    single: Termios,
    pressed: mpsc::UnboundedReceiver<Press>,
}

impl Keyboard {
    /// `None` where nobody sits: standard input is no terminal, or the program runs in its background.
    #[must_use]
    pub fn open() -> Option<Self> {
        let stdin = io::stdin();
        // To change the terminal from its background would stop the program.
        if !stdin.is_terminal() || termios::tcgetpgrp(&stdin).ok()? != getpgrp() {
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
            while let Ok(event) = event::read() {
                if press(&event).is_some_and(|press| sender.send(press).is_err()) {
                    return;
                }
            }
        });
        Some(Self { before, single, pressed })
    }

    /// The next key; never, once the terminal is gone.
    pub async fn next(&mut self) -> Press {
        match self.pressed.recv().await {
            Some(press) => press,
            None => std::future::pending().await,
        }
    }

    /// Stops the program as Ctrl-Z does, with the terminal as it was before. Returns when it goes on.
    pub fn stop(&self) {
        self.set(&self.before);
        // The whole process stands still from here to the shell's `fg`.
        let _ = kill_process(getpid(), Signal::STOP);
        self.set(&self.single);
    }

    fn set(&self, modes: &Termios) {
        let _ = termios::tcsetattr(io::stdin(), OptionalActions::Now, modes);
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        self.set(&self.before);
    }
}

fn press(event: &Event) -> Option<Press> {
    match event {
        Event::Key(KeyEvent { kind: KeyEventKind::Release, .. }) => None,
        Event::Key(KeyEvent { code, modifiers, .. }) => Some(match code {
            KeyCode::Char(key) if (*modifiers - KeyModifiers::SHIFT).is_empty() => Press::Key(*key),
            KeyCode::Up => Press::Scroll(Scroll::Up),
            KeyCode::Down => Press::Scroll(Scroll::Down),
            KeyCode::PageUp => Press::Scroll(Scroll::PageUp),
            KeyCode::PageDown => Press::Scroll(Scroll::PageDown),
            KeyCode::Home => Press::Scroll(Scroll::Oldest),
            KeyCode::End => Press::Scroll(Scroll::Newest),
            _ => Press::Other,
        }),
        Event::Resize(..) => Some(Press::Resized),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_act_and_those_with_control_do_not() {
        let key = |code, modifiers| press(&Event::Key(KeyEvent::new(code, modifiers)));
        assert_eq!(key(KeyCode::Char('T'), KeyModifiers::SHIFT), Some(Press::Key('T')));
        assert_eq!(key(KeyCode::Char('t'), KeyModifiers::CONTROL), Some(Press::Other));
        assert_eq!(key(KeyCode::End, KeyModifiers::NONE), Some(Press::Scroll(Scroll::Newest)));
        assert_eq!(press(&Event::Resize(80, 24)), Some(Press::Resized));
        assert_eq!(press(&Event::FocusGained), None);
    }
}
