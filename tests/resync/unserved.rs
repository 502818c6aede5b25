//! A kind that is defined, and that the API server does not serve yet.

use super::*;
use crate::kubernetes::Fault::Status;

const DISCOVERY: &str = "discover workshop.kratix.io";
const LIST: &str = "list apps.workshop.kratix.io";

fn app_definition() -> Value {
    definition(GROUP, ("App", "apps"), &["v1"], "Namespaced")
}

/// The Promise and its definition are deleted and created again, with an App of that name. No event of it arrives.
fn recreate(world: &World, name: &str) {
    world.kubernetes.delete(&app_definition());
    world.kubernetes.delete(&app_promise());
    world.kubernetes.install(app_promise());
    world.app(name, "v1");
}

/// A process whose runs have so much time.
async fn with_time(world: World, time: Duration) -> World {
    World::with(world.kubernetes, world.store, |context| context.with_pace(Pace::new(time))).await
}

fn discoveries(world: &World) -> usize {
    world.kubernetes.requests().iter().filter(|line| *line == DISCOVERY).count()
}

#[tokio::test]
async fn a_kind_that_discovery_serves_late_is_compared_in_the_same_run() {
    let world = World::new().await;
    world.app("todo", "v1");
    world.kubernetes.break_off(DISCOVERY, Status(404), 3);
    let data = world.resynced().await;
    assert_eq!((&data["degraded"], world.apps()), (&json!([]), vec!["todo".to_owned()]));
    world.is_unchanged().await;
}

#[tokio::test]
async fn a_kind_whose_list_is_served_late_is_compared_in_the_same_run() {
    let world = World::new().await;
    world.app("todo", "v1");
    world.resynced().await;
    recreate(&world, "shop");
    // Discovery is remembered from before.
    world.kubernetes.break_off(LIST, Status(404), 2);
    let data = world.resynced().await;
    assert_eq!((&data["degraded"], world.apps()), (&json!([]), vec!["shop".to_owned()]));
    world.is_as_rebuilt().await;
}

#[tokio::test]
async fn a_kind_that_was_deleted_a_moment_ago_is_not_taken_for_that_when_it_is_created_again() {
    let world = World::new().await;
    world.resynced().await;
    world.kubernetes.delete(&app_definition());
    // Discovery remembers that there is no such kind.
    world.resync().await.unwrap();
    world.kubernetes.apply(app_definition());
    world.app("todo", "v1");
    let data = world.resynced().await;
    assert_eq!((&data["degraded"], world.apps()), (&json!([]), vec!["todo".to_owned()]));
}

#[tokio::test]
async fn a_kind_that_is_never_served_is_degraded_once_and_keeps_its_entities() {
    let world = with_time(World::new().await, Duration::from_millis(600)).await;
    world.app("todo", "v1");
    world.resynced().await;
    recreate(&world, "shop");
    world.kubernetes.break_off(DISCOVERY, Status(404), usize::MAX);
    world.kubernetes.break_off(LIST, Status(404), usize::MAX);
    world.kubernetes.requests();
    let data = world.resynced().await;
    assert_eq!(data["degraded"][0]["kind"], "app.workshop.kratix.io");
    assert!(data["degraded"][0]["reason"].as_str().unwrap().contains("not ready yet"), "{data}");
    assert_eq!(world.apps(), ["todo"]);
    assert!((2..5).contains(&discoveries(&world)));
    // The next run tries as often, and reports nothing new.
    world.is_unchanged().await;
    assert!((2..5).contains(&discoveries(&world)));
    assert_eq!(world.apps(), ["todo"]);
    world.kubernetes.recover();
    world.resynced().await;
    world.is_as_rebuilt().await;
}

#[tokio::test]
async fn several_kinds_that_are_never_served_do_not_wait_one_after_another() {
    let world = World::new().await;
    for (kind, plural) in [("Bus", "buses"), ("Car", "cars"), ("Van", "vans")] {
        world.kubernetes.install(promise(plural, definition("example.org", (kind, plural), &["v1"], "Namespaced")));
    }
    world.kubernetes.break_off("discover example.org", Status(404), usize::MAX);
    let world = with_time(world, Duration::from_millis(300)).await;
    world.kubernetes.requests();
    assert_eq!(world.resynced().await["degraded"].as_array().unwrap().len(), 3);
    // Each kind is asked for again immediately, and only the first one after a pause: seven times if each waited.
    let asked = world.kubernetes.requests().iter().filter(|line| *line == "discover example.org").count();
    assert!((3..=5).contains(&asked), "{asked}");
}

#[tokio::test]
async fn the_entities_of_a_deleted_definition_are_deleted_without_a_wait() {
    let world = World::new().await;
    world.app("todo", "v1");
    world.resynced().await;
    world.kubernetes.delete(&app_definition());
    world.kubernetes.requests();
    let data = world.resynced().await;
    assert_eq!((&data["degraded"], world.apps()), (&json!([]), vec![]));
    assert!(discoveries(&world) <= 1);
}
