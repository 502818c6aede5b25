//! Every interleaving, at the granularity of S3 calls, of processes that run the real [`Bucket::sync`], [`Bucket::repair`] and
//! [`Bucket::rewind`] over one bucket, each of which may crash after any call and get its event again.
//!
//! A state is the bucket and, for each process, its memory and the answers so far to the current event. The test reaches
//! a branch when it runs the code again on those answers and then allows one more call.

mod stories;
mod tape;

use super::Wanted;
use crate::{
    Bucket, Honours, etag_of,
    memory::{Known, Memory},
};
use catalog::{
    Described, Descriptor, Entity, EntityName, EntityNamespace, EntityRef, GroupSpec, Key, Layout, Metadata, Notes,
    Settings, Spec,
};
use events::{Object, Version};
use serde_json::json;
use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
    pin::pin,
    sync::Mutex,
    task::{Context, Poll, Waker},
};
use stories::*;
use tape::{Answer, Playing, Tape, World};

/// How far a process is: handled steps, memory before the current step, answers to it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Process {
    handled: usize,
    known: Option<Known>,
    answers: Vec<Answer>,
}

/// The world and the processes by their numbers, and how many crashes may still happen.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct State {
    world: usize,
    processes: Vec<usize>,
    crashes: usize,
}

/// Values by number, each once.
struct Numbered<T> {
    values: Vec<T>,
    numbers: HashMap<T, usize>,
}

impl<T: Clone + Eq + Hash> Numbered<T> {
    fn new() -> Self {
        Self { values: Vec::new(), numbers: HashMap::new() }
    }

    fn of(&mut self, value: T) -> usize {
        *self.numbers.entry(value).or_insert_with_key(|value| {
            self.values.push(value.clone());
            self.values.len() - 1
        })
    }
}

/// A step with all that it needs.
struct Prepared {
    step: Step,
    descriptor: Option<Descriptor>,
    version: Version,
    cause: String,
}

impl Prepared {
    fn of(step: &Step) -> Self {
        let cause = match step.by {
            By::Event => format!("{step:?}"),
            By::Look => "look".to_owned(),
            By::Repair | By::Rewind | By::Listing(_) => "resync".to_owned(),
        };
        Self { step: *step, descriptor: descriptor(step), version: object(step).version(), cause }
    }

    fn wanted(&self) -> Wanted<'_> {
        match (&self.descriptor, self.step.what) {
            (Some(descriptor), _) => Wanted::Is(descriptor),
            (None, What::OptedOut) => Wanted::Nothing,
            (None, _) => Wanted::Deleted,
        }
    }

    async fn take(&self, bucket: &Bucket<Tape>, key: &Key) -> bool {
        let Self { step, version, cause, .. } = self;
        let ended = match step.by {
            By::Event | By::Look => bucket.sync(key, self.wanted(), version, cause).await,
            By::Repair => bucket.repair(key, self.wanted(), version, cause).await,
            By::Rewind => bucket.rewind(key, self.wanted(), version, cause).await,
            By::Listing(content) => {
                let listed = descriptor(&is(0, content)).expect("it has a content");
                bucket.remove_listed(key, &etag_of(&listed), cause).await
            }
        };
        ended.is_ok()
    }
}

fn layout() -> Layout {
    Layout::new("e", "main").unwrap()
}

fn key() -> Key {
    layout().key(object(&deleted(0)).reference())
}

fn object(step: &Step) -> Object {
    let uid = match step.what {
        What::Is(content) if content.is_uppercase() => "second",
        What::Is(_) | What::OptedOut => "first",
        What::Deleted => "none",
    };
    let metadata = json!({"name": "x", "uid": uid, "resourceVersion": step.version.to_string()});
    Object::try_from(json!({"apiVersion": "x.org/v1", "kind": "X", "metadata": metadata})).unwrap()
}

