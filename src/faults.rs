//! `faultkey faults`

use std::process::ExitCode;

use faultkey_fault_injection::registry::Seam;
use faultkey_fault_injection::{FaultInfo, registry};

use crate::output::{columns, hint, say, section};

/// List the faults, or explain one: its layer, effect, evidence, parameters, what a good relying party does, and how to arm it.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  faultkey faults\n  faultkey faults silent-key-regeneration")]
pub struct Arguments {
    /// The fault to explain.
    name: Option<String>,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    match &arguments.name {
        None => list(),
        Some(name) => explain(registry::find(name).ok_or_else(|| registry::unknown(name).to_string())?),
    }
    Ok(ExitCode::SUCCESS)
}

fn list() {
    let mut table = columns();
    let mut layer = None;
    for fault in registry::all() {
        if layer.replace(fault.layer) != Some(fault.layer) {
            table.add_row([format!("{}:", fault.layer), String::new()]);
        }
        table.add_row([format!("  {}", fault.name), fault.summary.to_owned()]);
    }
    say!("{}", table.trim_fmt());
    hint!("\n`faultkey faults NAME` explains one fault.");
}

fn explain(fault: &FaultInfo) {
    let catalogue = if fault.catalogue.is_empty() { String::new() } else { format!("; catalogue {}", fault.catalogue.join(", ")) };
    say!("{}  (layer {}{catalogue})\n\n{}\n", fault.name, fault.layer, fault.summary);
    section("What it does", fault.effect);
    section("Evidence", fault.evidence);
    section("What a good relying party does", fault.good_rp);
    if !fault.parameters.is_empty() {
        say!("Parameters");
        let mut table = columns();
        for parameter in fault.parameters {
            let meaning = format!("{} Accepts {}; default {}.", parameter.meaning, parameter.accepts, parameter.default);
            table.add_row(["", parameter.name, &meaning]);
        }
        say!("{}\n", table.trim_fmt());
    }
    // Not wrapped, so that they can be copied.
    say!("In a scenario\n    [[step]]\n    do = \"arm\"\n    with = {}\n", fault.example);
    match fault.seam {
        Seam::Event | Seam::Authenticator | Seam::Report => {
            say!("At a key that is attached\n    faultkey ctl fault add {}", fault.command_line_example());
        }
        Seam::ClientData | Seam::Platform | Seam::Response | Seam::Network => {
            section("At a key that is attached", "Not possible: this fault acts in the client or on the network.");
        }
    }
}
