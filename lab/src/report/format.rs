//! The forms in which a run is written down.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A form of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// `index.html`, for people.
    Html,
    /// `report.json`, for programs.
    Json,
    /// `junit.xml`, for CI servers.
    Junit,
    /// `report.md`, for tickets.
    Markdown,
    /// For a GitHub workflow: annotations, and `summary.md`, the summary of the job.
    Github,
}

impl Format {
    pub const ALL: [Format; 5] = [Format::Html, Format::Json, Format::Junit, Format::Markdown, Format::Github];

    /// What is written where nobody chooses.
    pub const DEFAULT: [Format; 3] = [Format::Html, Format::Json, Format::Junit];

    /// The file that it is written into.
    #[must_use]
    pub const fn file(self) -> &'static str {
        match self {
            Format::Html => "index.html",
            Format::Json => "report.json",
            Format::Junit => "junit.xml",
            Format::Markdown => "report.md",
            Format::Github => "summary.md",
        }
    }

    /// As on the command line and in `faultkey.toml`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Format::Html => "html",
            Format::Json => "json",
            Format::Junit => "junit",
            Format::Markdown => "markdown",
            Format::Github => "github",
        }
    }
}
