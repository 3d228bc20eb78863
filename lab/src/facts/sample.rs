//! Facts made by hand for the tests of what judges: a good relying party's state, answers to order, and runs of them.

use data_encoding::BASE64URL_NOPAD;
use faultkey_authenticator::{Status, Time};
use faultkey_client::{DomException, DomExceptionName, dom_exception::Because};
use faultkey_fault_injection::{FaultSpec, Faults, Fired, NetworkRequest, Text};
use faultkey_relying_party::{AccountState, Answer, Arrived, LogLine, Lost, Observation, StoredCredential};
use faultkey_transport::transcript::{Entry, RequestPurpose, Transcript, What};
use serde_json::{Value, json};

use super::{ArmedFacts, Asked, Attempt, Ceremony, ChallengeProbe, Kind, PartFacts, RunFacts, Sees, State, StepFacts, StepSeen};
use crate::scenario::{Action, CauseName, Evidence, OutcomeClass, Rule, Scenario, Step, UserAct, Words};

/// Entries of [`transcript`] that record a ceremony's requests.
pub const OPTIONS: usize = 1;
pub const VERIFY: usize = 3;
pub const REPORTED: usize = 5;
pub const AGAIN: usize = 7;

/// `next` and `signals` are words with blanks between them.
pub fn answer(status: u16, code: &str, next: &str, signals: &str) -> Answer {
    let list = |words: &str| words.split_whitespace().map(str::to_owned).collect();
    Answer {
        exchange: OPTIONS,
        status,
        json: Some(json!({})),
        text: "{}".to_owned(),
        accepted: (200..300).contains(&status),
        code: (!code.is_empty()).then(|| code.to_owned()),
        message: (!code.is_empty()).then(|| format!("about {code}")),
        next: list(next),
        signals: list(signals),
        ..Answer::default()
    }
}

pub fn at(exchange: usize, answer: Answer) -> Answer {
    Answer { exchange, ..answer }
}

pub fn options(challenge: &str) -> Answer {
    given(json!({ "challenge": challenge }))
}

pub fn given(options: Value) -> Answer {
    Answer { options: Some(options), ..answer(200, "", "", "") }
}

/// 32 bytes, others for each number.
pub fn challenge(number: u8) -> String {
    BASE64URL_NOPAD.encode(&[number; 32])
}

/// What a good relying party asks for.
pub fn good_options(kind: Kind) -> Value {
    match kind {
        Kind::Registration => json!({
            "challenge": challenge(1),
            "timeout": 300_000,
            "user": { "id": BASE64URL_NOPAD.encode(&[7; 16]), "name": "mika" },
            "authenticatorSelection": { "residentKey": "required", "userVerification": "preferred" },
        }),
        Kind::Authentication => json!({
            "challenge": challenge(2),
            "timeout": 300_000,
            "allowCredentials": [{ "type": "public-key", "id": "k" }],
            "userVerification": "preferred",
        }),
    }
}

/// Good options but for one member.
pub fn options_with(kind: Kind, member: &str, value: Value) -> Answer {
    let mut options = good_options(kind);
    options[member] = value;
    given(options)
}

/// Nothing came back.
pub fn lost() -> Answer {
    Answer { arrived: Arrived::Nothing(Lost::Reset), faulted: true, accepted: false, ..answer(0, "", "", "") }
}

pub fn row(id: &str) -> StoredCredential {
    StoredCredential { id: id.to_owned(), public_key: Some("pk".to_owned()), sign_count: Some(3), backup_eligible: Some(true) }
}

pub fn state(authenticated: bool, rows: &[StoredCredential], log: &[&str]) -> State {
    State {
        authenticated: Observation::Seen(authenticated),
        credentials: Observation::Seen(rows.to_vec()),
        account: account(false, 5),
        log: Observation::Seen(log.iter().map(|reason| LogLine { reason: (*reason).to_owned(), text: String::new() }).collect()),
        draft: Observation::Seen("order".to_owned()),
    }
}

pub fn account(locked: bool, password_tries_left: u64) -> Observation<AccountState> {
    Observation::Seen(AccountState { locked: Some(locked), password_tries_left: Some(password_tries_left), sessions: Some(1) })
}

