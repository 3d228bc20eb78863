use super::*;
use crate::bench::platform::{CLIENT_PIN, Platform};
use crate::bench::{Answer, Bench, Members as Request, answer, assertion, field, passkey, registration, user};
use crate::config::{BuiltInVerification, Commands, Protection};
use crate::extension::{CredProtect, ExtensionData, Secret};
use crate::pin_uv::PinUvAuthProtocol;
use crate::{CommandSteps, Config};

const PIN: &str = "1234";
const COMMAND: u8 = 0x0A;
const BROKER: &str = "broker.test";

fn config() -> Config {
    Config {
        protection: Protection::full(),
        commands: Commands::full(),
        verification: BuiltInVerification::Absent,
        max_credentials: 10,
        ..Config::default()
    }
}

/// A key with a PIN, two credentials at broker.test and one at bank.test. The fourth is not discoverable.
fn filled(config: Config) -> Bench {
    let mut bench = Bench::new(config);
    let at = |request: Request, rp_id: &str| request.with(2, cbor::text_map([("id", Value::from(rp_id))]));
    for (number, rp_id) in [(1, BROKER), (2, "bank.test"), (3, BROKER)] {
        let request = at(passkey(number).options(&[("rk", true)], 7), rp_id);
        assert_eq!(bench.approve(0x01, request).status, Status::Ok, "{}", bench.why());
    }
    assert_eq!(bench.approve(0x01, registration().with(3, user(4))).status, Status::Ok);
    bench.set_pin(PIN);
    bench
}

fn token(bench: &mut Bench, permissions: Permissions, rp_id: Option<&str>) -> Vec<u8> {
    bench.token(PinUvAuthProtocol::Two, PIN, permissions, rp_id)
}

fn manager(bench: &mut Bench) -> Vec<u8> {
    token(bench, WRITE, None)
}

fn request(subcommand: u8, params: Option<Value>) -> Request {
    let request = Request(Vec::new()).with(1, Value::from(subcommand));
    match params {
        Some(params) => request.with(2, params),
        None => request,
    }
}

/// The same, signed with a token.
fn signed(subcommand: u8, params: Option<Value>, token: &[u8]) -> Request {
    let mut message = vec![subcommand];
    message.extend(params.as_ref().map(cbor::write).unwrap_or_default());
    let param = PinUvAuthProtocol::Two.authenticate(token, &message);
    request(subcommand, params).with(3, Value::from(2)).with(4, Value::Bytes(param))
}

fn send(bench: &mut Bench, request: Request) -> Answer {
    answer(bench.send(COMMAND, request))
}

fn of_rp(rp_id: &str) -> Option<Value> {
    Some(cbor::int_map([(1, Value::Bytes(Sha256::digest(rp_id).to_vec()))]))
}

fn descriptor(id: &CredentialId) -> Value {
    cbor::text_map([("id", Value::Bytes(id.0.clone())), ("type", Value::from("public-key"))])
}

fn ids(bench: &Bench) -> Vec<u8> {
    bench.key.store().credentials().unwrap().iter().map(|credential| credential.user.id[0]).collect()
}

fn rp_of(answer: &Answer) -> String {
    let id = field(answer.member(3).unwrap(), "id").unwrap().as_text().unwrap().to_owned();
    assert_eq!(answer.member(4), Some(&Value::Bytes(Sha256::digest(&id).to_vec())));
    id
}

fn user_of(answer: &Answer) -> u8 {
    field(answer.member(6).unwrap(), "id").unwrap().as_bytes().unwrap()[0]
}

#[test]
fn metadata_counts_discoverable_credentials_and_the_room_left() {
    let mut bench = filled(config());
    let token = manager(&mut bench);
    let reply = send(&mut bench, signed(1, None, &token));
    assert_eq!((reply.status, reply.member(1), reply.member(2)), (Status::Ok, Some(&Value::from(3)), Some(&Value::from(6))));
}

