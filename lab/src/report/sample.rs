//! Runs made by hand, to test the reports with: the embedded relying party both ways, and one that others wrote.

use ciborium::Value;
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use faultkey_fault_injection::Text;
use faultkey_transport::Entry;
use faultkey_transport::transcript::{MessageKind, RequestPurpose, Touches, What};
use serde_json::json;

use crate::check::{CheckId, FindingId, Request};
use crate::confusion::{Cause, CauseAnswer, ConfusionMatrix, Grouping};
use crate::facts::ReplayFrom;
use crate::scenario::OutcomeClass;
use crate::verdict::{
    AnswerSummary, Aspect, Blind, BlindSpot, CheckResult, Circumstances, Evidence, Finding, Found, Happened, KeyEffect, Reason,
    RelyingParty, Run, ScenarioResult, SeenIn, Standing, StepResult, TargetRun,
};

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

/// The embedded relying party, opaque (to be compared with) and diagnosing.
pub(crate) fn both() -> Run {
    let mut opaque = TargetRun { for_comparison: true, ..target("embedded, opaque", true) };
    for scenario in &mut opaque.scenarios {
        fail(scenario);
    }
    let causes = CAUSES.iter().map(|[_, _, id, ..]| (*id).to_owned()).collect();
    let seen: Vec<SeenIn> = opaque.scenarios.iter().map(seen_in).collect();
    let answer = diagnosis("M0902", OPAQUE, false);
    opaque.findings = vec![
        Finding { seen: seen.clone(), ..no_register_again(&answer) },
        Finding { seen, ..finding(CheckId::GenericAnswer, Found::SharedAnswer { causes, of: 14, answer }) },
    ];
    Run {
        version: "0.1.0".into(),
        seed: 42,
        circumstances: Circumstances::default(),
        accept_notes: Vec::new(),
        targets: vec![opaque, target("embedded, diagnosing", false)],
    }
}

/// A relying party that others wrote: three findings, no log to look at, two causes under one answer, four scenarios without a verdict.
pub(crate) fn foreign() -> Run {
    let mut target = target("http://localhost:8081 (py_webauthn)", false);
    let mut stands = |index: usize, standing, reason| {
        let scenario = &mut target.scenarios[index];
        (scenario.standing, scenario.reason) = (standing, Some(reason));
        scenario.steps.clear();
    };
    let refused = AnswerSummary { status: 401, ..answered(false) };
    stands(3, Standing::NotObservable, Reason::NothingSeen);
    stands(5, Standing::NotPlayed, Reason::NeedsWait);
    stands(6, Standing::DoesNotApply, Reason::DeviceLacks { step: 1, lacks: "discoverable credentials".into() });
    stands(8, Standing::NotSetUp, Reason::CleanStepFailed { step: 1, found: Found::Answered { answer: refused } });
    for index in [2, 7] {
        fail(&mut target.scenarios[index]);
    }
    target.findings = foreign_findings(&target.scenarios);
    let unseen = |check| vec![check];
    target.blind_spots = vec![
        BlindSpot { blind: Blind::Section { section: "hooks.log".into() }, checks: unseen(CheckId::ReasonNotLogged) },
        BlindSpot {
            blind: Blind::Field { section: "hooks.account".into(), field: "password-tries-left".into() },
            checks: unseen(CheckId::PasswordTryUsed),
        },
    ];
    let mut shown = target.confusion.shown.answers.clone();
    shown[7] = shown[2].clone();
    shown[5] = None;
    target.confusion.shown = grouping(&target.confusion.causes, shown);
    target.confusion.logged = grouping(&target.confusion.causes, vec![None; CAUSES.len()]);
    Run { version: "0.1.0".into(), seed: 42, circumstances: Circumstances::default(), accept_notes: Vec::new(), targets: vec![target] }
}

