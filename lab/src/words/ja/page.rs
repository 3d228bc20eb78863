//! The page, and the messages that it shows decoded.

use crate::check::{CheckId, Gravity, Request};
use crate::facts::{Kind, ReplayFrom};
use crate::report::text::one_line;
use crate::scenario::{Action, Hook};
use crate::verdict::Standing;
use crate::words::{Label, View};
use faultkey_authenticator::Event;
use faultkey_relying_party::Fallback;

#[must_use]
pub const fn label(label: Label) -> &'static str {
    match label {
        // The page.
        Label::Skip => "判定へ移動",
        Label::Report => "パスキー異常系テストのレポート",
        Label::ForComparison => "比較用（判定しない）",
        Label::Comparison => "比較用",
        Label::SameEachTime => "毎回同じ",
        Label::Started => "開始日時",
        Label::Duration => "所要時間",
        Label::Command => "コマンド",
        Label::Name => "ラベル",
        Label::Address => "URL",
        Label::RelyingPartyVersion => "RPのバージョン",
        Label::Accounts => "テスト用アカウント",
        Label::FaultkeyVersion => "faultkey",
        Label::Seed => "シード",
        Label::Verdict => "判定",
        Label::Findings => "指摘",
        Label::BlindSpots => "確認できない項目",
        Label::NoBlindSpots => "マッピングファイルへの追加は不要",
        Label::WithoutVerdict => "判定のないシナリオ",
        Label::FixFirst => "先に直す指摘",
        Label::Matrix => "マトリクス：原因と応答の対応",
        Label::MatrixCaption => "原因ごとのユーザーへの表示",
        Label::Cause => "原因",
        Label::Answer => "応答",
        Label::Shown => "ユーザーへの表示",
        Label::Api => "APIの応答",
        Label::Logged => "RPのログ",
        Label::ToldApart => "区別できた原因の組",
        Label::SharedAnswers => "複数の原因に共通の応答",
        Label::NoError => "エラー表示なし",
        Label::Filter => "絞り込み",
        Label::Search => "指摘とシナリオの検索",
        Label::Gravity => "重大度",
        Label::Result => "結果",
        Label::All => "すべて",
        Label::Scenarios => "シナリオ",
        Label::NotObservable => "確認不可",
        Label::NeverPassed => "確認不可は合格に数えません。",
        Label::Marks => "記号",
        Label::WithoutScripts => "スクリプトが無効な場合、不合格でないシナリオの手順とトランスクリプトは、report.jsonでだけ確認できます。",
        // A finding.
        Label::Why => "影響",
        Label::Found => "検出内容",
        Label::AlsoAt => "ほかの該当箇所",
        Label::AlsoShown => "同じ修正で直る指摘",
        Label::RequestAndAnswer => "リクエストと応答",
        Label::Request => "リクエスト",
        Label::Change => "対処",
        Label::Source => "出典",
        Label::Accepted => "受け入れ",
        Label::New => "新規",
        Label::SeenIn => "検出したシナリオ",
        Label::Replay => "再現コマンド",
        Label::Curl => "リクエストのcurlコマンド",
        Label::Copy => "コピー",
        Label::Copied => "コピーしました",
        // A scenario.
        Label::Steps => "手順",
        Label::Expected => "期待する動作",
        Label::Answered => "応答",
        Label::Or => "または",
        Label::Offers => "次の手段",
        Label::LoggedReason => "ログの理由",
        Label::UsersSay => "利用者の言葉",
        Label::Basis => "根拠",
        Label::Observed => "根拠（報告例あり）",
        Label::Inferred => "根拠（推定）",
        Label::Catalogue => "カタログ",
        Label::Transcript => "トランスクリプト（デコード済み）",
        Label::TranscriptElsewhere => "トランスクリプトはreport.jsonにあります。",
        // What is not observable.
        Label::Opens => {
            "確認できなかったこと、マッピングファイルに追加する行、実施できるようになる検査です。パスと名前は環境に合わせてください。"
        }
        // A transcript.
        Label::ToAuthenticator => "クライアントから認証器へ",
        Label::FromAuthenticator => "認証器からクライアントへ",
        Label::AsksUser => "認証器がユーザーに確認",
        Label::UserAnswers => "ユーザーの応答",
        Label::Client => "クライアント",
        Label::ToPage => "クライアントからページへ",
        Label::ToRelyingParty => "クライアントからRPへ",
        Label::FromRelyingParty => "RPからクライアントへ",
        Label::NetworkError => "通信エラー",
        Label::ToDevice => "端末のイベント",
        Label::Fault => "フォールト",
        Label::Looks => "faultkeyがRPの状態を確認",
        // Decoded messages.
        Label::Body => "本文",
        Label::Headers => "ヘッダー",
        Label::AuthDataInside => "attestationObject内のauthData",
        Label::AttestationNotCbor => "CBORでないattestationObject",
        Label::NotCbor => "CBORではないデータ",
        Label::NotHex => "16進数ではないデータ",
        Label::AsRecorded => "記録のまま",
        Label::AfterTheMap => "マップの後のバイト",
        Label::AfterTheEnd => "末尾の後のバイト",
        Label::WhatFollows => "後続のデータ",
        Label::NotWellFormed => "形式の誤り",
        Label::Bytes => "バイト列",
        Label::Flags => "フラグ",
        Label::NoFlags => "なし",
        Label::SignCount => "署名カウンター",
        Label::CredentialId => "クレデンシャルID",
        Label::PublicKey => "公開鍵",
        Label::Extensions => "拡張",
        Label::UserPresent => "ユーザーの存在確認あり",
        Label::UserVerified => "ユーザー検証あり",
        Label::BackupEligible => "バックアップ可",
        Label::BackedUp => "バックアップ済み",
        Label::Attested => "クレデンシャルデータあり",
        Label::ExtensionData => "拡張データあり",
        Label::Reserved => "予約",
        Label::UnknownCommand => "不明なコマンド",
        Label::UnknownStatus => "不明なステータス",
        Label::EmptyRequest => "空のリクエスト",
        Label::EmptyReply => "空の応答",
    }
}

