//! Does what a controller asks for. Each answer has a `text` for people beside what scripts read.

use faultkey_authenticator::{Event, UserAnswer};
use faultkey_fault_injection::{FaultSpec, registry};
use faultkey_transport::transcript::prompt_text;
use serde_json::{Value, json};

use super::{Request, Wish, wait};
use crate::happening::effect_text;
use crate::keyring::Keys;
use crate::seat::Seat;
use crate::{Presence, Verification, credential, plan, trace_file};

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
            return Ok(json!({ "text": "the keys are unplugged and the program ends" }));
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
        Wish::Touch => {
            let prompt = seat.port().change(|key| key.touch(now())).map_err(|error| error.to_string())?;
            Ok(json!({ "prompt": prompt, "text": format!("touched: {prompt}") }))
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
        Wish::FaultList => Ok(faults(seat)),
        Wish::CredentialList => seat.port().with(|key| credential::list(key.store(), &key.profile().authenticator)),
        Wish::CredentialAdd { credential } => seat.port().change(|key| {
            let added = credential::add(&mut key.store().clone(), &credential, &key.profile().authenticator)?;
            key.note(now(), format!("credential {added} added"));
            Ok(json!({ "credentialId": added, "text": format!("added: {added}") }))
        }),
        Wish::CredentialRemove { id } => seat.port().change(|key| {
            let count = credential::remove(&mut key.store().clone(), id.as_deref())?;
            let text = id.map_or_else(|| format!("{count} credentials removed"), |id| format!("removed: {id}"));
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
    let now = keys.clock.now();
    let listed: Vec<(Value, String)> = keys.seats().iter().map(|seat| one(seat, now)).collect();
    let (keys_json, texts): (Vec<Value>, Vec<String>) = listed.into_iter().unzip();
    json!({ "keys": keys_json, "last": keys.log.last(), "text": texts.join("\n") })
}

fn one(seat: &Seat, now: faultkey_authenticator::Time) -> (Value, String) {
    let place = seat.place();
    seat.port().with(|key| {
        let user = key.user().clone();
        let faults = key.faults().list().len();
        let waits = key.asked(now).map(|asked| {
            let reason = asked.waits.map(crate::user::Reason::text);
            json!({ "prompt": prompt_text(&asked.prompt), "reason": reason, "since": asked.since.as_millis() })
        });
        let last = key.last_exchange().map(|last| json!({ "number": last.number, "request": last.request, "reply": last.reply }));
        let state = if key.is_plugged() { "plugged" } else { "unplugged" };
        let mut text = format!("key {}: {}, {state}", key.number(), key.profile().name);
        if key.is_plugged() {
            text.push_str(&format!(" at {place}"));
        }
        text.push_str(&format!(", power-up {}, presence {}, verification {}", key.power_up(), user.presence, user.verification));
        if let Some(asked) = key.asked(now) {
            text.push_str(&format!("\n  waits: {}", prompt_text(&asked.prompt)));
        }
        if let Some(last) = key.last_exchange() {
            text.push_str(&format!("\n  last: #{} {}: {}", last.number, last.request, last.reply));
        }
        if faults > 0 {
            text.push_str(&format!("\n  faults armed: {faults}"));
        }
        let json = json!({
            "key": key.number(),
            "profile": key.profile().name,
            "seed": key.seed(),
            "state": state,
            "place": place,
            "powerUp": key.power_up(),
            "presence": user.presence.to_string(),
            "verification": user.verification.to_string(),
            "allowed": user.allow_list.to_string(),
            "waits": waits,
            "lastExchange": last,
            "faults": faults,
        });
        (json, text)
    })
}

fn faults(seat: &Seat) -> Value {
    let listed = seat.port().with(|key| key.faults().list());
    let json: Vec<Value> =
        listed.iter().map(|fault| json!({ "fault": fault.info.name, "acted": fault.acted, "over": fault.over })).collect();
    let lines: Vec<String> = listed
        .iter()
        .map(|fault| {
            let over = if fault.over { ", its schedule has ended" } else { "" };
            format!("{}: acted {} times{over}", fault.info.name, fault.acted)
        })
        .collect();
    let text = if lines.is_empty() { "no fault is armed".to_owned() } else { lines.join("\n") };
    json!({ "faults": json, "text": text })
}
