//! `faultkey profiles`

use std::process::ExitCode;

use faultkey_authenticator::Effect;
use faultkey_authenticator::authenticator_data::format_aaguid;
use faultkey_fault_injection::profile::{effect_label, event_label};
use faultkey_fault_injection::{Language, Profile, Text, profile};
use serde_json::{Map, Value, json};

use crate::language::language;
use crate::output::{self, columns, hint, last_cell, say, section};

/// List the device profiles, or explain one: what the device can do, what happens to its keys, what is not played yet.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  faultkey profiles\n  faultkey profiles android-device-bound\n  faultkey profiles --json")]
pub struct Arguments {
    /// The profile to explain.
    name: Option<String>,
    /// Print all that is known as JSON, in every language; docs/lists.md names the members.
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    let language = language(None);
    let profile = match &arguments.name {
        None => None,
        Some(name) => Some(profile::find(name).ok_or_else(|| profile::unknown(name).text().get(language).clone())?),
    };
    match profile {
        None if arguments.json => {
            output::json(&format!("{:#}", json!({ "profiles": profile::all().iter().map(data).collect::<Vec<_>>() })))
        }
        Some(profile) if arguments.json => output::json(&format!("{:#}", data(profile))),
        None => list(language),
        Some(profile) => explain(profile, language),
    }
    Ok(ExitCode::SUCCESS)
}

fn list(language: Language) {
    let mut table = columns();
    let before = profile::all().iter().map(|profile| profile.name.len() + profile.catalogue.len()).max().unwrap_or_default();
    for profile in profile::all() {
        table.add_row([profile.name.as_str(), &profile.catalogue, &last_cell(profile.title.get(language), before)]);
    }
    say!("{}", table.trim_fmt());
    hint!("\n{}", Text::new("`faultkey profiles NAME` explains one.", "`faultkey profiles NAME`で、1つを説明します。").get(language));
}

fn explain(profile: &Profile, language: Language) {
    let t = |en: &'static str, ja: &'static str| *Text::new(en, ja).get(language);
    let catalogue = match &profile.catalogue {
        none if none.is_empty() => String::new(),
        number => Text::new(format!("  ({number})"), format!("（{number}）")).get(language).clone(),
    };
    say!("{}{catalogue}\n\n{}\n", profile.name, profile.title.get(language));
    let mut table = columns();
    for (name, value) in profile.facts() {
        table.add_row(["", name.get(language), value.get(language)]);
    }
    say!("{}\n{}\n", t("Device", "端末"), table.trim_fmt());
    let mut events = columns();
    for (event, effect) in profile.events.iter().filter(|(_, effect)| **effect != Effect::Nothing) {
        match language {
            Language::English => events.add_row(["", event.name(), effect.name()]),
            Language::Japanese => events.add_row(["", event.name(), event_label(*event).ja, effect.name(), effect_label(*effect).ja]),
        };
    }
    let heading = t("What happens to its keys (every other event does nothing)", "鍵への影響（ほかのイベントでは何も変わらない）");
    match events.is_empty() {
        true => say!("{heading}\n  {}\n", t("Nothing.", "なし")),
        false => say!("{heading}\n{}\n", events.trim_fmt()),
    }
    section(t("Evidence", "根拠"), profile.evidence.get(language));
    if !profile.limits.is_empty() {
        let limits: Vec<&str> = profile.limits.iter().map(|limit| limit.get(language).as_str()).collect();
        section(t("Not played yet", "まだ再現していないこと"), &limits.join("\n"));
    }
}

/// What docs/lists.md documents.
fn data(profile: &Profile) -> Value {
    let device = &profile.authenticator;
    let events: Map<String, Value> = profile.events.iter().map(|(event, effect)| (event.name().to_owned(), json!(effect.name()))).collect();
    let facts: Vec<Value> = profile.facts().iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
    json!({
        "name": profile.name,
        "title": profile.title,
        "catalogue": profile.catalogue,
        "family": profile.family,
        "evidence": profile.evidence,
        "limits": profile.limits,
        "aaguid": format_aaguid(&device.aaguid),
        "platform": device.platform,
        "transports": device.transports,
        "algorithms": device.algorithms,
        "attestation": device.attestation.identifiers(),
        "discoverable": device.discoverable,
        "client-pin": device.protection.client_pin,
        "backup-eligible": device.backup_eligible,
        "backup-state": device.backup_state,
        "credential-id-length": device.credential_id_length,
        "facts": facts,
        "events": events,
    })
}
