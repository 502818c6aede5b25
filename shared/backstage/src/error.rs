//! Why Backstage did not do what it was asked for.

/// A call that failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It does not answer, or not in time.
    #[error("{0}")]
    Unreached(String),
    /// The token is missing, wrong, or does not allow it (401, 403).
    #[error("{0}")]
    Denied(String),
    /// It answered something else than was to be expected.
    #[error("{0}")]
    Refused(String),
}
