//! Two revisions in parallel.

use super::*;
use crate::support::Seed;

/// A change at random, and its event.
fn change(kubernetes: &Kubernetes, choices: &mut Seed) -> Event {
    let types = ["order", "refund"];
    let (ty, to) = (types[choices.below(2)], ["billing", "audit", "legacy"][choices.below(3)]);
    let wanted = match choices.below(5) {
        0 => event_type(ty),
        1 => service(to),
        2 => broker(["default", "other"][choices.below(2)]),
        _ => trigger(["a", "b", "c"][choices.below(3)], ["default", "other"][choices.below(2)], ty, to),
    };
    let plural = format!("{}s", wanted["kind"].as_str().unwrap().to_lowercase());
    let group = wanted["apiVersion"].as_str().unwrap().split('/').next().unwrap();
    let is_there =
        kubernetes.find(&format!("{plural}.{group}"), wanted["metadata"]["name"].as_str().unwrap()).is_some();
    match is_there && choices.below(3) == 0 {
        true => resource("delete", &kubernetes.delete(&wanted)),
        false => resource("update", &kubernetes.apply(wanted)),
    }
}

#[tokio::test]
async fn two_processes_under_a_shuffled_stream_end_after_one_resync_in_the_bucket_of_a_rebuild() {
    for seed in 0..25 {
        let first = World::new().await;
        let second = World::over(first.kubernetes.clone(), first.store.clone());
        second.settled().await;
        let mut choices = Seed(seed);
        let mut events: Vec<_> = (0..30).map(|_| change(&first.kubernetes, &mut choices)).collect();
        events.extend(events.clone());
        choices.shuffle(&mut events);
        // Some are lost, and each of the others goes to either process.
        let handled = events.into_iter().skip(10).map(|event| {
            let process = if choices.below(2) == 0 { &first } else { &second };
            process.handle(event)
        });
        futures::future::join_all(handled).await.into_iter().for_each(|verdict| drop(verdict.unwrap()));
        first.settled().await;
        assert_eq!(first.store.entities(), fresh(&first.kubernetes).await, "seed {seed}");
    }
}

#[tokio::test]
async fn one_process_under_a_shuffled_stream_needs_no_resync() {
    for seed in 100..125 {
        let world = World::new().await;
        let mut choices = Seed(seed);
        let mut events: Vec<_> = (0..30).map(|_| change(&world.kubernetes, &mut choices)).collect();
        events.extend(events.clone());
        choices.shuffle(&mut events);
        let handled = events.into_iter().map(|event| world.handle(event));
        futures::future::join_all(handled).await.into_iter().for_each(|verdict| drop(verdict.unwrap()));
        assert_eq!(world.store.entities(), fresh(&world.kubernetes).await, "seed {seed}");
    }
}
