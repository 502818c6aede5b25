//! How long it takes until Backstage shows a change, next to the raw calls of the same run.

use super::{
    cache_ref,
    changes::{WRITERS, all_say, apply, part},
    mirrors,
    raw::{self, Raw},
};
use crate::{
    api::Api,
    backstage::Backstage,
    eventually::eventually,
    metrics::Point,
    recorder::Recorded,
    scenarios::{
        functions::removed,
        requests::cache,
        warm::{line, since},
    },
    suite::{NAMESPACE, SHOP, Suite, cache_key},
};
use anyhow::{Context, Result, ensure};
use chrono::Utc;
use futures::future::try_join_all;
use serde_json::{Value, json};
use std::{
    env,
    time::{Duration, Instant},
};

/// How often each step is measured, if CALLBOARD_E2E_TIMES does not say so.
const TIMES: usize = 15;
const CALLS: usize = 20;
const ROUNDS: usize = 3;

/// What happens to an object; what its event's type ends with, and what the reply says.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Step {
    New,
    Change,
    Removal,
}

const STEPS: [Step; 3] = [Step::New, Step::Change, Step::Removal];

/// Seconds of one change, from the start of kubectl.
struct Way {
    adapter: f64,
    broker: f64,
    function: f64,
    reply: f64,
    visible: f64,
}

/// Prints figures; a busy machine makes no failure, a missing entity does.
pub(crate) async fn one_by_one(suite: &Suite) -> Result<()> {
    let backstage = Backstage::new()?;
    let raw = Raw::new(suite, &backstage).await?;
    let before = [totals(suite, "apps"), totals(suite, "refresh")];
    let (mut ours, mut theirs) = ([const { Vec::new() }; 3], [const { Vec::new() }; 3]);
    let times = env::var("CALLBOARD_E2E_TIMES").ok().and_then(|times| times.parse().ok()).unwrap_or(TIMES);
    for number in 0..times {
        let name = format!("timed-{number}");
        for (index, step) in STEPS.into_iter().enumerate() {
            spread(number, times).await;
            ours[index].push(way(suite, &backstage, step, &name).await?);
            spread(number, times).await;
            theirs[index].push(by_hand(&backstage, &raw, step, &name).await?);
        }
    }
    for (step, (ours, theirs)) in STEPS.into_iter().zip(ours.iter().zip(&theirs)) {
        println!("{step:?}, {times} times, one after another: milliseconds at p50 and p99 (goal: 1500 and 3000)");
        let whole = line("kubectl -> Backstage's API", ours.iter().map(|way| way.visible));
        line("  kubectl, API server and adapter, to the event's time", ours.iter().map(|way| way.adapter));
        line("  adapter -> Broker", ours.iter().map(|way| way.broker - way.adapter));
        line("  Broker -> subscriber", ours.iter().map(|way| way.function - way.broker));
        line("  function, S3 and Broker, to who hears the reply", ours.iter().map(|way| way.reply - way.function));
        line("  refresh and Backstage", ours.iter().map(|way| way.visible - way.reply));
        let raw = line("raw S3 and raw call -> Backstage's API", theirs.iter().copied());
        println!("beyond the raw calls at p50: {:.0} ms (goal: at most 500)", whole - raw);
    }
    for (function, before) in ["apps", "refresh"].into_iter().zip(before) {
        let now = totals(suite, function);
        let [events, s3, backstage] = [0, 1, 2].map(|index| now[index].clone().since(&before[index]));
        println!(
            "{function}, {} events: mean {:.1} ms, of which S3 {:.1} ms and Backstage {:.1} ms",
            events.count,
            events.mean() * 1e3,
            s3.sum / events.count * 1e3,
            backstage.sum / events.count * 1e3,
        );
    }
    mirrors(suite, &backstage, 30).await.map(drop)
}

/// Backstage looks for work each second: without a pause of some length, each change would begin just after such a look.
async fn spread(number: usize, times: usize) {
    let part = (number * 7 + 3) % times;
    tokio::time::sleep(Duration::from_secs(1) * part as u32 / times as u32).await;
}

