//! The suite against a real cluster: Kratix, Knative and a bucket as users have them. `tests/e2e/run` brings all of that up
//! and runs it; `just e2e KUBECONFIG=...` runs it against a cluster of your own.

#![expect(clippy::print_stdout, reason = "what it prints is what it is for")]

mod api;
mod backstage;
mod catalog;
mod cluster;
mod eventually;
mod http;
mod metrics;
mod recorder;
mod scenarios;
mod suite;

use crate::suite::Suite;
use futures::future::LocalBoxFuture;
use scenarios::{
    adapter, alone, binding, bucket, captures, deletions, func, func_schema, functions, hanging, install, life, mesh,
    overlays, permissions, plural, pod, remade, removal, secured, warm, with_backstage,
};
use std::{env, process::ExitCode, time::Instant};

type Scenario = for<'a> fn(&'a Suite) -> LocalBoxFuture<'a, anyhow::Result<()>>;

macro_rules! scenarios {
    ($($name:literal: $run:path,)*) => { &[$(($name, |suite| Box::pin($run(suite)))),*] };
}

/// In this order: each finds the install of the first ones, and no request but those of the first one.
const SCENARIOS: &[(&str, Scenario)] = scenarios![
    "kustomize renders every overlay and component": overlays::render,
    "the base alone names each value that is missing": install::base_alone,
    "an install over what is there catalogs all of it with the first resync": install::first_look,
    "callboard doctor waits for an install in a pod of its own, and finds nothing wrong": pod::commands,
    "no function can write to its file system or is root, and each asks for little": functions::hardened,
    "an App is cataloged while it is made, changed and deleted": life::app_life,
    "a Promise is cataloged while it is made, changed and deleted": life::promise_life,
    "how long it takes from kubectl to the object": warm::figures,
    "Callboard itself is in the catalog that it keeps": mesh::own::cataloged,
    "the payment example is cataloged: who provides and who consumes what": mesh::payments::cataloged,
    "who consumes or may consume payments is who receives them": mesh::reality::of_payments,
    "how long it takes from kubectl to a Trigger's object": warm::of_triggers,
    "the payment example is changed, moved to another Broker and deleted": mesh::lives::of_payments,
    "EventTypes that Knative makes are cataloged with what provides them": mesh::made::by_knative,
    "who consumes from a Channel is who receives": mesh::channel::subscribed,
    "an event goes from a source through an EventTransform to a URI, as the catalog says": mesh::relay::cataloged,
    "a restarted mesh rewrites nothing": mesh::repair::restarted,
    "one resync finds what the mesh missed": mesh::repair::missed,
    "a kind of the mesh that may not be read keeps its entities, and the others go on": mesh::rights::taken,
    "requests byte for byte as kn sends them reach every function": captures::through_the_broker,
    "a request whose plural the source cannot guess is cataloged by its Work": plural::irregular,
    "a ResourceBinding leads to the request it names": binding::circle,
    "a function that is scaled to zero wakes up on a change": functions::wake_up,
    "a function that is killed in the middle loses nothing": functions::killed,
    "what a function missed while it was down is a dead letter, and is dealt with later": functions::dead_letters,
    "one resync finds what changed while the source was down": adapter::stopped,
    "changes arrive although the bucket was unreachable for longer than an event is retried": bucket::unreachable,
    "nothing is written or deleted when the cluster is another one": deletions::another_cluster,
    "a kind that may not be read keeps its entities, and the others go on": permissions::taken,
    "a kind whose conversion webhook hangs is degraded, and the others are repaired": hanging::degraded,
    "one resync finds a request that is made with its Promise": remade::at_once,
    "the entities of a kind whose definition is deleted are deleted, or held": deletions::definition,
    "func.yaml is what the schema of func says": func_schema::valid,
    "func deploy works next to it, with a prefix of its own": func::deploy,
    "with EventPolicies only Callboard's own senders may send": secured::refused,
    "deleting the install leaves nothing behind": removal::nothing_left,
    "without Kratix the event mesh alone is ready, which callboard doctor waits for": alone::without_kratix,
];

/// With a real Backstage, which the first argument `backstage` asks for: tests/e2e/backstage/run. In this order, too.
const BACKSTAGE: &[(&str, Scenario)] = scenarios![
    "an install that knows Backstage shows it all that is there": with_backstage::install::shown,
    "the story's Promises and Apps come out of Backstage": with_backstage::story::shown,
    "the payment example comes out of Backstage, and so do its relations": with_backstage::payments::shown,
    "the four consumers of the event mesh plugin's demo are on the pages of what they consume": with_backstage::demo::shown,
    "an App shows while it is made, changed and deleted": with_backstage::changes::app_life,
    "eight writers in parallel lose nothing": with_backstage::changes::writers,
    "a filled form leads to an App and to its Component": with_backstage::circle::closed,
    "a Backstage that was down shows all after one resync": with_backstage::down::made_good,
    "what Backstage refuses is reported once, with its own words and the line to add": with_backstage::refused::reported,
    "callboard doctor finds what is wrong with Backstage, and names what fixes it": with_backstage::doctor::examined,
    "how long it takes from kubectl to Backstage": with_backstage::figures::one_by_one,
    "200 requests show when they are made, changed and deleted, and how long that takes": with_backstage::figures::bursts,
    "what refresh adds to the calls that it makes": with_backstage::figures::of_refresh,
    "deleting the install with Backstage leaves nothing behind": with_backstage::install::removed,
];

#[tokio::main]
async fn main() -> ExitCode {
    let mut asked: Vec<String> = env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let all = if asked.first().is_some_and(|first| first == "backstage") {
        asked.remove(0);
        BACKSTAGE
    } else {
        SCENARIOS
    };
    let wanted = |name: &str| asked.is_empty() || asked.iter().any(|part| name.contains(part.as_str()));
    let suite = match Suite::start().await {
        Ok(suite) => suite,
        Err(error) => {
            println!("the suite cannot start: {error:#}");
            return ExitCode::FAILURE;
        }
    };
    let (mut passed, mut failed) = (0, 0);
    for (name, scenario) in all.iter().filter(|(name, _)| wanted(name)) {
        println!("\n--- {name}");
        let began = Instant::now();
        let result = scenario(&suite).await;
        let seconds = began.elapsed().as_secs_f64();
        match result {
            Ok(()) => {
                passed += 1;
                println!("ok   {name} ({seconds:.1} s)");
            }
            Err(error) => {
                failed += 1;
                println!("FAILED {name} ({seconds:.1} s)\n{error:#}\n{}", suite.trouble());
            }
        }
    }
    println!("\n{passed} passed, {failed} failed");
    if passed > 0 && failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
