//! What went over every wire of a run, in order: messages, what the user did, what happened to the device, what each fault decided.
//!
//! What comes out of a transcript is fit for a report: secrets are masked, those that were met later, too, and long texts are cut.

mod kept;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use faultkey_authenticator::step::Purpose;
use faultkey_authenticator::{Prompt, Time, UserAnswer};
use serde::{Deserialize, Serialize};

use crate::Secrets;

/// One line of a transcript.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Counted from 1 within the transcript.
    pub number: usize,
    /// Milliseconds of the run's time.
    pub at: u64,
    #[serde(flatten)]
    pub what: What,
}

/// What an entry records. Bytes are hex.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum What {
    /// From the client to the authenticator.
    CtapRequest { bytes: String },
    /// From the authenticator to the client.
    CtapReply { bytes: String },
    /// The authenticator asked the user.
    Prompt { text: String },
    /// The user answered.
    Answer { text: String },
    /// What the client hashed and the relying party gets (UTF-8, or hex if it is not).
    ClientData { ceremony: String, json: String },
    /// From the client's side to the relying party. `body` is UTF-8 text.
    HttpRequest {
        method: String,
        path: String,
        headers: Vec<(String, String)>,
        body: String,
        #[serde(default, skip_serializing_if = "RequestPurpose::is_ceremony")]
        purpose: RequestPurpose,
    },
    /// From the relying party.
    HttpResponse { status: u16, headers: Vec<(String, String)>, body: String },
    /// No response came, or half of one.
    NetworkError { text: String },
    /// What a call of the client ended with: `ok`, or a DOMException's name and message.
    ClientResult { ceremony: String, result: String },
    /// Something happened to the device.
    Event { name: String, effect: String },
    /// A fault decided. `touches` says which entry the decision is about; [`touched`] finds it.
    Decision {
        fault: String,
        layer: String,
        touches: Touches,
        text: String,
        /// The same in Japanese.
        #[serde(rename = "text-ja", default, skip_serializing_if = "Option::is_none")]
        text_ja: Option<String>,
    },
    /// A remark by the scenario: which step starts.
    Note { text: String },
}

/// What a request to the relying party is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RequestPurpose {
    /// Something that the user's client does.
    #[default]
    Ceremony,
    /// The relying party's state is looked at or prepared, which no user does.
    Look,
}

impl RequestPurpose {
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
    const fn is_ceremony(&self) -> bool {
        matches!(self, RequestPurpose::Ceremony)
    }
}

/// Which entry a fault's decision is about. The seam that records the decision knows: a reply is recorded after it was changed, a request
/// before it was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Touches {
    /// The next entry of this kind in the exchange under way. A reply that never comes is represented by its request.
    Next(MessageKind),
    /// The last entry of this kind.
    Previous(MessageKind),
    /// No entry: nothing else records what was decided about, e.g. a page's call that the platform refuses at once.
    Nothing,
}

/// The kinds of entries that a decision can be about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MessageKind {
    CtapRequest,
    CtapReply,
    ClientData,
    ClientResult,
    HttpRequest,
    /// The response, or the network error in its place.
    HttpResponse,
    Event,
}

impl MessageKind {
    fn is(self, what: &What) -> bool {
        match self {
            MessageKind::CtapRequest => matches!(what, What::CtapRequest { .. }),
            MessageKind::CtapReply => matches!(what, What::CtapReply { .. }),
            MessageKind::ClientData => matches!(what, What::ClientData { .. }),
            MessageKind::ClientResult => matches!(what, What::ClientResult { .. }),
            MessageKind::HttpRequest => matches!(what, What::HttpRequest { .. }),
            MessageKind::HttpResponse => matches!(what, What::HttpResponse { .. } | What::NetworkError { .. }),
            MessageKind::Event => matches!(what, What::Event { .. }),
        }
    }

    /// What a message of this kind answers.
    const fn answers(self) -> Option<MessageKind> {
        match self {
            MessageKind::CtapReply => Some(MessageKind::CtapRequest),
            MessageKind::HttpResponse => Some(MessageKind::HttpRequest),
            _ => None,
        }
    }
}

/// The index of the entry that the decision at index `decision` is about. `None` if it is about none, if that entry never came, or if there
/// is no decision at this index.
#[must_use]
pub fn touched(entries: &[Entry], decision: usize) -> Option<usize> {
    let What::Decision { touches, .. } = entries.get(decision)?.what else { return None };
    let last = |kind: MessageKind| entries.get(..decision)?.iter().rposition(|entry| kind.is(&entry.what));
    match touches {
        Touches::Nothing => None,
        Touches::Previous(kind) => last(kind),
        Touches::Next(kind) => next(entries, decision, kind).or_else(|| last(kind.answers()?)),
    }
}

