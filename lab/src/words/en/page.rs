//! The page, and the messages that it shows decoded.

use crate::check::{CheckId, Gravity, Request};
use crate::report::text::one_line;
use crate::scenario::Action;
use crate::verdict::Standing;
use crate::words::{Label, View};

use super::run::plural;

/// A label, or a sentence that always stands alone.
#[must_use]
pub const fn label(label: Label) -> &'static str {
    match label {
        // The page.
        Label::Skip => "Skip to the verdict",
        Label::Report => "Passkey failure report",
        Label::ForComparison => "For comparison, not judged",
        Label::Comparison => "For comparison",
        Label::SameEachTime => "The same in every run",
        Label::Started => "Started",
        Label::Duration => "Duration",
        Label::Command => "Command",
        Label::Name => "Label",
        Label::Address => "Address",
        Label::RelyingPartyVersion => "Version of the relying party",
        Label::Accounts => "Test accounts",
        Label::FaultkeyVersion => "faultkey",
        Label::Seed => "Seed",
        Label::Verdict => "Verdict",
        Label::Findings => "Findings",
        Label::BlindSpots => "Blind spots",
        Label::NoBlindSpots => "nothing to add to the adapter file",
        Label::WithoutVerdict => "Scenarios without a verdict",
        Label::FixFirst => "Fix first",
        Label::Matrix => "Matrix: causes and answers",
        Label::MatrixCaption => "What the user is shown for each cause",
        Label::Cause => "Cause",
        Label::Answer => "Answer",
        Label::Shown => "Shown to the user",
        Label::Api => "Said by the API",
        Label::Logged => "Logged by the relying party",
        Label::ToldApart => "Pairs of causes told apart",
        Label::SharedAnswers => "Answers that several causes share",
        Label::NoError => "no error was shown",
        Label::Filter => "Filter",
        Label::Search => "Search in findings and scenarios",
        Label::Gravity => "Gravity",
        Label::Result => "Result",
        Label::All => "all",
        Label::Scenarios => "Scenarios",
        Label::NotObservable => "Not observable",
        Label::NeverPassed => "What cannot be observed never counts as passed.",
        Label::Marks => "Marks",
        Label::WithoutScripts => "Without scripts, the steps of scenarios that did not fail, and transcripts, are in report.json only.",
        // A finding.
        Label::Why => "Why it matters",
        Label::Found => "Found",
        Label::AlsoAt => "Also at",
        Label::AlsoShown => "The same change mends",
        Label::RequestAndAnswer => "Request and answer",
        Label::Request => "Request",
        Label::Change => "What to change",
        Label::Source => "Source",
        Label::Accepted => "Accepted",
        Label::New => "New",
        Label::SeenIn => "Seen in",
        Label::Replay => "Replay",
        Label::Curl => "The request as a curl command",
        Label::Copy => "Copy",
        Label::Copied => "Copied",
        // A scenario.
        Label::Steps => "Steps",
        Label::Expected => "Expected",
        Label::Answered => "Answered",
        Label::Or => "or",
        Label::Offers => "Offers",
        Label::LoggedReason => "Logged",
        Label::UsersSay => "Users say",
        Label::Basis => "Evidence",
        Label::Observed => "Evidence (observed)",
        Label::Inferred => "Evidence (inferred)",
        Label::Catalogue => "Catalogue",
        Label::Transcript => "Transcript, decoded",
        Label::TranscriptElsewhere => "The transcript is in report.json.",
        // What is not observable.
        Label::Opens => {
            "What could not be checked, the lines of the adapter file that would show it, and the checks that become possible. Replace the paths and names."
        }
        // A transcript.
        Label::ToAuthenticator => "client to authenticator",
        Label::FromAuthenticator => "authenticator to client",
        Label::AsksUser => "authenticator asks the user",
        Label::UserAnswers => "the user answers",
        Label::Client => "client",
        Label::ToPage => "client to page",
        Label::ToRelyingParty => "client to relying party",
        Label::FromRelyingParty => "relying party to client",
        Label::NetworkError => "network error",
        Label::ToDevice => "happened to the device",
        Label::Fault => "fault",
        Label::Looks => "faultkey looks at the relying party's state",
        // Decoded messages.
        Label::Body => "body",
        Label::Headers => "headers",
        Label::AuthDataInside => "authData in attestationObject",
        Label::AttestationNotCbor => "attestationObject is not CBOR",
        Label::NotCbor => "not CBOR",
        Label::NotHex => "not hex",
        Label::AsRecorded => "as recorded",
        Label::AfterTheMap => "bytes after the map",
        Label::AfterTheEnd => "bytes after the end",
        Label::WhatFollows => "what follows",
        Label::NotWellFormed => "not well-formed",
        Label::Bytes => "bytes",
        Label::Flags => "flags",
        Label::NoFlags => "none",
        Label::SignCount => "signature counter",
        Label::CredentialId => "credential id",
        Label::PublicKey => "public key",
        Label::Extensions => "extensions",
        Label::UserPresent => "user present",
        Label::UserVerified => "user verified",
        Label::BackupEligible => "backup eligible",
        Label::BackedUp => "backed up",
        Label::Attested => "attested credential data follows",
        Label::ExtensionData => "extension data follows",
        Label::Reserved => "reserved",
        Label::UnknownCommand => "unknown command",
        Label::UnknownStatus => "unknown status",
        Label::EmptyRequest => "empty request",
        Label::EmptyReply => "empty reply",
    }
}

