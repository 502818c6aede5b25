//! Random histories of a cluster, of which the functions get only a part, late, twice, or in another order.

use super::*;
use crate::support::Seed;

/// One step of the history, and the event that would report it.
fn step(world: &World, seed: &mut Seed) -> Option<Event> {
    // Names that a listing of the bucket and one of the cluster order differently.
    let name = format!("{}{}", ["a", "a-b", "a.b"][seed.below(3)], seed.below(10));
    let lives = |kind: &str| world.kubernetes.find(kind, &name);
    match seed.below(20) {
        0 => match world.kubernetes.find("promises.platform.kratix.io", "app") {
            Some(promise) => {
                world.kubernetes.delete(&definition(GROUP, ("App", "apps"), &["v1"], "Namespaced"));
                Some(resource("delete", &world.kubernetes.delete(&promise)))
            }
            None => Some(resource("add", &world.kubernetes.install(app_promise()))),
        },
        1..5 => {
            let app = lives("apps.workshop.kratix.io")?;
            Some(resource("delete", &world.kubernetes.delete(&app)))
        }
        _ => {
            world.kubernetes.find("promises.platform.kratix.io", "app")?;
            let known = lives("apps.workshop.kratix.io").is_some();
            let app = world.app(&name, &format!("v{}", seed.below(4)));
            Some(resource(if known { "update" } else { "add" }, &app))
        }
    }
}

#[tokio::test]
async fn after_one_resync_the_bucket_is_that_of_a_new_install_or_held() {
    let mut held = 0;
    for number in 0..100 {
        let mut seed = Seed(number);
        let world = World::new().await;
        let mut late = Vec::new();
        for _ in 0..5 + seed.below(60) {
            let Some(event) = step(&world, &mut seed) else { continue };
            match seed.below(4) {
                0 => {}
                1 => late.push(event),
                2 => {
                    world.handle(event.clone()).await.unwrap();
                    late.push(event);
                }
                _ => drop(world.handle(event).await.unwrap()),
            }
            if seed.below(8) == 0 {
                seed.shuffle(&mut late);
                while let Some(event) = late.pop() {
                    world.handle(event).await.unwrap();
                }
            }
        }
        let world = match seed.below(2) {
            0 => world,
            _ => World::over(world.kubernetes, world.store).await,
        };
        world.resync().await.unwrap();
        let wanted = fresh(&world.kubernetes).await;
        let held_now = world.posted(events::HELD);
        if held_now.is_empty() {
            assert_eq!(world.store.entities(), wanted, "seed {number}");
        } else {
            held += 1;
            let keys: Vec<_> = held_now.iter().flat_map(|held| held["keys"].as_array().unwrap().clone()).collect();
            let mut entities = world.store.entities();
            assert!(keys.iter().all(|key| entities.remove(key.as_str().unwrap()).is_some()), "seed {number}");
            assert_eq!(entities, wanted, "seed {number}");
        }
        world.is_unchanged().await;
    }
    assert!((1..50).contains(&held), "{held} of 100 schedules ended with held deletions");
}
