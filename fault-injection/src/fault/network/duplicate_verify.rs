//! The response arrives twice at the same time.

use super::{CEREMONY, is_verify};
use crate::fault::{Decision, Fault};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, Seam};
use crate::scene::Ceremony;
use crate::{FaultError, Layer, NetworkDecision, NetworkRequest, Text};

pub const INFO: FaultInfo = FaultInfo {
    name: "duplicate-verify",
    layer: Layer::Network,
    summary: Text::new(
        "The request that carries the response is delivered twice at the same time: a proxy's retry, or \
        a double tap.",
        "プロキシの再送または2度押しで、応答を運ぶリクエストが同時に2回届く",
    ),
    effect: Text::new(
        "Delivers the same bytes on two connections at once. The client gets the answer to the first.",
        "同じバイト列を、2つの接続で同時に届けます。クライアントには、1つ目への応答が返ります。",
    ),
    opportunity: Text::new("A request that carries a response, of its ceremony.", "対象のセレモニーの、応答を運ぶリクエストです。"),
    seam: Seam::Network,
    evidence: Text::new(
        "observed: challenges that are read first and deleted later, so that both requests succeed \
        (catalogue NW-07: better-auth PR 9622, WorkSphere PR 1060, melody-auth PR 502).",
        "報告例あり：チャレンジを先に読み、後で削除するため、両方のリクエストが成功する例（カタログNW-07：\
        better-auth PR 9622、WorkSphere PR 1060、melody-auth PR 502）。",
    ),
    catalogue: &["NW-07"],
    good_rp: Text::new(
        "Exactly one success, one session, one credential record. The other request gets the same \
        answer again, or a clear \"already done\"; the challenge is consumed atomically.",
        "成功は1回、セッションも1つ、クレデンシャルの行も1つだけにします。もう一方のリクエストには、同じ応答か、\
        処理済みという明確な応答を返します。チャレンジは不可分の操作で消費します。",
    ),
    parameters: &[CEREMONY],
    example: "{ fault = \"duplicate-verify\", ceremony = \"authentication\", schedule = \"once\" }",
};

struct DuplicateVerify {
    ceremony: Option<Ceremony>,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    Ok(Box::new(DuplicateVerify { ceremony: parameters.ceremony(None)? }))
}

impl Fault for DuplicateVerify {
    fn ceremonies(&self) -> &'static [Ceremony] {
        Ceremony::those(self.ceremony)
    }

    fn network(&self, request: NetworkRequest, ceremony: Ceremony) -> Option<Decision<NetworkDecision>> {
        let acts = is_verify(request) && ceremony.is(self.ceremony);
        let text = Text::new(
            format!("verify request of the {ceremony} delivered twice"),
            format!("{}のverifyリクエストを2回配送", ceremony.text().ja),
        );
        acts.then(|| Decision::new(NetworkDecision::Duplicate, text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::loaded;

    #[test]
    fn only_responses_are_doubled() {
        let fault = loaded("duplicate-verify,ceremony=authentication");
        let decision = fault.network(NetworkRequest::AuthenticationVerify, Ceremony::Authentication).unwrap();
        let text = Text::new("verify request of the authentication delivered twice", "認証のverifyリクエストを2回配送");
        assert_eq!(decision, Decision::new(NetworkDecision::Duplicate, text));
        assert_eq!(fault.network(NetworkRequest::RegistrationVerify, Ceremony::Registration), None);
        assert_eq!(fault.network(NetworkRequest::AuthenticationOptions, Ceremony::Authentication), None);
    }
}
