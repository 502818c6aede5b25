//! Who consumes what, as the entities of the bucket say.

use crate::preview::input;
use anyhow::Context;
use bucket::Store;
use serde_json::Value;
use std::{collections::BTreeMap, fmt::Write};

/// The most bytes of an object that are read.
const MAX_OBJECT: usize = 8 * 1024 * 1024;

/// Of one type of events: who provides it, and who consumes it.
#[derive(Debug, Default)]
struct Ends {
    from: Vec<String>,
    to: Vec<String>,
}

/// The entities below a prefix of the bucket, in the order of their keys.
///
/// # Errors
/// If they cannot be read.
pub(super) async fn entities(store: &impl Store, prefix: &str) -> anyhow::Result<Vec<Value>> {
    let (mut all, mut next) = (Vec::new(), None);
    loop {
        let page = store.list(&format!("{prefix}/"), next.as_deref()).await.context("failed to list the bucket")?;
        for object in page.objects {
            let read =
                store.get(&object.key, MAX_OBJECT).await.with_context(|| format!("failed to read {}", object.key))?;
            let Some((_, bytes)) = read else { continue };
            all.extend(input::documents(&String::from_utf8_lossy(&bytes))?.into_iter().filter(|it| !it.is_null()));
        }
        next = page.next;
        if next.is_none() {
            return Ok(all);
        }
    }
}

/// A table of each API of events, its providers and its consumers. A Trigger consumes for a third-party Component.
pub(super) fn table(entities: &[Value]) -> String {
    let is_api = |entity: &&Value| text(entity, "/metadata/annotations/callboard.dev~1event-type").is_some();
    let mut all: BTreeMap<String, Ends> =
        entities.iter().filter(is_api).map(|entity| (entity_ref(entity), Ends::default())).collect();
    for entity in entities {
        let own = entity_ref(entity);
        for api in list(entity, "/spec/providesApis") {
            all.entry(api.to_owned()).and_modify(|ends| ends.from.push(own.clone()));
        }
        let is_delivery =
            text(entity, "/spec/type").is_some_and(|ty| ty.ends_with(":Trigger") || ty.ends_with(":Subscription"));
        let behind: Vec<_> = list(entity, "/spec/dependencyOf").filter(|_| is_delivery).collect();
        let consumers = if behind.is_empty() { vec![own.as_str()] } else { behind };
        for api in list(entity, "/spec/consumesApis") {
            let may = if may_consume(entity).any(|it| it == api) { " (may)" } else { "" };
            let to = consumers.iter().map(|consumer| format!("{consumer}{may}"));
            all.entry(api.to_owned()).and_modify(|ends| ends.to.extend(to));
        }
    }
    all.values_mut().for_each(|ends| ends.to.sort());
    let mut table = format!("\n{:<23}{:<44}{}\n{}\n", "events", "provided by", "consumed by", "-".repeat(102));
    for (api, ends) in &all {
        rows(&mut table, api, ends);
    }
    table
}

fn rows(table: &mut String, api: &str, ends: &Ends) {
    for row in 0..ends.from.len().max(ends.to.len()).max(1) {
        let of = |all: &[String]| all.get(row).cloned().unwrap_or_default();
        let api = if row == 0 { api } else { "" };
        let line = format!("{api:<23}{:<44}{}", of(&ends.from), of(&ends.to));
        // Writing to a string does not fail.
        let _ = writeln!(table, "{}", line.trim_end());
    }
}

fn may_consume(entity: &Value) -> impl Iterator<Item = &str> {
    text(entity, "/metadata/annotations/callboard.dev~1may-consume").into_iter().flat_map(|refs| refs.split(", "))
}

/// The ref of an entity.
pub(super) fn entity_ref(entity: &Value) -> String {
    let text = |pointer| text(entity, pointer).unwrap_or_default();
    format!("{}:{}/{}", text("/kind").to_ascii_lowercase(), text("/metadata/namespace"), text("/metadata/name"))
}

fn text<'a>(entity: &'a Value, pointer: &str) -> Option<&'a str> {
    entity.pointer(pointer)?.as_str()
}

/// The texts of a list.
pub(super) fn list<'a>(entity: &'a Value, pointer: &str) -> impl Iterator<Item = &'a str> {
    entity.pointer(pointer).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}
