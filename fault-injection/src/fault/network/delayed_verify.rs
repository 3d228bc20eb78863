//! The response arrives late.

use std::time::Duration;

use super::{CEREMONY, is_verify};
use crate::fault::{Decision, Fault};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, ParameterInfo, Seam};
use crate::scene::Ceremony;
use crate::{FaultError, Layer, NetworkDecision, NetworkRequest, Text};

pub const INFO: FaultInfo = FaultInfo {
    name: "delayed-verify",
    layer: Layer::Network,
    summary: Text::new(
        "The response arrives after its challenge has expired: a slow user, or a slow network.",
        "遅い操作または遅い通信のため、チャレンジの有効期限が切れた後に応答が届く",
    ),
    effect: Text::new(
        "Delivers the request that carries the response `by` milliseconds of the run's time later. Its \
        bytes are unchanged.",
        "応答を運ぶリクエストを、実行内の時間で`by`ミリ秒遅らせて届けます。バイト列は変わりません。",
    ),
    opportunity: Text::new("A request that carries a response, of its ceremony.", "対象のセレモニーの、応答を運ぶリクエストです。"),
    seam: Seam::Network,
    evidence: Text::new(
        "observed: sessions of 60 s or 5 min that end before the user is done (catalogue NW-08: \
        woocommerce-ios#10857, vestroll#286).",
        "報告例あり：ユーザーの操作が終わる前に、60秒または5分で終わるセッション（カタログNW-08：woocommerce-ios#10857、\
        vestroll#286）。",
    ),
    catalogue: &["NW-08", "PF-15"],
    good_rp: Text::new(
        "Refuses and says that the challenge has expired, gives a new one in the same step, keeps what \
        the user typed, and counts nothing against the account.",
        "拒否し、チャレンジの有効期限が切れたことを伝え、同じ手順の中で新しいチャレンジを発行します。\
        入力途中の内容を保持し、アカウントの失敗回数に数えません。",
    ),
    parameters: &[
        ParameterInfo {
            name: "by",
            accepts: Text::new("milliseconds, a whole number from 1 to 86400000", "1から86400000までの整数（ミリ秒）"),
            default: Text::same("600000"),
            meaning: Text::new("How much later it arrives.", "遅らせる時間"),
        },
        CEREMONY,
    ],
    example: "{ fault = \"delayed-verify\", by = 360000, schedule = \"once\" }",
};

struct DelayedVerify {
    by: u64,
    ceremony: Option<Ceremony>,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    let by = parameters.integer("by", 1..=86_400_000)?.unwrap_or(600_000);
    Ok(Box::new(DelayedVerify { by, ceremony: parameters.ceremony(None)? }))
}

impl Fault for DelayedVerify {
    fn ceremonies(&self) -> &'static [Ceremony] {
        Ceremony::those(self.ceremony)
    }

    fn network(&self, request: NetworkRequest, ceremony: Ceremony) -> Option<Decision<NetworkDecision>> {
        let acts = is_verify(request) && ceremony.is(self.ceremony);
        let by = self.by;
        let text = Text::new(
            format!("verify request of the {ceremony} delivered {by} ms later"),
            format!("{}のverifyリクエストを{by}ms遅らせて配送", ceremony.text().ja),
        );
        acts.then(|| Decision::new(NetworkDecision::Delay(Duration::from_millis(self.by)), text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::loaded;

    #[test]
    fn responses_arrive_later() {
        let decision = loaded("delayed-verify,by=360000").network(NetworkRequest::AuthenticationVerify, Ceremony::Authentication).unwrap();
        assert_eq!(decision.value, NetworkDecision::Delay(Duration::from_secs(360)));
        assert_eq!(decision.text.en, "verify request of the authentication delivered 360000 ms later");
        assert_eq!(loaded("delayed-verify").network(NetworkRequest::AuthenticationOptions, Ceremony::Authentication), None);
    }
}
