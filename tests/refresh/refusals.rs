//! What Backstage refuses is told in its own words, once.

use super::*;
use std::sync::atomic::Ordering::Relaxed;

const REFUSED: &str = "dev.callboard.entity.refused";
const RULES: &str =
    "NotAllowedError: Entity component:default/app-todo at url:x, is not of an allowed kind for that location";

impl World {
    /// Backstage took the App's Component, from there.
    fn took(&self, name: &str, target: &str) {
        let entity = json!({"kind": "Component", "metadata": {"name": format!("app-{name}"), "namespace": "default", "annotations": {}}});
        self.backstage.took(entity, target);
    }

    /// What was told of refusals, when all looks are over.
    async fn refused(&self) -> Vec<Value> {
        tokio::time::sleep(SOON * 12).await;
        let mut posted = self.posted.lock().unwrap();
        posted.drain(..).filter(|(ty, _)| ty == REFUSED).map(|(_, data)| data).collect()
    }

    /// What is told of the App `todo` when Backstage is so, after it was told of it.
    async fn refused_when(&self, is: impl FnOnce()) -> Vec<Value> {
        let event = self.app("todo", 1).await;
        self.told(&event).await;
        is();
        self.refused().await
    }
}

#[tokio::test]
async fn what_is_taken_is_no_refusal() {
    let world = World::looking_after(SOON).await;
    let target = world.location("todo").target;
    assert_eq!(world.refused_when(|| world.took("todo", &target)).await, [Value::Null; 0]);
}

#[tokio::test]
async fn a_kind_that_is_not_allowed_is_named_with_the_line_to_add_and_told_once() {
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
    // Neither a tick nor the same event nor another process tells it again.
    world.tick().await;
    assert_eq!(world.refused().await, [Value::Null; 0]);
    let again = world.again().await;
    again.backstage.lists({
        let location = location.clone();
        move || vec![location.clone()]
    });
    let news = json!({"changes": [{"key": key("todo"), "entities": [{"ref": "component:default/app-todo", "action": "updated"}]}]});
    again.backstage.knows(&location);
    again.backstage.finds_fault(&location.reference, RULES);
    again.told(&event("dev.callboard.app.cataloged", news)).await;
    assert_eq!(again.refused().await, [Value::Null; 0]);
    // Other bytes are another change.
    let changed = again.app("todo", 2).await;
    again.told(&changed).await;
    assert_eq!(again.refused().await.len(), 1);
}

fn schema() -> Value {
    serde_json::from_str(include_str!("../../deploy/schemas/dev.callboard.entity.refused.json")).unwrap()
}

#[tokio::test]
async fn a_fault_that_passes_is_no_refusal_and_is_read_anew() {
    let world = World::looking_after(SOON).await;
    let location = world.location("todo");
    let event = world.app("todo", 1).await;
    world.told(&event).await;
    world.took("todo", &location.target);
    world.backstage.finds_fault(&location.reference, "of the bytes before");
    world.telling();
    tokio::time::sleep(SOON + SOON / 2).await;
    assert_eq!(world.telling(), [world.read("todo")]);
    world.backstage.knows(&location);
    assert_eq!(world.refused().await, [Value::Null; 0]);
}

