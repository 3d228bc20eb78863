//! What the keys that are pressed do.

use faultkey_attach::Keys;
use faultkey_attach::view::View;

/// The person's hand on the keyboard, where one sits there.
pub struct Hand {
    #[cfg(unix)]
    keyboard: faultkey_attach::keyboard::Keyboard,
    #[cfg(unix)]
    stop: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Hand {
    pub fn open() -> Option<Self> {
        use faultkey_attach::keyboard::{Keyboard, STOP};
        use tokio::signal::unix::{SignalKind, signal};
        let keyboard = Keyboard::open()?;
        // Else Ctrl-Z would leave the shell a terminal that shows nothing of what is typed. Where nobody types, it stays what it is.
        let stop = signal(SignalKind::from_raw(STOP)).ok()?;
        Some(Self { keyboard, stop })
    }
}

#[cfg(unix)]
pub async fn attend(hand: Option<Hand>, keys: &Keys, view: &View) {
    use faultkey_attach::control::{Request, answer};
    use faultkey_attach::keyboard::{HELP, Press};

    let Some(Hand { mut keyboard, mut stop }) = hand else { return std::future::pending().await };
    view.help(HELP);
    loop {
        let press = tokio::select! {
            press = keyboard.next() => press,
            _ = stop.recv() => {
                view.hide(true);
                keyboard.stop();
                view.hide(false);
                continue;
            }
        };
        let wish = match press {
            Press::Key('q') => return,
            Press::Key(digit @ '1'..='9') => {
                let number = digit.to_digit(10).and_then(|number| usize::try_from(number).ok()).unwrap_or(1);
                match keys.seat(Some(number)) {
                    Ok(_) => view.choose(number),
                    Err(error) => view.say(&error),
                }
                continue;
            }
            Press::Key(key) => wish(key),
            Press::Scroll(scroll) => {
                view.scroll(scroll);
                continue;
            }
            Press::Resized => {
                view.look();
                continue;
            }
            Press::Other => continue,
        };
        let Some(wish) = wish else {
            view.help(HELP);
            continue;
        };
        if let Err(error) = answer(keys, Request { key: Some(view.chosen()), wish }).await {
            view.say(&error);
        }
    }
}

#[cfg(unix)]
fn wish(key: char) -> Option<faultkey_attach::control::Wish> {
    use faultkey_attach::control::Wish;
    use faultkey_authenticator::step::Purpose;

    Some(match key {
        't' => Wish::Touch { hold: None },
        'T' => Wish::Touch { hold: Purpose::ResetByLongTouch.hold().and_then(|hold| u64::try_from(hold.as_millis()).ok()) },
        'r' => Wish::Refuse,
        'w' => Wish::WrongFinger,
        'u' => Wish::Unplug,
        'p' => Wish::Replug { without_state: false },
        'e' => Wish::Event { event: "fingerprint-enrolled".to_owned() },
        _ => return None,
    })
}

#[cfg(not(unix))]
impl Hand {
    pub fn open() -> Option<Self> {
        None
    }
}

#[cfg(not(unix))]
pub async fn attend(_hand: Option<Hand>, _keys: &Keys, _view: &View) {
    std::future::pending().await
}