#[test]
fn relying_parties_are_told_one_by_one() {
    let mut bench = filled(config());
    let token = manager(&mut bench);
    let first = send(&mut bench, signed(2, None, &token));
    assert_eq!((rp_of(&first).as_str(), first.member(5)), (BROKER, Some(&Value::from(2))));
    let second = send(&mut bench, request(3, None));
    assert_eq!((rp_of(&second).as_str(), second.member(5)), ("bank.test", None));
    assert_eq!(send(&mut bench, request(3, None)).status, Status::NotAllowed);
    assert_eq!(bench.why(), "CTAP2_ERR_NOT_ALLOWED (0x30): no enumeration of this kind came just before, or all of it was told");
}

#[test]
fn credentials_are_told_one_by_one_with_what_extensions_keep() {
    let mut bench = filled(config());
    let stored = bench.key.store().credentials().unwrap();
    let kept = ExtensionData {
        cred_protect: CredProtect::UserVerificationRequired,
        large_blob_key: Some(Secret([7; 32])),
        third_party_payment: true,
        ..ExtensionData::default()
    };
    bench.key.change(&[Change::Put(Credential { extensions: kept, ..stored[0].clone() })]);
    let token = manager(&mut bench);
    let first = send(&mut bench, signed(4, of_rp(BROKER), &token));
    let numbers = |reply: &Answer| -> Vec<i64> {
        reply.tree.as_map().unwrap().iter().map(|(number, _)| number.as_integer().unwrap().try_into().unwrap()).collect()
    };
    assert_eq!(numbers(&first), [6, 7, 8, 9, 10, 11, 12]);
    assert_eq!((user_of(&first), first.member(9)), (1, Some(&Value::from(2))));
    assert_eq!(field(first.member(6).unwrap(), "displayName"), Some(&Value::from("Taro")));
    assert_eq!(first.member(7), Some(&descriptor(&stored[0].id)));
    let KeyState::Usable(key) = &stored[0].key else { panic!("no key") };
    assert_eq!(first.member(8), Some(&key.cose_public_key().unwrap()));
    assert_eq!(first.member(10), Some(&Value::from(3)));
    assert_eq!((first.member(11), first.member(12)), (Some(&Value::Bytes(vec![7; 32])), Some(&Value::from(true))));
    let second = send(&mut bench, request(5, None));
    assert_eq!((numbers(&second), user_of(&second)), (vec![6, 7, 8, 10], 3));
    assert_eq!(second.member(10), Some(&Value::from(1)));
    assert_eq!(send(&mut bench, request(5, None)).status, Status::NotAllowed);
}

#[test]
fn an_enumeration_is_lost_after_another_command_half_a_minute_and_power() {
    let mut bench = filled(config());
    for (begin, params, next) in [(2, None, 3), (4, of_rp(BROKER), 5)] {
        let disturb: [fn(&mut Bench); 4] = [
            |bench| drop(bench.bare(0x04)),
            |bench| drop(bench.key.handle(bench.now, &[0x0A, 0xFF])),
            |bench| bench.now += TIMER + Duration::from_millis(1),
            |bench| bench.key.power_cycle(bench.now),
        ];
        for (number, disturb) in disturb.into_iter().enumerate() {
            let token = manager(&mut bench);
            assert_eq!(send(&mut bench, signed(begin, params.clone(), &token)).status, Status::Ok);
            disturb(&mut bench);
            assert_eq!(send(&mut bench, request(next, None)).status, Status::NotAllowed, "{begin} {number}");
        }
        // The other kind's next is none either, and 30 seconds are allowed.
        let token = manager(&mut bench);
        assert_eq!(send(&mut bench, signed(begin, params.clone(), &token)).status, Status::Ok);
        bench.now += TIMER;
        assert_eq!(send(&mut bench, request(next, None)).status, Status::Ok);
        assert_eq!(send(&mut bench, request(8 - next, None)).status, Status::NotAllowed);
        assert_eq!(send(&mut bench, request(next, None)).status, Status::NotAllowed);
    }
}

