//! `faultkey exercise`

mod arguments;
mod circumstances;
mod progress;
mod stop;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::SystemTime;

use faultkey_lab::accept;
use faultkey_lab::compare::against;
use faultkey_lab::config::Config;
use faultkey_lab::date::Date;
use faultkey_lab::exercise::{self, ExerciseError, Foreign, Plan, Restart, TargetPlan};
use faultkey_lab::report::{self, Format, terminal};
use faultkey_lab::scenario;
use faultkey_lab::verdict::{Incomplete, Run};
use faultkey_lab::words::Words;
use faultkey_relying_party::{Handling, Proxies, Target, without_user};
use url::Url;

use crate::output::{self, VERDICT_NOT_PRINTED, complain};
use crate::permission::Permission;
use crate::{adapter, compare, global, language};

use arguments::HandlingName;
pub use arguments::{Arguments, FailOnName};
pub use progress::Terminal;
pub use stop::on_signals_and_after;

/// What a run does to a server.
const HAPPENS: &str = "a run makes accounts there, and sends hundreds of wrong answers";

const FINDINGS: u8 = 1;
/// Not exercised, not finished, or not told.
const NO_VERDICT: u8 = 3;
const INTERRUPTED: u8 = 130;
const TERMINATED: u8 = 143;

pub fn run(arguments: Arguments) -> Result<ExitCode, String> {
    let said = arguments.config();
    let config = match Config::read(arguments.config.as_deref()) {
        Ok(file) => said.clone().over(file),
        Err(error) => {
            // The run has failed: no older report is taken for its own.
            report::remove_older(said.out()).map_err(|error| error.to_string())?;
            return Err(error.to_string());
        }
    };
    if let Some(path) = config.baseline.as_deref().filter(|path| report::is_written_into(config.out(), path)) {
        let file = path.display();
        return Err(format!(
            "{file} is where this run writes its own report; keep the one to compare with elsewhere, or name another --out"
        ));
    }
    report::try_directory(config.out()).and_then(|()| report::remove_older(config.out())).map_err(|error| error.to_string())?;
    let baseline = config.baseline.as_deref().map(compare::read).transpose()?;
    let targets = targets(&arguments, &said, &config)?;
    let plan = Plan {
        targets,
        scenarios: scenario::select(config.scenarios.as_deref().unwrap_or_default()).map_err(|error| error.to_string())?,
        profile: config.profile.clone(),
        seed: config.seed(),
        include_real_wait: config.wait(),
        language: language::language(config.language),
    };
    let progress = circumstances::Timed::new(Terminal::new(language::language(config.language)));
    // One thread: two deliveries of one request then meet the embedded relying party in the same order in every run.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("the runtime can't be started: {error}"))?;
    let (result, stopped) = runtime.block_on(async {
        let stop = on_signals_and_after(config.time_limit());
        (exercise::exercise(&plan, &progress, &stop).await, stop.reason())
    });
    progress.clear();
    match result {
        Ok(mut run) => {
            run.circumstances = progress.circumstances(config.label.clone());
            accept::apply(&mut run, &config.accept, today(), config.scenarios.is_none());
            if let Some(baseline) = &baseline {
                against(&mut run, baseline);
            }
            let code = tell(&run, &config);
            progress.tell_of_accounts();
            Ok(code)
        }
        Err(ExerciseError::NotExercisable(problem)) => {
            complain!(
                "{}",
                faultkey_lab::help::page(&problem, config.rp.as_ref().map(without_user).as_ref(), language::language(config.language))
            );
            progress.tell_of_accounts();
            Ok(ExitCode::from(code_of(stopped).unwrap_or(NO_VERDICT)))
        }
        Err(error) => Err(error.to_string()),
    }
}

fn today() -> Date {
    Date::of_unix_time(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs()))
}

pub fn screen(words: Words) -> terminal::Screen {
    terminal::Screen {
        width: output::terminal_width(),
        colour: global::colour(),
        plain: !std::io::stdout().is_terminal(),
        detail: global::detail(),
        words,
    }
}

/// Reports first, then the screen; the exit code says what of that failed.
fn tell(run: &Run, config: &Config) -> ExitCode {
    let screen = screen(Words::of(language::language(config.language)));
    let formats = config.formats.clone().unwrap_or_else(|| Format::DEFAULT.to_vec());
    let for_github = formats.contains(&Format::Github);
    let settings = report::Settings {
        words: screen.words,
        transcripts: config.transcripts.unwrap_or_default(),
        formats,
        job_summary: std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()).map(PathBuf::from),
    };
    let written = match report::write_all(run, config.out(), &settings) {
        Ok(written) => written,
        Err(error) => {
            complain!("faultkey: {error}");
            return ExitCode::from(NO_VERDICT);
        }
    };
    let mut text = terminal::render(run, screen);
    // The first one is the one for people, if that is written.
    if let Some(path) = written.first().filter(|_| !global::quiet()) {
        text.push_str(&format!("\n{}", screen.words.report_at(&path.display().to_string())));
    }
    if for_github {
        text = report::github::inert(&text);
        text.push_str(&format!("\n{}", report::github::annotations(run, screen.words).trim_end()));
    }
    let told = output::try_painted(&text);
    if let Err(error) = told {
        complain!("faultkey: {}", output::not_printed(&error));
        return ExitCode::from(VERDICT_NOT_PRINTED);
    }
    let incomplete = run.targets.iter().find_map(|target| target.incomplete);
    if let Some(code) = code_of(incomplete) {
        return ExitCode::from(code);
    }
    let fails = run.targets.iter().any(|target| target.fails(config.fail_on.unwrap_or_default()));
    let unseen = config.require_observable() && run.targets.iter().any(|target| !target.blind_spots.is_empty());
    if fails || unseen { ExitCode::from(FINDINGS) } else { ExitCode::SUCCESS }
}

