//! Objects whose JSON takes much more memory than it has bytes, at the wire.

use super::{GROUP, app, app_promise, source};
use crate::{kubernetes::Kubernetes, s3::endpoint, telemetry::serve};

/// The most that the process may ever take: a pod has 256 MiB.
const KIBIBYTES: u64 = 200 * 1024;

/// JSON of so many bytes. An object with one field takes some 80 times its bytes when it is parsed.
fn dense(bytes: usize) -> String {
    let field = |n: usize| format!("\"{n}\":{{\"a\":1}}");
    let fields: Vec<_> = (0..bytes / field(10_000).len()).map(field).collect();
    format!("{{{}}}", fields.join(","))
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_kind_of_500_objects_of_60_kb_is_compared_within_the_memory_of_a_pod() {
    let kubernetes = Kubernetes::new();
    kubernetes.install(app_promise());
    kubernetes.apply(source(&[(GROUP, "App")]));
    kubernetes.fill(&dense(60 << 10));
    for n in 0..500 {
        let mut app = app(&format!("a{n:03}"), "1");
        app["spec"]["filler"] = Kubernetes::FILLER.into();
        kubernetes.apply(app);
    }
    let (kubeconfig, store) = (kubernetes.serve().await, endpoint().await);
    let variables = [("FUNCTION", "resync"), ("KUBECONFIG", kubeconfig.path().to_str().unwrap())];
    let served = serve(&store, &variables);
    let head = "ce-id: 1\r\nce-source: /apis/v1/namespaces/callboard/pingsources/tick\r\nce-type: dev.knative.sources.ping\r\n";
    let answer = served.send(head, r#"{"callboard": "resync"}"#);
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains(r#""created":500"#), "{answer}");
    let peak = served.kibibytes("VmHWM");
    assert!(peak < KIBIBYTES, "the process took {peak} KiB");
}