/// One change by Callboard, and where it was when.
async fn way(suite: &Suite, backstage: &Backstage, step: Step, name: &str) -> Result<Way> {
    let (reference, key, mark, began) = (cache_ref(name), cache_key(name), suite.recorder.mark(), Utc::now());
    match step {
        Step::New => suite.cluster.apply_now(&cache(name, "New"))?,
        Step::Change => suite.cluster.apply_now(&cache(name, "Change"))?,
        Step::Removal => {
            let delete = ["delete", "caches.e2e.callboard.dev", name, "--wait=false", "--namespace", SHOP];
            suite.cluster.kubectl(&delete).map(drop)?;
        }
    }
    shows(backstage, step, &reference).await?;
    let visible = since(began, Utc::now());
    let (ty, action) = match step {
        Step::New => ("add", "created"),
        Step::Change => ("update", "updated"),
        Step::Removal => ("delete", "deleted"),
    };
    let ty = format!("dev.knative.apiserver.resource.{ty}");
    let is_event = |event: &Recorded| {
        let is_later = step != Step::Change || event.data["metadata"]["annotations"]["callboard.dev/title"] == "Change";
        event.ty() == ty && event.attribute("name") == name && is_later
    };
    let event = eventually("its event", 10, async || suite.recorder.find(mark, is_event)).await?;
    let is_reply = |event: &Recorded| event.is_of("apps") && event.says(action, &key);
    let reply = eventually("the reply", 10, async || suite.recorder.find(mark, is_reply)).await?;
    Ok(Way {
        adapter: since(began, event.time("time")?),
        broker: since(began, event.time("knativearrivaltime")?),
        function: since(began, event.at),
        reply: since(began, reply.at),
        visible,
    })
}

/// The same with the raw calls, in seconds.
async fn by_hand(backstage: &Backstage, raw: &Raw<'_>, step: Step, name: &str) -> Result<f64> {
    let location = match step {
        Step::Change => backstage.locations().await?.remove(&raw::key(name)).context("it has no Location")?,
        Step::New | Step::Removal => String::new(),
    };
    let began = Instant::now();
    match step {
        Step::New => raw.create(name, "New").await?,
        Step::Change => raw.change(name, "Change", &location).await?,
        Step::Removal => raw.remove(name).await?,
    }
    shows(backstage, step, &raw::reference(name)).await?;
    Ok(began.elapsed().as_secs_f64())
}

async fn shows(backstage: &Backstage, step: Step, reference: &str) -> Result<()> {
    let look = async || match step {
        Step::New => backstage.present(reference).await.map(drop),
        Step::Change => backstage.titled(reference, "Change").await,
        Step::Removal => backstage.absent(reference).await,
    };
    backstage.until(30, look).await.with_context(|| format!("{step:?} of {reference}"))
}

/// Events, calls to S3 and calls to Backstage of a function.
fn totals(suite: &Suite, function: &str) -> [Point; 3] {
    let service = format!("service={function}");
    ["callboard_event_duration_seconds", "callboard_s3_duration_seconds", "callboard_backstage_duration_seconds"]
        .map(|name| suite.metrics.total(name, &[&service]))
}

