//! Whether the store honours conditional writes, found out once and remembered in the bucket.

use crate::{Body, Condition, Conditional, Error, Fault, Store};
use catalog::Layout;
use std::{collections::BTreeMap, time::SystemTime};

/// The most bytes that are read of what was remembered.
const MAX: usize = 4096;

/// What is remembered of a store that honours them.
const HONOURED: &str = r#"{"put":["If-None-Match","If-Match"],"delete":["If-Match"]}"#;

/// Probes unless an earlier probe went well.
///
/// # Errors
/// [`Error::Unconditional`] names what the store ignores; nothing is remembered then, so that a repaired store is found.
/// [`Fault::NoStore`] if it does not have what was written.
pub(crate) async fn conditions<S: Store>(store: &S, layout: &Layout) -> Result<(), Error> {
    let remembered = layout.state("conditional-writes.json");
    match store.get(&remembered, MAX).await {
        Ok(None) => {}
        Ok(Some((_, bytes))) if is_honoured(&bytes) => return Ok(()),
        Ok(Some(_)) | Err(Fault::TooLong { .. }) => {
            let why = "the file says something else than Callboard wrote. If another wrote it, delete it";
            return Err(no_store(store, "get", &remembered, why));
        }
        Err(fault) => return Err(Error::call("get", &remembered)(fault)),
    }
    let missing = tried(store, layout).await?;
    if !missing.is_empty() {
        return Err(Error::Unconditional { store: store.name(), missing: missing.join(" and ") });
    }
    store.put(&remembered, text(HONOURED), Condition::Always).await.map_err(Error::call("put", &remembered))?;
    Ok(())
}

/// The conditions that the store answers as if they held, tried with a file that is deleted again afterwards.
pub(crate) async fn tried<S: Store>(store: &S, layout: &Layout) -> Result<Vec<&'static str>, Error> {
    let scratch = scratch(layout);
    let ignored = ignored(store, &scratch).await;
    store.delete(&scratch, Condition::Always).await.map_err(Error::call("delete", &scratch))?;
    ignored
}

/// A key of Callboard's own state that nobody else writes.
pub(crate) fn scratch(layout: &Layout) -> String {
    let nanos = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    layout.state(&format!("probe-{}-{nanos}", std::process::id()))
}

async fn ignored<S: Store>(store: &S, key: &str) -> Result<Vec<&'static str>, Error> {
    let wrong = "\"00000000000000000000000000000000\"";
    let put = async |condition| store.put(key, text("probe"), condition).await.map_err(Error::call("put", key));
    let mut ignored = Vec::new();
    let written = put(Condition::Always).await?;
    let shown = store.head(key).await.map_err(Error::call("head", key))?.map(|head| Conditional::Done(head.etag));
    if shown != Some(written) {
        return Err(no_store(store, "head", key, "it shows another ETag than the PUT before gave, or none"));
    }
    if put(Condition::Absent).await? != Conditional::Lost {
        ignored.push("If-None-Match on PUT");
    }
    if put(Condition::Is(wrong)).await? != Conditional::Lost {
        ignored.push("If-Match on PUT");
    }
    let deleted = store.delete(key, Condition::Is(wrong)).await.map_err(Error::call("delete", key))?;
    if deleted == Conditional::Done(()) {
        ignored.push("If-Match on DELETE");
    }
    Ok(ignored)
}

fn is_honoured(bytes: &[u8]) -> bool {
    let read = |bytes: &[u8]| serde_json::from_slice::<serde_json::Value>(bytes).ok();
    read(bytes).is_some_and(|it| Some(it) == read(HONOURED.as_bytes()))
}

fn no_store<S: Store>(store: &S, operation: &'static str, key: &str, why: &str) -> Error {
    Error::call(operation, key)(Fault::NoStore { store: store.name(), why: why.to_owned() })
}

pub(crate) fn text(text: &str) -> Body {
    Body { bytes: text.as_bytes().to_vec(), content_type: "application/json", metadata: BTreeMap::new() }
}
