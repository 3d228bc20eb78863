//! `faultkey adapter list`

use std::process::ExitCode;

use clap::Args;
use faultkey_fault_injection::{Language, Text};
use faultkey_relying_party::{Mapping, Tried};
use serde_json::{Value, json};

use crate::language::language;
use crate::output::{self, columns, hint, say};

/// List the built-in adapters, and whether somebody has run them.
#[derive(Args)]
#[command(after_help = "Examples:\n  faultkey adapter list\n  faultkey adapter list --json | jq '.adapters[] | select(.tried) | .name'")]
pub struct Arguments {
    /// Print all that is known as JSON, in every language.
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments) -> ExitCode {
    let adapters =
        Mapping::built_in_names().filter_map(|name| Some((name, Mapping::built_in_title(name)?, Mapping::built_in_tried(name)?)));
    if arguments.json {
        let adapters: Vec<Value> =
            adapters.map(|(name, title, tried)| json!({ "name": name, "title": title, "tried": tried == Tried::Yes })).collect();
        output::json(&format!("{:#}", json!({ "adapters": adapters })));
        return ExitCode::SUCCESS;
    }
    let language = language(None);
    let mut table = columns();
    for (name, title, tried) in adapters {
        table.add_row([name, told(tried, language), title.get(language)]);
    }
    say!("{}", table.trim_fmt());
    hint!(
        "\n{}",
        Text::new(
            "`faultkey init --adapter NAME` writes one into a file, to be changed. An untried one was written by public sources; `faultkey adapter check` tries it.",
            "`faultkey init --adapter NAME`で、変更用のファイルに書き出せます。未検証のアダプターは公開情報から作成したもので、`faultkey adapter check`で確認できます。"
        )
        .get(language)
    );
    ExitCode::SUCCESS
}

const fn told(tried: Tried, language: Language) -> &'static str {
    match (tried, language) {
        (Tried::Yes, Language::English) => "tried",
        (Tried::Yes, Language::Japanese) => "検証済み",
        (Tried::No, Language::English) => "untried",
        (Tried::No, Language::Japanese) => "未検証",
    }
}
