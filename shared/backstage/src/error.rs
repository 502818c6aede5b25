//! Why Backstage did not do what it was asked for.

/// A call that failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It does not answer, or not in time, or something before it says so (502, 503, 504).
    #[error("{0}")]
    Unreached(String),
    /// The token is missing, wrong, or does not allow it (401, 403).
    #[error("{0}")]
    Denied(String),
    /// Its answer was not one that was to be expected.
    #[error("{0}")]
    Refused(String),
}

impl Error {
    /// The same with what was tried in front of it.
    pub(crate) fn on(self, tried: &str) -> Self {
        let on = |why: String| format!("failed to {tried}: {why}");
        match self {
            Self::Unreached(why) => Self::Unreached(on(why)),
            Self::Denied(why) => Self::Denied(on(why)),
            Self::Refused(why) => Self::Refused(on(why)),
        }
    }

    /// The value of the metric attribute `outcome`.
    pub(crate) fn as_str(&self) -> &'static str {
        match self {
            Self::Unreached(_) => "unreached",
            Self::Denied(_) => "denied",
            Self::Refused(_) => "refused",
        }
    }
}
