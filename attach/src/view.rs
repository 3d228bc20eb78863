//! What a person sees of a key while it is attached: one line for each thing that happens.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::time::Duration;

use faultkey_authenticator::{Time, UserAnswer};
use faultkey_transport::ctaphid::command;
use faultkey_transport::transcript::{answer_text, prompt_text};

use crate::escape::{escaped, harmless};
use crate::happening::{Happening, effect_text};
use crate::screen::{Inbox, News, Scroll};
use crate::{state, user};

/// Lines that wait for a slow reader; when there are more, some are left out.
const MOST_LINES: usize = 4_096;

/// What is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Every exchange, prompt and change.
    Everything,
    /// Only what faults decide.
    Faults,
}

/// Shows what happens, as lines or on a screen. Either is written in a thread of its own: a reader that stands still must not stop the keys.
#[derive(Clone, Debug)]
pub struct View {
    onto: Onto,
    detail: Detail,
    several: bool,
    /// The key that the person at the terminal has chosen.
    chosen: Arc<AtomicUsize>,
}

#[derive(Clone, Debug)]
enum Onto {
    Lines(SyncSender<Option<String>>),
    Screen(Inbox),
}

impl View {
    /// Writes lines to `out`. With `several` keys, each line says whose it is.
    pub fn start(mut out: impl Write + Send + 'static, detail: Detail, several: bool) -> (Self, Finished) {
        let (lines, written) = mpsc::sync_channel::<Option<String>>(MOST_LINES);
        let (finish, finished) = mpsc::sync_channel(1);
        std::thread::spawn(move || {
            while let Ok(Some(line)) = written.recv() {
                if out.write_all(line.as_bytes()).and_then(|()| out.flush()).is_err() {
                    break;
                }
            }
            let _nobody_waits = finish.try_send(());
        });
        let close = lines.clone();
        (Self { onto: Onto::Lines(lines), detail, several, chosen: Arc::new(AtomicUsize::new(1)) }, Finished { close, finished })
    }

    /// Collects for a screen.
    #[must_use]
    pub fn onto_screen(inbox: Inbox, several: bool) -> Self {
        Self { onto: Onto::Screen(inbox), detail: Detail::Everything, several, chosen: Arc::new(AtomicUsize::new(1)) }
    }

    /// The number of the chosen key.
    #[must_use]
    pub fn chosen(&self) -> usize {
        self.chosen.load(Ordering::Relaxed)
    }

    /// Another key is chosen.
    pub fn choose(&self, key: usize) {
        self.chosen.store(key, Ordering::Relaxed);
        match &self.onto {
            Onto::Lines(_) => self.say(&format!("key {key}")),
            Onto::Screen(inbox) => inbox.put(News::Look),
        }
    }

    /// Shows it, if it is to be shown.
    pub fn show(&self, key: usize, now: Time, happening: &Happening) {
        let is_shown = self.detail == Detail::Everything || matches!(happening, Happening::Fault { .. });
        let Some(told) = told(happening).filter(|_| is_shown) else { return };
        match &self.onto {
            Onto::Screen(inbox) => inbox.put(News::Told { key, at: now, told }),
            Onto::Lines(lines) => {
                let whose = if self.several { format!("key {key}  ") } else { String::new() };
                let text = match (self.detail, happening) {
                    (Detail::Faults, Happening::Fault { fault, text }) => escaped(&format!("{fault}: {text}")).into_owned(),
                    _ => told.line(now),
                };
                let _full_or_gone = lines.try_send(Some(format!("{whose}{text}\n")));
            }
        }
    }

    /// A line of the program's own.
    pub fn say(&self, text: &str) {
        match &self.onto {
            Onto::Screen(inbox) => inbox.put(News::Said(escaped(text).into_owned())),
            Onto::Lines(lines) if self.detail == Detail::Everything => {
                let _full_or_gone = lines.try_send(Some(format!("{}\n", harmless(text))));
            }
            Onto::Lines(_) => {}
        }
    }

