//! Which steps the processes take.

/// One step of a process: what it learns about the one source object at this resourceVersion.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Step {
    pub(super) by: By,
    pub(super) version: u32,
    pub(super) what: What,
    /// How far the first process must be, since this step happens after that.
    pub(super) after: usize,
}

/// A content in lower case belongs to the first object, one in upper case to the re-created one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum What {
    Is(char),
    OptedOut,
    Deleted,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum By {
    Event,
    /// An event that says no time, so that the live object counts, at any time of the story.
    Look,
    /// A resync that read the live object or a list. All of them have the same cause.
    Repair,
    Rewind,
    /// A resync whose listing showed this content, of a kind that was deleted.
    Listing(char),
}

pub(super) const fn step(by: By, version: u32, what: What) -> Step {
    Step { by, version, what, after: 0 }
}

pub(super) const fn is(version: u32, content: char) -> Step {
    step(By::Event, version, What::Is(content))
}

pub(super) const fn deleted(version: u32) -> Step {
    step(By::Event, version, What::Deleted)
}

pub(super) const fn opted_out(version: u32) -> Step {
    step(By::Event, version, What::OptedOut)
}

pub(super) const fn look(step: Step) -> Step {
    Step { by: By::Look, ..step }
}

pub(super) const fn read(version: u32, content: char) -> Step {
    step(By::Repair, version, What::Is(content))
}

pub(super) const fn read_opted_out(version: u32) -> Step {
    step(By::Repair, version, What::OptedOut)
}

pub(super) const fn unlisted(version: u32) -> Step {
    step(By::Repair, version, What::Deleted)
}

pub(super) const fn rewind(version: u32, content: char) -> Step {
    step(By::Rewind, version, What::Is(content))
}

pub(super) const fn rewind_opted_out(version: u32) -> Step {
    step(By::Rewind, version, What::OptedOut)
}

pub(super) const fn rewind_unlisted(version: u32) -> Step {
    step(By::Rewind, version, What::Deleted)
}

/// At this version the kind was deleted, which no event reports.
pub(super) const fn kind_deleted(version: u32, listed: char) -> Step {
    step(By::Listing(listed), version, What::Deleted)
}

pub(super) const fn later(step: Step) -> Step {
    Step { after: 1, ..step }
}

/// Name, the steps before that every process remembers, and the steps of each process.
pub(super) type Story = (&'static str, &'static [Step], &'static [&'static [Step]]);

pub(super) const EVENTS: &[Story] = &[
    ("a late create", &[], &[&[is(5, 'a')], &[deleted(7)]]),
    ("create, update, delete", &[], &[&[is(5, 'a')], &[is(6, 'b')], &[deleted(7)]]),
    ("create, update, delete, re-create", &[], &[&[is(5, 'a')], &[is(6, 'b')], &[deleted(7)], &[is(8, 'B')]]),
    ("delete, re-create, delete", &[], &[&[is(5, 'a')], &[deleted(7)], &[is(8, 'A')], &[deleted(9)]]),
    ("delete, re-create, update", &[], &[&[is(5, 'a')], &[deleted(7)], &[is(8, 'A')], &[is(10, 'B')]]),
    ("two updates by one process next to a delete", &[], &[&[is(5, 'a'), is(6, 'b')], &[deleted(7)]]),
    ("two updates by one process against a re-creation", &[], &[&[is(5, 'a'), is(6, 'b')], &[deleted(7), is(8, 'A')]]),
    (
        "two processes of two updates and a delete",
        &[],
        &[&[is(5, 'a'), is(8, 'c')], &[is(6, 'b'), is(9, 'd')], &[deleted(10)]],
    ),
    ("out of order in one process", &[], &[&[is(6, 'b'), is(5, 'a')], &[deleted(7)], &[is(9, 'A')]]),
    ("an equal content that was deleted in between", &[], &[&[is(5, 'a')], &[is(6, 'a'), is(7, 'b')], &[deleted(9)]]),
    ("equal contents next to a delete", &[], &[&[is(5, 'a')], &[is(6, 'a')], &[deleted(7)], &[is(8, 'A')]]),
    ("two deletes", &[], &[&[is(5, 'a')], &[deleted(7)], &[deleted(7)]]),
    ("opt out and opt in again", &[is(5, 'a')], &[&[opted_out(6)], &[is(7, 'b')], &[is(5, 'a')]]),
];

pub(super) const REPAIRS: &[Story] = &[
    ("a resync that read an object which was then deleted", &[], &[&[read(5, 'a')], &[is(6, 'b')], &[deleted(7)]]),
    ("a resync that read an object which was then re-created", &[], &[&[read(5, 'a')], &[deleted(7)], &[is(8, 'B')]]),
    ("a resync next to the event of the same state", &[], &[&[read(6, 'b')], &[is(6, 'b')], &[deleted(7)]]),
    ("a resync that found a lost delete", &[], &[&[unlisted(7)], &[is(5, 'a')], &[is(8, 'A')]]),
    (
        "a resync that found an orphan next to its delete",
        &[],
        &[&[unlisted(8)], &[is(5, 'a')], &[deleted(7)], &[is(9, 'A')]],
    ),
    (
        "two resyncs that found one orphan",
        &[is(5, 'a')],
        &[&[unlisted(7)], &[unlisted(8)], &[is(9, 'A')], &[is(5, 'a')]],
    ),
    ("a resync, the next one, and a lost event", &[], &[&[read(5, 'a'), unlisted(8)], &[is(6, 'b')], &[deleted(7)]]),
    ("a resync that is delivered again and reads another state", &[read(5, 'a')], &[&[read(6, 'b')], &[is(5, 'a')]]),
    (
        "a resync that is delivered again and lists again",
        &[is(5, 'a'), unlisted(7)],
        &[&[unlisted(9)], &[is(8, 'B')], &[is(5, 'a')]],
    ),
    ("a resync that found an opt-out", &[is(5, 'a')], &[&[read_opted_out(6)], &[is(7, 'b')], &[is(5, 'a')]]),
];

