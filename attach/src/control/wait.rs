//! Waiting for something at a key, so that scripts need no sleeping.

use std::time::Duration;

use faultkey_transport::transcript::prompt_text;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};

use super::WaitFor;
use crate::happening::Happening;
use crate::keyring::Keys;
use crate::seat::Seat;
use crate::text::quoted;

/// Answers when it has come about; at once, if it is a state that is there already.
pub(super) async fn wait(
    keys: &Keys,
    seat: &Seat,
    what: WaitFor,
    after: Option<u64>,
    containing: Option<&str>,
    timeout: u64,
) -> Result<Value, String> {
    let mut news = keys.log.subscribe();
    let after = after.unwrap_or_else(|| keys.log.last());
    let end = Instant::now() + Duration::from_millis(timeout);
    loop {
        news.mark_unchanged();
        if let Some(found) = look(keys, seat, what, after, containing) {
            return Ok(found);
        }
        tokio::select! {
            changed = news.changed() => if changed.is_err() {
                return Err("the program is ending".to_owned());
            },
            () = sleep_until(end) => {
                let kind = what.name();
                let with = containing.map(|text| format!(" with {}", quoted(text))).unwrap_or_default();
                return Err(format!("no `{kind}`{with} came about within {timeout} ms; `faultkey ctl list` shows the key's state"));
            }
        }
    }
}

fn look(keys: &Keys, seat: &Seat, what: WaitFor, after: u64, containing: Option<&str>) -> Option<Value> {
    let now = keys.clock.now();
    let state = |is_there: bool, text: &str| is_there.then(|| json!({ "text": text, "last": keys.log.last() }));
    match what {
        WaitFor::Prompt => seat.port().with(|key| {
            let asked = key.asked(now)?;
            let reason = asked.waits.map(crate::user::Reason::text);
            let text = crate::escape::escaped(&prompt_text(&asked.prompt)).into_owned();
            let hold = crate::user::hold(&asked.prompt).map(|hold| u64::try_from(hold.as_millis()).unwrap_or(u64::MAX));
            containing
                .is_none_or(|part| text.contains(part))
                .then(|| json!({ "prompt": text, "reason": reason, "hold": hold, "text": text, "last": keys.log.last() }))
        }),
        WaitFor::Idle => state(seat.port().with(|key| key.is_idle()), "idle"),
        WaitFor::Plugged => state(seat.port().with(|key| key.is_plugged()), "plugged in"),
        WaitFor::Unplugged => state(seat.port().with(|key| !key.is_plugged()), "unplugged"),
        WaitFor::Exchange => {
            let request = |number| keys.log.request(seat.number(), number).unwrap_or_default();
            let ended = |happening: &Happening| match happening {
                Happening::Reply { number, text, .. } => Some((*number, text.clone())),
                Happening::Silence { number, .. } => Some((*number, "never answered".to_owned())),
                Happening::Aborted { number, .. } => Some((*number, "the host gave up".to_owned())),
                _ => None,
            };
            // The request is looked up when the log is not held any more.
            let mut after = after;
            loop {
                let entry = keys.log.find(seat.number(), after, |happening| ended(happening).is_some())?;
                let (number, reply) = ended(&entry.happening)?;
                let request = request(number);
                let text = format!("#{number} {request}: {reply}");
                if containing.is_none_or(|part| text.contains(part)) {
                    return Some(json!({ "exchange": number, "request": request, "reply": reply, "last": entry.number, "text": text }));
                }
                after = entry.number;
            }
        }
        WaitFor::Fault => {
            let text_of = |happening: &Happening| match happening {
                Happening::Fault { fault, text } => Some((fault.clone(), format!("{fault}: {text}"))),
                _ => None,
            };
            let wanted =
                |happening: &Happening| text_of(happening).is_some_and(|(_, text)| containing.is_none_or(|part| text.contains(part)));
            let entry = keys.log.find(seat.number(), after, wanted)?;
            let (fault, text) = text_of(&entry.happening)?;
            Some(json!({ "fault": fault, "text": text, "last": entry.number }))
        }
    }
}
