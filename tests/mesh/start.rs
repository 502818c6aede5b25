//! The start: nothing is answered from half a mesh.

use super::*;
use crate::{
    binary::{NEEDED, callboard},
    kubernetes::Fault,
};

const UNREADY: &str = "the event mesh is not listed yet";

#[test]
fn mesh_without_a_cluster_does_not_start_and_says_why() {
    let output = callboard(&[&NEEDED[..], &[("FUNCTION", "mesh")]].concat()).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && stderr.contains("FUNCTION=mesh needs a cluster"), "{stderr}");
}

#[tokio::test]
async fn an_event_that_comes_before_the_lists_are_complete_comes_again() {
    let kubernetes = cluster();
    kubernetes.break_off("list triggers", Fault::Slow(Duration::from_millis(100)), 1);
    let object = kubernetes.apply(broker("default"));
    let world = World::over(kubernetes, Memory::default());
    tokio::task::yield_now().await;
    let event = resource("add", &object);
    assert_eq!(world.process.ready(), Err(UNREADY.to_owned()));
    assert_eq!(world.handle(event.clone()).await, Err(Nack::Retry(UNREADY.to_owned())));
    assert_eq!(world.handle(request("early")).await, Ok(Reply::Nothing(Nothing::Busy)));
    world.ready().await;
    world.settled().await;
    assert_eq!(world.handle(event).await, Ok(Reply::Nothing(Nothing::Unchanged)));
    assert_eq!(world.names(), ["namespace/shop", "broker/default"]);
}

#[tokio::test]
async fn a_start_waits_for_an_api_server_that_fails() {
    let kubernetes = cluster();
    kubernetes.apply(broker("default"));
    kubernetes.break_off("", Fault::Status(500), usize::MAX);
    let world = World::over(kubernetes, Memory::default());
    let asked = AtomicUsize::new(0);
    eventually(|| asked.fetch_add(world.kubernetes.requests().len(), Relaxed) > 20).await;
    assert!(world.process.ready().is_err());
    world.kubernetes.recover();
    world.settled().await;
    assert_eq!(world.names(), ["namespace/shop", "broker/default"]);
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_fails_for_good_does_not_hold_up_the_others() {
    let kubernetes = cluster();
    kubernetes.apply(broker("default"));
    kubernetes.break_off("list channels", Fault::Status(500), usize::MAX);
    let world = World::over(kubernetes, Memory::default());
    world.settled().await;
    assert_eq!(world.names(), ["namespace/shop", "broker/default"]);
}

#[tokio::test]
async fn a_start_waits_for_a_store_that_fails_and_serves_meanwhile() {
    let kubernetes = cluster();
    kubernetes.apply(broker("default"));
    let store = Memory::default();
    store.break_off("list", usize::MAX);
    let world = World::over(kubernetes, store);
    world.ready().await;
    world.applied(broker("other")).await;
    assert_eq!(world.names(), ["broker/other"]);
    world.store.recover();
    world.settled().await;
    assert_eq!(world.names(), ["namespace/shop", "broker/default", "broker/other"]);
}

#[tokio::test]
async fn without_lists_the_mesh_is_made_of_events_alone() {
    let process = of_events(Memory::default());
    let kubernetes = cluster();
    for object in [broker("default"), service("billing"), event_type("order")] {
        process.handle(resource("add", &kubernetes.apply(object))).await.unwrap();
    }
    let added = resource("add", &kubernetes.apply(trigger("orders", "default", "order", "billing")));
    assert_eq!(keys(process.handle(added).await), ["trigger/orders", "eventtype/order", "service/billing"]);
}
