//! A member of the response is missing.

use serde_json::Value;

use crate::fault::{Decision, Fault, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, Seam};
use crate::response_member::{CEREMONY, MEMBER, OPPORTUNITY, ResponseMember};
use crate::scene::Ceremony;
use crate::{FaultError, Layer, Text};

pub const INFO: FaultInfo = FaultInfo {
    name: "response-member-missing",
    layer: Layer::Encoding,
    summary: Text::new("The response that the page sends lacks a member.", "ページが送る応答に、必要なメンバーがない"),
    effect: Text::new(
        "Removes one member from the JSON that the client returned, before the page sends it. Everything else is unchanged.",
        "クライアントが返したJSONから、ページが送る前にメンバーを1つ取り除きます。それ以外は変わりません。",
    ),
    opportunity: OPPORTUNITY,
    seam: Seam::Response,
    evidence: Text::new(
        "specified: the members are required, WebAuthn-3 §5.1 (RegistrationResponseJSON, AuthenticationResponseJSON). Inferred: that a \
        page or a proxy loses one; anyone can send such a request, so it must be refused.",
        "仕様に規定：このメンバーは必須です（WebAuthn-3 §5.1のRegistrationResponseJSON、AuthenticationResponseJSON）。\
        推定：ページまたはプロキシがメンバーを失うこと。このようなリクエストは誰でも送れるため、\
        拒否しなければなりません。",
    ),
    catalogue: &[],
    good_rp: Text::new(
        "Refuses with a 4xx status, names the member in its log, changes no state, and goes on serving.",
        "4xxで拒否し、メンバー名をログに残し、状態は何も変えず、サービスを続けます。",
    ),
    parameters: &[MEMBER, CEREMONY],
    example: "{ fault = \"response-member-missing\", member = \"signature\", schedule = \"once\" }",
};

struct ResponseMemberMissing {
    which: ResponseMember,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    Ok(Box::new(ResponseMemberMissing { which: ResponseMember::load(parameters)? }))
}

impl Fault for ResponseMemberMissing {
    fn ceremonies(&self) -> &'static [Ceremony] {
        self.which.ceremonies()
    }

    fn response(&self, ceremony: Ceremony, response: &Value, _world: &World) -> Option<Decision<Value>> {
        let changed = self.which.changed(ceremony, response, |object, member| {
            // Keeps the order of the others.
            object.retain(|name, _| name != member);
        })?;
        let path = self.which.path();
        let text = Text::new(
            format!("`{path}` removed from the response of the {ceremony}"),
            format!("{}の応答から`{path}`を削除", ceremony.text().ja),
        );
        Some(Decision::new(changed, text))
    }
}
