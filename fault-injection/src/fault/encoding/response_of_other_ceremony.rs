//! The response has the form of the other ceremony's.

use ciborium::Value as Cbor;
use data_encoding::BASE64URL_NOPAD;
use faultkey_authenticator::cbor;
use rand::Rng;
use serde_json::{Map, Value, json};

use crate::fault::command::CEREMONY;
use crate::fault::{Decision, Fault, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, Seam};
use crate::scene::Ceremony;
use crate::{FaultError, Layer, Text};

pub const INFO: FaultInfo = FaultInfo {
    name: "response-of-other-ceremony",
    layer: Layer::Encoding,
    summary: Text::new(
        "A registration is completed with an authentication's response, or the reverse.",
        "登録に認証の応答が、または認証に登録の応答が届く",
    ),
    effect: Text::new(
        "Rebuilds the JSON that the client returned, before the page sends it, with the members of the other ceremony. In a registration: \
        `authenticatorData` from the attestation object, a `signature`, and a `userHandle` drawn from the seed; the signature is that of the \
        attestation, or, where it has none, well-formed DER drawn from the seed. In an authentication: an `attestationObject` of format `none` \
        around the authenticator data, which has no credential in it. `clientDataJSON`, and with it the challenge, is unchanged.",
        "クライアントが返したJSONを、ページが送る前に、もう一方のセレモニーのメンバーで組み立て直します。登録では、\
        アテステーションオブジェクトから取り出した`authenticatorData`、`signature`、\
        シードから作った`userHandle`を入れます。署名はアテステーションのもので、なければ、\
        形式の正しいDERをシードから作ります。認証では、形式が`none`の`attestationObject`に認証器データを入れますが、\
        その中にクレデンシャルはありません。`clientDataJSON`と、その中のチャレンジは変わりません。",
    ),
    opportunity: Text::new("A response of its ceremony.", "対象のセレモニーの応答です。"),
    seam: Seam::Response,
    evidence: Text::new(
        "specified: a relying party aborts where the response is not of the expected interface, WebAuthn-3 §7.1 step 3 and §7.2 step 3. \
        Inferred: that a page mixes the two up; anyone can send such a request, so it must be refused.",
        "仕様に規定：応答が期待したインターフェースでない場合、RPは処理を中止します（WebAuthn-3 §7.1手順3、§7.2手順3）。\
        推定：ページが2つを取り違えること。このようなリクエストは誰でも送れるため、拒否しなければなりません。",
    ),
    catalogue: &[],
    good_rp: Text::new(
        "Refuses with a 4xx status, changes no state, and goes on serving.",
        "4xxで拒否し、状態は何も変えず、サービスを続けます。",
    ),
    parameters: &[CEREMONY],
    example: "{ fault = \"response-of-other-ceremony\", ceremony = \"registration\", schedule = \"once\" }",
};

struct ResponseOfOtherCeremony {
    ceremony: Option<Ceremony>,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    Ok(Box::new(ResponseOfOtherCeremony { ceremony: parameters.ceremony(None)? }))
}

impl Fault for ResponseOfOtherCeremony {
    fn ceremonies(&self) -> &'static [Ceremony] {
        Ceremony::those(self.ceremony)
    }

    fn response(&self, ceremony: Ceremony, response: &Value, world: &World) -> Option<Decision<Value>> {
        let inner = response.get("response")?;
        let (other, other_inner) = match ceremony {
            Ceremony::Registration => (Ceremony::Authentication, authentication(inner, world)?),
            Ceremony::Authentication => (Ceremony::Registration, registration(inner)?),
        };
        let mut changed = response.clone();
        changed.as_object_mut()?.insert("response".to_owned(), other_inner);
        let text = Text::new(
            format!("response of the {ceremony} rebuilt in the form of the {other}'s"),
            format!("{}の応答を{}の応答の形式に組み立て直し", ceremony.text().ja, other.text().ja),
        );
        ceremony.is(self.ceremony).then(|| Decision::new(changed, text))
    }
}

/// The `response` of a registration as an AuthenticatorAssertionResponseJSON.
fn authentication(inner: &Value, world: &World) -> Option<Value> {
    let object = cbor::read_lenient(&bytes(inner, "attestationObject")?).ok()?.0;
    let authenticator_data = named(&object, "authData")?.as_bytes()?;
    let attested = named(&object, "attStmt").and_then(|statement| named(statement, "sig")?.as_bytes().cloned());
    let mut random = world.random("response");
    let mut user_handle = [0; 16];
    random.fill_bytes(&mut user_handle);
    let signature = attested.unwrap_or_else(|| {
        let mut number = || {
            let mut number = [0; 32];
            random.fill_bytes(&mut number);
            number
        };
        ecdsa_signature(number(), number())
    });
    Some(json!({
        "clientDataJSON": inner.get("clientDataJSON")?,
        "authenticatorData": BASE64URL_NOPAD.encode(authenticator_data),
        "signature": BASE64URL_NOPAD.encode(&signature),
        "userHandle": BASE64URL_NOPAD.encode(&user_handle),
    }))
}

/// The `response` of an authentication as an AuthenticatorAttestationResponseJSON.
fn registration(inner: &Value) -> Option<Value> {
    let authenticator_data = bytes(inner, "authenticatorData")?;
    let object = cbor::text_map([
        ("fmt", Cbor::from("none")),
        ("attStmt", Cbor::Map(Vec::new())),
        ("authData", Cbor::Bytes(authenticator_data.clone())),
    ]);
    let mut response = Map::new();
    response.insert("clientDataJSON".to_owned(), inner.get("clientDataJSON")?.clone());
    response.insert("authenticatorData".to_owned(), BASE64URL_NOPAD.encode(&authenticator_data).into());
    response.insert("transports".to_owned(), json!([]));
    response.insert("publicKeyAlgorithm".to_owned(), json!(-7));
    response.insert("attestationObject".to_owned(), BASE64URL_NOPAD.encode(&cbor::write(&object)).into());
    Some(Value::Object(response))
}

fn bytes(inner: &Value, member: &str) -> Option<Vec<u8>> {
    BASE64URL_NOPAD.decode(inner.get(member)?.as_str()?.as_bytes()).ok()
}

fn named<'a>(tree: &'a Cbor, name: &str) -> Option<&'a Cbor> {
    tree.as_map()?.iter().find(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value)
}

/// Ecdsa-Sig-Value (RFC 3279 §2.2.3) of two positive numbers of just 32 bytes.
fn ecdsa_signature(mut r: [u8; 32], mut s: [u8; 32]) -> Vec<u8> {
    for number in [&mut r, &mut s] {
        number[0] = number[0] & 0x7F | 0x40;
    }
    [&[0x30, 68, 0x02, 32][..], &r, &[0x02, 32], &s].concat()
}
