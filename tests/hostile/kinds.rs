//! Kinds for which the API server does not answer.

use crate::{
    Place, app,
    kubernetes::{Fault, definition, promise},
    pages::cluster,
    watch::withstood,
};
use serde_json::json;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn three_kinds_that_hang_leave_time_for_all_others() {
    let kubernetes = cluster();
    for kind in ["One", "Two", "Six"] {
        let (name, plural) = (kind.to_lowercase(), format!("{}s", kind.to_lowercase()));
        kubernetes.install(promise(&name, definition("example.org", (kind, &plural), &["v1"], "Cluster")));
        let hangs = Fault::Slow(Duration::from_secs(3600));
        kubernetes.break_off(&format!("list {plural}.example.org"), hangs, usize::MAX);
    }
    for n in 0..50 {
        kubernetes.apply(app(&format!("a{n:02}"), &json!({})));
    }
    let place = Place::new("resync", Some(&kubernetes)).await;
    for what in ["the first resync while three kinds hang", "the next one"] {
        withstood(&place.served, what, || {
            let answer = place.resync();
            assert!(answer.starts_with("HTTP/1.1 20"), "{answer}");
        });
        assert_eq!(place.count("app"), 50);
    }
}
