//! The words that every report uses for the same thing.

use crate::confusion::{ConfusionMatrix, Grouping};
use crate::report::text;
use crate::verdict::{AnswerSummary, Judgement, OutcomeClass, ScenarioVerdict, TargetRun};

/// How a scenario stands: its judgement, or that it was not played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Held,
    FellShort,
    NotObservable,
    Skipped,
}

impl Standing {
    pub(crate) const ALL: [Standing; 4] = [Standing::Held, Standing::FellShort, Standing::NotObservable, Standing::Skipped];

    pub(crate) fn of(scenario: &ScenarioVerdict) -> Self {
        if scenario.skipped.is_some() { Self::Skipped } else { scenario.judgement.into() }
    }

    /// Two ASCII characters that read without colour.
    pub(crate) fn mark(self) -> &'static str {
        match self {
            Self::Held => "ok",
            Self::FellShort => "!!",
            Self::NotObservable => "??",
            Self::Skipped => "--",
        }
    }

    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::FellShort => "fell short",
            Self::NotObservable => "not observable",
            Self::Skipped => "not played",
        }
    }

    /// A name for style sheets.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::FellShort => "fell-short",
            Self::NotObservable => "not-observable",
            Self::Skipped => "skipped",
        }
    }
}

impl From<Judgement> for Standing {
    fn from(judgement: Judgement) -> Self {
        match judgement {
            Judgement::Held => Self::Held,
            Judgement::NotObservable => Self::NotObservable,
            Judgement::FellShort => Self::FellShort,
        }
    }
}

/// `held`, or `fell short in 13 of 14 scenarios`, …
pub(crate) fn verdict(target: &TargetRun) -> String {
    let played = target.scenarios.iter().filter(|s| s.skipped.is_none()).count();
    let count = |standing| target.scenarios.iter().filter(|s| Standing::of(s) == standing).count();
    let (short, unseen, skipped) = (count(Standing::FellShort), count(Standing::NotObservable), count(Standing::Skipped));
    let mut verdict = match target.judgement() {
        _ if played == 0 => "nothing was played".to_owned(),
        Judgement::FellShort => format!("fell short in {short} of {}", scenarios(played)),
        Judgement::Held => format!("held in {}", all(played)),
        Judgement::NotObservable if unseen == played => format!("not observable in {}", all(played)),
        Judgement::NotObservable => format!("held in {} of {}", played - unseen, scenarios(played)),
    };
    if unseen > 0 && unseen < played {
        verdict.push_str(&format!(", {unseen} not observable"));
    }
    if skipped > 0 {
        verdict.push_str(&format!(", {skipped} not played"));
    }
    verdict
}

fn all(count: usize) -> String {
    if count == 1 { "the one scenario played".to_owned() } else { format!("all {count} scenarios") }
}

fn scenarios(count: usize) -> String {
    plural(count, "scenario")
}

pub(crate) fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// By what causes can be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum View {
    Shown,
    Api,
    Logged,
}

pub(crate) const VIEWS: [View; 3] = [View::Shown, View::Api, View::Logged];

impl View {
    pub(crate) fn of(self, matrix: &ConfusionMatrix) -> &Grouping {
        match self {
            Self::Shown => &matrix.shown,
            Self::Api => &matrix.api,
            Self::Logged => &matrix.logged,
        }
    }

    /// In a sentence.
    pub(crate) fn by(self) -> &'static str {
        match self {
            Self::Shown => "by what the user is shown",
            Self::Api => "by what the API says",
            Self::Logged => "by what the RP logs",
        }
    }
}

/// `0 of 91`, or `not observable`.
pub(crate) fn share(grouping: &Grouping) -> String {
    if grouping.pairs == 0 { "not observable".to_owned() } else { format!("{} of {}", grouping.told_apart, grouping.pairs) }
}

/// Rounded down, so that 100 means every pair; `None` when nothing could be compared.
pub(crate) fn percent(grouping: &Grouping) -> Option<usize> {
    (grouping.told_apart * 100).checked_div(grouping.pairs)
}

