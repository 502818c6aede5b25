//! The runtime as a Broker sees it: requests in, statuses and events out.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on shall end")]

mod answering;
#[path = "../../../../tests/authority.rs"]
mod authority;
mod collector;
mod process;
mod random;
mod receiving;
mod sink;
mod sink_server;
mod telemetry;

use axum::body::Body;
use axum::response::Response;
use cloudevents::Event;
use events::Verdict;
use http::{HeaderMap, Request, StatusCode, request};
use http_body_util::BodyExt;
use runtime::{Args, Handler, LogFormat};
use std::time::Duration;
use tower::ServiceExt;

/// A function made of a closure.
struct Function<F>(F);

impl<F, V> Handler for Function<F>
where
    F: Fn(Event) -> V + Send + Sync + 'static,
    V: Future<Output = Verdict> + Send,
{
    fn name(&self) -> &'static str {
        "apps"
    }

    fn handle(&self, event: Event) -> impl Future<Output = Verdict> + Send {
        (self.0)(event)
    }
}

/// What came back.
#[derive(Debug)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

fn args() -> Args {
    Args { port: 0, max_body: 64 * 1024, timeout: Duration::from_secs(20), log_format: LogFormat::Json }
}

/// A request in binary mode that has all an event needs.
fn binary() -> request::Builder {
    Request::post("/")
        .header("ce-specversion", "1.0")
        .header("ce-id", "1")
        .header("ce-source", "/test")
        .header("ce-type", "dev.knative.apiserver.resource.add")
}

async fn answer(handler: impl Handler, request: Request<Body>) -> Answer {
    read(runtime::router(handler, &args()).oneshot(request).await.unwrap()).await
}

async fn read(response: Response) -> Answer {
    let (head, body) = response.into_parts();
    let body = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
    Answer { status: head.status, headers: head.headers, body }
}