#[test]
fn a_credential_that_went_in_between_is_not_told() {
    let mut bench = filled(config());
    let token = manager(&mut bench);
    assert_eq!(send(&mut bench, signed(4, of_rp(BROKER), &token)).status, Status::Ok);
    bench.key.apply(crate::Effect::KeyInvalidated).unwrap();
    assert_eq!(send(&mut bench, request(5, None)).status, Status::NotAllowed);
    // Without a public key none is listed, but each can be deleted.
    assert_eq!(send(&mut bench, signed(2, None, &token)).status, Status::NoCredentials);
    let id = bench.key.store().credentials().unwrap()[0].id.clone();
    let params = Some(cbor::int_map([(2, descriptor(&id))]));
    assert_eq!(send(&mut bench, signed(6, params, &token)).status, Status::Ok);
    assert_eq!(ids(&bench), [2, 3, 4]);
}

#[test]
fn a_credential_is_deleted_durably_and_room_comes_back() {
    let mut bench = filled(config());
    let token = manager(&mut bench);
    let gone = bench.key.store().credentials().unwrap()[0].id.clone();
    let params = Some(cbor::int_map([(2, descriptor(&gone))]));
    let reply = send(&mut bench, signed(6, params.clone(), &token));
    assert_eq!((reply.status, reply.tree), (Status::Ok, Value::Null));
    assert_eq!(ids(&bench), [2, 3, 4]);
    assert_eq!(send(&mut bench, signed(6, params, &token)).status, Status::NoCredentials);
    assert_eq!(send(&mut bench, signed(1, None, &token)).member(2), Some(&Value::from(7)));
    // A credential that isn't discoverable isn't managed.
    let hidden = bench.key.store().credentials().unwrap()[2].id.clone();
    let params = Some(cbor::int_map([(2, descriptor(&hidden))]));
    assert_eq!(send(&mut bench, signed(6, params, &token)).status, Status::NoCredentials);
    assert_eq!(ids(&bench), [2, 3, 4]);
}

#[test]
fn names_are_replaced_and_absent_or_empty_ones_removed() {
    let mut bench = filled(config());
    let token = manager(&mut bench);
    let before = bench.key.store().credentials().unwrap();
    let update = |user: Value| Some(cbor::int_map([(2, descriptor(&before[0].id)), (3, user)]));
    let id = || Value::Bytes(vec![1]);
    let user = cbor::text_map([("id", id()), ("name", Value::from("花子"))]);
    assert_eq!(send(&mut bench, signed(7, update(user), &token)).status, Status::Ok);
    let named = UserEntity { id: vec![1], name: Some("花子".to_owned()), display_name: None };
    let mut after = before.clone();
    after[0].user = named;
    assert_eq!(bench.key.store().credentials().unwrap(), after);
    let user = cbor::text_map([("id", id()), ("name", Value::from("")), ("displayName", Value::from("Hanako"))]);
    assert_eq!(send(&mut bench, signed(7, update(user), &token)).status, Status::Ok);
    after[0].user = UserEntity { id: vec![1], name: None, display_name: Some("Hanako".to_owned()) };
    assert_eq!(bench.key.store().credentials().unwrap(), after);
    // Another handle is another account.
    let user = cbor::text_map([("id", Value::Bytes(vec![9])), ("name", Value::from("x"))]);
    assert_eq!(send(&mut bench, signed(7, update(user), &token)).status, Status::InvalidParameter);
    let params = cbor::int_map([(2, descriptor(&CredentialId(vec![9; 16]))), (3, cbor::text_map([("id", id())]))]);
    assert_eq!(send(&mut bench, signed(7, Some(params), &token)).status, Status::NoCredentials);
    assert_eq!(bench.key.store().credentials().unwrap(), after);
}

