//! Which events fail for what is not written, what the next event writes, and what is left alone because it cannot be read.

use super::*;
use crate::kubernetes::Fault;

const BILLING: &str = "put entities/main/serving.knative.dev/service/shop/billing.yaml";

#[tokio::test]
async fn one_key_that_cannot_be_written_fails_its_own_event_and_no_other() {
    let world = World::new().await;
    let event = resource("update", &world.move_trigger());
    world.store.break_off(BILLING, usize::MAX);
    for _ in 0..3 {
        assert!(matches!(world.handle(event.clone()).await, Err(Nack::Retry(_))));
        let name = format!("b{}", world.names().len());
        assert_eq!(world.applied(broker(&name)).await, [format!("broker/{name}")]);
    }
    world.store.recover();
    assert_eq!(
        keys(world.handle(event).await),
        ["trigger/orders", "eventtype/order", "eventtype/refund", "service/billing"]
    );
    world.is_unchanged().await;
}

#[tokio::test]
async fn many_keys_that_cannot_be_written_do_not_hold_up_the_others() {
    let world = World::new().await;
    world.store.break_off("put entities/main/eventing.knative.dev/trigger/shop/", 100);
    for n in 0..100 {
        let object = trigger(&format!("t{n:03}"), "other", "refund", "nobody");
        world.handle(resource("add", &world.kubernetes.apply(object))).await.unwrap_err();
    }
    for _ in 0..3 {
        world.applied(broker(&format!("b{}", world.names().len()))).await;
    }
    assert_eq!(world.names().iter().filter(|name| name.starts_with("trigger/t")).count(), 100);
}

#[tokio::test]
async fn what_a_subscriber_affects_is_written_though_the_next_one_cannot_be_read() {
    let world = World::new().await;
    let audit = json!([{"apiVersion": "serving.knative.dev/v1", "kind": "Service", "name": "audit", "uid": "u"}]);
    world.kubernetes.apply(deployment("aaa", &json!({}), &audit));
    world.kubernetes.apply(legacy("zzz"));
    let mut one = calling("one", "aaa");
    let sink = json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": "zzz"});
    one["spec"]["delivery"] = json!({"deadLetterSink": {"ref": sink}});
    world.kubernetes.break_off("get deployments.apps shop/zzz", Fault::Status(500), usize::MAX);
    assert_eq!(world.applied(one).await, ["trigger/one", "eventtype/order", "service/audit"]);
    assert!(world.descriptor("service/shop/audit.yaml").contains("consumesApis"));
    world.kubernetes.recover();
    world.settled().await;
    world.is_as_rebuilt().await;
}

#[tokio::test]
async fn a_subscriber_that_cannot_be_read_fails_no_event_and_is_asked_for_once() {
    let world = World::new().await;
    world.kubernetes.break_off("get deployments.apps shop/aaa", Fault::Status(500), usize::MAX);
    let object = world.kubernetes.apply(calling("one", "aaa"));
    world.kubernetes.requests();
    for _ in 0..3 {
        assert_eq!(keys(world.handle(resource("add", &object)).await), ["trigger/one"]);
    }
    let requests = world.kubernetes.requests();
    assert_eq!(
        requests.iter().filter(|it| it.starts_with("get")).collect::<Vec<_>>(),
        ["get deployments.apps shop/aaa"]
    );
    world.kubernetes.recover();
    world.kubernetes.apply(legacy("aaa"));
    world.settled().await;
    assert!(world.descriptor("trigger/shop/one.yaml").contains("component:default/aaa"));
    world.is_unchanged().await;
}

#[tokio::test]
async fn an_event_removes_nothing_because_a_subscriber_cannot_be_read() {
    let world = World::new().await;
    world.kubernetes.apply(legacy("aaa"));
    world.kubernetes.apply(legacy("bbb"));
    world.applied(calling("one", "aaa")).await;
    let before = world.store.entities();
    world.kubernetes.break_off("get deployments.apps shop/bbb", Fault::Status(500), usize::MAX);
    let moved = resource("update", &world.kubernetes.apply(calling("one", "bbb")));
    assert_eq!(world.handle(moved.clone()).await, Ok(Reply::Nothing(Nothing::Unchanged)));
    assert_eq!(world.store.entities(), before);
    // A missing right is a decision: then events write what is known.
    world.kubernetes.recover();
    world.kubernetes.forbid("deployments.apps");
    world.settled().await;
    assert!(!world.descriptor("trigger/shop/one.yaml").contains("component:default/aaa"));
    world.kubernetes.recover();
    world.settled().await;
    assert!(world.descriptor("trigger/shop/one.yaml").contains("component:default/bbb"));
    world.is_unchanged().await;
}

#[tokio::test(start_paused = true)]
async fn an_event_removes_nothing_because_a_kind_cannot_be_read() {
    let world = World::new().await;
    let before = world.store.entities();
    world.kubernetes.break_off("list triggers", Fault::Status(500), usize::MAX);
    let next = World::over(world.kubernetes.clone(), world.store.clone());
    next.ready().await;
    let mut billing = service("billing");
    billing["metadata"]["labels"] = json!({"a": "b"});
    let answer = next.handle(resource("update", &next.kubernetes.apply(billing))).await;
    assert_eq!((answer, next.store.entities() == before), (Ok(Reply::Nothing(Nothing::Unchanged)), true));
    assert_eq!(next.applied(service("new")).await, ["service/new"]);
    next.kubernetes.recover();
    eventually(|| next.descriptor("service/shop/billing.yaml").contains("a: b")).await;
    assert!(next.descriptor("service/shop/billing.yaml").contains("api:shop/order"));
}

