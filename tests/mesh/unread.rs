//! What of the cluster cannot be read: only what describes it stays as it is, until that is read.

use super::*;
use crate::kubernetes::Fault;

/// A process that starts next to a world that is cataloged, while these requests fail so often.
async fn restarted(world: &World, requests: &str, status: u16, times: usize) -> World {
    world.kubernetes.break_off(requests, Fault::Status(status), times);
    let next = World::over(world.kubernetes.clone(), world.store.clone());
    next.settled().await;
    next
}

#[tokio::test(start_paused = true)]
async fn no_kind_that_fails_at_a_restart_strips_the_catalog() {
    for kind in ["namespaces", "services.serving", "triggers", "eventtypes", "brokers", "customresourcedefinitions"] {
        let world = World::new().await;
        let before = world.store.entities();
        let next = restarted(&world, &format!("list {kind}"), 500, usize::MAX).await;
        assert_eq!(next.store.entities(), before, "{kind}");
    }
}

#[tokio::test]
async fn no_kind_that_is_forbidden_at_a_restart_strips_the_catalog() {
    for kind in ["namespaces", "services.serving", "triggers", "eventtypes", "brokers"] {
        let world = World::new().await;
        let before = world.store.entities();
        let next = restarted(&world, &format!("list {kind}"), 403, usize::MAX).await;
        assert_eq!(next.store.entities(), before, "{kind}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_describes_nothing_unread_is_repaired() {
    let world = World::new().await;
    world.kubernetes.delete(&event_type("refund"));
    world.kubernetes.delete(&broker("other"));
    let mut changed = broker("default");
    changed["metadata"]["annotations"] = json!({"callboard.dev/title": "The shop's"});
    world.kubernetes.apply(changed);
    let next = restarted(&world, "list services.serving", 500, usize::MAX).await;
    assert!(next.descriptor("broker/shop/default.yaml").contains("The shop's"));
    assert!(!next.names().contains(&"broker/other".to_owned()));
    assert!(next.descriptor("trigger/shop/orders.yaml").contains("component:shop/service-billing"));
}

#[tokio::test(start_paused = true)]
async fn a_subscriber_that_cannot_be_read_strips_no_trigger() {
    let world = World::new().await;
    for (trigger, name) in [("one", "aaa"), ("two", "zzz")] {
        world.kubernetes.apply(legacy(name));
        world.applied(calling(trigger, name)).await;
    }
    world.is_unchanged().await;
    let before = world.store.entities();
    let next = restarted(&world, "get deployments.apps shop/aaa", 500, usize::MAX).await;
    assert_eq!(next.store.entities(), before);
}

#[tokio::test(start_paused = true)]
async fn events_wait_a_minute_for_a_kind_that_fails_and_no_longer() {
    let world = World::new().await;
    world.kubernetes.break_off("list channels", Fault::Status(500), usize::MAX);
    let began = tokio::time::Instant::now();
    let next = World::over(world.kubernetes.clone(), world.store.clone());
    next.ready().await;
    let waited = began.elapsed();
    assert!((Duration::from_secs(60)..Duration::from_secs(120)).contains(&waited), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn retries_list_only_what_is_unread() {
    let world = World::new().await;
    world.kubernetes.break_off("list triggers", Fault::Status(500), 3);
    world.kubernetes.requests();
    let next = World::over(world.kubernetes.clone(), world.store.clone());
    next.ready().await;
    let requests = world.kubernetes.requests();
    let lists = |kind: &str| requests.iter().filter(|line| line.starts_with(&format!("list {kind}"))).count();
    assert_eq!((lists("triggers"), lists("brokers"), lists("namespaces")), (4, 1, 1), "{requests:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_read_at_last_is_repaired_without_a_resync() {
    let world = World::new().await;
    world.move_trigger();
    world.kubernetes.break_off("list triggers", Fault::Status(500), usize::MAX);
    let next = World::over(world.kubernetes.clone(), world.store.clone());
    next.ready().await;
    let before = next.descriptor("trigger/shop/orders.yaml");
    world.kubernetes.recover();
    let wanted = fresh(&world.kubernetes).await;
    eventually(|| next.store.entities() == wanted).await;
    assert_ne!(next.descriptor("trigger/shop/orders.yaml"), before);
}

#[tokio::test(start_paused = true)]
async fn kinds_whose_lists_hang_do_not_hold_up_a_resync() {
    let world = World::new().await;
    world.kubernetes.apply(service("new"));
    for kind in [
        "brokers",
        "channels",
        "eventtransforms",
        "eventtypes",
        "inmemorychannels",
        "integrationsinks",
        "jobsinks",
        "parallels",
        "pingsources",
        "requestreplies",
        "sequences",
        "subscriptions",
        "triggers",
    ] {
        world.kubernetes.break_off(&format!("list {kind}"), Fault::Slow(Duration::from_secs(3600)), usize::MAX);
    }
    let resynced = tokio::time::timeout(Duration::from_secs(15), world.resync()).await;
    assert_eq!(keys(resynced.expect("it ends before its own timeout")), ["service/new"]);
}