    /// What keys do; a screen shows it all the time.
    pub fn help(&self, text: &str) {
        if matches!(self.onto, Onto::Lines(_)) {
            self.say(text);
        }
    }

    /// Moves through what has happened, on a screen.
    pub fn scroll(&self, scroll: Scroll) {
        if let Onto::Screen(inbox) = &self.onto {
            inbox.put(News::Scroll(scroll));
        }
    }

    /// Something is to be seen, e.g. the terminal has another size.
    pub fn look(&self) {
        if let Onto::Screen(inbox) = &self.onto {
            inbox.put(News::Look);
        }
    }

    /// Gives the terminal back for a while, when this returns; or takes it again.
    pub fn hide(&self, hidden: bool) {
        if let Onto::Screen(inbox) = &self.onto {
            inbox.hide(hidden);
        }
    }
}

/// Waits, when dropped, until every line so far is written; not for ever, since a reader may stand still.
pub struct Finished {
    close: SyncSender<Option<String>>,
    finished: Receiver<()>,
}

/// How long the end waits for a reader.
const PATIENCE: Duration = Duration::from_secs(1);

impl Drop for Finished {
    fn drop(&mut self) {
        let _full_or_gone = self.close.try_send(None);
        let _done_or_stuck = self.finished.recv_timeout(PATIENCE);
    }
}

/// What kind of thing a line tells; a screen colours it by this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Request,
    /// The host got what it asked for.
    Good,
    /// It did not.
    Bad,
    /// Somebody has to do something.
    Waits,
    Fault,
    /// The key came or went, or something happened to it.
    Change,
    /// All else.
    Quiet,
}

/// One thing that happened, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub tone: Tone,
    /// Nothing in it drives a terminal.
    pub text: String,
    /// What to do, where no keys to press are in sight.
    hint: String,
}

impl Told {
    /// One line of the plain view.
    #[must_use]
    pub fn line(&self, now: Time) -> String {
        format!("{}  {}{}", stamp(now), self.text, self.hint)
    }
}

/// When it was, in ten columns.
#[must_use]
pub fn stamp(now: Time) -> String {
    format!("{:>10}", format!("{}.{:03}", now.as_millis() / 1_000, now.as_millis() % 1_000))
}

/// One line; `None` for what nobody wants to see.
#[must_use]
pub fn line(now: Time, happening: &Happening) -> Option<String> {
    told(happening).map(|told| told.line(now))
}

/// In words; `None` for what nobody wants to see.
#[must_use]
pub fn told(happening: &Happening) -> Option<Told> {
    let mut hint = String::new();
    let (tone, text) = match happening {
        Happening::Plugged { power_up } => (Tone::Change, format!("plugged in, power-up {power_up}")),
        Happening::Unplugged => (Tone::Change, "unplugged".to_owned()),
        Happening::Request { number, text, .. } => (Tone::Request, format!("-> #{number} {text}")),
        Happening::Reply { number, text, command, message, .. } => {
            (if is_good(*command, message) { Tone::Good } else { Tone::Bad }, format!("<- #{number} {text}"))
        }
        Happening::Silence { number, .. } => (Tone::Bad, format!("<- #{number} never answered")),
        Happening::Aborted { number, .. } => (Tone::Bad, format!("   #{number} given up by the host")),
        Happening::Prompt { prompt, waits: None } => (Tone::Quiet, format!("   asks: {}", prompt_text(prompt))),
        Happening::Prompt { prompt, waits: Some(reason) } => {
            hint = match user::hold(prompt) {
                Some(hold) => format!(". {}", state::hold_text(hold)),
                None => ". `faultkey ctl touch` touches it".to_owned(),
            };
            (Tone::Waits, format!("!! waits: {}; {}", prompt_text(prompt), reason.text()))
        }
        Happening::Answer { answer: UserAnswer::Approve } => (Tone::Quiet, "   touched".to_owned()),
        Happening::Answer { answer: UserAnswer::Held(held) } => (Tone::Quiet, format!("   touched, held for {}", user::time_text(*held))),
        Happening::Answer { answer } => (Tone::Quiet, format!("   the user {}", past(*answer))),
        Happening::Wink => (Tone::Change, "   winks".to_owned()),
        Happening::HidError { text, .. } => (Tone::Bad, format!("<- {text}")),
        Happening::Fault { fault, text } => (Tone::Fault, format!("** {fault}: {text}")),
        Happening::Event { event, effect } => (Tone::Change, format!("   event {}: {}", event.name(), effect_text(*effect))),
        Happening::Note { text } => (Tone::Quiet, format!("   {text}")),
        Happening::ReportIn(_) | Happening::ReportOut(_) => return None,
    };
    Some(Told { tone, text: escaped(&text).into_owned(), hint })
}