#[tokio::test]
async fn an_entity_that_comes_from_elsewhere_keeps_its_name_and_that_is_told() {
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
async fn an_entity_that_was_never_accepted_is_told_in_the_words_of_the_module_unprocessed() {
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
async fn what_backstage_has_not_come_to_is_no_refusal() {
    let world = World::looking_after(SOON).await;
    let mut events = Vec::new();
    for number in 0..150 {
        events.push(world.app(&format!("todo-{number}"), 1).await);
    }
    futures::future::join_all(events.iter().map(|event| world.told(event))).await;
    world.telling();
    tokio::time::sleep(SOON * 3).await;
    assert_eq!(world.calls(&["trigger"]), [""; 0], "a backlog is not listed again");
    for number in 0..150 {
        let name = format!("todo-{number}");
        let target = world.location(&name).target;
        world.took(&name, &target);
    }
    assert_eq!(world.refused().await, [Value::Null; 0]);
}

#[tokio::test]
async fn what_is_lacking_to_the_end_is_told_without_a_reason() {
    let world = World::looking_after(SOON).await;
    let refused = world.refused_when(|| world.backstage.has_pending(vec![pending("x", &json!(""))])).await;
    let one = &refused[0]["refused"][0];
    assert!(one["reason"].as_str().unwrap().contains("does not say why"), "{one}");
    assert_eq!(one["ref"], "component:default/app-todo");
}

#[tokio::test]
async fn an_object_that_the_provider_does_not_list_is_told() {
    let world = World::looking_after(SOON).await;
    world.backstage.lists(Vec::new);
    let event = world.app("todo", 1).await;
    world.told(&event).await;
    world.telling();
    let refused = world.refused().await;
    assert!(world.telling().contains(&trigger()), "the provider is not asked once more");
    let one = &refused[0]["refused"][0];
    assert!(one["reason"].as_str().unwrap().contains(&world.location("todo").target), "{one}");
    assert!(one["advice"].as_str().unwrap().contains("CALLBOARD_BACKSTAGE_BUCKET_URL"), "{one}");
}

#[tokio::test]
async fn what_a_tick_finds_is_looked_at_too() {
    let world = World::looking_after(SOON).await;
    world.app("todo", 1).await;
    let location = world.location("todo");
    assert_eq!(world.tick().await.status, 204);
    world.backstage.finds_fault(&location.reference, RULES);
    let refused = world.refused().await;
    assert_eq!(refused[0]["refused"][0]["ref"], "component:default/app-todo");
}

#[tokio::test]
async fn a_sink_that_took_nothing_is_told_by_the_next_tick() {
    let world = World::looking_after(SOON).await;
    let location = world.location("todo");
    world.down.store(true, Relaxed);
    let refused = world.refused_when(|| world.backstage.finds_fault(&location.reference, RULES)).await;
    assert_eq!(refused, [Value::Null; 0]);
    world.down.store(false, Relaxed);
    world.backstage.lists(move || vec![location.clone()]);
    world.tick().await;
    world.backstage.finds_fault(&world.location("todo").reference, RULES);
    assert_eq!(world.refused().await.len(), 1);
}

#[tokio::test]
async fn one_that_backstage_cannot_be_asked_about_keeps_no_other_from_being_told() {
    let world = World::looking_after(SOON).await;
    let (bad, good) = (world.location("bad"), world.location("good"));
    for name in ["bad", "good"] {
        let event = world.app(name, 1).await;
        world.told(&event).await;
    }
    world.backstage.break_off(&format!("validate {}", bad.target), Wrong::Status(500), usize::MAX);
    for location in [&bad, &good] {
        world.backstage.finds_fault(&location.reference, RULES);
    }
    let refused = world.refused().await;
    let mut keys: Vec<_> = refused.iter().map(|it| it["key"].as_str().unwrap()).collect();
    keys.sort_unstable();
    assert_eq!(keys, [key("bad"), key("good")]);
}

#[tokio::test]
async fn a_refusal_of_bytes_that_are_gone_is_not_told() {
    let world = World::looking_after(SOON).await;
    let location = world.location("todo");
    let event = world.app("todo", 1).await;
    world.told(&event).await;
    world.backstage.finds_fault(&location.reference, RULES);
    // Of the deletion nobody tells.
    world.deleted("todo", 2).await;
    assert_eq!(world.refused().await, [Value::Null; 0]);
}

#[tokio::test]
async fn an_object_that_is_gone_is_not_looked_at() {
    let world = World::looking_after(SOON).await;
    let (event, gone) = (world.app("todo", 1).await, world.deleted("todo", 2).await);
    world.told(&event).await;
    world.told(&gone).await;
    world.backstage.calls();
    assert_eq!(world.refused().await, [Value::Null; 0]);
    assert_eq!(world.calls(&["by-refs"]), [""; 0]);
}
