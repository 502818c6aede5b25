//! The work on one object, which fails alone.

use events::ObjectRef;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What is said of a panic. Its own words may hold a part of the object, so that only the log has them.
pub(crate) const BUG: &str =
    "Callboard failed on this object, which is a bug. Report it with the line of the log that has the word panicked";

/// What the work on an object gives; `None` if it panics.
pub(crate) fn alone<T>(object: &ObjectRef, work: impl FnOnce() -> T) -> Option<T> {
    ended(|| {
        fail_in_tests(object);
        work()
    })
}

/// What work gives; `None` if it panics. What it would leave half done must not be used afterwards.
pub(crate) fn ended<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}

#[cfg(not(test))]
fn fail_in_tests(_: &ObjectRef) {}

/// The tests of this crate need an object on which the work fails.
#[cfg(test)]
fn fail_in_tests(object: &ObjectRef) {
    assert!(object.name() != tests::FAILS, "the work on this object fails");
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::{Described, Mesh, Settings, kratix, mesh::Id};
    use events::Object;
    use serde_json::{Value, json};

    /// The name of an object on which the work fails.
    pub(crate) const FAILS: &str = "fails-in-tests";

    fn settings() -> Settings {
        let owner = crate::EntityRef::parse("group:default/platform", "", "").unwrap();
        Settings::new(crate::Layout::new("entities", "main").unwrap(), owner)
    }

    #[expect(clippy::needless_pass_by_value, reason = "callers make it on the spot")]
    fn object(api_version: &str, kind: &str, name: &str, spec: Value) -> Object {
        let metadata = json!({"name": name, "namespace": "shop", "uid": "1", "resourceVersion": "7"});
        Object::try_from(json!({"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec})).unwrap()
    }

    fn event_type(name: &str) -> Object {
        let spec = json!({"type": name, "reference": {"apiVersion": "eventing.knative.dev/v1", "kind": "Broker", "name": "b"}});
        object("eventing.knative.dev/v1beta2", "EventType", name, spec)
    }

    fn failed(described: &Described, entity: &str) {
        assert_eq!(described.failure(), Some(BUG));
        assert_eq!((described.omitted[0].entity.as_str(), described.omitted.len()), (entity, 1));
        assert!(!described.omitted[0].reason.contains("the work"), "{described:?}");
    }

    #[test]
    fn a_panic_is_a_note_of_its_object() {
        let settings = settings();
        let request = kratix::request::describe(&object("x.org/v1", "App", FAILS, json!({})), None, &settings);
        failed(&request, "component:shop/app-fails-in-tests");
        let promise = object("platform.kratix.io/v1alpha1", "Promise", FAILS, json!({}));
        failed(&kratix::promise::describe(&promise, &settings), "component:default/fails-in-tests");
        let other = kratix::request::describe(&object("x.org/v1", "App", "todo", json!({})), None, &settings);
        assert_eq!((other.failure(), other.descriptor.is_some()), (None, true));
    }

    #[test]
    fn a_panic_in_the_mesh_leaves_all_others_as_they_are() {
        let mut mesh = Mesh::new(settings());
        let broker = object("eventing.knative.dev/v1", "Broker", "b", json!({}));
        let trigger = object(
            "eventing.knative.dev/v1",
            "Trigger",
            "t",
            json!({"broker": "b", "subscriber": {"uri": "http://x"}}),
        );
        let all = [broker, trigger, event_type("good")];
        all.iter().for_each(|object| drop(mesh.apply(object)));
        let ids: Vec<_> = all.iter().map(|object| Id::of(object.reference())).collect();
        let before: Vec<_> = ids.iter().map(|id| mesh.render(id)).collect();
        let bad = event_type(FAILS);
        let affected = mesh.apply(&bad);
        let id = Id::of(bad.reference());
        assert!(affected.contains(&id), "it is to be reported: {affected:?}");
        failed(&mesh.render(&id).described, "api:shop/fails-in-tests");
        assert_eq!(ids.iter().map(|id| mesh.render(id)).collect::<Vec<_>>(), before);
        mesh.delete(bad.reference(), &Object::version(&bad));
        assert_eq!(ids.iter().map(|id| mesh.render(id)).collect::<Vec<_>>(), before);
    }
}
