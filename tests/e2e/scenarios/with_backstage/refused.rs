//! What Backstage refuses.

use super::{asked, mirrors};
use crate::{
    backstage::{Backstage, TOKEN},
    eventually::eventually,
    recorder::Recorded,
    suite::{PAYMENTS, Suite},
};
use anyhow::{Result, bail, ensure};

const REFUSED: &str = "dev.callboard.entity.refused";
const KEY: &str = "entities/main/core/namespace/payments.yaml";
const SYSTEM: &str = "system:default/namespace-payments";

/// Its catalog.rules lack a kind, and so it takes nothing of the object.
pub(crate) async fn reported(suite: &Suite) -> Result<()> {
    let backstage = Backstage::new()?;
    Backstage::stop()?;
    Backstage::start(&["without-systems.yaml"])?;
    let mark = suite.recorder.mark();
    titled(suite, "Refused")?;
    let of_object = |event: &Recorded| event.ty() == REFUSED && event.data["key"] == KEY;
    let refused = eventually("it is reported", 30, async || suite.recorder.find(mark, of_object)).await?;
    ensure!(refused.is_of("refresh") && refused.attribute("subject") == "namespace/payments", "{refused:?}");
    let said = &refused.data["refused"][0];
    let (reason, advice) = (said["reason"].as_str().unwrap_or_default(), said["advice"].as_str().unwrap_or_default());
    ensure!(reason.contains("not of an allowed kind") || reason.contains("is not allowed"), "{}", refused.data);
    ensure!(advice.contains("catalog.rules") || advice.contains("catalog:"), "{}", refused.data);
    ensure!(advice.contains("System"), "the advice does not name the kind: {}", refused.data);
    println!("{reason}\n{advice}");

    for _ in 0..2 {
        suite.tick().await?;
    }
    let times = suite.recorder.since(mark).iter().filter(|event| of_object(event)).count();
    ensure!(times == 1, "it was reported {times} times");
    let Err(drift) = asked(suite, "drift", TOKEN, &[]) else { bail!("callboard drift finds nothing") };
    let drift = format!("{drift:#}");
    ensure!(drift.contains(SYSTEM) || drift.contains(KEY), "callboard drift does not list it: {drift}");
    ensure!(drift.contains("System"), "callboard drift does not say why: {drift}");

    titled(suite, "Refused again")?;
    eventually("another change is reported, too", 30, async || {
        let times = suite.recorder.since(mark).iter().filter(|event| of_object(event)).count();
        ensure!(times == 2, "{times} times");
        Ok(())
    })
    .await?;
    Backstage::stop()?;
    Backstage::start(&[])?;
    titled(suite, "Allowed")?;
    eventually("with the line added, it shows", 30, async || backstage.titled(SYSTEM, "Allowed").await).await?;
    titled(suite, "")?;
    // Backstage reads again by itself what it refused, as without-systems.yaml asks it to.
    mirrors(suite, &backstage, 120).await?;
    super::doctor::only_consumers(asked(suite, "drift", TOKEN, &[])).map(drop)
}

fn titled(suite: &Suite, title: &str) -> Result<()> {
    let title =
        if title.is_empty() { "callboard.dev/title-".to_owned() } else { format!("callboard.dev/title={title}") };
    suite.cluster.kubectl(&["annotate", "--overwrite", "namespace", PAYMENTS, &title]).map(drop)
}
