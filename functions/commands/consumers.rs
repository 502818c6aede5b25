//! Consumers and sources of events whose Components no catalog has.

use super::report::RefusedBy;
use crate::{comparison::is_asked, context::Context, kinds::kind_name};
use backstage::Backstage;
use catalog::mesh::{Id, Outside};
use events::{Refusal, Scope};
use std::collections::{BTreeMap, BTreeSet};

/// The Components that entities of the index name, and that neither Callboard writes nor Backstage has: by the key of
/// the Trigger, Subscription or source that names them, with the annotation that fixes it.
///
/// # Errors
/// If Backstage does not answer.
pub(super) async fn missing<S>(cx: &Context<S>, backstage: &Backstage, scope: &Scope) -> anyhow::Result<RefusedBy> {
    let mut outside = cx.mesh.outside();
    outside.retain(|it| is_in(scope, &it.by));
    let known = known(backstage, outside.iter().map(|it| it.component.to_string()).collect()).await?;
    outside.retain(|it| !known.contains(it.component.as_str()));
    let known = self::known(backstage, outside.iter().flat_map(namesakes).collect()).await?;
    let mut missing: RefusedBy = BTreeMap::new();
    for it in &outside {
        let key = cx.settings.layout.key(&it.by).to_string();
        missing.entry(key).or_default().push(refusal(it, &known));
    }
    Ok(missing)
}

/// Those of these refs that Backstage knows.
async fn known(backstage: &Backstage, references: BTreeSet<String>) -> anyhow::Result<BTreeSet<String>> {
    let references: Vec<_> = references.into_iter().collect();
    let seen = backstage.by_refs(&references).await?;
    Ok(references.into_iter().zip(seen).filter_map(|(reference, seen)| seen.map(|_| reference)).collect())
}

/// Where a Component of that name may be instead: in the namespace of the object, or in the default one.
fn namesakes(it: &Outside) -> Vec<String> {
    let namespaces = [it.decided_by.namespace(), Some("default")].into_iter().flatten();
    namespaces.map(|namespace| format!("component:{namespace}/{}", it.component.name())).collect()
}

fn refusal(it: &Outside, known: &BTreeSet<String>) -> Refusal {
    let Outside { component, decided_by, .. } = it;
    let right = namesakes(it).into_iter().find(|namesake| known.contains(namesake));
    let right = right.unwrap_or_else(|| format!("component:.../{}", component.name()));
    let namespace = decided_by.namespace().map(|namespace| format!(" -n {namespace}")).unwrap_or_default();
    let kind = kind_name(decided_by.kind(), decided_by.group());
    Refusal {
        entity: Some(component.to_string()),
        reason: "no catalog has this Component".to_owned(),
        advice: Some(format!(
            "kubectl annotate{namespace} {kind}/{} --overwrite callboard.dev/component={right}",
            decided_by.name()
        )),
    }
}

fn is_in(scope: &Scope, id: &Id) -> bool {
    let kind = kind_name(id.kind(), id.group());
    scope.kind.as_ref().is_none_or(|asked| *asked == kind) && is_asked(scope, id.namespace(), id.name())
}
