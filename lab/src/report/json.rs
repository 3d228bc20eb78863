//! `report.json`: the run for a program, with the name of its schema first. Enums stand by their names; the texts beside them are for people
//! and may change.

use std::borrow::Cow;

use faultkey_fault_injection::{Language, Text};
use faultkey_transport::Entry;
use faultkey_transport::transcript::What;
use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings, json_schema};
use serde::Serialize;

use crate::accept::{AcceptNote, Accepted};
use crate::check::{FindingId, Gravity, Mend};
use crate::compare::{SnapshotError, TargetComparison};
use crate::confusion::ConfusionMatrix;
use crate::report::{ReportError, Settings, Transcripts};
use crate::verdict::{
    BlindSpot, Circumstances, Evidence, Finding, Found, Incomplete, Reason, RelyingParty, Run, ScenarioResult, SeenIn, Standing,
    StepResult, TargetRun,
};
use crate::words::Words;

/// Changes when a member changes its meaning or goes away; not when one is added.
pub const SCHEMA: &str = "faultkey-report/2";

#[derive(Serialize, JsonSchema)]
#[schemars(title = "report.json")]
struct Document<'a> {
    /// `faultkey-report/2`.
    schema: &'static str,
    /// faultkey's version.
    version: &'a str,
    /// What `--seed` said.
    seed: u64,
    /// Of every `title`, `why` and `text` that stands alone.
    language: Language,
    /// What changes from run to run. Everything else is the same for the same seed, at the embedded relying party.
    circumstances: &'a Circumstances,
    /// Acceptances of faultkey.toml that are expired or match nothing.
    accept_notes: Vec<Worded<&'a AcceptNote>>,
    /// One for each relying party, or way of handling, that was exercised.
    targets: Vec<TargetDocument<'a>>,
}

/// One relying party's results.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Target")]
struct TargetDocument<'a> {
    /// e.g. `embedded, diagnosing`.
    name: &'a str,
    relying_party: &'a RelyingParty,
    /// There to be compared with; its findings fail nothing.
    for_comparison: bool,
    /// Why not everything was played, if it was not.
    incomplete: Option<Incomplete>,
    /// The gravest first.
    findings: Vec<FindingDocument<'a>>,
    /// What could not be seen, by what the adapter file would have to say.
    blind_spots: Vec<Worded<&'a BlindSpot>>,
    /// Requests were refused because there were too many, in spite of waiting.
    rate_limited: bool,
    /// How many accounts were made.
    accounts: usize,
    /// What differs from the report that `--baseline` names.
    baseline: Option<&'a TargetComparison>,
    /// Which causes the relying party tells apart.
    confusion: &'a ConfusionMatrix,
    /// One for each scenario on a profile, in the order of `faultkey scenarios`.
    scenarios: Vec<ScenarioDocument<'a>>,
}

/// A value of an enum, and what a person reads of it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Worded{T}")]
struct Worded<T> {
    #[serde(flatten)]
    value: T,
    /// For people; it may change.
    text: String,
}

/// One thing that is wrong, told once.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Finding")]
struct FindingDocument<'a> {
    #[serde(flatten)]
    aspect: AspectDocument<'a>,
    gravity: Gravity,
    /// What to change.
    mend: MendDocument,
    /// What else the same change mends, or the same answer shows.
    also: Vec<AspectDocument<'a>>,
    /// Where it was seen.
    seen: &'a [SeenIn],
    /// The request and the answer that show it.
    evidence: Option<&'a Evidence>,
    /// The command that shows it again.
    replay: &'a str,
    /// Why it fails nothing, if it is accepted.
    accepted: Option<&'a Accepted>,
}

/// A check at a request, and what it found.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Aspect")]
struct AspectDocument<'a> {
    /// check/request: `docs/checks.md` lists both.
    id: FindingId,
    /// What is wrong. For people; it may change.
    title: &'static str,
    /// What it means. For people; it may change.
    why: &'static str,
    /// The section of a specification, or the reason of a policy. For people; it may change.
    source: &'static str,
    /// What was found, by its kind.
    found: Worded<&'a Found>,
}

/// What to change.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "MendWithText")]
struct MendDocument {
    name: Mend,
    /// For people; it may change.
    text: &'static str,
}

