//! What can go wrong with the cluster. All of it is the fault of the environment, not of the event.

use events::Nack;

/// Why something could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// 403: a rule is missing.
    #[error("failed to {what}: {why}: grant it by RBAC; for a kind of a Promise, `callboard sources` prints the rule")]
    Forbidden {
        /// What was tried.
        what: String,
        /// The API server's own words: who may not do what.
        why: String,
    },
    /// No API has the object: its kind is not served, or it is namespaced and no namespace was given.
    #[error(
        "failed to {what}: the API server serves no such kind: its CustomResourceDefinition was deleted, or is not ready yet"
    )]
    Unserved {
        /// What was tried.
        what: String,
    },
    /// 410: a list took so long that its next page is no longer available.
    #[error("failed to {what}: the list's continuation has expired: start it again")]
    Expired {
        /// What was tried.
        what: String,
    },
    /// The API server did not answer in time. It waits 30 s itself for a conversion webhook or an aggregated API that is down.
    #[error("failed to {what}: {why}")]
    Late {
        /// What was tried.
        what: String,
        /// Who did not answer, and within which time.
        why: String,
    },
    /// Any other error.
    #[error("failed to {what}: {why}")]
    Failed {
        /// What was tried.
        what: String,
        /// Why it failed.
        why: String,
    },
}

impl From<Error> for Nack {
    fn from(error: Error) -> Self {
        Self::Retry(error.to_string())
    }
}
