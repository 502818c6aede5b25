//! The calls that Callboard makes at the store, and the same calls with the same bytes made raw.

use anyhow::{Context as _, bail};
use bucket::{Body, Condition, Conditional, Fault, Head, Page, S3, Store};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// A store that takes note of each call.
pub(crate) struct Recorder {
    pub(crate) store: S3,
    calls: Mutex<Vec<Call>>,
}

/// A call at the store.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    key: String,
    what: What,
}

#[derive(Debug, Clone)]
enum What {
    Head,
    Get { limit: usize },
    Put { body: Body, condition: Kept },
    Delete,
    List,
}

/// A condition without its ETag.
#[derive(Debug, Clone, Copy)]
enum Kept {
    Always,
    Absent,
    Is,
}

impl Recorder {
    pub(crate) fn new(store: S3) -> Self {
        Self { store, calls: Mutex::default() }
    }

    /// The calls since the last time.
    pub(crate) fn take(&self) -> Vec<Call> {
        std::mem::take(&mut *self.calls())
    }

    pub(crate) fn count(&self) -> usize {
        self.calls().len()
    }

    fn note(&self, key: &str, what: What) {
        self.calls().push(Call { key: key.to_owned(), what });
    }

    fn calls(&self) -> MutexGuard<'_, Vec<Call>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for Recorder {
    async fn head(&self, key: &str) -> Result<Option<Head>, Fault> {
        self.note(key, What::Head);
        self.store.head(key).await
    }

    async fn get(&self, key: &str, limit: usize) -> Result<Option<(Head, Vec<u8>)>, Fault> {
        self.note(key, What::Get { limit });
        self.store.get(key, limit).await
    }

    async fn put(&self, key: &str, body: Body, condition: Condition<'_>) -> Result<Conditional<String>, Fault> {
        let kept = match condition {
            Condition::Always => Kept::Always,
            Condition::Absent => Kept::Absent,
            Condition::Is(_) => Kept::Is,
        };
        self.note(key, What::Put { body: body.clone(), condition: kept });
        self.store.put(key, body, condition).await
    }

    async fn delete(&self, key: &str, condition: Condition<'_>) -> Result<Conditional<()>, Fault> {
        self.note(key, What::Delete);
        self.store.delete(key, condition).await
    }

    async fn list(&self, prefix: &str, from: Option<&str>) -> Result<Page, Fault> {
        self.note(prefix, What::List);
        self.store.list(prefix, from).await
    }

    fn name(&self) -> String {
        self.store.name()
    }
}

/// Where the raw calls go: the same keys, under another prefix.
pub(crate) struct Raw<'a> {
    pub(crate) store: &'a S3,
    /// That of ours.
    pub(crate) prefix: &'a str,
    /// What lies there, by key.
    etags: HashMap<String, String>,
}

impl<'a> Raw<'a> {
    pub(crate) fn new(store: &'a S3, prefix: &'a str) -> Self {
        Self { store, prefix, etags: HashMap::new() }
    }

    /// How long the same calls take: those of one object in turn, as ours are, and the objects at once.
    pub(crate) async fn again(&mut self, calls: Vec<Call>) -> anyhow::Result<Duration> {
        let mut objects: BTreeMap<String, Vec<Call>> = BTreeMap::new();
        for Call { key, what } in calls {
            let key = key.replacen(self.prefix, &format!("{}-raw", self.prefix), 1);
            if let What::Put { body, condition: Kept::Is } = &what
                && !self.etags.contains_key(&key)
            {
                let etag = put(self.store, &key, body.clone(), Condition::Always).await?;
                self.etags.insert(key.clone(), etag);
            }
            objects.entry(object(&key)?).or_default().push(Call { key, what });
        }
        let (store, etags) = (self.store, &self.etags);
        let began = Instant::now();
        let written = objects.into_values().map(|calls| make(store, etags, calls));
        let written = futures::future::try_join_all(written).await?;
        let took = began.elapsed();
        self.etags.extend(written.into_iter().flatten());
        Ok(took)
    }
}

/// Which object a key is of: that of a tombstone ends as that of the entities does.
fn object(key: &str) -> anyhow::Result<String> {
    let (_, path) = key.split_once("/main/").with_context(|| format!("{key} is no key of ours"))?;
    let path = path.trim_start_matches("tombstones/").trim_end_matches(".json").trim_end_matches(".yaml");
    Ok(path.to_owned())
}

async fn make(
    store: &S3,
    etags: &HashMap<String, String>,
    calls: Vec<Call>,
) -> anyhow::Result<Option<(String, String)>> {
    let mut written = None;
    for Call { key, what } in calls {
        match what {
            What::Head => drop(store.head(&key).await?),
            What::Get { limit } => drop(store.get(&key, limit).await?),
            What::Put { body, condition } => {
                let condition = match condition {
                    Kept::Always => Condition::Always,
                    Kept::Absent => Condition::Absent,
                    Kept::Is => Condition::Is(etags.get(&key).with_context(|| format!("{key} was not written"))?),
                };
                let etag = put(store, &key, body, condition).await?;
                written = Some((key, etag));
            }
            What::Delete | What::List => bail!("a move made another call at {key}"),
        }
    }
    Ok(written)
}

async fn put(store: &S3, key: &str, body: Body, condition: Condition<'_>) -> anyhow::Result<String> {
    match store.put(key, body, condition).await? {
        Conditional::Done(etag) => Ok(etag),
        Conditional::Lost => bail!("a raw PUT of {key} lost"),
    }
}
