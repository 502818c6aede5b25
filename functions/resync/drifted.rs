//! Telling what had drifted, once.

use super::findings::Findings;
use crate::context::Context;
use bucket::{Condition, Store};
use events::{Drift, Drifted, Nack, ResyncRequest};
use serde::{Deserialize, Serialize};
use std::time::{SystemTime, UNIX_EPOCH};

const NAME: &str = "resync.json";

/// The most lasting differences that are remembered.
const MAX: usize = 10_000;

/// What the last complete run leaves for the next one.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Last {
    /// When it ended, in seconds since the epoch.
    completed: u64,
    /// What lasts, sorted.
    lasting: Vec<Drift>,
}

/// Posts what differed, except what lasts and was told before.
pub(super) async fn tell<S: Store>(cx: &Context<S>, request: &ResyncRequest, findings: &Findings) {
    let drift: Vec<_> = findings.untold().cloned().collect();
    if drift.is_empty() {
        return;
    }
    for Drift { kind, reason, .. } in &drift {
        cx.drift.found(kind, *reason, 1);
    }
    let (cause, run, counts) = (request.cause.clone(), request.run.clone(), findings.counts());
    let drifted = Drifted { cause, run, drift, counts, truncated: false };
    cx.announce(drifted.event(cx.settings.layout.cluster(), &cx.settings.layout.root())).await;
}

/// Ends a complete run: what lasts is news only if it differs from what lasted before.
pub(super) async fn remember<S: Store>(cx: &Context<S>, findings: &mut Findings) -> Result<(), Nack> {
    let state = cx.bucket.state(NAME).await?;
    let last: Last = state.as_ref().and_then(|state| serde_json::from_slice(&state.bytes).ok()).unwrap_or_default();
    let mut lasting = findings.lasting();
    lasting.truncate(MAX);
    findings.news |= lasting != last.lasting;
    let completed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    if last.completed > 0 {
        cx.drift.lag(completed.saturating_sub(last.completed));
    }
    let bytes = serde_json::to_vec(&Last { completed, lasting }).map_err(|error| Nack::Reject(error.to_string()))?;
    let condition = state.as_ref().map_or(Condition::Absent, |state| Condition::Is(&state.etag));
    // Lost: another run ended at the same time, and says the same.
    cx.bucket.put_state(NAME, bytes, condition).await?;
    Ok(())
}