#[test]
fn permission_and_relying_party_of_the_token_decide() {
    let mut bench = filled(config());
    let credentials = bench.key.store().credentials().unwrap();
    let delete = |number: usize| Some(cbor::int_map([(2, descriptor(&credentials[number].id))]));
    let update = |number: usize| {
        let user = cbor::text_map([("id", Value::Bytes(credentials[number].user.id.clone()))]);
        Some(cbor::int_map([(2, descriptor(&credentials[number].id)), (3, user)]))
    };
    let all = |number: usize| [(1, None), (2, None), (4, of_rp(&credentials[number].rp_id)), (6, delete(number)), (7, update(number))];
    // Tokens without the permission.
    for permissions in [Permissions::BIO_ENROLLMENT, Permissions::LARGE_BLOB_WRITE, Permissions::AUTHENTICATOR_CONFIG] {
        let Some(token) = other_token(&mut bench, permissions) else { continue };
        for (subcommand, params) in all(0) {
            assert_eq!(send(&mut bench, signed(subcommand, params, &token)).status, Status::PinAuthInvalid, "{permissions:?} {subcommand}");
        }
    }
    // A token for one relying party: nothing over all of them, nothing of another's.
    let bound = token(&mut bench, WRITE, Some(BROKER));
    let refused = Status::PinAuthInvalid;
    for (subcommand, params, status) in
        [(1, None, refused), (2, None, refused), (4, of_rp("bank.test"), refused), (4, of_rp(BROKER), Status::Ok)]
    {
        assert_eq!(send(&mut bench, signed(subcommand, params, &bound)).status, status, "{subcommand}");
    }
    for (params, status) in [(update(1), refused), (update(0), Status::Ok)] {
        assert_eq!(send(&mut bench, signed(7, params, &bound)).status, status);
    }
    for (params, status) in [(delete(1), refused), (delete(0), Status::Ok)] {
        assert_eq!(send(&mut bench, signed(6, params, &bound)).status, status);
    }
    assert_eq!(ids(&bench), [2, 3, 4]);
}

/// A token with this permission alone, if the device gives one for a PIN.
fn other_token(bench: &mut Bench, permissions: Permissions) -> Option<Vec<u8>> {
    let mut platform = Platform::connect(bench, PinUvAuthProtocol::Two);
    let reply = bench.approve(CLIENT_PIN, platform.with_pin(PIN, permissions, None));
    (reply.status == Status::Ok).then(|| platform.token(&reply))
}

#[test]
fn the_persistent_token_reads_and_never_writes() {
    let mut bench = filled(config());
    let persistent = token(&mut bench, Permissions::PERSISTENT_CREDENTIAL_MANAGEMENT_READ, None);
    // It outlives power.
    bench.key.power_cycle(bench.now);
    for (subcommand, params) in [(1, None), (2, None), (4, of_rp(BROKER))] {
        assert_eq!(send(&mut bench, signed(subcommand, params, &persistent)).status, Status::Ok, "{subcommand}: {}", bench.why());
    }
    assert_eq!(send(&mut bench, request(5, None)).status, Status::Ok);
    let before = bench.key.store().credentials().unwrap();
    let user = cbor::text_map([("id", Value::Bytes(vec![1]))]);
    for (subcommand, params) in
        [(6, cbor::int_map([(2, descriptor(&before[0].id))])), (7, cbor::int_map([(2, descriptor(&before[0].id)), (3, user)]))]
    {
        let reply = send(&mut bench, signed(subcommand, Some(params.clone()), &persistent));
        assert_eq!(reply.status, Status::PinAuthInvalid);
        // Nor through the prototype.
        let reply = answer(bench.send(0x41, signed(subcommand, Some(params), &persistent)));
        assert_ne!(reply.status, Status::Ok);
    }
    assert_eq!(bench.key.store().credentials().unwrap(), before);
}