/// One scenario on one profile.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Scenario")]
struct ScenarioDocument<'a> {
    id: &'a str,
    /// For people; it may change.
    title: &'a Text,
    /// What users say, in English. For people; it may change.
    words_en: &'a [String],
    /// What users say, in Japanese. For people; it may change.
    words_ja: &'a [String],
    /// Ids of entries of the catalogue.
    catalogue: &'a [String],
    /// The device: a name of `faultkey profiles`.
    profile: &'a str,
    /// `observed` or `inferred`.
    evidence: &'a str,
    /// Where it was observed. For people; it may change.
    evidence_note: &'a Text,
    standing: Standing,
    /// Why it was not played, did not apply, could not be set up or seen.
    reason: Option<Worded<&'a Reason>>,
    steps: &'a [StepResult],
    /// The command that plays just this again.
    replay: &'a str,
    /// What went over every wire. Empty where it is left out: of what did not fail, and of what is only there for comparison, unless
    /// `transcripts = "all"`.
    transcript: Vec<EntryDocument<'a>>,
}

/// One line of a transcript: `kind` says what it is, and which further members it has.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "TranscriptEntry")]
struct EntryDocument<'a> {
    #[serde(flatten)]
    #[schemars(schema_with = "entry_schema")]
    entry: Cow<'a, Entry>,
    /// Bytes of the whole body, where it was cut.
    #[serde(skip_serializing_if = "Option::is_none")]
    cut_of: Option<usize>,
}

/// Bytes of a body in a transcript; of a longer one, the beginning.
const LONGEST: usize = 8 * 1024;

/// What a transcript's entry records is the transport's own, and may grow.
fn entry_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "properties": {
            "number": { "description": "Counted from 1 within the transcript.", "type": "integer", "minimum": 1 },
            "at": { "description": "Milliseconds of the run's time.", "type": "integer", "minimum": 0 },
            "kind": { "description": "What the entry is.", "enum": [
                "ctap-request", "ctap-reply", "prompt", "answer", "client-data", "http-request", "http-response", "network-error",
                "client-result", "event", "decision", "note",
            ] },
        },
        "required": ["number", "at", "kind"],
    })
}

/// The JSON Schema of `report.json`.
#[must_use]
pub fn schema() -> Schema {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<Document<'static>>()
}

/// Reads a `report.json`. `file` is its name in errors.
///
/// # Errors
/// When it is none, or one of another version of the format.
pub fn read(text: &str, file: &str) -> Result<Run, SnapshotError> {
    crate::compare::read(text, file)
}

/// The run as JSON, indented.
///
/// # Errors
/// When the run can't be serialized: a bug.
pub fn render(run: &Run, settings: &Settings) -> Result<String, ReportError> {
    let words = settings.words;
    let document = Document {
        schema: SCHEMA,
        version: &run.version,
        seed: run.seed,
        language: words.language(),
        circumstances: &run.circumstances,
        accept_notes: run.accept_notes.iter().map(|note| Worded { value: note, text: words.accept_note(note) }).collect(),
        targets: run.targets.iter().map(|run| target(settings, run)).collect(),
    };
    let mut json =
        serde_json::to_string_pretty(&document).map_err(|error| ReportError::Render { file: "report.json", problem: error.to_string() })?;
    json.push('\n');
    Ok(json)
}

fn target<'a>(settings: &Settings, target: &'a TargetRun) -> TargetDocument<'a> {
    let words = settings.words;
    let wanted = |result: &ScenarioResult| match settings.transcripts {
        Transcripts::Failed => result.standing == Standing::Failed && !target.for_comparison,
        Transcripts::All => true,
    };
    TargetDocument {
        name: &target.name,
        relying_party: &target.relying_party,
        for_comparison: target.for_comparison,
        incomplete: target.incomplete,
        findings: target.findings.iter().map(|finding| self::finding(words, finding)).collect(),
        blind_spots: target.blind_spots.iter().map(|spot| Worded { value: spot, text: words.blind_spot(spot) }).collect(),
        rate_limited: target.rate_limited,
        accounts: target.accounts,
        baseline: target.baseline.as_ref(),
        confusion: &target.confusion,
        scenarios: target.scenarios.iter().map(|result| scenario(words, result, wanted(result))).collect(),
    }
}

fn finding(words: Words, finding: &Finding) -> FindingDocument<'_> {
    let mend = finding.id.check.mend();
    FindingDocument {
        aspect: aspect(words, finding.id, &finding.found),
        gravity: finding.gravity,
        mend: MendDocument { name: mend, text: words.mend(mend) },
        also: finding.also.iter().map(|also| aspect(words, also.id, &also.found)).collect(),
        seen: &finding.seen,
        evidence: finding.evidence.as_ref(),
        replay: &finding.replay,
        accepted: finding.accepted.as_ref(),
    }
}

fn aspect(words: Words, id: FindingId, found: &Found) -> AspectDocument<'_> {
    AspectDocument {
        id,
        title: words.title(id.check),
        why: words.why(id.check),
        source: words.source(id.check),
        found: Worded { value: found, text: words.found(found) },
    }
}

