//! What an operator learns of an event: its trace from the sender over each call to the reply, metrics, and logs.

use crate::{binary::Served, collector::Collector, s3::endpoint};
use callboard::dev::endpoint::Endpoint;
use opentelemetry_proto::tonic::{metrics::v1::metric, trace::v1::Span};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const ADD: &str = "dev.knative.apiserver.resource.add";
const OTLP: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_leads_from_the_sender_over_each_call_to_the_reply() {
    let (collector, otlp) = Collector::start().await;
    let store = endpoint().await;
    let served = serve(&store, &[(OTLP, &otlp)]);
    // It makes the calls that a process makes once.
    add(&served, "first", "", &json!({}));
    let kratix = json!({"kratix.io/trace-parent": traceparent("2")});
    let answers = [
        ("1", add(&served, "header", &format!("traceparent: {}\r\n", traceparent("1")), &kratix)),
        ("2", add(&served, "annotation", "", &kratix)),
    ];
    assert!(served.terminated().0.success());

    let spans = collector.spans();
    assert_eq!(spans.iter().map(|span| &span.trace_id).collect::<BTreeSet<_>>().len(), 3, "{spans:?}");
    for (digit, answer) in answers {
        let trace = digit.repeat(32);
        let (handle, below) = trace_of(&spans, &trace);
        assert_eq!((handle.name.as_str(), hex(&handle.parent_span_id)), ("callboard.handle", PARENT.to_owned()));
        assert_eq!(below, ["decode", "think", "s3.head", "s3.put", "s3.get"]);
        let continued = format!("ce-traceparent: 00-{trace}-{}-01\r\n", hex(&handle.span_id));
        assert!(answer.contains(&continued), "{continued}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_entities_and_calls_are_counted_by_how_they_ended() {
    let (collector, otlp) = Collector::start().await;
    let store = endpoint().await;
    let served = serve(&store, &[(OTLP, &otlp), ("FUNCTION", "apps")]);
    add(&served, "todo", "", &json!({}));
    assert!(served.terminated().0.success());

    let counts = |name| collector.counts(name);
    let events = BTreeMap::from([(format!("function=apps,type={ADD},verdict=changed"), 1)]);
    assert_eq!(counts("callboard_events_total"), events);
    assert_eq!(counts("callboard_entities_total")["action=created"], 1);
    let calls = counts("callboard_s3_duration_seconds");
    // The probe's writes are among them. The new object is missing, and so is the System of its namespace.
    assert_eq!(calls["operation=head,outcome=missing"], 2, "{calls:?}");
    assert!(
        ["operation=put,outcome=ok", "operation=put,outcome=lost"].iter().all(|call| calls[*call] > 0),
        "{calls:?}"
    );
    assert!(!calls.keys().any(|call| call.contains("error")), "{calls:?}");
    for name in ["callboard_s3_duration_seconds", "callboard_event_duration_seconds"] {
        let bounds = bounds(&collector, name);
        assert!(bounds.iter().filter(|bound| (0.001..1.0).contains(*bound)).count() >= 5, "{name}: {bounds:?}");
    }
    assert!(collector.services().iter().all(|service| service == "apps"));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_collector_an_event_says_its_one_line() {
    let store = endpoint().await;
    let served = serve(&store, &[]);
    let answer = add(&served, "todo", &format!("traceparent: {}\r\n", traceparent("1")), &json!({}));
    let continued = format!("ce-traceparent: {}\r\n", traceparent("1"));
    assert!(answer.contains(&continued), "{answer}");
    let served_at = served.address.port();
    let (status, stderr) = served.terminated();
    assert!(status.success());
    let lines: Vec<Value> = stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    // The first two are those of the start, which has no cluster.
    assert_eq!(lines.len(), 3, "{stderr}");
    let start = lines.iter().find(|it| it["message"] == "callboard serves").unwrap();
    let said =
        ["version", "function", "aws.s3.bucket", "store", "prefix", "cluster"].map(|it| start[it].as_str().unwrap());
    assert_eq!(said, [env!("CARGO_PKG_VERSION"), "all", "catalog", store.url(), "entities", "main"]);
    assert_eq!(start["port"], served_at);
    assert_eq!(lines[2]["message"], "event changed the catalog");
    assert_eq!(lines[2]["k8s.object"], "app.workshop.kratix.io/default/todo");
    assert_eq!(lines[2]["entities"], "created component:default/app-todo");
    assert_eq!(lines[2]["spans"][0]["cloudevents.event_id"], "todo");
    assert_eq!(lines[2]["spans"][0]["trace_id"], "1".repeat(32));
}

/// The span that the sender was in.
const PARENT: &str = "00f067aa0ba902b7";

fn traceparent(digit: &str) -> String {
    format!("00-{}-{PARENT}-01", digit.repeat(32))
}

/// The binary in front of a store.
pub(crate) fn serve(store: &Endpoint, variables: &[(&str, &str)]) -> Served {
    let keys = store.credentials();
    let of_store = [
        ("AWS_ENDPOINT_URL_S3", store.url()),
        ("AWS_ACCESS_KEY_ID", &keys.access_key),
        ("AWS_SECRET_ACCESS_KEY", &keys.secret_key),
    ];
    Served::start(&[&of_store, variables].concat())
}

/// Tells of a new App of this name, which changes the catalog.
fn add(served: &Served, name: &str, headers: &str, annotations: &Value) -> String {
    let metadata = json!({
        "name": name, "namespace": "default", "uid": name, "resourceVersion": "1", "annotations": annotations,
    });
    let app = json!({"apiVersion": "workshop.kratix.io/v1", "kind": "App", "metadata": metadata, "spec": {}});
    let answer =
        served.send(&format!("ce-id: {name}\r\nce-source: /test\r\nce-type: {ADD}\r\n{headers}"), &app.to_string());
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    answer
}

/// The first span of a trace, and the names of the others in their order, each of which is a child of it.
fn trace_of<'a>(spans: &'a [Span], trace: &str) -> (&'a Span, Vec<&'a str>) {
    let mut spans: Vec<_> = spans.iter().filter(|span| hex(&span.trace_id) == trace).collect();
    spans.sort_by_key(|span| span.start_time_unix_nano);
    let below = &spans[1..];
    assert!(below.iter().all(|span| span.parent_span_id == spans[0].span_id), "{spans:?}");
    (spans[0], below.iter().map(|span| span.name.as_str()).collect())
}

fn bounds(collector: &Collector, name: &str) -> Vec<f64> {
    let metric::Data::Histogram(histogram) = collector.metrics(name).remove(0).data.unwrap() else { panic!("{name}") };
    histogram.data_points[0].explicit_bounds.clone()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
