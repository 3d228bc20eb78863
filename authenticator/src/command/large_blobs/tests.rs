use super::*;
use crate::Config;
use crate::bench::platform::{CLIENT_PIN, Platform};
use crate::bench::{Answer, Bench, Members as Request, answer};
use crate::config::{BuiltInVerification, Commands, Protection};
use crate::pin_uv::PinUvAuthProtocol;
use crate::store::SledStore;

const COMMAND: u8 = 0x0C;
const PIN: &str = "1234";
const CAPACITY: usize = 2_048;

fn config() -> Config {
    Config {
        protection: Protection::full(),
        commands: Commands { large_blobs: Some(CAPACITY), ..Commands::default() },
        verification: BuiltInVerification::Absent,
        max_message_size: 1_200,
        ..Config::default()
    }
}

/// A serialized array of `length` bytes whose content is `fill`.
fn array_of(length: usize, fill: u8) -> Vec<u8> {
    let content = vec![fill; length - HASH];
    let hash = Sha256::digest(&content);
    [content.as_slice(), &hash[..HASH]].concat()
}

fn reading(count: u64, offset: u64) -> Request {
    Request(Vec::new()).with(1, Value::from(count)).with(3, Value::from(offset))
}

fn writing(fragment: &[u8], offset: u64, length: Option<usize>) -> Request {
    let request = Request(Vec::new()).with(2, Value::Bytes(fragment.to_vec())).with(3, Value::from(offset));
    match length {
        Some(length) => request.with(4, Value::from(length as u64)),
        None => request,
    }
}

fn signed(request: Request, fragment: &[u8], offset: u32, token: &[u8]) -> Request {
    let message = [&[0xff; 32][..], &[0x0c, 0], &offset.to_le_bytes(), &Sha256::digest(fragment)].concat();
    let param = PinUvAuthProtocol::Two.authenticate(token, &message);
    request.with(5, Value::Bytes(param)).with(6, Value::from(2))
}

fn send(bench: &mut Bench, request: Request) -> Answer {
    answer(bench.send(COMMAND, request))
}

fn stored(bench: &mut Bench) -> Vec<u8> {
    let mut array = Vec::new();
    loop {
        let reply = send(bench, reading(1_000, array.len() as u64));
        let part = reply.member(1).and_then(Value::as_bytes).unwrap().clone();
        array.extend_from_slice(&part);
        if part.len() < 1_000 {
            return array;
        }
    }
}

#[test]
fn it_begins_as_an_empty_array_that_is_intact() {
    let mut bench = Bench::new(config());
    assert!(is_intact(&INITIAL));
    assert_eq!(stored(&mut bench), INITIAL);
    // From any offset up to the end, and no more than asked for.
    for (count, offset, expected) in [(5, 0, &INITIAL[..5]), (5, 15, &INITIAL[15..]), (5, 17, &[]), (0, 3, &[])] {
        assert_eq!(send(&mut bench, reading(count, offset)).member(1), Some(&Value::Bytes(expected.to_vec())));
    }
    assert_eq!(send(&mut bench, reading(5, 18)).status, Status::InvalidParameter);
}

#[test]
fn an_array_is_written_in_fragments_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let store = SledStore::open(folder.path(), "key").unwrap();
    let mut bench = Bench::over(config(), Box::new(store));
    let array = array_of(CAPACITY, 7);
    for (offset, fragment) in [(0, &array[..1_136]), (1_136, &array[1_136..2_000]), (2_000, &array[2_000..])] {
        // Until the last one came, the old array stands.
        assert_eq!(stored(&mut bench), INITIAL);
        let reply = send(&mut bench, writing(fragment, offset, (offset == 0).then_some(CAPACITY)));
        assert_eq!((reply.status, reply.tree), (Status::Ok, Value::Null), "{}", bench.why());
    }
    assert_eq!(stored(&mut bench), array);
    drop(bench);
    let store = SledStore::open(folder.path(), "key").unwrap();
    let mut bench = Bench::over(config(), Box::new(store));
    assert_eq!(stored(&mut bench), array);
    // A reset makes it an empty array again.
    let _ = bench.bare(0x07);
    assert_eq!(answer(bench.answer(crate::UserAnswer::Approve)).status, Status::Ok);
    assert_eq!(stored(&mut bench), INITIAL);
}

