//! The language that a browser asks for.

use faultkey_fault_injection::Language;
use serde_json::json;

use super::browser::{Answer, RelyingParty, USER};
use super::device::{Change, Device};
use crate::embedded::reason::{Reason, Way};

fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    answer.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
}

#[tokio::test]
async fn a_refusal_is_in_the_language_that_the_browser_prefers() {
    for (accepted, tag, message, label) in [
        (None, "en", "This passkey belongs to another site. Choose the passkey of this account.", "Try again"),
        (Some("de"), "en", "This passkey belongs to another site. Choose the passkey of this account.", "Try again"),
        (
            Some("ja-JP,en;q=0.5"),
            "ja",
            "選択したパスキーは、別のサイトのものです。このアカウントのパスキーを選んでください。",
            "もう一度試す",
        ),
    ] {
        let relying_party = RelyingParty::diagnosing().await;
        let (mut browser, mut device) = relying_party.registered().await;
        browser.language = accepted;
        let answer = browser.log_in(&mut device, &Change { rp_id: Some("evil.test"), ..Change::default() }).await;
        assert_eq!((answer.status, answer.code(), answer.text("errorMessage")), (403, "rp-id-mismatch", message));
        assert_eq!(answer.body["next"][0]["label"], label);
        assert_eq!((header(&answer, "content-language"), header(&answer, "vary")), (Some(tag), Some("accept-language")));
        let log = relying_party.browser().get(&format!("/hooks/log?username={USER}")).await;
        assert!(log.body.to_string().is_ascii(), "the log is for the developer: {}", log.body);
        assert_eq!(header(&log, "content-language"), None);
    }
}

#[tokio::test]
async fn what_only_the_client_saw_is_told_in_japanese() {
    let relying_party = RelyingParty::diagnosing().await;
    let (mut browser, mut device) = relying_party.registered().await;
    browser.language = Some("ja");
    let answer = browser.report("authentication", "dialog", "NotAllowedError", json!({})).await;
    assert!(answer.text("errorMessage").starts_with("端末でパスキーが使われませんでした。"), "{}", answer.body);
    let options = browser.log_in_options().await;
    let body = device.get(&options, &Change::default());
    assert_eq!(browser.post("/assertion/result", body).await.status, 200);
    let answer = browser.report("authentication", "verify", "NetworkError", json!({ "challenge": options["challenge"] })).await;
    assert_eq!(answer.text("errorMessage"), "通信が途切れましたが、ログインは完了しています。");
    let support = browser.post("/support/reset", json!({ "username": USER })).await;
    assert_eq!(support.text("text"), "サポート窓口から折り返しお電話した後、パスキーの登録を解除します。");
    let about = browser.get("/support/reset").await;
    assert_eq!(about.text("text"), "サポート窓口にパスキーの登録解除を依頼します。");
    let malformed = browser.post("/assertion/result", json!({ "id": "AA" })).await;
    assert_eq!(
        malformed.text("errorMessage"),
        "リクエストの形式が正しくないため、処理できませんでした。登録内容は変わっていません。もう一度お試しください。詳細：項目rawIdがありません。"
    );
}

#[tokio::test]
async fn the_opaque_code_is_the_same_in_every_language() {
    let relying_party = RelyingParty::opaque().await;
    let mut answers = Vec::new();
    for language in [None, Some("en"), Some("ja")] {
        let mut browser = relying_party.browser();
        browser.language = language;
        let answer = browser.log_in_discoverable(&mut Device::new(5), &Change { user_handle: Some(vec![]), ..Change::default() }).await;
        assert_eq!(header(&answer, "content-language"), None);
        answers.push(answer.body);
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
}

/// One ends in a way on, in both languages.
#[test]
fn japanese_texts_are_sentences_of_their_own() {
    for reason in Reason::ALL {
        let text = reason.shown(Language::Japanese);
        assert!(text.ends_with('。') && !text.contains(". "), "{text}");
        for avoided in
            ["不正な", "無効な", "失敗しました", "認証情報", "サインイン", "フォールバック", "デバイス", "リトライ", "チャレンジ", "あなた"]
        {
            assert!(!text.contains(avoided), "{avoided}: {text}");
        }
        assert!(reason.shown(Language::English).is_ascii());
    }
    let labels = [Way::Retry, Way::Password, Way::Phone, Way::RegisterAgain, Way::Support].map(|way| way.label(Language::Japanese));
    assert_eq!(labels, ["もう一度試す", "パスワードでログイン", "電話で認証", "パスキーを登録し直す", "サポート窓口に依頼"]);
}
