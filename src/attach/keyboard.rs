//! What the keys that are pressed do.

use faultkey_attach::Keys;
use faultkey_attach::view::View;

#[cfg(unix)]
pub async fn attend(keys: &Keys, view: &View) {
    use faultkey_attach::control::{Request, Wish, answer};
    use faultkey_attach::keyboard::{HELP, Keyboard};

    let Some(mut keyboard) = Keyboard::open() else { return std::future::pending().await };
    view.say(HELP);
    let mut chosen = 1;
    loop {
        let wish = match keyboard.next().await {
            't' => Wish::Touch,
            'r' => Wish::Refuse,
            'w' => Wish::WrongFinger,
            'u' => Wish::Unplug,
            'p' => Wish::Replug { without_state: false },
            'e' => Wish::Event { event: "fingerprint-enrolled".to_owned() },
            'q' => return,
            digit @ '1'..='9' => {
                chosen = digit.to_digit(10).and_then(|number| usize::try_from(number).ok()).unwrap_or(1);
                view.say(&format!("key {chosen}"));
                continue;
            }
            '\n' => continue,
            _ => {
                view.say(HELP);
                continue;
            }
        };
        if let Err(error) = answer(keys, Request { key: Some(chosen), wish }).await {
            view.say(&error);
        }
    }
}

#[cfg(not(unix))]
pub async fn attend(_keys: &Keys, _view: &View) {
    std::future::pending().await
}
