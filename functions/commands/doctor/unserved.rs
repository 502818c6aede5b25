//! ApiServerSources that wait for a kind which the cluster does not have.

use super::condition::lack;
use crate::kinds::KindName;
use cluster::Cluster;
use events::Object;
use serde_json::Value;
use std::collections::BTreeMap;

const KRATIX: &str = "platform.kratix.io";

/// Takes the sources that wait for Kratix out of an install.
const WITHOUT_KRATIX: &str =
    "components: [../../components/without-kratix]   # in your overlay, as the path to deploy/ is";

/// The kinds that sources wait for, by the name of the source.
pub(super) struct Unserved(BTreeMap<String, Vec<KindName>>);

impl Unserved {
    /// Those of the sources that are not ready. What cannot be asked for is not among them.
    pub(super) async fn of(cluster: &Cluster, sources: &[Object]) -> Self {
        let mut unserved: BTreeMap<String, Vec<KindName>> = BTreeMap::new();
        for source in sources.iter().filter(|it| lack(it).is_some()) {
            for named in kinds(source) {
                if let Ok(None) = cluster.kind(&named.group, &named.kind).await {
                    unserved.entry(source.reference().name().to_owned()).or_default().push(named);
                }
            }
        }
        Self(unserved)
    }

    /// Why this source is not ready and what fixes it, if it waits for a kind. `reapply` creates again what an overlay makes.
    pub(super) fn why(&self, source: &str, reapply: String) -> Option<(String, String)> {
        let kinds = self.0.get(source)?;
        let names: Vec<_> = kinds.iter().map(KindName::display).collect();
        let is_kratix = kinds.iter().all(|it| it.group == KRATIX);
        let why = format!("it waits for {}, which the API server does not serve", names.join(", "));
        Some((why, if is_kratix { format!("{WITHOUT_KRATIX}\n{reapply}") } else { reapply }))
    }
}

/// The kinds that a source names.
fn kinds(source: &Object) -> Vec<KindName> {
    let resources = source.at("/spec/resources").and_then(Value::as_array).into_iter().flatten();
    let named = |it: &Value| {
        let group = it["apiVersion"].as_str()?.split_once('/').map_or("", |(group, _)| group);
        Some(KindName::new(group, it["kind"].as_str()?))
    };
    resources.filter_map(named).collect()
}
