//! Faults in the response's JSON, seen from the page that sends it.

mod device;

use std::collections::BTreeSet;

use ciborium::Value as Cbor;
use data_encoding::BASE64URL_NOPAD;
use device::Device;
use faultkey_authenticator::{AuthenticatorData, cbor};
use faultkey_fault_injection::{FaultSpec, profile, registry};
use faultkey_transport::transcript::{MessageKind, Touches, What};
use serde_json::{Value, json};

/// A registration and an authentication without the fault, and then with it, of the same device.
struct Played {
    registration: Value,
    authentication: Value,
    decisions: Vec<String>,
}

fn play(fault: Option<&str>) -> Played {
    let mut device = Device::new("pixel-chrome");
    let honest = device.create("hanako", &[]).expect("a registration");
    let id = honest["id"].as_str().expect("an id").to_owned();
    if let Some(fault) = fault {
        device.arm(fault).expect(fault);
    }
    let authentication = device.get(&[&id]).expect("an authentication");
    let registration = device.create("taro", &[]).expect("a registration");
    Played { registration, authentication, decisions: device.decisions() }
}

fn bytes(value: &Value) -> Vec<u8> {
    BASE64URL_NOPAD.decode(value.as_str().expect("text").as_bytes()).expect("base64url")
}

fn member(object: &Cbor, name: &str) -> Cbor {
    object.as_map().unwrap().iter().find(|(key, _)| key.as_text() == Some(name)).expect(name).1.clone()
}

#[test]
fn a_registration_is_answered_like_an_authentication() {
    let honest = play(None);
    let played = play(Some("response-of-other-ceremony,ceremony=registration"));
    assert_eq!(played.authentication, honest.authentication);
    assert_eq!(played.decisions, ["response of the registration rebuilt in the form of the authentication's"]);
    let (mut changed, mut expected) = (played.registration, honest.registration);
    let (changed, expected) = (changed["response"].take(), expected["response"].take());
    let names: BTreeSet<&str> = changed.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, BTreeSet::from(["authenticatorData", "clientDataJSON", "signature", "userHandle"]));
    assert_eq!(changed["clientDataJSON"], expected["clientDataJSON"], "its challenge fits");
    let object = cbor::read_strict(&bytes(&expected["attestationObject"])).unwrap();
    assert_eq!(&bytes(&changed["authenticatorData"]), member(&object, "authData").as_bytes().unwrap());
    assert!(p256::ecdsa::Signature::from_der(&bytes(&changed["signature"])).is_ok(), "well-formed");
    assert_eq!(bytes(&changed["userHandle"]).len(), 16);
    assert_eq!(play(Some("response-of-other-ceremony")).registration["response"], changed, "from the seed");
}

#[test]
fn an_authentication_is_answered_like_a_registration() {
    let honest = play(None);
    let mut played = play(Some("response-of-other-ceremony,ceremony=authentication"));
    assert_eq!(played.registration, honest.registration);
    let changed = played.authentication["response"].take();
    let object = cbor::read_strict(&bytes(&changed["attestationObject"])).expect("CTAP's canonical CBOR");
    assert_eq!(member(&object, "fmt").as_text(), Some("none"));
    assert_eq!(member(&object, "attStmt"), Cbor::Map(Vec::new()));
    let data = member(&object, "authData").into_bytes().unwrap();
    assert_eq!(data, bytes(&honest.authentication["response"]["authenticatorData"]));
    assert!(AuthenticatorData::parse(&data).unwrap().attested_credential_data.is_none());
    assert_eq!(changed["clientDataJSON"], honest.authentication["response"]["clientDataJSON"]);
    assert!(changed.get("signature").is_none() && changed.get("userHandle").is_none());
    played.authentication["response"] = honest.authentication["response"].clone();
    assert_eq!(played.authentication, honest.authentication, "nothing else changed");
}

/// Every member with the ceremonies that have it, and where it is.
const MEMBERS: [(&str, &str, &[&str]); 8] = [
    ("id", "/id", &["registration", "authentication"]),
    ("rawId", "/rawId", &["registration", "authentication"]),
    ("type", "/type", &["registration", "authentication"]),
    ("response", "/response", &["registration", "authentication"]),
    ("clientDataJSON", "/response/clientDataJSON", &["registration", "authentication"]),
    ("attestationObject", "/response/attestationObject", &["registration"]),
    ("authenticatorData", "/response/authenticatorData", &["registration", "authentication"]),
    ("signature", "/response/signature", &["authentication"]),
];