#[must_use]
pub fn page_title(names: &str) -> String {
    format!("faultkeyレポート：{names}")
}

#[must_use]
pub fn lead(before: Label) -> String {
    format!("{}：", label(before))
}

#[must_use]
pub const fn view_label(view: View) -> &'static str {
    match view {
        View::Shown => label(Label::Shown),
        View::Api => label(Label::Api),
        View::Logged => label(Label::Logged),
    }
}

#[must_use]
pub const fn at_request(request: Request) -> &'static str {
    match request {
        Request::RegistrationOptions => "登録のオプション取得",
        Request::RegistrationVerify => "登録の検証",
        Request::AuthenticationOptions => "認証のオプション取得",
        Request::AuthenticationVerify => "認証の検証",
        Request::FailureReport => "クライアント側の失敗の報告",
        Request::Fallback => "代替手段",
    }
}

#[must_use]
pub fn of_gravity(count: usize, gravity: Gravity) -> String {
    format!("{} {count}件", super::gravity(gravity))
}

#[must_use]
pub fn of_standing(count: usize, standing: Standing) -> String {
    format!("{} {count}件", super::standing(standing))
}

#[must_use]
pub fn accepted_counted(count: usize) -> String {
    format!("受け入れ {count}件")
}

#[must_use]
pub fn of_all(all: usize) -> String {
    format!("／全{all}件")
}

#[must_use]
pub fn hidden_checks(checks: usize) -> String {
    format!("実施できない検査{checks}件")
}

#[must_use]
pub fn all_findings(findings: usize) -> String {
    format!("指摘の一覧（{findings}件）")
}

#[must_use]
pub const fn matrix_means() -> &'static str {
    "行は失敗の原因、列は応答です。対角線なら、すべての原因を区別しています。同じ列に並ぶ原因は見分けがつかず、ユーザーもサポート窓口も、どの原因かを判断できません。"
}

#[must_use]
pub fn causes_and_answers(causes: usize, answers: usize) -> String {
    format!("原因{causes}件、応答{answers}種類")
}

#[must_use]
pub fn share(told_apart: usize, pairs: usize) -> String {
    format!("{pairs}組中{told_apart}組")
}

#[must_use]
pub fn checks_passed(checks: usize) -> String {
    format!("検査{checks}件が合格：")
}

#[must_use]
pub const fn findings_shown() -> &'static str {
    "指摘{all}件中{shown}件。"
}

