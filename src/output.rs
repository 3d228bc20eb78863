//! How subcommands print: without panics, in columns that know the width of Japanese, in text that wraps.
//!
//! Whatever is printed passes through here, and names that a relying party, a key or a file chose may be in it. Characters that a terminal obeys
//! instead of showing them, and those that turn text around, are spelled out: in lines and in a report's colours, in JSON as JSON has it. Only a
//! text that is data for a program, and does not go to a terminal, is written as it is.
//!
//! `println!` and `eprintln!` panic when what they write to is closed or full, so clippy refuses them here. What happens instead:
//!
//! * `complain!` writes to standard error. Where that fails, there is no place left to say so: it goes on.
//! * `say!` writes to standard output. A reader that has seen enough (`faultkey faults | head -1`) ends the program quietly, with 0; any other
//!   failure, such as a full disk, ends it with 2 and a message on standard error.
//! * A command with a verdict, such as `exercise` or `store check`, doesn't use `say!` for it: somebody who asks for the exit code only would take
//!   the 0 of a closed pipe for a success. It prints with [`try_line`], and where that fails and the verdict would have been 0, it ends with
//!   [`VERDICT_NOT_PRINTED`]. Whatever else it has to write, such as reports, it writes before.
//!
//! A stream that is closed from the start (`>&-`) is `/dev/null`: Rust's runtime opens that in its place, and no program can tell the two apart.

use std::fmt::Arguments;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::process::exit;

use comfy_table::{ContentArrangement, Table, presets};
use faultkey_lab::report::wrap;
use faultkey_transport::escape::{harmless, harmless_but_coloured, harmless_json};

/// The exit code of a command whose verdict is good but could not be printed.
pub const VERDICT_NOT_PRINTED: u8 = 3;

/// The exit code of a command that could not do what it should.
const FAILED: i32 = 2;

/// Prints a line to standard output, or ends the program.
macro_rules! say {
    () => { $crate::output::line(format_args!("")) };
    ($($line:tt)*) => { $crate::output::line(format_args!($($line)*)) };
}
pub(crate) use say;

/// Prints a line to standard output that only helps, e.g. what to type next: not with `--quiet`.
macro_rules! hint {
    ($($line:tt)*) => { if !$crate::global::quiet() { $crate::output::say!($($line)*) } };
}
pub(crate) use hint;

/// Prints a line to standard error, where it can be written.
macro_rules! complain {
    ($($line:tt)*) => { $crate::output::error_line(format_args!($($line)*)) };
}
pub(crate) use complain;

/// Prints a line to standard output.
///
/// # Errors
/// When it can't be written, also because nothing reads it any more.
pub fn try_line(line: Arguments<'_>) -> io::Result<()> {
    write_line(&harmless(&line.to_string()))
}

/// The same for a report that has colours, which stay.
///
/// # Errors
/// As [`try_line`].
pub fn try_painted(text: &str) -> io::Result<()> {
    write_line(&harmless_but_coloured(text.trim_end_matches('\n')))
}

/// The same for JSON, which stays the same JSON.
///
/// # Errors
/// As [`try_line`].
pub fn try_json(json: &str) -> io::Result<()> {
    write_line(&harmless_json(json))
}

fn write_line(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// The same, but ends the program when it can't be written.
pub fn line(line: Arguments<'_>) {
    try_line(line).unwrap_or_else(|error| give_up(&error));
}

/// Prints JSON, or ends the program.
pub fn json(json: &str) {
    try_json(json).unwrap_or_else(|error| give_up(&error));
}

/// Prints a whole text that is data for a program, or ends the program. Only a terminal gets it otherwise than it is.
pub fn text(text: &str) {
    let mut out = io::stdout().lock();
    let text = if out.is_terminal() { harmless(text) } else { text.into() };
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).unwrap_or_else(|error| give_up(&error));
}

/// Prints what clap says, help or a complaint, and ends the program.
pub fn clap(error: &clap::Error) -> ! {
    // What was typed is quoted in it, and may have been copied from anywhere.
    let painted =
        |terminal| terminal && std::env::var_os("NO_COLOR").is_none() && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
    let text = |terminal| match painted(terminal) {
        true => error.render().ansi().to_string(),
        false => error.render().to_string(),
    };
    let written = |out: &mut dyn Write, terminal| {
        out.write_all(harmless_but_coloured(&text(terminal)).as_bytes())?;
        out.flush()
    };
    let printed = match error.use_stderr() {
        true => written(&mut io::stderr().lock(), io::stderr().is_terminal()),
        false => written(&mut io::stdout().lock(), io::stdout().is_terminal()),
    };
    match printed {
        Err(unprinted) if !error.use_stderr() => give_up(&unprinted),
        _ => exit(error.exit_code()),
    }
}

pub fn error_line(line: Arguments<'_>) {
    // There is no other place to say it.
    let _ = writeln!(io::stderr(), "{}", harmless(&line.to_string()));
}

/// Says that standard output can't be written.
pub fn not_printed(error: &io::Error) -> String {
    format!("standard output can't be written: {error}")
}

fn give_up(error: &io::Error) -> ! {
    if error.kind() == ErrorKind::BrokenPipe {
        exit(0);
    }
    complain!("faultkey: {}", not_printed(error));
    exit(FAILED);
}

/// A borderless table that fits the terminal; 100 columns where there is none.
pub fn columns() -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    if table.width().is_none() {
        table.set_width(100);
    }
    table
}

/// Prints a heading and the text under it, indented and wrapped.
pub fn section(heading: &str, text: &str) {
    say!("{heading}");
    let width = terminal_width().saturating_sub(4);
    text.lines().flat_map(|paragraph| wrap(paragraph, width)).for_each(|line| say!("    {line}"));
    say!();
}

/// What stands last in a row of [`columns`], with a line's end where its language lets a line end; a table would break Japanese anywhere.
/// `before` are the columns of what stands before it.
pub fn last_cell(text: &str, before: usize) -> String {
    /// What a table puts between and around its cells, at most.
    const PADDING: usize = 8;
    wrap(text, terminal_width().saturating_sub(before + PADDING)).join("\n")
}

/// Columns of the terminal; 100 where there is none.
pub fn terminal_width() -> usize {
    Table::new().width().map_or(100, usize::from)
}

/// `1 credential`, `2 credentials`.
pub fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
