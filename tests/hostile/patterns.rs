//! Patterns of a Promise's API which a compiler of regular expressions would unroll.

use crate::{
    GROUP, Place,
    kubernetes::{definition, promise},
    watch::withstood,
};

#[tokio::test(flavor = "multi_thread")]
async fn nested_repetitions_are_not_compiled() {
    let place = Place::new("promises", None).await;
    for levels in [18, 24, 200] {
        let pattern = format!("{}a{}", "(?:".repeat(levels), ")+".repeat(levels));
        let mut api = definition(GROUP, ("App", "apps"), &["v1"], "Namespaced");
        let image = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/image";
        api.pointer_mut(image).unwrap()["pattern"] = pattern.into();
        let mut promise = promise(&format!("app{levels}"), api);
        promise["metadata"]["uid"] = format!("u{levels}").into();
        promise["metadata"]["resourceVersion"] = "1".into();
        withstood(&place.served, &format!("a pattern of {levels} nested repetitions"), || {
            let answer = place.add(&promise.to_string());
            assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        });
    }
    assert_eq!(place.count("promise"), 3);
}
