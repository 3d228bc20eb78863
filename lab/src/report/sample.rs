//! Runs made by hand, to test the reports with: the embedded relying party both ways, and one that others wrote.

use ciborium::Value;
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use faultkey_transport::Entry;
use faultkey_transport::transcript::{MessageKind, Touches, What};
use serde_json::json;

use crate::confusion::{Cause, ConfusionMatrix, Grouping, Pile};
use crate::verdict::{AnswerSummary, Check, InvariantVerdict, Judgement, OutcomeClass, Run, ScenarioVerdict, StepVerdict, TargetRun};

const OPAQUE: &str = "M0902 パスキー認証エラー";

/// Scenario, profile, cause, its title, what a user says, the code and message of the diagnosing handling.
const CAUSES: [[&str; 7]; 14] = [
    [
        "m0902-fingerprint-reset-biometric-only",
        "P08",
        "passkey-not-usable",
        "the key was invalidated by a new fingerprint",
        "指紋を登録し直したらログインできない",
        "passkey-not-usable",
        "この端末のパスキーは使えません。もう一度試すか、別の方法でログインしてください",
    ],
    [
        "m0902-fingerprint-reset-excluded",
        "P08",
        "already-registered",
        "the passkey is there, but no longer works",
        "登録済みと言われるのに使えない",
        "already-registered",
        "この端末には既にパスキーがあります。作り直せます",
    ],
    [
        "m0902-key-swapped-same-id",
        "P03",
        "key-mismatch",
        "another key under the same credential id",
        "パスキー認証エラー",
        "key-mismatch",
        "端末の鍵が登録と違います。パスキーを登録し直してください",
    ],
    [
        "m0902-lock-screen-removed",
        "P01",
        "no-platform-verification",
        "the screen lock is gone",
        "画面ロックを外したら使えない",
        "no-platform-verification",
        "画面ロックを設定してください",
    ],
    [
        "m0902-unknown-credential",
        "P01",
        "unknown-credential",
        "the server no longer knows the passkey",
        "登録したはずなのに認証に失敗しました",
        "unknown-credential",
        "このパスキーは削除されています",
    ],
    [
        "m0902-challenge-expired-slow-finger",
        "P05",
        "challenge-expired",
        "the finger came too late",
        "時間がかかるとエラーになる",
        "challenge-expired",
        "時間切れです。もう一度どうぞ",
    ],
    [
        "m0902-uv-not-set",
        "P17",
        "user-verification-missing",
        "the device did not verify the user",
        "指紋なしで通ったのにエラー",
        "user-verification-missing",
        "本人確認のできる方法を選んでください",
    ],
    [
        "m0902-be-flip-after-sync",
        "P09",
        "backup-eligibility-changed",
        "the passkey became a synced one",
        "機種変更後にエラー",
        "backup-eligibility-changed",
        "パスキーの種類が変わりました。登録し直してください",
    ],
    [
        "m0902-counter-restored",
        "P19",
        "sign-count-went-back",
        "the signature counter went back",
        "バックアップから戻したら使えない",
        "sign-count-went-back",
        "安全のため追加の確認をします",
    ],
    [
        "m0902-challenge-other-session",
        "P02",
        "challenge-mismatch",
        "an answer to another session's challenge",
        "古い画面からログインした",
        "challenge-mismatch",
        "画面が古くなっています。もう一度どうぞ",
    ],
    [
        "interrupted-challenge-half",
        "P05",
        "interrupted-before-challenge",
        "cut before the challenge arrived",
        "作業が中断しました",
        "interrupted-before-challenge",
        "通信が切れました。やり直せます",
    ],
    [
        "interrupted-login-committed",
        "P06",
        "interrupted-log-in",
        "cut after the server accepted the log-in",
        "ログインできたのか分からない",
        "interrupted-log-in",
        "通信が切れましたが、ログインは済んでいます",
    ],
    [
        "interrupted-registration-committed",
        "P07",
        "interrupted-registration",
        "cut after the server stored the passkey",
        "登録が途中で止まった",
        "interrupted-registration",
        "通信が切れましたが、登録は済んでいます",
    ],
    [
        "interrupted-double-tap",
        "P03",
        "challenge-used",
        "the same answer came twice",
        "二回押してしまった",
        "challenge-used",
        "二重に送られました。一度だけ受け付けました",
    ],
];

