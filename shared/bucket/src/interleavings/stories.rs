//! What the processes are told.

/// What a process is told of the one source object, at this resourceVersion.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Step {
    pub(super) by: By,
    pub(super) version: u32,
    pub(super) what: What,
    /// How far the first process must be, since what this tells happened after that.
    pub(super) after: usize,
}

/// Contents in lower case are of the first life, in upper case of the second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum What {
    Is(char),
    OptedOut,
    Gone,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum By {
    Event,
    /// A tick, which read the live object or a list; all of them have the same cause.
    Repair,
    Rewind,
    /// A tick whose listing showed this content, of a kind that is gone.
    Listing(char),
}

pub(super) const fn step(by: By, version: u32, what: What) -> Step {
    Step { by, version, what, after: 0 }
}

pub(super) const fn is(version: u32, content: char) -> Step {
    step(By::Event, version, What::Is(content))
}

pub(super) const fn gone(version: u32) -> Step {
    step(By::Event, version, What::Gone)
}

pub(super) const fn opted_out(version: u32) -> Step {
    step(By::Event, version, What::OptedOut)
}

pub(super) const fn read(version: u32, content: char) -> Step {
    step(By::Repair, version, What::Is(content))
}

pub(super) const fn read_opted_out(version: u32) -> Step {
    step(By::Repair, version, What::OptedOut)
}

pub(super) const fn unlisted(version: u32) -> Step {
    step(By::Repair, version, What::Gone)
}

pub(super) const fn rewind(version: u32, content: char) -> Step {
    step(By::Rewind, version, What::Is(content))
}

pub(super) const fn rewind_opted_out(version: u32) -> Step {
    step(By::Rewind, version, What::OptedOut)
}

pub(super) const fn rewind_unlisted(version: u32) -> Step {
    step(By::Rewind, version, What::Gone)
}

/// At this version the kind went, which nobody tells.
pub(super) const fn kind_gone(version: u32, listed: char) -> Step {
    step(By::Listing(listed), version, What::Gone)
}

pub(super) const fn later(step: Step) -> Step {
    Step { after: 1, ..step }
}

/// Name, what was before in the memory of every process, what each of them is told.
pub(super) type Story = (&'static str, &'static [Step], &'static [&'static [Step]]);

pub(super) const EVENTS: &[Story] = &[
    ("a late create", &[], &[&[is(5, 'a')], &[gone(7)]]),
    ("create, update, delete", &[], &[&[is(5, 'a')], &[is(6, 'b')], &[gone(7)]]),
    ("create, update, delete, re-create", &[], &[&[is(5, 'a')], &[is(6, 'b')], &[gone(7)], &[is(8, 'B')]]),
    ("two lives", &[], &[&[is(5, 'a')], &[gone(7)], &[is(8, 'A')], &[gone(9)]]),
    ("delete, re-create, update", &[], &[&[is(5, 'a')], &[gone(7)], &[is(8, 'A')], &[is(10, 'B')]]),
    ("two updates by one process beside a delete", &[], &[&[is(5, 'a'), is(6, 'b')], &[gone(7)]]),
    ("two updates by one process against a re-creation", &[], &[&[is(5, 'a'), is(6, 'b')], &[gone(7), is(8, 'A')]]),
    (
        "two processes of two updates and a delete",
        &[],
        &[&[is(5, 'a'), is(8, 'c')], &[is(6, 'b'), is(9, 'd')], &[gone(10)]],
    ),
    ("out of order in one process", &[], &[&[is(6, 'b'), is(5, 'a')], &[gone(7)], &[is(9, 'A')]]),
    ("an equal content that was buried in between", &[], &[&[is(5, 'a')], &[is(6, 'a'), is(7, 'b')], &[gone(9)]]),
    ("equal contents beside a delete", &[], &[&[is(5, 'a')], &[is(6, 'a')], &[gone(7)], &[is(8, 'A')]]),
    ("two deletes", &[], &[&[is(5, 'a')], &[gone(7)], &[gone(7)]]),
    ("an opting out and in again", &[is(5, 'a')], &[&[opted_out(6)], &[is(7, 'b')], &[is(5, 'a')]]),
];

pub(super) const REPAIRS: &[Story] = &[
    ("a tick that read what died since", &[], &[&[read(5, 'a')], &[is(6, 'b')], &[gone(7)]]),
    ("a tick that read what lives again since", &[], &[&[read(5, 'a')], &[gone(7)], &[is(8, 'B')]]),
    ("a tick beside the event of what it read", &[], &[&[read(6, 'b')], &[is(6, 'b')], &[gone(7)]]),
    ("a tick that found a delete that was missed", &[], &[&[unlisted(7)], &[is(5, 'a')], &[is(8, 'A')]]),
    ("a tick that found an orphan beside its delete", &[], &[&[unlisted(8)], &[is(5, 'a')], &[gone(7)], &[is(9, 'A')]]),
    ("two ticks that found one orphan", &[is(5, 'a')], &[&[unlisted(7)], &[unlisted(8)], &[is(9, 'A')], &[is(5, 'a')]]),
    ("a tick and the next, and what was missed", &[], &[&[read(5, 'a'), unlisted(8)], &[is(6, 'b')], &[gone(7)]]),
    ("a tick that comes again and reads another state", &[read(5, 'a')], &[&[read(6, 'b')], &[is(5, 'a')]]),
    (
        "a tick that comes again and lists anew",
        &[is(5, 'a'), unlisted(7)],
        &[&[unlisted(9)], &[is(8, 'B')], &[is(5, 'a')]],
    ),
    ("a tick that found an opting out", &[is(5, 'a')], &[&[read_opted_out(6)], &[is(7, 'b')], &[is(5, 'a')]]),
];

