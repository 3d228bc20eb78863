//! `report.json`: the run for a program, with the name of its schema first.

use serde::Serialize;

use crate::report::ReportError;
use crate::verdict::Run;

/// Changes when a member changes its meaning or goes away; not when one is added.
pub const SCHEMA: &str = "faultkey-report/1";

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    #[serde(flatten)]
    run: &'a Run,
}

/// The run as JSON, indented.
///
/// # Errors
/// When the run can't be serialized: a bug.
pub fn render(run: &Run) -> Result<String, ReportError> {
    let document = Document { schema: SCHEMA, run };
    let mut json =
        serde_json::to_string_pretty(&document).map_err(|error| ReportError::Render { file: "report.json", problem: error.to_string() })?;
    json.push('\n');
    Ok(json)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn names_its_schema_first_and_reads_back() {
        let run = sample::both();
        let json = render(&run).unwrap();
        assert!(json.starts_with("{\n  \"schema\": \"faultkey-report/1\",\n  \"version\""), "{}", &json[..80]);
        let read: Run = serde_json::from_str(&json).unwrap();
        assert_eq!(render(&read).unwrap(), json);
        assert!(json.contains("\"judgement\": \"fell-short\""));
        assert!(json.contains("\"O-KEY-MISMATCH\""));
        assert!(json.contains("\"kind\": \"ctap-request\""));
    }
}
