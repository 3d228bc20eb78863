//! The signature counter goes back, as after a restored backup or on a clone.

use crate::fault::{Decision, Fault};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, ParameterInfo, Seam};
use crate::scene::Ceremony;
use crate::{FaultError, Layer, Profile, Text};
use faultkey_authenticator::config::SignCountPolicy;

pub const INFO: FaultInfo = FaultInfo {
    name: "sign-count-rollback",
    layer: Layer::KeyStore,
    summary: Text::new(
        "The signature counter of an authentication is lower than one that the relying party has \
        already seen.",
        "認証の署名カウンターが、RPがすでに受け取った値より小さい",
    ),
    effect: Text::new(
        "The authenticator reads a lower signature counter than its store holds, and signs it: the \
        assertion is valid except for the counter. The stored counter does not change, so the next \
        authentication without the fault continues above every value sent before.",
        "認証器は、保存されている値より小さい署名カウンターを読み、その値で署名します。\
        カウンター以外は正しい認証応答です。保存された値は変わらないため、フォールトのない次の認証では、\
        それまでに送ったどの値よりも大きい値から続きます。",
    ),
    opportunity: Text::new(
        "The authenticator reads its signature counter for an authentication, and the changed value \
        is lower than the real one.",
        "認証器が認証のために署名カウンターを読み、変更後の値が実際の値より小さい場合です。",
    ),
    seam: Seam::Authenticator,
    evidence: Text::new(
        "observed: counters that fall after a vault was restored, or between clients of one provider \
        (catalogue AK-11: AChep/keyguard-app#281, usememos/memos PR 5872). Specified: what a relying party \
        may conclude from it, WebAuthn-3 §7.2 step 22.",
        "報告例あり：保管庫の復元後、または同じプロバイダーのクライアントの間で戻るカウンター（カタログAK-11：\
        AChep/keyguard-app#281、usememos/memos PR 5872）。仕様に規定：RPがそこから判断してよいこと（WebAuthn-3 §7.2手順\
        22）。",
    ),
    catalogue: &["AK-11", "AK-10", "AK-12"],
    good_rp: Text::new(
        "Treats it as a sign of risk, not as proof: accepts, or asks for a second factor, and logs it. \
        Never locks the account, and does not store the lower value when it refuses.",
        "証拠ではなくリスクの兆候として扱います。受理するか、追加の認証を求め、ログに残します。アカウントをロックせず、\
        拒否する場合に小さいほうの値を保存しません。",
    ),
    parameters: &[
        ParameterInfo {
            name: "to",
            accepts: Text::new(
                "a whole number from 0 to 4294967295, not together with `by`",
                "0から4294967295までの整数（`by`とは併用不可）",
            ),
            default: Text::new("none", "なし"),
            meaning: Text::new("The value that is read instead.", "実際の値の代わりに読ませる値"),
        },
        ParameterInfo {
            name: "by",
            accepts: Text::new(
                "a whole number from 1 to 4294967295, not together with `to`",
                "1から4294967295までの整数（`to`とは併用不可）",
            ),
            default: Text::same("2"),
            meaning: Text::new(
                "How far it is below the real value, but never below 0. A browser that first asks without a touch (Firefox) has \
                already advanced the counter: use `to`, or a larger number.",
                "実際の値からどれだけ減らすか（0より小さくはならない）。先にタッチなしで問い合わせるブラウザ（Firefox）では、\
                カウンターがすでに進んでいるため、`to`を使うか、大きめの値を指定する",
            ),
        },
    ],
    example: "{ fault = \"sign-count-rollback\", to = 7, schedule = \"once\" }",
};

enum SignCountRollback {
    To(u32),
    By(u32),
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    let to = parameters.integer("to", 0..=u64::from(u32::MAX))?;
    let by = parameters.integer("by", 1..=u64::from(u32::MAX))?;
    let narrow = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    Ok(Box::new(match (to, by) {
        (Some(_), Some(_)) => return Err(parameters.error("by", "give either `to` or `by`, not both".to_owned())),
        (Some(to), None) => SignCountRollback::To(narrow(to)),
        (None, by) => SignCountRollback::By(narrow(by.unwrap_or(2))),
    }))
}

impl Fault for SignCountRollback {
    fn ceremonies(&self) -> &'static [Ceremony] {
        &[Ceremony::Authentication]
    }

    fn possible(&self, profile: &Profile) -> Result<(), Text> {
        if profile.authenticator.sign_count == SignCountPolicy::Zero {
            Err(Text::new("its signature counter is always zero", "署名カウンターが常に0である").into())
        } else {
            Ok(())
        }
    }

    fn count(&self, count: u32) -> Option<Decision<u32>> {
        let lower = match self {
            SignCountRollback::To(to) => *to,
            SignCountRollback::By(by) => count.saturating_sub(*by),
        };
        let text = Text::new(format!("signature counter {count} -> {lower}"), format!("署名カウンター：{count} -> {lower}"));
        (lower < count).then(|| Decision::new(lower, text))
    }
}

#[cfg(test)]
mod tests {
    use crate::Text;
    use crate::registry::loaded;

    #[test]
    fn the_counter_falls_and_never_rises() {
        let table = [
            ("to=7", 41, Some(7)),
            ("to=7", 7, None),
            ("to=7", 3, None),
            ("to=0", 1, Some(0)),
            ("by=2", 41, Some(39)),
            ("by=9", 4, Some(0)),
            ("by=9", 0, None),
        ];
        for (parameters, count, lower) in table {
            let decision = loaded(&format!("sign-count-rollback,{parameters}")).count(count);
            assert_eq!(decision.as_ref().map(|decision| decision.value), lower, "{parameters} at {count}");
        }
        let text = loaded("sign-count-rollback,to=7").count(41).unwrap().text;
        assert_eq!(text, Text::new("signature counter 41 -> 7", "署名カウンター：41 -> 7").into());
    }
}
