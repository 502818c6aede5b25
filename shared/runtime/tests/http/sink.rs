//! Callboard's own events, as a Broker receives them.

use crate::collector::{Collector, attributes};
use crate::process::Process;
use crate::sink_server::Server;
use clap::Parser;
use cloudevents::{Event, EventBuilder, EventBuilderV10};
use runtime::{Sink, SinkArgs};
use serde_json::json;
use std::io::Write;
use std::time::Duration;
use tempfile::NamedTempFile;
use tokio::net::TcpListener;
use tokio::time::Instant;

const TAKEN: &str = "202 Accepted\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
const AWAY: &str = "503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    sink: SinkArgs,
}

fn sink(url: &str, options: &[&str]) -> Sink {
    let cli = Cli::try_parse_from([&["test", "--sink", url], options].concat()).unwrap();
    Sink::new(&cli.sink).unwrap().unwrap()
}

fn drifted() -> EventBuilderV10 {
    let event = EventBuilderV10::new().id("d-1").source("/callboard/resync").ty("dev.callboard.catalog.drifted");
    event.subject("app.marketplace.kratix.io/Grün/todo").data("application/json", json!({"missing": 1}))
}

fn event() -> Event {
    drifted().build().unwrap()
}

/// The lines of a head, those after the first sorted, without the port.
fn lines(head: &str, url: &str) -> Vec<String> {
    let port = url.rsplit(':').next().unwrap().split('/').next().unwrap();
    let mut lines: Vec<_> = head.lines().map(|line| line.replace(port, "PORT")).collect();
    lines[1..].sort();
    lines
}

