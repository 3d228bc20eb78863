//! Lines to copy. The script puts the button there.

use maud::{Markup, html};

use crate::report::text;

/// A command line. `what`: what the button says that it copies.
pub(super) fn line(what: &str, line: &str) -> Markup {
    html! { div.copy data-what=(what) { code translate="no" { (text::harmless(line)) } } }
}

/// Lines of a file.
pub(super) fn lines(what: &str, lines: &str) -> Markup {
    html! { div.copy data-what=(what) { pre translate="no" { (text::harmless(lines)) } } }
}
