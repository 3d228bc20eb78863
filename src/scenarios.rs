//! `faultkey scenarios`

use std::process::ExitCode;

use faultkey_fault_injection::{Language, Text};
use faultkey_lab::scenario::{Evidence, Scenario};
use faultkey_lab::search::{Entry, Hit, Known, Search};
use serde_json::{Value, json};

use crate::language;
use crate::output::{self, columns, hint, say};

/// List all scenarios, or find those that fit what a user says, in English or Japanese. Where none does: the entry of the catalogue that fits.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// A symptom in the user's own words, an error's or a CTAP status' name, a catalogue id, a fault, a profile.
    symptom: Vec<String>,
    /// Print it for a program, in both languages; nothing found is `[]`.
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  faultkey scenarios
  faultkey scenarios 作業が中断しました
  faultkey scenarios new phone
  faultkey scenarios NotAllowedError
  faultkey scenarios NW-05 --json";

/// What stands around the hits.
struct Labels {
    users_say: &'static str,
    evidence: &'static str,
    profiles: &'static str,
    not_played: &'static str,
    faults: &'static str,
    no_fault: &'static str,
    fault: &'static str,
    profile: &'static str,
    play: &'static str,
    explain: &'static str,
    /// Between two items of a list.
    comma: &'static str,
    /// After a label.
    colon: &'static str,
    stop: &'static str,
}

const ENGLISH: Labels = Labels {
    users_say: "Users say",
    evidence: "Evidence",
    profiles: "Profiles",
    not_played: "No scenario plays it yet",
    faults: "Faults that do",
    no_fault: "No fault does, either",
    fault: "A fault that no scenario arms yet",
    profile: "A device on which no scenario is played unless asked for",
    play: "`faultkey exercise --scenario ID` plays one scenario.",
    explain: "`faultkey faults NAME` explains one fault, `faultkey profiles NAME` one device.",
    comma: ", ",
    colon: ": ",
    stop: ". ",
};

const JAPANESE: Labels = Labels {
    users_say: "ユーザーの言葉",
    evidence: "根拠",
    profiles: "プロファイル",
    not_played: "再現するシナリオはまだありません",
    faults: "再現するフォールト",
    no_fault: "再現するフォールトもまだありません",
    fault: "フォールト。使用するシナリオはまだありません",
    profile: "端末プロファイル。指定しない限り、どのシナリオも実行しません",
    play: "`faultkey exercise --scenario ID`で、シナリオを1つ実行できます。",
    explain: "`faultkey faults NAME`でフォールト、`faultkey profiles NAME`で端末プロファイルの説明を表示します。",
    // Names are not to be broken in the middle.
    comma: " / ",
    colon: "：",
    stop: "。",
};

pub fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    let symptom = arguments.symptom.join(" ");
    let found = Search::built_in().map_err(|error| error.to_string())?.find(&symptom);
    if arguments.json {
        let document: Vec<Value> = found.iter().map(document).collect();
        output::json(&serde_json::to_string_pretty(&document).map_err(|error| format!("the result can't be written: {error}"))?);
        return Ok(ExitCode::SUCCESS);
    }
    let language = language::language(None);
    if found.is_empty() {
        return Err(match language {
            Language::English => {
                format!("no scenario matches {symptom:?}; `faultkey scenarios` lists all of them with what users say")
            }
            Language::Japanese => {
                format!("「{symptom}」に当てはまるシナリオはありません。`faultkey scenarios`で、全シナリオと症状の言葉を確認できます。")
            }
        });
    }
    let screen = Screen { language, labels: if language == Language::Japanese { JAPANESE } else { ENGLISH } };
    say!("{}", screen.table(&found).trim_fmt());
    let played = found.iter().any(|hit| matches!(hit, Hit::Scenario(_)));
    hint!("\n{}", if played { screen.labels.play } else { screen.labels.explain });
    Ok(ExitCode::SUCCESS)
}

/// For a person.
struct Screen {
    language: Language,
    labels: Labels,
}

