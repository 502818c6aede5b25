//! Bodies whose JSON takes much more memory than it has bytes.

use crate::{Place, app, dense, watch::withstood};
use serde_json::json;
use std::thread::scope;

#[tokio::test(flavor = "multi_thread")]
async fn eight_in_parallel_wait_for_each_other_or_are_refused() {
    let place = Place::new("apps", None).await;
    for (bytes, wanted) in [(2_000_000, "HTTP/1.1 413 "), (600_000, "HTTP/1.1 200 ")] {
        let spec = dense(bytes);
        let send = &|n: usize| {
            let app = app(&format!("a{n}"), &json!("SPEC")).to_string().replace("\"SPEC\"", &spec);
            let answer = place.add(&app);
            assert!(answer.starts_with(wanted), "{bytes} bytes: {answer}");
        };
        withstood(&place.served, &format!("8 bodies of {bytes} dense bytes"), || {
            scope(|scope| (0..8).for_each(|n| drop(scope.spawn(move || send(n)))));
        });
    }
    assert_eq!(place.count("app"), 8);
}
