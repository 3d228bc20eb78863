//! Markdown, for a ticket or the summary of a job: GitHub's, which GitLab and others read too.
//!
//! Much of it is what a relying party wrote. Outside of code it is escaped, so that it makes no markup, no link and no mention; code stands
//! between fences that are longer than any in it.

use crate::report::text;
use crate::verdict::{Evidence, Finding, Run, TargetRun};
use crate::words::{Label, Words};

/// The first line, by which a later run knows the file as one of faultkey's.
pub(crate) const MARK: &str = "<!-- made by faultkey -->";

/// GitHub takes 1 MiB of summary from a step; a longer one is not shown at all. In bytes.
const LONGEST_SUMMARY: usize = 1_000_000;

/// The whole run: how it ended in numbers, and every finding.
#[must_use]
pub fn render(run: &Run, words: Words) -> String {
    let mut out = head(run, words);
    for target in &run.targets {
        out.push_str(&section(target, words));
        for finding in judged(target) {
            out.push_str(&format!("\n### {}\n\n{}", heading(finding, words), body(finding, words)));
        }
    }
    out
}

/// The same for the summary of a job: findings are folded. What does not fit is counted.
#[must_use]
pub fn summary(run: &Run, words: Words) -> String {
    let mut out = head(run, words);
    for target in &run.targets {
        out.push_str(&section(target, words));
        let mut left_out = 0;
        for finding in judged(target) {
            let summary = format!("{}: {}", words.gravity(finding.gravity), words.title(finding.id.check));
            let summary = format!("<code>{}</code> {}", finding.id, html(&summary));
            let folded = format!("\n<details><summary>{summary}</summary>\n\n{}\n</details>\n", body(finding, words));
            if left_out > 0 || out.len() + folded.len() > LONGEST_SUMMARY {
                left_out += 1;
            } else {
                out.push_str(&folded);
            }
        }
        if left_out > 0 {
            out.push_str(&format!("\n{}\n", words.findings_left_out(left_out)));
        }
    }
    out
}

/// One finding, to be pasted into a ticket.
#[must_use]
pub fn finding(finding: &Finding, words: Words) -> String {
    format!("## {}\n\n{}", heading(finding, words), body(finding, words))
}

/// Of what is only there for comparison, nobody opens a ticket.
fn judged(target: &TargetRun) -> &[Finding] {
    if target.for_comparison { &[] } else { &target.findings }
}

fn head(run: &Run, words: Words) -> String {
    let made_by = words.version_and_seed(&run.version, run.seed);
    let mut out = format!("{MARK}\n# {}\n\n{}\n", words.label(Label::Report), escaped(&made_by));
    for note in &run.accept_notes {
        out.push_str(&format!("\n* {}\n", escaped(&words.accept_note(note))));
    }
    out
}

fn section(target: &TargetRun, words: Words) -> String {
    let mut out = format!("\n## {}\n\n", escaped(&target.name));
    if target.for_comparison {
        out.push_str(&format!("{}\n\n", words.label(Label::ForComparison)));
    }
    if let Some(incomplete) = target.incomplete {
        out.push_str(&format!("**{}**\n\n", words.incomplete(incomplete)));
    }
    if let Some(compared) = &target.baseline {
        out.push_str(&format!("{}\n\n", escaped(&words.differences_counted(compared))));
    }
    out.push_str(&format!("* {}\n* {}\n", escaped(&words.findings_counted(target)), escaped(&words.scenarios_counted(target))));
    if target.rate_limited {
        out.push_str(&format!("* {}\n", words.rate_limited()));
    }
    out
}

fn heading(finding: &Finding, words: Words) -> String {
    words.named(words.gravity(finding.gravity), words.title(finding.id.check))
}

