//! Lists of objects that take much memory.

use crate::{
    GROUP, Place, app, dense,
    kubernetes::{Kubernetes, definition, promise},
    watch::withstood,
};
use serde_json::json;

/// A cluster with the Promise `app`, whose requests `resync` compares.
pub(crate) fn cluster() -> Kubernetes {
    let kubernetes = Kubernetes::new();
    kubernetes.install(promise("app", definition(GROUP, ("App", "apps"), &["v1"], "Namespaced")));
    let extensions = json!({"extensions": {"callboard": "apps"}});
    let resources = json!([{"apiVersion": format!("{GROUP}/v1"), "kind": "App"}]);
    kubernetes.apply(json!({
        "apiVersion": "sources.knative.dev/v1",
        "kind": "ApiServerSource",
        "metadata": {"name": "ours", "namespace": "callboard"},
        "spec": {"resources": resources, "ceOverrides": extensions},
    }));
    kubernetes
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kind_of_200_dense_objects_is_compared() {
    let kubernetes = cluster();
    kubernetes.fill(&dense(60 << 10));
    for n in 0..200 {
        kubernetes.apply(app(&format!("a{n:03}"), &json!({"filler": Kubernetes::FILLER})));
    }
    let place = Place::new("resync", Some(&kubernetes)).await;
    let mut rounds = 0;
    while place.count("app") < 200 {
        rounds += 1;
        assert!(rounds < 10, "{rounds} rounds are not enough");
        withstood(&place.served, "a list of 200 objects of 60 dense kB", || {
            let answer = place.resync();
            assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        });
    }
}
