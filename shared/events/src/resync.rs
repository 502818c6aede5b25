//! What asks `resync` to compare cluster and bucket, or to let held deletions go.

use crate::{Cause, Nack, parts};
use cloudevents::{AttributesReader, Event};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The type of a request to compare cluster and bucket, by a user or by a run that goes on.
pub const REQUESTED: &str = "dev.callboard.resync.requested";

/// The type by which Knative's PingSource ticks; only its events with the data `{"callboard": "resync"}` are ours.
pub const PING: &str = "dev.knative.sources.ping";

/// The type by which a user lets held deletions go.
pub const APPROVED: &str = "dev.callboard.deletion.approved";

/// Cluster and bucket are to be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResyncRequest {
    /// The event that asks.
    pub cause: Cause,
    /// The run which this is a slice of, as the requests of its later slices name it.
    pub run: String,
    /// Where the last slice ended; `None` for the first.
    pub cursor: Option<Cursor>,
    /// What to look at.
    pub scope: Scope,
}

/// Where a slice of a run ended. Cursors of a run are ordered, and each is greater than the one before.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cursor {
    /// The kind that was being written: `<group, or core>/<lower-case kind>`, as in a key.
    pub kind: String,
    /// The last object of it that was handled: `[<namespace>/]<name>`.
    pub after: String,
    /// How many slices there were.
    #[serde(default)]
    pub slices: u32,
}

/// What a run looks at; everything where nothing is said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// One kind: `<kind>.<group>`, in lower case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// One Kubernetes namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// One name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// What was held may go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// The event that says so.
    pub cause: Cause,
    /// The id that `dev.callboard.deletion.held` gave: of deletions, or the uid of another cluster.
    pub id: String,
}

#[derive(Default, Deserialize)]
struct Requested {
    run: Option<String>,
    cursor: Option<Cursor>,
    #[serde(flatten)]
    scope: Scope,
}

impl ResyncRequest {
    /// A first request, for all or a part.
    pub fn new(cause: Cause, scope: Scope) -> Self {
        Self { run: cause.sha256[..16].to_owned(), cause, cursor: None, scope }
    }

    /// The data of the request with which the run goes on.
    pub fn data(&self) -> Value {
        let mut data = json!({"run": self.run, "cursor": self.cursor});
        if let (Value::Object(data), Ok(Value::Object(scope))) = (&mut data, serde_json::to_value(&self.scope)) {
            data.extend(scope);
        }
        data
    }
}

/// `None` for a PingSource's event that is not for us.
pub(crate) fn request(event: &mut Event) -> Result<Option<ResyncRequest>, Nack> {
    let cause = Cause::of(event);
    let is_ping = event.ty() == PING;
    let data = match parts::json(event) {
        Err(_) if is_ping => return Ok(None),
        data => data?,
    };
    if is_ping {
        let ours = data.as_ref().and_then(|data| data.get("callboard")).and_then(Value::as_str) == Some("resync");
        return Ok(ours.then(|| ResyncRequest::new(cause, Scope::default())));
    }
    let wrong = |why: &str| parts::reject(event, &format!("not a valid request for a resync: {why}"));
    let asked: Requested =
        data.map(serde_json::from_value).transpose().map_err(|error| wrong(&error.to_string()))?.unwrap_or_default();
    let texts = [&asked.run, &asked.scope.kind, &asked.scope.namespace, &asked.scope.name];
    if texts.into_iter().flatten().any(|text| text.len() > 317 || !text.bytes().all(|b| b.is_ascii_graphic())) {
        return Err(wrong("run, kind, namespace and name are printable and 317 characters at most"));
    }
    let first = ResyncRequest::new(cause, asked.scope);
    Ok(Some(ResyncRequest { run: asked.run.unwrap_or(first.run), cursor: asked.cursor, ..first }))
}

pub(crate) fn approval(event: &mut Event) -> Result<Approval, Nack> {
    let cause = Cause::of(event);
    let data = parts::json(event)?;
    match data.as_ref().and_then(|data| data.get("id")).and_then(Value::as_str) {
        Some(id) if (1..=128).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') => {
            Ok(Approval { cause, id: id.to_owned() })
        }
        _ => Err(parts::reject(event, &"its data must be {\"id\": ...} with the id of a dev.callboard.deletion.held")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cloudevents::{EventBuilder, EventBuilderV10};

    fn event(ty: &str, data: Value) -> Event {
        EventBuilderV10::new().id("1").source("/test").ty(ty).data("application/json", data).build().unwrap()
    }

    #[test]
    fn only_a_ping_with_our_data_is_a_tick() {
        let asked = request(&mut event(PING, json!({"callboard": "resync"}))).unwrap().unwrap();
        assert_eq!((asked.cursor, asked.scope), (None, Scope::default()));
        assert_eq!(request(&mut event(PING, json!({"message": "hello"}))), Ok(None));
        let text = EventBuilderV10::new().id("1").source("/test").ty(PING).data("text/plain", "tick");
        assert_eq!(request(&mut text.build().unwrap()), Ok(None));
    }

    #[test]
    fn a_run_goes_on_with_what_it_said() {
        let scope = Scope { kind: Some("app.marketplace.kratix.io".into()), ..Scope::default() };
        let first = ResyncRequest::new(Cause::new("/s", "1", PING), scope);
        let cursor = Cursor { kind: "marketplace.kratix.io/app".into(), after: "default/todo".into(), slices: 1 };
        let next = ResyncRequest { cursor: Some(cursor), ..first };
        let read = request(&mut event(REQUESTED, next.data())).unwrap().unwrap();
        assert_eq!((read.run, read.cursor, read.scope), (next.run, next.cursor, next.scope));
    }

    #[test]
    fn a_request_sent_by_hand_needs_no_data() {
        let mut bare = EventBuilderV10::new().id("1").source("/test").ty(REQUESTED).build().unwrap();
        assert_eq!(request(&mut bare).unwrap().unwrap().scope, Scope::default());
        assert!(request(&mut event(REQUESTED, json!({}))).unwrap().is_some());
    }

    #[test]
    fn what_is_no_request_and_no_approval_is_rejected() {
        for data in [json!([]), json!({"cursor": 7}), json!({"name": "a\nb"}), json!({"run": "x".repeat(400)})] {
            assert!(matches!(request(&mut event(REQUESTED, data.clone())), Err(Nack::Reject(_))), "{data}");
        }
        for data in [json!({}), json!({"id": 1}), json!({"id": ""}), json!({"id": "../x"})] {
            assert!(matches!(approval(&mut event(APPROVED, data.clone())), Err(Nack::Reject(_))), "{data}");
        }
    }
}