#[must_use]
pub const fn scenarios_shown() -> &'static str {
    "シナリオ{all}件中{shown}件。"
}

#[must_use]
pub fn duration(milliseconds: u64) -> String {
    match milliseconds / 1000 {
        seconds @ 60.. => format!("{}分{}秒", seconds / 60, seconds % 60),
        seconds => format!("{seconds}.{}秒", milliseconds % 1000 / 100),
    }
}

#[must_use]
pub fn moment(day: &str, time: &str) -> String {
    format!("{} {time}（UTC）", day.replace('-', "/"))
}

#[must_use]
pub fn cut_here(bytes: usize) -> String {
    format!("... ここで省略（全{bytes}バイト）")
}

#[must_use]
pub fn in_bytes(bytes: usize) -> String {
    format!("（{bytes}バイト）")
}

#[must_use]
pub fn same_as(bytes: usize, number: usize) -> String {
    format!("#{number}と同じ{bytes}バイト")
}

#[must_use]
pub fn reply_to(status: &str, command: &str) -> String {
    format!("{status}（{command}への応答）")
}

#[must_use]
pub fn client_data_for(ceremony: &str) -> String {
    format!("クライアントデータ（{}）", one_line(ceremony))
}

#[must_use]
pub fn action(action: &Action) -> String {
    match action {
        Action::Register { replace: false, .. } => "登録".to_owned(),
        Action::Register { replace: true, .. } => "パスキーを置き換えて再登録".to_owned(),
        Action::LogIn { usernameless: false, .. } => "ログイン".to_owned(),
        Action::LogIn { usernameless: true, .. } => "ユーザー名なしのログイン".to_owned(),
        Action::Retry => "同じ検証リクエストを再送".to_owned(),
        Action::Replay { of, from } => format!("受理された{}の応答を再送（{}）", kind(*of), cookies(*from)),
        Action::CompareAccounts => "登録済みと未登録のアカウントのオプションを比較".to_owned(),
        Action::OptionsAgain => "登録のオプションを再取得".to_owned(),
        Action::Event(event) => format!("端末のイベント：{}", self::event(*event)),
        Action::Arm(spec) if spec.parameters.is_empty() => format!("フォールト{}を設定", spec.name),
        Action::Arm(spec) => {
            let parameters: Vec<String> = spec.parameters.iter().map(|(name, value)| format!("{name} {value}")).collect();
            format!("フォールト{}を設定（{}）", spec.name, parameters.join("、"))
        }
        Action::Clear(Some(name)) => format!("フォールト{name}を解除"),
        Action::Clear(None) => "すべてのフォールトを解除".to_owned(),
        Action::Advance(time) => format!("{}秒経過", time.as_secs()),
        Action::Hook(Hook::Reset) => "サポート窓口によるパスキーの登録解除".to_owned(),
        Action::Hook(Hook::DeleteCredential) => "RPからクレデンシャルの行が消失".to_owned(),
        Action::FallBack(way) => format!("代替手段：{}", self::way(*way)),
        Action::Recover(ways) => format!("復旧：{}", ways.iter().map(|way| self::way(*way)).collect::<Vec<_>>().join("または")),
        Action::StartOver => "新しいアカウントと端末でやり直し".to_owned(),
        Action::Check(_) => "確認".to_owned(),
    }
}

const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Registration => "登録",
        Kind::Authentication => "認証",
    }
}

const fn cookies(from: ReplayFrom) -> &'static str {
    match from {
        ReplayFrom::NoSession => "Cookieなし",
        ReplayFrom::AnotherSession => "別のセッションのCookie",
        ReplayFrom::SameCookies => "最初と同じCookie",
    }
}

const fn event(event: Event) -> &'static str {
    match event {
        Event::FingerprintEnrolled => "指紋の追加",
        Event::FingerprintRemoved => "指紋の削除",
        Event::LockScreenRemoved => "画面ロックの廃止",
        Event::PinReset => "PINの再設定",
        Event::OsUpdated => "OSの更新",
        Event::DeviceMigrated => "機種変更",
        Event::AppDataCleared => "アプリのデータの削除",
        Event::RestoredFromBackup => "バックアップからの復元",
        Event::Reset => "認証器のリセット",
    }
}