/// The cluster was restored: its versions start below those that every process has seen.
pub(super) const REWINDS: &[Story] = &[
    (
        "a state from before the restore",
        &[is(100, 'z')],
        &[&[rewind(5, 'a'), read(5, 'a')], &[is(5, 'a')], &[later(is(6, 'b')), deleted(7)]],
    ),
    (
        "the same content from before the restore",
        &[is(100, 'a')],
        &[&[rewind(5, 'a'), read(5, 'a')], &[is(5, 'a')], &[later(is(6, 'b'))]],
    ),
    ("a lost update", &[is(100, 'z')], &[&[rewind(5, 'a'), read(6, 'b')], &[is(5, 'a')]]),
    (
        "an update that was taken for late",
        &[is(100, 'z')],
        &[&[rewind(5, 'a'), read(6, 'b')], &[is(6, 'b')], &[later(deleted(8))]],
    ),
    (
        "a delete before the second look",
        &[is(100, 'z')],
        &[&[rewind(5, 'a'), unlisted(8)], &[deleted(7)], &[later(is(9, 'A'))]],
    ),
    (
        "a tombstone from before the restore",
        &[is(100, 'z'), deleted(101)],
        &[&[rewind(5, 'A'), read(5, 'A')], &[later(is(6, 'B'))], &[later(deleted(7))]],
    ),
    (
        "a tombstone from before the restore, and a deletion after it",
        &[is(100, 'z'), deleted(101)],
        &[&[rewind(5, 'A'), unlisted(8)], &[deleted(7)], &[later(is(9, 'a'))]],
    ),
    (
        "an opt-out of an object from before the restore",
        &[is(100, 'z')],
        &[&[rewind_opted_out(5), read_opted_out(5)], &[is(4, 'a')], &[later(is(6, 'b'))]],
    ),
    (
        "a lasting opt-out of an object from before the restore",
        &[is(100, 'z')],
        &[&[rewind_opted_out(5), read_opted_out(5)], &[is(4, 'a')], &[opted_out(5)]],
    ),
    (
        "an opt-out of an object that was deleted before the restore",
        &[is(100, 'z'), deleted(101)],
        &[&[rewind_opted_out(5), read_opted_out(5)], &[later(is(4, 'a'))], &[later(is(6, 'b'))]],
    ),
    ("an opt-in that was taken for late", &[is(100, 'z')], &[&[rewind_opted_out(5), read(6, 'b')], &[is(6, 'b')]]),
    (
        "an object that the restored cluster never had",
        &[is(100, 'z')],
        &[&[rewind_unlisted(8), unlisted(8)], &[is(5, 'a')], &[later(is(9, 'A'))]],
    ),
    (
        "an object that the restored cluster had, and a delete that was taken for late",
        &[is(100, 'z')],
        &[&[rewind_unlisted(8), unlisted(8)], &[is(5, 'a'), deleted(7)], &[is(5, 'a')]],
    ),
    (
        "an object that is created before the second look",
        &[is(100, 'z')],
        &[&[rewind_unlisted(8), read(9, 'A')], &[is(9, 'A')], &[later(deleted(10))]],
    ),
    (
        "an object that the restored cluster never had, and its tombstone",
        &[is(100, 'z'), deleted(101)],
        &[&[rewind_unlisted(8), unlisted(8)], &[later(is(9, 'A'))]],
    ),
    (
        "an object that was created and deleted after the list, without a restore",
        &[is(5, 'a')],
        &[&[rewind_unlisted(8), unlisted(12)], &[is(9, 'A')], &[deleted(10)]],
    ),
];

/// Resyncs that found a deleted kind, which has no list and so no version.
pub(super) const DELETED_KINDS: &[Story] = &[
    ("a deleted kind", &[is(5, 'a')], &[&[kind_deleted(8, 'a')], &[is(5, 'a')], &[deleted(7)]]),
    ("a re-created kind", &[is(5, 'a')], &[&[kind_deleted(7, 'a')], &[deleted(7), is(8, 'A')], &[is(5, 'a')]]),
    (
        "a re-created kind and an update",
        &[is(5, 'a')],
        &[&[kind_deleted(7, 'a')], &[deleted(7)], &[is(8, 'A'), is(9, 'B')]],
    ),
    ("a kind that was never deleted", &[is(5, 'a')], &[&[kind_deleted(5, 'a')], &[is(6, 'b')]]),
    (
        "a kind that two resyncs found deleted",
        &[is(5, 'a')],
        &[&[kind_deleted(7, 'a')], &[kind_deleted(7, 'a')], &[is(8, 'A')]],
    ),
];
