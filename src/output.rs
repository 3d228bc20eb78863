//! How subcommands print: columns that know the width of Japanese, text that wraps.

use comfy_table::{ContentArrangement, Table, presets};

/// Prints a line; ends the program quietly when nobody reads any more (`faultkey faults | head`), where `println!` would panic.
macro_rules! say {
    () => { $crate::output::write_line(format_args!("")) };
    ($($line:tt)*) => { $crate::output::write_line(format_args!($($line)*)) };
}
pub(crate) use say;

pub fn write_line(line: std::fmt::Arguments<'_>) {
    use std::io::Write;
    if let Err(error) = writeln!(std::io::stdout(), "{line}") {
        std::process::exit(if error.kind() == std::io::ErrorKind::BrokenPipe { 0 } else { 2 });
    }
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
