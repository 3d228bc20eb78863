//! The page as a text. tests/report-page has it in a browser.

use super::*;
use crate::check::Request;
use crate::report::sample;
use crate::verdict::{Circumstances, Incomplete};

fn page(run: &Run) -> String {
    render(run, &Settings::default())
}

/// The page without what its templates hold.
fn at_first(page: &str) -> String {
    let (mut shown, mut depth) = (String::new(), 0);
    for (number, part) in page.split("<template>").enumerate() {
        depth += usize::from(number > 0);
        for (closed, rest) in part.split("</template>").enumerate() {
            depth -= usize::from(closed > 0);
            if depth == 0 {
                shown.push_str(rest);
            }
        }
    }
    assert_eq!(depth, 0);
    shown
}

fn in_order(page: &str, texts: &[&str]) {
    let at: Vec<usize> = texts.iter().map(|text| page.find(text).unwrap_or_else(|| panic!("the page lacks: {text}"))).collect();
    assert!(at.is_sorted(), "{at:?}");
}

#[test]
fn the_first_screen_is_about_what_is_judged() {
    let page = page(&sample::both());
    in_order(
        &page,
        &[
            "<html lang=\"en\">",
            "<title>faultkey report: embedded, diagnosing</title>",
            "<h1><bdi>embedded, diagnosing</bdi></h1>",
            "For comparison, not judged: <a href=\"#embedded-opaque--comparison\"><bdi>embedded, opaque</bdi></a>",
            "<li class=\"good\"><span class=\"what\">Findings</span><b>0</b>",
            "14 scenarios: 14 passed.",
            "14 causes, 14 answers",
            "Pairs of causes told apart",
            "91 of 91",
            "<details class=\"comparison\" id=\"embedded-opaque--comparison\">",
            "2 findings (1 no way out, 1 unclear). 14 scenarios: 14 failed.",
        ],
    );
    assert!(!page.contains("id=\"fix-first\""), "there is nothing to fix");
}

#[test]
fn findings_come_first_and_blind_spots_last() {
    let page = page(&sample::foreign());
    in_order(
        &page,
        &[
            "<li class=\"bad\"><span class=\"what\">Findings</span><b>3</b>",
            "1 security<br>1 no way out<br>1 remark",
            "<b>2</b><span class=\"detail\"><a href=\"#not-observable\">hiding 2 checks</a>",
            "<b>4 <small>of 14</small></b>",
            "1 does not apply<br>1 could not be set up<br>1 not observable<br>1 not played",
            "Fix first",
            "<a href=\"#replay--authentication-verify\">An answer that was accepted once is accepted again.</a>",
            "Matrix: causes and answers",
            "id=\"replay--authentication-verify\"",
            "The same response was accepted again without any cookies: 200.",
            "Take the challenge out of the store before verifying",
            "challenge-survives-refusal/authentication-verify",
            "WebAuthn-3 §13.4.3",
            "in 2 of 6 attempts",
            "POST /assertion/result -&gt; 200",
            "data-gravity=\"advice\"",
            "id=\"m0902-key-swapped-same-id--P03\"",
            "Add <code>[hooks.log]</code> to the adapter file",
            "reason = &quot;/reason&quot;",
        ],
    );
}

#[test]
fn at_most_five_findings_are_to_be_fixed_first() {
    let mut run = sample::foreign();
    let one = run.targets[0].findings[0].clone();
    run.targets[0].findings = vec![one; 7];
    let page = page(&run);
    let first = page.split("<ol class=\"fix-first\">").nth(1).unwrap().split("</ol>").next().unwrap();
    assert_eq!(first.matches("<li>").count(), 5);
    assert!(page.contains("<a href=\"#findings\">All 7 findings</a>"));
    links_lead_somewhere(&page);
}

