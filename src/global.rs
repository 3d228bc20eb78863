//! The options that every subcommand takes.

use std::ffi::OsStr;
use std::io::IsTerminal;
use std::sync::OnceLock;

use clap::{Args, ValueEnum};
use faultkey_fault_injection::Language;
use faultkey_lab::report::terminal::Detail;

use crate::language;

/// Under which they stand in the help.
pub const HEADING: &str = "Global options";

#[derive(Args, Clone, Copy, Debug, Default)]
#[command(next_help_heading = HEADING)]
pub struct Global {
    /// The language of texts: `en` or `ja`. Default: by the locale.
    #[arg(long, global = true, value_name = "LANGUAGE", value_parser = language::parser(), hide_possible_values = true)]
    lang: Option<Language>,
    /// Whether to colour what goes to a terminal: `auto`, `always` or `never`.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    color: Color,
    /// Say only what matters: of a run a line for each finding and the summary, of a list no hints.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Say more: of a run a line for each scenario, passed or not.
    #[arg(short, long, global = true)]
    verbose: bool,
}

#[derive(ValueEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Color {
    /// On a terminal; NO_COLOR and CLICOLOR_FORCE are honoured.
    #[default]
    Auto,
    Always,
    Never,
}

static GLOBAL: OnceLock<Global> = OnceLock::new();

impl Global {
    /// Keeps the options, for everything that prints.
    pub fn set(self) {
        language::set(self.lang);
        // Set once: a second call would be a bug, and changes nothing.
        let _ = GLOBAL.set(self);
    }
}

/// What `arguments` say of a global option, before they are parsed: help is shown in a language, too.
pub fn said<'a>(arguments: &'a [String], option: &str) -> Option<&'a str> {
    let mut options = arguments.iter().take_while(|argument| *argument != "--");
    while let Some(argument) = options.next() {
        if argument == option {
            return options.next().map(String::as_str);
        }
        if let Some(value) = argument.strip_prefix(option).and_then(|rest| rest.strip_prefix('=')) {
            return Some(value);
        }
    }
    None
}

fn get() -> Global {
    GLOBAL.get().copied().unwrap_or_default()
}

/// Whether only what matters is said.
pub fn quiet() -> bool {
    get().quiet
}

/// How much is told of a run.
pub fn detail() -> Detail {
    match get() {
        Global { quiet: true, .. } => Detail::InShort,
        Global { verbose: true, .. } => Detail::EveryScenario,
        _ => Detail::Findings,
    }
}

/// Whether standard output is coloured.
pub fn colour() -> bool {
    coloured(get().color, std::io::stdout().is_terminal(), |name| std::env::var_os(name))
}

/// The option decides, then <https://no-color.org>, then <http://bixense.com/clicolors/>.
fn coloured<T: AsRef<OsStr>>(when: Color, is_terminal: bool, variable: impl Fn(&str) -> Option<T>) -> bool {
    let said = |name| variable(name).is_some_and(|value| !value.as_ref().is_empty());
    let forced = || variable("CLICOLOR_FORCE").is_some_and(|value| !value.as_ref().is_empty() && value.as_ref() != "0");
    match when {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if said("NO_COLOR") => false,
        Color::Auto => forced() || (is_terminal && variable("TERM").is_none_or(|term| term.as_ref() != "dumb")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_then_the_environment_then_the_terminal_decide_on_colour() {
        let with = |when, terminal, variables: &[(&str, &str)]| {
            coloured(when, terminal, |name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
        };
        assert!(with(Color::Auto, true, &[]));
        assert!(!with(Color::Auto, false, &[]));
        assert!(!with(Color::Auto, true, &[("NO_COLOR", "1")]));
        assert!(with(Color::Auto, true, &[("NO_COLOR", "")]));
        assert!(!with(Color::Auto, true, &[("TERM", "dumb")]));
        assert!(with(Color::Auto, false, &[("CLICOLOR_FORCE", "1")]));
        assert!(!with(Color::Auto, false, &[("CLICOLOR_FORCE", "0")]));
        assert!(!with(Color::Auto, true, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
        assert!(with(Color::Always, false, &[("NO_COLOR", "1")]));
        assert!(!with(Color::Never, true, &[("CLICOLOR_FORCE", "1")]));
    }

    #[test]
    fn what_is_said_is_known_before_it_is_parsed() {
        let said_of = |line: &str| {
            let arguments: Vec<String> = line.split(' ').map(str::to_owned).collect();
            said(&arguments, "--lang").map(str::to_owned)
        };
        assert_eq!(said_of("exercise --lang ja --help").as_deref(), Some("ja"));
        assert_eq!(said_of("--lang=en exercise").as_deref(), Some("en"));
        assert_eq!(said_of("exercise --language ja"), None);
        assert_eq!(said_of("scenarios -- --lang ja"), None);
    }
}