/// The next entry of this kind, unless another exchange or step begins before it.
fn next(entries: &[Entry], decision: usize, kind: MessageKind) -> Option<usize> {
    let begins_another = |what: &What| {
        matches!(what, What::Note { .. } | What::CtapRequest { .. } | What::HttpRequest { .. } | What::ClientResult { .. })
            || MessageKind::HttpResponse.is(what)
    };
    let after = entries.iter().enumerate().skip(decision.saturating_add(1));
    let found = after.into_iter().find(|(_, entry)| kind.is(&entry.what) || begins_another(&entry.what));
    found.filter(|(_, entry)| kind.is(&entry.what)).map(|(index, _)| index)
}

/// A shared, growing list of entries. Clones write to the same list.
#[derive(Clone, Debug)]
pub struct Transcript {
    entries: Arc<Mutex<Entries>>,
    most: usize,
}

#[derive(Debug, Default)]
struct Entries {
    /// With how many bytes of each were not kept.
    kept: VecDeque<(Entry, usize)>,
    /// How many were recorded, those that are forgotten too.
    recorded: usize,
    secrets: Secrets,
}

impl Default for Transcript {
    fn default() -> Self {
        Self::of_the_last(usize::MAX)
    }
}

impl Transcript {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps so many entries and forgets the older ones, for what has no end.
    #[must_use]
    pub fn of_the_last(most: usize) -> Self {
        Self { entries: Arc::default(), most }
    }

    /// How many entries it keeps.
    #[must_use]
    pub const fn most(&self) -> usize {
        self.most
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is masked in it; without it, what is secret by the name of a header.
    pub fn hide(&self, secrets: Secrets) {
        self.lock().secrets = secrets;
    }

    /// Appends an entry and returns its number.
    pub fn record(&self, now: Time, what: What) -> usize {
        let mut entries = self.lock();
        entries.recorded += 1;
        let number = entries.recorded;
        let (what, cut) = what.kept(&entries.secrets);
        entries.kept.push_back((Entry { number, at: now.as_millis(), what }, cut));
        if entries.kept.len() > self.most {
            entries.kept.pop_front();
        }
        number
    }

    /// A copy of what is recorded so far.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        let entries = self.lock();
        let shown = entries.kept.iter().map(|(entry, cut)| {
            let Entry { number, at, what } = entry;
            Entry { number: *number, at: *at, what: what.shown(&entries.secrets, *cut) }
        });
        shown.collect()
    }

    pub(crate) fn ctap_request(&self, now: Time, bytes: &[u8]) {
        self.record(now, What::CtapRequest { bytes: hex(bytes) });
    }

    pub(crate) fn ctap_reply(&self, now: Time, bytes: &[u8]) {
        self.record(now, What::CtapReply { bytes: hex(bytes) });
    }

    pub(crate) fn prompt(&self, now: Time, prompt: &Prompt) {
        self.record(now, What::Prompt { text: prompt_text(prompt) });
    }

