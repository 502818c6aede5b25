//! What Backstage refuses is reported in its own words, once.

use super::*;
use std::{sync::atomic::Ordering::Relaxed, time::Instant};

const REFUSED: &str = "dev.callboard.entity.refused";
const RULES: &str =
    "NotAllowedError: Entity component:default/app-todo at url:x, is not of an allowed kind for that location";

impl World {
    /// Backstage took the App's Component, from there.
    fn took(&self, name: &str, target: &str) {
        let entity = json!({"kind": "Component", "metadata": {"name": format!("app-{name}"), "namespace": "default", "annotations": {}}});
        self.backstage.took(entity, target);
    }

    /// The refusals that were reported, as soon as there is one of each of so many objects.
    async fn refused(&self, objects: usize) -> Vec<Value> {
        let deadline = Instant::now() + Duration::from_secs(20);
        while self.posted.lock().unwrap().iter().filter(|(ty, _)| ty == REFUSED).count() < objects {
            assert!(Instant::now() < deadline, "{objects} refusals are not reported");
            tokio::time::sleep(SOON).await;
        }
        let mut posted = self.posted.lock().unwrap();
        posted.drain(..).filter(|(ty, _)| ty == REFUSED).map(|(_, data)| data).collect()
    }

    /// No refusal is reported until all looks are over.
    async fn is_not_refused(&self) {
        tokio::time::sleep(SOON * 12).await;
        assert_eq!(*self.posted.lock().unwrap(), []);
    }

    /// The App `todo` is shown, then Backstage is so.
    async fn shown_when(&self, is: impl FnOnce()) {
        let event = self.app("todo", 1).await;
        self.show(&event).await;
        is();
    }

    /// What is reported of it then.
    async fn refused_when(&self, is: impl FnOnce()) -> Vec<Value> {
        self.shown_when(is).await;
        self.refused(1).await
    }
}

#[tokio::test]
async fn what_is_taken_is_not_a_refusal() {
    let world = World::looking_after(SOON).await;
    let target = world.location("todo").target;
    world.shown_when(|| world.took("todo", &target)).await;
    world.is_not_refused().await;
}

#[tokio::test]
async fn a_kind_that_is_not_allowed_is_named_with_the_line_to_add_and_reported_once() {
    let world = World::looking_after(SOON).await;
    let location = world.location("todo");
    let refused = world.refused_when(|| world.backstage.finds_fault(&location.reference, RULES)).await;
    assert_eq!(refused.len(), 1, "{refused:?}");
    assert_eq!((&refused[0]["key"], &refused[0]["location"]), (&json!(key("todo")), &json!(location.reference)));
    let one = &refused[0]["refused"][0];
    assert_eq!(one["ref"], "component:default/app-todo");
    assert!(one["reason"].as_str().unwrap().contains("is not of an allowed kind"), "{one}");
    assert!(one["advice"].as_str().unwrap().contains("allow: [Component]"), "{one}");
    let valid = jsonschema::validator_for(&schema()).unwrap();
    assert!(valid.is_valid(&refused[0]), "{refused:?}");
    // Neither a resync nor the same event nor another process reports it again.
    world.resync().await;
    world.is_not_refused().await;
    let again = world.again().await;
    again.backstage.lists({
        let location = location.clone();
        move || vec![location.clone()]
    });
    let news = json!({"changes": [{"key": key("todo"), "entities": [{"ref": "component:default/app-todo", "action": "updated"}]}]});
    again.backstage.knows(&location);
    again.backstage.finds_fault(&location.reference, RULES);
    again.show(&event("dev.callboard.app.cataloged", news)).await;
    again.is_not_refused().await;
    // Other bytes are another change.
    let changed = again.app("todo", 2).await;
    again.show(&changed).await;
    assert_eq!(again.refused(1).await.len(), 1);
}

fn schema() -> Value {
    serde_json::from_str(include_str!("../../deploy/schemas/dev.callboard.entity.refused.json")).unwrap()
}

#[tokio::test]
async fn a_temporary_fault_is_not_a_refusal_and_is_read_again() {
    let world = World::looking_after(SOON).await;
    let location = world.location("todo");
    let event = world.app("todo", 1).await;
    world.show(&event).await;
    world.took("todo", &location.target);
    world.backstage.finds_fault(&location.reference, "of the bytes before");
    world.shown();
    let deadline = Instant::now() + Duration::from_secs(20);
    let shown = loop {
        let shown = world.shown();
        if !shown.is_empty() || Instant::now() > deadline {
            break shown;
        }
        tokio::time::sleep(SOON / 10).await;
    };
    assert_eq!(shown, [world.read("todo")]);
    world.backstage.knows(&location);
    world.is_not_refused().await;
}

#[tokio::test]
async fn an_entity_that_comes_from_elsewhere_keeps_its_name_and_that_is_reported() {
    let world = World::looking_after(SOON).await;
    let other = "http://elsewhere.example/catalog-info.yaml";
    let refused = world.refused_when(|| world.took("todo", other)).await;
    let one = &refused[0]["refused"][0];
    assert!(one["reason"].as_str().unwrap().contains(other), "{one}");
}

/// As the module `unprocessed` shows one.
fn pending(target: &str, errors: &Value) -> Value {
    let by = json!({"backstage.io/managed-by-location": format!("url:{target}")});
    let entity = json!({"kind": "Component", "metadata": {"name": "app-todo", "annotations": by}});
    json!({"entity_id": null, "entity_ref": null, "unprocessed_entity": entity, "errors": errors})
}

