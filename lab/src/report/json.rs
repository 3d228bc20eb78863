//! `report.json`: the run for a program, with the name of its schema first. Enums stand by their names; the texts beside them are for people
//! and may change.

use faultkey_fault_injection::{Language, Text};
use faultkey_transport::Entry;
use serde::Serialize;

use crate::accept::{AcceptNote, Accepted};
use crate::check::{FindingId, Gravity, Mend};
use crate::compare::TargetComparison;
use crate::confusion::ConfusionMatrix;
use crate::report::ReportError;
use crate::verdict::{
    BlindSpot, Circumstances, Evidence, Finding, Found, Incomplete, Reason, RelyingParty, Run, ScenarioResult, SeenIn, Standing,
    StepResult, TargetRun,
};
use crate::words::Words;

/// Changes when a member changes its meaning or goes away; not when one is added.
pub const SCHEMA: &str = "faultkey-report/2";

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    version: &'a str,
    seed: u64,
    language: Language,
    circumstances: &'a Circumstances,
    accept_notes: Vec<Worded<&'a AcceptNote>>,
    targets: Vec<TargetDocument<'a>>,
}

#[derive(Serialize)]
struct TargetDocument<'a> {
    name: &'a str,
    relying_party: &'a RelyingParty,
    for_comparison: bool,
    incomplete: Option<Incomplete>,
    findings: Vec<FindingDocument<'a>>,
    blind_spots: Vec<Worded<&'a BlindSpot>>,
    rate_limited: bool,
    accounts: usize,
    baseline: Option<&'a TargetComparison>,
    confusion: &'a ConfusionMatrix,
    scenarios: Vec<ScenarioDocument<'a>>,
}

/// A value of an enum, and what a person reads of it.
#[derive(Serialize)]
struct Worded<T> {
    #[serde(flatten)]
    value: T,
    text: String,
}

#[derive(Serialize)]
struct FindingDocument<'a> {
    #[serde(flatten)]
    aspect: AspectDocument<'a>,
    gravity: Gravity,
    mend: MendDocument,
    also: Vec<AspectDocument<'a>>,
    seen: &'a [SeenIn],
    evidence: Option<&'a Evidence>,
    replay: &'a str,
    accepted: Option<&'a Accepted>,
}

#[derive(Serialize)]
struct AspectDocument<'a> {
    id: FindingId,
    title: &'static str,
    why: &'static str,
    /// The section of a specification, or the reason of a policy.
    source: &'static str,
    found: Worded<&'a Found>,
}

#[derive(Serialize)]
struct MendDocument {
    name: Mend,
    text: &'static str,
}

#[derive(Serialize)]
struct ScenarioDocument<'a> {
    id: &'a str,
    title: &'a Text,
    words_en: &'a [String],
    words_ja: &'a [String],
    catalogue: &'a [String],
    profile: &'a str,
    evidence: &'a str,
    evidence_note: &'a Text,
    standing: Standing,
    reason: Option<Worded<&'a Reason>>,
    steps: &'a [StepResult],
    replay: &'a str,
    transcript: &'a [Entry],
}

/// The run as JSON, indented.
///
/// # Errors
/// When the run can't be serialized: a bug.
pub fn render(run: &Run, words: Words) -> Result<String, ReportError> {
    let document = Document {
        schema: SCHEMA,
        version: &run.version,
        seed: run.seed,
        language: words.language(),
        circumstances: &run.circumstances,
        accept_notes: run.accept_notes.iter().map(|note| Worded { value: note, text: words.accept_note(note) }).collect(),
        targets: run.targets.iter().map(|run| target(words, run)).collect(),
    };
    let mut json =
        serde_json::to_string_pretty(&document).map_err(|error| ReportError::Render { file: "report.json", problem: error.to_string() })?;
    json.push('\n');
    Ok(json)
}

fn target(words: Words, target: &TargetRun) -> TargetDocument<'_> {
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
        scenarios: target.scenarios.iter().map(|result| scenario(words, result)).collect(),
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
        source: id.check.source(),
        found: Worded { value: found, text: words.found(found) },
    }
}

fn scenario(words: Words, result: &ScenarioResult) -> ScenarioDocument<'_> {
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
        transcript: &result.transcript,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::report::sample;

    const WORDS: Words = Words::of(Language::English);

    #[test]
    fn names_its_schema_first_and_reads_back() {
        for run in [sample::both(), sample::foreign()] {
            let json = render(&run, WORDS).unwrap();
            assert!(json.starts_with("{\n  \"schema\": \"faultkey-report/2\",\n  \"version\""), "{}", &json[..80]);
            let read: Run = serde_json::from_str(&json).unwrap();
            assert_eq!(render(&read, WORDS).unwrap(), json);
            assert!(json.contains("\"O-KEY-MISMATCH\""));
            assert!(json.contains("\"kind\": \"ctap-request\""));
        }
    }

    #[test]
    fn a_finding_has_its_names_and_its_texts() {
        let document: Value = serde_json::from_str(&render(&sample::foreign(), WORDS).unwrap()).unwrap();
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
        let document: Value = serde_json::from_str(&render(&sample::foreign(), WORDS).unwrap()).unwrap();
        let scenarios = document["targets"][0]["scenarios"].as_array().unwrap();
        let waits = scenarios.iter().find(|scenario| scenario["standing"] == "not-played").unwrap();
        assert_eq!(waits["reason"]["kind"], "needs-wait");
        assert!(waits["reason"]["text"].as_str().unwrap().ends_with("`--wait` plays it."));
        let spot = &document["targets"][0]["blind_spots"][0];
        assert_eq!(spot["blind"], json!({ "kind": "section", "section": "hooks.log" }));
        assert_eq!(spot["text"], "Add `[hooks.log]` to the adapter file, and 1 check becomes visible: reason-not-logged.");
    }
}