    pub(crate) fn answer(&self, now: Time, answer: UserAnswer) {
        self.record(now, What::Answer { text: answer_text(answer).to_owned() });
    }
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

/// What the authenticator asks, as a reader of the transcript wants it.
#[must_use]
pub fn prompt_text(prompt: &Prompt) -> String {
    match prompt {
        Prompt::Presence { purpose } => format!("touch to {}", purpose_text(purpose)),
        Prompt::Verification { purpose, tries_left: 1 } => format!("verify yourself to {} (last try)", purpose_text(purpose)),
        Prompt::Verification { purpose, tries_left } => format!("verify yourself to {} ({tries_left} tries left)", purpose_text(purpose)),
    }
}

fn purpose_text(purpose: &Purpose) -> String {
    match purpose {
        Purpose::Register { rp_id, user_name: Some(user_name) } => format!("register {user_name:?} at {rp_id}"),
        Purpose::Register { rp_id, user_name: None } => format!("register at {rp_id}"),
        Purpose::Authenticate { rp_id } => format!("sign in to {rp_id}"),
        Purpose::Select => "choose this authenticator".to_owned(),
        Purpose::Reset => "erase every credential".to_owned(),
        Purpose::EnrollFingerprint { remaining_samples, .. } => format!("enrol a finger ({remaining_samples} samples to go)"),
        Purpose::ResetByLongTouch => "erase every credential, holding the touch".to_owned(),
        Purpose::IssueToken { rp_id: Some(rp_id) } => format!("let the client act for you at {rp_id}"),
        Purpose::IssueToken { rp_id: None } => "let the client manage this authenticator".to_owned(),
    }
}

/// What the user did.
#[must_use]
pub fn answer_text(answer: UserAnswer) -> &'static str {
    match answer {
        UserAnswer::Approve => "approved",
        UserAnswer::Held(_) => "approved, holding the touch",
        UserAnswer::Refuse => "refused",
        UserAnswer::WrongFinger => "presented a finger that is not enrolled",
        UserAnswer::Sample(_) => "gave a sample of a finger",
        UserAnswer::Never => "did nothing",
        UserAnswer::Cancel => "cancelled by the client",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(text: &str) -> What {
        What::Note { text: text.into() }
    }

    fn decision(touches: Touches) -> What {
        What::Decision { fault: "f".into(), layer: "encoding".into(), touches, text: "t".into(), text_ja: None }
    }

    /// The entry that the only decision among these is about.
    fn touched_by_the_decision(whats: impl IntoIterator<Item = What>) -> Option<usize> {
        let entries: Vec<_> = whats.into_iter().enumerate().map(|(i, what)| Entry { number: i + 1, at: 0, what }).collect();
        let index = entries.iter().position(|entry| matches!(entry.what, What::Decision { .. })).unwrap();
        touched(&entries, index)
    }

    #[test]
    fn a_decision_is_about_the_entry_that_its_seam_names() {
        use MessageKind as Kind;
        let request = || What::CtapRequest { bytes: "04".into() };
        let reply = || What::CtapReply { bytes: "00".into() };
        let post = || What::HttpRequest {
            method: "POST".into(),
            path: "/".into(),
            headers: vec![],
            body: String::new(),
            purpose: RequestPurpose::Ceremony,
        };
        let error = || What::NetworkError { text: "reset".into() };
        let prompt = || What::Prompt { text: "touch".into() };
        let client_data = || What::ClientData { ceremony: "registration".into(), json: "{}".into() };
        let client_result = || What::ClientResult { ceremony: "registration".into(), result: "ok".into() };
        let next = |kind| decision(Touches::Next(kind));
        let previous = |kind| decision(Touches::Previous(kind));

        assert_eq!(touched_by_the_decision([request(), next(Kind::CtapReply), prompt(), reply(), reply()]), Some(3));
        assert_eq!(touched_by_the_decision([request(), reply(), request(), previous(Kind::CtapRequest), reply()]), Some(2));
        assert_eq!(touched_by_the_decision([post(), next(Kind::HttpResponse), error()]), Some(2));
        assert_eq!(touched_by_the_decision([post(), previous(Kind::HttpRequest), error()]), Some(0));
        assert_eq!(touched_by_the_decision([post(), next(Kind::ClientData), client_data(), request()]), Some(2));
        assert_eq!(touched_by_the_decision([client_result(), next(Kind::HttpRequest), post()]), Some(2));
        assert_eq!(touched_by_the_decision([client_result(), previous(Kind::ClientResult), post()]), Some(0));
        let event = What::Event { name: "reset".into(), effect: "none".into() };
        assert_eq!(touched_by_the_decision([note("step"), next(Kind::Event), event]), Some(2));

        // A reply that never comes: its request, and never the next exchange's reply.
        assert_eq!(touched_by_the_decision([request(), next(Kind::CtapReply), request(), reply()]), Some(0));
        assert_eq!(touched_by_the_decision([request(), next(Kind::CtapReply), client_result()]), Some(0));
        assert_eq!(touched_by_the_decision([post(), next(Kind::HttpResponse), note("step"), error()]), Some(0));
        // Nothing at all.
        assert_eq!(touched_by_the_decision([client_result(), next(Kind::HttpRequest), note("step"), post()]), None);
        assert_eq!(touched_by_the_decision([request(), decision(Touches::Nothing), reply()]), None);
        assert_eq!(touched(&[], 0), None);
    }

    #[test]
    fn numbers_count_from_one_and_clones_write_to_the_same_list() {
        let transcript = Transcript::new();
        let clone = transcript.clone();
        assert_eq!(transcript.record(Time::START, note("a")), 1);
        assert_eq!(clone.record(Time::from_millis(1_500), note("b")), 2);
        let expected = vec![Entry { number: 1, at: 0, what: note("a") }, Entry { number: 2, at: 1_500, what: note("b") }];
        assert_eq!(transcript.entries(), expected);
        assert_eq!(clone.entries(), expected);
    }

    #[test]
    fn what_is_forgotten_is_counted_all_the_same() {
        let transcript = Transcript::of_the_last(2);
        let numbers = ["a", "b", "c"].map(|text| transcript.record(Time::START, note(text)));
        assert_eq!(numbers, [1, 2, 3]);
        let kept: Vec<(usize, What)> = transcript.entries().into_iter().map(|entry| (entry.number, entry.what)).collect();
        assert_eq!(kept, [(2, note("b")), (3, note("c"))]);
    }

    fn request(purpose: RequestPurpose) -> What {
        What::HttpRequest { method: "GET".into(), path: "/".into(), headers: vec![], body: String::new(), purpose }
    }

    #[test]
    fn an_entry_is_one_flat_json_object_and_reads_back() {
        let entries = [
            (What::CtapRequest { bytes: "04".into() }, r#"{"number":3,"at":20,"kind":"ctap-request","bytes":"04"}"#),
            (
                decision(Touches::Next(MessageKind::CtapReply)),
                r#"{"number":3,"at":20,"kind":"decision","fault":"f","layer":"encoding","touches":{"next":"ctap-reply"},"text":"t"}"#,
            ),
            (
                decision(Touches::Nothing),
                r#"{"number":3,"at":20,"kind":"decision","fault":"f","layer":"encoding","touches":"nothing","text":"t"}"#,
            ),
            (
                What::Decision {
                    fault: "f".into(),
                    layer: "encoding".into(),
                    touches: Touches::Nothing,
                    text: "t".into(),
                    text_ja: Some("字".into()),
                },
                r#"{"number":3,"at":20,"kind":"decision","fault":"f","layer":"encoding","touches":"nothing","text":"t","text-ja":"字"}"#,
            ),
            (
                request(RequestPurpose::Ceremony),
                r#"{"number":3,"at":20,"kind":"http-request","method":"GET","path":"/","headers":[],"body":""}"#,
            ),
            (
                request(RequestPurpose::Look),
                r#"{"number":3,"at":20,"kind":"http-request","method":"GET","path":"/","headers":[],"body":"","purpose":"look"}"#,
            ),
            (
                What::HttpResponse { status: 200, headers: vec![("a".into(), "b".into())], body: "{}".into() },
                r#"{"number":3,"at":20,"kind":"http-response","status":200,"headers":[["a","b"]],"body":"{}"}"#,
            ),
        ];
        for (what, json) in entries {
            let entry = Entry { number: 3, at: 20, what };
            assert_eq!(serde_json::to_string(&entry).unwrap(), json);
            assert_eq!(serde_json::from_str::<Entry>(json).unwrap(), entry);
        }
    }

    #[test]
    fn a_thread_that_died_does_not_take_the_transcript_with_it() {
        let transcript = Transcript::new();
        transcript.record(Time::START, note("before"));
        let clone = transcript.clone();
        let died = std::thread::spawn(move || {
            let _guard = clone.entries.lock().unwrap();
            panic!("on purpose");
        })
        .join();
        assert!(died.is_err());
        assert_eq!(transcript.record(Time::START, note("after")), 2);
    }

    #[test]
    fn prompts_and_answers_read_like_sentences() {
        let register = |user_name: Option<&str>| Purpose::Register { rp_id: "broker.test".into(), user_name: user_name.map(str::to_owned) };
        let sign_in = || Purpose::Authenticate { rp_id: "broker.test".into() };
        let prompts = [
            (Prompt::Presence { purpose: register(Some("花子")) }, "touch to register \"花子\" at broker.test"),
            (Prompt::Presence { purpose: register(None) }, "touch to register at broker.test"),
            (Prompt::Verification { purpose: sign_in(), tries_left: 5 }, "verify yourself to sign in to broker.test (5 tries left)"),
            (Prompt::Verification { purpose: sign_in(), tries_left: 1 }, "verify yourself to sign in to broker.test (last try)"),
            (Prompt::Presence { purpose: Purpose::Select }, "touch to choose this authenticator"),
            (Prompt::Presence { purpose: Purpose::Reset }, "touch to erase every credential"),
            (
                Prompt::Presence { purpose: Purpose::EnrollFingerprint { remaining_samples: 3, timeout: None } },
                "touch to enrol a finger (3 samples to go)",
            ),
        ];
        for (prompt, text) in prompts {
            assert_eq!(prompt_text(&prompt), text);
        }
        let answers =
            [UserAnswer::Approve, UserAnswer::Refuse, UserAnswer::WrongFinger, UserAnswer::Never, UserAnswer::Cancel].map(answer_text);
        assert_eq!(answers, ["approved", "refused", "presented a finger that is not enrolled", "did nothing", "cancelled by the client"]);
    }
}
