//! Why the relying party could not be spoken to.

/// Why the relying party could not be spoken to. Never a verdict about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdapterError {
    /// The mapping file is wrong.
    #[error("{0}")]
    Mapping(String),
    /// The mapping does not fit what the relying party answered: the pointer that found nothing, and the response that was met.
    #[error("{0}")]
    Mismatch(String),
    /// Not reachable, with no fault in the way.
    #[error("{0}")]
    Unreachable(String),
    /// The URL or the certificate authority that was named for the relying party can't be used.
    #[error("{0}")]
    Target(String),
    /// An armed network fault can't happen to this relying party.
    #[error("{0}")]
    Impossible(String),
}