fn body(finding: &Finding, words: Words) -> String {
    let check = finding.id.check;
    let mut out = format!("`{}`\n", finding.id);
    let mut paragraph = |label: Label, text: &str| {
        out.push_str(&format!("\n**{}**{}{text}\n", words.lead(label).trim_end(), if text.starts_with('\n') { "" } else { " " }))
    };
    if let Some(accepted) = &finding.accepted {
        paragraph(Label::Accepted, &escaped(&words.accepted(accepted)));
    }
    paragraph(Label::Why, words.why(check));
    paragraph(Label::Found, &escaped(&words.found(&finding.found)));
    if !finding.also.is_empty() {
        let also = finding.also.iter().map(|aspect| format!("\n* `{}`: {}", aspect.id, escaped(&words.found(&aspect.found))));
        paragraph(Label::AlsoShown, &format!("\n{}", also.collect::<String>()));
    }
    if let Some(evidence) = &finding.evidence {
        paragraph(Label::RequestAndAnswer, &format!("{}\n\n{}", escaped(&words.evidence(evidence)), sides(evidence, words)));
    }
    paragraph(Label::Change, words.mend(check.mend()));
    paragraph(Label::Source, &escaped(words.source(check)));
    paragraph(Label::SeenIn, &escaped(&words.seen(&finding.seen)));
    paragraph(Label::Replay, &format!("\n\n{}", fenced("sh", &finding.replay)));
    out
}

/// The request and its answer as they went over the wire.
fn sides(evidence: &Evidence, words: Words) -> String {
    let headers: String = evidence.headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
    let cut = |cut_of: Option<usize>| cut_of.map(|bytes| format!("\n{}", words.cut_here(bytes))).unwrap_or_default();
    let request = format!("{} {}\n{headers}\n{}{}", evidence.method, evidence.path, evidence.body, cut(evidence.body_cut_of));
    let answer = match evidence.status {
        Some(status) => format!("{status}\n\n{}{}", evidence.answer, cut(evidence.answer_cut_of)),
        None => return fenced("http", &request),
    };
    format!("{}\n{}", fenced("http", &request), fenced("http", &answer))
}

/// Code that nothing in it can end.
fn fenced(language: &str, code: &str) -> String {
    let code = text::harmless(code);
    let longest = code.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat((longest + 1).max(3));
    format!("{fence}{language}\n{}\n{fence}\n", code.trim_end())
}

/// `text` on one line, as text and nothing else.
///
/// A word joiner after `@` and `#` keeps a name from being mentioned, which happens to escaped ones as well; one after `://` and `www.` keeps
/// an address from becoming a link.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text::one_line(text).chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '#' | '&' | '!' | '$') {
            escaped.push('\\');
        }
        escaped.push(c);
        if matches!(c, '@' | '#') {
            escaped.push(JOINER);
        }
    }
    escaped.replace("://", &format!(":{JOINER}//")).replace("www.", &format!("www{JOINER}.")).replace("WWW.", &format!("WWW{JOINER}."))
}

