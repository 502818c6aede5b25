//! A bucket in memory that names contents as S3 does; each of its calls has an await point before and after its effect.

use bucket::{Body, Condition, Conditional, Fault, Head, Listed, Page, Store};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    future::poll_fn,
    sync::{Arc, Mutex},
    task::Poll,
    time::SystemTime,
};

/// A bucket; its clones are the same one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Memory(Arc<Mutex<BTreeMap<String, Body>>>);

impl Memory {
    /// What lies in it, but for what a probe that was killed leaves behind.
    pub(crate) fn objects(&self) -> BTreeMap<String, Body> {
        let mut objects = self.0.lock().unwrap().clone();
        objects.retain(|key, _| !key.contains("/probe-"));
        objects
    }

    /// The texts that Backstage reads.
    pub(crate) fn entities(&self) -> BTreeMap<String, String> {
        let entities = self.objects().into_iter().filter(|(key, _)| key.starts_with("entities/"));
        entities.map(|(key, body)| (key, String::from_utf8(body.bytes).unwrap())).collect()
    }

    pub(crate) fn find(&self, key: &str) -> Option<(Head, Vec<u8>)> {
        let body = self.0.lock().unwrap().get(key).cloned()?;
        Some((Head { etag: etag(&body), metadata: body.metadata }, body.bytes))
    }

    pub(crate) fn write(&self, key: &str, body: Body, condition: Condition<'_>) -> Conditional<String> {
        let etag = etag(&body);
        self.when(key, condition, |objects| {
            objects.insert(key.to_owned(), body);
            etag
        })
    }

    pub(crate) fn remove(&self, key: &str, condition: Condition<'_>) -> Conditional<()> {
        self.when(key, condition, |objects| {
            objects.remove(key);
        })
    }

    fn when<T>(
        &self,
        key: &str,
        condition: Condition<'_>,
        act: impl FnOnce(&mut BTreeMap<String, Body>) -> T,
    ) -> Conditional<T> {
        let mut objects = self.0.lock().unwrap();
        let holds = match (condition, objects.get(key)) {
            (Condition::Always, _) | (Condition::Absent, None) => true,
            (Condition::Is(wanted), Some(body)) => wanted == etag(body),
            (Condition::Absent, Some(_)) | (Condition::Is(_), None) => false,
        };
        if holds { Conditional::Done(act(&mut objects)) } else { Conditional::Lost }
    }
}

/// Of the content alone, so that A-B-A looks like A.
fn etag(body: &Body) -> String {
    format!("\"{:.32}\"", format!("{:x}", Sha256::digest(&body.bytes)))
}

/// Gives way to others, once.
async fn turn() {
    let mut first = true;
    poll_fn(|cx| match std::mem::take(&mut first) {
        true => {
            cx.waker().wake_by_ref();
            Poll::Pending
        }
        false => Poll::Ready(()),
    })
    .await;
}

async fn call<T>(act: impl FnOnce() -> T) -> Result<T, Fault> {
    turn().await;
    let answer = act();
    turn().await;
    Ok(answer)
}

impl Store for Memory {
    async fn head(&self, key: &str) -> Result<Option<Head>, Fault> {
        call(|| self.find(key).map(|(head, _)| head)).await
    }

    async fn get(&self, key: &str, _limit: usize) -> Result<Option<(Head, Vec<u8>)>, Fault> {
        call(|| self.find(key)).await
    }

    async fn put(&self, key: &str, body: Body, condition: Condition<'_>) -> Result<Conditional<String>, Fault> {
        call(|| self.write(key, body, condition)).await
    }

    async fn delete(&self, key: &str, condition: Condition<'_>) -> Result<Conditional<()>, Fault> {
        call(|| self.remove(key, condition)).await
    }

    async fn list(&self, prefix: &str, _from: Option<&str>) -> Result<Page, Fault> {
        let listed = |(key, body): (String, Body)| Listed {
            key,
            etag: etag(&body),
            size: body.bytes.len() as u64,
            modified: SystemTime::now(),
        };
        let objects = || self.objects().into_iter().filter(|(key, _)| key.starts_with(prefix)).map(listed).collect();
        call(|| Page { objects: objects(), next: None }).await
    }

    fn name(&self) -> String {
        "memory".to_owned()
    }
}
