//! `index.html`: one file with everything in it, for a screen, for paper and for a screen reader. No script, nothing loaded from elsewhere.
//!
//! Every text goes through maud, which escapes it: much of it was written by a relying party that is under test.

mod picture;
mod scenario;
mod transcript;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::report::text;
use crate::report::words::{self, Standing, View};
use crate::verdict::{Run, TargetRun};

const STYLE: &str = include_str!("html/style.css");
/// Were some text to slip through unescaped, it still could not run or load anything.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// The run as one HTML page.
#[must_use]
pub fn render(run: &Run) -> String {
    let names: Vec<_> = run.targets.iter().map(|target| text::one_line(&target.name)).collect();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                title { "faultkey report: " (names.join("; ")) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#main" { "Skip to the verdict" }
                header {
                    h1 { "Passkey failures, and what the relying party made of them" }
                    p.quiet { "faultkey " (run.version) ", seed " (run.seed) }
                }
                main #main {
                    (verdicts(run))
                    (picture::section(run))
                    @for (index, target) in run.targets.iter().enumerate() { (section(index, target)) }
                }
                footer { p.quiet { "Marks: " (legend()) ". What cannot be observed is never counted as held." } }
            }
        }
    };
    page.into_string()
}

fn verdicts(run: &Run) -> Markup {
    html! {
        section aria-labelledby="verdict" {
            h2 #verdict { "Verdict" }
            ul.verdicts {
                @for (index, target) in run.targets.iter().enumerate() {
                    li {
                        (badge(target.judgement().into())) " "
                        a href=(format!("#target-{index}")) { b { (worded(&target.name)) } } " " (words::verdict(target)) ". It "
                        (worded(&words::sentence(&target.confusion.shown, View::Shown))) "."
                    }
                }
            }
        }
    }
}

/// One target: its table, then a section for each scenario.
fn section(index: usize, target: &TargetRun) -> Markup {
    let id = format!("target-{index}");
    html! {
        section.target aria-labelledby=(id) {
            h2 #(id) { (worded(&target.name)) }
            div.wide tabindex="0" role="region" aria-label=(format!("Scenarios of {}", text::one_line(&target.name))) {
                table.scenarios {
                    caption { "Every scenario: " (words::verdict(target)) "." }
                    thead { tr {
                        th scope="col" { "Judgement" }
                        th scope="col" { "Scenario" }
                        th scope="col" { "On" }
                        th scope="col" { "The relying party answered" }
                        th scope="col" { "What to change" }
                    } }
                    tbody {
                        @for (number, scenario) in target.scenarios.iter().enumerate() {
                            @let standing = Standing::of(scenario);
                            tr {
                                td { (badge(standing)) }
                                th scope="row" {
                                    a href=(format!("#{}", anchor(index, number))) { (worded(&scenario.title)) }
                                    br; code { (text::harmless(&scenario.id)) }
                                }
                                td { (text::harmless(&scenario.profile)) }
                                td { @if scenario.skipped.is_none() { (worded(&words::final_answer(scenario))) } }
                                td {
                                    @match standing {
                                        Standing::FellShort => (worded(&words::brief_advice(scenario))),
                                        Standing::NotObservable => { span.quiet { "Not observable: " (text::harmless(&words::not_observed_names(scenario))) } },
                                        Standing::Skipped => (worded(scenario.skipped.as_deref().unwrap_or_default())),
                                        Standing::Held => {},
                                    }
                                }
                            }
                        }
                    }
                }
            }
            @for (number, scenario) in target.scenarios.iter().enumerate() { (scenario::section(&anchor(index, number), scenario)) }
        }
    }
}

fn anchor(target: usize, scenario: usize) -> String {
    format!("target-{target}-scenario-{}", scenario + 1)
}

/// A judgement as a mark and a word; colour comes on top.
fn badge(standing: Standing) -> Markup {
    html! { span class=(format!("badge {}", standing.class())) { span aria-hidden="true" { (standing.mark()) " " } (standing.label()) } }
}

fn legend() -> String {
    Standing::ALL.map(|standing| format!("{} {}", standing.mark(), standing.label())).join(", ")
}

/// Text that others wrote: kept from reordering its surroundings, and marked as Japanese where it is.
fn worded(text: &str) -> Markup {
    let text = text::harmless(text);
    html! { bdi lang=[is_japanese(&text).then_some("ja")] { (text) } }
}

