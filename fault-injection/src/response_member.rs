//! Which member of a response's JSON a fault changes: the parameters that its faults share.

use serde_json::{Map, Value};

use crate::parameters::Parameters;
use crate::registry::ParameterInfo;
use crate::scene::Ceremony;
use crate::{FaultError, Text};

pub(crate) const MEMBER: ParameterInfo = ParameterInfo {
    name: "member",
    accepts: Text::new(
        "`id`, `rawId`, `type`, `response`, `clientDataJSON`, `attestationObject`, `authenticatorData` or `signature`",
        "`id`、`rawId`、`type`、`response`、`clientDataJSON`、`attestationObject`、`authenticatorData`、`signature`のいずれか",
    ),
    default: Text::same("`clientDataJSON`"),
    meaning: Text::new("The member. The last four are members of `response`.", "対象のメンバー。後の4つは`response`のメンバー"),
};
pub(crate) const CEREMONY: ParameterInfo = ParameterInfo {
    name: "ceremony",
    accepts: Text::new("`registration` or `authentication`", "`registration`または`authentication`"),
    default: Text::new(
        "`authentication`; with `attestationObject`, `registration`",
        "`authentication`（`attestationObject`では`registration`）",
    ),
    meaning: Text::new(
        "The ceremony in which the fault fires. Only registrations have an `attestationObject`, only authentications a `signature`.",
        "作動するセレモニー。`attestationObject`は登録だけに、`signature`は認証だけにある",
    ),
};
/// What counts as an opportunity.
pub(crate) const OPPORTUNITY: Text<&str> =
    Text::new("A response of its ceremony that has the member.", "対象のセレモニーの応答のうち、このメンバーを持つものです。");

/// One member of the responses of one ceremony.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ResponseMember {
    member: Member,
    ceremony: Ceremony,
}

/// The members without which a response can't be verified (WebAuthn-3 §5.1, RegistrationResponseJSON and AuthenticationResponseJSON).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Member {
    Id,
    RawId,
    Type,
    Response,
    ClientDataJson,
    AttestationObject,
    AuthenticatorData,
    Signature,
}

impl Member {
    const ALL: [Member; 8] = [
        Member::Id,
        Member::RawId,
        Member::Type,
        Member::Response,
        Member::ClientDataJson,
        Member::AttestationObject,
        Member::AuthenticatorData,
        Member::Signature,
    ];

    const fn name(self) -> &'static str {
        match self {
            Member::Id => "id",
            Member::RawId => "rawId",
            Member::Type => "type",
            Member::Response => "response",
            Member::ClientDataJson => "clientDataJSON",
            Member::AttestationObject => "attestationObject",
            Member::AuthenticatorData => "authenticatorData",
            Member::Signature => "signature",
        }
    }

    const fn is_inside_response(self) -> bool {
        matches!(self, Member::ClientDataJson | Member::AttestationObject | Member::AuthenticatorData | Member::Signature)
    }

    const fn only_in(self) -> Option<Ceremony> {
        match self {
            Member::AttestationObject => Some(Ceremony::Registration),
            Member::Signature => Some(Ceremony::Authentication),
            _ => None,
        }
    }
}

impl ResponseMember {
    /// With [`MEMBER`] and [`CEREMONY`].
    pub fn load(parameters: &Parameters) -> Result<Self, FaultError> {
        let member = parameters.choice("member", &Member::ALL.map(|member| (member.name(), member)), Member::ClientDataJson)?;
        let ceremonies = Ceremony::ALL.map(|ceremony| (ceremony.name(), ceremony));
        let ceremony = parameters.choice("ceremony", &ceremonies, member.only_in().unwrap_or(Ceremony::Authentication))?;
        match member.only_in().filter(|only| *only != ceremony) {
            Some(only) => {
                let problem =
                    format!("the response of this ceremony has no `{}`; write `ceremony = \"{only}\"`, or leave it out", member.name());
                Err(parameters.error("ceremony", problem))
            }
            None => Ok(Self { member, ceremony }),
        }
    }

    pub const fn is_response(self) -> bool {
        matches!(self.member, Member::Response)
    }

    pub const fn ceremonies(self) -> &'static [Ceremony] {
        Ceremony::those(Some(self.ceremony))
    }

    /// The response with the member changed by `change`, which gets the object that has it, and its name. `None` without the member.
    pub fn changed(self, ceremony: Ceremony, response: &Value, change: impl FnOnce(&mut Map<String, Value>, &str)) -> Option<Value> {
        let mut changed = response.clone();
        let object = if self.member.is_inside_response() { changed.get_mut("response")? } else { &mut changed };
        let object = object.as_object_mut().filter(|object| ceremony == self.ceremony && object.contains_key(self.member.name()))?;
        change(object, self.member.name());
        Some(changed)
    }

    /// Where it is: `response.signature`.
    pub fn path(self) -> String {
        let object = if self.member.is_inside_response() { "response." } else { "" };
        format!("{object}{}", self.member.name())
    }
}