/// The cluster was restored, and counts anew from below what every process has seen.
pub(super) const REWINDS: &[Story] = &[
    (
        "a state of the old count",
        &[is(100, 'z')],
        &[&[rewind(5, 'a'), read(5, 'a')], &[is(5, 'a')], &[later(is(6, 'b')), gone(7)]],
    ),
    (
        "the same content in the old count",
        &[is(100, 'a')],
        &[&[rewind(5, 'a'), read(5, 'a')], &[is(5, 'a')], &[later(is(6, 'b'))]],
    ),
    ("an update that was missed", &[is(100, 'z')], &[&[rewind(5, 'a'), read(6, 'b')], &[is(5, 'a')]]),
    (
        "an update that was taken for late",
        &[is(100, 'z')],
        &[&[rewind(5, 'a'), read(6, 'b')], &[is(6, 'b')], &[later(gone(8))]],
    ),
    (
        "a delete before the second look",
        &[is(100, 'z')],
        &[&[rewind(5, 'a'), unlisted(8)], &[gone(7)], &[later(is(9, 'A'))]],
    ),
    (
        "a death of the old count",
        &[is(100, 'z'), gone(101)],
        &[&[rewind(5, 'A'), read(5, 'A')], &[later(is(6, 'B'))], &[later(gone(7))]],
    ),
    (
        "a death of the old count, and one of the new",
        &[is(100, 'z'), gone(101)],
        &[&[rewind(5, 'A'), unlisted(8)], &[gone(7)], &[later(is(9, 'a'))]],
    ),
    (
        "an opting out of what the old count has",
        &[is(100, 'z')],
        &[&[rewind_opted_out(5), read_opted_out(5)], &[is(4, 'a')], &[later(is(6, 'b'))]],
    ),
    (
        "an opting out of what the old count has, that lasts",
        &[is(100, 'z')],
        &[&[rewind_opted_out(5), read_opted_out(5)], &[is(4, 'a')], &[opted_out(5)]],
    ),
    (
        "an opting out of what the old count buried",
        &[is(100, 'z'), gone(101)],
        &[&[rewind_opted_out(5), read_opted_out(5)], &[later(is(4, 'a'))], &[later(is(6, 'b'))]],
    ),
    ("an opting in that was taken for late", &[is(100, 'z')], &[&[rewind_opted_out(5), read(6, 'b')], &[is(6, 'b')]]),
    (
        "what the new count never had",
        &[is(100, 'z')],
        &[&[rewind_unlisted(8), unlisted(8)], &[is(5, 'a')], &[later(is(9, 'A'))]],
    ),
    (
        "what the new count had, and a delete that was taken for late",
        &[is(100, 'z')],
        &[&[rewind_unlisted(8), unlisted(8)], &[is(5, 'a'), gone(7)], &[is(5, 'a')]],
    ),
    (
        "what the new count makes before the second look",
        &[is(100, 'z')],
        &[&[rewind_unlisted(8), read(9, 'A')], &[is(9, 'A')], &[later(gone(10))]],
    ),
    (
        "what the new count never had, in a death of the old count",
        &[is(100, 'z'), gone(101)],
        &[&[rewind_unlisted(8), unlisted(8)], &[later(is(9, 'A'))]],
    ),
    (
        "what was made after the list and is gone, and no old count at all",
        &[is(5, 'a')],
        &[&[rewind_unlisted(8), unlisted(12)], &[is(9, 'A')], &[gone(10)]],
    ),
];

/// Ticks that found a kind gone, which has no list and so no version.
pub(super) const GONE_KINDS: &[Story] = &[
    ("a kind that is gone", &[is(5, 'a')], &[&[kind_gone(8, 'a')], &[is(5, 'a')], &[gone(7)]]),
    ("a kind that is made again", &[is(5, 'a')], &[&[kind_gone(7, 'a')], &[gone(7), is(8, 'A')], &[is(5, 'a')]]),
    (
        "a kind that is made again, and an update",
        &[is(5, 'a')],
        &[&[kind_gone(7, 'a')], &[gone(7)], &[is(8, 'A'), is(9, 'B')]],
    ),
    ("a kind that was never gone", &[is(5, 'a')], &[&[kind_gone(5, 'a')], &[is(6, 'b')]]),
    ("a kind that two ticks found gone", &[is(5, 'a')], &[&[kind_gone(7, 'a')], &[kind_gone(7, 'a')], &[is(8, 'A')]]),
];
