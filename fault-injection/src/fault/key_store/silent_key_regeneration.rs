//! The key pair under a credential id is silently replaced by another.

use faultkey_authenticator::{Effect, Event};

use crate::fault::{Decision, Fault};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, Seam};
use crate::{FaultError, Layer, Profile, Text};

pub const INFO: FaultInfo = FaultInfo {
    name: "silent-key-regeneration",
    layer: Layer::KeyStore,
    summary: Text::new(
        "The credential ID stays the same, but its key pair is a different one: every signature is \
        wrong, and nothing else is.",
        "クレデンシャルIDは同じだが鍵の組が別のもので、署名だけが一致しない",
    ),
    effect: Text::new(
        "At an event of the device, every credential gets a new P-256 key pair, durably. Credential ID, \
        RP ID, user handle, flags and signature counter continue as before. The next assertion is valid \
        except for its signature.",
        "端末のイベントで、すべてのクレデンシャルのP-256の鍵の組を永続的に新しくします。クレデンシャルID、RP ID、\
        ユーザーハンドル、フラグ、署名カウンターはそのまま続きます。次の認証応答は、署名以外はすべて正しいものです。",
    ),
    opportunity: Text::new("Any event of the device except `reset`.", "`reset`以外の端末のイベントです。"),
    seam: Seam::Event,
    evidence: Text::new(
        "inferred (catalogue AK-03): no public report of a platform authenticator that does it. Stores \
        that look keys up by an alias can do it, and to the relying party it looks as if it had stored the \
        wrong public key itself (AK-07, RP-02, RP-03).",
        "推定（カタログAK-03）：プラットフォーム認証器での公開された報告はありません。\
        別名で鍵を引く保管方式では起こり得ます。RPから見ると、RP自身が誤った公開鍵を保存した場合と区別できません\
        （AK-07、RP-02、RP-03）。",
    ),
    catalogue: &["AK-03", "SEED-C10"],
    good_rp: Text::new(
        "Refuses: the credential ID is known, but the signature was not made with its key. Says so in \
        the log, keeps the credential record, and offers another way to sign in and a new registration. \
        Never signals the credential as unknown.",
        "拒否します。クレデンシャルIDは登録済みですが、署名はその鍵によるものではありません。鍵の不一致としてログに残し、\
        クレデンシャルの行を残したまま、別のログイン方法と再登録を案内します。未登録のクレデンシャルとして通知しません。",
    ),
    parameters: &[],
    example: "{ fault = \"silent-key-regeneration\", trigger = { after-event = \"os-updated\" }, schedule = \"once\" }",
};

struct SilentKeyRegeneration;

pub(crate) fn load(_parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    Ok(Box::new(SilentKeyRegeneration))
}

impl Fault for SilentKeyRegeneration {
    fn event(&self, event: Event, _profile: &Profile) -> Option<Decision<Effect>> {
        let name = event.name();
        let text = Text::new(
            format!("{name}: same credential ids, other keys"),
            format!("{name}：クレデンシャルIDは同じまま、鍵が別のものに交代"),
        );
        (event != Event::Reset).then(|| Decision::new(Effect::OtherKey, text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{profile, registry::loaded};

    #[test]
    fn every_event_but_reset_swaps_the_keys() {
        let fault = loaded("silent-key-regeneration");
        let profile = profile::find("iphone").unwrap();
        for event in Event::ALL {
            let effect = fault.event(event, profile).map(|decision| decision.value);
            assert_eq!(effect, (event != Event::Reset).then_some(Effect::OtherKey), "{event:?}");
        }
        assert_eq!(fault.event(Event::OsUpdated, profile).unwrap().text.en, "os-updated: same credential ids, other keys");
    }
}
