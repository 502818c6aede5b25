//! A process ends at any await point and its event is delivered again: bucket and replies are as if nothing had happened.

use crate::{
    memory::Memory,
    story::story,
    support::{handle, poll, process},
};
use bucket::Body;
use callboard::serving::Functions;
use cloudevents::Event;
use events::Verdict;
use runtime::Handler;
use std::{collections::BTreeMap, pin::pin};

/// What an event was answered, and what the bucket held then.
type Step = (Verdict, BTreeMap<String, Body>);

/// Which process gets the next event.
type Next = fn(Functions<Memory>, &Memory) -> Functions<Memory>;

const SAME: Next = |process, _| process;
const NEW: Next = |_, store| process(store.clone());

#[test]
fn a_process_that_ends_at_any_await_point_loses_nothing() {
    end_everywhere(SAME, NEW);
}

#[test]
fn a_process_that_remembers_nothing_loses_nothing_either() {
    end_everywhere(NEW, NEW);
}

#[test]
fn a_handler_that_is_dropped_at_any_await_point_leaves_a_process_that_goes_on() {
    end_everywhere(SAME, SAME);
}

/// Runs the story once for each await point of each of its events: `next` gets one event after another, `heir` the one at which a
/// handler ended.
fn end_everywhere(next: Next, heir: Next) {
    let story = story();
    let wanted = undisturbed(&story);
    let mut ends = 0;
    for fatal in 0..story.len() {
        for polls in 1.. {
            let store = Memory::default();
            let mut process = process(store.clone());
            for event in &story[..fatal] {
                handle(&process, event).unwrap();
                process = next(process, &store);
            }
            if poll(pin!(process.handle(story[fatal].clone())), polls).is_some() {
                break;
            }
            ends += 1;
            process = heir(process, &store);
            for nth in fatal..story.len() {
                let step = (handle(&process, &story[nth]), store.objects());
                assert_eq!(step, wanted[nth], "event {nth} after event {fatal} ended at await point {polls}");
                process = next(process, &store);
            }
        }
    }
    assert!(ends > 50, "{ends} await points are too few to be all");
}

fn undisturbed(story: &[Event]) -> Vec<Step> {
    let store = Memory::default();
    let process = process(store.clone());
    story.iter().map(|event| (handle(&process, event), store.objects())).collect()
}