#[tokio::test]
async fn an_entity_that_was_never_accepted_is_reported_in_the_words_of_the_module_unprocessed() {
    let world = World::looking_after(SOON).await;
    let target = world.location("todo").target;
    let error = json!([{"name": "InputError", "message": "/metadata must be string"}]);
    let refused = world.refused_when(|| world.backstage.has_pending(vec![pending(&target, &error)])).await;
    let one = &refused[0]["refused"][0];
    assert!(one["reason"].as_str().unwrap().contains("/metadata must be string"), "{one}");
    assert_eq!(one["ref"], "component:default/app-todo");
}

/// The first reading of an object whose kind is not allowed leaves nothing in the catalog, not even a status.
#[tokio::test]
async fn without_that_module_backstage_is_asked_what_it_has_against_the_object() {
    let world = World::looking_after(SOON).await;
    let target = world.location("todo").target;
    let refused = world.refused_when(|| world.backstage.objects(&target, &[RULES])).await;
    let one = &refused[0]["refused"][0];
    assert!(one["advice"].as_str().unwrap().contains("allow: [Component]"), "{one}");
    assert_eq!(one["ref"], "component:default/app-todo");
}

#[tokio::test]
async fn what_backstage_has_not_processed_yet_is_not_a_refusal() {
    let world = World::looking_after(SOON).await;
    let mut events = Vec::new();
    for number in 0..150 {
        events.push(world.app(&format!("todo-{number}"), 1).await);
    }
    futures::future::join_all(events.iter().map(|event| world.show(event))).await;
    world.shown();
    tokio::time::sleep(SOON * 3).await;
    assert_eq!(world.calls(&["trigger"]), [""; 0], "a backlog is not listed again");
    for number in 0..150 {
        let name = format!("todo-{number}");
        let target = world.location(&name).target;
        world.took(&name, &target);
    }
    world.is_not_refused().await;
}

#[tokio::test]
async fn what_is_still_missing_at_the_end_is_reported_without_a_reason() {
    let world = World::looking_after(SOON).await;
    let refused = world.refused_when(|| world.backstage.has_pending(vec![pending("x", &json!(""))])).await;
    let one = &refused[0]["refused"][0];
    assert!(one["reason"].as_str().unwrap().contains("does not say why"), "{one}");
    assert_eq!(one["ref"], "component:default/app-todo");
}

#[tokio::test]
async fn an_object_that_the_provider_does_not_list_is_reported() {
    let world = World::looking_after(SOON).await;
    world.backstage.lists(Vec::new);
    let event = world.app("todo", 1).await;
    world.show(&event).await;
    world.shown();
    let refused = world.refused(1).await;
    assert!(world.shown().contains(&trigger()), "the provider is not asked once more");
    let one = &refused[0]["refused"][0];
    assert!(one["reason"].as_str().unwrap().contains(&world.location("todo").target), "{one}");
    assert!(one["advice"].as_str().unwrap().contains("CALLBOARD_BACKSTAGE_BUCKET_URL"), "{one}");
}

#[tokio::test]
async fn what_a_resync_finds_is_looked_at_too() {
    let world = World::looking_after(SOON).await;
    world.app("todo", 1).await;
    let location = world.location("todo");
    assert_eq!(world.resync().await.status, 204);
    world.backstage.finds_fault(&location.reference, RULES);
    let refused = world.refused(1).await;
    assert_eq!(refused[0]["refused"][0]["ref"], "component:default/app-todo");
}

#[tokio::test]
async fn what_a_sink_did_not_take_is_reported_by_the_next_resync() {
    let world = World::looking_after(SOON).await;
    let location = world.location("todo");
    world.down.store(true, Relaxed);
    world.shown_when(|| world.backstage.finds_fault(&location.reference, RULES)).await;
    world.is_not_refused().await;
    world.down.store(false, Relaxed);
    world.backstage.lists(move || vec![location.clone()]);
    world.resync().await;
    world.backstage.finds_fault(&world.location("todo").reference, RULES);
    assert_eq!(world.refused(1).await.len(), 1);
}

#[tokio::test]
async fn one_that_backstage_cannot_be_asked_about_holds_up_no_other_report() {
    let world = World::looking_after(SOON).await;
    let (bad, good) = (world.location("bad"), world.location("good"));
    for name in ["bad", "good"] {
        let event = world.app(name, 1).await;
        world.show(&event).await;
    }
    world.backstage.break_off(&format!("validate {}", bad.target), Wrong::Status(500), usize::MAX);
    for location in [&bad, &good] {
        world.backstage.finds_fault(&location.reference, RULES);
    }
    let refused = world.refused(2).await;
    let mut keys: Vec<_> = refused.iter().map(|it| it["key"].as_str().unwrap()).collect();
    keys.sort_unstable();
    assert_eq!(keys, [key("bad"), key("good")]);
}

#[tokio::test]
async fn a_refusal_of_deleted_bytes_is_not_reported() {
    let world = World::looking_after(SOON).await;
    let location = world.location("todo");
    let event = world.app("todo", 1).await;
    world.show(&event).await;
    world.backstage.finds_fault(&location.reference, RULES);
    // No event reports the deletion.
    world.deleted("todo", 2).await;
    world.is_not_refused().await;
}

#[tokio::test]
async fn an_object_that_is_deleted_is_not_looked_at() {
    let world = World::looking_after(SOON).await;
    let (event, deletion) = (world.app("todo", 1).await, world.deleted("todo", 2).await);
    world.show(&event).await;
    world.show(&deletion).await;
    world.backstage.calls();
    world.is_not_refused().await;
    assert_eq!(world.calls(&["by-refs"]), [""; 0]);
}
