//! What a person reads of a verdict: the one place where its enums become sentences. Nothing compares, cuts or keys on these texts.
//!
//! [`Words`] is the catalogue: each of its functions has a text in every language, in a module of its own ([`en`], `ja`), under the same name.
//! A text that a language lacks does not compile.

pub mod en;
pub(crate) mod ja;
mod label;
mod screen;
#[cfg(test)]
mod tests;

use faultkey_fault_injection::Language;

use crate::accept::{AcceptNote, Accepted};
use crate::check::{CheckId, Gravity, Mend, Request};
use crate::compare::{StandingChange, TargetComparison};
use crate::confusion::Grouping;
use crate::facts::ReplayFrom;
use crate::report::text;
use crate::scenario::{Action, OutcomeClass};
use crate::verdict::{
    AnswerSummary, Blind, BlindSpot, Evidence, Finding, Found, Happened, Incomplete, Reason, SeenIn, Standing, TargetRun,
};

pub use screen::ScreenLabel;

pub use label::Label;

/// Columns of a message that stands within a sentence.
const MESSAGE: usize = 160;
/// Columns of a problem that does.
const PROBLEM: usize = 400;

/// By what causes can be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    Shown,
    Api,
    Logged,
}

impl View {
    pub const ALL: [View; 3] = [View::Shown, View::Api, View::Logged];
}

/// What can be counted in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noun {
    Answer,
    Cause,
    Check,
    Finding,
    Scenario,
    Step,
}

/// What two runs differ in, as headings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    New,
    Gone,
    Remaining,
    NotLookedFor,
    Standings,
    Observable,
    NoLongerObservable,
}

/// The texts of one language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Words(Language);

