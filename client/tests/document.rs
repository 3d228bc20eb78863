//! docs/client.md: every file that it links to is there, and every test that it names is in that file.

use std::path::Path;

#[test]
fn the_manual_of_the_client_tells_the_truth() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let text = std::fs::read_to_string(docs.join("client.md")).unwrap();
    let mut tests = 0;
    for link in text.split('[').skip(1) {
        let Some((name, target)) = link.split_once("](").and_then(|(name, rest)| Some((name, rest.split_once(')')?.0))) else { continue };
        let file = std::fs::read_to_string(docs.join(target)).unwrap_or_else(|error| panic!("{target}: {error}"));
        if !name.contains('.') {
            assert!(file.contains(&format!("fn {name}(")), "{target} has no test {name}");
            tests += 1;
        }
    }
    assert!(tests >= 20, "{tests} tests are named");
}
