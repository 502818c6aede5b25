//! An object that the store never takes keeps no other one from its entities.

use super::*;

fn omitted(verdict: Verdict) -> Value {
    let Ok(Reply::Omitted(reply)) = verdict else { panic!("{verdict:?}") };
    let data: Value = reply.data().unwrap().clone().try_into().unwrap();
    assert_eq!(data["changes"], json!([]));
    data["omitted"][0]["ref"].clone()
}

#[tokio::test]
async fn what_the_store_refuses_is_no_pending_write() {
    let world = World::new().await;
    world.store.refuse("put entities/main/eventing.knative.dev/broker/shop/bad.yaml");
    let verdict = world.handle(resource("add", &world.kubernetes.apply(broker("bad")))).await;
    assert_eq!(omitted(verdict), "component:shop/broker-bad");
    assert_eq!(world.applied(broker("good")).await, ["broker/good"]);
    world.is_unchanged().await;
    world.store.recover();
    world.resync().await.unwrap();
    world.is_as_rebuilt().await;
}
