//! Reporting a refusal to the Broker.

use super::state::Refresh;
use crate::context::Context;
use bucket::Store;
use catalog::Key;
use events::{Cause, EntityRefused, Refusal};

/// Reports a refusal of the bytes with this ETag, once. The next resync shows the object again, since whoever reads the report may
/// have fixed Backstage. Whether it was reported now.
pub(super) async fn report<S: Store>(
    cx: &Context<S>,
    refresh: &Refresh,
    (key, etag): (&Key, &str),
    cause: &Cause,
    refused: Vec<Refusal>,
) -> bool {
    let (name, confirmed) = (key.to_string(), &refresh.confirmed);
    confirmed.revoke(&name);
    let Some((subject, _)) = cx.object_at(&name) else { return false };
    if let Err(error) = confirmed.load(&cx.bucket).await {
        tracing::warn!(%error, "what was reported before is not known");
    }
    if confirmed.is_reported(&name, etag) {
        return false;
    }
    for Refusal { entity, reason, advice } in &refused {
        tracing::warn!(k8s.object = %subject, entity, reason, advice, "Backstage refused it");
    }
    let event = EntityRefused {
        cause: cause.clone(),
        location: refresh.backstage.location(&name).reference,
        key: name.clone(),
        etag: etag.to_owned(),
        refused,
        truncated: false,
    };
    let is_reported = cx.announce(event.event(&subject)).await || cx.sink.is_none();
    if is_reported {
        confirmed.report(&name, etag);
    }
    is_reported
}
