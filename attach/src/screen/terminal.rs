//! The screen on a real terminal: taken, drawn on by a thread of its own, and given back however the program ends.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal};
use std::os::fd::AsFd;
use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen};
use rustix::termios::{self, OptionalActions, Termios};
use tokio::sync::oneshot;

use super::inbox::{Inbox, Wanted};
use super::{Model, draw};
use crate::KeyState;
use crate::keyring::Keys;
use crate::view::View;

/// The time between two drawings.
const FRAME: Duration = Duration::from_millis(33);
/// How long nothing is looked at when there is no news: a prompt's time runs out, a fault's schedule ends.
const IDLE: Duration = Duration::from_millis(500);
/// How often the credentials are counted.
const COUNTING: Duration = Duration::from_millis(500);

/// Whether a person sits at a terminal that has a screen.
#[must_use]
pub fn is_wanted() -> bool {
    let stdin = io::stdin();
    let is_terminal = stdin.is_terminal() && io::stdout().is_terminal() && io::stderr().is_terminal();
    let has_screen = std::env::var_os("TERM").is_some_and(|name| !name.is_empty() && name != "dumb");
    // A program in the terminal's background would be stopped.
    is_terminal && has_screen && termios::tcgetpgrp(&stdin).is_ok_and(|group| group == rustix::process::getpgrp())
}

/// The screen, until this is closed or dropped.
pub struct Screen {
    inbox: Inbox,
    gone: oneshot::Receiver<()>,
}

/// The terminal itself. Nobody else's lock stands before it: it is given back while the program breaks down.
struct Tty {
    out: File,
    before: Termios,
    is_on: AtomicBool,
}

impl Screen {
    /// Takes the terminal, and shows these keys and what comes into the inbox.
    ///
    /// # Errors
    /// When the terminal can't be had.
    pub fn open(keys: Arc<Keys>, view: View, inbox: Inbox) -> io::Result<Self> {
        let out = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        let before = termios::tcgetattr(io::stdin())?;
        let terminal = Terminal::new(CrosstermBackend::new(BufWriter::with_capacity(1 << 16, out.try_clone()?)))?;
        let tty = Arc::new(Tty { out, before, is_on: AtomicBool::new(false) });
        give_back_on_panic(Arc::clone(&tty));
        let (alive, gone) = oneshot::channel();
        let painter = Painter { keys, view, inbox: inbox.clone(), tty, terminal, counted: Vec::new(), _alive: alive };
        std::thread::Builder::new().name("screen".to_owned()).spawn(move || painter.run())?;
        Ok(Self { inbox, gone })
    }

    /// Until it can't be drawn any more.
    pub async fn broken(&mut self) {
        let _ended = (&mut self.gone).await;
    }

    /// Gives the terminal back.
    pub fn close(self) {
        drop(self);
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.inbox.end();
    }
}

impl Tty {
    fn take(&self) -> io::Result<()> {
        self.is_on.store(true, Ordering::Relaxed);
        execute!(&self.out, EnterAlternateScreen, Hide)
    }

    fn give_back(&self) {
        if self.is_on.swap(false, Ordering::Relaxed) {
            let _it_is_gone = execute!(&self.out, Show, LeaveAlternateScreen);
        }
    }
}

/// What a panic says must be readable.
fn give_back_on_panic(tty: Arc<Tty>) {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |panicked| {
        if tty.is_on.load(Ordering::Relaxed) {
            tty.give_back();
            let _ = termios::tcsetattr(io::stdin(), OptionalActions::Now, &tty.before);
        }
        before(panicked);
    }));
}

/// Who draws.
struct Painter {
    keys: Arc<Keys>,
    view: View,
    inbox: Inbox,
    tty: Arc<Tty>,
    terminal: Terminal<CrosstermBackend<BufWriter<File>>>,
    counted: Vec<Option<usize>>,
    /// Dropped with it.
    _alive: oneshot::Sender<()>,
}

impl Drop for Painter {
    fn drop(&mut self) {
        self.tty.give_back();
        self.inbox.is_off();
    }
}

impl Painter {
    fn run(mut self) {
        // A terminal that can't be written ends it.
        let _gone = self.paint();
    }

    fn paint(&mut self) -> io::Result<()> {
        let mut model = Model::default();
        let mut is_shown = false;
        let mut patience = Duration::ZERO;
        let mut counted = None;
        let mut wanted = Wanted::Shown;
        loop {
            let taken = self.inbox.take(wanted, patience);
            wanted = taken.wanted;
            patience = IDLE;
            model.lost(taken.lost);
            taken.news.into_iter().for_each(|news| model.take(news));
            match wanted {
                Wanted::Ended => return Ok(()),
                Wanted::Hidden => {
                    if std::mem::take(&mut is_shown) {
                        self.tty.give_back();
                    }
                    self.inbox.is_off();
                    continue;
                }
                Wanted::Shown if !is_shown => {
                    self.tty.take()?;
                    // Unlike `clear`, this does not ask the terminal where its cursor is: the answer would go to whoever reads the keys.
                    self.terminal.resize(self.terminal.size()?.into())?;
                    is_shown = true;
                }
                Wanted::Shown => {}
            }
            // After a panic elsewhere the terminal is not ours any more.
            if !self.tty.is_on.load(Ordering::Relaxed) {
                return Ok(());
            }
            let began = Instant::now();
            if counted.is_none_or(|counted| began - counted >= COUNTING) {
                counted = Some(began);
                self.counted = self.keys.seats().iter().map(KeyState::count).collect();
            }
            model.now = self.keys.now();
            model.chosen = self.view.chosen();
            model.keys = self.keys.seats().iter().zip(&self.counted).map(|(seat, count)| KeyState::with(seat, model.now, *count)).collect();
            self.terminal.draw(|frame| draw::draw(frame, &mut model))?;
            std::thread::sleep(FRAME.saturating_sub(began.elapsed()));
        }
    }
}