pub fn code_of(incomplete: Option<Incomplete>) -> Option<u8> {
    Some(match incomplete? {
        Incomplete::Interrupted => INTERRUPTED,
        Incomplete::Terminated => TERMINATED,
        Incomplete::TimeLimit | Incomplete::Gone => NO_VERDICT,
    })
}

/// `said`: what the command line says by itself.
fn targets(arguments: &Arguments, said: &Config, config: &Config) -> Result<Vec<TargetPlan>, String> {
    let embedded = |handling, for_comparison| TargetPlan::Embedded { handling, for_comparison };
    if let (Some(url), None) = (&config.rp, arguments.handling) {
        return Ok(vec![TargetPlan::Foreign(foreign(url, arguments, said, config)?)]);
    }
    if let Some(key) = said.needs_rp() {
        return Err(format!("--{key} is about a relying party of yours; name it with --rp URL, or with `rp` in {}", Config::FILE));
    }
    Ok(match arguments.handling {
        Some(HandlingName::Opaque) => vec![embedded(Handling::Opaque, false)],
        Some(HandlingName::Diagnosing) => vec![embedded(Handling::Diagnosing, false)],
        None => vec![embedded(Handling::Opaque, true), embedded(Handling::Diagnosing, false)],
    })
}

fn foreign(url: &Url, arguments: &Arguments, said: &Config, config: &Config) -> Result<Foreign, String> {
    let permission = Permission::of(config);
    permission.check(url, HAPPENS)?;
    let (_, mut mapping) = adapter::read(config.adapter())?;
    mapping.ask_in(language::language(config.language));
    let accounts = config.accounts.clone().unwrap_or_else(accounts);
    if arguments.show_secrets {
        mapping.secrets().reveal();
    }
    // No request has it, and no report.
    let shown = without_user(url);
    Ok(Foreign {
        name: format!("{} at {shown}", mapping.name),
        mapping,
        target: Target { url: url.clone(), connect: None, certificate_authority: config.ca.clone(), proxies: Proxies::from_environment() },
        accounts,
        arguments: replay(arguments, said, config),
        pace: config.pace(),
        patience: config.request_timeout(),
        comes_back_within: config.comes_back_within(),
        restart: config.restart.clone().map(restart),
    })
}

/// The arguments that name the relying party again. What stands in the file is read from there, with its secrets.
fn replay(arguments: &Arguments, said: &Config, config: &Config) -> String {
    let file = arguments.config.as_ref().map(|file| format!("--config {}", file.display()));
    let rp = said.rp.as_ref().map(|url| format!("--rp {}", without_user(url)));
    let adapter = said.adapter.as_deref().or_else(|| config.adapter.is_none().then(|| config.adapter()));
    let adapter = adapter.map(|adapter| format!("--adapter {adapter}"));
    let ca = said.ca.as_ref().map(|ca| format!("--ca {}", ca.display()));
    let hosts = Some(arguments.permission.arguments()).filter(|hosts| !hosts.is_empty());
    // The requests ask for answers in it.
    let spoken = language::language(config.language);
    let spoken = (spoken != config.language.unwrap_or_default()).then(|| format!("--lang {}", spoken.tag()));
    [file, rp, adapter, hosts, ca, spoken].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// A suffix that no other run has.
pub fn accounts() -> String {
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    format!("{:x}", since_epoch.map_or(0, |time| time.as_millis()))
}

fn restart(command: String) -> Restart {
    Arc::new(move || {
        let spawned = std::process::Command::new("sh").args(["-c", &command]).stdin(std::process::Stdio::null()).spawn();
        spawned.map(|_| ()).map_err(|error| format!("`{command}` can't be started: {error}"))
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    /// What names the relying party again, with this file.
    fn replayed(line: &[&str], file: &str) -> String {
        let Line { arguments } = Line::try_parse_from([&["exercise"], line].concat()).unwrap();
        let said = arguments.config();
        let config = said.clone().over(Config::parse(file, Path::new("ci/faultkey.toml")).unwrap());
        replay(&arguments, &said, &config)
    }

    #[test]
    fn what_stands_in_the_file_is_read_from_there_again() {
        let line = ["--rp", "http://localhost:3000", "--adapter", "shop.toml", "--ca", "ca.pem", "--i-may-test", "shop.example.com"];
        assert_eq!(replayed(&line, ""), "--rp http://localhost:3000/ --adapter shop.toml --i-may-test shop.example.com --ca ca.pem");
        assert_eq!(replayed(&line[..2], ""), "--rp http://localhost:3000/ --adapter fido-conformance");
        let file = "rp = \"https://qa:{env:CARGO_PKG_NAME}@shop.example\"\nadapter = \"shop.toml\"\nca = \"ca.pem\"\n";
        assert_eq!(replayed(&[], file), "", "faultkey.toml of the working directory");
        assert_eq!(replayed(&["--config", "ci/faultkey.toml"], file), "--config ci/faultkey.toml");
        assert_eq!(replayed(&line[..2], file), "--rp http://localhost:3000/");
    }
}
