//! Does what a controller asks for. Each answer has a `text` for people beside what scripts read.

use std::time::Duration;

use faultkey_authenticator::{Event, Time, UserAnswer};
use faultkey_fault_injection::{FaultSpec, registry};
use serde_json::{Value, json};

use super::{Request, Wish, wait};
use crate::happening::effect_text;
use crate::keyring::Keys;
use crate::seat::Seat;
use crate::state::{ArmedFault, KeyState, hold_text};
use crate::text::counted;
use crate::{Presence, Verification, credential, plan, trace_file, user};

/// Does it, and tells what came of it.
///
/// # Errors
/// In words, with what to do about it.
pub async fn answer(keys: &Keys, request: Request) -> Result<Value, String> {
    let Request { key, wish } = request;
    match wish {
        Wish::List => return Ok(list(keys)),
        Wish::Quit => {
            keys.quit();
            return Ok(json!({ "text": "the keys are unplugged and the program has ended" }));
        }
        _ => {}
    }
    let seat = keys.seat(key)?;
    let now = || keys.clock.now();
    let act = |answer: UserAnswer, did: &str| {
        let prompt = seat.port().change(|key| key.answer(now(), answer)).map_err(|error| error.to_string())?;
        Ok(json!({ "prompt": prompt, "text": format!("{did}: {prompt}") }))
    };
    match wish {
        Wish::Status => {
            let state = KeyState::of(seat, now());
            let mut whole = state.to_json();
            whole["last"] = json!(keys.log.last());
            whole["text"] = json!(status(&state));
            Ok(whole)
        }
        Wish::Touch { hold } => {
            let held = hold.map(Duration::from_millis);
            let (prompt, wanted) = seat.port().change(|key| {
                let wanted = key.asked(now()).and_then(|asked| user::hold(&asked.prompt));
                key.touch(now(), held).map(|prompt| (prompt, wanted)).map_err(|error| error.to_string())
            })?;
            let text = match wanted {
                Some(wanted) if held.is_none_or(|held| held < wanted) => format!("touched too briefly: {prompt}; {}", hold_text(wanted)),
                _ => format!("touched: {prompt}"),
            };
            Ok(json!({ "prompt": prompt, "text": text }))
        }
        Wish::Refuse => act(UserAnswer::Refuse, "refused"),
        Wish::WrongFinger => act(UserAnswer::WrongFinger, "presented a finger that is not enrolled"),
        Wish::Presence { policy } => {
            let presence: Presence = policy.parse()?;
            seat.port().change(|key| {
                key.change_user(now(), |user| user.presence = presence);
                key.note(now(), format!("presence: {presence}"));
            });
            Ok(json!({ "presence": presence.to_string(), "text": format!("presence: {presence}") }))
        }
        Wish::Verification { policy } => {
            let verification: Verification = policy.parse()?;
            seat.port().change(|key| {
                key.change_user(now(), |user| user.verification = verification);
                key.note(now(), format!("verification: {verification}"));
            });
            Ok(json!({ "verification": verification.to_string(), "text": format!("verification: {verification}") }))
        }
        Wish::Event { event } => {
            let event = event_named(&event)?;
            let effect = seat.port().change(|key| key.happen(now(), event))?;
            let text = format!("{}: {}", event.name(), effect_text(effect));
            Ok(json!({ "event": event.name(), "effect": effect.name(), "text": text }))
        }
        Wish::FaultAdd { fault } => {
            let spec: FaultSpec = fault.parse().map_err(|error: faultkey_fault_injection::FaultError| error.to_string())?;
            seat.port().change(|key| {
                plan::arm(key.faults(), key.stack(), now(), spec).map_err(|error| error.to_string())?;
                key.note(now(), format!("armed: {fault}"));
                Ok(json!({ "text": format!("armed: {fault}") }))
            })
        }
        Wish::FaultRemove { fault } => seat.port().change(|key| {
            registry::find(&fault).ok_or_else(|| registry::unknown(&fault).to_string())?;
            let count = key.faults().list().iter().filter(|listed| listed.info.name == fault).count();
            if count == 0 {
                return Err(format!("`{fault}` is not armed; `faultkey ctl fault list` shows what is"));
            }
            key.faults().clear(Some(&fault));
            key.note(now(), format!("disarmed: {fault}"));
            Ok(json!({ "removed": count, "text": format!("disarmed: {fault}") }))
        }),
        Wish::FaultClear => Ok(seat.port().change(|key| {
            let count = key.faults().list().len();
            key.faults().clear(None);
            key.note(now(), "every fault disarmed");
            json!({ "removed": count, "text": format!("{count} disarmed") })
        })),
        Wish::FaultList => Ok(faults(seat, now())),
        Wish::CredentialList => seat.port().with(|key| credential::list(key.store(), &key.profile().authenticator)),
        Wish::CredentialAdd { credential } => seat.port().change(|key| {
            let added = credential::add(&mut key.store().clone(), &credential, &key.profile().authenticator)?;
            key.note(now(), format!("credential {added} added"));
            Ok(json!({ "credentialId": added, "text": format!("added: {added}") }))
        }),
        Wish::CredentialRemove { id } => seat.port().change(|key| {
            let count = credential::remove(&mut key.store().clone(), id.as_deref())?;
            let text = id.map_or_else(|| format!("{} removed", counted(count, "credential")), |id| format!("removed: {id}"));
            key.note(now(), text.clone());
            Ok(json!({ "removed": count, "text": text }))
        }),
        Wish::Unplug => {
            seat.unplug().await?;
            Ok(json!({ "text": "unplugged" }))
        }
        Wish::Replug { without_state } => {
            let place = seat.replug(!without_state).await?;
            let power_up = seat.port().with(|key| key.power_up());
            let text = format!("plugged in at {place}, power-up {power_up}");
            Ok(json!({ "place": place, "powerUp": power_up, "text": text }))
        }
        Wish::Wait { what, after, containing, timeout } => wait::wait(keys, seat, what, after, containing.as_deref(), timeout).await,
        Wish::Trace { file } => {
            let identity = seat.port().with(|key| crate::identity::of(key.profile(), key.number()));
            let trace = file.as_ref().map(|file| trace_file::open(file, &identity, &keys.clock)).transpose()?;
            seat.port().with(|key| key.set_trace(trace));
            let text = file.map_or_else(|| "no trace is written".to_owned(), |file| format!("trace: {}", file.display()));
            Ok(json!({ "text": text }))
        }
        Wish::List | Wish::Quit => Err("this is not for one key".to_owned()),
    }
}

