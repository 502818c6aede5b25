//! A Service beside a cluster and without one.

use super::app;
use crate::{
    binary::{NEEDED, Served, callboard},
    collector::Collector,
    kubernetes::{Kubernetes, definition, reference},
    s3::endpoint,
    telemetry::serve,
};
use cloudevents::AttributesReader;

#[test]
fn resync_without_a_cluster_does_not_start_and_says_why() {
    let output = callboard(&[&NEEDED[..], &[("FUNCTION", "resync")]].concat()).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && stderr.contains("FUNCTION=resync needs a cluster"), "{stderr}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_read_is_counted_and_logged_with_what_to_do() {
    let (collector, otlp) = Collector::start().await;
    let kubernetes = Kubernetes::new();
    kubernetes.apply(definition("workshop.kratix.io", ("App", "apps"), &["v1"], "Namespaced"));
    let kubeconfig = kubernetes.serve().await;
    let store = endpoint().await;
    let kubeconfig = kubeconfig.path().to_str().unwrap();
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", otlp.as_str()), ("FUNCTION", "apps"), ("KUBECONFIG", kubeconfig)];
    let served = serve(&store, &variables);
    let report = |title| {
        let event = reference("update", &kubernetes.apply(app(title)));
        let head = format!("ce-id: {title}\r\nce-source: {}\r\nce-type: {}\r\n", event.source(), event.ty());
        let data: serde_json::Value = event.data().unwrap().clone().try_into().unwrap();
        served.send(&head, &data.to_string())
    };
    let reported = report("A");
    assert!(reported.starts_with("HTTP/1.1 200 "), "{reported}");
    kubernetes.forbid("apps.workshop.kratix.io");
    let reported = report("B");
    assert!(reported.starts_with("HTTP/1.1 204 "), "{reported}");
    let (status, stderr) = served.terminated();
    assert!(status.success() && !stderr.contains("there is no cluster"), "{stderr}");
    assert!(stderr.contains("an object may not be read") && stderr.contains("callboard sources"), "{stderr}");
    let uncovered = &collector.counts("callboard_drift_total")["kind=app.workshop.kratix.io,reason=uncovered"];
    assert_eq!(*uncovered, 1);
}

#[test]
fn the_other_functions_start_without_a_cluster_and_say_once_what_is_missing() {
    for function in ["apps", "promises", "all"] {
        let served = Served::start(&[("FUNCTION", function)]);
        let ready = served.ask("GET", "/health/readiness");
        assert!(ready.starts_with("HTTP/1.1 200 "), "{function}: {ready}");
        let (status, stderr) = served.terminated();
        assert!(status.success(), "{function}");
        assert_eq!(stderr.matches("there is no cluster").count(), 1, "{function}: {stderr}");
    }
}

#[test]
fn a_kubeconfig_that_cannot_be_used_ends_the_start_and_is_named() {
    let output = callboard(&[&NEEDED[..], &[("KUBECONFIG", "/nowhere/config")]].concat()).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && stderr.contains("/nowhere/config"), "{stderr}");
}
