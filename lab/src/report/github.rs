//! Annotations in a GitHub workflow: commands on standard output, one line each.

use crate::check::Gravity;
use crate::report::text;
use crate::verdict::{Finding, Run, TargetRun};
use crate::words::Words;

/// One line for each finding, the gravest first: `::error` down to no way out, `::warning` for what is unclear, `::notice` for a remark and for
/// what is known. GitHub shows the first ten of each kind of a step. What is only there for comparison has none.
#[must_use]
pub fn annotations(run: &Run, words: Words) -> String {
    let mut out = String::new();
    for target in run.targets.iter().filter(|target| !target.for_comparison) {
        if let Some(incomplete) = target.incomplete {
            out.push_str(&command("error", &target.name, words.incomplete(incomplete)));
        }
        for finding in &target.findings {
            out.push_str(&annotation(target, finding, words));
        }
    }
    out
}

/// Text for the log of a step: what a relying party wrote is no command of the runner, which looks for them at the beginning of a line.
#[must_use]
pub fn inert(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let line = line.replace("##[", "## [");
        let start = line.trim_start();
        match start.strip_prefix("::") {
            Some(rest) => format!("{}: :{rest}", &line[..line.len() - start.len()]),
            None => line,
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn annotation(target: &TargetRun, finding: &Finding, words: Words) -> String {
    let kind = match finding.gravity {
        _ if target.is_known(finding) => "notice",
        Gravity::Security | Gravity::State | Gravity::NoWayOut => "error",
        Gravity::Unclear => "warning",
        Gravity::Advice => "notice",
    };
    let check = finding.id.check;
    let known = finding.accepted.as_ref().map(|accepted| words.accepted(accepted));
    let lines = [words.title(check).to_owned(), words.found(&finding.found), words.mend(check.mend()).to_owned()];
    let lines: Vec<String> = lines.into_iter().chain(known).chain([finding.replay.clone()]).collect();
    command(kind, &format!("{}: {}", words.gravity(finding.gravity), finding.id), &lines.join("\n"))
}

/// <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>, escaped as actions/toolkit does.
fn command(kind: &str, title: &str, message: &str) -> String {
    let message = text::harmless(message).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let title = text::one_line(title).replace('%', "%25").replace(':', "%3A").replace(',', "%2C");
    format!("::{kind} title={title}::{message}\n")
}

#[cfg(test)]
mod tests {
    use faultkey_fault_injection::Language;

    use super::*;
    use crate::accept::Accepted;
    use crate::report::sample;
    use crate::verdict::Incomplete;

    #[test]
    fn a_relying_party_commands_no_runner() {
        assert_eq!(inert("Found ::x\n  ::error::x\n##[error]x\nplain\n"), "Found ::x\n  : :error::x\n## [error]x\nplain");
    }

    #[test]
    fn each_finding_is_a_line_by_its_gravity() {
        let out = annotations(&sample::foreign(), Words::default());
        let kinds: Vec<&str> = out.lines().map(|line| line.split(' ').next().unwrap()).collect();
        assert_eq!(kinds, ["::error", "::error", "::notice"], "{out}");
        let first = out.lines().next().unwrap();
        assert!(
            first.starts_with(
                "::error title=security%3A replay/authentication-verify::An answer that was accepted once is accepted again.%0AThe same"
            ),
            "{first}"
        );
        assert!(first.ends_with("%0Afaultkey exercise --scenario interrupted-challenge-half --profile P05 --seed 42"), "{first}");
        let japanese = annotations(&sample::foreign(), Words::of(Language::Japanese));
        assert!(japanese.starts_with("::error title=セキュリティ%3A replay/authentication-verify::"), "{japanese}");
    }

    #[test]
    fn what_is_only_compared_has_none_what_is_known_is_a_notice_and_an_incomplete_run_an_error() {
        let mut run = sample::both();
        run.targets.iter_mut().for_each(|target| target.for_comparison = true);
        assert_eq!(annotations(&run, Words::default()), "");
        let mut run = sample::foreign();
        run.targets[0].findings[0].accepted = Some(Accepted { reason: "SHOP-1".into(), until: None });
        run.targets[0].incomplete = Some(Incomplete::TimeLimit);
        let out = annotations(&run, Words::default());
        let mut lines = out.lines();
        assert_eq!(
            lines.next(),
            Some("::error title=http%3A//localhost%3A8081 (py_webauthn)::This run is incomplete: its time limit was reached.")
        );
        let known = lines.next().unwrap();
        assert!(known.starts_with("::notice title=security%3A replay/") && known.contains("%0ASHOP-1.%0A"), "{known}");
    }

    #[test]
    fn a_relying_party_writes_no_command() {
        assert_eq!(command("error", "a,b:c%\nd", "100%\n::error::x\u{1b}"), "::error title=a%2Cb%3Ac%25 d::100%25%0A::error::x\\u{1b}\n");
        let mut run = sample::foreign();
        sample::poison(&mut run, "\r\n::stop-commands::x,y%");
        let out = annotations(&run, Words::default());
        assert_eq!(out.lines().count(), run.targets[0].findings.len());
        assert!(out.lines().all(|line| line.starts_with("::error title=") || line.starts_with("::notice title=")), "{out}");
    }
}
