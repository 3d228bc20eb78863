//! What is said of options alone.

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use super::*;
use crate::check::Request;
use crate::facts::sample::{self, *};
use crate::facts::{Asked, Ceremony, Kind, StepSeen};
use crate::judge::options::{Challenges, excludes, looks, usernameless};
use crate::verdict::Found;

fn told(kind: Kind, member: &str, value: Value) -> Vec<Looked> {
    looks(&Ceremony { options: Some(at(9, options_with(kind, member, value))), ..ceremony(kind) })
}

fn found(looks: &[Looked]) -> Vec<Found> {
    looks
        .iter()
        .filter_map(|looked| match &looked.look {
            Look::Fails(found) => Some(found.clone()),
            _ => None,
        })
        .collect()
}

#[test]
fn good_options_are_looked_at_where_they_are() {
    let looks = told(Kind::Registration, "rp", json!({}));
    assert_eq!(checked(&looks), [CheckId::ChallengeShort, CheckId::TimeoutShort, CheckId::UserIdTooLong, CheckId::NameInUserId]);
    assert!(looks.iter().all(|looked| looked.look == Look::Holds && looked.exchange == Some(9)));
    assert!(looks.iter().all(|looked| looked.request == Request::RegistrationOptions));
    let authentication = told(Kind::Authentication, "rpId", json!("rp.test"));
    assert_eq!(checked(&authentication), [CheckId::ChallengeShort, CheckId::TimeoutShort]);
    assert!(authentication.iter().all(|looked| looked.request == Request::AuthenticationOptions));
}

#[test]
fn a_repetition_and_options_that_did_not_come_are_not_looked_at() {
    assert_eq!(looks(&Ceremony { repeated: true, ..ceremony(Kind::Authentication) }), []);
    assert_eq!(looks(&Ceremony { options: None, ..ceremony(Kind::Authentication) }), []);
    assert_eq!(looks(&Ceremony { options: Some(answer(400, "x", "", "")), ..ceremony(Kind::Authentication) }), []);
}

#[test]
fn a_challenge_has_16_bytes() {
    let of = |length: usize, padding: &str| {
        let text = BASE64URL_NOPAD.encode(&vec![1; length]) + padding;
        found(&told(Kind::Authentication, "challenge", json!(text)))
    };
    assert_eq!(of(15, ""), [Found::ChallengeBytes { bytes: 15 }]);
    assert_eq!(of(16, ""), []);
    assert_eq!(of(8, "="), [Found::ChallengeBytes { bytes: 8 }], "padded");
    assert_eq!(
        checked(&told(Kind::Authentication, "challenge", json!("?!"))),
        [CheckId::TimeoutShort],
        "what is no base64url has no length"
    );
}

#[test]
fn a_timeout_of_a_minute_is_enough() {
    let of = |timeout| found(&told(Kind::Authentication, "timeout", timeout));
    assert_eq!(of(json!(59_999)), [Found::Timeout { milliseconds: 59_999 }]);
    assert_eq!(of(json!(1)), [Found::Timeout { milliseconds: 1 }]);
    for fine in [json!(60_000), json!(0), json!(null), json!("1")] {
        assert_eq!(of(fine.clone()), [], "{fine}");
    }
}

#[test]
fn a_user_id_has_64_bytes_at_most_and_no_name_in_it() {
    let of = |id: &[u8], name: &str| found(&told(Kind::Registration, "user", json!({ "id": BASE64URL_NOPAD.encode(id), "name": name })));
    assert_eq!(of(&[9; 65], "mika"), [Found::UserIdBytes { bytes: 65 }]);
    assert_eq!(of(&[9; 64], "mika"), []);
    assert_eq!(of(b"mika", "mika"), [Found::UserIdHolds { name: "mika".to_owned() }]);
    assert_eq!(of(b"id-mik-1", "mik"), [Found::UserIdHolds { name: "mik".to_owned() }]);
    assert_eq!(of(b"id-mi-1", "mi"), [], "so short a name may stand in any id");
    assert_eq!(of(b"id-moka", "mika"), []);
    assert_eq!(of(b"m", "mika"), []);
    assert_eq!(checked(&told(Kind::Registration, "user", json!({ "name": "mika" }))), [CheckId::ChallengeShort, CheckId::TimeoutShort]);
}

#[test]
fn each_request_for_options_gets_a_challenge_of_its_own() {
    let mut challenges = Challenges::default();
    let mut count = |request, number| challenges.count(request, &at(9, options(&challenge(number)))).unwrap();
    let looked = |request, look| Looked { check: CheckId::ChallengeRepeated, request, exchange: Some(9), look };
    let (sign_in, register) = (Request::AuthenticationOptions, Request::RegistrationOptions);
    assert_eq!(count(sign_in, 1), looked(sign_in, Look::Holds));
    assert_eq!(count(sign_in, 2), looked(sign_in, Look::Holds));
    assert_eq!(count(register, 1), looked(register, Look::Holds), "counted for each request");
    assert_eq!(count(sign_in, 1), looked(sign_in, Look::Fails(Found::ChallengeRepeated { options: 3, challenges: 2 })));
    assert_eq!(count(sign_in, 1), looked(sign_in, Look::Fails(Found::ChallengeRepeated { options: 4, challenges: 2 })));
    assert_eq!(challenges.count(sign_in, &answer(400, "", "", "")), None);
}