/// Of an account with the passkey `k`: options came, the client made a response, and nothing was verified yet.
pub fn ceremony(kind: Kind) -> Ceremony {
    Ceremony {
        sees: Sees { ways: true, signals: true, reasons: true },
        kind,
        before: state(false, &[row("k")], &[]),
        after: state(false, &[row("k")], &["a-reason"]),
        fired: Vec::new(),
        options: Some(given(good_options(kind))),
        client: Some(Ok(json!({ "id": "k" }))),
        verify: None,
        reported: None,
        ways: Vec::new(),
        challenge_probe: None,
        new_options: None,
        draft_saved: Some("order".to_owned()),
        repeated: false,
        usernameless: false,
        asked: Asked::default(),
    }
}

/// An authentication that ended with this answer.
pub fn refused(verify: Answer) -> Ceremony {
    Ceremony { verify: Some(at(VERIFY, verify)), ..ceremony(Kind::Authentication) }
}

/// The client threw; the report was answered so.
pub fn thrown(kind: Kind, name: DomExceptionName, reported: Answer) -> Ceremony {
    let exception = DomException { name, message: "no".to_owned(), because: Because::Authenticator(Status::OperationDenied) };
    Ceremony { client: Some(Err(exception)), reported: Some(Observation::Seen(at(REPORTED, reported))), ..ceremony(kind) }
}

/// The answer to the verify request was lost; the report was answered so.
pub fn cut(kind: Kind, reported: Answer) -> Ceremony {
    Ceremony { verify: Some(at(VERIFY, lost())), reported: Some(Observation::Seen(at(REPORTED, reported))), ..ceremony(kind) }
}

/// All went well.
pub fn registered() -> Ceremony {
    Ceremony {
        before: state(false, &[], &[]),
        after: state(false, &[row("k")], &[]),
        verify: Some(at(VERIFY, answer(200, "", "", ""))),
        ..ceremony(Kind::Registration)
    }
}

/// All went well.
pub fn signed_in() -> Ceremony {
    Ceremony { after: state(true, &[row("k")], &[]), ..refused(answer(200, "", "", "")) }
}

pub fn password_there() -> Vec<(String, Observation<bool>)> {
    vec![("password".to_owned(), Observation::Seen(true))]
}

/// A refusal with which nothing is wrong, whatever it is for.
pub fn good_refusal() -> Ceremony {
    good_refusal_by(answer(403, "a-code", "retry register-again password", ""))
}

/// The same but for the answer.
pub fn good_refusal_by(answer: Answer) -> Ceremony {
    Ceremony { ways: password_there(), new_options: Some(at(AGAIN, options(&challenge(3)))), ..refused(answer) }
}

pub fn probed(answer: Answer) -> Option<ChallengeProbe> {
    Some(ChallengeProbe::Answered(Box::new(at(AGAIN, answer))))
}

/// A fault that fired: what it decided.
pub fn fired() -> Fired {
    let faults = Faults::new(1, faultkey_fault_injection::profile::find("iphone").unwrap(), Transcript::default());
    faults.arm(Time::START, FaultSpec::new("cut-verify")).unwrap();
    let _ = faults.network(Time::START, &NetworkRequest::AuthenticationVerify);
    faults.fired().remove(0)
}

pub fn armed(step: usize, fired: Vec<Fired>) -> ArmedFacts {
    ArmedFacts { step, fault: "cut-verify".to_owned(), fired }
}

/// A step with what it showed.
pub type Played = (Step, StepSeen);

pub fn other(action: Action, seen: StepSeen) -> Played {
    (Step { line: 1, action, expect: Vec::new(), rule: None, forbid: Vec::new(), cause: None }, seen)
}