/// `tells 0 of 91 pairs of causes apart by what the user is shown; its largest pile holds 14 causes under “M0902”`.
pub(crate) fn sentence(grouping: &Grouping, view: View) -> String {
    let by = view.by();
    if grouping.pairs == 0 {
        return format!("cannot be compared {by}: not observable");
    }
    let mut sentence = format!("tells {} of {} of causes apart {by}", grouping.told_apart, plural(grouping.pairs, "pair"));
    if let Some(pile) = largest_pile(grouping) {
        sentence.push_str("; ");
        sentence.push_str(&pile);
    }
    let unseen = grouping.answers.iter().filter(|answer| answer.is_none()).count();
    if unseen > 0 {
        sentence.push_str(&format!(" ({} not observable)", plural(unseen, "cause")));
    }
    sentence
}

/// `its largest pile holds 14 causes under “M0902”`; `None` when nothing was answered.
pub(crate) fn largest_pile(grouping: &Grouping) -> Option<String> {
    let pile = grouping.largest_pile.as_ref()?;
    Some(if pile.causes.len() > 1 {
        format!("its largest pile holds {} causes under \u{201c}{}\u{201d}", pile.causes.len(), text::one_line(&pile.answer))
    } else {
        "no two causes share an answer".to_owned()
    })
}

/// `400 M0902 パスキー認証エラー`: status, code and message, the code only once.
pub(crate) fn answer(answer: &AnswerSummary) -> String {
    let code = answer.code.as_deref().unwrap_or_default();
    let message = answer.message.as_deref().unwrap_or_default();
    let mut parts = vec![answer.status.to_string()];
    if !code.is_empty() && !message.starts_with(code) {
        parts.push(code.to_owned());
    }
    if !message.is_empty() {
        parts.push(message.to_owned());
    }
    text::one_line(&parts.join(" "))
}

/// The answer that the scenario is about: to the last step that shows a cause, else to the last that was answered.
pub(crate) fn final_answer(scenario: &ScenarioVerdict) -> String {
    let answers = |of_causes: bool| {
        scenario.steps.iter().filter(move |step| !of_causes || step.cause.is_some()).filter_map(|step| step.answer.as_ref()).map(answer)
    };
    let causes = answers(true).count();
    let distinct = answers(true).collect::<std::collections::BTreeSet<_>>().len();
    match answers(true).next_back().or_else(|| answers(false).next_back()) {
        None => text::one_line(&scenario.rp_answered),
        Some(last) if causes > 1 => format!("{last} ({causes} causes, {})", plural(distinct, "answer")),
        Some(last) => last,
    }
}

/// What to change first, in one clause; the rest and what was found stand in the scenario's own section, and which answers are shared in the picture.
pub(crate) fn brief_advice(scenario: &ScenarioVerdict) -> String {
    let advice = text::one_line(&scenario.advice);
    let sentence = advice.split_once(". ").map_or(advice.as_str(), |(first, _)| first);
    let clause = sentence.split_once("; and ").map_or(sentence, |(first, _)| first);
    format!("{}.", clause.trim_end_matches('.'))
}

/// What could not be seen, from the checks and invariants.
pub(crate) fn not_observed(scenario: &ScenarioVerdict) -> String {
    let checks = scenario
        .steps
        .iter()
        .flat_map(|step| &step.checks)
        .filter(|c| c.judgement == Judgement::NotObservable)
        .map(|c| (&c.what, &c.found));
    let invariants = scenario.invariants.iter().filter(|i| i.judgement == Judgement::NotObservable).map(|i| (&i.title, &i.found));
    let all: Vec<_> = checks.chain(invariants).map(|(what, found)| format!("{what} ({found})")).collect();
    text::one_line(&if all.is_empty() { scenario.state.clone() } else { all.join("; ") })
}