/// 200 requests are made, changed and deleted. The changes take turns with the same ones by the raw calls.
pub(crate) async fn bursts(suite: &Suite) -> Result<()> {
    let backstage = Backstage::new()?;
    let raw = Raw::new(suite, &backstage).await?;
    let names: Vec<String> = (0..200).map(|number| format!("many-{number}")).collect();
    let references: Vec<String> = names.iter().map(|name| raw::reference(name)).collect();
    let say = async |title: &str| {
        let titles = backstage.titles(&references).await?;
        ensure!(titles.iter().all(|it| it == title), "not all say {title}");
        Ok(())
    };
    apply(&suite.cluster, "many", "First")?;
    raw.all(&names, Some("First")).await?;
    eventually("all are there", 60, async || say("First").await).await?;
    eventually("ours, too", 60, async || all_say(&backstage, "many", "First".into()).await).await?;
    mirrors(suite, &backstage, 60).await?;
    let locations = backstage.locations().await?;
    let (api, mut ratios) = (Api::start().await?, Vec::new());
    for round in 0..ROUNDS {
        let title = format!("Round {round}");
        let (mark, at, began) = (suite.recorder.mark(), Utc::now(), Instant::now());
        retitle(&api, &title).await?;
        let applied = began.elapsed().as_secs_f64();
        eventually("all show", 120, async || all_say(&backstage, "many", title.as_str().into()).await).await?;
        let ours = began.elapsed().as_secs_f64();
        let replies = suite.recorder.since(mark).into_iter().filter(|event| event.is_of("apps"));
        let reported = replies.map(|event| since(at, event.at)).fold(0.0, f64::max);
        let began = Instant::now();
        raw.change_all(WRITERS, &names, &title, &locations).await?;
        let put = began.elapsed().as_secs_f64();
        eventually("all show", 120, async || say(&title).await).await?;
        let theirs = began.elapsed().as_secs_f64();
        println!(
            "200 changes by {WRITERS} writers: {ours:.2} s, with the last one written after {applied:.2} s and told after {reported:.2} s; raw {theirs:.2} s, written after {put:.2} s"
        );
        ratios.push(ours / theirs);
    }
    ratios.sort_by(f64::total_cmp);
    println!("{:.2} times the raw calls at p50 (goal: at most 1.3)", ratios[ROUNDS / 2]);
    removed(suite, "many").await?;
    eventually("none shows", 60, async || all_say(&backstage, "many", Value::Null).await).await?;
    raw.all(&names, None).await?;
    mirrors(suite, &backstage, 60).await.map(drop)
}

/// Gives the 200 a title by eight writers that hold their connections: eight kubectl take longer than all that is measured.
async fn retitle(api: &Api, title: &str) -> Result<()> {
    let patch = json!({"metadata": {"annotations": {"callboard.dev/title": title}}});
    let writers = (0..WRITERS).map(async |writer| {
        for number in part(writer) {
            let path = format!("apis/e2e.callboard.dev/v1/namespaces/{SHOP}/caches/many-{number}");
            api.patch(&path, &patch).await?;
        }
        anyhow::Ok(())
    });
    try_join_all(writers).await.map(drop)
}

/// An event straight to it, and the call that it makes, in turn.
pub(crate) async fn of_refresh(suite: &Suite) -> Result<()> {
    let (backstage, key, mark) = (Backstage::new()?, cache_key("told-0"), suite.recorder.mark());
    suite.cluster.apply(&cache("told-0", "Made")).await?;
    eventually("it is there", 30, async || backstage.present(&cache_ref("told-0")).await).await?;
    suite.cluster.apply(&cache("told-0", "Changed")).await?;
    let is_reply = |event: &Recorded| event.is_of("apps") && event.says("updated", &key);
    let event = eventually("the reply", 30, async || suite.recorder.find(mark, is_reply)).await?;
    let location = backstage.locations().await?.remove(&key).context("it has no Location")?;
    let refresh = suite.cluster.target(&format!("http://refresh.{NAMESPACE}.svc.cluster.local"))?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for number in 0..CALLS {
        // Until Backstage has done with the one before.
        tokio::time::sleep(Duration::from_millis(500)).await;
        let began = Instant::now();
        let status = backstage.post_event(&refresh, &event, &format!("told-{number}")).await?;
        ours.push(began.elapsed().as_secs_f64());
        ensure!(status == 204 || status == 200, "refresh answered {status}");
        tokio::time::sleep(Duration::from_millis(500)).await;
        let began = Instant::now();
        ensure!(backstage.refresh(&location).await? == 200, "Backstage does not take the raw call");
        theirs.push(began.elapsed().as_secs_f64());
    }
    println!("{CALLS} calls in turn: milliseconds at p50 and p99");
    let ours = line("an event to refresh", ours.into_iter());
    let theirs = line("raw POST /api/catalog/refresh", theirs.into_iter());
    println!("refresh adds {:.1} ms at p50 (goal: at most 20)", ours - theirs);
    removed(suite, "told").await
}
