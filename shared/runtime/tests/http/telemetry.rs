//! Telemetry as a collector receives it, and its absence.

use crate::collector::{Collector, attributes};
use crate::process::Process;
use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind, status::StatusCode};
use std::collections::BTreeMap;
use std::time::Duration;

const END: Duration = Duration::from_secs(20);

fn trace(digit: &str) -> String {
    format!("00-{}-00f067aa0ba902b7-01", digit.repeat(32))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn handling<'a>(spans: &'a [Span], id: &str) -> &'a Span {
    let of = |span: &&Span| attributes(&span.attributes).get("cloudevents.event_id").is_some_and(|found| found == id);
    spans.iter().find(of).unwrap_or_else(|| panic!("{id}: {spans:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_leads_from_the_sender_over_the_function_to_the_reply() {
    let (collector, endpoint) = Collector::start().await;
    let process = Process::start(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint)]);
    let ty = "ce-type: dev.knative.apiserver.resource.add\r\n";
    let kratix = format!(r#"{{"metadata":{{"annotations":{{"kratix.io/trace-parent":"{}"}}}}}}"#, trace("3"));
    let sent = [
        (
            "header",
            format!("traceparent: {}\r\ntracestate: a=b\r\nce-traceparent: {}\r\n", trace("1"), trace("2")),
            "1",
        ),
        ("extension", format!("ce-traceparent: {}\r\n", trace("2")), "2"),
        ("annotation", String::new(), "3"),
    ]
    .map(|(id, headers, digit)| {
        let answer = process.send(&format!("ce-id: {id}\r\nce-subject: Grüße\r\n{ty}{headers}"), &kratix);
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        (id, digit.repeat(32), answer)
    });
    process.terminate();
    let (status, logs) = process.ended(END);
    assert!(status.success(), "{status}");

    let spans = collector.spans();
    for (id, trace_id, answer) in sent {
        let span = handling(&spans, id);
        assert_eq!((hex(&span.trace_id), hex(&span.parent_span_id)), (trace_id.clone(), "00f067aa0ba902b7".into()));
        assert_eq!((span.name.as_str(), span.kind()), ("callboard.handle", SpanKind::Consumer));
        let found = attributes(&span.attributes);
        for (name, value) in [("function", "apps"), ("verdict", "changed"), ("cloudevents.event_subject", "Grüße")] {
            assert_eq!(found[name], value);
        }
        let inner = spans.iter().find(|inner| inner.parent_span_id == span.span_id).unwrap();
        assert_eq!(inner.name, "s3.put");
        assert!(answer.contains(&format!("ce-traceparent: 00-{trace_id}-{}-01\r\n", hex(&span.span_id))), "{answer}");
        assert_eq!(answer.contains("ce-tracestate: a=b\r\n"), id == "header", "{answer}");
        assert!(
            logs.lines().any(|line| line.contains("event changed the catalog") && line.contains(&trace_id)),
            "{logs}"
        );
    }
    assert!(collector.services().iter().all(|service| service == "apps"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_seen_on_the_span_and_the_service_name_can_be_set() {
    let (collector, endpoint) = Collector::start().await;
    let process = Process::start(&[
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", &endpoint),
        ("OTEL_SERVICE_NAME", "ours"),
        ("RUST_LOG", "warn"),
    ]);
    assert!(process.send("ce-id: retry\r\nce-type: t\r\n", "").starts_with("HTTP/1.1 503"));
    process.terminate();
    let (_, logs) = process.ended(END);
    let spans = collector.spans();
    let span = handling(&spans, "retry");
    assert_eq!(span.status.as_ref().unwrap().code(), StatusCode::Error);
    assert_eq!(collector.services(), ["ours"]);
    for words in ["the bucket is away", r#""cloudevents.event_id":"retry""#, &hex(&span.trace_id)] {
        assert!(logs.contains(words), "{words}: {logs}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_arrive_at_the_end_and_strangers_make_no_series() {
    let (collector, endpoint) = Collector::start().await;
    let process = Process::start(&[("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", &endpoint)]);
    for event in [
        "ce-id: 1\r\nce-type: dev.knative.apiserver.resource.update\r\n",
        "ce-id: 2\r\nce-type: stranger.1\r\n",
        "ce-id: nothing\r\nce-type: dev.callboard.stranger\r\n",
        "",
    ] {
        process.send(event, "");
    }
    process.terminate();
    let (status, _) = process.ended(END);
    assert!(status.success(), "{status}");
    let wanted = [
        ("function=apps,type=dev.knative.apiserver.resource.update,verdict=changed", 1),
        ("function=apps,type=other,verdict=bad_request", 1),
        ("function=apps,type=other,verdict=changed", 1),
        ("function=apps,type=other,verdict=unchanged", 1),
    ];
    let counted = |wanted: &[(&str, u64)]| {
        wanted.iter().map(|(key, count)| ((*key).to_owned(), *count)).collect::<BTreeMap<_, _>>()
    };
    assert_eq!(collector.counts("callboard_events_total"), counted(&wanted));
    assert_eq!(collector.counts("callboard_event_duration_seconds"), counted(&[("function=apps", 4)]));
    assert_eq!(collector.counts("callboard_entities_total"), counted(&[("action=created", 6), ("action=omitted", 2)]));
    assert!(collector.spans().is_empty());
}

#[test]
fn a_collector_that_is_dead_or_silent_hinders_neither_events_nor_the_end() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = (format!("http://{}", silent.local_addr().unwrap()), silent);
    for endpoint in ["http://127.0.0.1:1", &silent.0] {
        let process = Process::start(&[("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)]);
        let answer = process.send("ce-id: 1\r\nce-type: t\r\n", "");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        process.terminate();
        let (status, _) = process.ended(END);
        assert!(status.success(), "{status}");
    }
}

#[test]
fn without_an_endpoint_telemetry_says_nothing() {
    let process = Process::start(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "")]);
    let answer = process.send("ce-id: nothing\r\nce-type: t\r\n", "");
    assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
    process.terminate();
    let (status, stderr) = process.ended(END);
    assert_eq!((status.success(), stderr.as_str()), (true, ""));
}
