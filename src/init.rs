//! `faultkey init`

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use faultkey_lab::config::Config;
use faultkey_relying_party::init::probe::{self, Met, Probed};
use faultkey_relying_party::init::{self, Written};
use faultkey_relying_party::{Mapping, Proxies, Target};
use faultkey_transport::escape::escaped;
use url::Url;

use crate::adapter;
use crate::output::{self, complain};
use crate::permission::Permission;

/// Write the first draft of an adapter file, which says how to speak to your relying party.
///
/// --har: from a recording. Open the developer tools' network panel before the page, register, sign out, log in, and export as HAR with contents. No value
/// of the recording goes into the file but paths, names and constants.
/// --rp: asks a server that listens for what libraries and frameworks serve by default, with fifty harmless requests at most.
/// --adapter: a built-in adapter, to be changed.
///
/// What could not be found out stands in the file as `# not found`, and on standard error.
#[derive(Args)]
#[command(after_help = EXAMPLES, group(clap::ArgGroup::new("from").required(true).args(["har", "rp", "adapter"])))]
pub struct Arguments {
    /// The recording of a browser (HAR 1.2).
    #[arg(long, value_name = "FILE")]
    har: Option<PathBuf>,
    /// The server to ask, e.g. http://localhost:3000.
    #[arg(long, value_name = "URL")]
    rp: Option<Url>,
    #[command(flatten)]
    permission: Permission,
    /// Trust these certificate authorities too (PEM), for an https server.
    #[arg(long, value_name = "FILE", requires = "rp")]
    ca: Option<PathBuf>,
    /// The file with `ca` and `i-may-test`, instead of faultkey.toml (docs/config.md).
    #[arg(long, value_name = "FILE", requires = "rp")]
    config: Option<PathBuf>,
    /// The built-in adapter to start from.
    #[arg(long, value_name = "NAME")]
    adapter: Option<String>,
    /// The file to write; one that exists is not overwritten. Default: standard output.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  faultkey init --har shop.har --out shop.toml
  faultkey init --rp http://localhost:3000 --out shop.toml
  faultkey init --adapter keycloak --out realm.toml
  faultkey adapter check shop.toml --rp https://staging.shop.example

Exit codes: 0 written; 2 wrong usage, or a file that can't be read or written; 3 nothing at the server was recognised, or it can't be reached.";

const HAPPENS: &str = "up to fifty requests look for what frameworks serve by default, some of them with a test name";

const NOT_FOUND: u8 = 3;

pub fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    if let Some(out) = &arguments.out {
        not_there(out)?;
    }
    let out = arguments.out.as_deref();
    if let Some(har) = &arguments.har {
        let text = fs::read_to_string(har).map_err(|error| format!("the recording {} can't be read: {error}", har.display()))?;
        let written = init::from_har(&text, &har.display().to_string()).map_err(|error| error.to_string())?;
        tell(&written);
        return put(out, &written.toml);
    }
    if let Some(name) = &arguments.adapter {
        let text = Mapping::built_in_text(name).ok_or_else(|| adapter::unknown(name))?;
        // Where the schema is, only this program's repository knows.
        return put(out, text.split_once('\n').map_or(text, |(first, rest)| if first.starts_with("#:schema") { rest } else { text }));
    }
    let Some(url) = &arguments.rp else { return Err("name --har, --rp or --adapter".to_owned()) };
    let said = Config { ca: arguments.ca.clone(), i_may_test: arguments.permission.hosts(), ..Config::default() };
    let config = said.over(Config::read(arguments.config.as_deref()).map_err(|error| error.to_string())?);
    Permission::of(&config).check(url, HAPPENS)?;
    let target = Target { url: url.clone(), connect: None, certificate_authority: config.ca.clone(), proxies: Proxies::from_environment() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("the runtime can't be started: {error}"))?;
    let probed = match runtime.block_on(probe::probe(&target)) {
        Ok(probed) => probed,
        Err(error) => {
            complain!("faultkey: {}", escaped(&error.to_string()));
            return Ok(ExitCode::from(NOT_FOUND));
        }
    };
    tell_probed(&probed);
    match &probed.taken {
        Some(taken) => put(out, &taken.toml),
        None => Ok(ExitCode::from(NOT_FOUND)),
    }
}

fn put(out: Option<&Path>, toml: &str) -> Result<ExitCode, String> {
    match out {
        Some(out) => write_new(out, toml)?,
        None => output::text(toml),
    }
    Ok(ExitCode::SUCCESS)
}

fn tell(written: &Written) {
    complain!("Found:");
    written.found.iter().for_each(|line| complain!("  {}", escaped(line)));
    if written.unknown.is_empty() {
        return complain!("Nothing is missing.");
    }
    complain!("Not found:");
    for unknown in &written.unknown {
        complain!("  {}", escaped(&unknown.to_string()));
        if let Some(to_write) = unknown.to_write() {
            complain!("    write: {}", escaped(&to_write));
        }
    }
}

fn tell_probed(probed: &Probed) {
    let answered = probed.asked.iter().filter(|asked| asked.met != Met::Nothing || !matches!(asked.status, 0 | 404));
    let lines: Vec<String> = answered
        .map(|asked| {
            let met = match &asked.met {
                Met::Found(pointer) if pointer.is_empty() => format!("as {} answers", asked.adapter),
                Met::Found(pointer) => format!("as {} answers, at {pointer}", asked.adapter),
                Met::Hint => format!("perhaps {}: it wants a signed-in user", asked.adapter),
                Met::Nothing => "nothing that is known".to_owned(),
            };
            format!("  {}: {}, {met}", asked.request, asked.status)
        })
        .collect();
    complain!("Asked {}, {} answered with something else than 404:", output::counted(probed.asked.len(), "time"), lines.len());
    lines.iter().for_each(|line| complain!("{}", escaped(line)));
    if probed.cut_short {
        complain!("Not all was asked: fifty requests and one minute are the limit.");
    }
    let Some(taken) = &probed.taken else {
        let mut tried: Vec<&str> = probed.asked.iter().map(|asked| asked.adapter.as_str()).collect();
        tried.dedup();
        complain!("Nothing was recognised. Tried: {}.", tried.join(", "));
        return complain!("Record a registration and a log-in in a browser instead, and use: faultkey init --har FILE");
    };
    let sure = if taken.certain { "" } else { ", which is not certain" };
    complain!("Taken: the adapter `{}`, by {}{sure}.", taken.adapter, escaped(&taken.request));
    if !taken.unknown.is_empty() {
        complain!("Not found:");
        taken.unknown.iter().for_each(|line| complain!("  {}", escaped(line)));
    }
}

fn not_there(out: &Path) -> Result<(), String> {
    match out.try_exists() {
        Ok(true) => Err(exists(out)),
        _ => Ok(()),
    }
}

fn exists(out: &Path) -> String {
    format!("{} exists, and is not overwritten; name another file with --out, or move it away", out.display())
}

fn write_new(out: &Path, text: &str) -> Result<(), String> {
    let written = OpenOptions::new().write(true).create_new(true).open(out).and_then(|mut file| file.write_all(text.as_bytes()));
    match written {
        Ok(()) => {
            complain!("written: {}", out.display());
            Ok(())
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(exists(out)),
        Err(error) => Err(format!("{} can't be written: {error}; name another file with --out", out.display())),
    }
}