/// The page's title, in the browser's list of tabs.
#[must_use]
pub fn page_title(names: &str) -> String {
    format!("faultkey report: {names}")
}

/// A label before what it names.
#[must_use]
pub fn lead(before: Label) -> String {
    format!("{}: ", label(before))
}

/// A view as a heading.
#[must_use]
pub const fn view_label(view: View) -> &'static str {
    match view {
        View::Shown => label(Label::Shown),
        View::Api => label(Label::Api),
        View::Logged => label(Label::Logged),
    }
}

/// Where a finding was met, as a label.
#[must_use]
pub const fn at_request(request: Request) -> &'static str {
    match request {
        Request::RegistrationOptions => "registration, options request",
        Request::RegistrationVerify => "registration, verify request",
        Request::AuthenticationOptions => "authentication, options request",
        Request::AuthenticationVerify => "authentication, verify request",
        Request::FailureReport => "report of a failure that only the client saw",
        Request::Fallback => "another way to sign in",
    }
}

/// `2 security`, a line of a list.
#[must_use]
pub fn of_gravity(count: usize, gravity: Gravity) -> String {
    format!("{count} {}", super::gravity(gravity))
}

/// `2 could not be set up`, a line of a list.
#[must_use]
pub fn of_standing(count: usize, standing: Standing) -> String {
    format!("{count} {}", super::standing(standing))
}

/// `2 accepted`, a line of a list.
#[must_use]
pub fn accepted_counted(count: usize) -> String {
    format!("{count} accepted")
}

/// `of 40`, after a number.
#[must_use]
pub fn of_all(all: usize) -> String {
    format!("of {all}")
}

/// Under the number of blind spots.
#[must_use]
pub fn hidden_checks(checks: usize) -> String {
    format!("hiding {}", plural(checks as u64, "check"))
}

/// A link to what `Fix first` leaves out.
#[must_use]
pub fn all_findings(findings: usize) -> String {
    format!("All {findings} findings")
}

/// How to read the matrix.
#[must_use]
pub const fn matrix_means() -> &'static str {
    "Each row is a cause of failure, each column an answer. A diagonal tells every cause apart. Causes in one column look alike: neither the user nor the support desk can know which it was."
}

/// `20 causes, 1 answer`
#[must_use]
pub fn causes_and_answers(causes: usize, answers: usize) -> String {
    format!("{}, {}", plural(causes as u64, "cause"), plural(answers as u64, "answer"))
}

/// `189 of 190`
#[must_use]
pub fn share(told_apart: usize, pairs: usize) -> String {
    format!("{told_apart} of {pairs}")
}

/// `3 checks passed: `, before their names.
#[must_use]
pub fn checks_passed(checks: usize) -> String {
    format!("{} passed: ", plural(checks as u64, "check"))
}

/// What the script says of a filter: it puts numbers for `{shown}` and `{all}`.
#[must_use]
pub const fn findings_shown() -> &'static str {
    "Findings: {shown} of {all}."
}

/// The same.
#[must_use]
pub const fn scenarios_shown() -> &'static str {
    "Scenarios: {shown} of {all}."
}

/// `3.4 s`, `2 min 5 s`
#[must_use]
pub fn duration(milliseconds: u64) -> String {
    match milliseconds / 1000 {
        seconds @ 60.. => format!("{} min {} s", seconds / 60, seconds % 60),
        seconds => format!("{seconds}.{} s", milliseconds % 1000 / 100),
    }
}

/// Day and time of day (UTC) of an RFC 3339 timestamp.
#[must_use]
pub fn moment(day: &str, time: &str) -> String {
    format!("{day} {time} UTC")
}

/// Where a recorded text was cut.
#[must_use]
pub fn cut_here(bytes: usize) -> String {
    format!("... cut here: {bytes} bytes in all")
}

/// `(16 bytes)`
#[must_use]
pub fn in_bytes(bytes: usize) -> String {
    format!("({bytes} bytes)")
}

/// A message that stands in full before.
#[must_use]
pub fn same_as(bytes: usize, number: usize) -> String {
    format!("the same {bytes} bytes as #{number}")
}

/// `CTAP2_OK (0x00) to authenticatorGetInfo`
#[must_use]
pub fn reply_to(status: &str, command: &str) -> String {
    format!("{status} to {command}")
}

/// `client data for authentication`
#[must_use]
pub fn client_data_for(ceremony: &str) -> String {
    format!("client data for {}", one_line(ceremony))
}

/// What a step does.
#[must_use]
pub fn action(action: &Action) -> String {
    action.to_string()
}

/// The section of a specification, or the reason of a policy.
#[must_use]
pub const fn source(check: CheckId) -> &'static str {
    check.source()
}