#[test]
fn fragments_come_in_order() {
    let mut bench = Bench::new(config());
    let array = array_of(100, 1);
    let seq = Status::InvalidSeq;
    // A later fragment without a first, or after a gap, or twice.
    assert_eq!(send(&mut bench, writing(&array[10..], 10, None)).status, seq);
    assert_eq!(send(&mut bench, writing(&array[..10], 0, Some(100))).status, Status::Ok);
    assert_eq!(send(&mut bench, writing(&array[11..], 11, None)).status, seq);
    assert_eq!(send(&mut bench, writing(&array[10..20], 10, None)).status, Status::Ok);
    assert_eq!(send(&mut bench, writing(&array[10..20], 10, None)).status, seq);
    // A new first fragment begins anew, and power forgets what came.
    assert_eq!(send(&mut bench, writing(&array[..50], 0, Some(100))).status, Status::Ok);
    bench.key.power_cycle(bench.now);
    assert_eq!(send(&mut bench, writing(&array[50..], 50, None)).status, seq);
    assert_eq!(stored(&mut bench), INITIAL);
    assert_eq!(send(&mut bench, writing(&array, 0, Some(100))).status, Status::Ok);
    assert_eq!(stored(&mut bench), array);
    // Nothing goes on after the end.
    assert_eq!(send(&mut bench, writing(&array, 100, None)).status, seq);
}

