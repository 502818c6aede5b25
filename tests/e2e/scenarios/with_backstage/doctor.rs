//! `callboard doctor` next to a real Backstage.

use super::asked;
use crate::{
    backstage::{Backstage, TOKEN},
    suite::Suite,
};
use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// It finds nothing wrong if nothing is, and names what fixes the rest.
pub(crate) async fn examined(suite: &Suite) -> Result<()> {
    suite.tick().await?;
    let said = asked(suite, "doctor", TOKEN, &[]).context("it finds something wrong")?;
    println!("{said}");
    let json: Value = serde_json::from_str(&asked(suite, "doctor", TOKEN, &["--output", "json"])?)?;
    ensure!(json.is_object() || json.is_array(), "{json}");

    wrong(suite, "another-token", &[], "externalAccess")?;
    wrong(suite, TOKEN, &["--backstage-provider", "other"], "CALLBOARD_BACKSTAGE_PROVIDER")?;
    restart(&["scope-global.yaml"])?;
    wrong(suite, TOKEN, &[], "scope: local")?;
    restart(&["without-systems.yaml"])?;
    wrong(suite, TOKEN, &[], "- allow: [System]")?;
    restart(&[])
}

fn wrong(suite: &Suite, token: &str, more: &[&str], fix: &str) -> Result<()> {
    let Err(error) = asked(suite, "doctor", token, more) else { anyhow::bail!("it finds nothing that {fix} fixes") };
    let said = format!("{error:#}");
    ensure!(said.contains(fix), "it does not say {fix}: {said}");
    ensure!(!said.contains(token), "it shows the token: {said}");
    Ok(())
}

fn restart(more: &[&str]) -> Result<()> {
    Backstage::stop()?;
    Backstage::start(more)
}
