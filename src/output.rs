//! How subcommands print: without panics, in columns that know the width of Japanese, in text that wraps.
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
use std::io::{self, ErrorKind, Write};
use std::process::exit;

use comfy_table::{ContentArrangement, Table, presets};

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
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// The same, but ends the program when it can't be written.
pub fn line(line: Arguments<'_>) {
    try_line(line).unwrap_or_else(|error| give_up(&error));
}

/// Prints a whole text as it is.
///
/// # Errors
/// As [`try_line`].
pub fn try_text(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Prints a whole text as it is, or ends the program.
pub fn text(text: &str) {
    try_text(text).unwrap_or_else(|error| give_up(&error));
}

/// Prints what clap says, help or a complaint, and ends the program.
pub fn clap(error: &clap::Error) -> ! {
    let printed = error.print().and_then(|()| io::stdout().flush());
    match printed {
        Err(unprinted) if !error.use_stderr() => give_up(&unprinted),
        _ => exit(error.exit_code()),
    }
}

pub fn error_line(line: Arguments<'_>) {
    // There is no other place to say it.
    let _ = writeln!(io::stderr(), "{line}");
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
    for paragraph in text.lines() {
        let mut table = columns();
        table.add_row(["", paragraph]);
        say!("{}", table.trim_fmt());
    }
    say!();
}

/// Columns of the terminal; 100 where there is none.
pub fn terminal_width() -> usize {
    Table::new().width().map_or(100, usize::from)
}

/// `1 credential`, `2 credentials`.
pub fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
