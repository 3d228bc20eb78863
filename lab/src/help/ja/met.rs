//! What a line of an adapter file met. A detail: in the plain form, without a full stop.

use crate::exercise::Met;

pub fn met(met: &Met) -> String {
    match met {
        Met::Asked { request, times, status, content_type } => {
            let kind = content_type.as_deref().filter(|kind| !kind.is_empty()).map_or_else(String::new, |kind| format!("、{kind}"));
            let status = if *status == 0 { "応答なし".to_owned() } else { format!("{status}{kind}") };
            let times = if *times > 1 { format!("、全部で{times}回") } else { String::new() };
            format!("{request}：{status}{times}")
        }
        Met::NotAsked => "正常な操作では未使用".to_owned(),
        Met::Creation { rp_id, algorithms, user_verification, resident_key } => {
            let asked = wished("userVerification", user_verification.as_deref()) + &wished("residentKey", resident_key.as_deref());
            format!("あり、{}、アルゴリズム{algorithms}種類{asked}", rp(rp_id.as_deref()))
        }
        Met::Request { rp_id, allowed, user_verification } => {
            let allowed = match allowed {
                None => "allowCredentialsなし".to_owned(),
                Some(count) => format!("allowCredentialsにパスキー{count}個"),
            };
            format!("あり、{}、{allowed}{}", rp(rp_id.as_deref()), wished("userVerification", user_verification.as_deref()))
        }
        Met::Sent { value: Some(value) } => format!("{value}として送信"),
        Met::Sent { value: None } => "送信".to_owned(),
        Met::LeftOut => "省略：プレースホルダーの値なし".to_owned(),
        Met::Found => "あり".to_owned(),
        Met::FoundOrNot => "任意".to_owned(),
        Met::Holds { status } => format!("{status}の応答に一致"),
        Met::Refusal { value: Some(value) } => format!("壊れた署名への応答では{value}"),
        Met::Refusal { value: None } => "壊れた署名への応答では値なし".to_owned(),
        Met::NoRefusal => "不明：RPが壊れた署名を拒否しなかった".to_owned(),
        Met::Session { before, after } => {
            let yes = |seen: &Option<bool>| match seen {
                Some(true) => "ログイン状態",
                Some(false) => "未ログイン",
                None => "不明",
            };
            format!("ログイン前は{}、ログイン後は{}", yes(before), yes(after))
        }
        Met::Passkeys(count) => format!("登録後、パスキー{count}個"),
        Met::Seen => "確認済み".to_owned(),
        Met::Unseen(why) => format!("確認不可（{why}）"),
        Met::Account(name) => format!("アカウントは{name}"),
        Met::Origin { claimed, rp_id } => format!("クライアントのオリジンは{claimed}、{}", rp(rp_id.as_deref())),
        Met::ForAll => "すべてに使用".to_owned(),
        Met::Lifetime { timeout: Some(seconds) } => format!("オプションのtimeoutは{seconds}秒"),
        Met::Lifetime { timeout: None } => "オプションにtimeoutなし".to_owned(),
        Met::Name => "レポート用".to_owned(),
    }
}

fn rp(rp_id: Option<&str>) -> String {
    rp_id.map_or_else(|| "RP IDなし".to_owned(), |rp_id| format!("RP IDは{rp_id}"))
}

fn wished(name: &str, value: Option<&str>) -> String {
    value.map_or_else(String::new, |value| format!("、{name}は{value}"))
}
