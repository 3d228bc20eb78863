//! `index.html`: one file with everything in it, for a screen, for paper and for a screen reader. No script, nothing loaded from elsewhere.
//!
//! Every text goes through maud, which escapes it: much of it was written by a relying party that is under test.

mod findings;
mod picture;
mod scenario;
mod transcript;

use std::collections::BTreeSet;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::check::Gravity;
use crate::report::{marks, text};
use crate::verdict::{Run, SeenIn, Standing, TargetRun};
use crate::words::{View, Words};

const STYLE: &str = include_str!("html/style.css");
/// Were some text to slip through unescaped, it still could not run or load anything.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// The run as one HTML page: the findings first, then the picture, then every scenario.
#[must_use]
pub fn render(run: &Run, words: Words) -> String {
    let names: Vec<_> = run.targets.iter().map(|target| text::one_line(&target.name)).collect();
    let targets: Vec<Target<'_>> = run.targets.iter().enumerate().map(|(index, run)| Target::new(words, index, run)).collect();
    // What is only there for comparison comes after what is judged.
    let judged = targets.iter().filter(|target| !target.run.for_comparison);
    let in_order: Vec<&Target<'_>> = judged.chain(targets.iter().filter(|target| target.run.for_comparison)).collect();
    let page = html! {
        (DOCTYPE)
        html lang=(words.language().tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="generator" content="faultkey";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                title { "faultkey report: " (names.join("; ")) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#main" { "Skip to the verdict" }
                header {
                    h1 { "Passkey failures, and what the relying party made of them" }
                    p.quiet { "faultkey " (text::one_line(&run.version)) ", seed " (run.seed) }
                }
                main #main {
                    (verdicts(words, &in_order))
                    @for target in &in_order { (findings::section(target)) }
                    (picture::section(words, run))
                    @for target in &in_order { (section(target)) }
                }
                footer { p.quiet { "Marks: " (legend(words)) ". What cannot be observed never counts as passed." } }
            }
        }
    };
    page.into_string()
}

/// A target with the names of its places in the page.
struct Target<'a> {
    index: usize,
    run: &'a TargetRun,
    words: Words,
    /// One for each scenario, the same in every run.
    anchors: Vec<String>,
}

impl<'a> Target<'a> {
    fn new(words: Words, index: usize, run: &'a TargetRun) -> Self {
        let mut taken = BTreeSet::new();
        let anchor = |(number, scenario): (usize, &crate::verdict::ScenarioResult)| {
            let name = format!("{}-{}--{}", prefix(index), slug(&scenario.id), slug(&scenario.profile));
            if taken.insert(name.clone()) { name } else { format!("{name}--{}", number + 1) }
        };
        let anchors = run.scenarios.iter().enumerate().map(anchor).collect();
        Self { index, run, words, anchors }
    }

    /// The anchor of the scenario that showed a finding.
    fn anchor(&self, seen: &SeenIn) -> Option<&str> {
        let is_it = |scenario: &crate::verdict::ScenarioResult| (&scenario.id, &scenario.profile) == (&seen.scenario, &seen.profile);
        let number = self.run.scenarios.iter().position(is_it)?;
        self.anchors.get(number).map(String::as_str)
    }

    fn finding(&self, id: crate::check::FindingId) -> String {
        format!("{}-{}--{}", prefix(self.index), id.check.name(), id.request.name())
    }
}

fn prefix(index: usize) -> String {
    format!("target-{}", index + 1)
}

/// What can stand in a link.
fn slug(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect()
}

