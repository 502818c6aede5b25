//! A bucket that answers one call at a time.

use crate::{Body, Condition, Conditional, Fault, Head, Page, Store, record::etag};
use std::{collections::BTreeMap, sync::Mutex};

/// The bucket. As in S3, the same content has the same ETag.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct World(pub(super) BTreeMap<String, (String, Body)>);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Answer {
    Head(Option<Head>),
    Get(Option<(Head, Vec<u8>)>),
    Put(Conditional<String>),
    Delete(Conditional<()>),
}

/// A store that gives recorded answers, then one from the world, then none.
pub(super) struct Tape(pub(super) Mutex<Playing>);

pub(super) struct Playing {
    pub(super) world: World,
    pub(super) answers: Vec<Answer>,
    pub(super) next: usize,
    pub(super) may_call: bool,
}

impl Tape {
    async fn answer(&self, live: impl FnOnce(&mut World) -> Answer) -> Answer {
        let recorded = {
            let mut playing = self.0.lock().unwrap();
            let Playing { world, answers, next, may_call } = &mut *playing;
            if *next == answers.len() && std::mem::take(may_call) {
                answers.push(live(world));
            }
            *next += 1;
            answers.get(*next - 1).cloned()
        };
        match recorded {
            Some(answer) => answer,
            None => std::future::pending().await,
        }
    }
}

impl Store for Tape {
    async fn head(&self, key: &str) -> Result<Option<Head>, Fault> {
        match self.answer(|world| Answer::Head(world.head(key))).await {
            Answer::Head(head) => Ok(head),
            other => panic!("the code asked for something else than before: {other:?}"),
        }
    }

    async fn get(&self, key: &str, _: usize) -> Result<Option<(Head, Vec<u8>)>, Fault> {
        let live = |world: &mut World| Answer::Get(world.head(key).map(|head| (head, world.0[key].1.bytes.clone())));
        match self.answer(live).await {
            Answer::Get(found) => Ok(found),
            other => panic!("the code asked for something else than before: {other:?}"),
        }
    }

    async fn put(&self, key: &str, body: Body, condition: Condition<'_>) -> Result<Conditional<String>, Fault> {
        match self.answer(|world| Answer::Put(world.put(key, body, condition))).await {
            Answer::Put(written) => Ok(written),
            other => panic!("the code asked for something else than before: {other:?}"),
        }
    }

    async fn delete(&self, key: &str, condition: Condition<'_>) -> Result<Conditional<()>, Fault> {
        let live = |world: &mut World| {
            let holds = world.holds(key, condition);
            Answer::Delete(if holds && world.0.remove(key).is_some() {
                Conditional::Done(())
            } else {
                Conditional::Lost
            })
        };
        match self.answer(live).await {
            Answer::Delete(deleted) => Ok(deleted),
            other => panic!("the code asked for something else than before: {other:?}"),
        }
    }

    async fn list(&self, _: &str, _: Option<&str>) -> Result<Page, Fault> {
        Ok(Page { objects: Vec::new(), next: None })
    }

    fn name(&self) -> String {
        "tape".into()
    }
}

impl World {
    fn head(&self, key: &str) -> Option<Head> {
        self.0.get(key).map(|(etag, body)| Head { etag: etag.clone(), metadata: body.metadata.clone() })
    }

    fn holds(&self, key: &str, condition: Condition<'_>) -> bool {
        match condition {
            Condition::Always => true,
            Condition::Absent => !self.0.contains_key(key),
            Condition::Is(etag) => self.0.get(key).is_some_and(|(held, _)| held == etag),
        }
    }

    fn put(&mut self, key: &str, body: Body, condition: Condition<'_>) -> Conditional<String> {
        if !self.holds(key, condition) {
            return Conditional::Lost;
        }
        let etag = etag(&body.bytes);
        self.0.insert(key.to_owned(), (etag.clone(), body));
        Conditional::Done(etag)
    }
}