fn register_with(selection: Value) -> Ceremony {
    Ceremony { options: Some(options_with(Kind::Registration, "authenticatorSelection", selection)), ..registered() }
}

fn sign_in_with(list: Value) -> Ceremony {
    Ceremony { options: Some(at(9, options_with(Kind::Authentication, "allowCredentials", list))), ..signed_in() }
}

#[test]
fn without_a_list_of_credentials_only_discoverable_ones_answer() {
    let look = |selection, list| usernameless(&register_with(selection), &sign_in_with(list)).unwrap();
    let fails = |resident_key: Option<&str>| Look::Fails(Found::NoAllowCredentials { resident_key: resident_key.map(str::to_owned) });
    let (preferred, empty) = (json!({ "residentKey": "preferred" }), json!([]));
    assert_eq!(
        look(preferred.clone(), empty.clone()),
        Looked {
            check: CheckId::UsernamelessImpossible,
            request: Request::RegistrationOptions,
            exchange: Some(9),
            look: fails(Some("preferred"))
        }
    );
    assert_eq!(look(json!({}), Value::Null).look, fails(None));
    assert_eq!(look(json!(null), empty.clone()).look, fails(None));
    assert_eq!(look(json!({ "requireResidentKey": false }), empty.clone()).look, fails(None));
    // WebAuthn-3 §5.4.4: residentKey, where it is said, counts.
    assert_eq!(look(json!({ "residentKey": "preferred", "requireResidentKey": true }), empty.clone()).look, fails(Some("preferred")));
    assert_eq!(look(json!({ "requireResidentKey": true }), empty.clone()).look, Look::Holds);
    assert_eq!(look(json!({ "residentKey": "required" }), empty.clone()).look, Look::Holds);
    assert_eq!(look(preferred.clone(), json!([{ "id": "k" }])).look, Look::Holds, "they are listed");

    let register = || register_with(preferred.clone());
    let nameless = Ceremony { usernameless: true, ..sign_in_with(empty.clone()) };
    assert_eq!(usernameless(&register(), &nameless), None, "nobody was named");
    let asked = Ceremony { asked: Asked { resident_key: true }, ..register() };
    assert_eq!(usernameless(&asked, &sign_in_with(empty.clone())), None, "not the relying party's choice");
    assert_eq!(usernameless(&register(), &register()), None);
    assert_eq!(usernameless(&register(), &Ceremony { options: None, ..sign_in_with(empty) }), None);
}

#[test]
fn a_second_registration_excludes_the_first() {
    let registered = |id: &str| Ceremony { client: Some(Ok(json!({ "id": id }))), ..sample::registered() };
    let again = |list| at(9, options_with(Kind::Registration, "excludeCredentials", list));
    let look = |list| excludes(&registered("AAEC"), &again(list)).unwrap();
    let listed = look(json!([{ "id": "AAAA" }, { "id": "AAEC" }]));
    assert_eq!(
        listed,
        Looked { check: CheckId::NoExcludeCredentials, request: Request::RegistrationOptions, exchange: Some(9), look: Look::Holds }
    );
    let fails = |excluded| Look::Fails(Found::NotExcluded { registered: "AAEC".to_owned(), excluded });
    assert_eq!(look(json!([{ "id": "AAAA" }])).look, fails(1));
    assert_eq!(look(json!([{ "type": "public-key" }])).look, fails(1));
    assert_eq!(look(json!(null)).look, fails(0));
    assert_eq!(excludes(&registered("AAEC"), &answer(400, "x", "", "")), None);
    assert_eq!(excludes(&Ceremony { client: None, ..registered("AAEC") }, &again(json!([]))), None);
}

#[test]
fn the_last_registration_that_was_accepted_counts() {
    let with_exchange = |exchange, ceremony: Ceremony| {
        let verify = ceremony.verify.map(|verify| at(exchange, verify));
        StepSeen::Ceremony(Box::new(Ceremony { verify, ..ceremony }))
    };
    let refusal = || Ceremony { kind: Kind::Registration, ..good_refusal() };
    let attempt = attempt(vec![
        with_exchange(11, registered()),
        with_exchange(12, registered()),
        with_exchange(13, refusal()),
        with_exchange(14, signed_in()),
        with_exchange(15, registered()),
    ]);
    let exchange = |before| crate::judge::options::registered(&attempt, before).and_then(Ceremony::exchange);
    assert_eq!([0, 1, 2, 4, 5].map(exchange), [None, Some(11), Some(12), Some(12), Some(15)]);
}