/// The embedded relying party, opaque and diagnosing.
pub(crate) fn both() -> Run {
    Run { version: "0.1.0".into(), seed: 42, targets: vec![target("embedded, opaque", true), target("embedded, diagnosing", false)] }
}

/// A relying party that others wrote: no log to look at, two causes under one answer, one scenario not played.
pub(crate) fn foreign() -> Run {
    let mut target = target("http://localhost:8081 (py_webauthn)", false);
    for (index, scenario) in target.scenarios.iter_mut().enumerate() {
        match index {
            2 | 7 => fall_short(scenario),
            3 | 4 | 8 | 12 => scenario.judgement = Judgement::NotObservable,
            5 => scenario.skipped = Some("needs 5 minutes of real time; play it with --slow".into()),
            _ => {}
        }
    }
    let mut shown = target.confusion.shown.answers.clone();
    shown[7] = shown[2].clone();
    shown[5] = None;
    target.confusion.shown = grouping(&target.confusion.causes, shown);
    target.confusion.logged = grouping(&target.confusion.causes, vec![None; CAUSES.len()]);
    Run { version: "0.1.0".into(), seed: 42, targets: vec![target] }
}

fn target(name: &str, opaque: bool) -> TargetRun {
    let scenarios: Vec<_> = CAUSES.iter().enumerate().map(|(index, cause)| scenario(index, cause, opaque)).collect();
    let causes: Vec<_> = CAUSES
        .iter()
        .map(|[scenario, profile, id, title, ..]| Cause {
            id: (*id).into(),
            title: (*title).into(),
            scenario: format!("{scenario} on {profile}"),
        })
        .collect();
    let shown = CAUSES.iter().map(|[.., message]| Some(if opaque { OPAQUE } else { message }.to_owned())).collect();
    let api = CAUSES.iter().map(|[.., code, _]| Some(if opaque { "400 M0902".to_owned() } else { format!("400 {code}") })).collect();
    let logged = CAUSES.iter().map(|[.., code, _]| Some(if opaque { "M0902" } else { code }.to_owned())).collect();
    let confusion =
        ConfusionMatrix { shown: grouping(&causes, shown), api: grouping(&causes, api), logged: grouping(&causes, logged), causes };
    TargetRun { name: name.into(), scenarios, confusion }
}

pub(crate) fn grouping(causes: &[Cause], answers: Vec<Option<String>>) -> Grouping {
    let seen: Vec<(usize, &String)> = answers.iter().enumerate().filter_map(|(i, a)| a.as_ref().map(|a| (i, a))).collect();
    let mut told_apart = 0;
    let mut pairs = 0;
    let mut largest: Option<Pile> = None;
    for (place, (_, answer)) in seen.iter().enumerate() {
        pairs += seen.len() - place - 1;
        told_apart += seen[place + 1..].iter().filter(|(_, other)| other != answer).count();
        let pile: Vec<_> = seen.iter().filter(|(_, other)| other == answer).map(|(i, _)| causes[*i].id.clone()).collect();
        if largest.as_ref().is_none_or(|l| l.causes.len() < pile.len()) {
            largest = Some(Pile { answer: (*answer).clone(), causes: pile });
        }
    }
    Grouping { pairs, told_apart, largest_pile: largest, answers }
}

fn fall_short(scenario: &mut ScenarioVerdict) {
    scenario.judgement = Judgement::FellShort;
    scenario.advice = "Answer a wrong key with a reason of its own, and offer to register again after another log-in.".into();
    scenario.way_out = "None but the support desk: the answer offers nothing to press.".into();
    if let Some(step) = scenario.steps.last_mut() {
        step.judgement = Judgement::FellShort;
        step.checks.push(check("a reason of its own", Judgement::FellShort, "the code M0902 is given for other causes too"));
        step.checks.push(check("a way out in one step", Judgement::FellShort, "the answer offers none"));
    }
}

fn check(what: &str, judgement: Judgement, found: &str) -> Check {
    Check { what: what.into(), judgement, found: found.into() }
}