macro_rules! catalogue {
    ($($(#[$about:meta])* fn $name:ident($($argument:ident: $type:ty),*) -> $text:ty;)*) => {
        impl Words {
            /// The texts of `language`.
            #[must_use]
            pub const fn of(language: Language) -> Self {
                Self(language)
            }

            #[must_use]
            pub const fn language(self) -> Language {
                self.0
            }

            $(
                $(#[$about])*
                #[must_use]
                pub fn $name(self, $($argument: $type),*) -> $text {
                    match self.0 {
                        Language::English => en::$name($($argument),*),
                        Language::Japanese => ja::$name($($argument),*),
                    }
                }
            )*
        }
    };
}

catalogue! {
    /// What is wrong with the relying party, in one sentence.
    fn title(check: CheckId) -> &'static str;
    /// What it means for a user or for those who run the service. Of a remark: where the choice is left to the relying party.
    fn why(check: CheckId) -> &'static str;
    /// What was found. Whole sentences.
    fn found(found: &Found) -> String;
    /// What to do, in one sentence.
    fn mend(mend: Mend) -> &'static str;
    /// `400 M0902 "This passkey can't be used."`: status, code and message; a code that begins the message is not said twice.
    fn answer(answer: &AnswerSummary) -> String;
    /// `POST /assertion/result -> 200`.
    fn evidence(evidence: &Evidence) -> String;
    /// `2 scenarios: one on iphone (step 3), another on pixel-chrome (step 4).`
    fn seen(seen: &[SeenIn]) -> String;
    /// `interrupted-double-tap on pixel-chrome (step 4, in 2 of 6 attempts)`.
    fn seen_in(seen: &SeenIn) -> String;
    /// A request as a person says it, within a sentence.
    fn request(request: Request) -> &'static str;
    /// Whose cookies a repetition carried, as a label.
    fn replay_from(from: ReplayFrom) -> &'static str;
    /// `1 check`, `2 checks`.
    fn counted(count: u64, noun: Noun) -> String;
    /// A label.
    fn standing(standing: Standing) -> &'static str;
    /// A label.
    fn gravity(gravity: Gravity) -> &'static str;
    /// What that gravity means, in a sentence.
    fn gravity_means(gravity: Gravity) -> &'static str;
    /// `4 findings (1 security, 1 unclear, 2 remarks).`
    fn findings_counted(target: &TargetRun) -> String;
    /// `14 scenarios: 12 passed, 2 failed.`
    fn scenarios_counted(target: &TargetRun) -> String;
    /// Why a scenario has no verdict.
    fn reason(reason: &Reason) -> String;
    /// The same for several scenarios.
    fn reason_of(scenarios: usize, reason: &Reason) -> String;
    /// Why a check could not be made.
    fn blind(blind: &Blind) -> String;
    /// What to add to the adapter file, and what that shows. Told once for a run.
    fn blind_spot(spot: &BlindSpot) -> String;
    /// Said once for a run.
    fn rate_limited() -> &'static str;
    /// Said first: what follows is not everything.
    fn incomplete(incomplete: Incomplete) -> &'static str;
    /// What happened to the device, or on its way to the relying party.
    fn happened(happened: &Happened) -> String;
    /// What a class asks of the relying party (catalogue §0.5).
    fn expectation(class: OutcomeClass) -> &'static str;
    /// Within a sentence.
    fn view(view: View) -> &'static str;
    /// `Tells 0 of 91 pairs of causes apart by what the user is shown.`
    fn told_apart(grouping: &Grouping, by: View) -> String;
    /// `The largest group holds 14 causes under "M0902".` `None` when nothing was answered.
    fn largest_group(grouping: &Grouping) -> Option<String>;
    /// Why a finding fails nothing, in a sentence.
    fn accepted(accepted: &Accepted) -> String;
    /// What is wrong with an acceptance.
    fn accept_note(note: &AcceptNote) -> String;
    /// Of a finding that the baseline has.
    fn in_baseline() -> &'static str;
    /// `3 new findings, 1 gone, 5 remain.`
    fn differences_counted(compared: &TargetComparison) -> String;
    /// A heading.
    fn difference(difference: Difference) -> &'static str;
    /// `m0902-uv-not-set on yubikey-5: passed before, failed now.`
    fn standing_change(change: &StandingChange) -> String;
    /// How many scenarios only one of two runs has.
    fn scenarios_only_in(count: usize, new: bool) -> String;
    /// Of a relying party that only one of two reports has.
    fn only_in(name: &str, new: bool) -> String;
    /// A label, or a sentence that always stands alone.
    fn label(label: Label) -> &'static str;
    /// A label before what it names.
    fn lead(label: Label) -> String;
    /// The page's title, in the browser's list of tabs.
    fn page_title(names: &str) -> String;
    /// A view as a heading.
    fn view_label(view: View) -> &'static str;
    /// Where a finding was met, as a label.
    fn at_request(request: Request) -> &'static str;
    /// `2 security`, a line of a list.
    fn of_gravity(count: usize, gravity: Gravity) -> String;
    /// `2 could not be set up`, a line of a list.
    fn of_standing(count: usize, standing: Standing) -> String;
    /// `2 accepted`, a line of a list.
    fn accepted_counted(count: usize) -> String;
    /// `of 40`, after a number.
    fn of_all(all: usize) -> String;
    /// Under the number of blind spots.
    fn hidden_checks(checks: usize) -> String;
    /// A link to what `Fix first` leaves out.
    fn all_findings(findings: usize) -> String;
    /// How to read the matrix.
    fn matrix_means() -> &'static str;
    /// `20 causes, 1 answer`
    fn causes_and_answers(causes: usize, answers: usize) -> String;
    /// `189 of 190`
    fn share(told_apart: usize, pairs: usize) -> String;
    /// `3 checks passed: `, before their names.
    fn checks_passed(checks: usize) -> String;
    /// What the script says of a filter: it puts numbers for `{shown}` and `{all}`.
    fn findings_shown() -> &'static str;
    /// The same.
    fn scenarios_shown() -> &'static str;
    /// `3.4 s`, `2 min 5 s`
    fn duration(milliseconds: u64) -> String;
    /// Day and time of day (UTC) of an RFC 3339 timestamp.
    fn moment(day: &str, time: &str) -> String;
    /// Where a recorded text was cut.
    fn cut_here(bytes: usize) -> String;
    /// `(16 bytes)`
    fn in_bytes(bytes: usize) -> String;
    /// A message that stands in full before.
    fn same_as(bytes: usize, number: usize) -> String;
    /// `CTAP2_OK (0x00) to authenticatorGetInfo`
    fn reply_to(status: &str, command: &str) -> String;
    /// `client data for authentication`
    fn client_data_for(ceremony: &str) -> String;
    /// Said after the last finding of a summary.
    fn findings_left_out(count: usize) -> String;
    /// The section of a specification, or the reason of a policy.
    fn source(check: CheckId) -> &'static str;
    /// What a step does.
    fn action(action: &Action) -> String;

    // The report for a terminal.

    /// A label, or a sentence that always stands alone.
    fn screen_label(label: ScreenLabel) -> &'static str;
    /// A heading.
    fn findings_of(target: &str) -> String;
    /// A heading.
    fn answers_of(target: &str) -> String;
    /// `1. security: replay/authentication-verify`
    fn finding_head(number: usize, finding: &Finding) -> String;
    /// A finding on one line.
    fn finding_in_short(finding: &Finding) -> String;
    /// `replay/authentication-verify: The same response was accepted again.`
    fn named(name: &str, said: &str) -> String;
    /// `14 causes under A: M0902`, of at least two causes.
    fn group_under(causes: usize, letter: &str, answer: &str) -> String;
    /// After a scenario's id.
    fn on_profile(profile: &str) -> String;
    /// A target's findings and scenarios in numbers.
    fn target_in_numbers(target: &TargetRun) -> String;
    /// The last line.
    fn version_and_seed(version: &str, seed: u64) -> String;
    /// Where the page is.
    fn report_at(path: &str) -> String;
    /// While a run goes on.
    fn playing(target: &str, scenario: &str, profile: &str) -> String;
    /// While a run goes on.
    fn waiting_for(target: &str, seconds: u64) -> String;
    /// While a run goes on.
    fn waiting_for_clock(seconds: u64) -> String;
}

/// What others wrote, to stand in a sentence before its full stop.
fn free(text: &str) -> String {
    text::cut(&text::one_line(text), PROBLEM).trim_end_matches(['.', ' ']).to_owned()
}

fn listed<T: AsRef<str>>(names: &[T], between: &str) -> String {
    let names: Vec<String> = names.iter().map(|name| text::one_line(name.as_ref())).collect();
    names.join(between)
}

/// Status, code and message of an answer, with `open` and `close` around the message.
fn answer_between(answer: &AnswerSummary, open: &str, close: &str) -> String {
    let status = answer.status;
    let said = |text: &Option<String>| text.as_deref().map(text::one_line).filter(|text| !text.is_empty());
    let message = said(&answer.message).map(|message| text::cut(&message, MESSAGE));
    match (said(&answer.code), message) {
        (None, None) => status.to_string(),
        (Some(code), None) => format!("{status} {code}"),
        (Some(code), Some(message)) if !message.starts_with(&code) => format!("{status} {code}{open}{message}{close}"),
        (_, Some(message)) => format!("{status}{open}{message}{close}"),
    }
}