#[tokio::test]
async fn an_event_is_posted_in_binary_mode() {
    let server = Server::start(&[TAKEN]).await;
    sink(&server.url, &[]).send(event()).await.unwrap();
    let [(head, body)] = &server.requests()[..] else { panic!("{:?}", server.requests()) };
    let wanted = [
        "POST /callboard/callboard HTTP/1.1",
        "ce-id: d-1",
        "ce-source: /callboard/resync",
        "ce-specversion: 1.0",
        "ce-subject: app.marketplace.kratix.io/Gr%C3%BCn/todo",
        "ce-type: dev.callboard.catalog.drifted",
        "content-length: 13",
        "content-type: application/json",
        "host: 127.0.0.1:PORT",
    ];
    assert_eq!(
        (lines(head, &server.url).as_slice(), body.as_str()),
        (&wanted.map(str::to_owned)[..], r#"{"missing":1}"#)
    );
}

#[tokio::test]
async fn without_a_sink_there_is_none() {
    assert!(Sink::new(&Cli::try_parse_from(["test"]).unwrap().sink).unwrap().is_none());
}

#[tokio::test]
async fn overrides_win_over_what_the_event_says() {
    let server = Server::start(&[TAKEN]).await;
    let overrides = r#"{"extensions":{"stage":"test €","cluster":"a"}}"#;
    let sink = sink(&server.url, &["--sink-overrides", overrides]);
    sink.send(drifted().extension("stage", "ours").build().unwrap()).await.unwrap();
    let (head, _) = &server.requests()[0];
    assert!(head.contains("\r\nce-stage: test%20%E2%82%AC\r\n") && head.contains("\r\nce-cluster: a\r\n"), "{head}");
}

#[tokio::test]
async fn a_token_that_rotates_is_read_again() {
    let server = Server::start(&[TAKEN, TAKEN, TAKEN]).await;
    let mut token = NamedTempFile::new().unwrap();
    token.write_all(b"first\n").unwrap();
    let sink = sink(&server.url, &["--sink-token-file", token.path().to_str().unwrap()]);
    sink.send(event()).await.unwrap();
    std::fs::write(token.path(), "second").unwrap();
    sink.send(event()).await.unwrap();
    token.close().unwrap();
    sink.send(event()).await.unwrap();
    let sent = |(head, _): (String, String)| {
        head.lines().find_map(|line| Some(line.strip_prefix("authorization: ")?.to_owned()))
    };
    let wanted = [Some("Bearer first".to_owned()), Some("Bearer second".to_owned()), None];
    assert_eq!(server.requests().into_iter().map(sent).collect::<Vec<_>>(), wanted);
}

#[tokio::test]
async fn a_token_that_cannot_be_read_is_an_error_and_nothing_is_sent() {
    let server = Server::start(&[TAKEN]).await;
    let error = sink(&server.url, &["--sink-token-file", "/"]).send(event()).await.unwrap_err().to_string();
    assert!(
        error.contains("failed to read the token from /: ") && error.contains("CALLBOARD_SINK_TOKEN_FILE"),
        "{error}"
    );
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_broker_that_is_away_is_tried_again_with_the_same_event() {
    for first in [
        AWAY,
        "404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        "500 Oops\r\ncontent-length: 0\r\n\r\n",
        "\r\n",
    ] {
        let server = Server::start(&[first, TAKEN]).await;
        let started = Instant::now();
        sink(&server.url, &[]).send(event()).await.unwrap();
        let requests = server.requests();
        assert_eq!((requests.len(), &requests[0]), (2, &requests[1]), "{first}");
        assert!(started.elapsed() >= Duration::from_millis(200));
    }
}

#[tokio::test]
async fn three_tries_are_all() {
    let server = Server::start(&[AWAY, AWAY, AWAY, TAKEN]).await;
    let error = sink(&server.url, &[]).send(event()).await.unwrap_err().to_string();
    let start = format!("failed to send event d-1 (dev.callboard.catalog.drifted) to {}: 503 ", server.url);
    assert!(error.starts_with(&start), "{error}");
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn a_refusal_is_reported_without_what_it_says_and_not_tried_again() {
    let server = Server::start(&["403 Forbidden\r\ncontent-length: 14\r\n\r\nBearer hunter2"]).await;
    let mut token = NamedTempFile::new().unwrap();
    token.write_all(b"hunter2").unwrap();
    let options = ["--sink-token-file", token.path().to_str().unwrap()];
    let error = sink(&format!("{}?key=hunter2", server.url), &options).send(event()).await.unwrap_err().to_string();
    let (place, said) = (format!(" to {}?***: ", server.url), "403 Forbidden; let the SinkBinding give us a token");
    assert!(error.contains(&format!("{place}{said}")) && !error.contains("hunter2"), "{error}");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn another_place_is_not_followed() {
    let server =
        Server::start(&["307 Temporary Redirect\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"]).await;
    let error = sink(&server.url, &[]).send(event()).await.unwrap_err().to_string();
    assert!(error.contains(": 307 Temporary Redirect"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_without_end_is_not_read_on() {
    let server = Server::start(&[&format!("400 Bad Request\r\n\r\n{}", "x".repeat(4096))]).await;
    let error = sink(&server.url, &[]).send(event()).await.unwrap_err().to_string();
    assert!(error.ends_with(": 400 Bad Request; the log of the Broker says why"), "{error}");
}

#[tokio::test]
async fn where_nobody_listens_it_is_tried_again_and_said() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let started = Instant::now();
    let error = sink(&url, &[]).send(event()).await.unwrap_err().to_string();
    assert!(error.contains("Connection refused") && error.contains("K_SINK"), "{error}");
    assert!((Duration::from_millis(800)..Duration::from_secs(8)).contains(&started.elapsed()));
}

#[tokio::test(start_paused = true)]
async fn a_broker_that_never_answers_holds_us_for_8_seconds() {
    let server = Server::start(&[]).await;
    let started = Instant::now();
    let error = sink(&server.url, &[]).send(event()).await.unwrap_err().to_string();
    assert!(error.contains("no answer in time"), "{error}");
    assert_eq!(started.elapsed().as_secs(), 8);
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn a_private_authority_is_trusted_where_it_is_named() {
    let (server, authority) = Server::start_tls(&[TAKEN]).await;
    let error = sink(&server.url, &[]).send(event()).await.unwrap_err().to_string();
    assert!(error.contains("UnknownIssuer") && error.contains("K_CA_CERTS"), "{error}");
    sink(&server.url, &["--sink-ca-certs", &authority]).send(event()).await.unwrap();
    assert_eq!(server.requests()[0].1, r#"{"missing":1}"#);
}

#[tokio::test]
async fn what_cannot_stand_in_headers_is_not_sent() {
    let server = Server::start(&[TAKEN]).await;
    let event = drifted().data("text/plain\r\nx: y", "x").build().unwrap();
    let error = sink(&server.url, &[]).send(event).await.unwrap_err().to_string();
    assert!(error.contains("cannot stand in HTTP headers"), "{error}");
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn an_event_keeps_its_own_trace_where_opentelemetry_is_off() {
    let server = Server::start(&[TAKEN]).await;
    let trace = format!("00-{}-00f067aa0ba902b7-01", "1".repeat(32));
    sink(&server.url, &[]).send(drifted().extension("traceparent", trace.clone()).build().unwrap()).await.unwrap();
    let (head, _) = &server.requests()[0];
    for name in ["traceparent", "ce-traceparent"] {
        assert!(head.contains(&format!("\r\n{name}: {trace}\r\n")), "{head}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_variables_of_a_sink_binding_are_followed_and_what_is_sent_is_traced_and_counted() {
    let (server, authority) = Server::start_tls(&[TAKEN, "403 Forbidden\r\ncontent-length: 0\r\n\r\n"]).await;
    let (collector, endpoint) = Collector::start().await;
    let process = Process::start(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint),
        ("K_SINK", &server.url),
        ("K_CE_OVERRIDES", r#"{"extensions":{"stage":"test"}}"#),
        ("K_CA_CERTS", &authority),
    ]);
    let trace = "1".repeat(32);
    let headers =
        format!("ce-id: send\r\nce-type: t\r\ntraceparent: 00-{trace}-00f067aa0ba902b7-01\r\ntracestate: a=b\r\n");
    for status in ["204", "503"] {
        let answer = process.send(&headers, "");
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
    }
    process.terminate();
    assert!(process.ended(Duration::from_secs(20)).0.success());

    let spans = collector.spans();
    let ids: Vec<_> = spans.iter().filter(|span| span.name == "callboard.send").map(|span| &span.span_id).collect();
    let [(head, _), _] = &server.requests()[..] else { panic!("{:?}", server.requests()) };
    let id = ids[0].iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    for header in ["ce-stage: test", "tracestate: a=b", &format!("traceparent: 00-{trace}-{id}-01")] {
        assert!(head.contains(&format!("\r\n{header}\r\n")), "{header}: {head}");
    }
    let sent = spans.iter().find(|span| &span.span_id == ids[0]).unwrap();
    assert_eq!(attributes(&sent.attributes)["cloudevents.event_type"], "dev.callboard.catalog.drifted");
    let counts = collector.counts("callboard_sink_total");
    let counted =
        ["refused", "sent"].map(|outcome| (format!("outcome={outcome},type=dev.callboard.catalog.drifted"), 1));
    assert_eq!(counts, counted.into());
}