#[test]
fn one_member_is_missing_and_nothing_else() {
    let honest = play(None);
    for (name, pointer, ceremonies) in MEMBERS {
        for ceremony in ceremonies {
            let mut played = play(Some(&format!("response-member-missing,member={name},ceremony={ceremony}")));
            let (changed, expected) = match *ceremony {
                "registration" => (&mut played.registration, &honest.registration),
                _ => (&mut played.authentication, &honest.authentication),
            };
            assert_eq!(changed.pointer(pointer), None, "{name}");
            let (parent, _) = pointer.rsplit_once('/').unwrap();
            let parent = changed.pointer_mut(parent).and_then(Value::as_object_mut).unwrap();
            parent.insert(name.to_owned(), expected.pointer(pointer).unwrap().clone());
            assert_eq!((&played.registration, &played.authentication), (&honest.registration, &honest.authentication), "{name}");
            let path = pointer[1..].replace('/', ".");
            assert_eq!(played.decisions, [format!("`{path}` removed from the response of the {ceremony}")]);
        }
    }
}

#[test]
fn one_member_has_the_wrong_type_and_nothing_else() {
    let honest = play(None);
    for (word, wrong) in [("null", Value::Null), ("number", json!(0)), ("list", json!([])), ("object", json!({})), ("empty", json!(""))] {
        for (name, pointer, ceremonies) in MEMBERS.into_iter().filter(|(name, ..)| (*name, word) != ("response", "object")) {
            for ceremony in ceremonies {
                let mut played = play(Some(&format!("response-member-wrong-type,member={name},as={word},ceremony={ceremony}")));
                let (changed, expected) = match *ceremony {
                    "registration" => (&mut played.registration, &honest.registration),
                    _ => (&mut played.authentication, &honest.authentication),
                };
                let place = changed.pointer_mut(pointer).unwrap();
                assert_eq!(std::mem::replace(place, expected.pointer(pointer).unwrap().clone()), wrong, "{name}");
                assert_eq!((&played.registration, &played.authentication), (&honest.registration, &honest.authentication), "{name}");
                let path = pointer[1..].replace('/', ".");
                assert_eq!(played.decisions, [format!("`{path}` replaced by `{wrong}` in the response of the {ceremony}")]);
            }
        }
    }
}

#[test]
fn a_response_that_never_has_the_member_is_refused() {
    let refusal = |line: &str| {
        let spec: FaultSpec = line.parse().unwrap();
        registry::check(&spec, profile::find("iphone").unwrap()).expect_err(line).to_string()
    };
    assert_eq!(
        refusal("response-member-missing,member=signature,ceremony=registration"),
        "fault `response-member-missing`, parameter `ceremony`: the response of this ceremony has no `signature`; write `ceremony = \
         \"authentication\"`, or leave it out"
    );
    assert_eq!(
        refusal("response-member-missing,member=attestationObject,trigger.on-match.ceremony=authentication"),
        "fault `response-member-missing`, field `trigger.on-match.ceremony`: it is `authentication`, but the parameter `ceremony` is \
         `registration`, its default, so the fault can never fire; write the parameter `ceremony = \"authentication\"`, or leave \
         `on-match.ceremony` out"
    );
    assert_eq!(
        refusal("response-member-wrong-type,member=response,as=object"),
        "fault `response-member-wrong-type`, parameter `as`: `response` is an object already; choose another type, or the fault \
         `response-member-missing`"
    );
}

#[test]
fn the_decision_is_about_the_request_that_carries_the_response() {
    let mut device = Device::with("iphone", "response-member-missing,trigger.on-match.origin=https://broker.test");
    let registered = device.register();
    device.get(&[&registered.id]).unwrap();
    let entry = device.faults.fired()[0].entry;
    let entries = device.transcript.entries();
    let What::Decision { touches, layer, .. } = &entries[entry - 1].what else { panic!("not a decision") };
    assert_eq!((*touches, layer.as_str()), (Touches::Next(MessageKind::HttpRequest), "encoding"));
    assert!(matches!(entries[entry - 2].what, What::ClientResult { .. }));
}