fn scenario(words: Words, result: &ScenarioResult, transcript: bool) -> ScenarioDocument<'_> {
    ScenarioDocument {
        id: &result.id,
        title: &result.title,
        words_en: &result.words_en,
        words_ja: &result.words_ja,
        catalogue: &result.catalogue,
        profile: &result.profile,
        evidence: &result.evidence,
        evidence_note: &result.evidence_note,
        standing: result.standing,
        reason: result.reason.as_ref().map(|reason| Worded { value: reason, text: words.reason(reason) }),
        steps: &result.steps,
        replay: &result.replay,
        transcript: if transcript { result.transcript.iter().map(entry).collect() } else { Vec::new() },
    }
}

fn entry(entry: &Entry) -> EntryDocument<'_> {
    let (What::HttpRequest { body, .. } | What::HttpResponse { body, .. }) = &entry.what else {
        return EntryDocument { entry: Cow::Borrowed(entry), cut_of: None };
    };
    let whole = body.len();
    if whole <= LONGEST {
        return EntryDocument { entry: Cow::Borrowed(entry), cut_of: None };
    }
    let mut entry = entry.clone();
    if let What::HttpRequest { body, .. } | What::HttpResponse { body, .. } = &mut entry.what {
        body.truncate((0..=LONGEST).rev().find(|at| body.is_char_boundary(*at)).unwrap_or_default());
    }
    EntryDocument { entry: Cow::Owned(entry), cut_of: Some(whole) }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::report::sample;

    const WORDS: Words = Words::of(Language::English);

    fn all() -> Settings {
        Settings { transcripts: Transcripts::All, ..Settings::default() }
    }

    #[test]
    fn names_its_schema_first_and_reads_back() {
        for run in [sample::both(), sample::foreign()] {
            let json = render(&run, &all()).unwrap();
            assert!(json.starts_with("{\n  \"schema\": \"faultkey-report/2\",\n  \"version\""), "{}", &json[..80]);
            let read = read(&json, "report.json").unwrap();
            assert_eq!(render(&read, &all()).unwrap(), json);
            assert!(json.contains("\"O-KEY-MISMATCH\""));
            assert!(json.contains("\"kind\": \"ctap-request\""));
        }
    }

    #[test]
    fn a_finding_has_its_names_and_its_texts() {
        let document: Value = serde_json::from_str(&render(&sample::foreign(), &Settings::default()).unwrap()).unwrap();
        let finding = &document["targets"][0]["findings"][0];
        let expected = json!({
            "id": "replay/authentication-verify",
            "title": "An answer that was accepted once is accepted again.",
            "why": WORDS.why(crate::check::CheckId::Replay),
            "source": "WebAuthn-3 §13.4.3",
            "found": {
                "kind": "accepted-again",
                "from": "no-session",
                "answer": { "status": 200, "accepted": true, "code": null, "message": null, "next": [], "logged": null },
                "text": "The same response was accepted again without any cookies: 200.",
            },
            "gravity": "security",
            "mend": { "name": "consume-challenge", "text": WORDS.mend(crate::check::Mend::ConsumeChallenge) },
        });
        for (member, value) in expected.as_object().unwrap() {
            assert_eq!(&finding[member], value, "{member}");
        }
        assert_eq!(finding["evidence"]["path"], "/assertion/result");
        assert_eq!(finding["also"][0]["id"], "challenge-survives-refusal/authentication-verify");
        assert_eq!(finding["seen"][1], json!({ "scenario": "interrupted-double-tap", "profile": "P03", "step": 3, "times": [2, 6] }));
        assert_eq!(finding["replay"], "faultkey exercise --scenario interrupted-challenge-half --profile P05 --seed 42");
    }

    #[test]
    fn what_has_no_verdict_says_why() {
        let document: Value = serde_json::from_str(&render(&sample::foreign(), &Settings::default()).unwrap()).unwrap();
        let scenarios = document["targets"][0]["scenarios"].as_array().unwrap();
        let waits = scenarios.iter().find(|scenario| scenario["standing"] == "not-played").unwrap();
        assert_eq!(waits["reason"]["kind"], "needs-wait");
        assert!(waits["reason"]["text"].as_str().unwrap().ends_with("`--wait` plays it."));
        let spot = &document["targets"][0]["blind_spots"][0];
        assert_eq!(spot["blind"], json!({ "kind": "section", "section": "hooks.log" }));
        assert_eq!(spot["text"], "Add `[hooks.log]` to the adapter file, and 1 check becomes visible: reason-not-logged.");
    }

    #[test]
    fn transcripts_are_those_of_what_failed_and_is_judged() {
        let with = |run: &Run, settings: &Settings| -> Vec<String> {
            let document: Value = serde_json::from_str(&render(run, settings).unwrap()).unwrap();
            let targets = document["targets"].as_array().unwrap();
            let scenarios = targets.iter().flat_map(|target| target["scenarios"].as_array().unwrap());
            let told = scenarios.filter(|scenario| !scenario["transcript"].as_array().unwrap().is_empty());
            told.map(|scenario| scenario["standing"].as_str().unwrap().to_owned()).collect()
        };
        let mut run = sample::foreign();
        run.targets[0]
            .scenarios
            .iter_mut()
            .for_each(|scenario| scenario.transcript = sample::both().targets[0].scenarios[0].transcript.clone());
        let failed = with(&run, &Settings::default());
        assert!(!failed.is_empty() && failed.iter().all(|standing| standing == "failed"), "{failed:?}");
        assert_eq!(with(&run, &all()).len(), run.targets[0].scenarios.len());
        run.targets[0].for_comparison = true;
        assert_eq!(with(&run, &Settings::default()), [""; 0]);
    }

    #[test]
    fn a_long_body_is_cut_between_characters_and_says_so() {
        let long = |body: String| Entry { number: 1, at: 0, what: What::HttpResponse { status: 200, headers: Vec::new(), body } };
        let body = "あ".repeat(LONGEST);
        let cut: Value = serde_json::to_value(entry(&long(body.clone()))).unwrap();
        assert_eq!(cut["cut_of"], body.len());
        assert_eq!(cut["body"].as_str().unwrap(), "あ".repeat(LONGEST / 3));
        let whole: Value = serde_json::to_value(entry(&long("x".repeat(LONGEST)))).unwrap();
        assert_eq!((whole.get("cut_of"), whole["body"].as_str().unwrap().len()), (None, LONGEST));
    }

    #[test]
    fn reading_says_what_is_wrong_with_the_file() {
        let json = render(&sample::foreign(), &Settings::default()).unwrap();
        for (text, expected) in [
            (
                "{",
                "old.json is not JSON: EOF while parsing an object at line 1 column 1; expected a report.json of `faultkey exercise`"
                    .to_owned(),
            ),
            ("{}", "old.json is no report of faultkey; expected a report.json of `faultkey exercise`".to_owned()),
            (
                &json.replace("faultkey-report/2", "faultkey-report/1"),
                format!(
                    "old.json is a faultkey-report/1; this faultkey reads {SCHEMA}: make it again with `faultkey exercise` of this version"
                ),
            ),
        ] {
            assert_eq!(read(text, "old.json").unwrap_err().to_string(), expected);
        }
    }

    /// docs/report.md has every member of every object, under the name that the schema gives it.
    #[test]
    fn the_manual_has_every_member() {
        let manual = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/report.md")).unwrap();
        let schema = serde_json::to_value(schema()).unwrap();
        let root = [("report.json".to_owned(), &schema)];
        let defs = schema["$defs"].as_object().unwrap().iter().map(|(name, schema)| (name.clone(), schema));
        let mut missing = Vec::new();
        let mut members = 0;
        for (name, schema) in root.into_iter().chain(defs) {
            let section = manual.split("\n### ").find(|section| section.lines().next() == Some(&format!("`{name}`"))).unwrap_or_default();
            for member in names(schema) {
                members += 1;
                if !section.contains(&format!("`{member}`")) {
                    missing.push(format!("{name}: {member}"));
                }
            }
        }
        assert!(members > 200, "{members}");
        assert!(missing.is_empty(), "docs/report.md lacks {missing:#?}");
    }

    /// Members of an object and values of an enum, also of its forms.
    fn names(schema: &Value) -> Vec<String> {
        let mut names: Vec<String> = schema["properties"].as_object().into_iter().flat_map(|object| object.keys().cloned()).collect();
        names.extend(schema["enum"].as_array().into_iter().flatten().filter_map(|name| name.as_str().map(str::to_owned)));
        names.extend(schema["const"].as_str().map(str::to_owned));
        for property in schema["properties"].as_object().into_iter().flat_map(|object| object.values()) {
            names.extend(property["const"].as_str().map(str::to_owned));
            names.extend(property["enum"].as_array().into_iter().flatten().filter_map(|name| name.as_str().map(str::to_owned)));
        }
        for forms in ["oneOf", "anyOf", "allOf"] {
            names.extend(schema[forms].as_array().into_iter().flatten().flat_map(self::names));
        }
        names
    }
}
