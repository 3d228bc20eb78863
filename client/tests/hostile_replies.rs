//! Whatever the authenticator sends: an answer or an exception, never a panic.

mod support;

use faultkey_authenticator::{Time, cbor};
use faultkey_client::{Because, DomExceptionName, Finished, Platform};
use faultkey_transport::Exchange;
use proptest::prelude::*;
use serde_json::json;
use support::*;

/// Bytes of a good reply.
fn good(exchange: Exchange) -> Vec<u8> {
    let Exchange::Reply(bytes) = exchange else { panic!("a reply") };
    bytes
}

/// Ended within the timer; and if in failure, with the names that a page knows from an authenticator.
fn check(finished: &Finished) {
    assert!(finished.at <= Time::from_millis(61_000));
    if let Err(exception) = &finished.result {
        use DomExceptionName::{ConstraintError, InvalidStateError, NotAllowedError, NotSupportedError, UnknownError};
        assert!(matches!(exception.name, ConstraintError | InvalidStateError | NotAllowedError | NotSupportedError | UnknownError));
        assert_ne!(exception.because, Because::Caller);
    }
}

fn play(replies: impl Fn() -> Vec<Exchange>) {
    check(&create(replies(), &creation_options(json!({"extensions": {"credProps": true}}))));
    check(&get(replies(), &request_options(json!({}))));
}

#[test]
fn a_reply_cut_off_anywhere_is_malformed() {
    for whole in [good(attestation()), good(assertion())] {
        for length in 0..whole.len() {
            let cut = || vec![info([]), Exchange::Reply(whole[..length].to_vec())];
            for finished in [create(cut(), &creation_options(json!({}))), get(cut(), &request_options(json!({})))] {
                let exception = finished.result.unwrap_err();
                assert_eq!(exception.name, DomExceptionName::UnknownError, "{length} bytes: {exception}");
                assert!(matches!(exception.because, Because::BadReply(_)));
            }
        }
    }
}

/// A key with a PIN and large blobs that answers `replies` to whatever follows getInfo; its user types the PIN and wants everything.
fn play_with_pin(replies: &[Vec<u8>]) {
    let able = || {
        let options = [("rk", true), ("clientPin", true), ("pinUvAuthToken", true), ("largeBlobs", true)];
        let options = map(options.map(|(name, value)| (name, ciborium::Value::Bool(value))));
        info([
            (0x02, ciborium::Value::Array(vec!["largeBlobKey".into(), "hmac-secret".into()])),
            (0x04, options),
            (0x05, 1.into()),
            (0x0C, true.into()),
        ])
    };
    let script = || [able()].into_iter().chain(replies.iter().map(|reply| Exchange::Reply(reply.clone())));
    let extensions = json!({"extensions": {"largeBlob": {"read": true}, "prf": {"eval": {"first": "YQ"}}, "appid": ORIGIN}});
    let mut client = client(script());
    client.user_mut().set_pin(Some("1234"));
    check(&client.get(&call(), &request_options(extensions)));
    let mut client = support::client(script());
    client.user_mut().set_pin(Some("1234"));
    check(&client.create(&call(), &creation_options(json!({"extensions": {"largeBlob": {}, "appidExclude": ORIGIN}}))));
}

proptest! {
    #[test]
    fn arbitrary_answers_to_client_pin_and_the_rest(replies in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 0..12)) {
        play_with_pin(&replies);
        // Behind a status of success, so that the CBOR is read.
        let ok: Vec<_> = replies.iter().map(|reply| [&[0x00], reply.as_slice()].concat()).collect();
        play_with_pin(&ok);
    }

    #[test]
    fn client_pin_members_of_any_kind(kinds in prop::collection::vec((1..6_i64, 0..4_u8, prop::collection::vec(any::<u8>(), 0..70)), 0..12)) {
        let value = |kind: u8, bytes: &[u8]| match kind {
            0 => ciborium::Value::Bytes(bytes.to_vec()),
            1 => ciborium::Value::from(bytes.len() as u64),
            2 => ciborium::Value::Bool(bytes.len() > 30),
            _ => map([(1, 2.into()), (3, (-25).into()), (-1, 1.into()), (-2, ciborium::Value::Bytes(bytes.to_vec()))]),
        };
        let replies: Vec<_> = kinds.iter().map(|(number, kind, bytes)| good(reply(&map([(*number, value(*kind, bytes)), (3, 8.into())])))).collect();
        play_with_pin(&replies);
    }

    #[test]
    fn arbitrary_bytes(first in prop::collection::vec(any::<u8>(), 0..80), second in prop::collection::vec(any::<u8>(), 0..200)) {
        play(|| vec![Exchange::Reply(first.clone()), Exchange::Reply(second.clone())]);
        play(|| vec![info([]), Exchange::Reply(second.clone())]);
        // Behind a status of success, so that the CBOR is read.
        let after_ok = [&[0x00], second.as_slice()].concat();
        play(|| vec![info([]), Exchange::Reply(after_ok.clone())]);
    }

    #[test]
    fn good_replies_with_a_few_bytes_changed(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let changed = |mut bytes: Vec<u8>| {
            for (at, byte) in &changes {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            Exchange::Reply(bytes)
        };
        play(|| vec![info([]), changed(good(attestation()))]);
        play(|| vec![info([]), changed(good(assertion())), changed(good(assertion()))]);
        play(|| vec![changed(good(info([]))), attestation()]);
    }

    #[test]
    fn arbitrary_authenticator_data(data in prop::collection::vec(any::<u8>(), 0..160), attested in any::<bool>()) {
        let mut data = data;
        if attested && data.len() > 32 {
            data[32] |= 0x40;
        }
        let reply = || {
            let members = [(1, "none".into()), (2, ciborium::Value::Bytes(data.clone())), (3, map::<i64>([]))];
            Exchange::Reply([vec![0x00], cbor::write(&map(members))].concat())
        };
        play(|| vec![info([]), reply()]);
    }
}