#[tokio::test]
async fn what_a_comparison_could_not_write_the_next_event_does() {
    let world = World::new().await;
    let object = world.move_trigger();
    world.store.break_off("put entities/main/", usize::MAX);
    let _ = world.resync().await;
    world.store.recover();
    world.handle(resource("update", &object)).await.unwrap();
    world.is_as_rebuilt().await;
}

#[tokio::test]
async fn a_resync_reports_what_it_wrote_though_another_write_is_pending() {
    let world = World::new().await;
    world.store.break_off("put entities/main/eventing.knative.dev/trigger/shop/", usize::MAX);
    for name in ["poison", "orders"] {
        let object = world.kubernetes.apply(trigger(name, "other", "refund", "audit"));
        world.handle(resource("update", &object)).await.unwrap_err();
    }
    world.store.recover();
    world.store.break_off("put entities/main/eventing.knative.dev/trigger/shop/poison", usize::MAX);
    assert_eq!(keys(world.resync().await), ["trigger/orders"]);
}

#[tokio::test]
async fn what_a_comparison_learned_before_it_was_cut_off_the_next_event_writes() {
    let world = World::new().await;
    let object = world.move_trigger();
    let hangs = Fault::Slow(Duration::from_secs(60));
    world.kubernetes.break_off("list services.serving.knative.dev", hangs, usize::MAX);
    assert!(tokio::time::timeout(Duration::from_millis(300), world.resync()).await.is_err(), "it hangs");
    world.kubernetes.recover();
    world.handle(resource("update", &object)).await.unwrap();
    world.is_as_rebuilt().await;
}

#[tokio::test]
async fn what_a_comparison_could_not_remove_the_event_of_its_deletion_does() {
    let world = World::new().await;
    let deleted = world.kubernetes.delete(&trigger("orders", "default", "order", "billing"));
    world.store.break_off("delete entities/main/", usize::MAX);
    let _ = world.resync().await;
    world.store.recover();
    assert!(world.names().contains(&"trigger/orders".to_owned()));
    world.handle(resource("delete", &deleted)).await.unwrap();
    assert!(!world.names().contains(&"trigger/orders".to_owned()));
    world.is_unchanged().await;
}

#[tokio::test]
async fn the_events_of_another_cluster_write_nothing_until_it_takes_over() {
    let world = World::new().await;
    let before = world.store.entities();
    let other = cluster();
    other.rebuild(5000);
    let next = World::over(other, world.store.clone());
    next.ready().await;
    let billing = next.kubernetes.apply(service("billing"));
    let refunds = next.kubernetes.apply(trigger("orders", "default", "refund", "x"));
    let deleted = next.kubernetes.delete(&billing);
    for event in [resource("add", &billing), resource("add", &refunds), resource("delete", &deleted)] {
        assert_eq!(next.handle(event).await, Ok(Reply::Nothing(Nothing::OtherCluster)));
    }
    next.settled().await;
    assert_eq!(next.handle(resource("update", &refunds)).await, Ok(Reply::Nothing(Nothing::OtherCluster)));
    assert_eq!(next.store.entities(), before);
    let uid = next.kubernetes.find("namespaces", "kube-system").unwrap()["metadata"]["uid"].clone();
    next.handle(approval(&uid)).await.unwrap();
    assert!(next.descriptor("trigger/shop/orders.yaml").contains("com.example.refund"));
    next.applied(trigger("orders", "default", "order", "x")).await;
    assert!(next.descriptor("trigger/shop/orders.yaml").contains("com.example.order"));
}

fn approval(id: &Value) -> Event {
    let event = EventBuilderV10::new().id("approval").source("/me").ty("dev.callboard.deletion.approved");
    event.data("application/json", json!({"id": id})).build().unwrap()
}

#[tokio::test]
async fn a_consumer_in_a_namespace_that_is_not_kept_is_named_and_not_cataloged() {
    let world = World::new().await;
    world.kubernetes.apply(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team"}}));
    let kept = World::with(world.kubernetes.clone(), Memory::default(), |cx| cx.with_namespaces(["shop".to_owned()]));
    kept.settled().await;
    let mut far = service("far");
    far["metadata"]["namespace"] = json!("team");
    let answer = kept.handle(resource("add", &kept.kubernetes.apply(far))).await;
    assert_eq!(answer, Ok(Reply::Nothing(Nothing::NotOurs)));
    let mut over = trigger("over", "default", "order", "far");
    over["spec"]["subscriber"]["ref"]["namespace"] = json!("team");
    assert_eq!(kept.applied(over).await, ["trigger/over", "eventtype/order"]);
    assert!(kept.descriptor("trigger/shop/over.yaml").contains("component:team/service-far"));
    assert!(!kept.names().contains(&"service/far".to_owned()));
}

#[tokio::test]
async fn an_event_writes_what_a_start_could_not_write() {
    let world = World::new().await;
    let object = world.move_trigger();
    world.store.break_off("put entities/main/", usize::MAX);
    // A comparison that ends leaves this.
    let report = "state/entities/main/mesh.json";
    assert_ne!(world.store.remove(report, bucket::Condition::Always), bucket::Conditional::Lost);
    let next = World::over(world.kubernetes.clone(), world.store.clone());
    eventually(|| world.store.objects().contains_key(report)).await;
    world.store.recover();
    next.handle(resource("update", &object)).await.unwrap();
    next.is_as_rebuilt().await;
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
    world.resync().await.unwrap();
    let names = world.names();
    assert!(names.contains(&"service/new".to_owned()) && !names.contains(&"service/audit".to_owned()), "{names:?}");
    // Now no write succeeds.
    assert!(matches!(world.resync().await, Err(Nack::Retry(_))));
    world.store.recover();
    world.settled().await;
    world.is_as_rebuilt().await;
}
