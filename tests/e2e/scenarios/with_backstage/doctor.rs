//! `callboard doctor` next to a real Backstage.

use super::asked;
use crate::{
    backstage::{Backstage, TOKEN},
    suite::Suite,
};
use anyhow::{Result, ensure};
use serde_json::Value;

/// It finds nothing wrong if nothing is, and names what fixes the rest.
pub(crate) async fn examined(suite: &Suite) -> Result<()> {
    suite.tick().await?;
    let said = only_consumers(asked(suite, "doctor", TOKEN, &[]))?;
    println!("{said}");
    let said = asked(suite, "doctor", TOKEN, &["--output", "json"]).unwrap_or_else(|error| format!("{error:#}"));
    let json: Value = serde_json::from_str(said.find("\n[").or(said.find("\n{")).map_or(&*said, |at| &said[at..]))?;
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

/// What `doctor` or `drift` found, if that is nothing but the third-party Components of the payment example, which no
/// catalog has. A command that could not tell is an error.
pub(super) fn only_consumers(found: Result<String>) -> Result<String> {
    let found = match found {
        Ok(found) => return Ok(found),
        Err(error) => format!("{error:#}"),
    };
    let rows = found.lines().skip_while(|line| !line.starts_with("REASON")).skip(1);
    let rows = rows.take_while(|line| !line.ends_with("objects compared"));
    let checks = found.lines().filter(|line| line.starts_with("wrong ") || line.starts_with("unknown "));
    let findings: Vec<_> = rows.chain(checks).collect();
    let are_consumers = findings.iter().all(|line| line.contains("no catalog has this Component"));
    ensure!(!findings.is_empty() && are_consumers, "it finds something else: {found}");
    Ok(found)
}