/// The status byte of CTAP, or the status word of an APDU (ISO 7816-4 §5.6), says so.
fn is_good(hid_command: u8, message: &[u8]) -> bool {
    match hid_command {
        command::CBOR => message.first() == Some(&0),
        command::MSG => message.ends_with(&[0x90, 0x00]),
        _ => true,
    }
}

fn past(answer: UserAnswer) -> &'static str {
    match answer {
        UserAnswer::Cancel => "was not waited for any more: the host gave up",
        other => answer_text(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::user::Reason;
    use faultkey_authenticator::Prompt;
    use faultkey_authenticator::step::Purpose;

    #[test]
    fn lines_say_what_happens_and_what_to_do() {
        let prompt = Prompt::Presence { purpose: Purpose::Authenticate { rp_id: "bank.example".to_owned() } };
        for (happening, expected) in [
            (Happening::Plugged { power_up: 3 }, Some("    12.034  plugged in, power-up 3")),
            (
                Happening::Prompt { prompt, waits: Some(Reason::NotAllowed) },
                Some(
                    "    12.034  !! waits: touch to sign in to bank.example; the relying party is not on the allow list (--allow-rp). `faultkey ctl touch` touches it",
                ),
            ),
            (
                Happening::Prompt { prompt: Prompt::Presence { purpose: Purpose::ResetByLongTouch }, waits: Some(Reason::Policy) },
                Some(
                    "    12.034  !! waits: touch to erase every credential, holding the touch; touches do not come by themselves (--presence). it has to be held for 10s: `faultkey ctl touch --hold 10s`",
                ),
            ),
            (
                Happening::Answer { answer: UserAnswer::Held(std::time::Duration::from_secs(10)) },
                Some("    12.034     touched, held for 10s"),
            ),
            (Happening::Answer { answer: UserAnswer::Refuse }, Some("    12.034     the user refused")),
            (Happening::Fault { fault: "no-credentials".into(), text: "x".into() }, Some("    12.034  ** no-credentials: x")),
            (Happening::ReportIn([0; 64]), None),
        ] {
            assert_eq!(line(Time::from_millis(12_034), &happening).as_deref(), expected);
        }
    }

    #[test]
    fn a_relying_partys_name_does_not_drive_the_terminal() {
        let rp_id = "\u{1b}[2Jbank.example\nkey 1  touched\u{202e}".to_owned();
        let prompt = Prompt::Presence { purpose: Purpose::Authenticate { rp_id } };
        assert_eq!(
            line(Time::START, &Happening::Prompt { prompt, waits: None }).unwrap(),
            "     0.000     asks: touch to sign in to \\u{1b}[2Jbank.example\\nkey 1  touched\\u{202e}"
        );
    }

    #[test]
    fn a_view_of_faults_shows_only_them() {
        #[derive(Clone, Default)]
        struct Page(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);
        impl Write for Page {
            fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
                self.0.lock().unwrap().extend_from_slice(bytes);
                Ok(bytes.len())
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let page = Page::default();
        let (view, finished) = View::start(page.clone(), Detail::Faults, true);
        view.show(2, Time::START, &Happening::Wink);
        view.show(2, Time::START, &Happening::Fault { fault: "no-op".into(), text: "nothing".into() });
        view.say("not shown");
        drop(finished);
        assert_eq!(String::from_utf8(page.0.lock().unwrap().clone()).unwrap(), "key 2  no-op: nothing\n");
    }
}
