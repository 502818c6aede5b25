//! A bundled story: what a cluster sends while Promises and Apps are created, changed and deleted, and the result of each
//! event.

use crate::dev::{
    done::Done,
    table::{Row, Table},
};
use anyhow::Context;
use cloudevents::Event;
use runtime::Handler;
use std::io::Write;

/// One event of the story.
#[derive(Debug)]
pub(super) struct Scene {
    /// What happened in the cluster.
    pub(super) title: &'static str,
    /// The expected result.
    pub(super) expected: Done,
    /// The event in structured mode, as an ApiServerSource sends it.
    pub(super) event: &'static str,
}

const fn scene(title: &'static str, expected: Done, event: &'static str) -> Scene {
    Scene { title, expected, event }
}

/// The whole story, in the order of arrival.
pub(super) const SCENES: [Scene; 41] = [
    scene("a Promise is installed", Done::Created, include_str!("story/01-promise-app-installed.json")),
    scene("it is available", Done::Updated, include_str!("story/02-promise-app-available.json")),
    scene("an App is requested", Done::Created, include_str!("story/03-todoer-requested.json")),
    scene("Kratix labels it", Done::Unchanged, include_str!("story/04-todoer-labelled.json")),
    scene("its pipeline runs", Done::Updated, include_str!("story/05-todoer-pipeline-runs.json")),
    scene("it is deployed", Done::Updated, include_str!("story/06-todoer-deployed.json")),
    scene("the same event again", Done::Repeated, include_str!("story/07-todoer-deployed-again.json")),
    scene("it is ready", Done::Updated, include_str!("story/08-todoer-ready.json")),
    scene("an older state, late", Done::Late, include_str!("story/09-todoer-pipeline-runs-late.json")),
    scene("a team requests an App", Done::Created, include_str!("story/10-shop-requested.json")),
    scene("its pipeline runs", Done::Updated, include_str!("story/11-shop-pipeline-runs.json")),
    scene("it is ready", Done::Updated, include_str!("story/12-shop-ready.json")),
    scene("a Promise without an API", Done::Created, include_str!("story/13-promise-ingress-installed.json")),
    scene("an App, badly annotated", Done::Created, include_str!("story/14-cart-requested.json")),
    scene("its annotations fixed", Done::Updated, include_str!("story/15-cart-fixed.json")),
    scene("its pipeline fails", Done::Updated, include_str!("story/16-cart-failing.json")),
    scene("it is being deleted", Done::Updated, include_str!("story/17-todoer-being-deleted.json")),
    scene("it is deleted", Done::Removed, include_str!("story/18-todoer-deleted.json")),
    scene("an update of it, late", Done::Late, include_str!("story/19-todoer-deployed-late.json")),
    scene("it offers a new field", Done::Updated, include_str!("story/20-promise-app-changed.json")),
    scene("a third-party object", Done::Skipped, include_str!("story/21-third-party-job.json")),
    scene("an object without a kind", Done::Rejected, include_str!("story/22-object-without-a-kind.json")),
    scene("a namespace for payments", Done::Unchanged, include_str!("story/23-namespace.json")),
    scene("with a Broker", Done::Created, include_str!("story/24-broker.json")),
    scene("it is ready", Done::Updated, include_str!("story/25-broker-ready.json")),
    scene("a type of events", Done::Updated, include_str!("story/26-received.json")),
    scene("another one", Done::Updated, include_str!("story/27-processed.json")),
    scene("and another one", Done::Updated, include_str!("story/28-fraud.json")),
    scene("a function, by func", Done::Created, include_str!("story/29-processor.json")),
    scene("a Knative Service", Done::Created, include_str!("story/30-detector.json")),
    scene("a third-party Service", Done::Unchanged, include_str!("story/31-logger.json")),
    scene("the Service of an App", Done::Unchanged, include_str!("story/32-shop.json")),
    scene("by exact type", Done::Updated, include_str!("story/33-to-processor.json")),
    scene("by prefix", Done::Updated, include_str!("story/34-to-detector.json")),
    scene("by CESQL, may consume", Done::Updated, include_str!("story/35-to-logger.json")),
    scene("without a filter", Done::Updated, include_str!("story/36-to-shop.json")),
    scene("a source", Done::Created, include_str!("story/37-terminal.json")),
    scene("it says more", Done::Updated, include_str!("story/38-received-described.json")),
    scene("only one type", Done::Updated, include_str!("story/39-to-detector-narrowed.json")),
    scene("the same event again", Done::Repeated, include_str!("story/40-to-detector-again.json")),
    scene("an older state, late", Done::Late, include_str!("story/41-to-detector-late.json")),
];

/// Sends the scenes to a function, one after another, and writes the result of each as a table. Returns the scenes that
/// had another result than expected.
///
/// # Errors
/// If the table cannot be written.
pub(super) async fn play(
    scenes: &[Scene],
    function: &impl Handler,
    table: &mut Table<impl Write>,
) -> anyhow::Result<Vec<String>> {
    let mut unexpected = Vec::new();
    table.head()?;
    for (scene, number) in scenes.iter().zip(1..) {
        let event: Event =
            serde_json::from_str(scene.event).with_context(|| format!("scene {number} is not a valid event"))?;
        let row = Row::of(&event).titled(scene.title);
        let done = table.add(&row, &function.handle(event).await)?;
        if done != scene.expected {
            unexpected.push(format!("event {number} was {done}, not {}", scene.expected));
        }
    }
    Ok(unexpected)
}
