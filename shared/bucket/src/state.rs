//! Callboard's own files next to the entities. Their names are relative to the state's folder.

use crate::{Body, Bucket, Condition, Conditional, Error, Store};
use std::collections::BTreeMap;

/// The most bytes of a file that are read.
const MAX: usize = 4 * 1024 * 1024;

/// One of Callboard's own files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Its ETag, for a conditional write.
    pub etag: String,
    /// Its content, which is JSON.
    pub bytes: Vec<u8>,
}

impl<S: Store> Bucket<S> {
    /// The file of this name, 4 MiB at most; `None` if there is none.
    ///
    /// # Errors
    /// If the store fails, or the file is longer.
    pub async fn state(&self, name: &str) -> Result<Option<State>, Error> {
        let key = self.layout.state(name);
        let found = self.store.get(&key, MAX).await.map_err(Error::call("get", &key))?;
        Ok(found.map(|(head, bytes)| State { etag: head.etag, bytes }))
    }

    /// Writes the file of this name where the condition holds. `Done` carries its ETag.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn put_state(
        &self,
        name: &str,
        bytes: Vec<u8>,
        condition: Condition<'_>,
    ) -> Result<Conditional<String>, Error> {
        let body = Body { bytes, content_type: "application/json", metadata: BTreeMap::new() };
        self.put_body(&self.layout.state(name), body, condition).await
    }

    /// Deletes the file of this name where the condition holds; without one, it may be missing.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn delete_state(&self, name: &str, condition: Condition<'_>) -> Result<Conditional<()>, Error> {
        self.delete_at(&self.layout.state(name), condition).await
    }
}
