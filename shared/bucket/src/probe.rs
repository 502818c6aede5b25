//! Whether the store honours conditional writes, found out once and remembered in the bucket.

use crate::{Body, Condition, Conditional, Error, Store};
use catalog::Layout;
use std::{collections::BTreeMap, time::SystemTime};

/// The most bytes that are read of what was remembered.
const MAX: usize = 4096;

/// Probes unless an earlier probe went well.
///
/// # Errors
/// [`Error::Unconditional`] names what the store ignores; nothing is remembered then, so that a repaired store is found.
pub(crate) async fn conditions<S: Store>(store: &S, layout: &Layout) -> Result<(), Error> {
    let remembered = layout.state("conditional-writes.json");
    if store.get(&remembered, MAX).await.map_err(Error::call("get", &remembered))?.is_some() {
        return Ok(());
    }
    let missing = tried(store, layout).await?;
    if !missing.is_empty() {
        return Err(Error::Unconditional { store: store.name(), missing: missing.join(" and ") });
    }
    let honoured = text(r#"{"put":["If-None-Match","If-Match"],"delete":["If-Match"]}"#);
    store.put(&remembered, honoured, Condition::Always).await.map_err(Error::call("put", &remembered))?;
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
    let put = async |condition| {
        let written = store.put(key, text("probe"), condition).await.map_err(Error::call("put", key))?;
        Ok::<_, Error>(matches!(written, Conditional::Done(_)))
    };
    let mut ignored = Vec::new();
    put(Condition::Always).await?;
    if put(Condition::Absent).await? {
        ignored.push("If-None-Match on PUT");
    }
    if put(Condition::Is(wrong)).await? {
        ignored.push("If-Match on PUT");
    }
    let deleted = store.delete(key, Condition::Is(wrong)).await.map_err(Error::call("delete", key))?;
    if deleted == Conditional::Done(()) {
        ignored.push("If-Match on DELETE");
    }
    Ok(ignored)
}

pub(crate) fn text(text: &str) -> Body {
    Body { bytes: text.as_bytes().to_vec(), content_type: "application/json", metadata: BTreeMap::new() }
}
