//! A member of the response has another type than WebAuthn says.

use serde_json::{Value, json};

use crate::fault::{Decision, Fault, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, ParameterInfo, Seam};
use crate::response_member::{CEREMONY, MEMBER, OPPORTUNITY, ResponseMember};
use crate::scene::Ceremony;
use crate::{FaultError, Layer};

pub const INFO: FaultInfo = FaultInfo {
    name: "response-member-wrong-type",
    layer: Layer::Encoding,
    summary: "A member of the response that the page sends has the wrong type, or is empty.",
    effect: "Replaces the value of one member in the JSON that the client returned, before the page sends it: `null`, the number 0, an empty \
        list, an empty object, or empty text. Everything else is unchanged.",
    opportunity: OPPORTUNITY,
    seam: Seam::Response,
    evidence: "specified: the types of the members, WebAuthn-3 §5.1 (RegistrationResponseJSON, AuthenticationResponseJSON). Inferred: that a \
        page or a proxy sends another; anyone can send such a request, so it must be refused.",
    catalogue: &[],
    good_rp: "Refuses with a 4xx status, names the member in its log, changes no state, and goes on serving.",
    parameters: &[
        MEMBER,
        ParameterInfo {
            name: "as",
            accepts: "`null`, `number`, `list`, `object` or `empty`",
            default: "`null`",
            meaning: "What replaces the value; `empty` is text without characters. `response` is an object already, so it takes \
                no `object`.",
        },
        CEREMONY,
    ],
    example: "{ fault = \"response-member-wrong-type\", member = \"attestationObject\", as = \"number\", schedule = \"once\" }",
};

#[derive(Clone, Copy)]
enum Wrong {
    Null,
    Number,
    List,
    Object,
    Empty,
}

impl Wrong {
    fn value(self) -> Value {
        match self {
            Wrong::Null => Value::Null,
            Wrong::Number => json!(0),
            Wrong::List => json!([]),
            Wrong::Object => json!({}),
            Wrong::Empty => json!(""),
        }
    }
}

struct ResponseMemberWrongType {
    which: ResponseMember,
    wrong: Wrong,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    let words =
        [("null", Wrong::Null), ("number", Wrong::Number), ("list", Wrong::List), ("object", Wrong::Object), ("empty", Wrong::Empty)];
    let wrong = parameters.choice("as", &words, Wrong::Null)?;
    let which = ResponseMember::load(parameters)?;
    if which.is_response() && matches!(wrong, Wrong::Object) {
        let problem = "`response` is an object already; choose another type, or the fault `response-member-missing`";
        return Err(parameters.error("as", problem.to_owned()));
    }
    Ok(Box::new(ResponseMemberWrongType { which, wrong }))
}

impl Fault for ResponseMemberWrongType {
    fn ceremonies(&self) -> &'static [Ceremony] {
        self.which.ceremonies()
    }

    fn response(&self, ceremony: Ceremony, response: &Value, _world: &World) -> Option<Decision<Value>> {
        let wrong = self.wrong.value();
        let text = format!("`{}` replaced by `{wrong}` in the response of the {ceremony}", self.which.path());
        let changed = self.which.changed(ceremony, response, |object, member| {
            object.insert(member.to_owned(), wrong);
        })?;
        Some(Decision::new(changed, text))
    }
}
