//! Whatever the store answers to whichever call, the Broker is answer to retry, and the retry loses nothing.

use crate::{
    story::{TODO, event},
    support::{Answer, answer, args, process, structured},
    wire::{Fault, Wire},
};
use axum::Router;
use bucket::{Body, S3};
use cloudevents::{AttributesReader, Event};
use futures::{StreamExt, future::join_all, stream};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
};

/// How often a call goes wrong that goes wrong for good.
const ALWAYS: usize = usize::MAX;

/// Which scene that is.
const RESTARTED_UPDATE: usize = 2;

const FAULTS: [Fault; 8] = [
    Fault::Refused(403, "AccessDenied"),
    Fault::Refused(409, "ConditionalRequestConflict"),
    Fault::Refused(412, "PreconditionFailed"),
    Fault::Refused(429, "TooManyRequests"),
    Fault::Refused(500, "InternalError"),
    Fault::Refused(503, "SlowDown"),
    Fault::Cut,
    Fault::Garbage,
];

#[tokio::test]
async fn a_call_that_keeps_failing_is_reported_and_the_redelivered_event_completes_it() {
    each_call(&FAULTS, 20, async |run| {
        let answer = run.first(ALWAYS).await;
        assert_eq!(answer.status, 503, "{run:?}: {answer:?}");
        assert!(!answer.body.contains('\n') && answer.body.len() <= 512, "{run:?}: {answer:?}");
        assert!(run.is_named_by(&answer.body), "{run:?}: {answer:?}");
        run.again().await;
    })
    .await;
}

#[tokio::test]
async fn a_call_that_fails_once_is_made_again_or_the_event_is() {
    each_call(&FAULTS, 20, async |run| {
        let answer = run.first(1).await;
        if run.is_overcome() {
            assert_eq!(answer, run.scene.answer, "{run:?}");
        } else {
            assert_eq!(answer.status, 503, "{run:?}: {answer:?}");
        }
        run.again().await;
    })
    .await;
}

#[tokio::test]
async fn a_call_that_hangs_is_given_up_in_time() {
    each_call(&[Fault::Hang], 3, async |run| {
        let answer = run.first(ALWAYS).await;
        assert_eq!(answer.status, 503, "{run:?}: {answer:?}");
        assert_eq!(answer.body, "the event was not dealt with within 3s", "{run:?}");
        run.again().await;
    })
    .await;
}

/// It takes the 12 seconds that the client gives a call and its tries; a paused clock would not wait for sockets.
#[tokio::test]
async fn a_store_that_does_not_answer_is_named_if_there_is_time() {
    let scene = Arc::new(scenes().await.swap_remove(RESTARTED_UPDATE));
    let silences = [
        ("HEAD entities/main/workshop.kratix.io/app/default/todo.yaml", Fault::Hang),
        ("GET state/entities/main/conditional-writes.json", Fault::Stall),
    ];
    let runs = silences.map(async |(call, fault)| {
        let run = Run::start(scene.clone(), call, fault, 60).await;
        let answer = run.first(ALWAYS).await;
        assert_eq!(answer.status, 503, "{run:?}: {answer:?}");
        assert!(run.is_named_by(&answer.body), "{run:?}: {answer:?}");
        run.again().await;
    });
    join_all(runs).await;
}

#[tokio::test]
async fn a_bucket_that_is_missing_is_named_with_the_way_out() {
    for scene in scenes().await {
        let run = Run::start(Arc::new(scene), "*", Fault::Refused(404, "NoSuchBucket"), 20).await;
        let answer = run.first(ALWAYS).await;
        assert_eq!(answer.status, 503, "{run:?}: {answer:?}");
        let says = "the bucket does not exist: create it or set CALLBOARD_BUCKET";
        assert!(answer.body.starts_with("failed to ") && answer.body.ends_with(says), "{run:?}: {answer:?}");
        run.again().await;
    }
}

/// An event whose calls go wrong, and how it ends if none does.
#[derive(Debug)]
struct Scene {
    /// Whether the process that gets it is not the one that got those before it.
    restarted: bool,
    before: Vec<Event>,
    event: Event,
    calls: BTreeSet<String>,
    answer: Answer,
    objects: BTreeMap<String, Body>,
}