/// The event with this name.
///
/// # Errors
/// In words, with the names that there are.
pub fn event_named(name: &str) -> Result<Event, String> {
    let names = || Event::ALL.map(Event::name).join(", ");
    Event::ALL.into_iter().find(|event| event.name() == name).ok_or_else(|| format!("there is no event `{name}`; there are {}", names()))
}

fn list(keys: &Keys) -> Value {
    let states: Vec<KeyState> = keys.states();
    let texts: Vec<String> = states.iter().map(KeyState::text).collect();
    json!({ "keys": states.iter().map(KeyState::listed).collect::<Vec<_>>(), "last": keys.log.last(), "text": texts.join("\n") })
}

fn status(state: &KeyState) -> String {
    let protections = [state.pin_text(), state.reader_text(), state.credentials_text()];
    let protections: Vec<String> = protections.into_iter().filter(|text| !text.is_empty()).collect();
    let mut lines = vec![state.text(), format!("  {}", protections.join(", ")), format!("  touches by themselves for: {}", state.allowed)];
    lines.extend(state.faults.iter().map(|fault| format!("  {}", fault.text())));
    lines.push(format!("  store: {}", state.kept));
    lines.extend(state.trace.as_ref().map(|trace| format!("  trace: {}", trace.display())));
    lines.join("\n")
}

fn faults(seat: &Seat, now: Time) -> Value {
    let faults = KeyState::of(seat, now).faults;
    let lines: Vec<String> = faults.iter().map(ArmedFault::text).collect();
    let text = if lines.is_empty() { "no fault is armed".to_owned() } else { lines.join("\n") };
    json!({ "faults": faults.iter().map(ArmedFault::to_json).collect::<Vec<_>>(), "text": text })
}
