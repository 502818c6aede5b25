//! A store that may not do everything, or does not honour conditions.

use crate::memory::Memory;
use bucket::{Body, Condition, Conditional, Fault, Head, Page, Store};
use std::sync::{Arc, Mutex};

/// A bucket in memory; its clones are the same one.
#[derive(Debug, Clone, Default)]
pub(super) struct Faulty {
    pub(super) memory: Memory,
    refuses: Arc<Mutex<Vec<(&'static str, Fault)>>>,
    ignores_conditions: Arc<Mutex<bool>>,
}

impl Faulty {
    /// From now on calls of this operation, such as `put`, fail so.
    pub(super) fn refuse(&self, operation: &'static str, fault: Fault) {
        self.refuses.lock().unwrap().push((operation, fault));
    }

    /// From now on each condition is answered as if it held.
    pub(super) fn ignore_conditions(&self) {
        *self.ignores_conditions.lock().unwrap() = true;
    }

    fn may(&self, operation: &str) -> Result<(), Fault> {
        let refuses = self.refuses.lock().unwrap();
        refuses.iter().find(|(it, _)| *it == operation).map_or(Ok(()), |(_, fault)| Err(fault.clone()))
    }

    fn condition<'a>(&self, condition: Condition<'a>) -> Condition<'a> {
        if *self.ignores_conditions.lock().unwrap() { Condition::Always } else { condition }
    }
}

impl Store for Faulty {
    async fn head(&self, key: &str) -> Result<Option<Head>, Fault> {
        self.may("head")?;
        self.memory.head(key).await
    }

    async fn get(&self, key: &str, limit: usize) -> Result<Option<(Head, Vec<u8>)>, Fault> {
        self.may("get")?;
        self.memory.get(key, limit).await
    }

    async fn put(&self, key: &str, body: Body, condition: Condition<'_>) -> Result<Conditional<String>, Fault> {
        self.may("put")?;
        self.memory.put(key, body, self.condition(condition)).await
    }

    async fn delete(&self, key: &str, condition: Condition<'_>) -> Result<Conditional<()>, Fault> {
        self.may("delete")?;
        self.memory.delete(key, self.condition(condition)).await
    }

    async fn list(&self, prefix: &str, from: Option<&str>) -> Result<Page, Fault> {
        self.may("list")?;
        self.memory.list(prefix, from).await
    }

    fn name(&self) -> String {
        self.memory.name()
    }
}
