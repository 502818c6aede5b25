//! Reporting what had drifted: what lasts, when it begins, when it changes and when it ends.

use super::findings::Findings;
use crate::context::Context;
use bucket::{Condition, Store};
use events::{Degraded, Drift, DriftReason, Drifted, Function, Nack, ResyncRequest};
use serde::{Deserialize, Serialize};

/// The most lasting differences that are remembered.
const MAX: usize = 2_000;

/// What is known of the runs before this one.
#[derive(Debug, Default, Serialize, Deserialize)]
struct State {
    /// When the last complete run ended in which nothing failed, in milliseconds since the epoch.
    completed: i64,
    /// What lasts and was reported, sorted.
    lasting: Vec<Drift>,
    /// The kinds that could not be compared and were reported, sorted.
    degraded: Vec<String>,
}

/// The state, with its ETag.
#[derive(Debug, Default)]
pub(crate) struct Before {
    etag: Option<String>,
    state: State,
}

/// What is known of the runs before. How long ago the last one was is measured now, since this one may fail.
pub(crate) async fn before<S: Store>(cx: &Context<S>, who: Function) -> Result<Before, Nack> {
    let Some(found) = cx.bucket.state(&name(who)).await? else { return Ok(Before::default()) };
    let state: State = serde_json::from_slice(&found.bytes).unwrap_or_default();
    if state.completed > 0 {
        let millis = cx.clock.now().saturating_sub(state.completed);
        cx.drift.lag(u64::try_from(millis / 1000).unwrap_or_default());
    }
    Ok(Before { etag: Some(found.etag), state })
}

/// Posts what differed, except what lasts and was reported before. What a complete run found is remembered then.
pub(crate) async fn report<S: Store>(
    cx: &Context<S>,
    who: Function,
    request: &ResyncRequest,
    findings: &mut Findings,
    before: Before,
    is_complete: bool,
) -> Result<(), Nack> {
    findings.degraded.iter().for_each(|it| cx.drift.degraded(&it.kind));
    let (lasting, degraded) = lasts(findings, &before.state, request);
    findings.news |= is_complete && (lasting != before.state.lasting || degraded != before.state.degraded);
    let drift: Vec<_> = findings.unreported().cloned().collect();
    let mut is_reported = true;
    if findings.news || !drift.is_empty() {
        drift.iter().for_each(|drift| cx.drift.found(&drift.kind, drift.reason, 1));
        let (cause, run, counts) = (request.cause.clone(), request.run.clone(), findings.counts());
        let drifted = Drifted { cause, run, drift, counts, truncated: false };
        let event = drifted.event(who, cx.settings.layout.cluster(), &cx.settings.layout.root());
        is_reported = cx.announce(event).await || cx.sink.is_none();
    }
    if !is_complete {
        return Ok(());
    }
    let is_true = degraded.is_empty() && findings.failed.is_empty();
    let completed = if is_true { cx.clock.now() } else { before.state.completed };
    let reported = if is_reported { (lasting, degraded) } else { (before.state.lasting, before.state.degraded) };
    let state = State { completed, lasting: reported.0, degraded: reported.1 };
    let bytes = serde_json::to_vec(&state).map_err(|error| Nack::Reject(error.to_string()))?;
    let condition = before.etag.as_deref().map_or(Condition::Absent, Condition::Is);
    // Lost: another run ended at the same time, and says the same.
    cx.bucket.put_state(&name(who), bytes, condition).await?;
    Ok(())
}

/// Each function that compares has a state of its own.
fn name(who: Function) -> String {
    format!("{who}.json")
}

/// What lasts after this run. If something could not be compared, what ended is not known, and it lasts.
///
/// What the store does not take is found where it is written, perhaps in an earlier slice of the run.
fn lasts(findings: &Findings, before: &State, request: &ResyncRequest) -> (Vec<Drift>, Vec<String>) {
    let mut degraded: Vec<_> = findings.degraded.iter().map(|Degraded { kind, .. }| kind.clone()).collect();
    degraded.sort();
    let mut lasting = findings.lasting();
    let is_unknown = |drift: &&Drift| match drift.reason {
        DriftReason::Uncovered => !degraded.is_empty(),
        DriftReason::Omitted => !degraded.is_empty() || request.cursor.is_some(),
        _ => false,
    };
    lasting.extend(before.lasting.iter().filter(is_unknown).cloned());
    lasting.sort();
    lasting.dedup();
    lasting.truncate(MAX);
    (lasting, degraded)
}