/// A ceremony with what was expected of it.
pub fn expecting(expect: &[OutcomeClass], rule: Option<Rule>, ceremony: Ceremony) -> Played {
    let action = match ceremony.kind {
        Kind::Registration => Action::Register {
            replace: false,
            user_verification: "preferred".to_owned(),
            resident_key: "required".to_owned(),
            attestation: "none".to_owned(),
            user: UserAct::Approve,
        },
        Kind::Authentication => Action::LogIn { usernameless: false, user_verification: "preferred".to_owned(), user: UserAct::Approve },
    };
    let (step, seen) = other(action, StepSeen::Ceremony(Box::new(ceremony)));
    (Step { expect: expect.to_vec(), rule, ..step }, seen)
}

/// A ceremony of which nothing was expected.
pub fn played(ceremony: Ceremony) -> Played {
    expecting(&[], None, ceremony)
}

/// A failure of this cause.
pub fn caused(cause: &str, ceremony: Ceremony) -> Played {
    let (step, seen) = played(ceremony);
    (
        Step {
            cause: Some(CauseName { id: cause.to_owned(), title: Text::new(format!("the cause {cause}"), format!("原因{cause}")) }),
            ..step
        },
        seen,
    )
}

pub fn attempt(seen: Vec<StepSeen>) -> Attempt {
    let steps = seen.into_iter().zip(0..).map(|(seen, index)| StepFacts {
        disturbed: true,
        fired: Vec::new(),
        effect: None,
        seen: with_challenges_of_its_own(seen, index),
    });
    Attempt { steps: steps.collect(), transcript: transcript(), ..Attempt::default() }
}

/// Those of good options are the same in every ceremony that is made here; no relying party gives them twice.
fn with_challenges_of_its_own(mut seen: StepSeen, index: u8) -> StepSeen {
    if let StepSeen::Ceremony(ceremony) = &mut seen {
        for (answer, first) in [(&mut ceremony.options, 100), (&mut ceremony.new_options, 200)] {
            let options = answer.as_mut().and_then(|answer| answer.options.as_mut());
            if let Some(given) = options.and_then(|options| options.get_mut("challenge"))
                && [1, 2, 3].map(challenge).iter().any(|known| given == known)
            {
                *given = json!(challenge(first + index));
            }
        }
    }
    seen
}

/// A scenario that was played once, on the profile `p`.
pub fn part(id: &str, played: Vec<Played>) -> PartFacts {
    let (steps, seen) = played.into_iter().unzip();
    PartFacts {
        scenario: scenario(id, steps),
        profile: "p".to_owned(),
        skipped: None,
        attempts: vec![attempt(seen)],
        replay: format!("faultkey exercise --scenario {id}"),
    }
}

fn scenario(id: &str, steps: Vec<Step>) -> Scenario {
    Scenario {
        id: id.to_owned(),
        title: Text::new(format!("The title of {id}"), format!("{id}の題名")),
        words: Words { en: vec!["it fails".to_owned()], ja: vec!["エラー".to_owned()] },
        catalogue: vec!["M-1".to_owned()],
        profiles: vec!["p".to_owned()],
        evidence: Evidence::Inferred,
        evidence_note: Text::new("For a test.".to_owned(), "テスト用".to_owned()),
        cause: None,
        needs_real_wait: false,
        seed: None,
        repeat: 1,
        steps,
        source: id.to_owned(),
    }
}

pub fn run(parts: Vec<PartFacts>) -> RunFacts {
    RunFacts { challenge_lifetime: None, fresh_each_time: true, parts }
}

/// Requests at [`OPTIONS`], [`VERIFY`], [`REPORTED`] and [`AGAIN`], an answer after each.
pub fn transcript() -> Vec<Entry> {
    let request = |path: &str| What::HttpRequest {
        method: "POST".to_owned(),
        path: path.to_owned(),
        headers: Vec::new(),
        body: format!("to {path}"),
        purpose: RequestPurpose::Ceremony,
    };
    let response = |path: &str| What::HttpResponse { status: 200, headers: Vec::new(), body: format!("from {path}") };
    let paths = ["/options", "/verify", "/report", "/again"];
    entries(paths.into_iter().flat_map(|path| [request(path), response(path)]))
}

/// Numbered from 1.
pub fn entries(whats: impl IntoIterator<Item = What>) -> Vec<Entry> {
    whats.into_iter().zip(1..).map(|(what, number)| Entry { number, at: 0, what }).collect()
}