fn scenario(index: usize, cause: &[&str; 7], opaque: bool) -> ScenarioVerdict {
    let [id, profile, cause_id, title, ja, code, message] = *cause;
    let answer = if opaque {
        AnswerSummary { status: 400, code: Some("M0902".into()), message: Some(OPAQUE.into()), next: vec![], logged: Some("M0902".into()) }
    } else {
        AnswerSummary {
            status: 400,
            code: Some(code.into()),
            message: Some(message.into()),
            next: vec!["retry".into(), "password".into(), "register-again".into()],
            logged: Some(code.into()),
        }
    };
    let step = |number, action: &str, expected, answer: Option<AnswerSummary>, cause: Option<&str>| StepVerdict {
        number,
        action: action.into(),
        cause: cause.map(str::to_owned),
        expected: vec![expected],
        judgement: Judgement::Held,
        checks: vec![check("no server error", Judgement::Held, "status 400")],
        answer,
    };
    let ok = AnswerSummary { status: 200, code: None, message: None, next: vec![], logged: None };
    let mut scenario = ScenarioVerdict {
        id: id.into(),
        title: format!("{}{}", title[..1].to_uppercase(), &title[1..]),
        words_en: vec!["I can no longer sign in".into()],
        words_ja: vec![ja.into()],
        catalogue: vec!["AK-03".into(), "SEED-C10".into()],
        profile: profile.into(),
        evidence: if index.is_multiple_of(2) { "observed" } else { "inferred" }.into(),
        evidence_note: "Reported by users of a broker's app; the bytes are ours.".into(),
        skipped: None,
        judgement: Judgement::Held,
        device_did: format!("Signed, but {title}."),
        rp_answered: format!("400, code {}: {}", answer.code.as_deref().unwrap_or_default(), answer.message.as_deref().unwrap_or_default()),
        state: "Right: one credential row, its public key and counter unchanged, no session.".into(),
        way_out: "Yes: retry, password and register-again were offered, and each answered.".into(),
        expected: "Refused as a wrong key; registering again is offered after another authentication.".into(),
        advice: String::new(),
        steps: vec![
            step(1, "register", OutcomeClass::Ok, Some(ok), None),
            step(2, "event fingerprint-enrolled", OutcomeClass::Ok, None, None),
            step(3, "log in", OutcomeClass::KeyMismatch, Some(answer.clone()), Some(cause_id)),
        ],
        invariants: (1..=12)
            .map(|n| InvariantVerdict {
                id: format!("I{n}"),
                title: INVARIANTS[n - 1].into(),
                judgement: if n == 8 { Judgement::NotObservable } else { Judgement::Held },
                found: if n == 8 { "one account only was tried" } else { "as it should be" }.into(),
            })
            .collect(),
        replay: format!("faultkey exercise --scenario {id} --profile {profile} --seed 42"),
        transcript: transcript(&answer),
    };
    if opaque {
        fall_short(&mut scenario);
    }
    scenario
}

const INVARIANTS: [&str; 12] = [
    "no server error, no stack trace",
    "no session on a refused ceremony",
    "a challenge is used once",
    "stored key, counter and backup flag unchanged",
    "the account is not locked",
    "the fallback is one step away",
    "a reason finer than one code for all",
    "no account enumeration",
    "form and order survive a retry",
    "no duplicate credential rows",
    "answered in bounded time",
    "no credential deleted because one assertion failed",
];

pub(crate) fn text(text: &str) -> Value {
    Value::Text(text.into())
}

pub(crate) fn int(number: i64) -> Value {
    Value::Integer(number.into())
}

/// `prefix`, then `pairs` as a CBOR map.
pub(crate) fn cbor(prefix: &[u8], pairs: Vec<(Value, Value)>) -> Vec<u8> {
    let mut bytes = prefix.to_vec();
    ciborium::into_writer(&Value::Map(pairs), &mut bytes).unwrap();
    bytes
}

pub(crate) fn authenticator_data(flags: u8, count: u32, attested: bool) -> Vec<u8> {
    let mut bytes = (0..32).collect::<Vec<u8>>();
    bytes.push(flags);
    bytes.extend(count.to_be_bytes());
    if attested {
        bytes.extend(HEXLOWER.decode(b"b93fd961f2e6462fb12282002247de78").unwrap());
        bytes.extend([0, 16]);
        bytes.extend([0xC1; 16]);
        bytes.extend(cbor(
            &[],
            vec![
                (int(1), int(2)),
                (int(3), int(-7)),
                (int(-1), int(1)),
                (int(-2), Value::Bytes(vec![0xAA; 32])),
                (int(-3), Value::Bytes(vec![0xBB; 32])),
            ],
        ));
    }
    bytes
}

