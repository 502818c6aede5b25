//! What fails, or ends in between.

use super::*;
use crate::support::Seed;

/// At this time the event came to be, before the process started that gets it again.
fn before(event: Event) -> Event {
    at(event, NOW - 1)
}

#[tokio::test]
async fn what_cannot_be_written_is_written_when_the_event_comes_again() {
    let world = World::new().await;
    let event = resource("update", &world.move_trigger());
    let broken = "put entities/main/serving.knative.dev/service/shop/billing.yaml";
    world.store.break_off(broken, usize::MAX);
    let Err(Nack::Retry(why)) = world.handle(event.clone()).await else { panic!("it is written") };
    assert!(why.starts_with("1 objects of the mesh are left to be written: failed to put "), "{why}");
    world.store.recover();
    assert_eq!(
        keys(world.handle(event).await),
        ["trigger/orders", "eventtype/order", "eventtype/refund", "service/billing"]
    );
    assert!(world.descriptor("service/shop/billing.yaml").contains("api:shop/refund"));
    world.is_unchanged().await;
}

#[tokio::test]
async fn what_one_event_could_not_write_the_next_one_does() {
    let world = World::new().await;
    let event = resource("update", &world.move_trigger());
    world.store.break_off("head entities/main/serving.knative.dev", 1);
    world.handle(event).await.unwrap_err();
    let unchanged = resource("update", &world.kubernetes.apply(broker("other")));
    assert_eq!(keys(world.handle(unchanged).await), ["service/billing"]);
}

#[tokio::test]
async fn an_event_that_is_dropped_at_any_point_is_completed_when_it_comes_again() {
    for polls in 0..40 {
        let world = World::new().await;
        let event = resource("update", &world.move_trigger());
        let ended = {
            let handled = std::pin::pin!(world.handle(event.clone()));
            crate::support::poll(handled, polls).is_some()
        };
        if ended {
            assert!(polls > 5, "it takes calls");
            return;
        }
        assert_eq!(
            keys(world.handle(event).await),
            ["trigger/orders", "eventtype/order", "eventtype/refund", "service/billing"],
            "after {polls} polls"
        );
        world.is_unchanged().await;
    }
    panic!("it never ended");
}

#[tokio::test]
async fn the_reply_of_a_process_that_ended_after_its_writes_is_sent_by_the_next_one() {
    let world = World::new().await;
    let mut titled = trigger("orders", "default", "order", "billing");
    titled["metadata"]["annotations"] = json!({"callboard.dev/title": "Orders"});
    let changed = before(resource("update", &world.kubernetes.apply(titled)));
    let (first, _) = replied(world.handle(changed.clone()).await);
    let next = World::over(world.kubernetes.clone(), world.store.clone());
    next.settled().await;
    assert_eq!(replied(next.handle(changed.clone()).await).0, first);
    // Not if something newer came in between.
    next.applied(trigger("orders", "default", "order", "billing")).await;
    assert_eq!(next.handle(changed).await, Ok(Reply::Nothing(Nothing::Late)));
}

#[tokio::test]
async fn a_deletion_is_reported_again_by_the_next_process() {
    let world = World::new().await;
    let deletion =
        before(resource("delete", &world.kubernetes.delete(&trigger("orders", "default", "order", "billing"))));
    let (first, _) = replied(world.handle(deletion.clone()).await);
    let next = World::over(world.kubernetes.clone(), world.store.clone());
    next.settled().await;
    let (again, data) = replied(next.handle(deletion).await);
    assert_eq!(
        (again.id(), &data["changes"][0]["key"]),
        (first.id(), &json!("entities/main/eventing.knative.dev/trigger/shop/orders.yaml"))
    );
}

#[tokio::test]
async fn a_redelivery_is_answered_by_the_very_same_event() {
    let world = World::new().await;
    let event = resource("update", &world.move_trigger());
    let (first, _) = replied(world.handle(event.clone()).await);
    world.store.forget_calls();
    assert_eq!(replied(world.handle(event).await).0, first);
    assert_eq!(world.store.calls(), BTreeMap::new());
}

#[tokio::test]
async fn a_store_that_fails_at_random_ends_in_the_bucket_of_a_rebuild() {
    for seed in 0..8 {
        let world = World::new().await;
        let mut choices = Seed(seed);
        for _ in 0..20 {
            let (ty, to) = (["order", "refund"][choices.below(2)], ["billing", "audit"][choices.below(2)]);
            let object = world.kubernetes.apply(trigger("orders", ["default", "other"][choices.below(2)], ty, to));
            world.store.break_off(["put", "head", "get"][choices.below(3)], choices.below(3));
            let event = resource("update", &object);
            while world.handle(event.clone()).await.is_err() {}
        }
        world.store.recover();
        assert_eq!(world.store.entities(), fresh(&world.kubernetes).await, "seed {seed}");
    }
}