const fn way(way: Fallback) -> &'static str {
    match way {
        Fallback::Password => "パスワード",
        Fallback::Phone => "電話",
        Fallback::SupportReset => "サポートによる登録解除",
    }
}

/// Names and numbers of specifications stay what they are.
#[must_use]
pub const fn source(check: CheckId) -> &'static str {
    match check {
        CheckId::StoppedAnswering => "CWE-248：1つのリクエストで、全員のサービスを止めない",
        CheckId::SessionOnRefusal => "WebAuthn-3 §7.2：手順が1つでも失敗すれば、認証は失敗する",
        CheckId::ChallengeOutlivesLifetime => "WebAuthn-3 §13.4.3、およびRPが定める有効期限",
        CheckId::ChallengeShort => "WebAuthn-3 §13.4.3：16バイト以上",
        CheckId::ServerError => "RFC 9110 §15.6：5xxはサーバー自身の誤り",
        CheckId::CredentialDeleted => "WebAuthn-3 §7.2：失敗した認証では、登録内容を変更しない",
        CheckId::CredentialChanged => "WebAuthn-3 §7.2 step 24：登録内容は、すべての手順に合格した後に更新する",
        CheckId::AccountLocked | CheckId::PasswordTryUsed => "方針：パスキーの失敗は、パスワードの推測ではない（NIST SP 800-63B-4 §3.2.2）",
        CheckId::ExtraSession => "方針：1回のログインで作るセッションは1つ",
        CheckId::KnownSignalledUnknown => "WebAuthn-3 §5.1.10.2：保存先がパスキーを削除することがある",
        CheckId::AcceptedWithoutSession => "方針：ログインしたと伝えたら、ログインした状態にする",
        CheckId::DraftLost => "方針：ログインに失敗しても、入力内容を失わせない",
        CheckId::NoAnswer => "方針：すべてのリクエストに、制限時間内に応答する",
        CheckId::NoRecovery => "方針：使えるパスキーに戻る手段を1つは残す",
        CheckId::RetryRefused => "方針：失敗の後でも、正しい操作は受理する",
        CheckId::NoFallback => "方針：エラー画面から、1回の操作で別の方法に進める",
        CheckId::FallbackBroken => "方針：エラー画面が示す手段は、実際に使える",
        CheckId::NoRetry => "方針：中断した操作はやり直せる",
        CheckId::NoRegisterAgain => "方針：使えなくなったパスキーは登録し直せる",
        CheckId::NoNewChallenge => "WebAuthn-3 §13.4.3：操作ごとに新しいチャレンジを使う",
        CheckId::ShortSignatureRefused => "WebAuthn-3 §6.5.5：DERのEcdsa-Sig-Valueは、整数の長さが一定でない",
        CheckId::EmptyExtensionsRefused => "WebAuthn-3 §6.1：拡張はCBORのマップ",
        CheckId::UnsolicitedExtensionRefused => "WebAuthn-3 §9：要求していない拡張の出力は無視できる",
        CheckId::UsernamelessImpossible => "WebAuthn-3 §5.4.4：allowCredentialsがなければ、ディスカバラブルクレデンシャルだけが応答する",
        CheckId::UserIdTooLong => "WebAuthn-3 §5.4.3：1〜64バイト",
        CheckId::GenericAnswer => "方針：失敗の原因ごとに、専用の応答を返す",
        CheckId::NoReason => "方針：拒否するときは理由を示す",
        CheckId::ReasonNotLogged => "方針：拒否の理由を、サポート窓口が確認できる",
        CheckId::NewsToldAsFailure => "方針：「登録済み」はエラーではない",
        CheckId::ChallengeSurvivesRefusal => "WebAuthn-3 §13.4.3：チャレンジの保管は、操作が完了するまで",
        CheckId::ChallengeOutlivesTimeout => "WebAuthn-3 §5.4：timeoutは目安で、有効期限はRPが定める",
        CheckId::RefusedWith2xx => "RFC 9110 §15.5：プロキシ・ログ・監視はステータスを読む",
        CheckId::SignCountIgnored => "WebAuthn-3 §7.2 step 22：認証器の複製の兆候であり、証拠ではない",
        CheckId::TellsNotWhatStands => "方針：応答を失ったクライアントには、確定した結果を返す",
        _ => check.source(),
    }
}