impl Screen {
    fn table(&self, hits: &[Hit]) -> comfy_table::Table {
        let mut table = columns();
        for hit in hits {
            match hit {
                Hit::Scenario(scenario) => table.add_row([scenario.id.as_str(), &self.scenario(scenario)]),
                Hit::Entry(entry) => table.add_row([entry.id.as_str(), &self.entry(entry)]),
                Hit::Fault(fault) => table.add_row([fault.name, &self.own(self.labels.fault, fault.summary.get(self.language))]),
                Hit::Profile(profile) => {
                    table.add_row([profile.name.as_str(), &self.own(self.labels.profile, profile.title.get(self.language))])
                }
            };
        }
        table
    }

    fn scenario(&self, scenario: &Scenario) -> String {
        let Labels { users_say, evidence, profiles, comma, colon, stop, .. } = self.labels;
        let words = self.words(&scenario.words.en, &scenario.words.ja);
        format!(
            "{}\n{users_say}{colon}{words}\n{evidence}{colon}{}{stop}{profiles}{colon}{}",
            scenario.title.get(self.language),
            self.known(known(scenario.evidence)),
            self.ended(&scenario.profiles.join(comma)),
        )
    }

    fn entry(&self, entry: &Entry) -> String {
        let Labels { evidence, not_played, faults, no_fault, comma, colon, stop, .. } = self.labels;
        let names: Vec<&str> = entry.faults().into_iter().map(|fault| fault.name).collect();
        let by = if names.is_empty() { no_fault.to_owned() } else { format!("{faults}{colon}{}", names.join(comma)) };
        format!(
            "{}\n{not_played}{stop}{}\n{evidence}{colon}{}",
            entry.title.get(self.language),
            self.ended(&by),
            self.ended(self.known(entry.known)),
        )
    }

    /// Its own description, then what it is.
    fn own(&self, about: &str, described: &str) -> String {
        format!("{described}\n{}", self.ended(about))
    }

    /// A Japanese user's words say an English reader little, but may be what the report quotes.
    fn words(&self, en: &[String], ja: &[String]) -> String {
        match self.language {
            Language::Japanese if !ja.is_empty() => ja.iter().map(|words| format!("「{words}」")).collect(),
            _ => en.iter().chain(ja).map(String::as_str).collect::<Vec<_>>().join(" / "),
        }
    }

    /// A sentence, with its stop.
    fn ended(&self, sentence: &str) -> String {
        format!("{sentence}{}", self.labels.stop.trim_end())
    }

    fn known(&self, known: Known) -> &'static str {
        let text: Text<&str> = match known {
            Known::Observed => Text::new("observed", "報告例あり"),
            Known::Specified => Text::new("specified", "仕様に規定"),
            Known::Inferred => Text::new("inferred", "推定"),
        };
        text.get(self.language)
    }
}

const fn known(evidence: Evidence) -> Known {
    match evidence {
        Evidence::Observed => Known::Observed,
        Evidence::Inferred => Known::Inferred,
    }
}

/// For a program.
fn document(hit: &Hit) -> Value {
    let words = |en: &[String], ja: &[String]| json!({ "en": en, "ja": ja });
    match hit {
        Hit::Scenario(scenario) => json!({
            "kind": "scenario",
            "id": scenario.id,
            "title": scenario.title,
            "words": words(&scenario.words.en, &scenario.words.ja),
            "evidence": scenario.evidence,
            "evidence-note": scenario.evidence_note,
            "catalogue": scenario.catalogue,
            "profiles": scenario.profiles,
        }),
        Hit::Entry(entry) => json!({
            "kind": "catalogue",
            "id": entry.id,
            "title": entry.title,
            "words": words(&entry.words.en, &entry.words.ja),
            "evidence": entry.known,
            "codes": entry.codes,
            "faults": entry.faults().into_iter().map(|fault| fault.name).collect::<Vec<_>>(),
        }),
        Hit::Fault(fault) => json!({ "kind": "fault", "id": fault.name, "summary": fault.summary, "catalogue": fault.catalogue }),
        Hit::Profile(profile) => json!({ "kind": "profile", "id": profile.name, "title": profile.title }),
    }
}