async fn scenes() -> Vec<Scene> {
    let add = || event("add", "add", TODO, 1, 10, "A");
    let update = || event("update", "update", TODO, 1, 20, "B");
    let delete = || event("delete", "delete", TODO, 1, 30, "A");
    let mut scenes = Vec::new();
    for (restarted, before, event) in [
        (false, vec![], add()),
        (false, vec![add()], update()),
        (true, vec![add()], update()),
        (false, vec![add()], delete()),
        (true, vec![add()], delete()),
    ] {
        let (wire, router) = set(restarted, &before, 20).await;
        let answer = answer(&router, structured(&event)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let calls = wire.calls().into_iter().collect();
        scenes.push(Scene { restarted, before, event, calls, answer, objects: wire.store.objects() });
    }
    scenes
}

async fn set(restarted: bool, before: &[Event], seconds: u64) -> (Wire, Router) {
    let wire = Wire::start().await;
    let mut router = start(&wire, seconds);
    for event in before {
        answer(&router, structured(event)).await;
    }
    if restarted {
        router = start(&wire, seconds);
    }
    wire.calls();
    (wire, router)
}

fn start(wire: &Wire, seconds: u64) -> Router {
    let args_of_bucket = bucket::Args {
        bucket: "catalog".to_owned(),
        endpoint: Some(format!("http://{}", wire.address)),
        path_style: None,
        ca_bundle: None,
        unconditional: false,
    };
    let store = S3::with_credentials(args_of_bucket, "test", "test-secret");
    runtime::router(process(store), &args(seconds))
}

/// Each call of each scene goes wrong in each way, with this much time for an event.
async fn each_call(faults: &[Fault], seconds: u64, check: impl AsyncFn(Run)) {
    let mut runs = Vec::new();
    for scene in scenes().await.into_iter().map(Arc::new) {
        for call in &scene.calls {
            runs.extend(faults.iter().map(|fault| (scene.clone(), call.clone(), *fault)));
        }
    }
    assert!(runs.len() >= 15 * faults.len(), "{} runs are too few to be all", runs.len());
    let runs = stream::iter(runs)
        .map(async |(scene, call, fault)| check(Run::start(scene, &call, fault, seconds).await).await);
    runs.buffer_unordered(8).collect::<()>().await;
}

/// A scene of which one call goes wrong.
struct Run {
    scene: Arc<Scene>,
    call: String,
    fault: Fault,
    wire: Wire,
    router: Router,
}

impl Run {
    async fn start(scene: Arc<Scene>, call: &str, fault: Fault, seconds: u64) -> Self {
        let (wire, router) = set(scene.restarted, &scene.before, seconds).await;
        Self { scene, call: call.to_owned(), fault, wire, router }
    }

    async fn first(&self, times: usize) -> Answer {
        self.wire.break_off(&self.call, self.fault, times);
        answer(&self.router, structured(&self.scene.event)).await
    }

    /// The event comes again after the store has recovered.
    async fn again(&self) {
        self.wire.recover();
        assert_eq!(answer(&self.router, structured(&self.scene.event)).await, self.scene.answer, "{self:?}");
        assert_eq!(self.wire.store.objects(), self.scene.objects, "{self:?}");
    }

    /// Whether the text says what was tried on which key, and what the store said.
    fn is_named_by(&self, text: &str) -> bool {
        let (method, key) = self.call.split_once(' ').unwrap();
        let says = match self.fault {
            Fault::Refused(409 | 412, _) if text.contains("another writer") => {
                return text == format!("failed to write {key}: another writer was faster three times");
            }
            Fault::Refused(403, _) => "access denied (403",
            Fault::Refused(409, _) => "the store answered 409",
            Fault::Refused(412, _) => "the store answered 412",
            Fault::Refused(429, _) => "the store is too busy (429",
            Fault::Refused(500, _) => "the store answered 500",
            Fault::Refused(503, _) => "the store is too busy (503",
            Fault::Hang | Fault::Stall => "did not answer in time",
            _ => "the store cannot be used: ",
        };
        text.starts_with(&format!("failed to {} {key}", method.to_lowercase())) && text.contains(says)
    }

    /// Whether a fault that comes once is not noticed: the client tries again, or the write begins again.
    fn is_overcome(&self) -> bool {
        match self.fault {
            Fault::Refused(403 | 429, _) | Fault::Garbage | Fault::Hang | Fault::Stall => false,
            Fault::Refused(409 | 412, _) => {
                !["HEAD ", "GET ", "PUT state/entities/main/probe", "PUT state/entities/main/cond"]
                    .iter()
                    .any(|unconditional| self.call.starts_with(unconditional))
            }
            // Its head has arrived, so that the client does not try again.
            Fault::Cut => {
                self.call != "GET state/entities/main/conditional-writes.json" || self.scene.before.is_empty()
            }
            Fault::Refused(..) => true,
        }
    }
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} with {:?} at {} (restarted: {})",
            self.scene.event.id(),
            self.fault,
            self.call,
            self.scene.restarted
        )
    }
}