#[test]
fn a_failed_scenario_is_told_in_full() {
    let mut run = sample::foreign();
    run.targets[0].scenarios.truncate(3);
    let page = page(&run);
    for expected in [
        "<b><bdi>sign in</bdi></b>",
        "O-KEY-MISMATCH",
        "Refuses a wrong key, keeps the record, and offers to register again.",
        "Evidence (observed): <bdi>Reported by users",
        "<q lang=\"ja\">パスキー認証エラー</q>",
        "faultkey exercise --scenario m0902-key-swapped-same-id --profile P03 --seed 42",
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
fn what_changes_from_run_to_run_is_told() {
    let mut run = sample::foreign();
    run.circumstances = Circumstances {
        started: Some("2026-12-01T02:54:10Z".into()),
        milliseconds: Some(125_000),
        command: Some("faultkey exercise --rp https://shop.example".into()),
        label: Some("build 7".into()),
        timings: Vec::new(),
    };
    run.targets[0].relying_party.version = Some("2.3.4".into());
    let words = [page(&run), render(&run, &japanese())];
    for (page, expected) in words.iter().zip([
        ["2026-12-01 02:54:10 UTC", "2 min 5 s", "build 7", "faultkey exercise --rp https://shop.example", "2.3.4", "Seed"],
        ["2026/12/01 02:54:10（UTC）", "2分5秒", "build 7", "faultkey exercise --rp https://shop.example", "2.3.4", "シード"],
    ]) {
        in_order(page, &["<header>"]);
        for text in expected {
            assert!(page.contains(text), "the page lacks: {text}");
        }
    }
}

fn japanese() -> Settings {
    Settings { words: Words::of(Language::Japanese), ..Settings::default() }
}

#[test]
fn a_japanese_page_says_so_and_marks_what_is_english() {
    let page = render(&sample::foreign(), &japanese());
    for expected in
        ["<html lang=\"ja\">", "先に直す指摘", "マトリクス：原因と応答の対応", "<bdi lang=\"en\">The ", "ユーザーの存在確認あり"]
    {
        assert!(page.contains(expected), "the page lacks: {expected}");
    }
}

#[test]
fn only_failed_scenarios_of_what_is_judged_have_transcripts() {
    let transcripts = |run: &Run, settings: &Settings| render(run, settings).matches("class=\"transcript\"").count();
    assert_eq!(transcripts(&sample::foreign(), &Settings::default()), 2);
    assert_eq!(transcripts(&sample::both(), &Settings::default()), 0);
    let all = Settings { transcripts: Transcripts::All, ..Settings::default() };
    assert_eq!(transcripts(&sample::both(), &all), 28);
}

#[test]
fn what_few_readers_want_is_in_templates() {
    let page = page(&sample::foreign());
    let shown = at_first(&page);
    assert!(shown.contains("id=\"m0902-lock-screen-removed--P01\""), "each scenario is a row");
    assert_eq!(shown.matches("<ol class=\"steps\"").count(), 2, "what failed is there without a script");
    assert!(!shown.contains("authenticatorMakeCredential"));
    assert!(page.contains("authenticatorMakeCredential"));
}

#[test]
fn a_decision_stands_inside_the_message_that_it_touched() {
    let page = page(&sample::foreign());
    let message = page.split("<li").find(|item| item.contains("CTAP2_OK (0x00) to authenticatorGetAssertion")).unwrap();
    assert!(message.contains("silent-key-regeneration"), "{message}");
    assert!(message.contains("signs with the new key under the old credential id"), "{message}");
    assert_eq!(page.matches("</b> (key_store): ").count(), 2, "once in each transcript");
}

#[test]
fn somebody_elses_relying_party_is_asked_again_with_curl() {
    let mut run = sample::foreign();
    assert!(!page(&run).contains("curl -i"), "nobody knows where it is");
    run.targets[0].relying_party.url = Some("http://localhost:8081/".into());
    let shown = page(&run);
    assert!(shown.contains("curl -i -X POST --data-raw"), "{shown}");
    assert!(shown.contains("http://localhost:8081/assertion/result"));
    for finding in &mut run.targets[0].findings {
        finding.evidence.as_mut().unwrap().body_cut_of = Some(9_000);
    }
    let cut = page(&run);
    assert!(!cut.contains("curl -i"), "half a body is another request");
    assert!(cut.contains("... cut here: 9000 bytes in all"));
}

#[test]
fn a_relying_party_cannot_inject_html() {
    const EVIL: &str = "</pre></style></template><script>alert(1)</script><img src=x onerror=alert(1)>\"'`\u{202e}";
    let mut run = sample::foreign();
    sample::poison(&mut run, EVIL);
    run.targets[0].relying_party.name.push_str(EVIL);
    run.targets[0].relying_party.version = Some(EVIL.into());
    let texts = || Some(EVIL.to_owned());
    run.circumstances = Circumstances { started: texts(), milliseconds: None, command: texts(), label: texts(), timings: Vec::new() };
    let page = page(&run);
    assert!(page.matches("&lt;script&gt;alert(1)").count() > 100);
    for never in ["<script>alert", "<img", "\u{202e}", "onerror=alert(1)>"] {
        assert!(!page.contains(never), "the page has {never}");
    }
    assert_eq!(page.matches("<script").count(), 1, "our own");
    for element in ["style", "script", "template"] {
        assert_eq!(page.matches(&format!("<{element}>")).count(), page.matches(&format!("</{element}>")).count());
    }
    at_first(&page);
    links_lead_somewhere(&page);
}

#[test]
fn only_our_own_script_may_run() {
    let page = page(&sample::foreign());
    let script = page.split("<script>").nth(1).unwrap().split("</script>").next().unwrap();
    let hash = data_encoding::BASE64.encode(&Sha256::digest(script.as_bytes()));
    assert!(page.contains(&format!("script-src 'sha256-{hash}'")));
    assert!(page.contains("default-src 'none'"));
    // Nothing in it reaches out, or makes HTML of a text.
    for never in ["fetch(", "XMLHttpRequest", "innerHTML", "eval(", "import"] {
        assert!(!script.contains(never), "the script has {never}");
    }
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
        let page = page(&run);
        for never in ["src=", "href=\"http", "@import", "url("] {
            assert!(!page.contains(never), "the page has {never}");
        }
        links_lead_somewhere(&page);
    }
}

#[test]
fn places_have_the_same_names_in_every_run() {
    let mut run = sample::both();
    let twice = run.targets[1].scenarios[0].clone();
    run.targets[1].scenarios.push(twice);
    let settings = Settings::default();
    let places = targets(&run, &settings);
    assert_eq!(places[0].scenarios[0], "m0902-fingerprint-reset-biometric-only--P08", "what is judged comes first");
    assert_eq!(places[0].scenarios[14], "m0902-fingerprint-reset-biometric-only--P08--2");
    assert_eq!(places[1].scenarios[0], "embedded-opaque--m0902-fingerprint-reset-biometric-only--P08");
    assert_eq!(places[1].findings[0], "embedded-opaque--no-register-again--authentication-verify");
    links_lead_somewhere(&page(&run));
}

#[test]
fn a_scenario_and_a_finding_of_one_name_have_two_places() {
    let mut run = sample::foreign();
    let target = &mut run.targets[0];
    let id = target.findings[0].id;
    assert_eq!(id.request, Request::AuthenticationVerify);
    (target.scenarios[0].id, target.scenarios[0].profile) = (id.check.name().to_owned(), id.request.name().to_owned());
    links_lead_somewhere(&page(&run));
}

#[test]
fn tables_have_captions_and_scoped_headers() {
    let page = page(&sample::both());
    assert_eq!(page.matches("<table").count(), page.matches("<caption>").count());
    let headers = page.split("<th").skip(1).filter(|rest| !rest.starts_with("ead"));
    assert!(headers.into_iter().all(|rest| rest.split('>').next().is_some_and(|tag| tag.contains("scope="))));
}

#[test]
fn what_has_no_verdict_says_why_and_a_blind_spot_is_told_once() {
    let mut run = sample::foreign();
    run.targets[0].incomplete = Some(Incomplete::Interrupted);
    let page = page(&run);
    assert!(page.contains("Logged by the relying party</th><td>not observable</td>"));
    assert!(page.contains("it has to wait for the relying party's clock"));
    assert!(page.contains("This run is incomplete: it was interrupted from the keyboard."));
    assert_eq!(page.matches("Add <code>[hooks.log]</code>").count(), 1);
}

#[test]
fn what_is_accepted_is_shown_and_not_to_be_fixed_first() {
    let mut run = sample::foreign();
    run.targets[0].findings[0].accepted = Some(crate::accept::Accepted { reason: "ticket 12".into(), until: None });
    let page = page(&run);
    in_order(&page, &["<b>2</b>", "1 no way out<br>1 remark<br>1 accepted", "Fix first", "badge accepted", "ticket 12"]);
    assert_eq!(page.matches("<a href=\"#replay--authentication-verify\">").count(), 0);
    for finding in &mut run.targets[0].findings {
        finding.accepted = Some(crate::accept::Accepted { reason: "ticket 12".into(), until: None });
    }
    let page = super::tests::page(&run);
    assert!(page.contains("<li class=\"good\"><span class=\"what\">Findings</span><b>0</b><span class=\"detail\">3 accepted"));
    assert!(!page.contains("id=\"fix-first\""));
}

#[test]
fn what_is_new_since_the_older_report_says_so() {
    use crate::compare::{Change, TargetComparison};
    let mut run = sample::foreign();
    let id = run.targets[0].findings[1].id.to_string();
    let new = vec![Change { gravity: crate::check::Gravity::NoWayOut, id }];
    run.targets[0].baseline = Some(TargetComparison { new, ..TargetComparison::default() });
    assert_eq!(page(&run).matches("<span class=\"badge new\">New</span>").count(), 1);
}
