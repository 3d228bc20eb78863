//! Plays the clean ceremonies alone, to show what each line of an adapter file met.

mod explain;
mod line;

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use faultkey_client::DomException;
use faultkey_fault_injection::Language;

pub use explain::Met;
pub use line::Line;

use super::preflight::{self, CLEAN, Outcome};
use super::{Count, ExerciseError, Foreign, Plan, Progress, Running, Stop, TargetPlan};
use crate::facts::{Attempt, StepSeen};
use crate::scenario;

/// What the clean ceremonies showed of an adapter file.
#[derive(Debug)]
pub enum Checked {
    /// Every line, and what it met.
    Accepted { profile: String, took: Duration, lines: Vec<(Line, Met)> },
    /// No client takes the relying party's options.
    UnusableOptions { exception: Option<DomException> },
    /// By a signal or the time limit.
    Stopped,
}

/// Registers and logs in cleanly, and explains the text of the adapter file by that.
///
/// # Errors
/// As [`super::exercise`].
pub async fn check(
    foreign: Foreign,
    text: &str,
    profile: Option<String>,
    seed: u64,
    progress: &dyn Progress,
    stop: &Stop,
) -> Result<Checked, ExerciseError> {
    let plan = Plan {
        targets: vec![TargetPlan::Foreign(foreign)],
        scenarios: scenario::select(&[CLEAN.to_owned()])?,
        profile,
        seed,
        include_real_wait: false,
        language: Language::default(),
    };
    let Some(target @ TargetPlan::Foreign(foreign)) = plan.targets.first() else { return Ok(Checked::Stopped) };
    let count = Count { done: Cell::new(0), total: 1 };
    let run = Running {
        plan: &plan,
        target,
        name: target.name(),
        progress,
        stop,
        count: &count,
        answered: Cell::new(false),
        made: RefCell::default(),
    };
    let began = Instant::now();
    let played = preflight::play(&run, foreign).await;
    let took = began.elapsed();
    run.clean_up().await;
    Ok(match played? {
        Outcome::Accepted(facts, profile) => {
            let attempt = facts.attempts.into_iter().next().unwrap_or_default();
            let secrets = foreign.mapping.secrets();
            let lines = line::all(text).into_iter().map(|line| {
                let met = explain::met(&line, &attempt, foreign);
                // The file itself may have a token in it.
                (Line { value: secrets.mask(&line.value), ..line }, met)
            });
            Checked::Accepted { profile: profile.name.clone(), took, lines: lines.collect() }
        }
        Outcome::UnusableOptions(facts) => Checked::UnusableOptions { exception: facts.attempts.first().and_then(exception) },
        Outcome::Stopped => Checked::Stopped,
    })
}

fn exception(attempt: &Attempt) -> Option<DomException> {
    attempt.steps.iter().rev().find_map(|step| match &step.seen {
        StepSeen::Ceremony(ceremony) => ceremony.client.as_ref()?.as_ref().err().cloned(),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use faultkey_relying_party::{Clock, Embedded, Handling, Mapping, Proxies, Target, Waiter};

    use super::*;
    use crate::exercise::Learnt;

    struct Quiet;

    impl Progress for Quiet {
        fn started(&self, _: &str, _: &str, _: &str, _: usize, _: usize) {}
        fn finished(&self, _: &str, _: &str, _: &str, _: usize, _: usize) {}
        fn learnt(&self, _: &str, _: &Learnt) {}
        fn stopped_answering(&self, _: &str, _: Duration) {}
        fn waiter(&self) -> Waiter {
            Arc::new(|_| Box::pin(async {}))
        }
    }

    async fn checked(text: &str) -> Result<Checked, ExerciseError> {
        let embedded = Embedded::start(Handling::Diagnosing, Clock::default(), 42).await.unwrap();
        let target = Target {
            url: "https://broker.test".parse().unwrap(),
            connect: Some(embedded.address()),
            certificate_authority: None,
            proxies: Proxies::default(),
        };
        let foreign = Foreign {
            name: "broker".to_owned(),
            mapping: Mapping::parse(text, "m.toml").unwrap(),
            target,
            accounts: "t1".to_owned(),
            arguments: String::new(),
            pace: Duration::ZERO,
            patience: Duration::from_secs(10),
            comes_back_within: Duration::ZERO,
            restart: None,
        };
        check(foreign, text, None, 42, &Quiet, &Stop::never()).await
    }

    #[tokio::test]
    async fn every_line_is_told_by_what_it_met() {
        let text = include_str!("../../../relying-party/adapters/embedded.toml");
        let checked = checked(text).await.unwrap();
        let page = crate::help::checked("broker", "m.toml", &checked, Language::English);
        let Checked::Accepted { lines, .. } = checked else { panic!("{page}") };
        let met = |section: &str, field: &str| {
            let found = lines.iter().find(|(line, _)| line.section == section && line.field == field);
            found.map(|(_, met)| met.clone()).unwrap_or_else(|| panic!("no [{section}] {field}"))
        };
        let rp_id = Some("broker.test".to_owned());
        let preferred = Some("preferred".to_owned());
        let creation =
            Met::Creation { rp_id: rp_id.clone(), algorithms: 3, user_verification: preferred.clone(), resident_key: preferred.clone() };
        assert_eq!(met("registration.options", "options"), creation);
        assert_eq!(met("authentication.options", "options"), Met::Request { rp_id, allowed: Some(1), user_verification: preferred });
        assert_eq!(met("session", "pointer"), Met::Session { before: Some(false), after: Some(true) });
        assert_eq!(met("result", "code"), Met::Refusal { value: Some("key-mismatch".to_owned()) });
        assert_eq!(met("result", "accepted"), Met::Holds { status: 200 });
        assert_eq!(met("hooks.credentials", "id"), Met::Passkeys(1));
        assert_eq!(met("registration.options", "body.replace"), Met::Sent { value: Some("false".to_owned()) });
        assert_eq!(met("registration.verify", "body"), Met::Sent { value: None });
        assert_eq!(met("fallback.phone", "path"), Met::NotAsked);
        let Met::Asked { request, status: 200, .. } = met("hooks.account", "path") else { panic!("{page}") };
        assert!(request.starts_with("GET /hooks/account?username=clean-ceremonies"), "{request}");
        for line in [
            "[registration.options] options = \"\": found, RP ID broker.test, 3 algorithms",
            "[fallback.phone]: not asked in clean ceremonies",
        ] {
            assert!(page.contains(line), "{line}\n{page}");
        }
    }

    #[tokio::test]
    async fn what_is_not_accepted_is_explained_as_for_an_exercise() {
        let text = include_str!("../../../relying-party/adapters/embedded.toml").replace("\"/attestation/options\"", "\"/nowhere\"");
        let Err(ExerciseError::NotExercisable(problem)) = checked(&text).await else { panic!("accepted") };
        assert_eq!(problem.problem.id(), "no-such-path");
    }
}