/// A registration and a failed log-in, with a fault's decision before the reply that it changed.
fn transcript(answer: &AnswerSummary) -> Vec<Entry> {
    let client_data = r#"{"type":"webauthn.get","challenge":"q83vEjRWeJA","origin":"https://broker.test","crossOrigin":false}"#;
    let attestation = cbor(
        &[],
        vec![
            (text("fmt"), text("none")),
            (text("attStmt"), Value::Map(vec![])),
            (text("authData"), Value::Bytes(authenticator_data(0x45, 1, true))),
        ],
    );
    let b64 = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
    let json = |value: serde_json::Value| value.to_string();
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    let post = |path: &str, body| What::HttpRequest { method: "POST".into(), path: path.into(), headers: headers.clone(), body };
    let failure = json(
        json!({"status": "failed", "errorMessage": answer.message, "code": answer.code, "next": answer.next.iter().map(|a| json!({"action": a})).collect::<Vec<_>>()}),
    );
    let what = vec![
        What::Note { text: "step 1: register".into() },
        post("/attestation/options", json(json!({"username": "tanaka", "displayName": "田中 花子"}))),
        What::HttpResponse {
            status: 200,
            headers: headers.clone(),
            body: json(json!({"status": "ok", "challenge": "q83vEjRWeJA", "rp": {"id": "broker.test", "name": "Broker"}})),
        },
        What::CtapRequest {
            bytes: HEXLOWER.encode(&cbor(
                &[0x01],
                vec![
                    (int(1), Value::Bytes(vec![0x5A; 32])),
                    (int(2), Value::Map(vec![(text("id"), text("broker.test"))])),
                    (int(3), Value::Map(vec![(text("id"), Value::Bytes(vec![7; 16])), (text("name"), text("田中 花子"))])),
                    (int(4), Value::Array(vec![Value::Map(vec![(text("alg"), int(-7)), (text("type"), text("public-key"))])])),
                    (int(7), Value::Map(vec![(text("rk"), Value::Bool(true))])),
                ],
            )),
        },
        What::Prompt { text: "Verification { purpose: Register { rp_id: \"broker.test\" }, tries_left: 5 }".into() },
        What::Answer { text: "Approve".into() },
        What::CtapReply {
            bytes: HEXLOWER.encode(&cbor(
                &[0x00],
                vec![(int(1), text("none")), (int(2), Value::Bytes(authenticator_data(0x45, 1, true))), (int(3), Value::Map(vec![]))],
            )),
        },
        What::ClientResult { ceremony: "registration".into(), result: "ok".into() },
        post(
            "/attestation/result",
            json(
                json!({"id": b64(&[0xC1; 16]), "response": {"attestationObject": b64(&attestation), "clientDataJSON": b64(client_data.replace("get", "create").as_bytes())}}),
            ),
        ),
        What::HttpResponse { status: 200, headers: headers.clone(), body: json(json!({"status": "ok", "errorMessage": ""})) },
        What::Note { text: "step 2: event fingerprint-enrolled".into() },
        What::Event { name: "fingerprint-enrolled".into(), effect: "key replaced, same credential id".into() },
        What::Note { text: "step 3: log in".into() },
        What::CtapRequest {
            bytes: HEXLOWER.encode(&cbor(&[0x02], vec![(int(1), text("broker.test")), (int(2), Value::Bytes(vec![0x5A; 32]))])),
        },
        What::Decision {
            fault: "silent-key-regeneration".into(),
            layer: "key_store".into(),
            touches: Touches::Next(MessageKind::CtapReply),
            text: "signs with the new key under the old credential id".into(),
        },
        What::CtapReply {
            bytes: HEXLOWER.encode(&cbor(
                &[0x00],
                vec![
                    (int(1), Value::Map(vec![(text("id"), Value::Bytes(vec![0xC1; 16])), (text("type"), text("public-key"))])),
                    (int(2), Value::Bytes(authenticator_data(0x05, 2, false))),
                    (int(3), Value::Bytes(vec![0x30; 71])),
                ],
            )),
        },
        What::ClientData { ceremony: "authentication".into(), json: client_data.into() },
        post(
            "/assertion/result",
            json(
                json!({"id": b64(&[0xC1; 16]), "response": {"authenticatorData": b64(&authenticator_data(0x05, 2, false)), "clientDataJSON": b64(client_data.as_bytes()), "signature": b64(&[0x30; 71])}}),
            ),
        ),
        What::HttpResponse { status: answer.status, headers, body: failure },
        What::CtapRequest { bytes: "08".into() },
        What::CtapReply { bytes: "2e".into() },
    ];
    what.into_iter().enumerate().map(|(index, what)| Entry { number: index + 1, at: 40 * index as u64, what }).collect()
}
