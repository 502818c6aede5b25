//! What can go wrong with the bucket: by the fault of the environment, or of one object that the store does not take.

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
    /// The signature was made by another time than the store's.
    #[error(
        "the clock of this machine is {skew} that of the store {store}, which refuses it for that ({code}): set one of them right, by NTP"
    )]
    Clock {
        /// Its URL, or AWS.
        store: String,
        /// By how much, such as `3600 s ahead of`.
        skew: String,
        /// The store's own word for it.
        code: String,
    },
    /// An answer that no S3 store gives.
    #[error(
        "{store} does not answer as an S3 store does: {why}. Set AWS_ENDPOINT_URL_S3 to the URL of the store, and CALLBOARD_BUCKET to the bucket"
    )]
    NoStore {
        /// The bucket and the URL of the store.
        store: String,
        /// What is wrong with the answer.
        why: String,
    },
    /// A refusal that the call itself is at fault for (4xx): perhaps the store takes this key, or these bytes, never.
    #[error("the store does not take it ({code}): {message}")]
    Refused {
        /// Status and code.
        code: String,
        /// The store's own words, cut.
        message: String,
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
    /// The store never takes this object, whatever else it takes.
    #[error("{call}{way_out}")]
    Refused {
        /// The call that fails.
        call: Box<Self>,
        /// What to do, after a full stop, if the call does not say it.
        way_out: &'static str,
    },
    /// The key belongs to an object of another kind.
    #[error(
        "{key} is that of an object of the kind {kind}, from which the kind {ours} differs in case alone: rename one of both objects"
    )]
    OtherKind {
        /// The object.
        key: String,
        /// The kind that has it.
        kind: String,
        /// The kind that asks for it.
        ours: String,
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
        match error {
            Error::Refused { .. } | Error::OtherKind { .. } => Self::Refused(error.to_string()),
            Error::Call { .. } | Error::Contended { .. } | Error::Unconditional { .. } => {
                Self::Retry(error.to_string())
            }
        }
    }
}
