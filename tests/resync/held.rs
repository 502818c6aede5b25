//! Too much is not deleted unasked.

use super::*;

async fn many(apps: usize) -> World {
    let world = World::new().await;
    for n in 0..apps {
        world.app(&format!("app-{n:02}"), "v1");
    }
    world.resynced().await;
    world.posted(events::DRIFTED);
    world
}

fn delete(world: &World, apps: std::ops::Range<usize>) {
    for n in apps {
        world.kubernetes.delete(&app(&format!("app-{n:02}"), "v1"));
    }
}

/// What a reply says of an id: not the part that approves.
fn name(id: &Value) -> &str {
    id.as_str().unwrap().rsplit_once('-').unwrap().0
}

fn approve(id: &Value) -> Event {
    event(events::APPROVED, "/me", &format!("approve {id}"), json!({"id": id}))
}

#[tokio::test]
async fn a_mass_deletion_waits_for_its_approval() {
    let world = many(30).await;
    delete(&world, 0..11);
    let data = world.resynced().await;
    let held = world.posted(events::HELD).remove(0);
    assert_eq!(
        (&held["deletions"], &held["of"], &held["kind"]),
        (&json!(11), &json!(30), &json!("app.workshop.kratix.io"))
    );
    assert_eq!((&data["held"], world.apps().len()), (&json!([name(&held["id"])]), 30));
    // It is reported once.
    world.posted(events::DRIFTED);
    world.is_unchanged().await;
    assert_eq!((world.posted(events::HELD), world.posted(events::DRIFTED)), (vec![], vec![]));
    assert_eq!(world.handle(approve(&json!("ffffffffffffffff"))).await, Ok(Reply::Nothing(Nothing::Lapsed)));
    let data = replied(world.handle(approve(&held["id"])).await);
    assert_eq!((data["changes"].as_array().unwrap().len(), world.apps().len()), (11, 19));
    world.is_unchanged().await;
    world.is_as_rebuilt().await;
    assert!(!world.store.objects().keys().any(|key| key.contains("/held/")));
}

#[tokio::test]
async fn ten_may_be_deleted_and_so_may_a_fifth() {
    let world = many(12).await;
    delete(&world, 0..10);
    world.resynced().await;
    assert_eq!(world.apps().len(), 2);
    let world = many(55).await;
    delete(&world, 0..11);
    world.resynced().await;
    assert_eq!(world.apps().len(), 44);
}

#[tokio::test]
async fn an_approval_deletes_exactly_those() {
    let world = many(40).await;
    delete(&world, 0..11);
    world.resynced().await;
    let held = world.posted(events::HELD).remove(0);
    delete(&world, 11..30);
    let data = replied(world.handle(approve(&held["id"])).await);
    assert_eq!((data["changes"].as_array().unwrap().len(), world.apps().len()), (11, 29));
    let next = world.posted(events::HELD).remove(0);
    assert_eq!(next["deletions"], 19);
    assert_ne!(next["id"], held["id"]);
}

#[tokio::test]
async fn what_is_held_lapses_when_the_objects_are_back() {
    let world = many(30).await;
    delete(&world, 0..11);
    world.resynced().await;
    let held = world.posted(events::HELD).remove(0);
    for n in 0..11 {
        world.app(&format!("app-{n:02}"), "v1");
    }
    world.resync().await.unwrap();
    assert_eq!(world.handle(approve(&held["id"])).await, Ok(Reply::Nothing(Nothing::Lapsed)));
    world.is_as_rebuilt().await;
}

#[tokio::test]
async fn what_is_held_of_one_kind_holds_no_other() {
    let world = many(30).await;
    world.kubernetes.install(promise("one", definition("example.org", ("One", "ones"), &["v1"], "Cluster")));
    let one = json!({"apiVersion": "example.org/v1", "kind": "One", "metadata": {"name": "x"}});
    world.kubernetes.apply(one.clone());
    world.resynced().await;
    delete(&world, 0..11);
    world.kubernetes.delete(&one);
    let data = world.resynced().await;
    assert_eq!((data["held"].as_array().unwrap().len(), data["changes"].as_array().unwrap().len()), (1, 1));
}

#[tokio::test]
async fn unmanaged_files_are_not_held() {
    let world = many(1).await;
    for n in 0..12 {
        let key = format!("entities/main/{GROUP}/app/default/foreign-{n}.yaml");
        let body = bucket::Body {
            bytes: b"kind: Group\n".to_vec(),
            content_type: "application/yaml",
            metadata: BTreeMap::new(),
        };
        world.store.write(&key, body, bucket::Condition::Always);
    }
    let data = world.resynced().await;
    assert_eq!((&data["held"], &data["drift"]), (&json!([]), &json!({"unmanaged": 12})));
}

#[tokio::test]
async fn a_kind_that_is_deleted_is_held_as_well() {
    let world = many(11).await;
    world.kubernetes.delete(&definition(GROUP, ("App", "apps"), &["v1"], "Namespaced"));
    world.resynced().await;
    assert_eq!(world.apps().len(), 11);
    let held = world.posted(events::HELD).remove(0);
    world.handle(approve(&held["id"])).await.unwrap();
    assert_eq!(world.apps().len(), 0);
}

#[tokio::test]
async fn a_little_of_each_kind_is_held_if_it_is_much_of_all() {
    let world = World::new().await;
    let kinds = ["One", "Two", "Six"];
    for kind in kinds {
        let plural = format!("{}s", kind.to_lowercase());
        world
            .kubernetes
            .install(promise(&kind.to_lowercase(), definition("example.org", (kind, &plural), &["v1"], "Cluster")));
        for n in 0..7 {
            world
                .kubernetes
                .apply(json!({"apiVersion": "example.org/v1", "kind": kind, "metadata": {"name": format!("x{n}")}}));
        }
    }
    world.resynced().await;
    let before = world.store.entities().len();
    for kind in kinds {
        for n in 0..4 {
            world
                .kubernetes
                .delete(&json!({"apiVersion": "example.org/v1", "kind": kind, "metadata": {"name": format!("x{n}")}}));
        }
    }
    world.resynced().await;
    let held = world.posted(events::HELD).remove(0);
    assert_eq!((&held["kind"], &held["deletions"], world.store.entities().len()), (&Value::Null, &json!(12), before));
    world.handle(approve(&held["id"])).await.unwrap();
    assert_eq!(world.store.entities().len(), before - 12);
}
