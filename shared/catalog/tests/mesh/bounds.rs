//! What others write does not make entities huge.

use catalog::{Mesh, mesh::Id};
use events::Object;
use serde_json::json;

#[test]
fn an_event_type_with_texts_of_a_mebibyte_makes_a_small_entity_that_says_what_was_cut() {
    let long = "x".repeat(1 << 20);
    let mut settings = crate::random::settings();
    settings.event_types = catalog::EventTypes::AsyncApi;
    let mut mesh = Mesh::new(settings);
    let event_type = Object::try_from(json!({
        "apiVersion": "eventing.knative.dev/v1beta2",
        "kind": "EventType",
        "metadata": {"name": "large", "namespace": "shop"},
        "spec": {"type": long, "source": long, "schema": long, "description": long},
    }));
    let source = Object::try_from(json!({
        "apiVersion": "sources.knative.dev/v1",
        "kind": "PingSource",
        "metadata": {"name": "large", "namespace": "shop"},
        "spec": {"sink": {"ref": {"apiVersion": "v1", "kind": "Service", "name": "worker"}}},
        "status": {"ceAttributes": [{"type": long, "source": long}]},
    }));
    for (object, noted) in [(event_type.unwrap(), "spec.type: "), (source.unwrap(), "status.ceAttributes: ")] {
        mesh.apply(&object);
        let descriptor = mesh.render(&Id::of(object.reference())).described.descriptor.unwrap();
        let size = descriptor.body().len();
        assert!(size < 96 << 10, "{} makes {size} bytes", object.reference());
        let note = format!("{noted}is 1048576 bytes long, and is cut to 4096");
        assert!(descriptor.body().contains(&note), "{note}");
    }
    let provided = "api:shop/large";
    let source = mesh.ids().find(|id| id.kind() == "PingSource").unwrap().clone();
    assert!(mesh.render(&source).described.descriptor.unwrap().body().contains(provided));
}
