//! Prints the manual of faults: `cargo run -p faultkey-fault-injection --example manual > docs/faults.md`.

#![allow(clippy::disallowed_macros, reason = "it may fail where it can't print")]

fn main() {
    print!("{}", faultkey_fault_injection::registry::manual());
}
