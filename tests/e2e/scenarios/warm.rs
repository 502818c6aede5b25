//! How long a change takes on its way, and where.

use super::{functions::removed, mesh::payments, requests::cache};
use crate::{
    catalog::Catalog,
    eventually::eventually,
    recorder::Recorded,
    suite::{Suite, cache_key},
};
use anyhow::{Result, ensure};
use chrono::{DateTime, Utc};

const CHANGES: usize = 40;

/// What is measured.
struct Measured<'a> {
    /// The function that writes it.
    function: &'a str,
    what: &'a str,
    /// The object of this name, and its key.
    object: fn(&str) -> String,
    key: fn(&str) -> String,
    changes: usize,
}

/// Seconds of one change, from the start of kubectl.
struct Way {
    adapter: f64,
    broker: f64,
    subscriber: f64,
    object: f64,
}

/// Prints figures; a busy machine makes no failure, a missing object does.
pub(crate) async fn figures(suite: &Suite) -> Result<()> {
    suite.cluster.apply(&cache("warm-0", "")).await?;
    let catalog = suite.catalog()?;
    eventually("the function is awake", 60, async || catalog.present(&cache_key("warm-0")).await).await?;
    let object = |name: &str| cache(name, "");
    measure(suite, &Measured { function: "apps", what: "requests", object, key: cache_key, changes: CHANGES }).await?;
    removed(suite, "warm").await
}

/// The same for Triggers of the payment example.
pub(crate) async fn of_triggers(suite: &Suite) -> Result<()> {
    payments::apply(suite).await?;
    let (object, key) = (payments::warm_trigger, payments::trigger_key);
    measure(suite, &Measured { function: "mesh", what: "Triggers", object, key, changes: CHANGES / 2 }).await?;
    suite.cluster.delete(&["triggers", "--namespace", "payments", "--selector=e2e.callboard.dev/suite=warm"])
}

async fn measure(suite: &Suite, measured: &Measured<'_>) -> Result<()> {
    let (catalog, service) = (suite.catalog()?, format!("service={}", measured.function));
    let functions = [service.as_str()];
    let (handled, stored) = ("callboard_event_duration_seconds", "callboard_s3_duration_seconds");
    let before = (suite.metrics.total(handled, &functions), suite.metrics.total(stored, &functions));
    let mut ways = Vec::new();
    for number in 1..=measured.changes {
        ways.push(one(suite, &catalog, measured, &format!("warm-{number}")).await?);
    }
    let least = before.0.count + measured.changes as f64;
    eventually("the metrics are here", 10, async || {
        let now = suite.metrics.total(handled, &functions).count;
        ensure!(now >= least, "{now} events of {least}");
        Ok(())
    })
    .await?;
    let events = suite.metrics.total(handled, &functions).since(&before.0);
    let calls = suite.metrics.total(stored, &functions).since(&before.1);
    println!("{} {}, one after another: milliseconds at p50 and p99", measured.changes, measured.what);
    line("kubectl apply -> object in the bucket", ways.iter().map(|way| way.object));
    line("  kubectl, API server and adapter, to the event's time", ways.iter().map(|way| way.adapter));
    line("  adapter -> Broker", ways.iter().map(|way| way.broker - way.adapter));
    line("  Broker -> subscriber", ways.iter().map(|way| way.subscriber - way.broker));
    line("  subscriber -> object seen", ways.iter().map(|way| way.object - way.subscriber));
    let (whole, stored) = (events.mean() * 1e3, calls.sum / events.count * 1e3);
    println!(
        "the function, {} events: p50 at most {:.1} ms, p99 at most {:.1} ms, mean {whole:.2} ms, of which S3 {stored:.2} ms in {:.1} calls",
        events.count,
        events.quantile(0.5) * 1e3,
        events.quantile(0.99) * 1e3,
        calls.count / events.count,
    );
    // The mean of what is skewed to the right is above its p50.
    let verdict = if whole - stored <= 10.0 { "within" } else { "NOT within" };
    println!("the function without S3: mean {:.2} ms, {verdict} 10 ms", whole - stored);
    Ok(())
}

async fn one(suite: &Suite, catalog: &Catalog, measured: &Measured<'_>, name: &str) -> Result<Way> {
    let (mark, began) = (suite.recorder.mark(), Utc::now());
    suite.cluster.apply(&(measured.object)(name)).await?;
    let key = (measured.key)(name);
    // As often as the store answers: the pause of `eventually` is longer than what is measured.
    let deadline = began + chrono::TimeDelta::seconds(30);
    while catalog.present(&key).await.is_err() {
        ensure!(Utc::now() < deadline, "{key} did not come in 30 s");
    }
    let object = since(began, Utc::now());
    let asked =
        |event: &Recorded| event.ty() == "dev.knative.apiserver.resource.add" && event.attribute("name") == name;
    let event = eventually("its event", 10, async || suite.recorder.find(mark, asked)).await?;
    Ok(Way {
        adapter: since(began, event.time("time")?),
        broker: since(began, event.time("knativearrivaltime")?),
        subscriber: since(began, event.at),
        object,
    })
}

pub(super) fn since(began: DateTime<Utc>, at: DateTime<Utc>) -> f64 {
    (at - began).as_seconds_f64()
}

/// Prints milliseconds at p50 and p99; returns those at p50.
pub(super) fn line(what: &str, seconds: impl Iterator<Item = f64>) -> f64 {
    let mut all: Vec<f64> = seconds.collect();
    all.sort_by(f64::total_cmp);
    let at = |part: f64| all[((all.len() - 1) as f64 * part).round() as usize] * 1e3;
    println!("{what:<58}{:>8.1}{:>8.1}", at(0.5), at(0.99));
    at(0.5)
}
