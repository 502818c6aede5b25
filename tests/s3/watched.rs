//! A store whose calls are counted, and that can ignore conditions as some stores do.

use bucket::{Body, Condition, Conditional, Fault, Head, Page, S3, Store};
use std::sync::{Arc, Mutex};

pub(super) struct Watched {
    store: Arc<S3>,
    calls: Mutex<Vec<String>>,
    ignores: &'static [&'static str],
}

impl Watched {
    /// `ignores` names calls whose condition is ignored, such as `PUT If-Match`.
    pub(super) fn new(store: Arc<S3>, ignores: &'static [&'static str]) -> Self {
        Self { store, calls: Mutex::default(), ignores }
    }

    /// The calls since this was last asked, such as `PUT entities If-Match`.
    pub(super) fn calls(&self) -> Vec<String> {
        std::mem::take(&mut *self.calls.lock().unwrap())
    }

    fn called<'a>(&self, method: &str, key: &str, condition: Condition<'a>) -> Condition<'a> {
        let object = match key.starts_with("state/") {
            true if key.contains("/tombstones/") => "tombstone",
            true => "state",
            false => "entities",
        };
        let when = match condition {
            Condition::Always => "",
            Condition::Absent => " If-None-Match",
            Condition::Is(_) => " If-Match",
        };
        self.calls.lock().unwrap().push(format!("{method} {object}{when}"));
        if self.ignores.contains(&format!("{method}{when}").as_str()) { Condition::Always } else { condition }
    }
}

impl Store for Watched {
    async fn head(&self, key: &str) -> Result<Option<Head>, Fault> {
        self.called("HEAD", key, Condition::Always);
        self.store.head(key).await
    }

    async fn get(&self, key: &str, limit: usize) -> Result<Option<(Head, Vec<u8>)>, Fault> {
        self.called("GET", key, Condition::Always);
        self.store.get(key, limit).await
    }

    async fn put(&self, key: &str, body: Body, condition: Condition<'_>) -> Result<Conditional<String>, Fault> {
        let condition = self.called("PUT", key, condition);
        self.store.put(key, body, condition).await
    }

    async fn delete(&self, key: &str, condition: Condition<'_>) -> Result<Conditional<()>, Fault> {
        let condition = self.called("DELETE", key, condition);
        self.store.delete(key, condition).await
    }

    async fn list(&self, prefix: &str, from: Option<&str>) -> Result<Page, Fault> {
        self.store.list(prefix, from).await
    }

    fn name(&self) -> String {
        self.store.name()
    }
}
