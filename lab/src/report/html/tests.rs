//! The page as a text. tests/exercise.rs has it in a browser.

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