fn descriptor(step: &Step) -> Option<Descriptor> {
    let What::Is(content) = step.what else { return None };
    let settings = Settings::new(layout(), EntityRef::parse("x", "group", "default").unwrap());
    let mut metadata = Metadata::new(EntityNamespace::fit("default"), EntityName::fit("x"));
    metadata.title = Some(content.to_lowercase().to_string());
    let entity = Entity::new(metadata, Spec::Group(GroupSpec { ty: "team".into(), children: vec![] }));
    Described::new(&object(step), &settings, vec![entity], Notes::default()).descriptor
}

/// Runs the current step of one process for one more call.
fn go_on(key: &Key, world: &World, process: &Process, prepared: &Prepared) -> (World, Process) {
    let playing = Playing { world: world.clone(), answers: process.answers.clone(), next: 0, may_call: true };
    let mut bucket = Bucket::new(Tape(Mutex::new(playing)), layout(), Honours::Conditions);
    bucket.memory = Memory::with_locks(1);
    if let Some(known) = &process.known {
        bucket.memory.set(key, known.clone());
    }
    let polled = pin!(prepared.take(&bucket, key)).poll(&mut Context::from_waker(Waker::noop()));
    let known = bucket.memory.get(key);
    let played = bucket.store.0.into_inner().unwrap();
    let process = match polled {
        Poll::Ready(ended) => Process { handled: process.handled + usize::from(ended), known, answers: Vec::new() },
        Poll::Pending => Process { answers: played.answers, ..process.clone() },
    };
    (played.world, process)
}

/// The bucket after one process took these steps, and what the process remembers.
fn history(steps: &[Step]) -> (World, Process) {
    let (mut world, mut process) = (World::default(), Process::default());
    while let Some(step) = steps.get(process.handled) {
        (world, process) = go_on(&key(), &world, &process, &Prepared::of(step));
    }
    (world, Process { handled: 0, ..process })
}

/// How many states a story has, and each bucket of a wrong end.
fn explore(before: &[Step], stories: &[&[Step]], crashes: usize) -> (usize, Vec<World>) {
    let key = key();
    let wanted = stories.iter().copied().flatten().max_by_key(|step| step.version).and_then(descriptor);
    let prepared: Vec<Vec<Prepared>> = stories.iter().map(|steps| steps.iter().map(Prepared::of).collect()).collect();
    let (mut worlds, mut processes) = (Numbered::new(), Numbered::new());
    let (world, process) = history(before);
    let start = State { world: worlds.of(world), processes: vec![processes.of(process); stories.len()], crashes };
    let mut steps = HashMap::new();
    let mut seen = HashSet::from([start.clone()]);
    let mut open = vec![start];
    let mut wrong = Vec::new();
    while let Some(state) = open.pop() {
        let first = processes.values[state.processes[0]].handled;
        let mut at_end = true;
        for at in 0..stories.len() {
            let (world, process) = (state.world, state.processes[at]);
            let Some(prepared) = prepared[at].get(processes.values[process].handled) else { continue };
            at_end = false;
            if first < prepared.step.after {
                continue;
            }
            let (next_world, next_process, crashed) = *steps.entry((at, world, process)).or_insert_with(|| {
                let process = processes.values[process].clone();
                let (world, next) = go_on(&key, &worlds.values[world], &process, prepared);
                let crashed = Process { known: None, answers: Vec::new(), ..process };
                (worlds.of(world), processes.of(next), processes.of(crashed))
            });
            let crash = state.crashes.checked_sub(1).map(|left| (crashed, left));
            for (process, crashes) in std::iter::once((next_process, state.crashes)).chain(crash) {
                let mut next = State { world: next_world, crashes, ..state.clone() };
                next.processes[at] = process;
                if seen.insert(next.clone()) {
                    open.push(next);
                }
            }
        }
        let world = &worlds.values[state.world];
        let held = world.0.get(&key.to_string()).map(|(_, body)| &body.bytes[..]);
        if at_end && held != wanted.as_ref().map(|wanted| wanted.body().as_bytes()) {
            wrong.push(world.clone());
        }
    }
    (seen.len(), wrong)
}

