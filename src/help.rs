//! The command line, with its help in the language of the reader.

mod ja;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ColorChoice, Command, CommandFactory};
use faultkey_fault_injection::Language;
use faultkey_lab::report::wrap;

use crate::global::{self, HEADING as GLOBAL};
use crate::{language, output};

/// As `max_term_width` has it for English.
const WIDEST: usize = 110;
/// Where clap puts a help that stands under its option.
const INDENT: usize = 10;
/// Where it puts one that stands beside its option.
const BESIDE: usize = 26;
/// Where it puts what a command in the list does.
const LIST: usize = 15;

/// The program's command line; what has to be known to show it is looked for in `arguments`.
pub fn command(arguments: &[String]) -> Command {
    let colour = match global::said(arguments, "--color") {
        Some("always") => ColorChoice::Always,
        Some("never") => ColorChoice::Never,
        _ => ColorChoice::Auto,
    };
    let command = crate::Cli::command().color(colour);
    match language::language(global::said(arguments, "--lang").and_then(language::of_tag)) {
        Language::English => command,
        Language::Japanese => japanese(command, output::terminal_width().min(WIDEST)),
    }
}

/// With all of the help that there is in Japanese. It wraps itself: clap breaks lines at spaces only, and Japanese has none.
fn japanese(mut command: Command, width: usize) -> Command {
    // Makes the help option, the help command and the copies of global options, so that they can be told in Japanese too.
    command.build();
    translated(command, "", width)
}

fn translated(command: Command, path: &str, width: usize) -> Command {
    let page = ja::PAGES.iter().find(|page| page.command == path);
    // The program's own options stand beside their help, as the list of its commands does.
    let indent = if path.is_empty() { BESIDE } else { INDENT };
    let mut command = command
        .help_template(ja::TEMPLATE)
        .subcommand_help_heading(ja::COMMANDS)
        .mut_args(|argument| translated_argument(argument, page, width.saturating_sub(indent)))
        .mut_subcommands(|subcommand| {
            let path = format!("{path} {}", subcommand.get_name());
            translated(subcommand, path.trim_start(), width)
        });
    let Some(page) = page else { return command };
    command = command.about(wrapped(page.about, if path.is_empty() { width } else { width.saturating_sub(LIST) }));
    if !page.long.is_empty() {
        command = command.long_about(wrapped(&format!("{}\n\n{}", page.about, page.long), width));
    }
    if page.after.is_empty() {
        // Only its line in the list is in Japanese; clap breaks the rest.
        return command;
    }
    command.after_help(page.after).after_long_help(page.after).term_width(0).next_line_help(!path.is_empty())
}

fn translated_argument(argument: Arg, page: Option<&ja::Page>, width: usize) -> Arg {
    let english = argument.get_help_heading().map(str::to_owned);
    let english = english.as_deref();
    let heading = match english {
        None if argument.is_positional() => ja::ARGUMENTS,
        None => ja::OPTIONS,
        Some(heading) => ja::HEADINGS.iter().find(|(english, _)| *english == heading).map_or(ja::OPTIONS, |(_, japanese)| japanese),
    };
    let argument = argument.help_heading(heading);
    let id = argument.get_id().to_string();
    // An option of a command may have the name of a global one.
    let is_everywhere = english == Some(GLOBAL) || ["help", "version"].contains(&id.as_str());
    let everywhere = ja::EVERYWHERE.iter().filter(|_| is_everywhere);
    let Some(known) = page.into_iter().flat_map(|page| page.arguments).chain(everywhere).find(|known| known.id == id) else {
        return argument;
    };
    let mut long = [known.help, known.long].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n\n");
    if !known.values.is_empty() {
        long.push_str("\n\n指定できる値：");
        for (value, meaning) in known.values {
            long.push_str(&format!("\n- {value}：{meaning}"));
        }
    }
    // What clap would add in English.
    let argument = argument.hide_possible_values(true).hide_default_value(true).hide_env(true);
    argument.help(wrapped(known.help, width)).long_help(wrapped(&long, width))
}

