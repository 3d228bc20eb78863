//! `faultkey faults`

use std::process::ExitCode;

use faultkey_fault_injection::registry::ParameterInfo;
use faultkey_fault_injection::{FaultInfo, Language, Text, registry};
use serde_json::{Value, json};

use crate::language::language;
use crate::output::{self, columns, hint, last_cell, say, section};

/// List the faults, or explain one: its layer, effect, evidence, parameters, what a good relying party does, and how to arm it.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  faultkey faults\n  faultkey faults silent-key-regeneration\n  faultkey faults --json")]
pub struct Arguments {
    /// The fault to explain.
    name: Option<String>,
    /// Print all that is known as JSON, in every language; docs/lists.md names the members.
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    let language = language(None);
    let fault = match &arguments.name {
        None => None,
        Some(name) => Some(registry::find(name).ok_or_else(|| registry::unknown(name).text().get(language).clone())?),
    };
    match fault {
        None if arguments.json => {
            output::json(&format!("{:#}", json!({ "faults": registry::all().into_iter().map(data).collect::<Vec<_>>() })))
        }
        Some(fault) if arguments.json => output::json(&format!("{:#}", data(fault))),
        None => list(language),
        Some(fault) => explain(fault, language),
    }
    Ok(ExitCode::SUCCESS)
}

fn list(language: Language) {
    let mut table = columns();
    let mut layer = None;
    let before = registry::all().iter().map(|fault| fault.name.len()).max().unwrap_or_default();
    for fault in registry::all() {
        if layer.replace(fault.layer) != Some(fault.layer) {
            let heading = Text::new(format!("{}:", fault.layer), format!("{}（{}）：", fault.layer, fault.layer.label().ja));
            table.add_row([heading.get(language).clone(), String::new()]);
        }
        table.add_row([format!("  {}", fault.name), last_cell(fault.summary.get(language), before)]);
    }
    say!("{}", table.trim_fmt());
    hint!("\n{}", Text::new("`faultkey faults NAME` explains one fault.", "`faultkey faults NAME`で、1つを説明します。").get(language));
}

fn explain(fault: &FaultInfo, language: Language) {
    let t = |en: &'static str, ja: &'static str| *Text::new(en, ja).get(language);
    let mut place = Text::new(format!("layer {}", fault.layer), format!("層{}：{}", fault.layer, fault.layer.label().ja));
    if !fault.catalogue.is_empty() {
        place.en += &format!("; catalogue {}", fault.catalogue.join(", "));
        place.ja += &format!("、カタログ{}", fault.catalogue.join("、"));
    }
    let heading = Text::new(format!("{}  ({})", fault.name, place.en), format!("{}（{}）", fault.name, place.ja));
    say!("{}\n\n{}\n", heading.get(language), fault.summary.get(language));
    section(t("What it does", "動作"), fault.effect.get(language));
    section(t("Evidence", "根拠"), fault.evidence.get(language));
    section(t("What a good relying party does", "適切なRPの動作"), fault.good_rp.get(language));
    if !fault.parameters.is_empty() {
        say!("{}", t("Parameters", "パラメーター"));
        let mut table = columns();
        let before = fault.parameters.iter().map(|parameter| parameter.name.len()).max().unwrap_or_default();
        for parameter in fault.parameters {
            table.add_row(["", parameter.name, &last_cell(described(parameter).get(language), before)]);
        }
        say!("{}\n", table.trim_fmt());
    }
    // Not wrapped, so that they can be copied.
    say!("{}\n    [[step]]\n    do = \"arm\"\n    with = {}\n", t("In a scenario", "シナリオでの書き方"), fault.example);
    let attached = t("At a key that is attached", "接続中のキーでの使い方");
    if fault.seam.is_at_the_key() {
        say!("{attached}\n    faultkey ctl fault add {}", fault.command_line_example());
    } else {
        let not_there = t(
            "Not possible: this fault acts in the client or on the network.",
            "使えません。このフォールトは、クライアントまたはネットワークで起こります。",
        );
        section(attached, not_there);
    }
}

fn described(parameter: &ParameterInfo) -> Text {
    let ParameterInfo { accepts, default, meaning, .. } = parameter;
    Text::new(
        format!("{} Accepts {}; default {}.", meaning.en, accepts.en, default.en),
        format!("{}。指定できる値：{}。既定値：{}", meaning.ja, accepts.ja, default.ja),
    )
}

/// What docs/lists.md documents.
fn data(fault: &FaultInfo) -> Value {
    let FaultInfo { name, layer, summary, effect, opportunity, seam, evidence, catalogue, good_rp, parameters, example } = fault;
    let parameter = |ParameterInfo { name, accepts, default, meaning }: &ParameterInfo| json!({ "name": name, "accepts": accepts, "default": default, "meaning": meaning });
    json!({
        "name": name,
        "layer": layer,
        "summary": summary,
        "effect": effect,
        "opportunity": opportunity,
        "sees": seam.sees(),
        "attached": seam.is_at_the_key(),
        "evidence": evidence,
        "catalogue": catalogue,
        "good-relying-party": good_rp,
        "parameters": parameters.iter().map(parameter).collect::<Vec<_>>(),
        "toml": example,
        "command-line": fault.command_line_example(),
    })
}
