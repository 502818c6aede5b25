//! What the tests share: a process over a store, one request to it, and seeded choices.

use axum::{Router, body::Body, response::Response};
use bucket::{Bucket, Honours, Store};
use callboard::{
    context::Context,
    serving::{Functions, Serving},
};
use catalog::{EntityRef, Layout, Settings};
use cloudevents::Event;
use events::Verdict;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use runtime::{Handler, LogFormat};
use std::{
    pin::{Pin, pin},
    sync::Arc,
    task::{Poll, Waker},
    time::Duration,
};
use tower::ServiceExt;

/// The settings of an install that sets only what it must.
pub(crate) fn settings() -> Settings {
    let owner = EntityRef::parse("group:default/platform", "", "").unwrap();
    Settings::new(Layout::new("entities", "main").unwrap(), owner)
}

/// A process that has just started and serves all functions.
pub(crate) fn process<S: Store>(store: S) -> Functions<S> {
    process_with(settings(), store)
}

pub(crate) fn process_with<S: Store>(settings: Settings, store: S) -> Functions<S> {
    let bucket = Bucket::new(store, settings.layout.clone(), Honours::Unknown);
    Functions { serving: Serving::All, context: Arc::new(Context::new(settings, bucket)) }
}

/// How HTTP is served, with this much time for an event.
pub(crate) fn args(seconds: u64) -> runtime::Args {
    let timeout = Duration::from_secs(seconds);
    runtime::Args { port: 0, max_body: 2 * 1024 * 1024, timeout, log_format: LogFormat::Json }
}

/// HTTP in front of a process.
pub(crate) fn router(process: impl Handler) -> Router {
    runtime::router(process, &args(20))
}

/// What came back.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

pub(crate) async fn answer(router: &Router, request: Request<Body>) -> Answer {
    read(router.clone().oneshot(request).await.unwrap()).await
}

async fn read(response: Response) -> Answer {
    let (head, body) = response.into_parts();
    let body = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
    Answer { status: head.status, headers: head.headers, body }
}

/// An event in structured mode.
pub(crate) fn structured(event: &Event) -> Request<Body> {
    let body = serde_json::to_vec(event).unwrap();
    Request::post("/").header("content-type", "application/cloudevents+json").body(body.into()).unwrap()
}

/// Polls a future at most so often.
pub(crate) fn poll<T>(mut future: Pin<&mut impl Future<Output = T>>, times: usize) -> Option<T> {
    let mut cx = std::task::Context::from_waker(Waker::noop());
    (0..times).find_map(|_| match future.as_mut().poll(&mut cx) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    })
}

/// Hands one event to a process over [`Memory`](crate::memory::Memory), which waits for nobody else.
pub(crate) fn handle(process: &impl Handler, event: &Event) -> Verdict {
    poll(pin!(process.handle(event.clone())), 10_000).expect("no event takes that many calls")
}

/// Choices that can be made again (SplitMix64).
pub(crate) struct Seed(pub(crate) u64);

impl Seed {
    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % end as u64) as usize
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}
