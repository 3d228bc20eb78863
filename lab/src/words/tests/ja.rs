//! The Japanese texts: what holds of the English ones, in the Japanese form.

use super::super::ja::{
    answer, blind, blind_spot, counted, evidence, expectation, findings_counted, found, gravity, gravity_means, happened, incomplete,
    largest_group, mend, rate_limited, reason, reason_of, replay_from, request, scenarios_counted, seen, standing, title, told_apart, view,
    why,
};
use super::english::english;
use super::*;

/// Words that the glossary avoids.
const AVOIDED: [&str; 41] = [
    "パスキーズ",
    "証明書利用者",
    "依拠当事者",
    "署名検証者",
    "認証依頼者",
    "認証アプリ",
    "認証子",
    "認証システム",
    "オーセンティケーター",
    "サインイン",
    "ログオン",
    "構成証明",
    "資格情報",
    "認証情報",
    "レジデントキー",
    "常駐キー",
    "検出可能な",
    "シンクド",
    "サインカウント",
    "署名カウンタ%",
    "セキュリティ キー",
    "ドングル",
    "条件付きUI",
    "暗証番号",
    "パスコード",
    "PINコード",
    "不正な",
    "無効な",
    "失敗しました。",
    "リトライ",
    "フォールバック",
    "凍結",
    "再設定",
    "デバイス",
    "スマホ",
    "リプレイ",
    "エビデンス",
    "脆弱性",
    "閾値",
    "混同行列",
    "することができ",
];

fn is_fit(text: &str) {
    super::is_fit(text);
    for avoided in AVOIDED {
        // `%`: and no more letters of that word.
        let found = match avoided.strip_suffix('%') {
            Some(word) => text.split(word).skip(1).any(|rest| !rest.starts_with('ー')),
            None => text.contains(avoided),
        };
        assert!(!found, "{avoided}: {text}");
    }
    assert_eq!(english(text), [""; 0], "{text}");
    for gap in text.split(' ').collect::<Vec<_>>().windows(2) {
        let (before, after) = (gap[0].chars().last(), gap[1].chars().next());
        let is_wide = |c: Option<char>| c.is_some_and(|c| !c.is_ascii());
        assert!(!is_wide(before) && !is_wide(after), "a space beside Japanese: {text}");
    }
    assert!(!text.contains(['“', '”', '→', '…', '～', '，', '．', '%']), "{text}");
}

fn is_sentence(text: &str) {
    is_fit(text);
    assert!(text.ends_with('。'), "no full stop: {text}");
    assert!(!text.contains("。。") && !text.contains("。）"), "{text}");
    // Code and what stands in parentheses is as long as it is.
    let read: String = text.split('`').step_by(2).collect();
    let read: String = read.split('（').map(|part| part.split_once('）').map_or(part, |(_, after)| after)).collect();
    for sentence in read.split_terminator('。') {
        assert!(sentence.chars().count() <= 60, "too long: {sentence}");
    }
}

/// A heading, a label or a detail: in the plain form, without a full stop.
fn is_plain(text: &str) {
    is_fit(text);
    assert!(!text.ends_with(['。', '.']), "a full stop: {text}");
    assert!(!text.ends_with("ます") && !text.ends_with("です") && !text.ends_with("ました"), "polite: {text}");
}

#[test]
fn every_check_says_what_is_wrong_and_what_that_means() {
    let titles: Vec<&str> = CheckId::ALL.iter().map(|check| title(*check)).collect();
    let whys: Vec<&str> = CheckId::ALL.iter().map(|check| why(*check)).collect();
    titles.iter().for_each(|text| is_plain(text));
    whys.iter().for_each(|text| is_sentence(text));
    are_distinct(&titles.iter().chain(&whys).copied().collect::<Vec<_>>());
    for title in titles {
        assert!(title.chars().count() <= 30, "too long for a title: {title}");
    }
    for check in CheckId::ALL.iter().filter(|check| check.gravity() == Gravity::Advice) {
        assert!(why(*check).contains("WebAuthn"), "{}", why(*check));
    }
}

#[test]
fn every_mend_says_what_to_do() {
    let mends: Vec<&str> = all_mends().into_iter().map(mend).collect();
    mends.iter().for_each(|text| is_sentence(text));
    assert!(mends.iter().all(|text| text.contains("ください。") || text.contains("してください")), "{mends:?}");
    are_distinct(&mends);
}