fn verdicts(words: Words, targets: &[&Target<'_>]) -> Markup {
    html! {
        section aria-labelledby="verdict" {
            h2 #verdict { "Verdict" }
            ul.verdicts {
                @for target in targets {
                    li {
                        a href=(format!("#{}", prefix(target.index))) { b { (worded(&target.run.name)) } } ": "
                        (words.findings_counted(target.run)) " " (words.scenarios_counted(target.run)) " "
                        (words.told_apart(&target.run.confusion.shown, View::Shown))
                        @if target.run.for_comparison { " " span.quiet { "(for comparison)" } }
                        @if let Some(incomplete) = target.run.incomplete { p.incomplete { (words.incomplete(incomplete)) } }
                    }
                }
            }
        }
    }
}

/// One target: its table, then a section for each scenario.
fn section(target: &Target<'_>) -> Markup {
    let id = prefix(target.index);
    html! {
        section.target aria-labelledby=(id) {
            h2 #(id) { "Scenarios: " (worded(&target.run.name)) }
            div.wide tabindex="0" role="region" aria-label=(format!("Scenarios of {}", text::one_line(&target.run.name))) {
                table.scenarios {
                    caption { (target.words.scenarios_counted(target.run)) }
                    thead { tr {
                        th scope="col" { "Result" }
                        th scope="col" { "Scenario" }
                        th scope="col" { "On" }
                        th scope="col" { "What failed" }
                    } }
                    tbody {
                        @for (scenario, anchor) in target.run.scenarios.iter().zip(&target.anchors) {
                            tr {
                                td { (badge(target.words, scenario.standing)) }
                                th scope="row" {
                                    a href=(format!("#{anchor}")) { (worded(scenario.title.get(target.words.language()))) }
                                    br; code { (text::harmless(&scenario.id)) }
                                }
                                td { (text::harmless(&scenario.profile)) }
                                td { (scenario::failed(target.words, scenario)) }
                            }
                        }
                    }
                }
            }
            @for (scenario, anchor) in target.run.scenarios.iter().zip(&target.anchors) { (scenario::section(target.words, anchor, scenario)) }
        }
    }
}

/// A standing as a mark and a word; colour comes on top.
fn badge(words: Words, standing: Standing) -> Markup {
    html! {
        span class=(format!("badge {}", marks::class(standing))) {
            span aria-hidden="true" { (marks::mark(standing)) " " } (words.standing(standing))
        }
    }
}

fn gravity_badge(words: Words, gravity: Gravity) -> Markup {
    html! { span class=(format!("badge gravity-{}", gravity.name())) title=(words.gravity_means(gravity)) { (words.gravity(gravity)) } }
}

fn legend(words: Words) -> String {
    Standing::ALL.map(|standing| format!("{} {}", marks::mark(standing), words.standing(standing))).join(", ")
}

/// Text that others wrote: kept from reordering its surroundings, and marked as Japanese where it is.
fn worded(text: &str) -> Markup {
    let text = text::harmless(text);
    html! { bdi lang=[is_japanese(&text).then_some("ja")] { (text) } }
}

/// A sentence of ours, in which code stands between backticks.
fn sentence(text: &str) -> Markup {
    html! {
        bdi {
            @for (number, part) in text::harmless(text).split('`').enumerate() {
                @if number % 2 == 1 { code { (part) } } @else { (part) }
            }
        }
    }
}

/// Kana, or the ideographs that go with them.
fn is_japanese(text: &str) -> bool {
    text.chars().any(|c| matches!(c, '\u{3040}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}' | '\u{ff66}'..='\u{ff9d}'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use crate::verdict::Incomplete;

    #[test]
    fn says_the_lesson_and_shows_every_label() {
        let page = render(&sample::both(), Words::default());
        for expected in [
            "<html lang=\"en\">",
            "No findings. 14 scenarios: 14 passed. Tells 91 of 91 pairs of causes apart by what the user is shown.",
            "2 findings (1 no way out, 1 unclear). 14 scenarios: 14 failed. Tells 0 of 91 pairs",
            "(for comparison)",
            "The largest group holds 14 causes under",
            "14 causes, 1 answer",
            "14 causes, 14 answers",
            "observed. Reported by users",
            "O-KEY-MISMATCH",
            "Refuses a wrong key, keeps the record, and offers to register again.",
            "faultkey exercise --scenario m0902-key-swapped-same-id --profile P03 --seed 42",
            "<q lang=\"ja\">作業が中断しました</q>",
            "authenticatorMakeCredential (0x01)",
            "2 /authData/: h'",
            "CTAP2_ERR_NO_CREDENTIALS (0x2E)",
            "0x45 = UP UV AT: user present",
            "b93fd961-f2e6-462f-b122-82002247de78",
            "&quot;type&quot;: &quot;webauthn.get&quot;",
            "POST /assertion/result",
        ] {
            assert!(page.contains(expected), "the page lacks: {expected}");
        }
    }

    #[test]
    fn findings_come_before_the_picture_and_the_scenarios() {
        let page = render(&sample::foreign(), Words::default());
        let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("the page lacks: {text}"));
        let order = [
            "An answer that was accepted once is accepted again.",
            "A passkey that no longer works cannot be replaced.",
            "The options tell whether a name has an account.",
            "Add <code>[hooks.log]</code> to the adapter file",
            "Which failures look alike to the user?",
            "Scenarios: <bdi>http://localhost:8081",
        ];
        assert!(order.map(at).is_sorted(), "{:?}", order.map(at));
        for expected in [
            "The same response was accepted again without any cookies: 200.",
            "Take the challenge out of the store before verifying",
            "WebAuthn-3 §13.4.3",
            "POST /assertion/result -&gt; 200",
            "challenge-survives-refusal/authentication-verify",
            "in 2 of 6 attempts",
        ] {
            at(expected);
        }
    }

    #[test]
    fn only_failed_scenarios_have_transcripts() {
        assert_eq!(render(&sample::both(), Words::default()).matches("class=\"transcript\"").count(), 14);
        assert_eq!(render(&sample::foreign(), Words::default()).matches("class=\"transcript\"").count(), 2);
    }

    #[test]
    fn a_decision_stands_inside_the_message_that_it_touched() {
        let page = render(&sample::both(), Words::default());
        let message = page.split("<li").find(|item| item.contains("CTAP2_OK (0x00) to authenticatorGetAssertion")).unwrap();
        assert!(message.contains("silent-key-regeneration"), "{message}");
        assert!(message.contains("signs with the new key under the old credential id"), "{message}");
        let transcripts = page.split("class=\"transcript\"").skip(1).collect::<String>();
        assert_eq!(transcripts.matches("</b> (key_store): ").count(), 14, "once in each transcript");
    }

    #[test]
    fn a_relying_party_cannot_inject_html() {
        const EVIL: &str = "</pre></style><script>alert(1)</script><img src=x onerror=alert(1)>\"'`\u{202e}";
        let mut run = sample::foreign();
        sample::poison(&mut run, EVIL);
        let page = render(&run, Words::default());
        assert!(page.matches("&lt;script&gt;alert(1)").count() > 100);
        for never in ["<script", "<img", "\u{202e}", "onerror=alert(1)>"] {
            assert!(!page.contains(never), "the page has {never}");
        }
        assert_eq!(page.matches("<style>").count(), page.matches("</style>").count());
        links_lead_somewhere(&page);
    }

    fn links_lead_somewhere(page: &str) {
        for link in page.split("href=\"#").skip(1) {
            let id = link.split('"').next().unwrap();
            assert!(page.contains(&format!("id=\"{id}\"")), "nothing has the id {id}");
        }
        let mut ids: Vec<_> = page.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count, "an id is there twice");
    }

    #[test]
    fn the_page_loads_nothing_and_its_links_lead_somewhere() {
        for run in [sample::both(), sample::foreign()] {
            let page = render(&run, Words::default());
            for never in ["src=", "href=\"http", "@import", "url("] {
                assert!(!page.contains(never), "the page has {never}");
            }
            links_lead_somewhere(&page);
        }
    }

    #[test]
    fn a_scenario_that_stands_twice_has_two_places() {
        let mut run = sample::foreign();
        let twice = run.targets[0].scenarios[0].clone();
        run.targets[0].scenarios.push(twice);
        let target = Target::new(Words::default(), 0, &run.targets[0]);
        assert_eq!(target.anchors[0], "target-1-m0902-fingerprint-reset-biometric-only--P08");
        assert_eq!(target.anchors[14], "target-1-m0902-fingerprint-reset-biometric-only--P08--15");
        links_lead_somewhere(&render(&run, Words::default()));
    }

    #[test]
    fn tables_have_captions_and_scoped_headers() {
        let page = render(&sample::both(), Words::default());
        assert_eq!(page.matches("<table").count(), page.matches("<caption>").count());
        let headers = page.split("<th").skip(1).filter(|rest| !rest.starts_with("ead"));
        assert!(headers.into_iter().all(|rest| rest.split('>').next().is_some_and(|tag| tag.contains("scope="))));
    }

    #[test]
    fn what_has_no_verdict_says_why_and_a_blind_spot_is_told_once() {
        let mut run = sample::foreign();
        run.targets[0].incomplete = Some(Incomplete::Interrupted);
        let page = render(&run, Words::default());
        assert!(page.contains("Told apart by what the relying party logs</dt><dd><span class=\"badge not-observable\">"));
        assert!(page.contains("it has to wait for the relying party's clock"));
        assert!(page.contains("This run is incomplete: it was interrupted from the keyboard."));
        assert_eq!(page.matches("[hooks.log]").count(), 1);
    }
}
