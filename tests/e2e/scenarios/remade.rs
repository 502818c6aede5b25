//! What no source ever tells.

use super::{
    adapter::reported_again,
    requests::{self, CACHE, cache},
};
use crate::{
    eventually::eventually,
    recorder::Recorded,
    suite::{SHOP, Suite, cache_key, promise_key},
};
use anyhow::{Result, ensure};
use std::time::Duration;

/// The adapter lists a kind that came back, and announces nothing of what it finds there.
pub(crate) async fn at_once(suite: &Suite) -> Result<()> {
    let catalog = suite.catalog()?;
    suite.cluster.delete(&["promise", "cache"])?;
    for key in [promise_key("cache"), cache_key("pages")] {
        eventually("the bucket follows the deletion", 30, async || catalog.absent(&key).await).await?;
    }
    // The longer a kind does not exist, the longer the adapter waits between two looks: 0.8 s at first, then twice as long.
    tokio::time::sleep(Duration::from_secs(12)).await;
    let mark = suite.recorder.mark();
    requests::promise(suite, CACHE, "cache").await?;
    let new = ["early", "pages"].map(cache_key);
    suite.cluster.apply(&[cache("early", "Early"), cache("pages", "")].concat()).await?;
    suite.tick().await?;
    for key in &new {
        catalog.present(key).await?;
    }
    let announced =
        |event: &&Recorded| event.attribute("kind") == "Cache" && event.ty() == "dev.knative.apiserver.resource.add";
    let announced = suite.recorder.since(mark).iter().filter(announced).count();
    println!("the source announced {announced} of 2 requests");
    eventually("the Promise is there too", 30, async || catalog.present(&promise_key("cache")).await).await?;
    // The next scenarios need a source that tells.
    suite.cluster.delete(&["caches.e2e.callboard.dev", "early", "--namespace", SHOP])?;
    suite.tick().await?;
    reported_again(suite, |title| cache("early", &title), &cache_key("early")).await?;
    suite.cluster.delete(&["caches.e2e.callboard.dev", "early", "--namespace", SHOP])?;
    eventually("and of deletions", 30, async || catalog.absent(&cache_key("early")).await).await?;
    ensure!(catalog.present(&cache_key("pages")).await.is_ok(), "the other one is gone, too");
    Ok(())
}
