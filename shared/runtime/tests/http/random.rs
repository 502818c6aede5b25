//! Whatever arrives, nobody but us may be at fault for a 5xx.

use crate::{Function, answer};
use axum::body::Body;
use events::{Nothing, Reply};
use futures::future;
use http::{HeaderName, HeaderValue, Method, Request};
use proptest::prelude::*;

fn method() -> impl Strategy<Value = Method> {
    prop_oneof![8 => Just(Method::POST), 1 => Just(Method::GET), 1 => "[A-Z]{1,9}".prop_map(|name| name.parse().unwrap())]
}

fn path() -> impl Strategy<Value = String> {
    prop_oneof![8 => Just("/".to_owned()), 1 => Just("/health/liveness".to_owned()), 1 => "/[ -~&&[^ \"#<>\\\\^`{|}]]{0,20}"]
}

fn name() -> impl Strategy<Value = String> {
    const KNOWN: &[&str] =
        &["specversion", "id", "source", "type", "subject", "time", "dataschema", "datacontenttype", "namespace", ""];
    prop_oneof![
        6 => proptest::sample::select(KNOWN).prop_map(|name| format!("ce-{name}")),
        2 => proptest::sample::select(&["content-type", "traceparent", "tracestate", "ce-traceparent", "content-length"][..]).prop_map(str::to_owned),
        1 => "[a-z!#$%&'*+.^_`|~0-9-]{1,20}",
    ]
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    let known: &[&[u8]] = &[
        b"1.0",
        b"0.3",
        b"",
        b"\"",
        b"%",
        b"%4",
        b"%00",
        b"\"\\",
        b"application/json",
        b"application/cloudevents+json",
        b"application/cloudevents-batch+json",
        b"2026-11-21T01:02:03.123456789Z",
        b"https://callboard.dev/x",
        b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    ];
    prop_oneof![4 => proptest::sample::select(known).prop_map(<[u8]>::to_vec), 1 => proptest::collection::vec(32..=255u8, 0..40)]
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    let json = "(\\{\"(specversion|id|source|type|data|data_base64|time)\":(\"1.0\"|\"\"|null|1|1.5|\\{\\}|\\[\\])(,\"(id|source|type|data|x)\":(\"a\"|null|9999999999999999999|\\[1\\]))*\\}?)";
    prop_oneof![proptest::collection::vec(any::<u8>(), 0..200), json.prop_map(String::into_bytes)]
}

/// Half of the requests have all an event needs, before something is put on top.
fn headers() -> impl Strategy<Value = Vec<(String, Vec<u8>)>> {
    let needed = ["specversion: 1.0", "id: 1", "source: /s", "type: t"].map(|header| header.split_once(": ").unwrap());
    let needed = needed.map(|(name, value)| (format!("ce-{name}"), value.into())).to_vec();
    let needed = prop_oneof![Just(needed), Just(Vec::new())];
    (needed, proptest::collection::vec((name(), value()), 0..4)).prop_map(|(needed, more)| [needed, more].concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, ..ProptestConfig::default() })]

    #[test]
    fn no_request_leads_to_a_panic_or_a_server_error(
        method in method(), path in path(), headers in headers(), body in body(),
    ) {
        let mut request = Request::builder().method(method).uri(path).body(Body::from(body)).unwrap();
        for (name, value) in headers {
            if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(&value)) {
                request.headers_mut().insert(name, value);
            }
        }
        let function = Function(|_| future::ready(Ok(Reply::Nothing(Nothing::NotOurs))));
        let answer = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(answer(function, request));
        prop_assert!(!answer.status.is_server_error(), "{:?}", answer);
        prop_assert!(!answer.status.is_success() || answer.body.is_empty(), "{:?}", answer);
    }
}
