//! The mesh at a terminal.

use super::*;
use crate::{binary::told, s3::endpoint};
use callboard::dev::endpoint::Endpoint;

/// How a command ends, and what it prints.
async fn run(command: &str, kubernetes: &Kubernetes, store: &Endpoint) -> (bool, String) {
    told(&[command], kubernetes, store).await
}

#[tokio::test(flavor = "multi_thread")]
async fn drift_of_the_mesh_is_reported_and_resync_repairs_it() {
    let (kubernetes, store) = (cluster(), endpoint().await);
    kubernetes.apply(broker("default"));
    let (is_true, told) = run("drift", &kubernetes, &store).await;
    assert!(!is_true && told.contains("missing  broker.eventing.knative.dev"), "{told}");
    let (is_well, told) = run("resync", &kubernetes, &store).await;
    assert!(is_well && told.contains("2 bucket objects written or deleted"), "{told}");
    let (is_true, told) = run("drift", &kubernetes, &store).await;
    assert!(is_true, "{told}");
    kubernetes.delete(&broker("default"));
    let (is_true, told) = run("drift", &kubernetes, &store).await;
    let [deleted, bare] = ["its object is deleted", "its object has no entity any more"];
    assert!(!is_true && told.contains(deleted) && told.contains(bare), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sources_of_others_are_printed_with_their_mark() {
    let (kubernetes, store) = (cluster(), endpoint().await);
    let mut labelled = definition("sources.example.org", ("FooSource", "foosources"), &["v1"], "Namespaced");
    labelled["metadata"]["labels"] = json!({"duck.knative.dev/source": "true"});
    kubernetes.apply(labelled);
    let (is_well, printed) = run("sources", &kubernetes, &store).await;
    assert!(is_well && printed.contains("kind: FooSource") && printed.contains("callboard: mesh"), "{printed}");
    assert!(!printed.contains("kind: PingSource"), "{printed}");
}
