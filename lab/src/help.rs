//! What a person is told before anything is judged: what was learnt, or why nothing can be judged, on one page.
//!
//! A language is a module like [`en`]. A text that a language lacks does not compile.

pub mod en;
mod ja;
mod place;
mod shell;

use std::time::Duration;

use faultkey_client::DomException;
use faultkey_fault_injection::Language;
use faultkey_relying_party::{AdapterError, Arrived, Unreachable, curl};
use faultkey_transport::Entry;
use faultkey_transport::transcript::What;
use url::Url;

use crate::exercise::{Checked, CleanUp, Learnt, Line, Met, NotExercisable, Tried};
use crate::report::text::{harmless, wrap};

/// Columns of the page.
const WIDTH: usize = 80;
const INDENT: &str = "  ";
/// How much of an answer is shown.
const SHOWN: usize = 500;
const SHOWN_LINES: usize = 12;

/// A line of advice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Advice {
    /// Sentences.
    Say(String),
    /// What to write into a file, each line as it is.
    Write(String),
    /// What to type into a shell.
    Run(String),
}

/// What a problem means, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    pub means: String,
    pub advice: Vec<Advice>,
}

/// The texts of one language.
#[derive(Clone, Copy)]
struct Texts(Language);

macro_rules! texts {
    ($(const $label:ident as $lower:ident;)* $(fn $name:ident($($argument:ident: $type:ty),*) -> $text:ty;)*) => {
        impl Texts {
            $(const fn $lower(self) -> &'static str {
                match self.0 {
                    Language::English => en::$label,
                    Language::Japanese => ja::$label,
                }
            })*
            $(fn $name(self, $($argument: $type),*) -> $text {
                match self.0 {
                    Language::English => en::$name($($argument),*),
                    Language::Japanese => ja::$name($($argument),*),
                }
            })*
        }
    };
}

texts! {
    const TRIED as heading_tried;
    const REQUEST as heading_request;
    const ANSWER as heading_answer;
    const MEANING as heading_meaning;
    const ADVICE as heading_advice;
    const NO_REQUEST as no_request;
    const COLON as colon;
    fn words(problem: &NotExercisable, url: Option<&Url>) -> Words;
    fn title(problem: &NotExercisable) -> String;
    fn attempt(problem: &NotExercisable) -> String;
    fn tried(tried: &Tried) -> String;
    fn unreachable(unreachable: &Unreachable) -> String;
    fn arrived(arrived: &Arrived, status: u16, content_type: Option<&str>) -> String;
    fn location(location: &str) -> String;
    fn cut(more: usize) -> String;
    fn exception(exception: &DomException) -> String;
    fn met(met: &Met) -> String;
    fn learnt(target: &str, learnt: &Learnt) -> Vec<String>;
    fn cleaned_up(target: &str, clean_up: &CleanUp) -> String;
    fn checked(target: &str, file: &str, profile: &str, took: Duration) -> String;
    fn unusable(target: &str, exception: Option<&DomException>) -> String;
}

/// Why nothing can be judged, on one page. `url` is the relying party's, as the command line names it.
#[must_use]
pub fn page(problem: &NotExercisable, url: Option<&Url>, language: Language) -> String {
    let texts = Texts(language);
    let Words { means, advice } = texts.words(problem, url);
    let mut page = Page::new(language);
    page.paragraph("", &texts.title(problem));
    page.section(texts.heading_tried());
    page.paragraph(INDENT, &texts.attempt(problem));
    for tried in &problem.tried {
        page.paragraph(INDENT, &texts.tried(tried));
    }
    let request = recorded(problem, |what| matches!(what, What::HttpRequest { .. }));
    if let Some(line) = url.zip(request).and_then(|(url, request)| curl(url, &request.what, &problem.secrets)) {
        page.section(texts.heading_request());
        // Not indented: a line that is continued within quotes would have the indentation in them.
        page.lines(shell::folded(&harmless(&line), WIDTH - 1));
    }
    page.section(texts.heading_answer());
    page.answer(problem);
    page.section(texts.heading_meaning());
    page.paragraph(INDENT, &means);
    page.section(texts.heading_advice());
    for line in advice {
        match line {
            Advice::Say(text) => page.paragraph(INDENT, &text),
            Advice::Write(text) => page.lines(harmless(&text).lines().map(|line| format!("{INDENT}{INDENT}{line}"))),
            Advice::Run(text) => {
                let lines = text.lines().flat_map(|line| shell::by_words(&harmless(line), WIDTH - 2 * INDENT.len()));
                page.lines(lines.map(|line| format!("{INDENT}{INDENT}{line}")));
            }
        }
    }
    page.text
}

/// The entry of the request at which it ended, or of what was recorded next for it.
fn recorded(problem: &NotExercisable, is: impl Fn(&What) -> bool) -> Option<&Entry> {
    let exchange = problem.exchange?;
    problem.transcript.iter().find(|entry| entry.number == exchange && is(&entry.what))
}