fn wrapped(text: &str, width: usize) -> StyledStr {
    text.lines().flat_map(|line| wrap(line, width)).collect::<Vec<_>>().join("\n").into()
}

/// Prints what clap has to say, help or a complaint, and ends the program.
pub fn end(error: &clap::Error, language: Language) -> ! {
    let Some(complaint) = (language == Language::Japanese).then(|| complaint(error)).flatten() else { output::clap(error) };
    output::complain!("faultkey: {}", faultkey_attach::escape::escaped(&complaint));
    std::process::exit(error.exit_code());
}

/// A complaint in Japanese, where it is one of the usual ones.
fn complaint(error: &clap::Error) -> Option<String> {
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        Some(ContextValue::Strings(texts)) => Some(texts.join("、")),
        _ => None,
    };
    let argument = || context(ContextKind::InvalidArg);
    let meant = [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg, ContextKind::SuggestedValue].into_iter().find_map(context);
    let meant = meant.map(|name| format!("「{name}」の間違いではありませんか。")).unwrap_or_default();
    let what = match error.kind() {
        ErrorKind::InvalidSubcommand => format!("サブコマンド「{}」はありません。", context(ContextKind::InvalidSubcommand)?),
        ErrorKind::UnknownArgument => format!("引数「{}」はありません。", argument()?),
        ErrorKind::InvalidValue if context(ContextKind::InvalidValue)?.is_empty() => format!("`{}`に値がありません。", argument()?),
        ErrorKind::InvalidValue => {
            let choices = context(ContextKind::ValidValue).map(|values| format!("指定できる値は、{values}です。")).unwrap_or_default();
            format!("`{}`の値「{}」が正しくありません。{choices}", argument()?, context(ContextKind::InvalidValue)?)
        }
        ErrorKind::MissingRequiredArgument => format!("必須の引数がありません（{}）。", argument()?),
        ErrorKind::ArgumentConflict => format!("`{}`と`{}`は同時に指定できません。", argument()?, context(ContextKind::PriorArg)?),
        _ => return None,
    };
    Some(format!("{what}{meant}使い方は`faultkey --help`で確認できます。"))
}

