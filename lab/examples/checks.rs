//! Writes docs/checks.md: `cargo run -p faultkey-lab --example checks > docs/checks.md`. A test compares.

#![allow(clippy::disallowed_macros, reason = "an example prints")]

fn main() {
    print!("{}", faultkey_lab::words::en::manual());
}
