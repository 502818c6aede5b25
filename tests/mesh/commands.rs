//! The mesh at a terminal.

use super::*;
use crate::{binary::output_of, s3::endpoint};
use callboard::dev::endpoint::Endpoint;

/// How a command ends, and what it prints.
async fn run(command: &str, kubernetes: &Kubernetes, store: &Endpoint) -> (bool, String) {
    output_of(&[command], kubernetes, store).await
}

#[tokio::test(flavor = "multi_thread")]
async fn drift_of_the_mesh_is_reported_and_resync_repairs_it() {
    let (kubernetes, store) = (cluster(), endpoint().await);
    kubernetes.apply(broker("default"));
    let (is_unchanged, printed) = run("drift", &kubernetes, &store).await;
    assert!(!is_unchanged && printed.contains("missing  broker.eventing.knative.dev"), "{printed}");
    let (is_well, printed) = run("resync", &kubernetes, &store).await;
    assert!(is_well && printed.contains("2 bucket objects written or deleted"), "{printed}");
    let (is_unchanged, printed) = run("drift", &kubernetes, &store).await;
    assert!(is_unchanged, "{printed}");
    kubernetes.delete(&broker("default"));
    let (is_unchanged, printed) = run("drift", &kubernetes, &store).await;
    let [deleted, bare] = ["its object is deleted", "its object has no entity any more"];
    assert!(!is_unchanged && printed.contains(deleted) && printed.contains(bare), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn third_party_sources_are_printed_with_their_mark() {
    let (kubernetes, store) = (cluster(), endpoint().await);
    install_source(&kubernetes, "sources.example.org");
    let (is_well, printed) = run("sources", &kubernetes, &store).await;
    assert!(is_well && printed.contains("kind: FooSource") && printed.contains("callboard: mesh"), "{printed}");
    assert!(!printed.contains("kind: PingSource"), "{printed}");
}
