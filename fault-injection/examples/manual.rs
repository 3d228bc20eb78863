//! Prints the manual of faults: `cargo run -p faultkey-fault-injection --example manual > docs/faults.md`.

fn main() {
    print!("{}", faultkey_fault_injection::registry::manual());
}
