//! What a line of an adapter file met.

use crate::exercise::Met;

pub fn met(met: &Met) -> String {
    match met {
        Met::Asked { request, times, status, content_type } => {
            let kind = content_type.as_deref().filter(|kind| !kind.is_empty()).map_or_else(String::new, |kind| format!(", {kind}"));
            let status = if *status == 0 { "no answer".to_owned() } else { format!("{status}{kind}") };
            let more = if *times > 1 { format!("; {times} times in all") } else { String::new() };
            format!("{request}: {status}{more}")
        }
        Met::NotAsked => "not asked in clean ceremonies".to_owned(),
        Met::Creation { rp_id, algorithms, user_verification, resident_key } => {
            let algorithms = if *algorithms == 1 { "1 algorithm".to_owned() } else { format!("{algorithms} algorithms") };
            let asked = wished("userVerification", user_verification.as_deref()) + &wished("residentKey", resident_key.as_deref());
            format!("found, {}, {algorithms}{asked}", rp(rp_id.as_deref()))
        }
        Met::Request { rp_id, allowed, user_verification } => {
            let allowed = match allowed {
                None => "no allowCredentials".to_owned(),
                Some(1) => "allowCredentials with 1 passkey".to_owned(),
                Some(count) => format!("allowCredentials with {count} passkeys"),
            };
            format!("found, {}, {allowed}{}", rp(rp_id.as_deref()), wished("userVerification", user_verification.as_deref()))
        }
        Met::Sent { value: Some(value) } => format!("sent as {value}"),
        Met::Sent { value: None } => "sent".to_owned(),
        Met::LeftOut => "left out: the placeholder had no value".to_owned(),
        Met::Found => "found".to_owned(),
        Met::FoundOrNot => "optional".to_owned(),
        Met::Holds { status } => format!("holds for the answer with {status}"),
        Met::Refusal { value: Some(value) } => format!("the answer to a broken signature has {value}"),
        Met::Refusal { value: None } => "the answer to a broken signature has nothing there".to_owned(),
        Met::NoRefusal => "not known: the relying party did not refuse the broken signature".to_owned(),
        Met::Session { before, after } => {
            let yes = |seen: &Option<bool>| match seen {
                Some(true) => "yes",
                Some(false) => "no",
                None => "not known",
            };
            format!("before log-in {}, after log-in {}", yes(before), yes(after))
        }
        Met::Passkeys(1) => "1 passkey after the registration".to_owned(),
        Met::Passkeys(count) => format!("{count} passkeys after the registration"),
        Met::Seen => "seen".to_owned(),
        Met::Unseen(why) => format!("not seen: {why}"),
        Met::Account(name) => format!("the account was {name}"),
        Met::Origin { claimed, rp_id } => format!("the client claimed {claimed}; {}", rp(rp_id.as_deref())),
        Met::ForAll => "used for all".to_owned(),
        Met::Lifetime { timeout: Some(seconds) } => format!("the options' own timeout is {seconds} s"),
        Met::Lifetime { timeout: None } => "the options have no timeout".to_owned(),
        Met::Name => "for reports".to_owned(),
    }
}

fn rp(rp_id: Option<&str>) -> String {
    rp_id.map_or_else(|| "no RP ID".to_owned(), |rp_id| format!("RP ID {rp_id}"))
}

fn wished(name: &str, value: Option<&str>) -> String {
    value.map_or_else(String::new, |value| format!(", {name} {value}"))
}
