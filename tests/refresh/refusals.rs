//! What Backstage refuses is told in its own words, once.

use super::*;

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
        tokio::time::sleep(SOON[2] * 4).await;
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
    let world = World::new().await;
    let target = world.location("todo").target;
    assert_eq!(world.refused_when(|| world.took("todo", &target)).await, [Value::Null; 0]);
}

#[tokio::test]
async fn a_kind_that_is_not_allowed_is_named_with_the_line_to_add_and_told_once() {
    let world = World::new().await;
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
    let again = World::over(world.store.clone(), world.backstage.clone()).await;
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
async fn a_fault_that_passes_is_no_refusal() {
    let world = World::new().await;
    let location = world.location("todo");
    let event = world.app("todo", 1).await;
    world.told(&event).await;
    world.took("todo", &location.target);
    world.backstage.finds_fault(&location.reference, "of the bytes before");
    tokio::time::sleep(SOON[0] + (SOON[1] - SOON[0]) / 2).await;
    world.backstage.knows(&location);
    assert_eq!(world.refused().await, [Value::Null; 0]);
}

#[tokio::test]
async fn an_entity_that_comes_from_elsewhere_keeps_its_name_and_that_is_told() {
    let world = World::new().await;
    let other = "http://elsewhere.example/catalog-info.yaml";
    let refused = world.refused_when(|| world.took("todo", other)).await;
    let one = &refused[0]["refused"][0];
    assert!(one["reason"].as_str().unwrap().contains(other), "{one}");
}

#[tokio::test]
async fn an_entity_that_is_absent_is_told_in_the_words_of_the_module_unprocessed_where_that_is_installed() {
    for (pending, words) in [(None, "does not say why"), (Some("/metadata must be string"), "/metadata must be string")]
    {
        let world = World::new().await;
        let target = world.location("todo").target;
        let refused = world.refused_when(|| {
            if let Some(words) = pending {
                let entity = json!({"kind": "Component", "metadata": {"name": "app-todo", "annotations": {"backstage.io/managed-by-location": format!("url:{target}")}}});
                let error = json!({"name": "InputError", "message": words});
                let pending = json!({"entity_id": "1", "entity_ref": "component:default/app-todo", "unprocessed_entity": entity, "errors": [error]});
                world.backstage.has_pending(vec![pending]);
            }
        });
        let refused = refused.await;
        let one = &refused[0]["refused"][0];
        assert!(one["reason"].as_str().unwrap().contains(words), "{one}");
        assert_eq!(one["ref"], "component:default/app-todo");
    }
}

#[tokio::test]
async fn an_object_that_the_provider_does_not_list_is_told() {
    let world = World::new().await;
    world.backstage.lists(Vec::new);
    let event = world.app("todo", 1).await;
    world.told(&event).await;
    let refused = world.refused().await;
    let one = &refused[0]["refused"][0];
    assert!(one["reason"].as_str().unwrap().contains(&world.location("todo").target), "{one}");
    assert!(one["advice"].as_str().unwrap().contains("CALLBOARD_BACKSTAGE_BUCKET_URL"), "{one}");
}

#[tokio::test]
async fn what_a_tick_finds_is_looked_at_too() {
    let world = World::new().await;
    world.app("todo", 1).await;
    assert_eq!(world.tick().await.status, 204);
    let refused = world.refused().await;
    assert_eq!(refused[0]["refused"][0]["ref"], "component:default/app-todo");
}

#[tokio::test]
async fn an_object_that_is_gone_is_not_looked_at() {
    let world = World::new().await;
    let (event, gone) = (world.app("todo", 1).await, world.deleted("todo", 2).await);
    world.told(&event).await;
    world.told(&gone).await;
    world.backstage.calls();
    assert_eq!(world.refused().await, [Value::Null; 0]);
    assert_eq!(world.calls(&["by-refs"]), [""; 0]);
}
