use super::*;
use serde_json::{Map, json};

fn minimal() -> Value {
    json!({
        "rp": {"name": "Broker"},
        "user": {"id": "AQI", "name": "hanako", "displayName": "花子"},
        "challenge": "AAEC",
        "pubKeyCredParams": [],
    })
}

/// The minimal options with one member replaced, named by its JSON pointer; `null` of the outer `Option` removes it.
fn with(pointer: &str, value: Option<Value>) -> Value {
    let mut options = minimal();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = options.pointer_mut(parent).and_then(Value::as_object_mut).unwrap();
    match value {
        Some(value) => parent.insert(name.into(), value),
        None => parent.remove(name),
    };
    options
}

fn parse(pointer: &str, value: Value) -> CreationOptions {
    CreationOptions::parse(&with(pointer, Some(value))).unwrap()
}

fn refusal(pointer: &str, value: Option<Value>) -> String {
    let exception = CreationOptions::parse(&with(pointer, value)).unwrap_err();
    assert_eq!(exception.because, crate::dom_exception::Because::Caller);
    exception.to_string().replace(" The relying party's options need correcting.", "")
}

#[test]
fn fills_in_the_defaults() {
    assert_eq!(
        CreationOptions::parse(&minimal()).unwrap(),
        CreationOptions {
            rp_id: None,
            rp_name: "Broker".into(),
            user: PublicKeyUser { id: vec![1, 2], name: "hanako".into(), display_name: "花子".into() },
            challenge: vec![0, 1, 2],
            algorithms: vec![-7, -257],
            timeout: None,
            exclude: Descriptors::default(),
            attachment: None,
            hints: vec![],
            discoverable: Requirement::Discouraged,
            user_verification: Requirement::Preferred,
            attestation_conveyed: false,
            enterprise: false,
            attestation_formats: vec![],
            cred_props: false,
            extensions: CreationExtensions::default(),
        }
    );
}

#[test]
fn an_explicit_null_counts_as_absent_where_web_idl_makes_it_so() {
    let mut options = minimal();
    for name in ["authenticatorSelection", "extensions", "attestation", "timeout"] {
        options[name] = Value::Null;
    }
    assert_eq!(CreationOptions::parse(&options).unwrap(), CreationOptions::parse(&minimal()).unwrap());
}

#[test]
fn resident_key_goes_before_require_resident_key() {
    let read = |selection: Value| parse("/authenticatorSelection", selection).discoverable;
    assert_eq!(read(json!({"residentKey": "required"})), Requirement::Required);
    assert_eq!(read(json!({"residentKey": "preferred"})), Requirement::Preferred);
    assert_eq!(read(json!({"residentKey": "discouraged", "requireResidentKey": true})), Requirement::Discouraged);
    assert_eq!(read(json!({"requireResidentKey": true})), Requirement::Required);
    assert_eq!(read(json!({"residentKey": "something-new", "requireResidentKey": true})), Requirement::Required);
    assert_eq!(read(json!({})), Requirement::Discouraged);
}

#[test]
fn unknown_values_count_as_absent() {
    let selection = json!({"authenticatorAttachment": "implanted", "userVerification": "telepathic"});
    let options = parse("/authenticatorSelection", selection);
    assert_eq!((options.attachment, options.user_verification), (None, Requirement::Preferred));
    assert!(!parse("/attestation", json!("notarized")).attestation_conveyed);
    assert!(parse("/attestation", json!("direct")).attestation_conveyed);
    let enterprise = parse("/attestation", json!("enterprise"));
    assert!(enterprise.attestation_conveyed && enterprise.enterprise);
    assert!(parse("/attestation", json!("indirect")).attestation_conveyed);
}

#[test]
fn algorithms_of_an_unknown_type_are_skipped() {
    let options = parse(
        "/pubKeyCredParams",
        json!([{"type": "public-key", "alg": -8}, {"type": "new", "alg": 1}, {"type": "public-key", "alg": "-7"}]),
    );
    assert_eq!(options.algorithms, [-8, -7], "browsers convert a number in a string");
    assert_eq!(
        refusal("/pubKeyCredParams", Some(json!([{"type": "new", "alg": 1}]))),
        "NotSupportedError: publicKey.pubKeyCredParams: no entry has the type \"public-key\"."
    );
}

