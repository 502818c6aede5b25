//! `callboard drift`: what a run would find and what Backstage refused, and nothing is written.

use super::{
    FOREVER, Format, Target,
    resync::{Only, of_mesh},
};
use crate::{
    refresh,
    resync::{self, Findings, Mode},
};
use events::{Failed, Refusal, ResyncRequest};
use serde_json::json;
use std::{collections::BTreeMap, process::ExitCode, time::Instant};

/// What to compare.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// What to compare.
    #[command(flatten)]
    pub only: Only,
    /// Which catalog of which cluster.
    #[command(flatten)]
    pub target: Target,
    /// Backstage: where it is given, what it refused is told, too.
    #[command(flatten)]
    pub backstage: backstage::Args,
}

const EXAMPLES: &str = "Examples:
  # All differences
  callboard drift

  # The differences of one kind in one namespace
  callboard drift --kind app.marketplace.kratix.io --namespace shop";

/// Tells how bucket and cluster differ. Exits with 1 where they do, or where that cannot be told.
///
/// # Errors
/// If cluster or bucket cannot be used.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    super::run(async {
        let backstage = args.target.kept.backstage(&args.backstage)?;
        let (cx, cluster) = args.target.context().await?;
        let request = ResyncRequest::new(super::cause("drift"), args.only.scope());
        let mut found = resync::slice(&cx, &cluster, &request, Mode::Look, Instant::now() + FOREVER).await?.findings;
        if !found.is_refused {
            found.join(of_mesh(&cx, &cluster, &request, Mode::Look).await?);
        }
        let refused = match &backstage {
            Some(backstage) => refresh::refused(&cx, backstage, &args.only.scope()).await,
            None => Ok(BTreeMap::new()),
        };
        let refused = refused.unwrap_or_else(|error| {
            found.failed.push(Failed { key: "Backstage".to_owned(), reason: format!("{error:#}") });
            BTreeMap::new()
        });
        match args.target.output {
            Format::Json => {
                let told = json!({
                    "compared": found.compared, "drift": found.drift, "failed": found.failed,
                    "degraded": found.degraded, "held": found.held, "refused": refused,
                });
                super::print(&format!("{told:#}\n"))?;
            }
            Format::Table => {
                let told = table(&found, &refused);
                super::print(&format!("{told}{} objects compared\n", found.compared))?;
            }
        }
        let is_true =
            found.drift.is_empty() && found.failed.is_empty() && found.degraded.is_empty() && found.held.is_empty();
        Ok(if is_true && refused.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    })
}

/// What Backstage refused, by key.
pub(super) type RefusedBy = BTreeMap<String, Vec<Refusal>>;

/// A line for each difference, and for each thing that could not be compared, is held or was refused.
pub(super) fn table(found: &Findings, refused: &RefusedBy) -> String {
    let drift =
        found.drift.iter().map(|it| [it.reason.as_str(), &it.kind, it.key.as_deref().unwrap_or_default(), &it.detail]);
    let failed = found.failed.iter().map(|it| ["failed", "", &it.key, &it.reason]);
    let degraded = found.degraded.iter().map(|it| ["degraded", it.kind.as_str(), "", &it.reason]);
    let held =
        found.held.iter().map(|id| ["held", "", id, "callboard resync --approve, or --accept-cluster, lets it go"]);
    let told: Vec<_> = refused.iter().flat_map(|(key, all)| all.iter().map(move |one| (key, said(one)))).collect();
    let refused = told.iter().map(|(key, said)| ["refused", "", key.as_str(), said.as_str()]);
    let rows: Vec<[&str; 4]> = drift.chain(failed).chain(degraded).chain(held).chain(refused).collect();
    if rows.is_empty() {
        return String::new();
    }
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths = [0, 1, 2].map(|column| width(column).max(["REASON", "KIND", "KEY"][column].len()));
    let line = |row: [&str; 4]| {
        let [reason, kind, key, detail] = row;
        let [a, b, c] = widths;
        format!("{reason:<a$}  {kind:<b$}  {key:<c$}  {detail}").trim_end().to_owned() + "\n"
    };
    line(["REASON", "KIND", "KEY", "DETAIL"]) + &rows.iter().map(|row| line(*row)).collect::<String>()
}

fn said(Refusal { entity, reason, advice }: &Refusal) -> String {
    let entity = entity.as_ref().map(|entity| format!("{entity}: ")).unwrap_or_default();
    let advice = advice.as_ref().map(|advice| format!(" ({advice})")).unwrap_or_default();
    format!("{entity}{reason}{advice}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use events::{Degraded, Drift, DriftReason};

    #[test]
    fn nothing_found_is_no_table() {
        assert_eq!(table(&Findings::default(), &RefusedBy::new()), "");
    }

    #[test]
    fn each_finding_is_a_line() {
        let key = Some("entities/main/workshop.kratix.io/app/default/todo.yaml".to_owned());
        let kind = "app.workshop.kratix.io".to_owned();
        let drift = vec![Drift { reason: DriftReason::Outdated, kind: kind.clone(), key, detail: "todo".into() }];
        let degraded = vec![Degraded { kind, reason: "forbidden".into() }];
        let refusal = Refusal {
            entity: Some("system:default/shop".into()),
            reason: "is not allowed".into(),
            advice: Some("allow it".into()),
        };
        let refused = RefusedBy::from([("entities/main/core/namespace/shop.yaml".into(), vec![refusal])]);
        let table = table(&Findings { drift, degraded, held: vec!["abc".into()], ..Findings::default() }, &refused);
        let lines: Vec<_> = table.lines().collect();
        assert_eq!(lines.len(), 5, "{table}");
        let refused = lines[4];
        assert!(refused.starts_with("refused ") && refused.contains("/shop.yaml "), "{table}");
        assert!(refused.ends_with("  system:default/shop: is not allowed (allow it)"), "{table}");
        assert!(lines[1].starts_with("outdated  app.workshop.kratix.io  entities/main/"), "{table}");
        assert!(lines[2].ends_with("forbidden") && lines[3].contains("abc"), "{table}");
    }
}
