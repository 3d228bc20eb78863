//! `{env:NAME}` in a file: what stands in an environment variable, so that no secret stands in the file.

pub use faultkey_transport::secrets::ENVIRONMENT as OPEN;

/// A piece of a text with variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// As it is written.
    Text(&'a str),
    /// The name of a variable.
    Variable(&'a str),
}

/// Splits a text at its variables.
///
/// # Errors
/// When a variable's brace is not closed.
pub fn pieces(text: &str) -> Result<Vec<Piece<'_>>, String> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, from)) = rest.split_once(OPEN) {
        let Some((name, after)) = from.split_once('}') else {
            return Err("`{env:` without its `}`, expected {env:NAME}".to_owned());
        };
        pieces.extend((!before.is_empty()).then_some(Piece::Text(before)));
        pieces.push(Piece::Variable(name));
        rest = after;
    }
    pieces.extend((!rest.is_empty()).then_some(Piece::Text(rest)));
    Ok(pieces)
}

/// What the variable holds.
///
/// # Errors
/// When it is not set.
pub fn value(variable: &str) -> Result<String, String> {
    std::env::var(variable)
        .map_err(|_| format!("the environment variable {variable} is not set, expected it to hold a secret for the relying party"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_split_at_its_variables() {
        assert_eq!(
            pieces("https://qa:{env:QA}@{env:HOST}"),
            Ok(vec![Piece::Text("https://qa:"), Piece::Variable("QA"), Piece::Text("@"), Piece::Variable("HOST")])
        );
        assert_eq!(pieces("{a} }"), Ok(vec![Piece::Text("{a} }")]));
        assert_eq!(pieces(""), Ok(Vec::new()));
        assert_eq!(pieces("x{env:QA"), Err("`{env:` without its `}`, expected {env:NAME}".to_owned()));
    }
}
