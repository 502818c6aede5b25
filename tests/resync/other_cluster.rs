//! Another cluster than the one that filled the bucket.

use super::*;

#[tokio::test]
async fn another_cluster_writes_nothing_and_deletes_nothing_until_it_is_accepted() {
    let world = World::new().await;
    world.app("todo", "v1");
    world.resynced().await;
    let before = world.store.entities();

    let kubernetes = Kubernetes::new();
    kubernetes.rebuild(5);
    kubernetes.install(app_promise());
    kubernetes.apply(source(&[(GROUP, "App")]));
    let other = World::over(kubernetes, world.store.clone()).await;
    other.app("shop", "v1");
    let data = other.resynced().await;
    assert_eq!((&data["held"], &data["compared"]), (&json!(["rebuilt"]), &json!(0)));
    assert_eq!(other.store.entities(), before);
    let held = other.posted(events::HELD).remove(0);
    assert!(held["reason"].as_str().unwrap().contains("--accept-cluster rebuilt-5"), "{held}");
    other.is_unchanged().await;
    assert_eq!(other.posted(events::HELD), [] as [Value; 0]);

    let approved = event(events::APPROVED, "/me", "1", json!({"id": "rebuilt-5"}));
    replied(other.handle(approved).await);
    other.is_as_rebuilt().await;
    // Now the first one is the other one.
    world.resynced().await;
    assert_eq!(world.store.entities(), other.store.entities());
}
