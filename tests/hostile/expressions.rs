//! Filters in CESQL whose evaluation would copy or compare gigabytes.

use crate::{
    Place,
    kubernetes::{Kubernetes, of_knative},
    watch::withstood,
};
use serde_json::{Value, json};
use std::{
    thread::sleep,
    time::{Duration, Instant},
};

fn trigger(name: &str, expression: &str) -> Value {
    json!({
        "apiVersion": "eventing.knative.dev/v1",
        "kind": "Trigger",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {
            "broker": "default",
            "filters": [{"cesql": expression}],
            "subscriber": {"ref": {"apiVersion": "v1", "kind": "Service", "name": "shop"}},
        },
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_that_cost_too_much_stop_no_other() {
    let kubernetes = Kubernetes::new();
    of_knative().into_iter().for_each(|definition| drop(kubernetes.apply(definition)));
    let metadata = |name: &str| json!({"name": name, "namespace": "shop"});
    kubernetes
        .apply(json!({"apiVersion": "eventing.knative.dev/v1", "kind": "Broker", "metadata": metadata("default")}));
    let reference = json!({"apiVersion": "eventing.knative.dev/v1", "kind": "Broker", "name": "default"});
    for (name, ty) in [("large", "x".repeat(1 << 20)), ("small", "order.placed".into())] {
        let spec = json!({"type": ty, "reference": reference});
        kubernetes.apply(json!({"apiVersion": "eventing.knative.dev/v1beta2", "kind": "EventType", "metadata": metadata(name), "spec": spec}));
    }
    let joined = format!("LENGTH(CONCAT({})) > 0", vec!["type"; 3200].join(", "));
    kubernetes.apply(trigger("joins", &joined));
    kubernetes.apply(trigger("matches", &format!("type LIKE '{}'", "%x_".repeat(5_000))));
    kubernetes.apply(trigger("sane", "type = 'order.placed'"));

    let place = Place::new("mesh", Some(&kubernetes)).await;
    withstood(&place.served, "CESQL over an attribute of 1 MiB", || {
        let deadline = Instant::now() + Duration::from_secs(60);
        while place.count("trigger") < 3 {
            assert!(Instant::now() < deadline, "{} Triggers", place.count("trigger"));
            sleep(Duration::from_millis(100));
        }
    });
    assert_eq!(place.count("eventtype"), 2);
}
