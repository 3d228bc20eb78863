//! What a person sees of a key while it is attached: one line for each thing that happens.

use std::io::Write;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::time::Duration;

use faultkey_authenticator::{Time, UserAnswer};
use faultkey_transport::transcript::{answer_text, prompt_text};

use crate::happening::{Happening, effect_text};

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

/// Writes lines in a thread of its own: a reader that stands still must not stop the keys.
#[derive(Clone, Debug)]
pub struct View {
    lines: SyncSender<Option<String>>,
    detail: Detail,
    several: bool,
}

impl View {
    /// Writes to `out`. With `several` keys, each line says whose it is.
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
        (Self { lines, detail, several }, Finished { close, finished })
    }

    /// Shows it, if it is to be shown.
    pub fn show(&self, key: usize, now: Time, happening: &Happening) {
        let text = match self.detail {
            Detail::Everything => line(now, happening),
            Detail::Faults => match happening {
                Happening::Fault { fault, text } => Some(format!("{fault}: {text}")),
                _ => None,
            },
        };
        if let Some(text) = text {
            let whose = if self.several { format!("key {key}  ") } else { String::new() };
            let _full_or_gone = self.lines.try_send(Some(format!("{whose}{text}\n")));
        }
    }

    /// A line of the program's own.
    pub fn say(&self, text: &str) {
        if self.detail == Detail::Everything {
            let _full_or_gone = self.lines.try_send(Some(format!("{text}\n")));
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

/// One line; `None` for what nobody wants to see.
#[must_use]
pub fn line(now: Time, happening: &Happening) -> Option<String> {
    let text = match happening {
        Happening::Plugged { power_up } => format!("plugged in, power-up {power_up}"),
        Happening::Unplugged => "unplugged".to_owned(),
        Happening::Request { number, text, .. } => format!("-> #{number} {text}"),
        Happening::Reply { number, text, .. } => format!("<- #{number} {text}"),
        Happening::Silence { number, .. } => format!("<- #{number} never answered"),
        Happening::Aborted { number, .. } => format!("   #{number} given up by the host"),
        Happening::Prompt { prompt, waits: None } => format!("   asks: {}", prompt_text(prompt)),
        Happening::Prompt { prompt, waits: Some(reason) } => {
            format!("!! waits: {}; {}. `faultkey ctl touch` touches it", prompt_text(prompt), reason.text())
        }
        Happening::Answer { answer: UserAnswer::Approve } => "   touched".to_owned(),
        Happening::Answer { answer } => format!("   the user {}", past(*answer)),
        Happening::Wink => "   winks".to_owned(),
        Happening::HidError { text, .. } => format!("<- {text}"),
        Happening::Fault { fault, text } => format!("** {fault}: {text}"),
        Happening::Event { event, effect } => format!("   event {}: {}", event.name(), effect_text(*effect)),
        Happening::Note { text } => format!("   {text}"),
        Happening::ReportIn(_) | Happening::ReportOut(_) => return None,
    };
    Some(format!("{:>10}  {text}", format!("{}.{:03}", now.as_millis() / 1_000, now.as_millis() % 1_000)))
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
            (Happening::Answer { answer: UserAnswer::Refuse }, Some("    12.034     the user refused")),
            (Happening::Fault { fault: "no-credentials".into(), text: "x".into() }, Some("    12.034  ** no-credentials: x")),
            (Happening::ReportIn([0; 64]), None),
        ] {
            assert_eq!(line(Time::from_millis(12_034), &happening).as_deref(), expected);
        }
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
