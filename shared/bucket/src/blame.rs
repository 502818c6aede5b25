//! Whose fault a refusal is: that of the object if the store takes another one, otherwise that of the store.

use crate::{Bucket, Condition, Error, Fault, Store, probe};
use catalog::Key;

const WAY_OUT: &str = ". The store takes others: rename the object, or set callboard.dev/ignore on it";

impl<S: Store> Bucket<S> {
    /// An ending about one key, with the refusals blamed that are the object's own fault. A store that refuses everything, as one
    /// of another region or a server that is none, is not the object's fault.
    pub(crate) async fn blamed<T>(&self, key: &Key, ended: Result<T, Error>) -> Result<T, Error> {
        let is_own = |at: &str| at == key.to_string() || at == key.tombstone();
        match ended {
            Err(Error::Call { operation, key: at, fault }) if is_own(&at) => {
                let way_out = match &fault {
                    Fault::Refused { .. } if self.takes_others().await => Some(WAY_OUT),
                    Fault::TooLong { .. } => Some(""),
                    _ => None,
                };
                let call = Error::Call { operation, key: at, fault };
                Err(match way_out {
                    Some(way_out) => Error::Refused { call: Box::new(call), way_out },
                    None => call,
                })
            }
            ended => ended,
        }
    }

    async fn takes_others(&self) -> bool {
        let scratch = probe::scratch(&self.layout);
        let mut body = probe::text("probe");
        body.metadata.insert("uid".to_owned(), "probe".to_owned());
        let put = self.store.put(&scratch, body, Condition::Always).await;
        // Also if the PUT failed: it may have been done without an answer.
        let deleted = self.store.delete(&scratch, Condition::Always).await;
        put.is_ok() && deleted.is_ok()
    }
}