/// The same by names alone.
pub(crate) fn not_observed_names(scenario: &ScenarioVerdict) -> String {
    let checks = scenario.steps.iter().flat_map(|step| &step.checks).filter(|c| c.judgement == Judgement::NotObservable).map(|c| &c.what);
    let invariants = scenario.invariants.iter().filter(|i| i.judgement == Judgement::NotObservable).map(|i| &i.id);
    let mut names: Vec<_> = checks.chain(invariants).map(String::as_str).collect();
    let mut seen = std::collections::BTreeSet::new();
    names.retain(|name| seen.insert(*name));
    text::one_line(&names.join(", "))
}

/// What a class asks of the relying party (catalogue §0.5).
pub(crate) fn outcome(class: OutcomeClass) -> (&'static str, &'static str) {
    match class {
        OutcomeClass::Ok => ("O-OK", "accepted, with a session"),
        OutcomeClass::Tolerate => ("O-TOLERATE", "unusual but legal: accepted"),
        OutcomeClass::SecurityReject => ("O-SECURITY-REJECT", "refused, nothing changed, logged with a precise reason"),
        OutcomeClass::KeyMismatch => ("O-KEY-MISMATCH", "refused as a wrong key; registering again is offered"),
        OutcomeClass::UnknownCredential => {
            ("O-UNKNOWN-CRED", "refused as unknown; the device is told to forget it; another way is offered")
        }
        OutcomeClass::OpaqueClient => {
            ("O-OPAQUE-CLIENT", "the client can't say why: not counted against the user; retry and another way are offered")
        }
        OutcomeClass::RetryNewChallenge => ("O-RETRY-NEW-CHALLENGE", "a new challenge, and the user's input is kept"),
        OutcomeClass::Reconcile => ("O-RECONCILE", "asked again, the relying party answers as it did before"),
        OutcomeClass::Already => ("O-ALREADY", "already registered: shown as success"),
        OutcomeClass::Policy => ("O-POLICY", "refused for a policy that is named, with an alternative"),
        OutcomeClass::Unsupported => ("O-UNSUPPORTED", "the device can't: says what is required and offers a fallback"),
        OutcomeClass::Risk => ("O-RISK", "accepted or stepped up with a risk flag, never locked silently"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn the_lesson_in_words() {
        let run = sample::both();
        let [opaque, diagnosing] = run.targets.as_slice() else { panic!("two targets") };
        assert_eq!(
            sentence(&opaque.confusion.shown, View::Shown),
            "tells 0 of 91 pairs of causes apart by what the user is shown; its largest pile holds 14 causes under \u{201c}M0902 パスキー認証エラー\u{201d}"
        );
        assert_eq!(
            sentence(&diagnosing.confusion.shown, View::Shown),
            "tells 91 of 91 pairs of causes apart by what the user is shown; no two causes share an answer"
        );
        assert_eq!(verdict(opaque), "fell short in 14 of 14 scenarios");
        assert_eq!(verdict(diagnosing), "held in all 14 scenarios");
    }

    #[test]
    fn not_observable_is_never_called_held() {
        let run = sample::foreign();
        let [target] = run.targets.as_slice() else { panic!("one target") };
        assert_eq!(verdict(target), "fell short in 2 of 13 scenarios, 4 not observable, 1 not played");
        assert_eq!(sentence(&target.confusion.logged, View::Logged), "cannot be compared by what the RP logs: not observable");
        assert_eq!(share(&target.confusion.logged), "not observable");
        assert_eq!(percent(&target.confusion.logged), None);
        assert!(sentence(&target.confusion.shown, View::Shown).ends_with("(1 cause not observable)"));
    }

    #[test]
    fn an_answer_names_its_code_once() {
        let mut summary = AnswerSummary {
            status: 400,
            code: Some("M0902".into()),
            message: Some("M0902 パスキー認証エラー".into()),
            next: vec![],
            logged: None,
        };
        assert_eq!(answer(&summary), "400 M0902 パスキー認証エラー");
        summary.message = Some("another\nkey".into());
        assert_eq!(answer(&summary), "400 M0902 another key");
        summary.code = None;
        assert_eq!(answer(&summary), "400 another key");
    }
}
