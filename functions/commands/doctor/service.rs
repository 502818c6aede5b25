//! The Knative Services that run functions.

use super::{
    config_map,
    finding::Finding,
    install::Install,
    list::list,
    template::{TEMPLATE, container},
};
use crate::table::{Needs, row};
use cluster::Cluster;
use events::{Function, Object};
use std::collections::BTreeMap;

/// A Knative Service that runs functions.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) object: Object,
    /// The value of `FUNCTION`.
    function: String,
    /// Its ServiceAccount.
    pub(super) account: String,
    /// Its variables, without secrets, or why they cannot be read.
    pub(super) variables: Result<BTreeMap<String, String>, Finding>,
}

impl Service {
    fn of(object: Object) -> Option<Self> {
        let function = container(&object)?.get("env")?.as_array()?.iter().find(|it| it["name"] == "FUNCTION")?;
        let function = function["value"].as_str()?.to_owned();
        let account = object.text(&format!("{TEMPLATE}/serviceAccountName")).unwrap_or("default").to_owned();
        Some(Self { object, function, account, variables: Ok(BTreeMap::new()) })
    }

    pub(super) fn name(&self) -> &str {
        self.object.reference().name()
    }

    /// Whether it serves this function. The Service of all functions serves `refresh` if it has a Backstage.
    pub(super) fn serves(&self, function: Function) -> bool {
        let is_set = |name| self.variables.as_ref().map_or(true, |all| all.get(name).is_some_and(|it| !it.is_empty()));
        match self.function.as_str() {
            "all" => row(function).needs != Needs::Backstage || is_set("CALLBOARD_BACKSTAGE_URL"),
            one => one == function.as_str(),
        }
    }

    pub(super) fn serves_all(&self) -> bool {
        self.function == "all"
    }
}

/// The Services that run functions, with their variables.
pub(super) async fn services(cluster: &Cluster, install: &Install) -> Result<Vec<Service>, Box<Finding>> {
    let services = list(cluster, cluster.namespace(), ("serving.knative.dev", "Service")).await?;
    let mut services: Vec<_> = services.into_iter().filter_map(Service::of).collect();
    let mut read = BTreeMap::new();
    for service in &mut services {
        service.variables = config_map::variables(cluster, install, &service.object, &mut read).await;
    }
    Ok(services)
}