#[test]
fn what_is_not_intact_is_not_kept() {
    let mut bench = Bench::new(config());
    let old = array_of(40, 1);
    assert_eq!(send(&mut bench, writing(&old, 0, Some(40))).status, Status::Ok);
    for bit in [0, 23 * 8, 24 * 8, 39 * 8 + 7] {
        let mut array = array_of(40, 2);
        array[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(send(&mut bench, writing(&array, 0, Some(40))).status, Status::IntegrityFailure);
        assert_eq!(bench.why(), "CTAP2_ERR_INTEGRITY_FAILURE (0x3D): the array does not end with the first 16 bytes of its SHA-256");
        assert_eq!(stored(&mut bench), old);
    }
}

#[test]
fn sizes_have_limits() {
    let mut bench = Bench::new(config());
    // maxFragmentLength is 1,200 - 64.
    assert_eq!(send(&mut bench, reading(1_136, 0)).status, Status::Ok);
    assert_eq!(send(&mut bench, reading(1_137, 0)).status, Status::InvalidLength);
    assert_eq!(send(&mut bench, writing(&[0; 1_137], 0, Some(2_000))).status, Status::InvalidLength);
    for (length, status) in
        [(16, Status::InvalidParameter), (17, Status::Ok), (CAPACITY, Status::Ok), (CAPACITY + 1, Status::LargeBlobStorageFull)]
    {
        assert_eq!(send(&mut bench, writing(&[1; 10], 0, Some(length))).status, status, "{length}");
    }
    // Beyond what was announced.
    assert_eq!(send(&mut bench, writing(&[1; 18], 0, Some(17))).status, Status::InvalidParameter);
    assert_eq!(stored(&mut bench), INITIAL);
}

#[test]
fn each_combination_of_members_that_makes_no_sense_is_refused() {
    let mut bench = Bench::new(config());
    let array = array_of(40, 1);
    for (request, why) in [
        (reading(1, 0).without(3), "largeBlobs has no offset"),
        (reading(1, 0).without(1), "largeBlobs has neither get nor set"),
        (reading(1, 0).with(2, Value::Bytes(vec![1])), "largeBlobs has both get and set"),
        (reading(1, 0).with(4, Value::from(1)), "length comes with get"),
        (reading(1, 0).with(5, Value::Bytes(vec![1])), "pinUvAuthParam or pinUvAuthProtocol comes with get"),
        (reading(1, 0).with(6, Value::from(1)), "pinUvAuthParam or pinUvAuthProtocol comes with get"),
        (writing(&array, 0, None), "the first fragment comes without length"),
        (writing(&array, 10, Some(40)), "length comes with a later fragment"),
    ] {
        assert_eq!(send(&mut bench, request).status, Status::InvalidParameter);
        assert_eq!(bench.why(), format!("CTAP1_ERR_INVALID_PARAMETER (0x02): {why}"));
    }
    assert_eq!(send(&mut bench, reading(1, 0).with(1, Value::from("1"))).status, Status::CborUnexpectedType);
}

#[test]
fn with_a_pin_each_fragment_needs_a_token_with_the_permission() {
    let mut bench = Bench::new(config());
    bench.set_pin(PIN);
    let array = array_of(60, 3);
    let token = bench.token(PinUvAuthProtocol::Two, PIN, Permissions::LARGE_BLOB_WRITE, None);
    let (first, second) = array.split_at(30);
    let begin = || writing(first, 0, Some(60));
    assert_eq!(send(&mut bench, begin()).status, Status::PuatRequired);
    assert_eq!(send(&mut bench, signed(begin(), first, 0, &token).without(6)).status, Status::MissingParameter);
    assert_eq!(send(&mut bench, signed(begin(), first, 0, &token).with(6, Value::from(9))).status, Status::InvalidParameter);
    // Signed for another offset, another fragment, with another token.
    for (signed_fragment, offset, key) in [(first, 1, token.as_slice()), (second, 0, token.as_slice()), (first, 0, [9; 32].as_slice())] {
        assert_eq!(send(&mut bench, signed(begin(), signed_fragment, offset, key)).status, Status::PinAuthInvalid);
    }
    assert_eq!(send(&mut bench, signed(begin(), first, 0, &token)).status, Status::Ok, "{}", bench.why());
    assert_eq!(send(&mut bench, writing(second, 30, None)).status, Status::PuatRequired);
    assert_eq!(send(&mut bench, signed(writing(second, 30, None), second, 30, &token)).status, Status::Ok);
    assert_eq!(stored(&mut bench), array);
    // Another permission will not do.
    let mut platform = Platform::connect(&mut bench, PinUvAuthProtocol::Two);
    let reply = bench.approve(CLIENT_PIN, platform.with_pin(PIN, Permissions::MAKE_CREDENTIAL, Some("broker.test")));
    let token = platform.token(&reply);
    assert_eq!(send(&mut bench, signed(begin(), first, 0, &token)).status, Status::PinAuthInvalid);
    assert_eq!(stored(&mut bench), array);
}

#[test]
fn always_uv_asks_for_a_token_on_a_key_without_a_pin_too() {
    let mut bench = Bench::new(Config { protection: Protection { always_uv: Some(true), ..Protection::full() }, ..config() });
    let array = array_of(40, 1);
    assert_eq!(send(&mut bench, writing(&array, 0, Some(40))).status, Status::PuatRequired);
    assert_eq!(stored(&mut bench), INITIAL);
}

#[test]
fn get_info_tells_the_room_and_a_device_without_it_has_no_such_command() {
    let mut bench = Bench::new(config());
    assert_eq!((bench.option("largeBlobs"), bench.info().member(0x0B)), (Some(true), Some(&Value::from(CAPACITY as u64))));
    let mut bench = Bench::new(Config { commands: Commands::default(), ..config() });
    assert_eq!((bench.option("largeBlobs"), bench.info().member(0x0B)), (None, None));
    assert_eq!(send(&mut bench, reading(1, 0)).status, Status::InvalidCommand);
}