#[test]
fn labels_and_meanings_are_there() {
    let standings = Standing::ALL.map(standing);
    let gravities = Gravity::ALL.map(gravity);
    let requests = Request::ALL.map(request);
    let sessions = [ReplayFrom::NoSession, ReplayFrom::AnotherSession, ReplayFrom::SameCookies].map(replay_from);
    let views = View::ALL.map(view);
    for labels in [&standings[..], &gravities, &requests, &sessions, &views] {
        labels.iter().for_each(|text| is_plain(text));
        are_distinct(labels);
    }
    assert_eq!(standings, ["合格", "確認不可", "対象外", "実施不可", "未実施", "不合格"]);
    assert_eq!(gravities, ["セキュリティ", "状態の不整合", "行き止まり", "説明不足", "改善提案"]);
    let incompletes = [Incomplete::Interrupted, Incomplete::Terminated, Incomplete::TimeLimit, Incomplete::Gone].map(incomplete);
    let meanings = Gravity::ALL.map(gravity_means);
    let expectations = OutcomeClass::ALL.map(expectation);
    for sentences in [&incompletes[..], &meanings, &expectations, &[rate_limited()]] {
        sentences.iter().for_each(|text| is_sentence(text));
        are_distinct(sentences);
    }
}

/// What a type's values are called in reports.
fn kinds<T: serde::de::DeserializeOwned + std::fmt::Debug>() -> BTreeSet<String> {
    let error = serde_json::from_str::<T>(r#"{"kind":""}"#).unwrap_err().to_string();
    // "unknown variant ``, expected one of `a`, `b` at line 1 column 10"
    let names: BTreeSet<String> = error.split('`').skip(3).step_by(2).map(str::to_owned).collect();
    assert!(names.len() > 1, "{error}");
    names
}

fn kind<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_value(value).unwrap()["kind"].as_str().unwrap().to_owned()
}

#[test]
fn every_kind_has_an_example() {
    assert_eq!(all_found().iter().map(|(found, _)| kind(found)).collect::<BTreeSet<_>>(), kinds::<Found>());
    assert_eq!(all_reasons().iter().map(|(reason, _)| kind(reason)).collect::<BTreeSet<_>>(), kinds::<Reason>());
    assert_eq!(all_blind().iter().map(kind).collect::<BTreeSet<_>>(), kinds::<Blind>());
    assert_eq!(all_happened().iter().map(kind).collect::<BTreeSet<_>>(), kinds::<Happened>());
}