/// What is said to somebody who types only `faultkey`.
pub const fn greeting(language: Language) -> &'static str {
    match language {
        Language::English => {
            "\
faultkey is a security key that fails on purpose, for testing relying parties.

Watch it, on the relying party that comes with it:
  faultkey exercise

Let it ask yours how it is spoken to, then play every failure against it:
  faultkey init --rp http://localhost:3000 --out my-rp.toml
  faultkey exercise --rp http://localhost:3000 --adapter my-rp.toml

Find the failures that may lie behind what a user says:
  faultkey scenarios the operation was interrupted

`faultkey --help` lists every command. faultkey makes test keys only.
"
        }
        Language::Japanese => {
            "\
faultkeyは、意図的に失敗するセキュリティキーです。パスキーのRPのテストに使います。

組み込みのRPで試す：
  faultkey exercise

お使いのRPの通信方法を調べ、すべての失敗を再現する：
  faultkey init --rp http://localhost:3000 --out my-rp.toml
  faultkey exercise --rp http://localhost:3000 --adapter my-rp.toml

利用者の言葉から、考えられる失敗を探す：
  faultkey scenarios 作業が中断しました

コマンドの一覧は`faultkey --help`で確認できます。faultkeyが作るのは、テスト用の鍵だけです。
"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRANSLATED: [&str; 5] = ["", "exercise", "scenarios", "faults", "profiles"];

    fn at<'a>(command: &'a Command, path: &str) -> &'a Command {
        if path.is_empty() { command } else { command.find_subcommand(path).unwrap() }
    }

    fn is_japanese(text: &str) -> bool {
        text.contains(|c| matches!(c, 'ぁ'..='ヿ' | '一'..='鿿'))
    }

    /// Three English words in a row, outside backticks, examples and addresses.
    fn english(text: &str) -> Option<String> {
        let text = text.split('`').step_by(2).collect::<Vec<_>>().join("。");
        for line in text.lines().filter(|line| !line.trim_start().starts_with("faultkey ") && !line.trim_start().starts_with("使い方："))
        {
            let mut run = Vec::new();
            for word in line.split_whitespace() {
                let is_word = !word.is_empty() && word.chars().all(|c| c.is_ascii_alphabetic() || matches!(c, ',' | '.' | '\''));
                if !is_word {
                    run.clear();
                    continue;
                }
                run.push(word);
                if run.len() == 3 {
                    return Some(line.to_owned());
                }
            }
        }
        None
    }

    #[test]
    fn every_visible_argument_of_the_translated_commands_is_told_in_japanese() {
        let command = japanese(crate::Cli::command(), 80);
        for path in TRANSLATED {
            let command = at(&command, path);
            assert!(is_japanese(&command.get_about().unwrap().to_string()), "{path}");
            for argument in command.get_arguments().filter(|argument| !argument.is_hide_set()) {
                let [short, long] =
                    [argument.get_help(), argument.get_long_help()].map(|text| text.map(ToString::to_string).unwrap_or_default());
                assert!(is_japanese(&short) && is_japanese(&long), "`{path}` `{}`: {short}", argument.get_id());
                assert!(is_japanese(argument.get_help_heading().unwrap()), "{path} {}", argument.get_id());
            }
            for value in command.get_arguments().flat_map(|argument| {
                let explained = argument.get_possible_values().into_iter().filter(|value| value.get_help().is_some());
                explained.map(move |value| (argument.get_long_help().unwrap().to_string(), value)).collect::<Vec<_>>()
            }) {
                let (told, value) = value;
                let offered_only = value.get_name().len() > "no-way-out".len();
                assert!(
                    offered_only || told.contains(value.get_name()) || !told.contains("指定できる値"),
                    "{path}: {}: {told}",
                    value.get_name()
                );
            }
        }
        for subcommand in command.get_subcommands() {
            assert!(is_japanese(&subcommand.get_about().unwrap().to_string()), "{} is not in the list", subcommand.get_name());
        }
    }

    #[test]
    fn no_english_is_left_in_the_japanese_help_and_no_line_is_too_wide() {
        for path in TRANSLATED {
            let mut command = at(&japanese(crate::Cli::command(), 80), path).clone();
            for help in [command.render_help().to_string(), command.render_long_help().to_string()] {
                assert_eq!(english(&help), None, "{help}");
                for line in help.lines() {
                    assert_eq!(wrap(line, 82).len(), 1, "{path}: {line}");
                }
            }
        }
    }

    #[test]
    fn english_is_found_where_it_is_left() {
        assert!(english("ヘルプ\n  Print this message\n").is_some());
        assert!(english("`faultkey exercise --rp` and `more`").is_none());
    }

    #[test]
    fn the_usual_complaints_are_told_in_japanese() {
        let told = |arguments: &[&str]| {
            let error = crate::Cli::command().try_get_matches_from([&["faultkey"], arguments].concat()).unwrap_err();
            complaint(&error).unwrap()
        };
        let end = "使い方は`faultkey --help`で確認できます。";
        assert_eq!(told(&["submarine"]), format!("サブコマンド「submarine」はありません。{end}"));
        assert_eq!(told(&["exercise", "--sed", "x"]), format!("引数「--sed」はありません。「--seed」の間違いではありませんか。{end}"));
        assert_eq!(told(&["-q", "-v"]), format!("`--quiet`と`--verbose`は同時に指定できません。{end}"));
        assert!(told(&["exercise", "--fail-on", "x"]).starts_with("`--fail-on <GRAVITY>`の値「x」が正しくありません。"));
        assert!(told(&["init"]).starts_with("必須の引数がありません（"));
    }

    #[test]
    fn a_greeting_fits_a_small_screen() {
        for language in Language::ALL {
            let greeting = greeting(language);
            assert!(greeting.lines().count() < 24);
            assert_eq!(greeting.lines().filter(|line| line.starts_with("  faultkey ")).count(), 4);
        }
        assert!(is_japanese(greeting(Language::Japanese)));
    }
}
