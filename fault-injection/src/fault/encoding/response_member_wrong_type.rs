//! A member of the response has another type than WebAuthn says.

use serde_json::{Value, json};

use crate::fault::{Decision, Fault, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, ParameterInfo, Seam};
use crate::response_member::{CEREMONY, MEMBER, OPPORTUNITY, ResponseMember};
use crate::scene::Ceremony;
use crate::{FaultError, Layer, Text};

pub const INFO: FaultInfo = FaultInfo {
    name: "response-member-wrong-type",
    layer: Layer::Encoding,
    summary: Text::new(
        "A member of the response that the page sends has the wrong type, or is empty.",
        "ページが送る応答のメンバーの型が正しくない、または空である",
    ),
    effect: Text::new(
        "Replaces the value of one member in the JSON that the client returned, before the page sends it: `null`, the number 0, an empty \
        list, an empty object, or empty text. Everything else is unchanged.",
        "クライアントが返したJSONのメンバー1つの値を、ページが送る前に、`null`、数値の0、空の配列、空のオブジェクト、\
        空の文字列のいずれかに置き換えます。それ以外は変わりません。",
    ),
    opportunity: OPPORTUNITY,
    seam: Seam::Response,
    evidence: Text::new(
        "specified: the types of the members, WebAuthn-3 §5.1 (RegistrationResponseJSON, AuthenticationResponseJSON). Inferred: that a \
        page or a proxy sends another; anyone can send such a request, so it must be refused.",
        "仕様に規定：メンバーの型（WebAuthn-3 §5.1のRegistrationResponseJSON、AuthenticationResponseJSON）。\
        推定：ページまたはプロキシが別の型で送ること。このようなリクエストは誰でも送れるため、拒否しなければなりません。",
    ),
    catalogue: &[],
    good_rp: Text::new(
        "Refuses with a 4xx status, names the member in its log, changes no state, and goes on serving.",
        "4xxで拒否し、メンバー名をログに残し、状態は何も変えず、サービスを続けます。",
    ),
    parameters: &[
        MEMBER,
        ParameterInfo {
            name: "as",
            accepts: Text::new("`null`, `number`, `list`, `object` or `empty`", "`null`、`number`、`list`、`object`、`empty`のいずれか"),
            default: Text::same("`null`"),
            meaning: Text::new(
                "What replaces the value; `empty` is text without characters. `response` is an object already, so it takes \
                no `object`.",
                "置き換える値。`empty`は空の文字列。`response`はもともとオブジェクトなので、`object`は指定できない",
            ),
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
        let path = self.which.path();
        let text = Text::new(
            format!("`{path}` replaced by `{wrong}` in the response of the {ceremony}"),
            format!("{}の応答の`{path}`を`{wrong}`に置換", ceremony.text().ja),
        );
        let changed = self.which.changed(ceremony, response, |object, member| {
            object.insert(member.to_owned(), wrong);
        })?;
        Some(Decision::new(changed, text))
    }
}
