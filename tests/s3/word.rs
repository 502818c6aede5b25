//! The store's word is not taken for granted: a server that is none is named, and so is a clock that is wrong.

use super::*;
use crate::{
    kubernetes::Kubernetes,
    support::{answer, process, router, structured},
};
use axum::{Router, http::Method, response::IntoResponse};
use callboard::context::Context;
use events::{Cause, Nack, ResyncRequest, Scope};
use http::StatusCode;

const PAGE: &str = "<!DOCTYPE html><html><body>Welcome</body></html>";

/// A server that answers each method so, and a client of the bucket `catalog` in it.
async fn server<A: IntoResponse>(answer: impl Fn(Method) -> A + Clone + Send + Sync + 'static) -> S3 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answer = async move |method: Method| answer(method);
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
    S3::with_credentials(args(url, "catalog".to_owned()), "test", "test-secret")
}

async fn html() -> S3 {
    server(|_| (StatusCode::OK, [("content-type", "text/html")], PAGE)).await
}

/// Whether an error names bucket and URL, and what to do.
fn is_named(text: &str, store: &str) -> bool {
    let says = format!("{store} does not answer as an S3 store does: ");
    store.starts_with("catalog at http://127.0.0.1:")
        && text.contains(&says)
        && text.contains("Set AWS_ENDPOINT_URL_S3")
}

#[tokio::test]
async fn a_server_that_answers_everything_with_a_page_has_nothing_and_takes_nothing() {
    let store = html().await;
    let answers = [
        store.head("a").await.map(drop),
        store.get("a", 1000).await.map(drop),
        store.put("a", body("text"), Condition::Always).await.map(drop),
        store.put("a", body("text"), Condition::Absent).await.map(drop),
        store.list("entities/", None).await.map(drop),
    ];
    for answer in answers {
        let Err(fault @ Fault::NoStore { .. }) = answer else { panic!("{answer:?}") };
        assert!(is_named(&fault.to_string(), &store.name()), "{fault}");
    }
}

#[tokio::test]
async fn an_event_and_a_resync_over_a_page_end_in_an_error_that_names_it() {
    let store = html().await;
    let name = store.name();
    let answer = answer(&router(process(store)), structured(&event("1", "add", TODO, 1, 1, "A"))).await;
    assert_eq!(answer.status, 503);
    assert!(is_named(&answer.body, &name), "{}", answer.body);
    let (store, settings) = (html().await, super::settings());
    let name = store.name();
    let bucket = Bucket::new(store, settings.layout.clone(), Honours::Unknown);
    let context = Context::new(settings, bucket).with_cluster(Kubernetes::new().cluster());
    let request = ResyncRequest::new(Cause::new("/test", "1", "test"), Scope::default());
    let Err(Nack::Retry(why)) = callboard::resync::compare(&context, request).await else { panic!("it is compared") };
    assert!(is_named(&why, &name), "{why}");
}

/// It has an ETag for everything, as a server of static files.
#[tokio::test]
async fn a_file_of_the_state_that_says_something_else_is_no_probe() {
    let store = server(|_| (StatusCode::OK, [("etag", "\"e\"")], PAGE)).await;
    let name = store.name();
    let answer = answer(&router(process(store)), structured(&event("1", "add", TODO, 1, 1, "A"))).await;
    assert_eq!(answer.status, 503);
    assert!(is_named(&answer.body, &name) && answer.body.contains("conditional-writes.json"), "{}", answer.body);
    for written in ["{}", "<html>", &" ".repeat(5000)] {
        let place = Place::new("something-else").await;
        let remembered = place.settings.layout.state("conditional-writes.json");
        place.put(&remembered, written, Condition::Always).await;
        let (key, wanted, version) = place.app(1, "A");
        let process = place.process(Honours::Unknown);
        let refused = process.sync(&key, Wanted::Is(&wanted), &version, "1").await.unwrap_err().to_string();
        assert!(refused.contains(&remembered) && refused.contains("something else"), "{refused}");
        assert_eq!(place.keys().await, [remembered]);
    }
}

#[tokio::test]
async fn a_head_that_shows_something_else_than_was_written_is_no_store() {
    let missing = "<Error><Code>NoSuchKey</Code></Error>";
    let store = server(move |method| match method {
        Method::GET => (StatusCode::NOT_FOUND, [("etag", "")], missing),
        Method::HEAD => (StatusCode::OK, [("etag", "\"other\"")], ""),
        _ => (StatusCode::OK, [("etag", "\"mine\"")], ""),
    });
    let store = store.await;
    let name = store.name();
    let answer = answer(&router(process(store)), structured(&event("1", "add", TODO, 1, 1, "A"))).await;
    assert!(is_named(&answer.body, &name) && answer.body.contains("another ETag"), "{}", answer.body);
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_not_a_right_that_is_missing() {
    let at = |seconds: i64| {
        let now = callboard::clock::Clock::default().now() / 1000 + seconds;
        chrono::DateTime::from_timestamp(now, 0).unwrap().format("%a, %d %b %Y %H:%M:%S GMT").to_string()
    };
    let error = |code: &str| format!("<Error><Code>{code}</Code><Message>no</Message></Error>");
    for (seconds, code, side) in [
        (-3600, "RequestTimeTooSkewed", Some("s ahead of")),
        (3600, "AccessDenied", Some("s behind")),
        (0, "RequestTimeTooSkewed", Some("that of the store")),
        (0, "AccessDenied", None),
        (-120, "AccessDenied", None),
    ] {
        let (date, content) = (at(seconds), error(code));
        let store = server(move |_| (StatusCode::FORBIDDEN, [("date", date.clone())], content.clone())).await;
        for fault in [store.list("a", None).await.unwrap_err(), store.get("a", 1).await.unwrap_err()] {
            match side {
                Some(side) => {
                    assert!(matches!(fault, Fault::Clock { .. }) && fault.to_string().contains(side), "{fault}");
                    assert!(fault.to_string().contains("http://127.0.0.1:") && !fault.to_string().contains("denied"));
                }
                None => assert!(matches!(fault, Fault::Denied { .. }), "{fault}"),
            }
        }
        // A HEAD has no code.
        let head = store.head("a").await.unwrap_err();
        assert_eq!(matches!(head, Fault::Clock { .. }), seconds.abs() == 3600, "{seconds} {code}: {head}");
    }
}

#[tokio::test]
async fn what_is_refused_is_told_from_what_is_denied_or_down() {
    for (status, code, is_refused) in [
        (400, "KeyTooLongError", true),
        (400, "InvalidArgument", true),
        (413, "EntityTooLarge", true),
        (414, "", true),
        (404, "NoSuchKey", true),
        (404, "NoSuchBucket", false),
        (400, "RequestTimeout", false),
        (401, "Unauthorized", false),
        (403, "AccessDenied", false),
        (429, "TooManyRequests", false),
        (501, "NotImplemented", false),
    ] {
        let content = format!("<Error><Code>{code}</Code><Message>no</Message></Error>");
        let store = server(move |_| (StatusCode::from_u16(status).unwrap(), content.clone())).await;
        let fault = store.put("a", body("text"), Condition::Absent).await.unwrap_err();
        assert_eq!(matches!(fault, Fault::Refused { .. }), is_refused, "{status} {code}: {fault}");
    }
}