const JOINER: char = '\u{2060}';

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use faultkey_fault_injection::Language;

    use super::*;
    use crate::accept::Accepted;
    use crate::report::sample;
    use crate::verdict::{Found, Incomplete};

    const ENGLISH: Words = Words::of(Language::English);
    const JAPANESE: Words = Words::of(Language::Japanese);

    #[test]
    fn a_finding_has_all_that_a_ticket_needs() {
        let run = sample::foreign();
        let markdown = finding(&run.targets[0].findings[0], ENGLISH);
        for part in [
            "## security: An answer that was accepted once is accepted again.\n\n`replay/authentication-verify`\n",
            &format!("\n**Why it matters:** {}\n", ENGLISH.why(crate::check::CheckId::Replay)),
            "\n**Found:** The same response was accepted again without any cookies: 200.\n",
            "* `challenge-survives-refusal/authentication-verify`: ",
            "\n```http\nPOST /assertion/result\n",
            "\n**What to change:** ",
            "\n**Source:** WebAuthn-3 §13.4.3\n",
            "\n**Seen in:** 2 scenarios: ",
            "\n```sh\nfaultkey exercise --scenario interrupted-challenge-half --profile P05 --seed 42\n```\n",
        ] {
            assert!(markdown.contains(part), "{part}: {markdown}");
        }
    }

    #[test]
    fn a_finding_in_japanese() {
        let markdown = finding(&sample::foreign().targets[0].findings[0], JAPANESE);
        for part in
            ["**影響：** ", "**検出内容：** ", "```http\nPOST /assertion/result\n", JAPANESE.mend(crate::check::Mend::ConsumeChallenge)]
        {
            assert!(markdown.contains(part), "{part}: {markdown}");
        }
    }

    #[test]
    fn the_whole_has_every_target_and_the_findings_of_those_that_are_judged() {
        let run = sample::both();
        for out in [render(&run, ENGLISH), summary(&run, ENGLISH)] {
            assert!(out.starts_with("<!-- made by faultkey -->\n# "), "{out}");
            assert!(out.contains("\n## embedded, opaque\n") && out.contains("\n## embedded, diagnosing\n"), "{out}");
            assert_eq!(out.matches("**Found:**").count(), 0, "{out}");
        }
        let mut run = sample::foreign();
        run.targets[0].incomplete = Some(Incomplete::Gone);
        run.targets[0].findings[0].accepted = Some(Accepted { reason: "SHOP-1 @all".into(), until: None });
        for out in [render(&run, ENGLISH), summary(&run, ENGLISH)] {
            assert_eq!(out.matches("**Found:**").count(), run.targets[0].findings.len());
            assert!(out.contains("**This run is incomplete: the relying party stopped answering and did not come back.**"));
            assert!(out.contains("**Accepted:** SHOP-1 @\u{2060}all."), "{out}");
        }
        assert_eq!(summary(&run, ENGLISH).matches("<details>").count(), run.targets[0].findings.len());
    }

    #[test]
    fn a_summary_stays_within_what_github_takes_and_counts_what_is_left_out() {
        let mut run = sample::foreign();
        for finding in &mut run.targets[0].findings {
            if let Some(evidence) = &mut finding.evidence {
                evidence.answer = "x".repeat(700_000);
            }
        }
        let with = run.targets[0].findings.iter().filter(|finding| finding.evidence.is_some()).count();
        assert!(with > 1, "{with}");
        for (words, said) in [(ENGLISH, "report.json has "), (JAPANESE, "report.jsonにあります")] {
            let out = summary(&run, words);
            assert!(out.len() < 1024 * 1024 && out.contains(said), "{} {}", out.len(), &out[out.len() - 200..]);
        }
    }

    #[test]
    fn text_of_a_relying_party_is_text() {
        assert_eq!(
            escaped("a|b `c` <img> **d** [e](f) \\ _g_\n# h"),
            "a\\|b \\`c\\` \\<img\\> \\*\\*d\\*\\* \\[e\\](f) \\\\ \\_g\\_ \\#\u{2060} h"
        );
        assert_eq!(escaped("@octocat #1"), "@\u{2060}octocat \\#\u{2060}1");
        assert_eq!(escaped("see https://evil.example or www.evil.example"), "see https:\u{2060}//evil.example or www\u{2060}.evil.example");
        let mut run = sample::foreign();
        run.targets[0].findings[0].found = Found::Trace { marker: "</details><script>x</script> @octocat".into() };
        let out = summary(&run, ENGLISH);
        assert!(!out.contains("<script>") && !out.contains("@octocat"), "{out}");
    }

    #[test]
    fn nothing_in_code_ends_it() {
        assert_eq!(fenced("http", "a\n````\nb"), "`````http\na\n````\nb\n`````\n");
        assert_eq!(fenced("sh", "a\u{1b}[31m\r"), "```sh\na\\u{1b}[31m\\r\n```\n");
        const EVIL: &str = "\n`````\n<script>x</script>\u{1b}[2J";
        let mut run = sample::foreign();
        sample::poison(&mut run, EVIL);
        for out in [render(&run, ENGLISH), summary(&run, JAPANESE)] {
            assert!(!out.contains('\u{1b}'), "{out}");
            let mut fence: Option<String> = None;
            for line in out.lines() {
                let ticks: String = line.chars().take_while(|c| *c == '`').collect();
                match &fence {
                    None if ticks.len() >= 3 => fence = Some(ticks),
                    None => assert!(!line.contains("<script>"), "{line}"),
                    Some(open) if line.trim_end().chars().all(|c| c == '`') && ticks.len() >= open.len() => fence = None,
                    Some(_) => {}
                }
            }
            assert_eq!(fence, None, "a fence that is not closed");
        }
    }
}
