//! What the keys that are pressed do.

use faultkey_attach::Keys;
use faultkey_attach::view::View;

#[cfg(unix)]
pub async fn attend(keys: &Keys, view: &View) {
    use faultkey_attach::control::{Request, answer};
    use faultkey_attach::keyboard::{HELP, Keyboard, Press, STOP};
    use tokio::signal::unix::{SignalKind, signal};

    let Some(mut keyboard) = Keyboard::open() else { return std::future::pending().await };
    // Ctrl-Z would leave the shell a terminal that shows nothing of what is typed.
    let Ok(mut stop) = signal(SignalKind::from_raw(STOP)) else { return std::future::pending().await };
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
pub async fn attend(_keys: &Keys, _view: &View) {
    std::future::pending().await
}