/// Kana, or the ideographs that go with them.
fn is_japanese(text: &str) -> bool {
    text.chars().any(|c| matches!(c, '\u{3040}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}' | '\u{ff66}'..='\u{ff9d}'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn says_the_lesson_and_shows_every_label() {
        let page = render(&sample::both());
        for expected in [
            "<html lang=\"en\">",
            "fell short in 14 of 14 scenarios",
            "held in all 14 scenarios",
            "tells 0 of 91 pairs of causes apart by what the user is shown; its largest pile holds 14 causes under",
            "14 causes, 1 answer",
            "14 causes, 14 answers",
            "The device",
            "Its state",
            "A way out",
            "Expected",
            "What to change",
            "Evidence",
            "observed. Reported by users",
            "O-KEY-MISMATCH",
            "a way out in one step",
            "I12",
            "faultkey exercise --scenario m0902-key-swapped-same-id --profile P03 --seed 42",
            "<q lang=\"ja\">作業が中断しました</q>",
            "authenticatorMakeCredential (0x01)",
            "2 /authData/: h&apos;",
            "CTAP2_ERR_NO_CREDENTIALS (0x2E)",
            "0x45 = UP UV AT: user present",
            "b93fd961-f2e6-462f-b122-82002247de78",
            "&quot;type&quot;: &quot;webauthn.get&quot;",
            "POST /assertion/result",
        ] {
            let expected = expected.replace("&apos;", "'");
            assert!(page.contains(&expected), "the page lacks: {expected}");
        }
    }

    #[test]
    fn a_decision_stands_inside_the_message_that_it_touched() {
        let page = render(&sample::both());
        let message = page.split("<li").find(|item| item.contains("CTAP2_OK (0x00) to authenticatorGetAssertion")).unwrap();
        assert!(message.contains("silent-key-regeneration"), "{message}");
        assert!(message.contains("signs with the new key under the old credential id"), "{message}");
        assert_eq!(page.matches("signs with the new key under the old credential id").count(), 28, "once in each transcript");
    }

    #[test]
    fn a_relying_party_cannot_inject_html() {
        const EVIL: &str = "</pre></style><script>alert(1)</script><img src=x onerror=alert(1)>\"'\u{202e}";
        let mut run = sample::both();
        run.targets[0].name = EVIL.into();
        let confusion = &mut run.targets[0].confusion;
        for grouping in [&mut confusion.shown, &mut confusion.api, &mut confusion.logged] {
            grouping.answers[0] = Some(EVIL.into());
            grouping.largest_pile.as_mut().unwrap().answer = EVIL.into();
        }
        let scenario = &mut run.targets[0].scenarios[0];
        for field in [
            &mut scenario.id,
            &mut scenario.title,
            &mut scenario.profile,
            &mut scenario.rp_answered,
            &mut scenario.state,
            &mut scenario.advice,
            &mut scenario.replay,
            &mut scenario.evidence_note,
        ] {
            *field = EVIL.into();
        }
        for step in &mut scenario.steps {
            step.action = EVIL.into();
            step.checks[0].found = EVIL.into();
            step.checks[0].what = EVIL.into();
            if let Some(answer) = &mut step.answer {
                answer.code = Some(EVIL.into());
                answer.message = Some(EVIL.into());
                answer.next = vec![EVIL.into()];
                answer.logged = Some(EVIL.into());
            }
        }
        for entry in &mut scenario.transcript {
            use faultkey_transport::transcript::What;
            match &mut entry.what {
                What::HttpResponse { headers, body, .. } => {
                    headers.push((EVIL.into(), EVIL.into()));
                    *body = EVIL.into();
                }
                What::HttpRequest { path, .. } => *path = EVIL.into(),
                What::ClientData { json, .. } => *json = EVIL.into(),
                What::Decision { text, .. } | What::Note { text } => *text = EVIL.into(),
                What::CtapReply { bytes } => *bytes = EVIL.into(),
                _ => {}
            }
        }
        let page = render(&run);
        assert!(page.matches("&lt;script&gt;alert(1)").count() > 20);
        for never in ["<script", "<img", "\u{202e}", "onerror=alert(1)>"] {
            assert!(!page.contains(never), "the page has {never}");
        }
        assert_eq!(page.matches("<style>").count(), page.matches("</style>").count());
    }

    #[test]
    fn the_page_loads_nothing_and_its_links_lead_somewhere() {
        let page = render(&sample::foreign());
        for never in ["src=", "href=\"http", "@import", "url("] {
            assert!(!page.contains(never), "the page has {never}");
        }
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
    fn tables_have_captions_and_scoped_headers() {
        let page = render(&sample::both());
        assert_eq!(page.matches("<table").count(), page.matches("<caption>").count());
        let headers = page.split("<th").skip(1).filter(|rest| !rest.starts_with("ead"));
        assert!(headers.into_iter().all(|rest| rest.split('>').next().is_some_and(|tag| tag.contains("scope="))));
    }

    #[test]
    fn not_observable_is_said_in_words() {
        let page = render(&sample::foreign());
        assert!(page.contains("4 not observable, 1 not played"));
        assert!(page.contains("Told apart by what the RP logs</dt><dd><span class=\"badge not-observable\">"));
        assert!(page.contains("needs 5 minutes of real time; play it with --slow"));
    }
}
