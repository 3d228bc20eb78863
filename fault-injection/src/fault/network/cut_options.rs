//! The connection of the `options` request is cut.

use super::{AT, AT_MEANING, BYTES, CEREMONY, Cut, ENDING, is_options};
use crate::fault::{Decision, Fault};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, ParameterInfo, Seam};
use crate::scene::Ceremony;
use crate::{FaultError, Layer, NetworkDecision, NetworkRequest, Text};

pub const INFO: FaultInfo = FaultInfo {
    name: "cut-options",
    layer: Layer::Network,
    summary: Text::new(
        "The connection is cut while the client asks for options: no challenge arrives, or half of one.",
        "クライアントがオプションを要求している間に切断され、チャレンジが届かないか、半分だけ届く",
    ),
    effect: Text::new(
        "Cuts the TCP connection of the request for options at the given point, to the byte. The \
        ceremony never starts; with `n5` to `n7` the relying party has issued a challenge that is never used.",
        "オプションのリクエストのTCP接続を、指定した位置で、バイト単位で正確に切断します。セレモニーは始まりません。\
        `n5`から`n7`では、RPは使われないチャレンジを発行しています。",
    ),
    opportunity: Text::new("A request for options of its ceremony.", "対象のセレモニーのオプションのリクエストです。"),
    seam: Seam::Network,
    evidence: Text::new(
        "observed as a class: dropped mobile connections (SEED-C4, SEED-S3). Inferred: the cut points (catalogue NW-01, NW-02).",
        "報告例あり（この種の障害として）：途切れるモバイル回線（SEED-C4、SEED-S3）。推定：切断位置（カタログNW-01、\
        NW-02）。",
    ),
    catalogue: &["NW-01", "NW-02", "SEED-S3"],
    good_rp: Text::new(
        "Gives a new challenge to the next request, lets the unused one expire, and keeps what the user \
        typed. The page offers a retry.",
        "次のリクエストに新しいチャレンジを発行し、使われなかったチャレンジを期限切れにし、入力途中の内容を保持します。\
        ページには再試行を用意します。",
    ),
    parameters: &[ParameterInfo { name: "at", accepts: AT, default: Text::same("`n6`"), meaning: AT_MEANING }, BYTES, ENDING, CEREMONY],
    example: "{ fault = \"cut-options\", at = \"n6\", bytes = 200, ending = \"fin\", schedule = { first = 1 } }",
};

struct CutOptions(Cut);

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    Ok(Box::new(CutOptions(Cut::load(parameters, "n6")?)))
}

impl Fault for CutOptions {
    fn ceremonies(&self) -> &'static [Ceremony] {
        self.0.ceremonies()
    }

    fn network(&self, request: NetworkRequest, ceremony: Ceremony) -> Option<Decision<NetworkDecision>> {
        if is_options(request) { self.0.decide("options", ceremony) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::loaded;
    use crate::{CutPoint, Ending};

    #[test]
    fn only_requests_for_options_are_cut() {
        let fault = loaded("cut-options,at=n6,bytes=200,ending=fin");
        let decision = fault.network(NetworkRequest::RegistrationOptions, Ceremony::Registration).unwrap();
        assert_eq!(decision.value, NetworkDecision::Cut { point: CutPoint::N6(200), ending: Ending::Fin });
        assert_eq!(decision.text.en, "options request of the registration cut at n6 after 200 bytes of the response, ending in FIN");
        assert_eq!(decision.text.ja, "登録のoptionsリクエストをn6（応答の200バイトの後）で切断（FINで終了）");
        assert!(fault.network(NetworkRequest::AuthenticationOptions, Ceremony::Authentication).is_some());
        assert_eq!(fault.network(NetworkRequest::RegistrationVerify, Ceremony::Registration), None);
    }
}
