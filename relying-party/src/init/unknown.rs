//! What a recording does not show.

use std::fmt;

/// Something that an adapter needs or could use, and that could not be found out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unknown {
    /// A whole request of a ceremony.
    Request {
        section: &'static str,
        what: &'static str,
    },
    /// The recording has the request, and not the body of its answer.
    AnswerMissing {
        section: &'static str,
        request: String,
    },
    /// The answer that has the challenge has no options: the page makes them.
    OptionsMadeByPage {
        section: &'static str,
    },
    /// A member or field whose role is unknown; with its value if that may be shown.
    Member {
        section: String,
        member: String,
        value: Option<String>,
        made_by_page: bool,
    },
    /// A part of a path, or a parameter of it, that belongs to one account or one session.
    PathPart {
        section: String,
        part: String,
    },
    /// Content that is neither JSON nor a form.
    Content {
        section: String,
        request: String,
    },
    /// A secret that the recording does not explain; it comes from this variable.
    Secret {
        name: String,
        variable: String,
    },
    /// An answer outside this ceremony gave the value: in a new session it is not there.
    Elsewhere {
        section: String,
        capture: String,
        request: String,
    },
    /// A form of bytes that an adapter can't say.
    Encoding {
        section: &'static str,
        field: &'static str,
    },
    /// Where the CSRF token is set.
    CsrfPath {
        cookie: String,
    },
    /// What in the answer says that it is accepted.
    Accepted {
        section: &'static str,
        status: u16,
    },
    /// No refused answer: where code and message stand.
    Reasons,
    /// A request that says whether the user is signed in; perhaps one that was seen only afterwards.
    Session {
        only_after: Option<String>,
    },
    /// A sign-up and no sign-in: nothing signs an account in again.
    SignIn,
    RpId,
    /// The page and the API have different origins.
    OtherOrigin {
        page: String,
        api: String,
    },
}

impl Unknown {
    /// What to write into the file, if that can be said.
    #[must_use]
    pub fn to_write(&self) -> Option<String> {
        Some(match self {
            Unknown::Request { section, .. } => format!("[{section}] path = \"/the/path\""),
            Unknown::AnswerMissing { section, .. } => format!("[{section}] options = \"/the/pointer\""),
            Unknown::OptionsMadeByPage { section } => format!("[{section}] options = {{ template = … }}"),
            Unknown::Member { section, member, .. } => format!("[{section}] {member} = \"…\""),
            Unknown::PathPart { section, .. } => format!("[{section}] path = \"/…/{{a captured name}}\""),
            Unknown::Content { section, .. } => format!("[{section}] body = {{ … }}"),
            Unknown::Secret { variable, .. } => format!("in the environment: {variable}=…"),
            Unknown::Elsewhere { section, capture, .. } => {
                let ceremony = section.split('.').next().unwrap_or_default();
                format!("[[{ceremony}.before]] path = \"…\", capture = {{ {capture} = \"…\" }}")
            }
            Unknown::Encoding { section, field } => format!("[encoding] {section} = {{ {field} = \"…\" }}"),
            Unknown::CsrfPath { .. } => "[csrf] path = \"/a/page\"".to_owned(),
            Unknown::Accepted { section, .. } => format!("[{section}] accepted = {{ pointer = \"/…\", equals = true }}"),
            Unknown::Reasons => "[result] code = \"/…\", message = \"/…\"".to_owned(),
            Unknown::Session { .. } => "[session] path = \"/…\", pointer = \"/…\"".to_owned(),
            Unknown::SignIn => "[[registration.before]] once = \"session\", path = \"/…\"".to_owned(),
            Unknown::RpId => "rp-id = \"…\"".to_owned(),
            Unknown::OtherOrigin { api, .. } => format!("on the command line: --rp {api}"),
        })
    }
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unknown::Request { what, .. } => write!(f, "{what}: no request of the recording has it"),
            Unknown::AnswerMissing { request, .. } => {
                write!(f, "what {request} answered: the recording has no body; export it with contents")
            }
            Unknown::OptionsMadeByPage { .. } => {
                write!(f, "the options: no answer has them, so that the page makes them; what is written is a guess but for the challenge")
            }
            Unknown::Member { member, value, made_by_page, .. } => {
                let role = if *made_by_page { "what the page made it of" } else { "where its value comes from" };
                match value {
                    Some(value) => write!(f, "`{member}`: {role}; the recording has {value}"),
                    None => write!(f, "`{member}`: {role}; its value is not shown here"),
                }
            }
            Unknown::PathPart { part, .. } => {
                write!(f, "where `{part}` in the path comes from; it looks like that of one account or session")
            }
            Unknown::Content { request, .. } => write!(f, "what {request} sends: it is neither JSON nor a form"),
            Unknown::Secret { name, variable } => write!(f, "where `{name}` comes from: its value has to be in the variable {variable}"),
            Unknown::Elsewhere { capture, request, .. } => {
                write!(f, "where `{capture}` comes from in a new session: only {request}, which belongs to another ceremony, gave it")
            }
            Unknown::Encoding { field, .. } => write!(f, "how `{field}` can be written: the server has it as Node prints a Buffer"),
            Unknown::CsrfPath { cookie } => write!(f, "which page sets the cookie `{cookie}`, the CSRF token: it was there from the start"),
            Unknown::Accepted { status, .. } => {
                write!(f, "what in the answer says that it is accepted: by its status {status} alone, every 2xx accepts")
            }
            Unknown::Reasons => write!(f, "where a refusal has its code and its message: the recording has no refused response"),
            Unknown::Session { only_after: None } => {
                write!(
                    f,
                    "a request that says whether the user is signed in: no GET was answered otherwise before the log-in than after it"
                )
            }
            Unknown::Session { only_after: Some(request) } => {
                write!(f, "what {request} answers to a user who is not signed in: it was seen only after the log-in")
            }
            Unknown::SignIn => write!(
                f,
                "a sign-in: the recording has a sign-up, which signs in once; to register again, a new session needs a sign-in, for example by password"
            ),
            Unknown::RpId => write!(f, "the RP ID: no options name it; the client takes the host of the origin"),
            Unknown::OtherOrigin { page, api } => write!(f, "an adapter for two servers: the page is at {page}, and its API at {api}"),
        }
    }
}