fn foreign_findings(scenarios: &[ScenarioResult]) -> Vec<Finding> {
    let evidence = |path: &str, status, answer: &str| {
        Some(Evidence {
            entry: 17,
            method: "POST".into(),
            path: path.into(),
            body: r#"{"id":"wcHBwcHBwcHBwcHBwcHBwQ"}"#.into(),
            status: Some(status),
            answer: answer.into(),
            ..Evidence::default()
        })
    };
    let accepted = answered(true);
    let id = |check, request| FindingId { check, request };
    let twice = SeenIn { times: Some((2, 6)), ..seen_in(&scenarios[13]) };
    let [.., code, message] = CAUSES[2];
    vec![
        Finding {
            also: vec![Aspect {
                id: id(CheckId::ChallengeSurvivesRefusal, Request::AuthenticationVerify),
                found: Found::ChallengeAccepted { answer: accepted.clone() },
            }],
            seen: vec![seen_in(&scenarios[10]), twice],
            evidence: evidence("/assertion/result", 200, r#"{"status":"ok","errorMessage":""}"#),
            replay: scenarios[10].replay.clone(),
            ..finding(CheckId::Replay, Found::AcceptedAgain { from: ReplayFrom::NoSession, answer: accepted })
        },
        Finding {
            seen: vec![seen_in(&scenarios[7]), seen_in(&scenarios[2])],
            evidence: evidence("/assertion/result", 400, r#"{"status":"failed"}"#),
            ..no_register_again(&AnswerSummary { next: Vec::new(), ..diagnosis(code, message, true) })
        },
        Finding {
            id: id(CheckId::AccountEnumeration, Request::AuthenticationOptions),
            seen: vec![seen_in(&scenarios[4])],
            evidence: evidence("/assertion/options", 404, r#"{"status":"failed","errorMessage":"no such user"}"#),
            replay: scenarios[4].replay.clone(),
            ..finding(CheckId::AccountEnumeration, Found::Statuses { existing: 200, missing: 404 })
        },
    ]
}

fn finding(check: CheckId, found: Found) -> Finding {
    Finding {
        id: FindingId { check, request: Request::AuthenticationVerify },
        gravity: check.gravity(),
        found,
        also: Vec::new(),
        seen: Vec::new(),
        evidence: None,
        replay: "faultkey exercise --scenario m0902-key-swapped-same-id --profile P03 --seed 42".into(),
        accepted: None,
    }
}

fn no_register_again(answer: &AnswerSummary) -> Finding {
    finding(CheckId::NoRegisterAgain, Found::Offers { ways: Vec::new(), answer: answer.clone() })
}

fn seen_in(scenario: &ScenarioResult) -> SeenIn {
    SeenIn { scenario: scenario.id.clone(), profile: scenario.profile.clone(), step: 3, times: None }
}

fn answered(accepted: bool) -> AnswerSummary {
    AnswerSummary { status: 200, accepted, code: None, message: None, next: Vec::new(), logged: None }
}

fn diagnosis(code: &str, message: &str, ways: bool) -> AnswerSummary {
    let next = if ways { vec!["retry".into(), "password".into(), "register-again".into()] } else { Vec::new() };
    let (code, message) = (Some(code.to_owned()), Some(message.to_owned()));
    AnswerSummary { status: 400, logged: code.clone(), code, message, next, ..answered(false) }
}

fn target(name: &str, opaque: bool) -> TargetRun {
    let scenarios: Vec<_> = CAUSES.iter().enumerate().map(|(index, cause)| scenario(index, cause, opaque)).collect();
    let causes: Vec<_> = CAUSES
        .iter()
        .map(|[scenario, profile, id, title, ..]| Cause {
            id: (*id).into(),
            title: same(title),
            scenario: format!("{scenario} on {profile}"),
        })
        .collect();
    let shown = CAUSES.iter().map(|[.., message]| Some(if opaque { OPAQUE } else { message }.to_owned())).collect();
    let api = CAUSES.iter().map(|[.., code, _]| Some(if opaque { "400 M0902".to_owned() } else { format!("400 {code}") })).collect();
    let logged = CAUSES.iter().map(|[.., code, _]| Some(if opaque { "M0902" } else { code }.to_owned())).collect();
    let confusion =
        ConfusionMatrix { shown: grouping(&causes, shown), api: grouping(&causes, api), logged: grouping(&causes, logged), causes };
    TargetRun {
        name: name.into(),
        relying_party: RelyingParty { name: name.into(), url: None, version: None },
        for_comparison: false,
        incomplete: None,
        findings: Vec::new(),
        blind_spots: Vec::new(),
        rate_limited: false,
        scenarios,
        confusion,
        accounts: 14,
        baseline: None,
    }
}

fn same(text: &str) -> Text {
    Text::new(text.to_owned(), text.to_owned())
}

/// As [`ConfusionMatrix::build`] makes it.
fn grouping(causes: &[Cause], answers: Vec<Option<String>>) -> Grouping {
    let answers: Vec<CauseAnswer> =
        causes.iter().zip(answers).map(|(cause, shown)| CauseAnswer { cause: cause.clone(), shown, api: None, logged: None }).collect();
    ConfusionMatrix::build(&answers).shown
}

fn fail(scenario: &mut ScenarioResult) {
    scenario.standing = Standing::Failed;
    if let Some(step) = scenario.steps.last_mut() {
        step.standing = Some(Standing::Failed);
        let found = step.answer.clone().map(|answer| Found::Offers { ways: Vec::new(), answer });
        step.checks.push(CheckResult { found, ..check(CheckId::NoRegisterAgain, Standing::Failed) });
    }
}

fn check(check: CheckId, standing: Standing) -> CheckResult {
    CheckResult { id: FindingId { check, request: Request::AuthenticationVerify }, standing, found: None, blind: None }
}

fn scenario(index: usize, cause: &[&str; 7], opaque: bool) -> ScenarioResult {
    let [id, profile, cause_id, title, ja, code, message] = *cause;
    let answer = if opaque { diagnosis("M0902", OPAQUE, false) } else { diagnosis(code, message, true) };
    let step = |number, action: &str, answer: Option<AnswerSummary>| StepResult {
        number,
        action: Text::new(action.into(), action.into()),
        cause: None,
        expected: Vec::new(),
        standing: None,
        checks: Vec::new(),
        happened: Vec::new(),
        answer,
    };
    ScenarioResult {
        id: id.into(),
        title: same(&format!("{}{}", title[..1].to_uppercase(), &title[1..])),
        words_en: vec!["I can no longer sign in".into()],
        words_ja: vec![ja.into()],
        catalogue: vec!["AK-03".into(), "SEED-C10".into()],
        profile: profile.into(),
        evidence: if index.is_multiple_of(2) { "observed" } else { "inferred" }.into(),
        evidence_note: same("Reported by users of a broker's app; the bytes are ours."),
        standing: Standing::Passed,
        reason: None,
        steps: vec![
            StepResult {
                expected: vec![OutcomeClass::Ok],
                standing: Some(Standing::Passed),
                checks: vec![check(CheckId::AcceptedNotStored, Standing::Passed)],
                ..step(1, "register", Some(answered(true)))
            },
            StepResult { happened: vec![Happened::Event { effect: KeyEffect::OtherKey }], ..step(2, "event fingerprint-enrolled", None) },
            StepResult {
                cause: Some(cause_id.into()),
                expected: vec![OutcomeClass::KeyMismatch],
                standing: Some(Standing::Passed),
                checks: vec![
                    check(CheckId::SessionOnRefusal, Standing::Passed),
                    CheckResult {
                        blind: Some(Blind::Section { section: "hooks.log".into() }),
                        ..check(CheckId::ReasonNotLogged, Standing::NotObservable)
                    },
                ],
                happened: vec![Happened::Fault {
                    fault: "silent-key-regeneration".into(),
                    text: Text::new("signs with the new key under the old credential id", "以前のクレデンシャルIDのまま、新しい鍵で署名")
                        .into(),
                }],
                ..step(3, "sign in", Some(answer.clone()))
            },
        ],
        replay: format!("faultkey exercise --scenario {id} --profile {profile} --seed 42"),
        transcript: transcript(&answer),
    }
}

/// Puts `evil` behind every text that a relying party or a file may have written.
pub(crate) fn poison(run: &mut Run, evil: &str) {
    for target in &mut run.targets {
        target.name.push_str(evil);
        for finding in &mut target.findings {
            finding.replay.push_str(evil);
            finding.found = Found::Trace { marker: evil.into() };
            for aspect in &mut finding.also {
                aspect.found = Found::ClientThrew { name: evil.into(), message: evil.into() };
            }
            for seen in &mut finding.seen {
                seen.scenario.push_str(evil);
                seen.profile.push_str(evil);
            }
            if let Some(evidence) = &mut finding.evidence {
                evidence.headers.push((evil.into(), evil.into()));
                for text in [&mut evidence.method, &mut evidence.path, &mut evidence.body, &mut evidence.answer] {
                    text.push_str(evil);
                }
            }
        }
        for spot in &mut target.blind_spots {
            spot.blind = Blind::HookFailed { section: evil.into(), problem: evil.into() };
        }
        for cause in &mut target.confusion.causes {
            for text in [&mut cause.id, &mut cause.title.en, &mut cause.title.ja, &mut cause.scenario] {
                text.push_str(evil);
            }
        }
        let confusion = &mut target.confusion;
        for grouping in [&mut confusion.shown, &mut confusion.api, &mut confusion.logged] {
            for answer in grouping.answers.iter_mut().flatten() {
                answer.push_str(evil);
            }
            if let Some(group) = &mut grouping.largest_group {
                group.answer.push_str(evil);
            }
        }
        for scenario in &mut target.scenarios {
            poison_scenario(scenario, evil);
        }
    }
}

fn poison_scenario(scenario: &mut ScenarioResult, evil: &str) {
    let texts = [
        &mut scenario.id,
        &mut scenario.title.en,
        &mut scenario.title.ja,
        &mut scenario.profile,
        &mut scenario.evidence,
        &mut scenario.evidence_note.en,
        &mut scenario.evidence_note.ja,
        &mut scenario.replay,
    ];
    let lists = scenario.words_en.iter_mut().chain(&mut scenario.words_ja).chain(&mut scenario.catalogue);
    for text in texts.into_iter().chain(lists) {
        text.push_str(evil);
    }
    if let Some(reason) = &mut scenario.reason {
        *reason = Reason::AdapterDoesNotFit { step: 1, problem: evil.into() };
    }
    for step in &mut scenario.steps {
        step.action.en.push_str(evil);
        step.action.ja.push_str(evil);
        for happened in &mut step.happened {
            *happened = Happened::Fault { fault: evil.into(), text: Text::same(evil).into() };
        }
        for check in &mut step.checks {
            check.found = check.found.as_ref().map(|_| Found::Draft { saved: evil.into(), found: evil.into() });
        }
        if let Some(answer) = &mut step.answer {
            (answer.code, answer.message, answer.logged) = (Some(evil.into()), Some(evil.into()), Some(evil.into()));
            answer.next = vec![evil.into()];
        }
    }
    for entry in &mut scenario.transcript {
        match &mut entry.what {
            What::HttpResponse { headers, body, .. } => {
                headers.push((evil.into(), evil.into()));
                *body = evil.into();
            }
            What::Decision { text, text_ja, .. } => (*text, *text_ja) = (evil.into(), Some(evil.into())),
            What::HttpRequest { path: text, .. }
            | What::ClientData { json: text, .. }
            | What::Note { text }
            | What::CtapReply { bytes: text } => *text = evil.into(),
            _ => {}
        }
    }
}

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

/// A registration and a failed authentication, with a fault's decision before the reply that it changed.
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
    let post = |path: &str, body| What::HttpRequest {
        method: "POST".into(),
        path: path.into(),
        headers: headers.clone(),
        body,
        purpose: RequestPurpose::Ceremony,
    };
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
        What::Note { text: "step 3: sign in".into() },
        What::CtapRequest {
            bytes: HEXLOWER.encode(&cbor(&[0x02], vec![(int(1), text("broker.test")), (int(2), Value::Bytes(vec![0x5A; 32]))])),
        },
        What::Decision {
            fault: "silent-key-regeneration".into(),
            layer: "key_store".into(),
            touches: Touches::Next(MessageKind::CtapReply),
            text: "signs with the new key under the old credential id".into(),
            text_ja: Some("以前のクレデンシャルIDのまま、新しい鍵で署名".into()),
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
