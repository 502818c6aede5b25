//! What is taken for an event, and what is not.

use crate::{Answer, Function, answer, args, binary, read};
use axum::body::{Body, Bytes};
use cloudevents::{AttributesReader, Data, Event};
use events::{Nothing, Reply};
use futures::{StreamExt, future, stream};
use http::{HeaderValue, Method, Request, StatusCode};
use runtime::Args;
use serde_json::json;
use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tower::ServiceExt;

/// The event that reached the function, if one did.
async fn sent(request: Request<Body>) -> (Answer, Option<Event>) {
    let seen = Arc::new(Mutex::new(None));
    let slot = seen.clone();
    let function = Function(move |event| {
        *slot.lock().unwrap() = Some(event);
        future::ready(Ok(Reply::Nothing(Nothing::Unchanged)))
    });
    let answer = answer(function, request).await;
    (answer, seen.lock().unwrap().take())
}

async fn received(request: Request<Body>) -> Event {
    let (answer, event) = sent(request).await;
    event.unwrap_or_else(|| panic!("{answer:?}"))
}

fn extension(event: &Event, name: &str) -> Option<String> {
    event.extension(name).map(ToString::to_string)
}

#[tokio::test]
async fn a_binary_event_arrives_with_its_json_parsed() {
    let request = binary()
        .header("content-type", "Application/JSON; charset=utf-8")
        .header("ce-time", "2026-11-21T01:02:03.123456789Z")
        .header("ce-namespace", "")
        .header("ce-dataschema", "https://callboard.dev/schemas/x.json");
    let event = received(request.body(r#"{"kind":"App"}"#.into()).unwrap()).await;
    assert_eq!((event.id(), event.source().as_str(), event.ty()), ("1", "/test", "dev.knative.apiserver.resource.add"));
    assert_eq!(event.time().unwrap().timestamp_subsec_nanos(), 123_456_789);
    assert_eq!(extension(&event, "namespace").as_deref(), Some(""));
    assert_eq!(event.data(), Some(&Data::Json(json!({"kind": "App"}))));
}

#[tokio::test]
async fn a_structured_event_arrives_whatever_the_case_of_its_media_type() {
    let event =
        json!({"specversion": "1.0", "id": "1", "source": "/test", "type": "t", "kind": "App", "data": {"a": 1}});
    for media_type in ["application/cloudevents+json", "Application/CloudEvents+JSON ; charset=UTF-8"] {
        let request = Request::post("/").header("content-type", media_type);
        let event = received(request.body(event.to_string().into()).unwrap()).await;
        assert_eq!(event.data(), Some(&Data::Json(json!({"a": 1}))));
        assert_eq!(extension(&event, "kind").as_deref(), Some("App"));
    }
}

#[tokio::test]
async fn header_values_arrive_decoded_however_the_sender_wrote_them() {
    for (written, meant) in [
        ("Euro €".as_bytes(), "Euro €"),
        (b"Euro%20%E2%82%AC", "Euro €"),
        (br#""say \"hi\" \\ %41""#, r#"say "hi" \ A"#),
        (b"100%", "100%"),
        (b"\"", "\""),
    ] {
        let value = HeaderValue::from_bytes(written).unwrap();
        let request = binary().header("ce-subject", value.clone()).header("ce-name", value);
        let event = received(request.body(Body::empty()).unwrap()).await;
        assert_eq!(event.subject(), Some(meant));
        assert_eq!(extension(&event, "name").as_deref(), Some(meant));
        assert_eq!(event.data(), None);
    }
}

#[tokio::test]
async fn data_that_is_no_json_is_left_to_the_function() {
    for media_type in ["application/json", "text/plain"] {
        let request = binary().header("content-type", media_type).body("{".into()).unwrap();
        assert_eq!(received(request).await.data(), Some(&Data::Binary(b"{".to_vec())));
    }
}

#[tokio::test]
async fn what_is_no_cloudevent_is_refused_for_good() {
    let structured = |event: &str| {
        Request::post("/").header("content-type", "application/cloudevents+json").body(event.to_owned().into())
    };
    let binary_with = |name: &str, value: &[u8]| {
        let mut request = binary().body(Body::empty()).unwrap();
        request
            .headers_mut()
            .insert(http::HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_bytes(value).unwrap());
        Ok(request)
    };
    for (what, request) in [
        ("nothing", Request::post("/").body(Body::empty())),
        ("plain JSON", Request::post("/").header("content-type", "application/json").body("{}".into())),
        ("no id", Request::post("/").header("ce-specversion", "1.0").body(Body::empty())),
        ("empty id", binary_with("ce-id", b"")),
        ("empty source", binary_with("ce-source", b"")),
        ("empty type", binary_with("ce-type", b"\"\"")),
        ("version 0.3", binary_with("ce-specversion", b"0.3")),
        ("version 2.0", binary_with("ce-specversion", b"2.0")),
        ("empty version", binary_with("ce-specversion", b"")),
        ("time", binary_with("ce-time", b"yesterday")),
        ("schema", binary_with("ce-dataschema", b"relative")),
        ("no UTF-8", binary_with("ce-subject", b"\xff")),
        ("no UTF-8 in percents", binary_with("ce-subject", b"%ff")),
        ("batch", binary_with("content-type", b"application/cloudevents-batch+json")),
        ("protobuf", binary_with("content-type", b"application/cloudevents+protobuf")),
        ("structured garbage", structured("\u{0}")),
        ("structured list", structured("[]")),
        ("structured without id", structured(r#"{"specversion":"1.0","source":"/s","type":"t"}"#)),
        ("structured with empty id", structured(r#"{"specversion":"1.0","id":"","source":"/s","type":"t"}"#)),
        ("structured with empty source", structured(r#"{"specversion":"1.0","id":"1","source":"","type":"t"}"#)),
        ("structured with empty type", structured(r#"{"specversion":"1.0","id":"1","source":"/s","type":""}"#)),
        ("structured 0.3", structured(r#"{"specversion":"0.3","id":"1","source":"/s","type":"t"}"#)),
        ("nested too deeply", structured(&"[".repeat(10_000))),
        ("nested extension", structured(r#"{"specversion":"1.0","id":"1","source":"/s","type":"t","x":{}}"#)),
    ] {
        let (answer, event) = sent(request.unwrap()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{what}: {answer:?}");
        assert!(
            !answer.body.is_empty() && answer.body.len() <= 512 && !answer.body.contains('\n'),
            "{what}: {answer:?}"
        );
        assert_eq!(event, None, "{what}");
    }
}

#[tokio::test]
async fn only_post_at_the_root_takes_events_and_the_probes_need_none() {
    for (method, path, status) in [
        (Method::GET, "/", StatusCode::METHOD_NOT_ALLOWED),
        (Method::OPTIONS, "/", StatusCode::METHOD_NOT_ALLOWED),
        (Method::POST, "/other", StatusCode::NOT_FOUND),
        (Method::GET, "/health/liveness", StatusCode::OK),
        (Method::GET, "/health/readiness", StatusCode::OK),
    ] {
        let (answer, _) = sent(Request::builder().method(&method).uri(path).body(Body::empty()).unwrap()).await;
        assert_eq!((answer.status, answer.body.as_str()), (status, ""), "{method} {path}");
        let allow = answer.headers.get("allow").map(|allow| allow.to_str().unwrap());
        assert_eq!(allow, (status == StatusCode::METHOD_NOT_ALLOWED).then_some("POST"));
    }
}

#[tokio::test]
async fn a_body_may_reach_the_limit_and_not_pass_it() {
    let limit = args().max_body;
    let (answer, event) = sent(binary().body("x".repeat(limit).into()).unwrap()).await;
    assert!(event.is_some(), "{answer:?}");
    let (answer, event) = sent(binary().body("x".repeat(limit + 1).into()).unwrap()).await;
    assert_eq!((answer.status, event), (StatusCode::PAYLOAD_TOO_LARGE, None));
}

#[tokio::test]
async fn a_gibibyte_in_chunks_is_cut_off_at_the_limit() {
    const CHUNK: usize = 16 * 1024;
    let pulled = Arc::new(AtomicUsize::new(0));
    let counter = pulled.clone();
    let chunks = stream::repeat_with(move || {
        counter.fetch_add(CHUNK, Ordering::SeqCst);
        Ok::<_, Infallible>(Bytes::from(vec![b' '; CHUNK]))
    });
    let (answer, event) = sent(binary().body(Body::from_stream(chunks.take((1 << 30) / CHUNK))).unwrap()).await;
    assert_eq!((answer.status, event), (StatusCode::PAYLOAD_TOO_LARGE, None));
    let read = pulled.load(Ordering::SeqCst);
    assert!(read <= args().max_body * 5 + 2 * CHUNK, "{read}");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_arrive_is_not_waited_for_and_may_come_again() {
    let body = Body::from_stream(stream::pending::<Result<Bytes, Infallible>>());
    let (answer, event) = sent(binary().body(body).unwrap()).await;
    assert_eq!((answer.status, event), (StatusCode::SERVICE_UNAVAILABLE, None));
}

#[tokio::test(start_paused = true)]
async fn bodies_that_stall_hold_back_no_other() {
    let served = Arc::new(runtime::router(Function(|_| async { Ok(Reply::Nothing(Nothing::Unchanged)) }), &args()));
    let stalling: Vec<_> = (0..200)
        .map(|_| {
            let start = stream::once(async { Ok::<_, Infallible>(Bytes::from(vec![b' '; 8 * 1024])) });
            let request = binary().header("content-length", args().max_body);
            let request = request.body(Body::from_stream(start.chain(stream::pending()))).unwrap();
            tokio::spawn((*served).clone().oneshot(request))
        })
        .collect();
    tokio::task::yield_now().await;
    let started = tokio::time::Instant::now();
    let large = binary().body(Body::from("x".repeat(args().max_body))).unwrap();
    let answer = read((*served).clone().oneshot(large).await.unwrap()).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{answer:?}");
    assert_eq!(started.elapsed(), Duration::ZERO);
    for stalled in stalling {
        let answer = read(stalled.await.unwrap().unwrap()).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (StatusCode::SERVICE_UNAVAILABLE, "the body stopped arriving for 5s")
        );
    }
    assert_eq!(started.elapsed(), Duration::from_secs(5));
}

#[tokio::test]
async fn json_that_would_take_too_much_memory_is_refused() {
    let most = args().max_body;
    let nested = format!("[{}0]", "[0],".repeat(most / 4 - 1));
    let large = Args { max_body: 4 * 1024 * 1024, ..args() };
    let send = async |args: &Args, body: String| {
        let request = binary().header("content-type", "application/json").body(Body::from(body)).unwrap();
        let function = Function(|_| async { Ok(Reply::Nothing(Nothing::Unchanged)) });
        read(runtime::router(function, args).oneshot(request).await.unwrap()).await
    };
    assert_eq!(send(&args(), nested).await.status, StatusCode::NO_CONTENT, "the default has room for it");
    let answer = send(&large, format!("[{}0]", "{},".repeat(1_300_000))).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(answer.body, "the body holds so many values that they would take over 128 MiB");
    assert_eq!(answer.headers["connection"], "close");
}