#[test]
fn cred_props_must_be_true() {
    assert!(parse("/extensions", json!({"credProps": true, "unknown": 1})).cred_props);
    assert!(!parse("/extensions", json!({"credProps": false})).cred_props);
}

#[test]
fn the_user_handle_has_1_to_64_bytes() {
    let of_length = |length| json!(data_encoding::BASE64URL_NOPAD.encode(&vec![7; length]));
    assert_eq!(parse("/user/id", of_length(64)).user.id.len(), 64);
    assert_eq!(
        refusal("/user/id", Some(of_length(65))),
        "TypeError: publicKey.user.id: 65 bytes after base64url decoding; 1 to 64 are allowed."
    );
    assert_eq!(
        refusal("/user/id", Some(of_length(0))),
        "TypeError: publicKey.user.id: 0 bytes after base64url decoding; 1 to 64 are allowed."
    );
}

#[test]
fn an_error_names_the_member_and_what_is_wrong() {
    let cases = [
        ("/rp", None, "TypeError: publicKey.rp: missing."),
        ("/rp/name", None, "TypeError: publicKey.rp.name: missing."),
        ("/rp/id", Some(json!(7)), "TypeError: publicKey.rp.id: expected a string, found the number 7."),
        ("/user/displayName", None, "TypeError: publicKey.user.displayName: missing."),
        ("/user/id", Some(json!("用戶")), "EncodingError: publicKey.user.id: not base64url: found the string \"用戶\"."),
        (
            "/challenge",
            Some(json!("AA==")),
            "EncodingError: publicKey.challenge: not base64url: it has padding (`=`), which must be left off.",
        ),
        ("/challenge", Some(json!({"0": 1})), "TypeError: publicKey.challenge: expected a string, found an object."),
        ("/pubKeyCredParams", Some(json!({})), "TypeError: publicKey.pubKeyCredParams: expected a list, found an object."),
        (
            "/pubKeyCredParams",
            Some(json!([{"type": "public-key", "alg": "ES256"}])),
            "TypeError: publicKey.pubKeyCredParams[0].alg: expected an integer, found the string \"ES256\".",
        ),
        ("/pubKeyCredParams", Some(json!([-7])), "TypeError: publicKey.pubKeyCredParams[0]: expected an object, found the number -7."),
        ("/excludeCredentials", Some(json!([{"type": "public-key"}])), "TypeError: publicKey.excludeCredentials[0].id: missing."),
        ("/timeout", Some(json!(-1)), "TypeError: publicKey.timeout: expected a number of milliseconds, found the number -1."),
        (
            "/authenticatorSelection",
            Some(json!({"requireResidentKey": "yes"})),
            "TypeError: publicKey.authenticatorSelection.requireResidentKey: expected true or false, found the string \"yes\".",
        ),
        ("/hints", Some(json!("hybrid")), "TypeError: publicKey.hints: expected a list, found the string \"hybrid\"."),
        ("/extensions", Some(json!(true)), "TypeError: publicKey.extensions: expected an object, found true."),
    ];
    for (pointer, value, message) in cases {
        assert_eq!(refusal(pointer, value), message);
    }
    let empty = CreationOptions::parse(&Value::Object(Map::new())).unwrap_err();
    assert_eq!(empty.to_string(), "TypeError: publicKey.rp: missing. The relying party's options need correcting.");
}

#[test]
fn a_fraction_of_a_millisecond_is_cut_off() {
    assert_eq!(parse("/timeout", json!(1500.9)).timeout, Some(Duration::from_millis(1500)));
}

#[test]
fn names_are_made_text_as_browsers_do() {
    for (value, name) in
        [(json!([]), ""), (json!(["a", null, 7]), "a,,7"), (json!(7), "7"), (json!(true), "true"), (json!({}), "[object Object]")]
    {
        assert_eq!(parse("/user/displayName", value.clone()).user.display_name, name);
        assert_eq!(parse("/rp/name", value).rp_name, name);
    }
}