#[test]
fn what_was_found_is_a_detail() {
    let texts: Vec<String> = all_found().iter().map(|(what, _)| found(what)).collect();
    // What others wrote is English here.
    texts.iter().for_each(|text| is_plain(&text.replace("The user refused", "")));
    are_distinct(&texts.iter().map(String::as_str).collect::<Vec<_>>());
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn reasons_say_what_kind_of_result_there_is() {
    let reasons: Vec<String> = all_reasons().iter().map(|(what, _)| reason(what)).collect();
    reasons.iter().for_each(|text| is_sentence(text));
    are_distinct(&reasons.iter().map(String::as_str).collect::<Vec<_>>());
    for text in &reasons {
        let (label, _) = text.split_once('：').unwrap();
        assert!(Standing::ALL.map(standing).contains(&label), "{text}");
    }
    assert_eq!(reason_of(2, &Reason::RunEnded), "未実施：その前に実行が終了しました。（シナリオ2件）");
    insta::assert_snapshot!(reasons.join("\n"));
}

#[test]
fn a_blind_spot_says_what_to_add_and_what_that_shows() {
    let (one, two) = (vec![CheckId::AccountLocked], vec![CheckId::AccountLocked, CheckId::DraftLost]);
    let spots = all_blind().map(|blind| blind_spot(&BlindSpot { blind, checks: two.clone() }));
    let reasons = all_blind().map(|what| blind(&what));
    let texts: Vec<&str> = spots.iter().chain(&reasons).map(String::as_str).collect();
    texts.iter().for_each(|text| is_sentence(text));
    are_distinct(&texts);
    let [section, ..] = all_blind();
    let spot = blind_spot(&BlindSpot { blind: section, checks: one });
    assert_eq!(spot, "マッピングファイルに`[hooks.account]`を追加すると、検査1件（account-locked）を実施できます。");
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn what_happened_is_a_sentence() {
    let texts: Vec<String> = all_happened().iter().map(happened).collect();
    assert_eq!(texts[4], "フォールト`sig-bitflip`が作動しました（ビット7を反転）。");
    texts.iter().for_each(|text| is_sentence(text));
    are_distinct(&texts.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn an_answer_names_its_code_once() {
    let with = |code: Option<&str>, message: Option<&str>| {
        let text = |text: Option<&str>| text.map(str::to_owned);
        answer(&AnswerSummary { code: text(code), message: text(message), ..refused() })
    };
    assert_eq!(with(Some("M0902"), Some("M0902 パスキー認証エラー")), "400「M0902 パスキー認証エラー」");
    assert_eq!(with(Some("M0902"), Some("another\nkey")), "400 M0902「another key」");
    assert_eq!(with(None, Some("another key")), "400「another key」");
    assert_eq!(with(Some("M0902"), None), "400 M0902");
    assert_eq!(with(Some(" "), Some("")), "400");
}

#[test]
fn what_is_counted() {
    let nouns = [Noun::Answer, Noun::Cause, Noun::Check, Noun::Finding, Noun::Scenario, Noun::Step].map(|noun| counted(2, noun));
    assert_eq!(nouns, ["応答2種類", "原因2件", "検査2件", "指摘2件", "シナリオ2件", "2ステップ"]);
    let run = sample::foreign();
    let mut target = run.targets[0].clone();
    assert_eq!(findings_counted(&target), "指摘3件（セキュリティ1件、行き止まり1件、改善提案1件）。");
    assert_eq!(
        scenarios_counted(&target),
        "シナリオ14件中8件が合格、2件が不合格、1件が実施不可、1件が確認不可、1件が対象外、1件が未実施。"
    );
    target.findings.clear();
    target.scenarios.clear();
    assert_eq!((findings_counted(&target), scenarios_counted(&target)), ("指摘はありません。".into(), "シナリオはありません。".into()));
}

#[test]
fn where_a_finding_was_seen() {
    let at = |step, times| SeenIn { scenario: "double-tap".to_owned(), profile: "iphone".to_owned(), step, times };
    assert_eq!(seen(&[at(4, Some((2, 6)))]), "シナリオ1件：double-tap（iphone、ステップ4、6回中2回）");
    assert_eq!(
        seen(&vec![at(1, None); 5]),
        "シナリオ5件：double-tap（iphone、ステップ1）、double-tap（iphone、ステップ1）、double-tap（iphone、ステップ1）、ほか2件"
    );
    let shown = Evidence {
        entry: 1,
        method: "POST".to_owned(),
        path: "/login".to_owned(),
        headers: Vec::new(),
        body: String::new(),
        body_cut_of: None,
        status: None,
        answer: String::new(),
        answer_cut_of: None,
    };
    assert_eq!(evidence(&shown), "POST /login -> 応答なし");
}

#[test]
fn the_picture_in_sentences() {
    let same = grouping(&[("a", Some("M0902")), ("b", Some("M0902"))]);
    assert_eq!(told_apart(&same, View::Shown), "ユーザーへの表示では、原因1組中0組を区別できます。");
    assert_eq!(largest_group(&same).unwrap(), "最も多くの原因が重なった応答は「M0902」です（原因2件）。");
    let other = grouping(&[("a", Some("x")), ("b", Some("y")), ("c", Some("z"))]);
    assert_eq!(told_apart(&other, View::Api), "APIの応答では、原因3組中3組を区別できます。");
    assert_eq!(told_apart(&other, View::Logged), "RPのログでは、原因3組中3組を区別できます。");
    assert_eq!(largest_group(&other).unwrap(), "同じ応答になる原因はありません。");
    let unseen = grouping(&[("a", None), ("b", None)]);
    let sentences = View::ALL.map(|view| told_apart(&unseen, view));
    sentences.iter().for_each(|text| is_sentence(text));
    are_distinct(&sentences.each_ref().map(String::as_str));
    assert_eq!(largest_group(&unseen), None);
}