/// What the clean ceremonies showed, in a few lines.
#[must_use]
pub fn learnt(target: &str, learnt: &Learnt, language: Language) -> String {
    let texts = Texts(language);
    let mut page = Page::new(language);
    for sentence in texts.learnt(target, learnt) {
        page.paragraph("", &sentence);
    }
    page.text.trim_end().to_owned()
}

/// Every line of an adapter file, and what it met; `file` is its name.
#[must_use]
pub fn checked(target: &str, file: &str, checked: &Checked, language: Language) -> String {
    let texts = Texts(language);
    let mut page = Page::new(language);
    match checked {
        Checked::Accepted { profile, took, lines } => {
            page.paragraph("", &texts.checked(target, file, profile, *took));
            for lines in lines.chunk_by(|(one, _), (other, _)| (&one.section, one.index) == (&other.section, other.index)) {
                page.text.push('\n');
                match lines {
                    [(first, _), ..] if lines.iter().all(|(_, met)| *met == Met::NotAsked) => {
                        page.paragraph("", &format!("{} [{}]{}{}", first.number, first.section, texts.colon(), texts.met(&Met::NotAsked)));
                    }
                    lines => lines.iter().for_each(|(line, met)| page.line_met(line, met)),
                }
            }
        }
        Checked::UnusableOptions { exception } => page.paragraph("", &texts.unusable(target, exception.as_ref())),
        Checked::Stopped => {}
    }
    page.text.trim_end().to_owned()
}

/// What became of the accounts of a run.
#[must_use]
pub fn cleaned_up(target: &str, clean_up: &CleanUp, language: Language) -> String {
    let texts = Texts(language);
    let mut page = Page::new(language);
    page.paragraph("", &texts.cleaned_up(target, clean_up));
    page.text.trim_end().to_owned()
}

/// Lines that fit a terminal. Much of what stands in them was written by a relying party.
struct Page {
    text: String,
    texts: Texts,
}

impl Page {
    fn new(language: Language) -> Self {
        Self { text: String::new(), texts: Texts(language) }
    }

    /// The line as it is, and what it met.
    fn line_met(&mut self, line: &Line, met: &Met) {
        let section = if line.section.is_empty() { String::new() } else { format!("[{}] ", line.section) };
        let written = format!("{section}{} = {}", line.field, line.value);
        let cut: String = written.chars().take(WIDTH + WIDTH / 2).collect();
        let more = if cut == written { "" } else { " …" };
        self.paragraph("", &format!("{} {cut}{more}{}{}", line.number, self.texts.colon(), self.texts.met(met)));
    }

    fn section(&mut self, title: &str) {
        self.text.push('\n');
        self.lines([title]);
    }

    fn paragraph(&mut self, indent: &str, text: &str) {
        for line in harmless(text).lines() {
            self.lines(wrap(line, WIDTH - indent.len()).iter().map(|line| format!("{indent}{line}").trim_end().to_owned()));
        }
    }

    fn lines<T: AsRef<str>>(&mut self, lines: impl IntoIterator<Item = T>) {
        for line in lines {
            self.text.push_str(line.as_ref());
            self.text.push('\n');
        }
    }

    fn answer(&mut self, problem: &NotExercisable) {
        match &problem.error {
            Some(AdapterError::Unreachable(unreachable)) => return self.paragraph(INDENT, &self.texts.unreachable(unreachable)),
            Some(AdapterError::Mismatch(mismatch)) => {
                self.paragraph(INDENT, &self.texts.arrived(&mismatch.arrived, mismatch.status, mismatch.content_type.as_deref()));
                return self.paragraph(INDENT, &mismatch.body);
            }
            _ => {}
        }
        let Some(answer) = problem.answer() else { return self.paragraph(INDENT, self.texts.no_request()) };
        self.paragraph(INDENT, &self.texts.arrived(&answer.arrived, answer.status, answer.content_type.as_deref()));
        if let Some(location) = &answer.location {
            self.paragraph(INDENT, &self.texts.location(location));
        }
        if !matches!(answer.arrived, Arrived::Nothing(_)) {
            let more = answer.text.chars().count().saturating_sub(SHOWN);
            let shown: String = answer.text.chars().take(SHOWN).collect();
            let lines: Vec<&str> = shown.lines().filter(|line| !line.trim().is_empty()).take(SHOWN_LINES).collect();
            self.paragraph(INDENT, &lines.join("\n"));
            if more > 0 {
                self.paragraph(INDENT, &self.texts.cut(more));
            }
        }
        if let Some(exception) = problem.ceremony.as_ref().and_then(|ceremony| ceremony.client.as_ref()?.as_ref().err()) {
            self.paragraph(INDENT, &self.texts.exception(exception));
        }
    }
}
