//! What the Broker gets for each verdict.

use crate::{Answer, Function, answer, args, binary, read};
use axum::body::Body;
use cloudevents::{Event, EventBuilder, EventBuilderV10};
use events::{Nack, Nothing, Reply, Verdict};
use futures::future;
use http::{Request, StatusCode};
use runtime::Handler;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tower::ServiceExt;

fn event() -> Request<Body> {
    binary().body(Body::empty()).unwrap()
}

fn reply() -> EventBuilderV10 {
    EventBuilderV10::new().id("r").source("/callboard/apps").ty("dev.callboard.app.cataloged")
}

fn changed(reply: EventBuilderV10) -> Verdict {
    Ok(Reply::Changed(Box::new(reply.build().unwrap())))
}

async fn answer_to(verdict: Verdict) -> Answer {
    answer(Function(move |_| future::ready(verdict.clone())), event()).await
}

#[tokio::test]
async fn a_change_is_answered_by_an_event_in_binary_mode() {
    let reply = reply().subject("Euro € 100%\n").extension("partitionkey", "entities/x.yaml");
    let answer = answer_to(changed(reply.data("application/json", json!({"a": "€"})))).await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, r#"{"a":"€"}"#));
    for (name, value) in [
        ("ce-specversion", "1.0"),
        ("ce-id", "r"),
        ("ce-source", "/callboard/apps"),
        ("ce-type", "dev.callboard.app.cataloged"),
        ("ce-subject", "Euro%20%E2%82%AC%20100%25%0A"),
        ("ce-partitionkey", "entities/x.yaml"),
        ("content-type", "application/json"),
    ] {
        assert_eq!(answer.headers[name], value, "{name}");
    }
}

#[tokio::test]
async fn no_change_is_answered_by_an_empty_answer() {
    for nothing in [Nothing::Unchanged, Nothing::Late, Nothing::NotOurs, Nothing::Unresolved] {
        let answer = answer_to(Ok(Reply::Nothing(nothing))).await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::NO_CONTENT, ""));
    }
}

#[tokio::test]
async fn a_refusal_is_one_short_line_of_text() {
    for (nack, status) in [
        (Nack::Reject(format!("a\r\n{}", "é".repeat(400))), StatusCode::UNPROCESSABLE_ENTITY),
        (Nack::Retry(format!("a\r\n{}", "é".repeat(400))), StatusCode::SERVICE_UNAVAILABLE),
    ] {
        let answer = answer_to(Err(nack)).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.headers["content-type"], "text/plain; charset=utf-8");
        assert!(answer.body.starts_with("a  é") && (510..=512).contains(&answer.body.len()), "{answer:?}");
    }
}

#[tokio::test]
async fn a_panic_is_an_error_of_ours_and_the_next_event_is_served() {
    let calls = AtomicUsize::new(0);
    let function = Function(move |_| {
        let call = calls.fetch_add(1, Ordering::SeqCst);
        assert!(call != 0, "before the future");
        async move {
            assert!(call != 1, "in the future {call}");
            Ok(Reply::Nothing(Nothing::Unchanged))
        }
    });
    let router = runtime::router(function, &args());
    for (status, says) in [(500, "before the future"), (500, "the log says where"), (204, "")] {
        let answer = read(router.clone().oneshot(event()).await.unwrap()).await;
        assert_eq!(answer.status.as_u16(), status);
        assert!(answer.body.ends_with(says), "{answer:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_that_takes_too_long_is_given_back_for_a_retry() {
    let answer = answer(Function(|_| future::pending()), event()).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.body, "the event was not dealt with within 20s");
}

#[tokio::test]
async fn a_reply_that_cannot_be_sent_is_no_success() {
    for reply in [reply().extension("not a name", "x"), reply().data("text/plain\r\nx: y", "x")] {
        let answer = answer_to(changed(reply)).await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(answer.body.starts_with("failed to send the reply event"), "{answer:?}");
    }
}

#[tokio::test]
async fn a_reply_hands_the_trace_on_where_opentelemetry_is_off() {
    let trace = |digit: char| format!("00-{}-00f067aa0ba902b7-01", digit.to_string().repeat(32));
    let kratix = json!({"metadata": {"annotations": {"kratix.io/trace-parent": trace('3')}}}).to_string();
    let function = || Function(|_: Event| future::ready(changed(reply())));
    for (header, extension, wanted) in [
        (Some(trace('1')), Some(trace('2')), (Some(trace('1')), Some("h=1"))),
        (None, Some(trace('2')), (Some(trace('2')), Some("e=1"))),
        (Some("invalid".to_owned()), Some(trace('2')), (Some(trace('2')), Some("e=1"))),
        (None, None, (Some(trace('3')), None)),
    ] {
        let mut request = binary().header("content-type", "application/json");
        if let Some(header) = header {
            request = request.header("traceparent", header).header("tracestate", "h=1");
        }
        if let Some(extension) = extension {
            request = request.header("ce-traceparent", extension).header("ce-tracestate", "e%3D1");
        }
        let answer = answer(function(), request.body(kratix.clone().into()).unwrap()).await;
        let got = |name| answer.headers.get(name).map(|value| value.to_str().unwrap());
        assert_eq!((got("ce-traceparent"), got("ce-tracestate")), (wanted.0.as_deref(), wanted.1));
    }
    let untraced = answer(function(), event()).await;
    assert!(!untraced.headers.contains_key("ce-traceparent"));
}

/// The most of 300 requests that were handled in parallel.
async fn most_at_once(request: impl Fn() -> Request<Body>) -> usize {
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let seen = most.clone();
    let function = Function(move |_| {
        let (running, most) = (running.clone(), most.clone());
        async move {
            most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_secs(1)).await;
            running.fetch_sub(1, Ordering::SeqCst);
            Ok(Reply::Nothing(Nothing::Unchanged))
        }
    });
    let router = runtime::router(function, &args());
    let answers = future::join_all((0..300).map(|_| router.clone().oneshot(request()))).await;
    assert!(answers.into_iter().all(|answer| answer.unwrap().status() == StatusCode::NO_CONTENT));
    seen.load(Ordering::SeqCst)
}

#[tokio::test(start_paused = true)]
async fn at_most_256_events_are_handled_at_once_and_the_rest_wait() {
    assert_eq!(most_at_once(event).await, 256);
}

#[tokio::test(start_paused = true)]
async fn events_with_many_values_wait_until_there_is_memory_for_them() {
    let nested = format!("[{}0]", "[0],".repeat(16_000));
    let parsed = nested.len() + 16_001 * 160 + 16_000 * 64;
    let request = || binary().header("content-type", "application/json").body(Body::from(nested.clone())).unwrap();
    assert_eq!(most_at_once(request).await, 64 * 1024 * 1024 / parsed);
}

#[tokio::test]
async fn a_function_that_is_not_ready_says_so_and_lives_on() {
    let router = runtime::router(Loading, &args());
    for (path, status, body) in [
        ("/health/readiness", StatusCode::SERVICE_UNAVAILABLE, "the first list  is not complete"),
        ("/health/liveness", StatusCode::OK, ""),
    ] {
        let answer = read(router.clone().oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap()).await;
        assert_eq!((answer.status, answer.body.as_str()), (status, body));
    }
}

/// A function that has something to do first.
struct Loading;

impl Handler for Loading {
    fn name(&self) -> &'static str {
        "mesh"
    }

    async fn handle(&self, _: Event) -> Verdict {
        Ok(Reply::Nothing(Nothing::NotOurs))
    }

    fn ready(&self) -> Result<(), String> {
        Err("the first list\r\nis not complete".to_owned())
    }
}
