//! Changes, one and many.

use super::{app_ref, cache_ref, mirrors};
use crate::{
    backstage::Backstage,
    cluster::Cluster,
    eventually::eventually,
    scenarios::{
        functions::removed,
        requests::{app, cache, caches, deployed, titled_app},
    },
    suite::{SHOP, Suite},
};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::{ops::Range, thread};

/// How many kubectl run in parallel.
pub(super) const WRITERS: usize = 8;
const BURST: usize = 200;

pub(crate) async fn app_life(suite: &Suite) -> Result<()> {
    let (backstage, component) = (Backstage::new()?, app_ref("hello"));
    suite.cluster.apply(&app("hello", "nginx:1")).await?;
    eventually("it shows before its pipeline has run", 10, async || backstage.present(&component).await).await?;
    deployed(suite, "hello", "nginx:1").await?;
    eventually("and that it runs", 30, async || {
        let entity = backstage.present(&component).await?;
        ensure!(entity["metadata"]["labels"]["callboard.dev/state"] == "reconciled", "{entity:#}");
        Ok(())
    })
    .await?;
    suite.cluster.apply(&titled_app("hello", "nginx:1", "Changed")).await?;
    eventually("the change shows", 10, async || backstage.titled(&component, "Changed").await).await?;
    suite.cluster.delete(&["apps.marketplace.kratix.io", "hello", "--namespace", SHOP])?;
    eventually("it goes", 10, async || backstage.absent(&component).await).await?;
    mirrors(suite, &backstage, 10).await.map(drop)
}

/// Each makes, changes and deletes its own requests as fast as it can.
pub(crate) async fn writers(suite: &Suite) -> Result<()> {
    let backstage = Backstage::new()?;
    at_once(|writer| {
        for number in 0..6 {
            let name = format!("written-{writer}-{number}");
            suite.cluster.apply_now(&cache(&name, "Made"))?;
            if number % 3 > 0 {
                suite.cluster.apply_now(&cache(&name, "Changed"))?;
            }
            if number % 3 > 1 {
                let delete = ["delete", "caches.e2e.callboard.dev", &name, "--wait=false", "--namespace", SHOP];
                suite.cluster.kubectl(&delete)?;
            }
        }
        Ok(())
    })?;
    let names = |kind: usize| -> Vec<String> {
        let all = (0..WRITERS).flat_map(|writer| [kind, kind + 3].map(|it| format!("written-{writer}-{it}")));
        all.map(|name| cache_ref(&name)).collect()
    };
    eventually("all that was made, changed and deleted shows", 30, async || {
        for (kind, title) in [(0, Value::from("Made")), (1, Value::from("Changed")), (2, Value::Null)] {
            let titles = backstage.titles(&names(kind)).await?;
            let right = titles.iter().filter(|it| **it == title).count();
            ensure!(right == titles.len(), "{right} of {} have the title {title}", titles.len());
        }
        Ok(())
    })
    .await?;
    removed(suite, "written").await?;
    mirrors(suite, &backstage, 30).await.map(drop)
}

/// Applies 200 Caches of this name by eight kubectl.
pub(super) fn apply(cluster: &Cluster, prefix: &str, title: &str) -> Result<()> {
    at_once(|writer| cluster.apply_now(&caches(prefix, part(writer), title)))
}

/// The part of the 200 that is one writer's.
pub(super) fn part(writer: usize) -> Range<usize> {
    let part = BURST / WRITERS;
    writer * part..(writer + 1) * part
}

/// An error as long as not all of the 200 have this title.
pub(super) async fn all_say(backstage: &Backstage, prefix: &str, title: Value) -> Result<()> {
    let references: Vec<String> = (0..BURST).map(|number| cache_ref(&format!("{prefix}-{number}"))).collect();
    let titles = backstage.titles(&references).await?;
    let right = titles.iter().filter(|it| **it == title).count();
    ensure!(right == BURST, "{right} of {BURST} do");
    Ok(())
}

/// Runs this eight times in parallel.
fn at_once(work: impl Fn(usize) -> Result<()> + Sync) -> Result<()> {
    thread::scope(|scope| {
        let work = &work;
        let writers: Vec<_> = (0..WRITERS).map(|writer| scope.spawn(move || work(writer))).collect();
        writers.into_iter().try_for_each(|writer| writer.join().ok().context("a writer panicked")?)
    })
}