#[test]
fn what_is_missing_or_wrong_gets_its_status() {
    let mut bench = filled(config());
    let token = manager(&mut bench);
    let why = |bench: &mut Bench, request: Request| {
        let status = send(bench, request).status;
        assert!(bench.why().starts_with(status.name()));
        (status, bench.why().split_once(": ").unwrap().1.to_owned())
    };
    // Without pinUvAuthParam nothing else matters.
    for subcommand in [1, 2, 4, 6, 7] {
        assert_eq!(send(&mut bench, request(subcommand, None)).status, Status::PuatRequired, "{subcommand}");
    }
    for (subcommand, params, member) in [
        (4, None, "member 0x02 (subCommandParams)"),
        (4, Some(cbor::int_map([])), "subCommandParams member 0x01 (rpIDHash)"),
        (6, Some(cbor::int_map([])), "subCommandParams member 0x02 (credentialID)"),
        (7, Some(cbor::int_map([])), "subCommandParams member 0x03 (user)"),
    ] {
        let expected = (Status::MissingParameter, format!("credentialManagement {member} is missing"));
        assert_eq!(why(&mut bench, signed(subcommand, params, &token)), expected);
    }
    assert_eq!(why(&mut bench, Request(Vec::new())).0, Status::MissingParameter);
    assert_eq!(send(&mut bench, signed(1, None, &token).without(3)).status, Status::MissingParameter);
    assert_eq!(send(&mut bench, signed(1, None, &token).with(3, Value::from(3))).status, Status::InvalidParameter);
    assert_eq!(send(&mut bench, signed(1, None, &[9; 32])).status, Status::PinAuthInvalid);
    assert_eq!(send(&mut bench, signed(2, None, &token).with(1, Value::from(1))).status, Status::PinAuthInvalid);
    for subcommand in [0, 8] {
        assert_eq!(send(&mut bench, signed(subcommand, None, &token)).status, Status::InvalidSubcommand);
    }
    assert_eq!(send(&mut bench, request(1, None).with(1, Value::from(256))).status, Status::InvalidSubcommand);
    assert_eq!(send(&mut bench, signed(4, of_rp("other.test"), &token)).status, Status::NoCredentials);
    // A key without credentials, and one on which no PIN was ever set.
    let mut empty = Bench::new(config());
    assert_eq!(send(&mut empty, signed(1, None, &token)).status, Status::PinAuthInvalid);
    empty.set_pin(PIN);
    let token = manager(&mut empty);
    let reply = send(&mut empty, signed(1, None, &token));
    assert_eq!((reply.member(1), reply.member(2)), (Some(&Value::from(0)), Some(&Value::from(10))));
    assert_eq!(send(&mut empty, signed(2, None, &token)).status, Status::NoCredentials);
}

#[test]
fn the_prototype_takes_a_plain_pin_token_and_renames_nobody() {
    let mut bench = filled(config());
    let mut platform = Platform::connect(&mut bench, PinUvAuthProtocol::Two);
    let reply = bench.approve(CLIENT_PIN, platform.get_pin_token(PIN));
    let token = platform.token(&reply);
    // It is no token for the command proper.
    assert_eq!(send(&mut bench, signed(1, None, &token)).status, Status::PinAuthInvalid);
    let mut prototype = |subcommand, params| answer(bench.send(0x41, signed(subcommand, params, &token)));
    assert_eq!(prototype(1, None).member(1), Some(&Value::from(3)));
    assert_eq!(rp_of(&prototype(2, None)), BROKER);
    assert_eq!(rp_of(&prototype(3, None)), "bank.test");
    assert_eq!(user_of(&prototype(4, of_rp("bank.test"))), 2);
    assert_eq!(prototype(7, None).status, Status::InvalidSubcommand);
    let id = bench.key.store().credentials().unwrap()[1].id.clone();
    let params = Some(cbor::int_map([(2, descriptor(&id))]));
    assert_eq!(answer(bench.send(0x41, signed(6, params, &token))).status, Status::Ok);
    assert_eq!(ids(&bench), [1, 3, 4]);
}

#[test]
fn a_device_without_it_has_no_such_command() {
    for credential_management in [false, true] {
        let mut bench = Bench::new(Config { commands: Commands { credential_management, ..Commands::default() }, ..config() });
        let expected = if credential_management { Status::PuatRequired } else { Status::InvalidCommand };
        assert_eq!(send(&mut bench, request(1, None)).status, expected);
        assert_eq!(answer(bench.send(0x41, request(1, None))).status, Status::InvalidCommand);
        // Even if its parameters are none.
        assert_eq!(answer(bench.bare(0x41)).status, Status::InvalidCommand);
    }
}

#[test]
fn what_was_deleted_does_not_sign_in_any_more() {
    let mut bench = filled(config());
    let token = manager(&mut bench);
    for credential in
        bench.key.store().credentials().unwrap().iter().filter(|credential| credential.rp_id == BROKER && credential.discoverable)
    {
        let params = Some(cbor::int_map([(2, descriptor(&credential.id))]));
        assert_eq!(send(&mut bench, signed(6, params, &token)).status, Status::Ok);
    }
    assert_eq!(bench.approve(0x02, assertion()).status, Status::NoCredentials);
}