#[expect(clippy::print_stdout, reason = "how many states were seen is part of the result")]
fn all_end_right(stories: &[Story]) {
    let mut total = 0;
    for (name, before, steps) in stories {
        let (states, wrong) = explore(before, steps, 1);
        println!("{name}: {states} states");
        assert!(wrong.is_empty(), "{name}: {} wrong ends, in one of them the bucket holds {:?}", wrong.len(), wrong[0]);
        total += states;
    }
    println!("{total} states in all");
}

#[test]
fn every_interleaving_of_events_ends_right_and_none_re_creates_what_was_deleted() {
    all_end_right(EVENTS);
}

/// Whatever such an event carries, it means what the cluster says when it is handled: any state of the story, however long ago by
/// the time it is written. Four processes with it are as many as are explored in seconds.
#[test]
fn an_event_that_says_no_time_raises_nothing_whatever_it_finds_in_the_cluster() {
    for (name, before, steps) in EVENTS.iter().filter(|(_, _, steps)| steps.len() <= 3) {
        let found = steps.iter().copied().flatten().map(|step| look(*step));
        let Some(oldest) = found.min_by_key(|step| step.version) else { continue };
        let looks = [oldest];
        let with_look: Vec<_> = steps.iter().copied().chain([&looks[..]]).collect();
        let (states, wrong) = explore(before, &with_look, 0);
        assert!(states > 3 && wrong.is_empty(), "{name}: {} wrong ends: {:?}", wrong.len(), wrong.first());
    }
}

#[test]
fn a_repair_undoes_no_event() {
    all_end_right(REPAIRS);
}

#[test]
fn a_rewind_and_a_second_look_undo_no_event() {
    all_end_right(REWINDS);
}

#[test]
fn the_objects_of_a_deleted_kind_are_deleted_and_no_re_created_one_is() {
    all_end_right(DELETED_KINDS);
}

#[test]
fn a_rewind_without_a_second_look_may_re_create_what_was_deleted() {
    let (_, wrong) = explore(&[is(100, 'z')], &[&[rewind(5, 'a')], &[is(5, 'a')], &[deleted(7)]], 0);
    assert!(!wrong.is_empty(), "the second look is not needed: say so at Bucket::rewind");
    let (_, wrong) = explore(&[is(100, 'z')], &[&[rewind_unlisted(8)], &[is(9, 'A')]], 0);
    assert!(!wrong.is_empty(), "the second look is not needed for a deleted object: say so at Bucket::rewind");
}

/// The known limit: a process has no memory from before the restore, and read the old tombstone just before it was deleted.
/// It then deletes by that tombstone. The next periodic resync repairs the bucket (docs/decisions/0009).
#[test]
fn a_deletion_by_an_old_tombstone_can_outlast_a_rewind() {
    let prepared: &[&[Step]] = &[&[rewind(5, 'A'), read(5, 'A')], &[is(5, 'A')], &[later(is(6, 'B'))]];
    let (_, wrong) = explore(&[is(100, 'z'), deleted(101)], prepared, 1);
    assert!(!wrong.is_empty(), "the limit no longer exists: say so in docs/decisions/0009");
}

#[test]
fn a_process_that_skipped_the_same_bytes_rejects_the_versions_between() {
    let (states, wrong) = explore(&[], &[&[is(5, 'a'), is(10, 'a'), is(7, 'b')]], 0);
    assert!(states > 3 && wrong.is_empty(), "{wrong:?}");
}

/// The known limit: an ETag identifies the content, not the write. One process wrote A, and another one B and A again
/// between the HEAD and the PUT of the first. A late event then passes, and `resync` repairs it (docs/decisions/0002).
#[test]
fn equal_contents_of_two_processes_can_hide_a_newer_state() {
    let (_, wrong) = explore(&[], &[&[is(5, 'a'), is(7, 'c')], &[is(6, 'b'), is(10, 'a')]], 0);
    assert!(!wrong.is_empty(), "the limit no longer exists: say so in docs/decisions/0002");
}
