//! How subcommands print: columns that know the width of Japanese, text that wraps.

use comfy_table::{ContentArrangement, Table, presets};

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
    println!("{heading}");
    for paragraph in text.lines() {
        let mut table = columns();
        table.add_row(["", paragraph]);
        println!("{}", table.trim_fmt());
    }
    println!();
}

/// Columns of the terminal; 100 where there is none.
pub fn terminal_width() -> usize {
    Table::new().width().map_or(100, usize::from)
}
