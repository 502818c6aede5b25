//! Whether two installs share ClusterRoleBindings. These have no namespace, so one install would take the rights of the other.

use super::{
    finding::{Area, Finding},
    install::Install,
};
use crate::kinds;
use cluster::{Cluster, Error};
use events::Object;
use std::collections::BTreeSet;

const AREA: Area = Area::Cluster;
const SUBJECT: &str = "clusterrolebindings";

/// A ClusterRoleBinding of an install, with the namespaces of the accounts that it names.
struct Binding {
    name: String,
    namespaces: BTreeSet<String>,
}

/// Checks that those of deploy/ are named after the namespace whose accounts they name.
pub(super) async fn examine(cluster: &Cluster, install: &Install) -> Vec<Finding> {
    match bindings(cluster).await {
        Ok(bindings) => findings(install, &bindings),
        Err(error) => vec![AREA.unknown(SUBJECT, error.to_string())],
    }
}

async fn bindings(cluster: &Cluster) -> Result<Vec<Binding>, Error> {
    let Some(kind) = cluster.kind("rbac.authorization.k8s.io", "ClusterRoleBinding").await? else {
        return Ok(Vec::new());
    };
    kinds::each(cluster, &kind, None, Binding::of_install).await
}

impl Binding {
    fn of_install(object: &Object) -> Option<Self> {
        object.label("app.kubernetes.io/part-of").filter(|it| *it == "callboard")?;
        let subjects = object.at("/subjects").and_then(|it| it.as_array()).into_iter().flatten();
        let namespaces = subjects.filter_map(|it| it["namespace"].as_str().map(str::to_owned)).collect();
        Some(Self { name: object.reference().name().to_owned(), namespaces })
    }

    fn is_named_after(&self, namespace: &str) -> bool {
        self.name.strip_prefix(namespace).is_some_and(|rest| rest.starts_with('-'))
    }
}

fn findings(install: &Install, bindings: &[Binding]) -> Vec<Finding> {
    let own = &install.namespace;
    let is_taken = |it: &&Binding| {
        let is_theirs = it.namespaces.iter().any(|namespace| it.is_named_after(namespace));
        it.is_named_after(own) && !is_theirs && !it.namespaces.is_empty()
    };
    let is_strange = |it: &&Binding| it.namespaces.contains(own) && !it.is_named_after(own);
    let component = "components: [../../components/namespace]   # the last one in the overlay of the install in";
    let mut found = Vec::new();
    let taken: Vec<_> = bindings.iter().filter(is_taken).collect();
    if let Some(others) = taken.first().map(|it| it.namespaces.iter().cloned().collect::<Vec<_>>().join(", ")) {
        let why = format!("an install in {others} has taken over {}", names(&taken));
        found.push(AREA.wrong(SUBJECT, why, format!("{component} {others}\n{}", install.reapply())));
    }
    let strange: Vec<_> = bindings.iter().filter(is_strange).collect();
    if !strange.is_empty() {
        let why = format!("not named after {own}, so another install can take them over: {}", names(&strange));
        found.push(AREA.wrong(SUBJECT, why, format!("{component} {own}")));
    }
    if found.is_empty() {
        found.push(AREA.ok(SUBJECT, "no other install shares them"));
    }
    found
}

fn names(bindings: &[&Binding]) -> String {
    bindings.iter().map(|it| it.name.as_str()).collect::<Vec<_>>().join(", ")
}
