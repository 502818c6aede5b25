//! What a comparison learned and did not write is owed, and what fails keeps nothing else from being written.

use super::*;
use crate::kubernetes::Fault;

#[tokio::test]
async fn an_event_writes_what_a_tick_learned_and_could_not_write() {
    let world = World::new().await;
    let object = world.kubernetes.apply(trigger("orders", "default", "refund", "billing"));
    world.store.break_off("put entities/main/", usize::MAX);
    world.tick().await.unwrap();
    world.store.recover();
    world.handle(resource("update", &object)).await.unwrap();
    assert_eq!(world.store.entities(), fresh(&world.kubernetes).await);
}

#[tokio::test]
async fn an_event_writes_what_a_start_could_not_write() {
    let world = World::new().await;
    let object = world.kubernetes.apply(trigger("orders", "default", "refund", "billing"));
    world.store.break_off("put entities/main/", usize::MAX);
    // A comparison that ends leaves this.
    let told = "state/entities/main/mesh.json";
    assert_ne!(world.store.remove(told, bucket::Condition::Always), bucket::Conditional::Lost);
    let next = World::beside(world.kubernetes.clone(), world.store.clone());
    eventually(|| world.store.objects().contains_key(told)).await;
    world.store.recover();
    next.handle(resource("update", &object)).await.unwrap();
    assert_eq!(next.store.entities(), fresh(&world.kubernetes).await);
}

#[tokio::test]
async fn an_event_writes_what_a_tick_learned_that_was_cut_off() {
    let world = World::new().await;
    let object = world.kubernetes.apply(trigger("orders", "default", "refund", "billing"));
    world.kubernetes.break_off("list services.serving.knative.dev", Fault::Slow(Duration::from_secs(60)), 1);
    let ticked = tokio::time::timeout(Duration::from_millis(300), world.tick()).await;
    assert!(ticked.is_err(), "it was not cut off");
    world.kubernetes.recover();
    world.handle(resource("update", &object)).await.unwrap();
    assert_eq!(world.store.entities(), fresh(&world.kubernetes).await);
}

#[tokio::test]
async fn what_fails_keeps_nothing_else_from_being_written_and_removed() {
    let world = World::new().await;
    for n in 0..120 {
        world.kubernetes.apply(trigger(&format!("bad-{n:03}"), "other", "order", "audit"));
    }
    world.kubernetes.apply(service("new"));
    world.kubernetes.delete(&service("audit"));
    world.store.break_off("put entities/main/eventing.knative.dev/trigger/shop/bad-", usize::MAX);
    world.tick().await.unwrap();
    let names = world.names();
    assert!(names.contains(&"service/new".to_owned()) && !names.contains(&"service/audit".to_owned()), "{names:?}");
    // Now nothing at all goes well.
    assert!(matches!(world.tick().await, Err(Nack::Retry(_))));
    world.store.recover();
    world.settled().await;
    assert_eq!(world.store.entities(), fresh(&world.kubernetes).await);
}
