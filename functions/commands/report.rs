//! The table of what a comparison found.

use crate::resync::Findings;
use events::Refusal;
use std::collections::BTreeMap;

/// What Backstage refused, by key.
pub(super) type RefusedBy = BTreeMap<String, Vec<Refusal>>;

/// A line for each difference, and for each thing that could not be compared, is held or was refused.
pub(super) fn table(found: &Findings, refused: &RefusedBy) -> String {
    let drift =
        found.drift.iter().map(|it| [it.reason.as_str(), &it.kind, it.key.as_deref().unwrap_or_default(), &it.detail]);
    let failed = found.failed.iter().map(|it| ["failed", "", &it.key, &it.reason]);
    let degraded = found.degraded.iter().map(|it| ["degraded", it.kind.as_str(), "", &it.reason]);
    let held =
        found.held.iter().map(|id| ["held", "", id, "approve it with callboard resync --approve or --accept-cluster"]);
    let reasons: Vec<_> = refused.iter().flat_map(|(key, all)| all.iter().map(move |it| (key, reason(it)))).collect();
    let refused = reasons.iter().map(|(key, reason)| ["refused", "", key.as_str(), reason.as_str()]);
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

fn reason(Refusal { entity, reason, advice }: &Refusal) -> String {
    let entity = entity.as_ref().map(|entity| format!("{entity}: ")).unwrap_or_default();
    let advice = advice.as_ref().map(|advice| format!(" ({advice})")).unwrap_or_default();
    format!("{entity}{reason}{advice}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use events::{Degraded, Drift, DriftReason};

    #[test]
    fn without_findings_there_is_no_table() {
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
