//! The connection of the `verify` request is cut.

use super::{AT, AT_MEANING, BYTES, CEREMONY, Cut, ENDING, is_verify};
use crate::fault::{Decision, Fault};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, ParameterInfo, Seam};
use crate::scene::Ceremony;
use crate::{FaultError, Layer, NetworkDecision, NetworkRequest, Text};

pub const INFO: FaultInfo = FaultInfo {
    name: "cut-verify",
    layer: Layer::Network,
    summary: Text::new(
        "The connection is cut before, while or after the relying party processes the response.",
        "RPが応答を処理する前、処理中、または処理した後に切断される",
    ),
    effect: Text::new(
        "Cuts the TCP connection of the request that carries the client's response, to the byte. `n0` to \
        `n4`: the relying party never received it. `n5`, `n6`: it has processed it, and the client does not \
        know. `n7`: both know.",
        "クライアントの応答を運ぶリクエストのTCP接続を、バイト単位で正確に切断します。\
        `n0`から`n4`：RPは応答を受け取っていません。`n5`、`n6`：RPは処理を終えていて、クライアントはそれを知りません。\
        `n7`：両方が知っています。",
    ),
    opportunity: Text::new("A request that carries a response, of its ceremony.", "対象のセレモニーの、応答を運ぶリクエストです。"),
    seam: Seam::Network,
    evidence: Text::new(
        "observed: registrations that reached the device and never the relying party (catalogue NW-06: w3c/webauthn#2038); \
        dropped mobile connections (SEED-C4). Inferred: the cut points (NW-03 to NW-05).",
        "報告例あり：端末では完了し、RPに届かなかった登録（カタログNW-06：w3c/webauthn#2038）、\
        途切れるモバイル回線（SEED-C4）。推定：切断位置（NW-03からNW-05）。",
    ),
    catalogue: &["NW-03", "NW-04", "NW-05", "NW-06", "SEED-S3"],
    good_rp: Text::new(
        "Not received: the same response or a new challenge works. Processed: answers a repeated \
        request like the first, or says what the current state is; one credential record, one session, no \
        clone warning, no lockout.",
        "受け取っていない場合は、同じ応答または新しいチャレンジを受け付けます。処理済みの場合は、\
        繰り返されたリクエストに最初と同じ応答をするか、現在の状態を伝えます。\
        クレデンシャルの行とセッションは1つだけにし、複製の警告もロックもしません。",
    ),
    parameters: &[ParameterInfo { name: "at", accepts: AT, default: Text::same("`n5`"), meaning: AT_MEANING }, BYTES, ENDING, CEREMONY],
    example: "{ fault = \"cut-verify\", at = \"n5\", ending = \"rst\", ceremony = \"authentication\", schedule = \"once\" }",
};

struct CutVerify(Cut);

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    Ok(Box::new(CutVerify(Cut::load(parameters, "n5")?)))
}

impl Fault for CutVerify {
    fn ceremonies(&self) -> &'static [Ceremony] {
        self.0.ceremonies()
    }

    fn network(&self, request: NetworkRequest, ceremony: Ceremony) -> Option<Decision<NetworkDecision>> {
        if is_verify(request) { self.0.decide("verify", ceremony) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::loaded;
    use crate::{CutPoint, Ending, FaultSpec, profile, registry};

    #[test]
    fn every_cut_point_and_ending_is_decided() {
        let points = [
            ("n0", CutPoint::N0),
            ("n1", CutPoint::N1),
            ("n2", CutPoint::N2),
            ("n3", CutPoint::N3),
            ("n4,bytes=7", CutPoint::N4(7)),
            ("n4", CutPoint::N4(64)),
            ("n5", CutPoint::N5),
            ("n6,bytes=0", CutPoint::N6(0)),
            ("n7", CutPoint::N7),
        ];
        for (at, point) in points {
            for (name, ending) in [("fin", Ending::Fin), ("rst", Ending::Rst), ("silence", Ending::Silence)] {
                let fault = loaded(&format!("cut-verify,at={at},ending={name}"));
                let decision = fault.network(NetworkRequest::AuthenticationVerify, Ceremony::Authentication).unwrap();
                assert_eq!(decision.value, NetworkDecision::Cut { point, ending }, "{at} {name}");
            }
        }
        assert_eq!(loaded("cut-verify").network(NetworkRequest::AuthenticationOptions, Ceremony::Authentication), None);
    }

    #[test]
    fn a_ceremony_limits_it() {
        let fault = loaded("cut-verify,ceremony=registration");
        assert_eq!(fault.network(NetworkRequest::AuthenticationVerify, Ceremony::Authentication), None);
        let decision = fault.network(NetworkRequest::RegistrationVerify, Ceremony::Registration).unwrap();
        assert_eq!(decision.text.en, "verify request of the registration cut at n5, ending in RST");
        assert_eq!(decision.text.ja, "登録のverifyリクエストをn5で切断（RSTで終了）");
    }

    #[test]
    fn wrong_parameters_are_named() {
        let message = |line: &str| {
            let spec: FaultSpec = line.parse().unwrap();
            registry::check(&spec, profile::find("iphone").unwrap()).unwrap_err().to_string()
        };
        assert_eq!(
            message("cut-verify,at=n9"),
            "fault `cut-verify`, parameter `at`: expected `n0`, `n1`, `n2`, `n3`, `n4`, `n5`, `n6` or `n7`, found `n9`, did you mean `n0`?"
        );
        assert_eq!(
            message("cut-verify,bytes=5"),
            "fault `cut-verify`, parameter `bytes`: only allowed with the cut points `n4` and `n6`, and `at` is `n5`"
        );
        assert_eq!(
            message("cut-verify,at=n4,bytes=-1"),
            "fault `cut-verify`, parameter `bytes`: expected a whole number from 0 to 1048576, found `-1`"
        );
        assert_eq!(
            message("cut-verify,endng=fin"),
            "fault `cut-verify`, parameter `endng`: there is no such parameter, did you mean `ending`?; it has `at`, `bytes`, `ending`, `ceremony`"
        );
    }
}
