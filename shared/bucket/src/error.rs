//! What can go wrong with the bucket. All of it is the fault of the environment, not of the event.

use events::Nack;

/// Why a call failed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Fault {
    /// 403.
    #[error(
        "access denied ({code}): the credentials need s3:GetObject, s3:PutObject and s3:DeleteObject on the bucket's objects, \
         and s3:ListBucket on the bucket, without which AWS answers 403 where an object is missing"
    )]
    Denied {
        /// The store's own word for it.
        code: String,
    },
    /// 404 with NoSuchBucket.
    #[error("the bucket does not exist: create it or set CALLBOARD_BUCKET")]
    NoBucket,
    /// 429 or 503 after all retries.
    #[error("the store is too busy ({code})")]
    Busy {
        /// The store's own word for it.
        code: String,
    },
    /// No answer in time.
    #[error("the store {store} did not answer in time")]
    Timeout {
        /// Its URL, or AWS.
        store: String,
    },
    /// No connection, no credentials, an answer that is none.
    #[error("the store cannot be used: {0}")]
    Unusable(String),
    /// An object that is longer than it may be.
    #[error("it has more than {limit} bytes, so Callboard did not write it: delete it")]
    TooLong {
        /// The most bytes.
        limit: usize,
    },
    /// Any other answer.
    #[error("the store answered {code}: {message}")]
    Answer {
        /// Status and code.
        code: String,
        /// The store's own words, cut.
        message: String,
    },
}

/// Why the bucket could not be repaired.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A call failed.
    #[error("failed to {operation} {key}: {fault}")]
    Call {
        /// What was tried.
        operation: &'static str,
        /// On which object.
        key: String,
        /// Why it failed.
        fault: Fault,
    },
    /// Others wrote in between, again and again.
    #[error("failed to write {key}: another writer was faster three times")]
    Contended {
        /// The object.
        key: String,
    },
    /// The store answers a conditional write as if the condition held.
    #[error(
        "the store {store} does not honour {missing}, so that two writers would undo each other's work: \
         use a store that does (docs/reference/bucket.md), or set CALLBOARD_UNCONDITIONAL=true and let one process write"
    )]
    Unconditional {
        /// The store's name.
        store: String,
        /// The headers that it ignores.
        missing: String,
    },
}

impl Error {
    /// A failed call.
    pub(crate) fn call(operation: &'static str, key: &str) -> impl FnOnce(Fault) -> Self {
        move |fault| Self::Call { operation, key: key.to_owned(), fault }
    }
}

impl From<Error> for Nack {
    fn from(error: Error) -> Self {
        Self::Retry(error.to_string())
    }
}
