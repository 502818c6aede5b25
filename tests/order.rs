//! Whatever order events come in, how often, and how many in parallel: one process ends with the bucket of the ordered run.

use crate::{
    memory::Memory,
    story::{PROMISE, SHOP, TODO, event, story},
    support::{Seed, handle, poll, process},
};
use callboard::serving::Functions;
use cloudevents::Event;
use events::{Nothing, Reply, Verdict};
use runtime::Handler;
use std::collections::{BTreeMap, VecDeque};

const SCHEDULES: u64 = 1000;

#[test]
fn a_thousand_schedules_end_as_the_ordered_run_does() {
    let wanted = ordered();
    for seed in 0..SCHEDULES {
        let store = Memory::default();
        let process = process(store.clone());
        run(&process, &mut Seed(seed));
        assert_eq!(store.entities(), wanted, "seed {seed}");
        refuses_what_is_late(&process, seed);
        assert_eq!(store.entities(), wanted, "seed {seed}, after what was late");
    }
}

#[test]
fn a_new_process_refuses_what_is_older_than_the_bucket() {
    let store = Memory::default();
    run(&process(store.clone()), &mut Seed(0));
    let wanted = store.entities();
    for (nth, who) in [PROMISE, TODO, SHOP].into_iter().enumerate() {
        let old = event(&format!("old-{nth}"), "update", who, 1, 5, "old");
        assert_eq!(handle(&process(store.clone()), &old), Ok(Reply::Nothing(Nothing::Late)), "{who:?}");
    }
    assert_eq!(store.entities(), wanted);
}

fn ordered() -> BTreeMap<String, String> {
    let store = Memory::default();
    let process = process(store.clone());
    for event in story() {
        handle(&process, &event).unwrap();
    }
    let entities = store.entities();
    let keys: Vec<_> = entities.keys().collect();
    let key = |name| format!("entities/main/workshop.kratix.io/app/default/{name}.yaml");
    assert_eq!(keys, [&key("shop"), &key("todo")]);
    entities
}

/// Each object has seen a version that is one higher.
fn refuses_what_is_late(process: &Functions<Memory>, seed: u64) {
    for (who, life, version) in [(PROMISE, 1, 119), (TODO, 1, 69), (SHOP, 2, 109)] {
        let late = event(&format!("late-{version}"), "update", who, life, version, "late");
        assert_eq!(handle(process, &late), Ok(Reply::Nothing(Nothing::Late)), "seed {seed} {who:?}");
    }
}

/// Every event once to three times, shuffled; every second schedule one after another, the others up to eight in parallel.
/// One in ten deliveries is given up half way and comes again, last.
fn run(process: &Functions<Memory>, seed: &mut Seed) {
    let mut events: Vec<Event> = story().into_iter().flat_map(|event| vec![event; 1 + seed.below(3)]).collect();
    seed.shuffle(&mut events);
    let mut waiting = VecDeque::from(events);
    let width = if seed.below(2) == 0 { 1 } else { 2 + seed.below(7) };
    let mut running = Vec::new();
    for _ in 0..1_000_000 {
        while running.len() < width
            && let Some(event) = waiting.pop_front()
        {
            let patience = if seed.below(10) == 0 { seed.below(12) } else { usize::MAX };
            running.push((event.clone(), patience, Box::pin(process.handle(event))));
        }
        if running.is_empty() {
            return;
        }
        let chosen = seed.below(running.len());
        let (event, patience, handler) = &mut running[chosen];
        match (poll(handler.as_mut(), 1), *patience) {
            (Some(verdict), _) => dealt_with(&verdict),
            (None, 0) => waiting.push_back(event.clone()),
            (None, _) => {
                *patience -= 1;
                continue;
            }
        }
        drop(running.swap_remove(chosen));
    }
    panic!("the handlers wait for each other");
}

fn dealt_with(verdict: &Verdict) {
    assert!(verdict.is_ok(), "{verdict:?}");
}
