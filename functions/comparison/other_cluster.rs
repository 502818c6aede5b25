//! Whether this is the cluster that filled the bucket: a wrong kubeconfig must neither empty nor overwrite a catalog.

use super::{
    findings::{Findings, Report},
    walk::{Mode, Run},
};
use crate::context::Context;
use bucket::{Condition, Conditional, Store};
use events::{Function, Held, Nack, ResyncRequest};
use serde::{Deserialize, Serialize};

/// The state that says so.
pub(crate) const NAME: &str = "cluster.json";

/// The cluster that filled the bucket, by the uid of its namespace `kube-system`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Owner {
    uid: String,
    /// Another cluster that was reported, so that it is reported once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refused: Option<String>,
}

/// Whose bucket this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// This cluster's.
    Ours,
    /// Another one's, and this was reported before.
    Others,
    /// Another one's, which was not reported before.
    OthersUnreported,
}

/// Whether the cluster of this uid filled the bucket; the first one to ask has.
async fn whose<S: Store>(cx: &Context<S>, who: Function, uid: &str, request: &ResyncRequest) -> Result<Whose, Nack> {
    let (etag, owner) = match read(cx).await? {
        Some(found) => found,
        None => match write(cx, &Owner { uid: uid.to_owned(), refused: None }, Condition::Absent).await {
            Ok(()) => return Ok(Whose::Ours),
            // Perhaps the other function that compares was faster.
            Err(nack) => read(cx).await?.ok_or(nack)?,
        },
    };
    match (owner.uid == uid, owner.refused.as_deref() == Some(uid)) {
        (true, _) => Ok(Whose::Ours),
        (false, true) => Ok(Whose::Others),
        (false, false) => {
            if !report(cx, who, (uid, &owner.uid), request).await {
                return Ok(Whose::Others);
            }
            write(cx, &Owner { refused: Some(uid.to_owned()), ..owner }, Condition::Is(&etag)).await?;
            Ok(Whose::OthersUnreported)
        }
    }
}

/// The report of a run in another cluster than the one that filled the bucket.
pub(crate) async fn refused<S: Store>(cx: &Context<S>, run: &Run<'_>) -> Result<Option<Report>, Nack> {
    let uid = run.cluster.uid().await?;
    let whose = match run.mode {
        Mode::Repair => whose(cx, run.who, &uid, run.request).await?,
        Mode::Look if is_ours(cx, &uid).await? => Whose::Ours,
        Mode::Look => Whose::Others,
    };
    let news = whose == Whose::OthersUnreported;
    let findings = Findings { held: vec![uid], news, is_refused: true, ..Findings::default() };
    Ok((whose != Whose::Ours).then_some(Report { findings, next: None }))
}

/// The same without a write: for those who only look.
pub(crate) async fn is_ours<S: Store>(cx: &Context<S>, uid: &str) -> Result<bool, Nack> {
    Ok(read(cx).await?.is_none_or(|(_, owner)| owner.uid == uid))
}

/// From now on the bucket is this cluster's; false if it was before.
pub(crate) async fn accept<S: Store>(cx: &Context<S>, uid: &str) -> Result<bool, Nack> {
    let owner = Owner { uid: uid.to_owned(), refused: None };
    match read(cx).await? {
        Some((_, owner)) if owner.uid == uid => Ok(false),
        Some((etag, _)) => write(cx, &owner, Condition::Is(&etag)).await.map(|()| true),
        None => write(cx, &owner, Condition::Absent).await.map(|()| true),
    }
}

async fn report<S: Store>(cx: &Context<S>, who: Function, (uid, owner): (&str, &str), request: &ResyncRequest) -> bool {
    tracing::error!(uid, owner, "the bucket was filled by another cluster: nothing is written and nothing is deleted");
    let reason = format!(
        "the bucket was filled by the cluster {owner}, and this is {uid}: if it was rebuilt, `callboard resync --accept-cluster {uid}` lets this one take over"
    );
    let (cause, id) = (request.cause.clone(), uid.to_owned());
    let held = Held { cause, id, kind: None, deletions: 0, of: 0, keys: vec![], reason, truncated: false };
    cx.announce(held.event(who, cx.settings.layout.cluster(), &cx.settings.layout.root())).await
}

async fn read<S: Store>(cx: &Context<S>) -> Result<Option<(String, Owner)>, Nack> {
    let Some(state) = cx.bucket.state(NAME).await? else { return Ok(None) };
    let owner = serde_json::from_slice(&state.bytes)
        .map_err(|error| Nack::Retry(format!("the state {NAME} cannot be read: {error}: delete it to start again")))?;
    Ok(Some((state.etag, owner)))
}

async fn write<S: Store>(cx: &Context<S>, owner: &Owner, condition: Condition<'_>) -> Result<(), Nack> {
    let bytes = serde_json::to_vec(owner).map_err(|error| Nack::Reject(error.to_string()))?;
    match cx.bucket.put_state(NAME, bytes, condition).await? {
        Conditional::Done(_) => Ok(()),
        Conditional::Lost => Err(Nack::Retry(format!("the state {NAME} was written by another process just now"))),
    }
}
