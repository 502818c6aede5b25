//! A kind of source that is defined, and that the API server does not serve yet.

use super::*;
use crate::kubernetes::Fault::Status;

const DISCOVERY: &str = "discover sources.example.org";

/// A world in which a kind of source was just defined, with one object that no event reports.
async fn defined() -> World {
    let world = World::new().await;
    world.install_source("sources.example.org");
    world.kubernetes.apply(foo_source("sources.example.org", "foo"));
    world
}

#[tokio::test(start_paused = true)]
async fn a_source_that_is_served_late_is_cataloged_by_the_same_resync() {
    let world = defined().await;
    world.kubernetes.break_off(DISCOVERY, Status(404), 4);
    assert_eq!(keys(world.resync().await), ["foosource/foo"]);
    world.is_unchanged().await;
}

#[tokio::test(start_paused = true)]
async fn a_source_that_is_never_served_holds_up_neither_the_start_nor_the_others() {
    let world = defined().await;
    world.kubernetes.break_off(DISCOVERY, Status(404), usize::MAX);
    let began = tokio::time::Instant::now();
    let next = World::over(world.kubernetes.clone(), world.store.clone());
    next.ready().await;
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    next.applied(broker("new")).await;
    next.settled().await;
    world.kubernetes.requests();
    tokio::time::sleep(Duration::from_secs(120)).await;
    assert_eq!(world.kubernetes.requests(), Vec::<String>::new());
    world.kubernetes.recover();
    assert_eq!(keys(next.resync().await), ["foosource/foo"]);
}
