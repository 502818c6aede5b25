//! What hangs keeps neither the start nor a resync from the rest.

use super::*;
use crate::kubernetes::Fault;

const HANGS: Fault = Fault::Slow(Duration::from_secs(3600));

/// A cluster in which 200 Triggers name objects of a kind for which the API server does not answer.
fn naming_what_hangs() -> Kubernetes {
    let kubernetes = cluster();
    kubernetes.apply(broker("default"));
    for n in 0..200 {
        kubernetes.apply(calling(&format!("t{n:03}"), &format!("d{n:03}")));
    }
    kubernetes.break_off("get deployments.apps", HANGS, usize::MAX);
    kubernetes.break_off("list deployments.apps", HANGS, usize::MAX);
    kubernetes
}

#[tokio::test(start_paused = true)]
async fn two_hundred_named_objects_that_hang_delay_neither_readiness_nor_a_resync() {
    let began = tokio::time::Instant::now();
    let world = World::over(naming_what_hangs(), Memory::default());
    world.ready().await;
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    world.settled().await;
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    assert_eq!(world.names().iter().filter(|name| name.starts_with("trigger/")).count(), 200);
    for minute in 1..10 {
        tokio::time::sleep(Duration::from_secs(60)).await;
        world.kubernetes.apply(service(&format!("new-{minute}")));
        let began = tokio::time::Instant::now();
        assert_eq!(keys(world.resync().await), [format!("service/new-{minute}")]);
        assert!(began.elapsed() < Duration::from_secs(15), "{minute}: {:?}", began.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn what_hung_is_described_once_it_answers() {
    let world = World::over(naming_what_hangs(), Memory::default());
    world.settled().await;
    world.kubernetes.recover();
    for n in 0..200 {
        world.kubernetes.apply(legacy(&format!("d{n:03}")));
    }
    let wanted = fresh(&world.kubernetes).await;
    let began = tokio::time::Instant::now();
    while world.store.entities() != wanted {
        assert!(began.elapsed() < Duration::from_secs(300));
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_trigger_that_names_what_hangs_takes_its_event_a_few_seconds_once() {
    let world = World::new().await;
    world.kubernetes.break_off("get deployments.apps", HANGS, usize::MAX);
    let began = tokio::time::Instant::now();
    for name in ["one", "two", "six"] {
        world.applied(calling(name, name)).await;
    }
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
}
