//! A bucket in memory that names contents as S3 does; each of its calls has an await point before and after its effect.

use crate::{
    story::{TODO, event},
    support::settings,
};
use bucket::{Body, Bucket, Condition, Conditional, Fault, Head, Honours, Listed, Page, Store, Synced, Wanted};
use events::{Change, Incoming};
use md5::{Digest, Md5};
use std::{
    collections::BTreeMap,
    future::poll_fn,
    sync::{Arc, Mutex},
    task::Poll,
    time::SystemTime,
};

/// A bucket; its clones are the same one.
#[derive(Debug, Clone)]
pub(crate) struct Memory {
    objects: Arc<Mutex<BTreeMap<String, Body>>>,
    calls: Arc<Mutex<BTreeMap<&'static str, usize>>>,
    /// Which calls fail, by what their lines begin with, such as `put entities/`, how often and why.
    broken: Arc<Mutex<Vec<(String, usize, Fault)>>>,
    etag: fn(&[u8]) -> String,
}

impl Default for Memory {
    fn default() -> Self {
        Self::named_by(|bytes| format!("\"{}\"", md5(bytes)))
    }
}

impl Memory {
    /// One whose ETags are not MD5s, but look like those of uploads in parts.
    pub(crate) fn without_md5() -> Self {
        Self::named_by(|bytes| format!("\"{}-1\"", md5(bytes)))
    }

    fn named_by(etag: fn(&[u8]) -> String) -> Self {
        Self { objects: Arc::default(), calls: Arc::default(), broken: Arc::default(), etag }
    }

    /// How often each operation was called, such as `head`.
    pub(crate) fn calls(&self) -> BTreeMap<&'static str, usize> {
        self.calls.lock().unwrap().clone()
    }

    /// From now on so many of the calls fail whose line, such as `put entities/main/..`, begins so.
    pub(crate) fn break_off(&self, calls: &str, times: usize) {
        self.broken.lock().unwrap().push((calls.to_owned(), times, Fault::Busy { code: "503 SlowDown".to_owned() }));
    }

    /// From now on the store refuses these calls for good.
    pub(crate) fn refuse(&self, calls: &str) {
        let refused = Fault::Refused { code: "400 InvalidArgument".to_owned(), message: "the test said so".to_owned() };
        self.broken.lock().unwrap().push((calls.to_owned(), usize::MAX, refused));
    }

    /// All calls succeed again.
    pub(crate) fn recover(&self) {
        self.broken.lock().unwrap().clear();
    }

    fn fault(&self, line: &str) -> Option<Fault> {
        let mut broken = self.broken.lock().unwrap();
        let fault = broken.iter_mut().find(|(begin, times, _)| *times > 0 && line.starts_with(begin.as_str()));
        fault.map(|(_, times, fault)| {
            *times -= 1;
            fault.clone()
        })
    }

    /// Counts calls from zero on.
    pub(crate) fn forget_calls(&self) {
        self.calls.lock().unwrap().clear();
    }

    /// What is stored in it, except what a probe that was killed leaves behind.
    pub(crate) fn objects(&self) -> BTreeMap<String, Body> {
        let mut objects = self.objects.lock().unwrap().clone();
        objects.retain(|key, _| !key.contains("/probe-"));
        objects
    }

    /// The texts that Backstage reads.
    pub(crate) fn entities(&self) -> BTreeMap<String, String> {
        let entities = self.objects().into_iter().filter(|(key, _)| key.starts_with("entities/"));
        entities.map(|(key, body)| (key, String::from_utf8(body.bytes).unwrap())).collect()
    }

    pub(crate) fn find(&self, key: &str) -> Option<(Head, Vec<u8>)> {
        let body = self.objects.lock().unwrap().get(key).cloned()?;
        Some((Head { etag: (self.etag)(&body.bytes), metadata: body.metadata }, body.bytes))
    }

    pub(crate) fn write(&self, key: &str, body: Body, condition: Condition<'_>) -> Conditional<String> {
        let etag = (self.etag)(&body.bytes);
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
        let mut objects = self.objects.lock().unwrap();
        let holds = match (condition, objects.get(key)) {
            (Condition::Always, _) | (Condition::Absent, None) => true,
            (Condition::Is(wanted), Some(body)) => wanted == (self.etag)(&body.bytes),
            (Condition::Absent, Some(_)) | (Condition::Is(_), None) => false,
        };
        if holds { Conditional::Done(act(&mut objects)) } else { Conditional::Lost }
    }

    async fn call<T>(&self, operation: &'static str, key: &str, act: impl FnOnce() -> T) -> Result<T, Fault> {
        *self.calls.lock().unwrap().entry(operation).or_default() += 1;
        turn().await;
        if let Some(fault) = self.fault(&format!("{operation} {key}")) {
            return Err(fault);
        }
        let answer = act();
        turn().await;
        Ok(answer)
    }
}

/// In hex. Of the content alone, so that A-B-A looks like A.
fn md5(bytes: &[u8]) -> String {
    Md5::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Gives way to other tasks, once.
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

impl Store for Memory {
    async fn head(&self, key: &str) -> Result<Option<Head>, Fault> {
        self.call("head", key, || self.find(key).map(|(head, _)| head)).await
    }

    async fn get(&self, key: &str, _limit: usize) -> Result<Option<(Head, Vec<u8>)>, Fault> {
        self.call("get", key, || self.find(key)).await
    }

    async fn put(&self, key: &str, body: Body, condition: Condition<'_>) -> Result<Conditional<String>, Fault> {
        self.call("put", key, || self.write(key, body, condition)).await
    }

    async fn delete(&self, key: &str, condition: Condition<'_>) -> Result<Conditional<()>, Fault> {
        self.call("delete", key, || self.remove(key, condition)).await
    }

    async fn list(&self, prefix: &str, _from: Option<&str>) -> Result<Page, Fault> {
        let listed = |(key, body): (String, Body)| Listed {
            key,
            etag: (self.etag)(&body.bytes),
            size: body.bytes.len() as u64,
            modified: SystemTime::now(),
        };
        let objects = || self.objects().into_iter().filter(|(key, _)| key.starts_with(prefix)).map(listed).collect();
        self.call("list", prefix, || Page { objects: objects(), next: None }).await
    }

    fn name(&self) -> String {
        "memory".to_owned()
    }
}

/// Repairs what is right by a process that has just started, and gives the calls.
async fn calls_of_a_repair(store: Memory) -> BTreeMap<&'static str, usize> {
    let Ok(Some(Incoming::Change(arrival))) = events::decode(event("1", "add", TODO, 1, 1, "A")) else { panic!() };
    let Change::Applied(object) = arrival.change else { panic!() };
    let described = catalog::kratix::request::describe(&object, None, &settings());
    let (wanted, version) = (Wanted::Is(described.descriptor.as_ref().unwrap()), object.version());
    let process = || Bucket::new(store.clone(), settings().layout, Honours::Conditions);
    process().sync(&described.key, wanted, &version, "1").await.unwrap();
    store.forget_calls();
    assert_eq!(process().repair(&described.key, wanted, &version, "tick").await, Ok(Synced::Unchanged));
    store.calls()
}

#[tokio::test]
async fn a_repair_reads_what_is_right_only_if_etags_are_not_md5s() {
    assert_eq!(calls_of_a_repair(Memory::default()).await, [("head", 1)].into());
    assert_eq!(calls_of_a_repair(Memory::without_md5()).await, [("get", 1), ("head", 1)].into());
}
